//! Kubernetes quantities: exact, in billionths.

/// An amount as the API writes it (`100m`, `1.5Gi`, `1e3`), held in billionths of the unit.
///
/// As `resource.Quantity` upstream: finer than a billionth is rounded away from zero when read; whole units and
/// thousandths are rounded up, and only after summing; values beyond the range of an i64 are capped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Quantity(i128);
