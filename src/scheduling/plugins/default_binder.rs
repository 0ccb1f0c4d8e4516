#![doc = include_str!("default_binder.md")]

use super::Row;
use crate::scheduling::plugin::{Phase, Plugin};

pub(super) const ROW: Row = Row {
    name: "DefaultBinder",
    phases: &[Phase::Bind],
    weight: 0,
    docs: include_str!("default_binder.md"),
    build: |_| Ok(Box::new(DefaultBinder)),
};

/// Has no say in where a pod goes: what is placed is bound by [`placing`](crate::placing), once it is confirmed.
#[derive(Debug)]
struct DefaultBinder;

impl Plugin for DefaultBinder {}
