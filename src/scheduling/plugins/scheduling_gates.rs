#![doc = include_str!("scheduling_gates.md")]

mod hint;

use super::Row;
use crate::scheduling::hint::Occasion;
use crate::scheduling::plugin::{Cycle, Phase, Plugin};
use crate::scheduling::status::{Code, Status};

pub(super) const ROW: Row = Row {
    name: "SchedulingGates",
    phases: &[Phase::PreEnqueue],
    weight: 0,
    docs: include_str!("scheduling_gates.md"),
    build: |_| Ok(Box::new(SchedulingGates)),
};

#[derive(Debug)]
struct SchedulingGates;

impl Plugin for SchedulingGates {
    fn pre_enqueue(&self, cycle: Cycle<'_>) -> Option<Status> {
        let gates = &cycle.pod.spec.scheduling_gates;
        if gates.is_empty() {
            return Some(Status::SUCCESS);
        }
        let text = format!("waiting for scheduling gates: [{}]", gates.join(" "));
        Some(Status::because(Code::UnschedulableAndUnresolvable, text))
    }

    fn events(&self) -> &'static [Occasion] {
        hint::EVENTS
    }
}
