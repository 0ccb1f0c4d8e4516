//! The matrix of 5,000 nodes: worked out for a new trace, sorted, filtered, and what a frame reads of it.
//!
//! `cargo bench --bench matrix`

#![allow(missing_docs)]

#[path = "support/cluster.rs"]
mod support;

use std::hint::black_box;
use std::sync::Arc;

use berth::app::matrix::{Matrix, Sort, SortBy};
use berth::model::from_api::list;
use berth::model::{Cluster, PodKey};
use berth::scheduling::plugin::Cycle;
use berth::scheduling::{Profile, Trace, cycle};
use criterion::{Criterion, criterion_group, criterion_main};

const NODES: usize = 5_000;
/// Rows of a large terminal.
const ROWS: usize = 60;

fn trace() -> Arc<Trace> {
    let text = support::cluster(NODES, 10).to_string();
    let loaded = list::read(text.as_bytes(), "bench").expect("the cluster can be read");
    let cluster = Cluster::from_changes(loaded.changes);
    let nodes = Arc::new(cycle::node_index(&cluster));
    let pod = cluster
        .pod(&PodKey::new("default", "all"))
        .expect("the pod is there");
    let cycle = Cycle {
        cluster: &cluster,
        pod,
    };
    Arc::new(cycle::run(
        cycle,
        &Profile::default_for("default-scheduler"),
        &nodes,
    ))
}

fn matrix(c: &mut Criterion) {
    let trace = trace();
    let mut group = c.benchmark_group("matrix");
    let plugin = Sort {
        by: SortBy::Plugin("NodeResourcesFit"),
        reversed: false,
    };
    for (name, sort, filter) in [
        ("new trace", Sort::default(), ""),
        ("by plugin", plugin, ""),
        ("rejected by", Sort::default(), "!"),
        ("text", Sort::default(), "node-4"),
    ] {
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                let mut matrix = Matrix::default();
                matrix.refresh(Some(black_box(&trace)), &[], sort, filter);
                matrix.len()
            });
        });
    }
    let mut shown = Matrix::default();
    shown.refresh(Some(&trace), &[], Sort::default(), "");
    group.bench_function("frame", |bencher| {
        bencher.iter(|| {
            let cells = (0..ROWS).flat_map(|row| (0..shown.columns.len()).map(move |column| (row, column)));
            cells.filter_map(|(row, column)| shown.cell(row, column)).count()
        });
    });
    group.finish();
}

criterion_group!(benches, matrix);
criterion_main!(benches);
