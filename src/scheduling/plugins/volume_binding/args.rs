//! The plugin's arguments.

use std::time::Duration;

use serde::Deserialize;

use crate::scheduling::features::Gate;
use crate::scheduling::plugins::{ArgsError, Setup};

/// `VolumeBindingArgs`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
struct VolumeBindingArgs {
    /// Accepted as every plugin's arguments may have it.
    #[serde(rename = "apiVersion")]
    _api_version: Option<String>,
    #[serde(rename = "kind")]
    _kind: Option<String>,
    bind_timeout_seconds: Option<i64>,
    shape: Option<Vec<Point>>,
}

/// A point of the function that scores how full storage gets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Point {
    /// Per cent of the capacity asked for.
    pub(super) utilization: i64,
    /// 0 to 10.
    pub(super) score: i64,
}

/// The function's points, by utilization.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Shape(Vec<Point>);

const DEFAULT: [Point; 2] = [
    Point {
        utilization: 0,
        score: 10,
    },
    Point {
        utilization: 100,
        score: 0,
    },
];

impl Shape {
    /// The function's value, 0 to 100, in whole numbers as upstream has it.
    pub(super) fn score(&self, utilization: i64) -> i64 {
        let at = self.0.iter().position(|point| utilization <= point.utilization);
        let value = |point: &Point| point.score * 10;
        match at.and_then(|at| Some((at.checked_sub(1).and_then(|at| self.0.get(at)), self.0.get(at)?))) {
            Some((None, first)) => value(first),
            Some((Some(left), right)) => {
                let rise = value(right) - value(left);
                value(left) + rise * (utilization - left.utilization) / (right.utilization - left.utilization)
            }
            None => self.0.last().map_or(0, value),
        }
    }

    /// The points as `0 → 100, 100 → 0`.
    pub(super) fn shown(&self) -> String {
        let points = self.0.iter();
        let points = points.map(|point| format!("{} → {}", point.utilization, point.score * 10));
        points.collect::<Vec<_>>().join(", ")
    }
}

/// How long claims may take to be bound where nothing is said, in seconds.
const BIND_TIMEOUT: u64 = 600;

/// The arguments, checked.
pub(super) struct Checked {
    /// The function by which storage left is scored; `None` where the feature is off.
    pub(super) shape: Option<Shape>,
    /// How long claims may take to be bound.
    pub(super) timeout: Duration,
}

fn refused(field: String, message: &str) -> ArgsError {
    ArgsError {
        field,
        message: message.to_owned(),
    }
}

/// # Errors
/// Arguments that upstream refuses.
pub(super) fn checked(setup: &Setup<'_>) -> Result<Checked, ArgsError> {
    let args: VolumeBindingArgs = setup.args()?;
    let seconds = args
        .bind_timeout_seconds
        .map_or(Ok(BIND_TIMEOUT), u64::try_from)
        .map_err(|_| {
            refused(
                "bindTimeoutSeconds".to_owned(),
                "invalid BindTimeoutSeconds, should not be a negative value",
            )
        })?;
    Ok(Checked {
        shape: shape(setup, args.shape.unwrap_or_default())?,
        timeout: Duration::from_secs(seconds),
    })
}

fn shape(setup: &Setup<'_>, points: Vec<Point>) -> Result<Option<Shape>, ArgsError> {
    if !setup.gates.enabled(Gate::StorageCapacityScoring) {
        return if points.is_empty() {
            Ok(None)
        } else {
            Err(refused(
                "shape".to_owned(),
                "unexpected field `shape`, remove it or turn on the feature gate StorageCapacityScoring",
            ))
        };
    }
    if points.is_empty() {
        return Ok(Some(Shape(DEFAULT.to_vec())));
    }
    let fallen = points.windows(2).position(|pair| match pair {
        [a, b] => a.utilization >= b.utilization,
        _ => false,
    });
    if let Some(at) = fallen {
        return Err(refused(
            format!("shape[{}].utilization", at + 1),
            "values must be sorted in increasing order",
        ));
    }
    for (at, point) in points.iter().enumerate() {
        if !(0..=100).contains(&point.utilization) {
            return Err(refused(
                format!("shape[{at}].utilization"),
                "not in valid range [0, 100]",
            ));
        }
        if !(0..=10).contains(&point.score) {
            return Err(refused(
                format!("shape[{at}].score"),
                "not in valid range [0, 10]",
            ));
        }
    }
    Ok(Some(Shape(points)))
}
