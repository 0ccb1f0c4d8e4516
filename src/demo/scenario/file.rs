//! The scenario file: nodes and workloads in short, everything else as manifests, and what happens later.

use fastrand::Rng;
use serde::Deserialize;
use serde_saphyr::Spanned;

use super::{
    ScenarioError,
    nodes::{self, NodeEntry},
    objects::ObjectEntry,
    place::Place,
    steps::{self, Step, StepEntry},
    workloads::{WorkloadEntry, Workloads},
};
use crate::demo::{shapes::NodeShape, store::Store};

/// A scenario file. All that it does not name, the server decides as it would for any client.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    /// One sentence on what there is to see.
    description: String,
    /// Seeds names and uids, so that a scenario looks the same each time.
    #[serde(default)]
    seed: u64,
    region: String,
    nodes: Vec<Spanned<NodeEntry>>,
    /// Workloads whose pods are there already.
    #[serde(default)]
    workloads: Vec<Spanned<WorkloadEntry>>,
    /// Any other objects, in order: what is needed first comes first.
    #[serde(default)]
    objects: Vec<Spanned<ObjectEntry>>,
    /// What happens, and when.
    #[serde(default)]
    steps: Vec<Spanned<StepEntry>>,
}

/// What a file says beside the objects.
pub(super) struct Story {
    pub(super) description: String,
    pub(super) steps: Vec<Step>,
}

/// Fills a store as the file says.
pub(super) fn fill(store: &Store, file: &str, text: &str) -> Result<Story, ScenarioError> {
    let parsed: File = serde_saphyr::from_str(text).map_err(|error| unreadable(file, text, &error))?;
    let mut random = Rng::with_seed(parsed.seed);
    let mut nodes: Vec<NodeShape> = Vec::new();
    for (i, entry) in parsed.nodes.iter().enumerate() {
        let place = place(file, entry);
        let shape = entry.value.shape(&place, &parsed.region, i)?;
        if nodes.iter().any(|other| other.name == shape.name) {
            let message = format!("nodes[{i}].name: there is a node {:?} already", shape.name);
            return Err(place.error(message));
        }
        nodes.push(shape);
    }
    nodes::load(store, &nodes, &mut random);
    // Objects come before the pods of workloads: these may name a priority class.
    for (i, entry) in parsed.objects.iter().enumerate() {
        entry.value.load(store, &place(file, entry), i)?;
    }
    let mut workloads = Workloads::new(store, &nodes, &mut random);
    for (i, entry) in parsed.workloads.iter().enumerate() {
        workloads.add(&place(file, entry), i, &entry.value)?;
    }
    workloads.load();
    let entries = parsed
        .steps
        .into_iter()
        .map(|entry| (place(file, &entry), entry.value));
    let steps = steps::read(entries.collect())?;
    steps::rehearse(store, file, &steps)?;
    Ok(Story {
        description: parsed.description,
        steps,
    })
}

fn place<'a, T>(file: &'a str, entry: &Spanned<T>) -> Place<'a> {
    Place {
        file,
        line: entry.referenced.line(),
    }
}

/// An error of the YAML reader: it knows the place; what stands there says which field it is.
fn unreadable(file: &str, text: &str, error: &serde_saphyr::Error) -> ScenarioError {
    let line = error.location().map_or(1, |location| location.line());
    let whole = error.to_string();
    let first = whole.lines().next().unwrap_or_default();
    let why = first
        .split_once("column ")
        .and_then(|(_, rest)| rest.split_once(": "))
        .map_or(first, |(_, why)| why);
    let here = usize::try_from(line)
        .ok()
        .and_then(|line| text.lines().nth(line.saturating_sub(1)));
    let message = format!("{why}, in `{}`", here.unwrap_or_default().trim());
    ScenarioError::Content {
        file: file.to_owned(),
        line,
        message,
    }
}
