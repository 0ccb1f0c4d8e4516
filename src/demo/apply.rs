//! Server-side apply: a manager says which fields an object is to have, and owns these from then on.
//!
//! What the manager said before and says no longer is removed, unless somebody else owns it; what another manager owns
//! and has otherwise is a conflict, unless the ownership is taken by force (`structured-merge-diff/merge`).

pub(crate) mod checks;
mod last_applied;

use serde_json::{Value, json};

use self::checks::check;
use super::{
    events,
    failure::{Cause, Failure},
    kinds::Kind,
    managed_fields::{
        self, Changes,
        entries::{Entries, Entry, Operation},
        set::{Element, Set, path_text},
        typed::{self, Atom},
    },
    object::{metadata, str_at},
    schema::Type,
    strategy::Part,
};

/// Who owns what an object had before the first configuration was applied to it.
const BEFORE: &str = "before-first-apply";

/// What is asked for.
#[derive(Debug)]
pub(crate) struct Application<'a> {
    pub(crate) kind: &'static Kind,
    pub(crate) part: Part,
    pub(crate) manager: &'a str,
    /// Conflicts are won.
    pub(crate) force: bool,
}

/// A field that another manager owns and has otherwise.
struct Conflict {
    with: String,
    path: Vec<Element>,
}

impl Application<'_> {
    /// The object that a configuration makes of the live one (of nothing, where there is none), its managers included.
    /// Both are under the names of the kind's group.
    pub(crate) fn apply(&self, live: Option<&Value>, config: &Value) -> Result<Value, Failure> {
        let kind = self.kind;
        let of = managed_fields::type_of(kind).ok_or_else(|| Failure::internal("the kind has no type"))?;
        check(kind, of, config)?;
        let mut live = live.cloned().unwrap_or_else(|| managed_fields::blank(of));
        if let Some(live) = live.as_object_mut() {
            live.insert("kind".into(), kind.kind.into());
            live.insert("apiVersion".into(), kind.api_version().into());
        }
        let list = metadata(&mut live).remove("managedFields");
        let mut entries = list.as_ref().and_then(Entries::decode).unwrap_or_default();
        if entries.is_empty() {
            let before = Entry::new(BEFORE, Operation::Update, kind, self.part.subresource());
            let reset = managed_fields::reset_fields(kind, self.part);
            let blank = managed_fields::stored_blank(kind, of);
            let stored = events::to_stored(kind, live.clone());
            managed_fields::update(&mut entries, kind, (&blank, &stored), &reset, before);
        }
        let (mut new, entries) = match self.merge(of, &live, config, entries.clone(), self.force) {
            Err(conflicts) if self.manager == last_applied::MANAGER => {
                let allowed = last_applied::fields(kind, of, &live);
                let left: Vec<Conflict> = conflicts
                    .into_iter()
                    .filter(|conflict| {
                        !allowed
                            .as_ref()
                            .is_some_and(|allowed| allowed.has_path(&conflict.path))
                    })
                    .collect();
                if left.is_empty() {
                    self.merge(of, &live, config, entries, true)
                } else {
                    Err(left)
                }
            }
            outcome => outcome,
        }
        .map_err(|conflicts| refuse(&conflicts))?;
        if self.manager == last_applied::MANAGER {
            last_applied::renew(&mut new, config);
        }
        if let Some(list) = entries.encode() {
            metadata(&mut new).insert("managedFields".into(), list);
        }
        Ok(new)
    }

    fn merge(
        &self,
        of: &'static Type,
        live: &Value,
        config: &Value,
        mut entries: Entries,
        force: bool,
    ) -> Result<(Value, Entries), Vec<Conflict>> {
        let (kind, atom) = (self.kind, Atom::Struct(of));
        let reset = managed_fields::reset_fields(kind, self.part);
        let mut entry = Entry::new(self.manager, Operation::Apply, kind, self.part.subresource());
        let last = entries.take(&entry);
        entry.fields = typed::fields(config, atom);
        entry.fields.subtract_whole(&reset);
        let merged = typed::merge(Some(live), Some(config), atom).unwrap_or_else(|| json!({}));
        let mut owned = entry.fields.clone();
        for other in entries.iter() {
            owned.unite(&other.fields);
        }
        let new = match &last {
            Some(last) => prune(&merged, &last.fields, &owned, atom),
            None => merged,
        };
        let stored = |tree: &Value| events::to_stored(kind, tree.clone());
        let changes = Changes::of(&entries, kind, (&stored(live), &stored(&new)), &reset);
        if !force {
            let conflicts = conflicts(&entries, &changes);
            if !conflicts.is_empty() {
                return Err(conflicts);
            }
        }
        entries.give_up(|version| changes.at(version));
        if new == *live {
            entry.time = last.and_then(|last| last.time);
        }
        managed_fields::strip(&mut entry.fields);
        if !entry.fields.is_empty() {
            entries.replace(entry);
        }
        Ok((new, entries))
    }
}

