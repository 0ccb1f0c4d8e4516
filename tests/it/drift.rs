//! Changes of every kind: what the cache works out as they come, one by one, is what it makes of the same objects read at
//! once, and decisions that are brought up to date are those that judging again gives.

use std::collections::BTreeMap;
use std::sync::Arc;

use berth::model::cluster::WatchEvent;
use berth::model::from_api::list;
use berth::model::ids::PodKey;
use berth::model::{Change, Cluster, Pod};
use berth::scheduling::plugin::Cycle;
use berth::scheduling::{Profile, Trace, cycle, record};
use fastrand::Rng;
use serde_json::{Value, json};

use crate::parity::generate;
use crate::refresh::difference;

const SEEDS: u64 = 20;
const STEPS: usize = 20;

/// A cluster that drifts at random between two generated ones, which name their objects alike.
struct Drift {
    rng: Rng,
    /// What there is.
    items: Vec<Value>,
    /// What there may be.
    other: Vec<Value>,
}

impl Drift {
    fn new(seed: u64) -> Self {
        let items = |seed| {
            let mut file = generate::cluster(seed);
            let items = file["items"].as_array_mut().expect("a list");
            items.iter_mut().for_each(agree_on_sizes);
            std::mem::take(items)
        };
        Self {
            rng: Rng::with_seed(seed),
            items: items(seed),
            other: items(seed + 1_000),
        }
    }

    /// Every kind as likely as any other, however many objects there are of it.
    fn pick(rng: &mut Rng, items: &[Value], kind: Option<&Value>) -> Option<usize> {
        let mut kinds: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (at, item) in items.iter().enumerate() {
            if kind.is_none_or(|kind| item["kind"] == *kind) {
                kinds.entry(item["kind"].as_str()?).or_default().push(at);
            }
        }
        rng.choice(kinds.into_values()).and_then(|all| rng.choice(all))
    }

    /// The changes that one step makes, which `items` have seen.
    fn step(&mut self) -> Option<Vec<Change>> {
        let rng = &mut self.rng;
        match rng.u8(..10) {
            0..5 => {
                let object = self.other[Self::pick(rng, &self.other, None)?].clone();
                let change = listed(&object);
                let name = identity(&object);
                match self.items.iter_mut().find(|item| identity(item) == name) {
                    Some(item) => *item = object,
                    None => self.items.push(object),
                }
                Some(vec![change])
            }
            5 | 6 => {
                let gone = self.items.swap_remove(Self::pick(rng, &self.items, None)?);
                Some(vec![deleted(listed(&gone))])
            }
            7 | 8 => {
                let at = Self::pick(rng, &self.items, None)?;
                let from = Self::pick(rng, &self.items, Some(&self.items[at]["kind"]))?;
                let part = rng.choice(["metadata", "spec", "status"])?;
                let field = rng.choice(self.items[from][part].as_object()?.keys().cloned())?;
                if ["name", "namespace"].contains(&&*field) {
                    return None;
                }
                let value = self.items[from][part][&field].clone();
                self.items[at][part][field] = value;
                Some(vec![listed(&self.items[at])])
            }
            _ => {
                let kind = self.items[Self::pick(rng, &self.items, None)?]["kind"].clone();
                let of_kind: Vec<&Value> = self.items.iter().filter(|item| item["kind"] == kind).collect();
                Some(relist(&of_kind))
            }
        }
    }
}

/// Who told an image's size first decides it, so that here the order of changes would.
fn agree_on_sizes(item: &mut Value) {
    let images = item.pointer_mut("/status/images").and_then(Value::as_array_mut);
    for image in images.into_iter().flatten() {
        let length = image["names"][0].as_str().map_or(1, str::len);
        image["sizeBytes"] = json!(length * 20_000_000);
    }
}

fn identity(item: &Value) -> [&Value; 3] {
    let metadata = &item["metadata"];
    [&item["kind"], &metadata["namespace"], &metadata["name"]]
}

/// A complete list of `objects`, which are of one kind.
fn relist(objects: &[&Value]) -> Vec<Change> {
    let mut items = objects.to_vec();
    let core = json!({ "kind": "Namespace", "metadata": { "name": "nobody" } });
    if objects[0]["kind"] != "Namespace" {
        // A file without anything of the core is none of a cluster.
        items.push(&core);
    }
    let file = json!({ "kind": "List", "items": items }).to_string();
    let loaded = list::read(file.as_bytes(), "drift").expect("it can be read");
    let of = loaded.changes.iter().find(|change| is_object(change)).map(kind);
    let changes = loaded.changes.into_iter();
    changes.filter(|change| Some(kind(change)) == of).collect()
}

