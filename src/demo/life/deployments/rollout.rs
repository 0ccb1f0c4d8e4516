//! One look at a deployment: which ReplicaSet is the new one, and how far each may grow or shrink.

use std::time::Duration;

use serde_json::{Value, json};

use super::{
    COMPONENT,
    limits::{is_rolling, max_surge, max_unavailable},
    proportions,
    sets::{self, HASH, REVISION, Set, generation, total},
    status,
};
use crate::demo::{
    failure::Failure,
    kinds::{DEPLOYMENT, REPLICA_SET, Table},
    life::{claiming, events, owned_pods, replica_sets::replicas, revisions, statuses, world::World},
    object::{Key, Object, child, metadata},
    strategy::Part,
};

/// Longest name of an object.
const MOST_NAME: usize = 253;

pub(super) struct Rollout<'a> {
    world: &'a World,
    deployment: &'a Object,
    tree: Value,
    /// The status as it is to be written, in so far as it is known.
    status: Value,
    /// The oldest first.
    sets: Vec<Set>,
    /// Where the set of the present template is among them.
    new: Option<usize>,
    /// What the deployment's annotation is to say.
    revision: Option<String>,
}

impl<'a> Rollout<'a> {
    pub(super) fn new(world: &'a World, deployment: &'a Object, tree: Value, sets: Vec<Set>) -> Self {
        let new = sets.iter().position(|set| set.is_of(&tree["spec"]["template"]));
        let status = match &tree["status"] {
            status if status.is_object() => status.clone(),
            _ => json!({}),
        };
        Self {
            world,
            deployment,
            status,
            tree,
            sets,
            new,
            revision: None,
        }
    }

    /// Does what is to be done now; answers when to look again.
    pub(super) fn run(mut self) -> Result<Option<Duration>, Failure> {
        let done = self.act();
        let written = self.write();
        done.and(written)?;
        Ok(status::next_check(&self.tree, &self.status))
    }

    fn act(&mut self) -> Result<(), Failure> {
        if self.deployment.deleting {
            self.sync_revision()?;
            self.status = status::calculate(&self.tree, &self.status, &self.sets, self.new_set());
            return Ok(());
        }
        status::set_paused(&self.tree, &mut self.status);
        let paused = self.tree["spec"]["paused"] == true;
        self.sync_revision()?;
        if paused || self.is_scaled() {
            self.scale()?;
            if paused {
                self.clean_up()?;
            }
            self.status = status::calculate(&self.tree, &self.status, &self.sets, self.new_set());
            return Ok(());
        }
        if is_rolling(&self.tree) {
            self.roll()?;
        } else {
            self.recreate()?;
        }
        self.status = status::of_rollout(&self.tree, &self.status, &self.sets, self.new_set());
        Ok(())
    }

    /// Writes status and revision, where they differ.
    fn write(&self) -> Result<(), Failure> {
        let stands = &self.tree["metadata"]["annotations"][REVISION];
        let revision = self.revision.as_deref().filter(|revision| *stands != **revision);
        if revision.is_none() && self.tree["status"] == self.status {
            return Ok(());
        }
        let store = &self.world.store;
        statuses::change(store, &DEPLOYMENT, self.deployment, Part::Status, |tree| {
            tree["status"] = self.status.clone();
            if let Some(revision) = revision {
                metadata(tree);
                child(&mut tree["metadata"], "annotations").insert(REVISION.into(), revision.into());
            }
        })
    }

    fn new_set(&self) -> Option<&Set> {
        self.new.and_then(|at| self.sets.get(at))
    }

    /// The places of the other sets.
    fn old(&self) -> impl Iterator<Item = usize> + use<> {
        let new = self.new;
        (0..self.sets.len()).filter(move |at| Some(*at) != new)
    }

    fn old_sets(&self) -> impl Iterator<Item = &Set> {
        self.old().filter_map(|at| self.sets.get(at))
    }

    /// The revision that a new set gets.
    fn next_revision(&self) -> i64 {
        self.old_sets()
            .map(Set::revision)
            .max()
            .unwrap_or(0)
            .saturating_add(1)
    }

    /// Tells the new set, if there is one, and the deployment which revision it is.
    fn sync_revision(&mut self) -> Result<(), Failure> {
        let revision = self.next_revision();
        let min_ready = self.tree["spec"].get("minReadySeconds").cloned();
        let tree = &self.tree;
        let Some(new) = self.new.and_then(|at| self.sets.get_mut(at)) else {
            return Ok(());
        };
        new.change(&self.world.store, |set| {
            sets::annotate(set, tree, revision, true);
            let spec = child(set, "spec");
            match &min_ready {
                Some(seconds) => spec.insert("minReadySeconds".into(), seconds.clone()),
                None => spec.remove("minReadySeconds"),
            };
        })?;
        self.revision = Some(new.revision().to_string());
        status::found(tree, &mut self.status, new.name());
        Ok(())
    }