/// Removes what the manager owned and nobody owns now.
fn prune(merged: &Value, last: &Set, owned: &Set, atom: Atom) -> Value {
    let without = |gone: &Set| typed::remove(merged, gone, atom).unwrap_or_else(|| json!({}));
    let all = |value: &Value| atom.with_parents(&typed::fields(value, atom));
    let (last, owned, whole) = (atom.with_parents(last), atom.with_parents(owned), all(merged));
    // With what went along with it and has an owner.
    let mut kept = all(&without(&last));
    kept.unite(&owned);
    let mut gone = whole.clone();
    gone.subtract(&kept);
    // With what nobody owned in the first place.
    let mut gone_now = whole;
    gone_now.subtract(&all(&without(&gone)));
    without(&gone_now.intersection(&last))
}

fn conflicts(entries: &Entries, changes: &Changes) -> Vec<Conflict> {
    let mut conflicts = Vec::new();
    for entry in entries.iter() {
        let Some(changes) = changes.at(&entry.api_version) else {
            continue;
        };
        let paths = entry.fields.intersection(&changes.written()).paths();
        conflicts.extend(paths.into_iter().map(|path| Conflict {
            with: entry.text(),
            path,
        }));
    }
    conflicts.sort_by(|a, b| a.with.cmp(&b.with));
    conflicts
}

fn refuse(conflicts: &[Conflict]) -> Failure {
    let message = if let [only] = conflicts {
        format!(
            "Apply failed with 1 conflict: conflict with {}: {}",
            only.with,
            path_text(&only.path)
        )
    } else {
        let mut lines: Vec<String> = Vec::new();
        let mut with = "";
        for conflict in conflicts {
            if conflict.with != with {
                with = &conflict.with;
                lines.push(format!("conflicts with {with}:"));
            }
            lines.push(format!("- {}", path_text(&conflict.path)));
        }
        format!(
            "Apply failed with {} conflicts: {}",
            conflicts.len(),
            lines.join("\n")
        )
    };
    let causes: Vec<Cause> = conflicts
        .iter()
        .map(|conflict| Cause::conflict(path_text(&conflict.path), &conflict.with))
        .collect();
    Failure::apply_conflict(message, &causes)
}

