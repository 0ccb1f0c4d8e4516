//! The table of plugins: the one place that lists them.

use super::plugin::{Phase, Plugin};

/// One plugin: everything that is said about it elsewhere comes from here.
#[derive(Debug)]
pub struct Row {
    /// Upstream's name.
    pub name: &'static str,
    /// The phases in which it decides, in order.
    pub phases: &'static [Phase],
    /// Its weight in the default profile; 0 where it does not score.
    pub weight: i64,
    /// Its documentation, in Markdown: what it checks, why, an example, what unblocks it.
    pub docs: &'static str,
    /// Makes it with its default arguments.
    pub build: fn() -> Box<dyn Plugin>,
}

/// Every plugin, in the order in which kube-scheduler's default profile runs them.
pub const TABLE: &[Row] = &[];

/// The row of plugin `name`.
pub fn row(name: &str) -> Option<&'static Row> {
    TABLE.iter().find(|row| row.name == name)
}