    fn make_new(&mut self) -> Result<(), Failure> {
        if self.new.is_some() {
            return Ok(());
        }
        let template = &self.tree["spec"]["template"];
        let hash = revisions::hash(template, self.status["collisionCount"].as_i64());
        let base: String = (self.deployment.key.name.chars())
            .take(MOST_NAME.saturating_sub(hash.len() + 1))
            .collect();
        let name = format!("{base}-{hash}");
        let size = self.new_size(0);
        let mut set = json!({
            "metadata": {
                "name": name, "namespace": &*self.deployment.key.namespace,
                "labels": template["metadata"]["labels"],
                "ownerReferences": [claiming::reference(&DEPLOYMENT, self.deployment)],
            },
            "spec": {
                "replicas": size, "selector": self.tree["spec"]["selector"], "template": template,
            },
        });
        for holder in ["/metadata", "/spec/template/metadata", "/spec/selector"] {
            let field = if holder == "/spec/selector" {
                "matchLabels"
            } else {
                "labels"
            };
            if let Some(holder) = set.pointer_mut(holder) {
                child(holder, field).insert(HASH.into(), hash.clone().into());
            }
        }
        if let Some(seconds) = self.tree["spec"].get("minReadySeconds") {
            set["spec"]["minReadySeconds"] = seconds.clone();
        }
        let revision = self.next_revision();
        sets::annotate(&mut set, &self.tree, revision, false);
        let namespace = &self.deployment.key.namespace;
        match statuses::create(&self.world.store, &REPLICA_SET, namespace, set) {
            Ok(key) => {
                self.take_new(&key, size, revision);
                Ok(())
            }
            Err(failure) if failure.code() == 409 => {
                // Another template has this hash: the next one is made with another number added.
                let count = self.status["collisionCount"].as_i64().unwrap_or(0);
                self.status["collisionCount"] = count.saturating_add(1).into();
                Err(failure)
            }
            Err(failure) if statuses::is_terminating(&failure) => Ok(()),
            Err(failure) => {
                let message = format!("Failed to create new replica set {name:?}: {}", failure.message());
                let why = ("ReplicaSetCreateError", message.as_str());
                status::set_progressing(&self.tree, &mut self.status, false, why);
                self.tell("Warning", why);
                Err(failure)
            }
        }
    }

    fn take_new(&mut self, key: &Key, size: i64, revision: i64) {
        let store = &self.world.store;
        let Some(object) = store.get(Table::ReplicaSets, key) else {
            return;
        };
        self.sets.push(Set::of(&object));
        self.new = Some(self.sets.len() - 1);
        self.revision = Some(revision.to_string());
        if size > 0 {
            let message = format!("Scaled up replica set {} from 0 to {size}", key.name);
            self.tell("Normal", ("ScalingReplicaSet", &message));
        }
        let message = format!("Created new replica set {:?}", key.name);
        let why = ("NewReplicaSetCreated", message.as_str());
        status::set_progressing(&self.tree, &mut self.status, true, why);
    }

    fn tell(&self, severity: &str, what: (&str, &str)) {
        let about = (&DEPLOYMENT, self.deployment);
        events::post(&self.world.store, COMPONENT, "", about, severity, what);
    }

    /// How large the new set may be, that is as large as this now.
    fn new_size(&self, now: i64) -> i64 {
        let wanted = replicas(&self.tree);
        if !is_rolling(&self.tree) {
            return wanted;
        }
        let room = wanted.saturating_add(max_surge(&self.tree)) - total(&self.sets, Set::wanted);
        now + room.min(wanted - now).max(0)
    }

    /// Gives a set another size; answers whether that made a difference.
    fn resize(&mut self, at: usize, size: i64) -> Result<bool, Failure> {
        let Some(set) = self.sets.get_mut(at) else {
            return Ok(false);
        };
        let before = set.wanted();
        if before == size {
            return Ok(false);
        }
        let tree = &self.tree;
        set.change(&self.world.store, |set| {
            set["spec"]["replicas"] = size.into();
            sets::annotate_size(set, tree);
        })?;
        let way = if before < size { "up" } else { "down" };
        let message = format!("Scaled {way} replica set {} from {before} to {size}", set.name());
        self.tell("Normal", ("ScalingReplicaSet", &message));
        Ok(true)
    }

    /// Whether the deployment was scaled since its sets were.
    fn is_scaled(&self) -> bool {
        let wanted = replicas(&self.tree);
        let mut active = self.sets.iter().filter(|set| set.wanted() > 0);
        active.any(|set| set.desired().is_some_and(|desired| desired != wanted))
    }

