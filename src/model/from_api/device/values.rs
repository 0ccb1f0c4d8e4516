//! What the objects about devices have in common.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Deserialize;

use crate::model::device::{Constraint, ConstraintKind, Counters, Reach, Selector};
use crate::model::fault::{Concern, Fault};
use crate::model::from_api::affinity::{self, NodeSelectorObject};
use crate::model::from_api::null_is_default;
use crate::model::from_api::resource_list::QuantityText;
use crate::model::intern::Interner;
use crate::model::quantity::{Quantity, WrittenQuantity};
use crate::model::selector::NodeSelector;

/// Quantities by name.
pub(super) type Amounts = BTreeMap<String, QuantityText>;

/// A selector.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct SelectorObject {
    /// In CEL.
    pub cel: Option<CelObject>,
}

/// A selector in CEL.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct CelObject {
    /// The expression.
    pub expression: String,
}

/// What the devices of a claim must have in common, or not.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ConstraintObject {
    /// The requests that it is about.
    #[serde(deserialize_with = "null_is_default")]
    pub requests: Vec<String>,
    /// The same for all.
    pub match_attribute: Option<String>,
    /// Another for each.
    pub distinct_attribute: Option<String>,
}

/// A counter.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct CounterObject {
    /// How much.
    pub value: QuantityText,
}

/// Turns the parts of one object into the model's and gathers its faults.
pub(super) struct Reader<'a> {
    pub(super) interner: &'a mut Interner,
    object: Arc<str>,
    pub(super) faults: Vec<Fault>,
}

impl<'a> Reader<'a> {
    /// For `object`, as `Kind NAMESPACE/NAME` or `Kind NAME`.
    pub(super) fn new(interner: &'a mut Interner, object: String) -> Self {
        Self {
            interner,
            object: object.into(),
            faults: Vec::new(),
        }
    }

    pub(super) fn text(&mut self, text: &str) -> Arc<str> {
        self.interner.string(text)
    }

    pub(super) fn option(&mut self, text: Option<&str>) -> Option<Arc<str>> {
        text.map(|text| self.interner.string(text))
    }

    pub(super) fn texts(&mut self, texts: &[String]) -> Vec<Arc<str>> {
        texts.iter().map(|text| self.interner.string(text)).collect()
    }

    pub(super) fn selectors(&mut self, from: &[SelectorObject]) -> Vec<Selector> {
        let expressions = from.iter().map(|selector| selector.cel.as_ref());
        expressions
            .map(|cel| cel.map(|cel| self.interner.string(&cel.expression)))
            .collect()
    }

    pub(super) fn constraint(&mut self, from: &ConstraintObject) -> Constraint {
        Constraint {
            requests: self.texts(&from.requests),
            kind: match (&from.match_attribute, &from.distinct_attribute) {
                (Some(name), _) => ConstraintKind::Match(self.text(name)),
                (None, Some(name)) => ConstraintKind::Distinct(self.text(name)),
                (None, None) => ConstraintKind::Unknown,
            },
        }
    }

    fn fault(&mut self, field: String, message: String) {
        self.faults.push(Fault {
            object: Arc::clone(&self.object),
            concern: Concern::Devices,
            field,
            message,
        });
    }

    pub(super) fn quantity(&mut self, text: &QuantityText, path: impl Fn() -> String) -> WrittenQuantity {
        text.0.parse().unwrap_or_else(|error| {
            self.fault(path(), format!("'{}': {error}", text.0));
            WrittenQuantity::new(Quantity::new(0), crate::model::quantity::Format::Decimal)
        })
    }

    pub(super) fn quantities(&mut self, from: &Amounts, path: &str) -> Vec<(Arc<str>, WrittenQuantity)> {
        from.iter()
            .map(|(name, text)| {
                let quantity = self.quantity(text, || format!("{path}[{name}]"));
                (self.interner.string(name), quantity)
            })
            .collect()
    }

    pub(super) fn counters(&mut self, from: &BTreeMap<String, CounterObject>, path: &str) -> Counters {
        from.iter()
            .map(|(name, counter)| {
                let quantity = self.quantity(&counter.value, || format!("{path}[{name}].value"));
                (self.interner.string(name), quantity.amount)
            })
            .collect()
    }

    pub(super) fn node_selector(&mut self, from: &NodeSelectorObject, path: &str) -> NodeSelector {
        let object = Arc::clone(&self.object);
        let mut reader = affinity::Reader {
            interner: self.interner,
            object: &|| Arc::clone(&object),
            faults: &mut self.faults,
        };
        reader.node_selector(from, path)
    }

    pub(super) fn reach(
        &mut self,
        node_name: Option<&str>,
        all_nodes: Option<bool>,
        selector: Option<&NodeSelectorObject>,
        path: &str,
    ) -> Reach {
        Reach {
            node_name: self.option(node_name),
            all_nodes: all_nodes == Some(true),
            selector: selector.map(|from| self.node_selector(from, &format!("{path}.nodeSelector"))),
        }
    }
}
