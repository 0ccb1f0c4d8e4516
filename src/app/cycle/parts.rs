//! How the screen is divided. Parts one below the other share the border between them.

use crate::app::layout::Area;

/// The parts, with their borders; those without room have no rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Parts {
    /// The stops; not there where columns are few.
    pub rail: Area,
    /// What happens in this frame.
    pub headline: Area,
    /// The nodes.
    pub field: Area,
    /// What is said of the node under the cursor.
    pub said: Area,
    /// The requests.
    pub wire: Area,
    /// Whether field and what is said stand side by side.
    pub beside: bool,
}

impl Parts {
    /// The parts of `body`.
    pub fn of(body: Area) -> Self {
        let (columns, rows) = (body.width, body.height);
        if columns < 100 || rows < 18 {
            return Self::stacked(body);
        }
        let rail = (columns / 4).clamp(26, 38);
        let right = Area {
            x: body.x + rail,
            width: columns - rail,
            ..body
        };
        let headline = Area { height: 4, ..right };
        let wire = (rows / 4).clamp(5, 12);
        let middle = Area {
            y: right.y + 3,
            height: rows + 2 - 4 - wire,
            ..right
        };
        let field = middle.width * 9 / 20;
        Self {
            rail: Area { width: rail, ..body },
            headline,
            field: Area {
                width: field,
                ..middle
            },
            said: Area {
                x: middle.x + field,
                width: middle.width - field,
                ..middle
            },
            wire: Area {
                y: middle.y + middle.height - 1,
                height: wire,
                ..right
            },
            beside: true,
        }
    }

    fn stacked(body: Area) -> Self {
        let rows = body.height;
        let headline = rows.min(4);
        let wire = if rows >= 18 { 4 + (rows - 18) / 4 } else { 0 };
        let rest = rows - headline;
        let field = if rest >= 9 {
            (rest - wire.saturating_sub(1)) / 2
        } else {
            0
        };
        let mut y = body.y;
        let mut next = |height: u16| {
            if height == 0 {
                return Area::default();
            }
            let area = Area { y, height, ..body };
            y += height - 1;
            area
        };
        let shared = u16::from(field > 0) + u16::from(wire > 0) + 1;
        let said = (rows + shared).saturating_sub(headline + field + wire);
        Self {
            rail: Area::default(),
            headline: next(headline),
            field: next(field),
            said: next(said),
            wire: next(wire),
            beside: false,
        }
    }

    /// Where the spots of the field are: its inside without the legend.
    pub fn spots(&self) -> Area {
        let inside = self.field.inner();
        Area {
            height: inside.height.saturating_sub(1),
            ..inside
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parts_fill_the_body_and_stay_in_it() {
        for columns in [40, 80, 99, 100, 120, 200, 400] {
            for rows in [7, 11, 17, 18, 21, 33, 47, 200] {
                let body = Area::new(0, 1, columns, rows);
                let parts = Parts::of(body);
                let all = [parts.rail, parts.headline, parts.field, parts.said, parts.wire];
                for area in all.iter().filter(|area| area.height > 0) {
                    assert!(area.x + area.width <= columns, "{columns}x{rows}: {parts:?}");
                    assert!(
                        area.y >= 1 && area.y + area.height <= rows + 1,
                        "{columns}x{rows}: {parts:?}"
                    );
                }
                let last = all.iter().map(|area| area.y + area.height).max();
                assert_eq!(last, Some(rows + 1), "{columns}x{rows}: {parts:?}");
                assert!(parts.said.height >= 3, "{columns}x{rows}: {parts:?}");
            }
        }
    }
}
