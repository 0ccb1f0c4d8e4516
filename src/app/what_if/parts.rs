//! Where things are on the What-if screen.

use super::WhatIf;
use crate::app::layout::Area;

/// The screen's parts, with their borders.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Parts {
    /// What is supposed.
    pub list: Area,
    /// The result.
    pub result: Area,
    /// The list's rows, inside the border.
    pub rows: Area,
    /// The line that is being typed; no rows where none is.
    pub line: Area,
    /// What is said of the line, or of the supposition under the cursor.
    pub below: Area,
}

/// From this many columns on, the parts stand side by side.
const WIDE: u16 = 104;
/// What is typed keeps this many of the list's rows in sight.
const ROWS_WHILE_TYPING: u16 = 4;

impl Parts {
    /// The parts of `body`.
    pub fn of(body: Area, what_if: &WhatIf) -> Self {
        let typing = what_if.typing.is_some();
        let count = what_if.suppositions.len() as u16;
        let (list, result) = if body.width >= WIDE {
            let left = (body.width * 2 / 5).clamp(46, 80);
            let list = Area { width: left, ..body };
            let result = Area {
                x: body.x + left,
                width: body.width - left,
                ..body
            };
            (list, result)
        } else {
            let wanted = if typing {
                body.height * 2 / 3
            } else {
                body.height / 2
            };
            let height = wanted.max(6).min(body.height);
            let list = Area { height, ..body };
            (list, body.below(height))
        };
        let inside = list.inner();
        let inside = Area {
            x: inside.x + 1,
            width: inside.width.saturating_sub(2),
            ..inside
        };
        let most = if typing {
            ROWS_WHILE_TYPING
        } else {
            (inside.height * 2 / 3).max(1)
        };
        let height = count.min(most).min(inside.height);
        let rows = Area { height, ..inside };
        let rest = inside.below(height);
        let line = Area {
            height: u16::from(typing).min(rest.height),
            ..rest
        };
        let gap = u16::from(!typing && count > 0);
        Self {
            list,
            result,
            rows,
            line,
            below: rest.below(line.height + gap),
        }
    }

    /// What is inside the border of the result, with a margin.
    pub fn result_inside(&self) -> Area {
        let inside = self.result.inner();
        Area {
            x: inside.x + 1,
            width: inside.width.saturating_sub(2),
            ..inside
        }
    }
}
