//! What may be wrong with the plugins of a configuration.

use super::points::{self, Point};
pub(super) use crate::model::document::{Problem, near};

impl Problem {
    pub(super) fn no_plugin(field: String, name: &str) -> Self {
        let near = near(name, points::names());
        let hint = near.map_or_else(
            || {
                "'berth plugins' lists those that there are; plugins from outside Kubernetes are not known."
                    .to_owned()
            },
            |near| format!("Did you mean {near}?"),
        );
        Self::new(field, format!("there is no plugin '{name}'"), hint)
    }

    pub(super) fn not_at(field: String, name: &str, point: Point) -> Self {
        let all = points::of_plugin(name).unwrap_or_default();
        let all: Vec<&str> = all.into_iter().map(Point::field).collect();
        Self::new(
            field,
            format!("{name} takes no part in {}", point.field()),
            format!("It takes part in {}.", all.join(", ")),
        )
    }

    pub(super) fn twice(field: String, name: &str, point: Point) -> Self {
        Self::new(
            field,
            format!("{name} is enabled twice for {}", point.field()),
            "Leave one of them out.",
        )
    }
}