/// `object` as a list brings it, which is as it comes where no list is under way.
fn listed(object: &Value) -> Change {
    let mut changes = relist(&[object]).into_iter();
    changes.find(is_object).expect("a kind that is read")
}

macro_rules! kinds {
    ($($kind:ident)*) => {
        fn is_object(change: &Change) -> bool {
            match change {
                $(Change::$kind(WatchEvent::Listed(_)) => true,)*
                _ => false,
            }
        }

        fn deleted(change: Change) -> Change {
            match change {
                $(Change::$kind(WatchEvent::Listed(object)) => Change::$kind(WatchEvent::Deleted(object)),)*
                other => panic!("{other:?} is of a kind that this test does not know"),
            }
        }

        fn kind(change: &Change) -> &'static str {
            match change {
                $(Change::$kind(_) => stringify!($kind),)*
                Change::Unseen(..) => "",
            }
        }
    };
}
kinds!(
    Pod Node Namespace Service ReplicationController ReplicaSet StatefulSet PodDisruptionBudget PersistentVolume
    PersistentVolumeClaim StorageClass CsiNode CsiDriver CsiStorageCapacity VolumeAttachment ResourceClaim ResourceSlice
    DeviceClass DeviceTaintRule
);

fn whole(items: &[Value]) -> Cluster {
    let file = json!({ "kind": "List", "items": items }).to_string();
    let loaded = list::read(file.as_bytes(), "drift").expect("it can be read");
    Cluster::from_changes(loaded.changes)
}

/// What was decided about a pod, and when.
struct Judged {
    pod: Arc<Pod>,
    generation: u64,
    trace: Trace,
}

#[test]
fn changes_of_every_kind_lead_where_reading_everything_leads() {
    let profile = Profile::default_for("default-scheduler");
    let (mut compared, mut refreshed) = (0, 0);
    for seed in 0..SEEDS {
        let mut drift = Drift::new(seed);
        let mut live = whole(&drift.items);
        let mut before: BTreeMap<PodKey, Judged> = BTreeMap::new();
        for step in 0..STEPS {
            let mut kinds = Vec::new();
            for _ in 0..drift.rng.usize(1..4) {
                for change in drift.step().into_iter().flatten() {
                    kinds.push(kind(&change));
                    live.apply(change);
                }
            }
            kinds.dedup();
            let fresh = whole(&drift.items);
            let room = drift.rng.u8(..4) == 0;
            let judge = |cluster: &Cluster, pod: &Pod, room: bool| {
                let nodes = Arc::new(cycle::node_index(cluster));
                let cycle = Cycle { cluster, pod };
                if room {
                    cycle::run(cycle, &profile, &nodes)
                } else {
                    cycle::evaluate(cycle, &profile, &nodes)
                }
            };
            let mut waiting: Vec<&Arc<Pod>> = live.waiting().collect();
            waiting.sort_by(|a, b| a.key.cmp(&b.key));
            let mut there: Vec<&PodKey> = fresh.waiting().map(|pod| &pod.key).collect();
            there.sort();
            let keys: Vec<&PodKey> = waiting.iter().map(|pod| &pod.key).collect();
            assert_eq!(keys, there, "seed {seed}, step {step}: {kinds:?}");
            let mut after = BTreeMap::new();
            for pod in waiting {
                let place = format!("seed {seed}, step {step}, pod {}: {kinds:?}", pod.key);
                let again = fresh.pod(&pod.key).expect("it waits there too");
                let ours = record::record(&judge(&live, pod, room));
                let theirs = record::record(&judge(&fresh, again, room));
                assert_eq!(difference(&ours, &theirs, ""), None, "{place}");
                compared += 1;
                let trace = judge(&live, pod, false);
                if let Some(mut judged) = before.remove(&pod.key)
                    && judged.pod.template() == pod.template()
                    && let Some(changes) = live.changes_since(judged.generation)
                {
                    let cycle = Cycle { cluster: &live, pod };
                    if changes.is_empty() || cycle::refresh(&mut judged.trace, cycle, &profile, &changes) {
                        let (ours, theirs) = (record::record(&judged.trace), record::record(&trace));
                        assert_eq!(
                            difference(&ours, &theirs, ""),
                            None,
                            "brought up to date: {place}"
                        );
                        refreshed += 1;
                    }
                }
                let judged = Judged {
                    pod: Arc::clone(pod),
                    generation: live.generation,
                    trace,
                };
                after.insert(pod.key.clone(), judged);
            }
            before = after;
        }
    }
    println!("{compared} compared, {refreshed} brought up to date");
    assert!(
        compared > 1_000 && refreshed > 100,
        "{compared} compared, {refreshed} brought up to date"
    );
}
