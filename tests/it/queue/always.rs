//! What holds whatever happens.

use std::collections::BTreeSet;

use berth::scheduling::queue::Place;
use proptest::prelude::*;
use serde_json::json;

use super::{Bench, gone, node, pod};

/// Something that happens.
#[derive(Clone, Debug)]
enum Step {
    /// A pod comes, or is another one: number, priority, gated.
    Put(u8, i32, bool),
    /// A pod goes.
    Gone(u8),
    /// It is placed.
    Placed(u8),
    /// The next pod is tried.
    Pop,
    /// One of those being tried ends so: by these plugins, an error where there is none, `None` where it fits.
    End(u8, Option<u8>),
    /// A node is there so: number, cores, cordoned.
    Node(u8, u8, bool),
    /// Time passes, in milliseconds.
    Wait(i64),
}

const PLUGINS: [&str; 5] = [
    "DefaultBinder",
    "NodeName",
    "NodeResourcesFit",
    "NodeUnschedulable",
    "TaintToleration",
];

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => (0..6_u8, 0..3_i32, prop::bool::weighted(0.2)).prop_map(|(at, priority, gated)| Step::Put(at, priority, gated)),
        1 => (0..6_u8).prop_map(Step::Gone),
        1 => (0..6_u8).prop_map(Step::Placed),
        4 => Just(Step::Pop),
        4 => (any::<u8>(), prop::option::weighted(0.9, 0..32_u8)).prop_map(|(at, plugins)| Step::End(at, plugins)),
        2 => (0..2_u8, 1..5_u8, any::<bool>()).prop_map(|(at, cpu, cordoned)| Step::Node(at, cpu, cordoned)),
        2 => prop_oneof![0..3000_i64, Just(40_000_i64)].prop_map(Step::Wait),
    ]
}

/// What the test itself knows.
#[derive(Default)]
struct Known {
    waiting: BTreeSet<String>,
    trying: Vec<String>,
}

fn take(bench: &mut Bench, known: &mut Known, step: &Step) {
    match *step {
        Step::Put(at, priority, gated) => {
            let name = format!("p{at}");
            let names = if gated { json!([{"name": "g"}]) } else { json!([]) };
            bench.happens(pod(
                &name,
                &json!({"priority": priority, "schedulingGates": names}),
            ));
            known.waiting.insert(name);
        }
        Step::Gone(at) => {
            bench.happens(gone(&format!("p{at}")));
            known.waiting.remove(&format!("p{at}"));
        }
        Step::Placed(at) => {
            bench.happens(pod(&format!("p{at}"), &json!({"nodeName": "n0"})));
            known.waiting.remove(&format!("p{at}"));
        }
        Step::Pop => {
            let best = bench.queue.next().map(|pod| pod.key.name.to_string());
            let popped = bench.pop();
            assert_eq!(popped, best);
            known.trying.extend(popped);
        }
        Step::End(at, how) => {
            let Some(name) = known.trying.get(at as usize % known.trying.len().max(1)).cloned() else {
                return;
            };
            match how {
                Some(bits) => {
                    let all = PLUGINS.iter().enumerate();
                    let plugins = all.filter(|(at, _)| bits & (1 << at) != 0).map(|(_, name)| *name);
                    bench.fail(&name, &plugins.collect::<Vec<_>>());
                }
                None => bench.with(|queue, at| queue.hold(&berth::model::PodKey::new("shop", &*name), at)),
            }
        }
        Step::Node(at, cpu, cordoned) => {
            let spec = json!({"unschedulable": cordoned});
            bench.happens(node(&format!("n{at}"), &cpu.to_string(), &spec));
        }
        Step::Wait(millis) => bench.after(millis),
    }
    known
        .trying
        .retain(|name| known.waiting.contains(name) && matches!(bench.place(name), Place::Trying { .. }));
}

proptest! {
    #[test]
    fn nobody_is_lost_and_nobody_is_in_two_places(steps in prop::collection::vec(step(), 0..80)) {
        let mut bench = Bench::new();
        let mut known = Known::default();
        for step in &steps {
            take(&mut bench, &mut known, step);
            let there: BTreeSet<String> = bench.queue.iter().map(|(pod, _)| pod.key.name.to_string()).collect();
            prop_assert_eq!(&there, &known.waiting, "after {:?}", step);
            prop_assert_eq!(bench.queue.len(), known.waiting.len());
            let active: BTreeSet<String> = bench.queue.active().map(|pod| pod.key.name.to_string()).collect();
            let said = known.waiting.iter().filter(|name| bench.place(name) == Place::Active);
            prop_assert_eq!(active, said.cloned().collect::<BTreeSet<_>>());
        }
        // Everybody who is neither held nor gated is tried again in the end, whatever is said of plugins.
        for name in std::mem::take(&mut known.trying) {
            bench.fail(&name, &["DefaultBinder"]);
        }
        bench.after(400_000);
        bench.after(40_000);
        while bench.pop().is_some() {}
        for name in &known.waiting {
            let place = bench.place(name);
            prop_assert!(matches!(place, Place::Trying { .. } | Place::Held | Place::Gated { .. }), "{}: {:?}", name, place);
        }
    }
}
