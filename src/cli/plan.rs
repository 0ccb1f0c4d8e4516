//! `berth plan`: a node for every waiting pod, each judged after those before it.

mod meter;
mod table;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;

use self::meter::Meter;
use super::adopt::Adoptions;
use super::args::{Global, PlanArgs};
use super::decide::waiting;
use super::exit::{Exit, Failure};
use super::output::Output;
use super::source::{self, Snapshot};
use super::{names, note};
use crate::model::PodKey;
use crate::scheduling::plan::document::{Document, Metadata};
use crate::scheduling::plan::{Difference, Plan, Request, Search, Ties, one_by_one, optimize};

/// Runs the command.
pub(super) async fn run(args: PlanArgs, global: Global) -> Result<(), Failure> {
    let snapshot = source::snapshot(&global).await?;
    Adoptions::look(&snapshot, &global).await?;
    let created = Timestamp::now();
    let request = request(&args, &snapshot, &global).await?;
    let (plan, difference) = make(&args, &snapshot, &global, &request)?;
    let mut output = Output::new(&global);
    if output.for_people() {
        if plan.rows.is_empty() {
            note(&nothing(&snapshot, &args));
        } else {
            table::print(&plan, difference.as_ref(), &mut output)?;
        }
        plan.caveats
            .iter()
            .for_each(|caveat| note(&crate::model::text::inert(caveat)));
        return output.flush();
    }
    let server = snapshot
        .connection
        .as_ref()
        .map(|connection| connection.server().to_owned());
    let file = global.from.as_ref().map(|path| path.display().to_string());
    let metadata = Metadata {
        created: Some(created),
        source: server.or(file),
    };
    let document = Document::of(&plan, request.ties, metadata);
    output.document(&match &difference {
        Some(difference) => document.with_difference(difference),
        None => document,
    })?;
    output.flush()
}

fn make(
    args: &PlanArgs,
    snapshot: &Snapshot,
    global: &Global,
    request: &Request,
) -> Result<(Plan, Option<Difference>), Failure> {
    let (cluster, profiles) = (&snapshot.cluster, &global.rules.profiles);
    let mut meter = Meter::start();
    let mut progress = |step| meter.show(step);
    let found = if args.optimize {
        let mut search = Search {
            seed: args.seed.unwrap_or(0),
            ..Search::default()
        };
        search.evaluations = args.evaluations.unwrap_or(search.evaluations);
        let found = optimize(cluster, profiles, request, search, &mut progress);
        found.map(|found| (found.plan, Some(found.difference)))
    } else {
        one_by_one(cluster, profiles, request, &mut progress).map(|plan| (plan, None))
    };
    meter.end();
    // Nothing breaks it off here: Ctrl-C ends the whole command.
    found.ok_or_else(|| Failure::silent(Exit::Interrupted))
}

async fn request(args: &PlanArgs, snapshot: &Snapshot, global: &Global) -> Result<Request, Failure> {
    let cluster = &snapshot.cluster;
    let asked = |pod: &crate::model::Pod| {
        args.selector
            .as_ref()
            .is_none_or(|selector| selector.matches(&pod.labels))
    };
    let waiting = waiting(cluster, snapshot.scope.as_deref()).into_iter();
    let mut pods: BTreeSet<PodKey> = waiting
        .filter(|pod| asked(pod))
        .map(|pod| pod.key.clone())
        .collect();
    let mut pins = BTreeMap::new();
    for (pod, node) in &args.pins {
        let doing = format!("pin {pod} to {node}");
        let pod = names::pod(pod, snapshot, &doing).await?;
        names::node(node, cluster, &doing)?;
        pods.insert(pod.key.clone());
        pins.insert(pod.key.clone(), Arc::from(node.as_str()));
    }
    let mut skips = BTreeSet::new();
    for pod in &args.skips {
        skips.insert(
            names::pod(pod, snapshot, &format!("skip {pod}"))
                .await?
                .key
                .clone(),
        );
    }
    Ok(Request {
        ours: global.ours().into_iter().map(Arc::from).collect(),
        pods: Some(pods),
        pins,
        skips,
        order: Vec::new(),
        ties: args.seed.map_or(Ties::FirstByName, Ties::Seeded),
    })
}

fn nothing(snapshot: &Snapshot, args: &PlanArgs) -> String {
    let nothing = super::pods::nothing_waits(snapshot);
    if args.selector.is_some() {
        format!("{nothing} Or none of those that wait matches the selector.")
    } else {
        nothing
    }
}