/// What is wrong with the name that a configuration gives.
pub(crate) fn check_name(tree: &Value, name: &str) -> Result<(), Failure> {
    if str_at(tree, "/metadata/name").is_empty() {
        return Err(Failure::bad_request(format!(
            "the name of the object ({name} based on URL) was undeterminable: name must be provided"
        )));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::demo::kinds::POD;

    fn application(manager: &str) -> Application<'_> {
        Application {
            kind: &POD,
            part: Part::Main,
            manager,
            force: true,
        }
    }

    /// A configuration: labels, finalizers, containers with ports, and a nodeSelector, which has one owner.
    fn config() -> impl Strategy<Value = Value> {
        let labels = proptest::collection::btree_map("[a-c]", "[xy]", 0..3);
        let finalizers = proptest::collection::btree_set("x/[a-d]", 0..3);
        let ports = proptest::collection::btree_set(1..4u8, 0..3);
        let containers =
            proptest::collection::btree_map("[a-d]", (proptest::option::of("[ij]"), ports), 0..4);
        (labels, finalizers, containers, proptest::option::of("[mn]")).prop_map(
            |(labels, finalizers, containers, node)| {
                let mut pod =
                    json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}, "spec": {}});
                if !labels.is_empty() {
                    pod["metadata"]["labels"] = json!(labels);
                }
                if !finalizers.is_empty() {
                    pod["metadata"]["finalizers"] = json!(finalizers);
                }
                let containers = containers.into_iter().map(|(name, (image, ports))| {
                    let mut container = json!({"name": name});
                    if let Some(image) = image {
                        container["image"] = image.into();
                    }
                    let ports: Vec<Value> = ports.iter().map(|port| json!({"containerPort": port})).collect();
                    if !ports.is_empty() {
                        container["ports"] = json!(ports);
                    }
                    container
                });
                let containers: Vec<Value> = containers.collect();
                if !containers.is_empty() {
                    pod["spec"]["containers"] = json!(containers);
                }
                if let Some(node) = node {
                    pod["spec"]["nodeSelector"] = json!({"node": node});
                }
                pod
            },
        )
    }

    fn timeless(mut tree: Value) -> Value {
        for entry in tree["metadata"]["managedFields"]
            .as_array_mut()
            .into_iter()
            .flatten()
        {
            entry["time"] = "".into();
        }
        tree
    }

    /// As a store would keep it: of its type, without what says nothing.
    fn stored(mut tree: Value) -> Value {
        fn tidy(value: &mut Value) {
            match value {
                Value::Object(map) => {
                    map.values_mut().for_each(tidy);
                    map.retain(|_, value| !value.is_null() && *value != json!([]) && *value != json!({}));
                }
                Value::Array(list) => list.iter_mut().for_each(tidy),
                _ => {}
            }
        }
        let managers = metadata(&mut tree).remove("managedFields");
        tidy(&mut tree);
        crate::demo::object::child(&mut tree, "spec");
        if let Some(managers) = managers {
            metadata(&mut tree).insert("managedFields".into(), managers);
        }
        tree
    }

    fn owned(tree: &Value, manager: &str) -> Set {
        let entries = Entries::decode(&tree["metadata"]["managedFields"]).unwrap_or_default();
        let entry = entries.iter().find(|entry| entry.manager == manager).cloned();
        entry.map(|entry| entry.fields).unwrap_or_default()
    }

    proptest! {
        #[test]
        fn the_same_configuration_twice_changes_nothing(before in config(), first in config(), then in config()) {
            let made = stored(application("a").apply(None, &before).unwrap());
            let once = stored(application("b").apply(Some(&made), &first).unwrap());
            let again = stored(application("a").apply(Some(&once), &then).unwrap());
            let twice = stored(application("a").apply(Some(&again), &then).unwrap());
            prop_assert_eq!(timeless(again), timeless(twice));
        }

        #[test]
        fn the_object_has_what_was_applied_and_its_owner(before in config(), then in config()) {
            let made = stored(application("a").apply(None, &before).unwrap());
            let new = application("b").apply(Some(&made), &then).unwrap();
            let of = managed_fields::type_of(&POD).unwrap();
            let atom = Atom::Struct(of);
            // Laid over it once more, the configuration changes nothing.
            let changes = typed::Comparison::of(&new, &typed::merge(Some(&new), Some(&then), atom).unwrap(), atom);
            prop_assert!(changes.written().is_empty() && changes.removed.is_empty());
            let mut applied = typed::fields(&then, atom);
            managed_fields::strip(&mut applied);
            prop_assert_eq!(owned(&new, "b"), applied);
        }

        #[test]
        fn what_nobody_wants_any_more_is_gone(config in config()) {
            let nothing = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}});
            let made = stored(application("a").apply(None, &config).unwrap());
            let empty = application("a").apply(Some(&made), &nothing).unwrap();
            prop_assert!(owned(&empty, "a").is_empty());
            let spec = empty["spec"].as_object().cloned().unwrap_or_default();
            prop_assert!(spec.values().all(Value::is_null), "{:?}", spec);
            prop_assert!(empty["metadata"].get("labels").is_none_or(Value::is_null));
        }
    }

    #[test]
    fn kubectl_may_change_what_its_annotation_says() {
        let annotation = r#"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"p","labels":{"a":"1"}}}"#;
        let live = json!({
            "metadata": {
                "name": "p", "uid": "u", "labels": {"a": "1", "b": "1"},
                "annotations": {"kubectl.kubernetes.io/last-applied-configuration": annotation},
            },
            "spec": {},
        });
        let config = |label: &str| json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p", "labels": {label: "2"}}});
        let polite = Application {
            force: false,
            ..application("kubectl")
        };
        let new = polite.apply(Some(&live), &config("a")).unwrap();
        assert_eq!(new["metadata"]["labels"]["a"], "2");
        assert_eq!(
            new["metadata"]["annotations"]["kubectl.kubernetes.io/last-applied-configuration"],
            "{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"labels\":{\"a\":\"2\"},\"name\":\"p\"}}\n"
        );
        let refused = polite.apply(Some(&live), &config("b")).unwrap_err();
        assert_eq!(
            refused.message(),
            "Apply failed with 1 conflict: conflict with \"before-first-apply\" using v1: .metadata.labels.b"
        );
        let other = Application {
            manager: "other",
            ..polite
        };
        assert!(other.apply(Some(&live), &config("a")).is_err());
    }
}
