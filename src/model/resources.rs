//! Resources: which there are, and what pods ask for.

use std::sync::Arc;

/// A resource's column in the node table: [`ResourceId::CPU`], [`ResourceId::MEMORY`] and
/// [`ResourceId::EPHEMERAL_STORAGE`] always, then others as they are met.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ResourceId(pub u16);

impl ResourceId {
    /// `cpu`, in thousandths of a core.
    pub const CPU: Self = Self(0);
    /// `memory`, in bytes.
    pub const MEMORY: Self = Self(1);
    /// `ephemeral-storage`, in bytes.
    pub const EPHEMERAL_STORAGE: Self = Self(2);

    /// The id as an index.
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

/// Amounts by resource, in the resource's own unit (thousandths of a core for `cpu`, bytes for memory and storage,
/// whole units for the rest), sorted by id. A resource that is listed with zero is not the same as one left out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Amounts(Vec<(ResourceId, i64)>);

impl Amounts {
    /// The amount of `resource`; 0 where it is left out.
    pub fn get(&self, resource: ResourceId) -> i64 {
        self.0
            .binary_search_by_key(&resource, |&(id, _)| id)
            .map_or(0, |at| self.0[at].1)
    }

    /// Sets the amount of `resource`.
    pub fn set(&mut self, resource: ResourceId, amount: i64) {
        match self.0.binary_search_by_key(&resource, |&(id, _)| id) {
            Ok(at) => self.0[at].1 = amount,
            Err(at) => self.0.insert(at, (resource, amount)),
        }
    }

    /// The resources listed, in id order.
    pub fn iter(&self) -> impl Iterator<Item = (ResourceId, i64)> + '_ {
        self.0.iter().copied()
    }

    /// Whether nothing is listed.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The same, with zero for what is below.
    #[must_use]
    pub fn at_least_zero(mut self) -> Self {
        for (_, amount) in &mut self.0 {
            *amount = (*amount).max(0);
        }
        self
    }
}

/// The names of resources by id.
#[derive(Clone, Debug)]
pub struct ResourceNames(Vec<Arc<str>>);

impl Default for ResourceNames {
    fn default() -> Self {
        Self(["cpu", "memory", "ephemeral-storage"].map(Arc::from).to_vec())
    }
}

/// `amount` bytes as people write them, without loss: `2Gi`, `1536Mi`, `1000`.
pub fn show_bytes(amount: i64) -> String {
    for (shift, suffix) in [(40, "Ti"), (30, "Gi"), (20, "Mi"), (10, "Ki")] {
        if amount != 0 && amount % (1 << shift) == 0 {
            return format!("{}{suffix}", amount >> shift);
        }
    }
    amount.to_string()
}

impl ResourceNames {
    /// The id of `name`, made where it is new; `None` where there are too many already.
    pub fn intern(&mut self, name: &str) -> Option<ResourceId> {
        if let Some(id) = self.id(name) {
            return Some(id);
        }
        let id = ResourceId(u16::try_from(self.0.len()).ok()?);
        self.0.push(name.into());
        Some(id)
    }

    /// The id of `name`, if it was met.
    pub fn id(&self, name: &str) -> Option<ResourceId> {
        self.0
            .iter()
            .position(|have| **have == *name)
            .map(|at| ResourceId(at as u16))
    }

    /// The name of `resource`; empty for an id of another table.
    pub fn name(&self, resource: ResourceId) -> &str {
        self.0.get(resource.index()).map_or("", |name| name)
    }

    /// `amount` of `resource` as people write it, without loss: `1700m`, `2Gi`, `3`.
    pub fn show(&self, resource: ResourceId, amount: i64) -> String {
        let name = self.name(resource);
        let bytes = matches!(resource, ResourceId::MEMORY | ResourceId::EPHEMERAL_STORAGE)
            || name.starts_with("hugepages-");
        if resource == ResourceId::CPU {
            return format!("{amount}m");
        }
        if bytes {
            show_bytes(amount)
        } else {
            amount.to_string()
        }
    }

    /// How many resources there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Never: cpu, memory and ephemeral-storage are always there.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// What a pod takes on the node that it is bound to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Load {
    /// By resource; while the pod is being resized, the larger of what is asked for, allocated and in effect.
    pub requests: Amounts,
    /// The same for scores that must not see zero.
    pub non_zero: NonZeroRequests,
}

/// What an incoming pod is taken to ask for by scores that must not see zero: real requests, with 100 thousandths of
/// a core and 200 MiB for each container that asks for none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct NonZeroRequests {
    /// Thousandths of a core.
    pub milli_cpu: i64,
    /// Bytes.
    pub memory: i64,
}

/// Whether `name` is that of an extended resource: one that is nobody's but its vendor's, such as `nvidia.com/gpu`.
pub fn is_extended(name: &str) -> bool {
    name.contains('/') && !name.contains("kubernetes.io/") && !name.starts_with("requests.")
}
