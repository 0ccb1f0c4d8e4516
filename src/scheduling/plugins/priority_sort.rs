#![doc = include_str!("priority_sort.md")]

use super::Row;
use crate::scheduling::plugin::{Phase, Plugin};

pub(super) const ROW: Row = Row {
    name: "PrioritySort",
    phases: &[Phase::QueueSort],
    weight: 0,
    docs: include_str!("priority_sort.md"),
    build: |_| Ok(Box::new(PrioritySort)),
};

/// Its one phase is [`crate::scheduling::queue::order`].
#[derive(Debug)]
struct PrioritySort;

impl Plugin for PrioritySort {}