    fn scale(&mut self) -> Result<(), Failure> {
        let wanted = replicas(&self.tree);
        let active: Vec<usize> = (0..self.sets.len())
            .filter(|at| self.sets.get(*at).is_some_and(|set| set.wanted() > 0))
            .collect();
        let only = match active.as_slice() {
            [] => self.new.or(self.sets.len().checked_sub(1)),
            [one] => Some(*one),
            _ => None,
        };
        if let Some(only) = only {
            self.resize(only, wanted)?;
            return Ok(());
        }
        let saturated =
            |set: &Set| set.wanted() == wanted && set.desired() == Some(wanted) && set.available() == wanted;
        if self.new_set().is_some_and(saturated) {
            let new = self.new;
            for at in active.into_iter().filter(|at| Some(*at) != new) {
                self.resize(at, 0)?;
            }
        } else if is_rolling(&self.tree) {
            let mut active: Vec<&mut Set> = self.sets.iter_mut().filter(|set| set.wanted() > 0).collect();
            let sizes = proportions::share(&self.tree, &mut active);
            let names: Vec<String> = active.iter().map(|set| set.name().to_owned()).collect();
            for (name, size) in names.into_iter().zip(sizes) {
                let Some(at) = self.sets.iter().position(|set| set.name() == name) else {
                    continue;
                };
                // The annotations follow where the size stays, too.
                if !self.resize(at, size)?
                    && let Some(set) = self.sets.get_mut(at)
                {
                    let tree = &self.tree;
                    set.change(&self.world.store, |set| sets::annotate_size(set, tree))?;
                }
            }
        }
        Ok(())
    }

    fn roll(&mut self) -> Result<(), Failure> {
        self.make_new()?;
        let Some((at, now)) = self.new.zip(self.new_set().map(Set::wanted)) else {
            return Ok(());
        };
        let wanted = replicas(&self.tree);
        let size = if now > wanted { wanted } else { self.new_size(now) };
        if self.resize(at, size)? || self.shrink_old()? {
            return Ok(());
        }
        self.clean_up_when_complete()
    }

    /// Takes pods from old sets as far as enough are available; answers whether it took any.
    fn shrink_old(&mut self) -> Result<bool, Failure> {
        if total(self.old_sets(), Set::wanted) == 0 {
            return Ok(false);
        }
        let least = replicas(&self.tree) - max_unavailable(&self.tree);
        let new_unavailable = self.new_set().map_or(0, |new| new.wanted() - new.available());
        let mut unhealthy = total(&self.sets, Set::wanted) - least - new_unavailable;
        if unhealthy <= 0 {
            return Ok(false);
        }
        // Pods that are not available first: taking them makes nothing worse.
        let mut shrunk = false;
        for at in self.old() {
            let Some(set) = self.sets.get(at) else { continue };
            let (size, available) = (set.wanted(), set.available());
            let take = unhealthy.min(size - available);
            if size > 0 && take > 0 {
                shrunk |= self.resize(at, size - take)?;
                unhealthy -= take;
            }
        }
        let mut spare = total(&self.sets, Set::available) - least;
        for at in self.old() {
            let size = self.sets.get(at).map_or(0, Set::wanted);
            let take = spare.min(size);
            if take > 0 {
                shrunk |= self.resize(at, size - take)?;
                spare -= take;
            }
        }
        Ok(shrunk)
    }

    fn recreate(&mut self) -> Result<(), Failure> {
        let mut shrunk = false;
        for at in self.old() {
            shrunk |= self.resize(at, 0)?;
        }
        if shrunk || self.has_old_pods() {
            return Ok(());
        }
        self.make_new()?;
        if let Some(at) = self.new {
            self.resize(at, replicas(&self.tree))?;
        }
        self.clean_up_when_complete()
    }

    fn has_old_pods(&self) -> bool {
        self.old_sets().any(|set| {
            let pods = self.world.pods_of(&set.object.uid);
            set.count("replicas") > 0 || pods.iter().any(|pod| !owned_pods::is_finished(pod))
        })
    }

    fn clean_up_when_complete(&mut self) -> Result<(), Failure> {
        if status::is_complete(&self.tree, &self.tree["status"]) {
            self.clean_up()?;
        }
        Ok(())
    }

    /// Deletes the oldest revisions beyond those to be kept.
    fn clean_up(&mut self) -> Result<(), Failure> {
        let limit = statuses::int(&self.tree, "/spec/revisionHistoryLimit").unwrap_or(10);
        if limit == i64::from(i32::MAX) {
            return Ok(());
        }
        let mut old: Vec<&Set> = self.old_sets().filter(|set| !set.object.deleting).collect();
        old.sort_by(|a, b| a.revision().cmp(&b.revision()).then_with(|| a.by_age(b)));
        let surplus = old.len().saturating_sub(usize::try_from(limit).unwrap_or(0));
        for set in old.into_iter().take(surplus) {
            let unseen = generation(&set.tree) > set.count("observedGeneration");
            if set.wanted() != 0 || set.count("replicas") != 0 || unseen {
                continue;
            }
            statuses::delete(&self.world.store, &REPLICA_SET, &set.object)?;
        }
        Ok(())
    }
}
