//! What the devices of a claim must have in common, or not.

use std::sync::Arc;

use crate::model::device::{AttributeValue, Constraint, ConstraintKind, Device};

/// A constraint, and the attributes of the devices taken so far.
#[derive(Debug)]
pub(super) struct Held<'c, 'a> {
    requests: &'c [Arc<str>],
    attribute: &'c str,
    distinct: bool,
    /// Of the devices in order; of a match constraint, the first counts.
    values: Vec<&'a AttributeValue>,
}

impl<'c, 'a> Held<'c, 'a> {
    /// `None` for a constraint of an unknown kind.
    pub(super) fn new(constraint: &'c Constraint) -> Option<Self> {
        let (attribute, distinct) = match &constraint.kind {
            ConstraintKind::Match(attribute) => (attribute, false),
            ConstraintKind::Distinct(attribute) => (attribute, true),
            ConstraintKind::Unknown => return None,
        };
        Some(Self {
            requests: &constraint.requests,
            attribute,
            distinct,
            values: Vec::new(),
        })
    }

    fn concerns(&self, request: &str, alternative: Option<&str>) -> bool {
        self.requests.is_empty()
            || self
                .requests
                .iter()
                .any(|name| match (name.split_once('/'), alternative) {
                    _ if **name == *request => true,
                    (Some((of, name)), Some(alternative)) => of == request && name == alternative,
                    _ => false,
                })
    }

    /// Whether a device may join; if so, it is noted.
    pub(super) fn add(
        &mut self,
        request: &str,
        alternative: Option<&str>,
        driver: &str,
        device: &'a Device,
    ) -> bool {
        if !self.concerns(request, alternative) {
            return true;
        }
        let Some(value) = device.attribute(driver, self.attribute) else {
            return false;
        };
        let holds = match (self.values.first(), self.distinct) {
            (None, _) => true,
            (Some(first), false) => comparable(value) && *first == value,
            (Some(_), true) => comparable(value) && !self.values.contains(&value),
        };
        if holds {
            self.values.push(value);
        }
        holds
    }

    /// Takes back the device that joined last.
    pub(super) fn remove(&mut self, request: &str, alternative: Option<&str>) {
        if self.concerns(request, alternative) {
            self.values.pop();
        }
    }
}

fn comparable(value: &AttributeValue) -> bool {
    !matches!(value, AttributeValue::List(_) | AttributeValue::Unknown)
}
