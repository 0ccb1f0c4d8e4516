//! Resource lists: names and quantities as text, then as numbers.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{Deserializer, Visitor};
use serde::{Deserialize, Serialize};

use crate::model::fault::{Concern, Fault};
use crate::model::quantity::Quantity;
use crate::model::resources::{Amounts, ResourceId, ResourceNames};
use crate::model::syntax;

/// A `ResourceList` as the API writes it.
pub type ResourceList = BTreeMap<String, QuantityText>;

/// `resources` of a container or a pod, of which only the requests count here.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub struct Resources {
    /// What is asked for.
    pub requests: Option<ResourceList>,
}

/// A quantity not looked at yet; a bare number is taken as its text, `null` as zero, as upstream does.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct QuantityText(pub String);

impl<'de> Deserialize<'de> for QuantityText {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Text;
        impl Visitor<'_> for Text {
            type Value = QuantityText;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a quantity, such as \"250m\" or 2")
            }

            fn visit_str<E>(self, text: &str) -> Result<QuantityText, E> {
                Ok(QuantityText(text.trim().to_owned()))
            }

            fn visit_i64<E>(self, number: i64) -> Result<QuantityText, E> {
                Ok(QuantityText(number.to_string()))
            }

            fn visit_u64<E>(self, number: u64) -> Result<QuantityText, E> {
                Ok(QuantityText(number.to_string()))
            }

            fn visit_f64<E>(self, number: f64) -> Result<QuantityText, E> {
                Ok(QuantityText(number.to_string()))
            }

            fn visit_unit<E>(self) -> Result<QuantityText, E> {
                Ok(QuantityText("0".to_owned()))
            }
        }
        from.deserialize_any(Text)
    }
}

/// Quantities of the resources that scheduling counts, sorted by id.
#[derive(Clone, Debug, Default)]
pub(super) struct Quantities(Vec<(ResourceId, Quantity)>);

impl Quantities {
    /// Those that `amounts` stand for.
    pub(super) fn of(amounts: &Amounts) -> Self {
        let quantity = |(resource, amount)| match resource {
            ResourceId::CPU => (resource, Quantity::from_milli(amount)),
            _ => (resource, Quantity::new(amount)),
        };
        Self(amounts.iter().map(quantity).collect())
    }

