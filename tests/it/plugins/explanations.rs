//! Each explanation ends in the figure that the trace has.

use std::collections::BTreeSet;
use std::sync::Arc;

use berth::model::Cluster;
use berth::model::from_api::list;
use berth::scheduling::explanation::{Explanation, HOLDS};
use berth::scheduling::plugin::Cycle;
use berth::scheduling::{Profile, cycle};

use crate::parity::generate;

fn last(explanation: &Explanation) -> &str {
    explanation.steps.last().map_or("", |step| &step.result)
}

#[test]
fn explanations_end_in_the_figures_of_the_trace() {
    let profile = Profile::default_for("default-scheduler");
    let (mut verdicts, mut scores) = (0, 0);
    for seed in 0..60 {
        let text = generate::cluster(seed).to_string();
        let loaded = list::read(text.as_bytes(), "generated").expect("a generated cluster can be read");
        let cluster = Cluster::from_changes(loaded.changes);
        let nodes = Arc::new(cycle::node_index(&cluster));
        for pod in cluster.waiting() {
            let cycle = Cycle {
                cluster: &cluster,
                pod,
            };
            let trace = cycle::run(cycle, &profile, &nodes);
            for &node in &nodes.ids {
                let place = format!("seed {seed}, {} on {}", pod.key, nodes.name(node));
                let explained = cycle::explain(cycle, &profile, &trace, node);
                assert_eq!(explained.filters.len(), trace.filters.len(), "{place}");
                for ((plugin, why), column) in explained.filters.iter().zip(&trace.filters) {
                    let against: BTreeSet<&str> = why
                        .steps
                        .iter()
                        .map(|step| &*step.result)
                        .filter(|result| *result != HOLDS)
                        .collect();
                    let reasons: BTreeSet<&str> =
                        column.get(node).reasons.iter().map(|reason| &**reason).collect();
                    assert_eq!(against, reasons, "{place}: {plugin}: {why:?}");
                    assert!(!why.summary.is_empty());
                    verdicts += 1;
                }
                let Some(at) = trace.feasible_index(node) else {
                    assert!(explained.scores.is_empty());
                    continue;
                };
                assert_eq!(explained.scores.len(), trace.scores.len(), "{place}");
                for ((plugin, why), column) in explained.scores.iter().zip(&trace.scores) {
                    assert_eq!(
                        last(why),
                        column.normalized[at].to_string(),
                        "{place}: {plugin}: {why:?}"
                    );
                    scores += 1;
                }
            }
        }
    }
    assert!(
        verdicts > 1000 && scores > 100,
        "{verdicts} verdicts, {scores} scores"
    );
}
