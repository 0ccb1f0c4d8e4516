//! How the Plan screen is divided.

use crate::app::layout::Area;

/// What keys go to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Side {
    /// The pods.
    #[default]
    Table,
    /// The cluster, before and after.
    Cluster,
}

/// Where things are, borders included. What has no room has no height.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Places {
    /// The pods.
    pub table: Area,
    /// The cluster, before and after.
    pub cluster: Area,
    /// The pod under the cursor, in words.
    pub about: Area,
    /// Whether table and cluster are shown side by side.
    pub both: bool,
}

/// From so many columns on they are shown side by side.
const BOTH: u16 = 104;

impl Places {
    /// The parts of `body`, where `side` is shown if there is room for one.
    pub fn of(body: Area, side: Side) -> Self {
        let part = |x, y, width, height| Area::new(body.x + x, body.y + y, width, height);
        if body.width < BOTH {
            let about = (body.height / 4).clamp(4, 8).min(body.height);
            let rest = body.height - about;
            let upper = part(0, 0, body.width, rest);
            let (table, cluster) = match side {
                Side::Table => (upper, Area::default()),
                Side::Cluster => (Area::default(), upper),
            };
            return Self {
                table,
                cluster,
                about: part(0, rest, body.width, about),
                both: false,
            };
        }
        let left = if body.width < 160 {
            body.width * 2 / 3
        } else {
            body.width * 3 / 5
        };
        let about = (body.height / 3).clamp(6, 14).min(body.height);
        let right = body.width - left;
        Self {
            table: part(0, 0, left, body.height),
            cluster: part(left, 0, right, body.height - about),
            about: part(left, body.height - about, right, about),
            both: true,
        }
    }

    /// The lines of the table, below its heads.
    pub fn lines(&self) -> Area {
        self.table.inner().below(1)
    }
}
