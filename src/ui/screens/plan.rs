//! The Plan screen: the pods, the cluster before and after, the pod under the cursor.

mod cluster;
mod table;

use ratatui::buffer::Buffer;

use crate::app::State;
use crate::app::layout::Area;
use crate::app::plan::{Places, Side, say};
use crate::app::prose::wrap;
use crate::ui::theme::Theme;
use crate::ui::{frame, paint};

/// Draws the screen into `area`.
pub(super) fn draw(buffer: &mut Buffer, state: &State, theme: &Theme, area: Area) {
    let planning = &state.plan;
    let places = Places::of(area, planning.side);
    if places.table.height > 0 {
        let focused = planning.side == Side::Table;
        let (title, aside) = (say::title(planning), say::aside(state));
        let inside = frame::draw(buffer, theme, places.table, &title, &aside, focused);
        if planning.rows.is_empty() {
            for (row, line) in wrap(say::nothing(state), (inside.width as usize).saturating_sub(2))
                .iter()
                .enumerate()
            {
                let inside = Area {
                    x: inside.x + 1,
                    ..inside
                };
                paint::line(buffer, inside, row, line, theme);
            }
        } else {
            table::draw(buffer, state, theme, inside);
        }
    }
    if places.cluster.height > 0 {
        let focused = planning.side == Side::Cluster;
        let aside = if places.both { "" } else { "Tab: plan" };
        let inside = frame::draw(buffer, theme, places.cluster, "Before → after", aside, focused);
        cluster::draw(buffer, state, theme, inside);
    }
    let inside = frame::draw(buffer, theme, places.about, "About", "", false);
    let inside = Area {
        x: inside.x + 1,
        width: inside.width.saturating_sub(2),
        ..inside
    };
    let height = inside.height as usize;
    for (row, line) in planning.about.iter().take(height).enumerate() {
        paint::line(buffer, inside, row, line, theme);
    }
    if planning.about.len() > height && height > 0 {
        paint::put_right(
            buffer,
            inside,
            (0, height - 1),
            inside.width as usize,
            " …",
            theme.dim,
        );
    }
}