    pub(super) fn get(&self, resource: ResourceId) -> Option<&Quantity> {
        let at = self.0.binary_search_by_key(&resource, |&(id, _)| id).ok()?;
        self.0.get(at).map(|(_, quantity)| quantity)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Those of them that a pod can ask for as a whole: cpu, memory and huge pages.
    pub(super) fn of_pod_level(mut self, names: &ResourceNames) -> Self {
        self.0
            .retain(|&(resource, _)| is_of_pod_level(names.name(resource)));
        self
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (ResourceId, &Quantity)> {
        self.0.iter().map(|(id, quantity)| (*id, quantity))
    }

    /// Puts in `quantity`, or lets `merge` join it with what is there.
    pub(super) fn upsert(
        &mut self,
        resource: ResourceId,
        quantity: &Quantity,
        merge: fn(&mut Quantity, &Quantity),
    ) {
        match self.0.binary_search_by_key(&resource, |&(id, _)| id) {
            Ok(at) => merge(&mut self.0[at].1, quantity),
            Err(at) => self.0.insert(at, (resource, *quantity)),
        }
    }

    pub(super) fn add(&mut self, other: &Self) {
        for (resource, quantity) in other.iter() {
            self.upsert(resource, quantity, Quantity::add);
        }
    }

    pub(super) fn raise_to(&mut self, other: &Self) {
        for (resource, quantity) in other.iter() {
            self.upsert(resource, quantity, Quantity::raise_to);
        }
    }

    /// The resources, beside cpu, memory and storage, whose quantities are not written as whole numbers within 64 bits.
    pub(super) fn not_whole(&self) -> Vec<ResourceId> {
        let all = self
            .iter()
            .filter(|(id, quantity)| *id > ResourceId::EPHEMERAL_STORAGE && quantity.as_i64().is_none());
        all.map(|(id, _)| id).collect()
    }

    /// The amounts in whole units of each resource, rounded up.
    pub(super) fn amounts(&self) -> Amounts {
        let mut amounts = Amounts::default();
        for (resource, quantity) in self.iter() {
            amounts.set(resource, in_unit(resource, quantity));
        }
        amounts
    }
}

/// `quantity` in the unit of `resource`.
pub(super) fn in_unit(resource: ResourceId, quantity: &Quantity) -> i64 {
    if resource == ResourceId::CPU {
        quantity.milli_value()
    } else {
        quantity.value()
    }
}

/// A request as it is typed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Request {
    /// What is asked for.
    pub(crate) resource: ResourceId,
    /// How much, in the resource's unit, rounded up.
    pub(crate) amount: i64,
    /// Whether it is written as a whole number within 64 bits.
    pub(crate) whole: bool,
}

impl Request {
    /// `text` of the resource called `name`, by the rules for manifests.
    ///
    /// # Errors
    /// Where `text` is no quantity or below zero; where the scheduler does not count the resource.
    pub(crate) fn read(name: &str, text: &str, names: &mut ResourceNames) -> Result<Self, String> {
        let quantity: Quantity = text.parse().map_err(|error| format!("'{text}': {error}"))?;
        if quantity.sign() < 0 {
            return Err(format!("'{text}' is below zero"));
        }
        if !is_counted(name) {
            return Err(format!("the scheduler does not count '{name}'"));
        }
        let Some(resource) = names.intern(name) else {
            return Err(format!("'{name}' is one resource too many to keep count of"));
        };
        Ok(Self {
            resource,
            amount: in_unit(resource, &quantity),
            whole: quantity.as_i64().is_some(),
        })
    }
}

/// Whether a pod as a whole can ask for the resource called `name`: cpu, memory and huge pages.
pub(crate) fn is_of_pod_level(name: &str) -> bool {
    matches!(name, "cpu" | "memory") || name.starts_with("hugepages-")
}

/// Reads the lists of one object and gathers their faults.
pub(super) struct Reader<'a> {
    pub(super) names: &'a mut ResourceNames,
    pub(super) object: &'a dyn Fn() -> std::sync::Arc<str>,
    pub(super) faults: Vec<Fault>,
}

impl Reader<'_> {
    /// The quantities of `list`, which stands at `path`. Resources that the scheduler does not count are left out.
    pub(super) fn read(&mut self, list: &ResourceList, path: impl Fn() -> String) -> Quantities {
        let mut quantities = Quantities::default();
        for (name, text) in list {
            let Some(quantity) = self.quantity(name, text, &path) else {
                continue;
            };
            if !is_counted(name) {
                continue;
            }
            match self.names.intern(name) {
                Some(id) => quantities.upsert(id, &quantity, |have, new| *have = *new),
                None => self.fault(
                    format!("{}.{name}", path()),
                    "is one resource too many to keep count of".into(),
                ),
            }
        }
        quantities
    }

    /// The quantity of `name` in a list at `path`, whatever the resource.
    pub(super) fn quantity(
        &mut self,
        name: &str,
        text: &QuantityText,
        path: &impl Fn() -> String,
    ) -> Option<Quantity> {
        match text.0.parse() {
            Ok(quantity) => Some(quantity),
            Err(error) => {
                self.fault(format!("{}.{name}", path()), format!("'{}': {error}", text.0));
                None
            }
        }
    }

    fn fault(&mut self, field: String, message: String) {
        self.faults.push(Fault {
            object: (self.object)(),
            concern: Concern::Resources,
            field,
            message,
        });
    }
}

/// The names in `list` that the scheduler does not count.
pub(super) fn uncounted(list: &ResourceList) -> Vec<Box<str>> {
    let names = list.keys().filter(|name| !is_counted(name));
    names.map(|name| name.as_str().into()).collect()
}

/// Whether the scheduler counts resource `name`: the three native ones, huge pages, attachable volumes, and whatever
/// has a domain.
fn is_counted(name: &str) -> bool {
    matches!(name, "cpu" | "memory" | "ephemeral-storage")
        || name.starts_with("hugepages-")
        || name.starts_with("attachable-volumes-")
        || name.contains("kubernetes.io/")
        || (name.contains('/')
            && !name.starts_with("requests.")
            && syntax::is_label_key(&format!("requests.{name}")))
}
