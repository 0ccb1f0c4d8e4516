//! A ReplicaSet as its deployment sees it.

use std::{cmp::Ordering, sync::Arc};

use jiff::Timestamp;
use serde_json::Value;

use super::limits::max_surge;
use crate::demo::{
    failure::Failure,
    kinds::REPLICA_SET,
    life::{
        replica_sets,
        statuses::{self, int},
    },
    object::{Object, child, metadata, str_at},
    store::Store,
    strategy::Part,
};

/// The label that tells the pods of one template from those of another.
pub(super) const HASH: &str = "pod-template-hash";
pub(super) const REVISION: &str = "deployment.kubernetes.io/revision";
const HISTORY: &str = "deployment.kubernetes.io/revision-history";
const DESIRED: &str = "deployment.kubernetes.io/desired-replicas";
const MAX: &str = "deployment.kubernetes.io/max-replicas";
/// Bytes that the annotation of earlier revisions may have.
const MOST_HISTORY: usize = 2000;

pub(super) struct Set {
    pub(super) object: Arc<Object>,
    pub(super) tree: Value,
}

impl Set {
    pub(super) fn of(object: &Arc<Object>) -> Self {
        Self {
            tree: object.tree(),
            object: Arc::clone(object),
        }
    }

    pub(super) fn name(&self) -> &str {
        &self.object.key.name
    }

    /// How many pods it is to have.
    pub(super) fn wanted(&self) -> i64 {
        replica_sets::replicas(&self.tree)
    }

    /// A number in its status.
    pub(super) fn count(&self, name: &str) -> i64 {
        self.tree["status"][name].as_i64().unwrap_or(0)
    }

    pub(super) fn available(&self) -> i64 {
        self.count("availableReplicas")
    }

    pub(super) fn revision(&self) -> i64 {
        self.annotation(REVISION).parse().unwrap_or(0)
    }

    /// How many pods the deployment wanted when it last scaled this.
    pub(super) fn desired(&self) -> Option<i64> {
        self.annotation(DESIRED).parse().ok()
    }

    /// How many pods the deployment could have at most when it last scaled this.
    pub(super) fn max(&self) -> Option<i64> {
        self.annotation(MAX).parse().ok()
    }

    fn annotation(&self, name: &str) -> &str {
        self.tree["metadata"]["annotations"][name]
            .as_str()
            .unwrap_or_default()
    }

    fn created(&self) -> Option<Timestamp> {
        str_at(&self.tree, "/metadata/creationTimestamp").parse().ok()
    }

    pub(super) fn by_age(&self, other: &Self) -> Ordering {
        let age = self.created().cmp(&other.created());
        age.then_with(|| self.object.key.cmp(&other.object.key))
    }

    /// Whether it is of that template.
    pub(super) fn is_of(&self, template: &Value) -> bool {
        let bare = |template: &Value| {
            let mut template = template.clone();
            if let Some(labels) = template
                .pointer_mut("/metadata/labels")
                .and_then(Value::as_object_mut)
            {
                labels.remove(HASH);
            }
            template
        };
        bare(&self.tree["spec"]["template"]) == bare(template)
    }

    /// Writes the main part of it, where that makes a difference.
    pub(super) fn change(&mut self, store: &Store, change: impl Fn(&mut Value)) -> Result<(), Failure> {
        let mut tree = self.tree.clone();
        change(&mut tree);
        if tree != self.tree {
            statuses::change(store, &REPLICA_SET, &self.object, Part::Main, change)?;
            if let Some(object) = store.get(self.object.table, &self.object.key) {
                *self = Self::of(&object);
            }
        }
        Ok(())
    }
}

/// What a deployment tells its new ReplicaSet in annotations; the revision only ever grows.
pub(super) fn annotate(set: &mut Value, deployment: &Value, revision: i64, exists: bool) {
    let skipped = [
        "kubectl.kubernetes.io/last-applied-configuration",
        "deprecated.deployment.rollback.to",
        REVISION,
        HISTORY,
        DESIRED,
        MAX,
    ];
    let theirs = deployment["metadata"]["annotations"].as_object();
    let theirs = theirs.into_iter().flatten();
    let copied: Vec<_> = theirs
        .filter(|(key, _)| !skipped.contains(&key.as_str()))
        .collect();
    let annotations = annotations(set);
    for (key, value) in copied {
        annotations.insert(key.clone(), value.clone());
    }
    let text = |name: &str| {
        annotations
            .get(name)
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned()
    };
    let (before, history) = (text(REVISION), text(HISTORY));
    if before.parse().unwrap_or(0) < revision {
        annotations.insert(REVISION.into(), revision.to_string().into());
        if !before.is_empty() {
            // It is gone back to: where it stood is kept for whoever reads the history.
            let mut earlier: Vec<&str> = history.split(',').filter(|r| !r.is_empty()).collect();
            earlier.push(&before);
            while earlier.len() > 1 && earlier.iter().map(|r| r.len() + 1).sum::<usize>() > MOST_HISTORY {
                earlier.remove(0);
            }
            annotations.insert(HISTORY.into(), earlier.join(",").into());
        }
    }
    if !exists {
        annotate_size(set, deployment);
    }
}

/// What the deployment's size is as its ReplicaSet is scaled.
pub(super) fn annotate_size(set: &mut Value, deployment: &Value) {
    let wanted = replica_sets::replicas(deployment);
    let annotations = annotations(set);
    annotations.insert(DESIRED.into(), wanted.to_string().into());
    let most = wanted.saturating_add(max_surge(deployment));
    annotations.insert(MAX.into(), most.to_string().into());
}

fn annotations(tree: &mut Value) -> &mut serde_json::Map<String, Value> {
    metadata(tree);
    child(&mut tree["metadata"], "annotations")
}

/// The sum of a number over several sets.
pub(super) fn total<'a>(sets: impl IntoIterator<Item = &'a Set>, of: impl Fn(&Set) -> i64) -> i64 {
    sets.into_iter().map(of).fold(0, i64::saturating_add)
}

pub(super) fn generation(tree: &Value) -> i64 {
    int(tree, "/metadata/generation").unwrap_or(0)
}
