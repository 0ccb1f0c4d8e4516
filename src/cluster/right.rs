//! A right, as RBAC grants it.

use std::fmt;

use serde::Serialize;

/// A verb on a resource, in one namespace or in all.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct Right {
    /// RBAC's verb, such as `list`.
    pub verb: &'static str,
    /// The resource with its subresource, such as `pods/binding`.
    pub resource: &'static str,
    /// The API group; empty for the core group.
    pub group: &'static str,
    /// The namespace; empty for all of them, and for resources that have none.
    pub namespace: String,
}

impl Right {
    /// A right in all namespaces, or on a resource that has none.
    pub const fn everywhere(verb: &'static str, resource: &'static str, group: &'static str) -> Self {
        Self {
            verb,
            resource,
            group,
            namespace: String::new(),
        }
    }

    /// A right in one namespace.
    pub fn within(
        namespace: impl Into<String>,
        verb: &'static str,
        resource: &'static str,
        group: &'static str,
    ) -> Self {
        Self {
            namespace: namespace.into(),
            ..Self::everywhere(verb, resource, group)
        }
    }

    /// Whether objects of the resource live in namespaces.
    pub(super) fn is_namespaced(&self) -> bool {
        !matches!(
            self.resource,
            "nodes"
                | "namespaces"
                | "persistentvolumes"
                | "storageclasses"
                | "csinodes"
                | "csidrivers"
                | "volumeattachments"
                | "resourceslices"
                | "deviceclasses"
                | "devicetaintrules"
                | "selfsubjectreviews"
                | "selfsubjectaccessreviews"
        )
    }
}

/// As `kubectl auth can-i` takes it: `create pods/binding in namespace shop`, `list pods in all namespaces`.
impl fmt::Display for Right {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.verb, self.resource)?;
        if !self.group.is_empty() {
            write!(f, ".{}", self.group)?;
        }
        match (self.is_namespaced(), self.namespace.as_str()) {
            (false, _) => Ok(()),
            (true, "") => f.write_str(" in all namespaces"),
            (true, namespace) => write!(f, " in namespace {namespace}"),
        }
    }
}
