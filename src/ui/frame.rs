//! The border around a pane, with its title.

use ratatui::buffer::Buffer;
use ratatui::style::Style;

use super::paint::put;
use super::theme::Theme;
use crate::app::layout::Area;
use crate::app::measure::{cut_middle, width};

/// Draws a border around `area` with `title` at the left and, where there is room, `aside` at the right of its first
/// row; `focused` where keys go to it. Gives what is inside.
pub(super) fn draw(
    buffer: &mut Buffer,
    theme: &Theme,
    area: Area,
    title: &str,
    aside: &str,
    focused: bool,
) -> Area {
    let style = if focused { theme.focus } else { theme.border };
    border(buffer, area, false, false, style);
    titled(buffer, theme, area, title, aside, focused)
}

/// As [`draw`], for a border that is there already.
pub(super) fn titled(
    buffer: &mut Buffer,
    theme: &Theme,
    area: Area,
    title: &str,
    aside: &str,
    focused: bool,
) -> Area {
    let room = (area.width as usize).saturating_sub(4);
    let title = cut_middle(title, room.saturating_sub(2));
    let (mark, style) = if focused {
        ("▸", theme.accent.patch(theme.strong))
    } else {
        (" ", theme.strong)
    };
    put(buffer, area, (2, 0), room, &format!("{mark}{title} "), style);
    let left = room.saturating_sub(width(&title) + 4);
    if !aside.is_empty() && width(aside) + 2 <= left {
        let at = (area.width as usize).saturating_sub(width(aside) + 4);
        put(buffer, area, (at, 0), room, &format!(" {aside} "), theme.dim);
    }
    area.inner()
}

/// A border with rounded corners, or joints where another pane follows.
pub(super) fn border(buffer: &mut Buffer, area: Area, joint_above: bool, joint_below: bool, style: Style) {
    if area.width < 2 || area.height < 2 {
        return;
    }
    let (top_left, top_right) = if joint_above {
        ("├", "┤")
    } else {
        ("╭", "╮")
    };
    let (bottom_left, bottom_right) = if joint_below {
        ("├", "┤")
    } else {
        ("╰", "╯")
    };
    let line = "─".repeat(area.width as usize - 2);
    let last = area.height as usize - 1;
    put(
        buffer,
        area,
        (0, 0),
        usize::MAX,
        &format!("{top_left}{line}{top_right}"),
        style,
    );
    for row in 1..last {
        put(buffer, area, (0, row), 1, "│", style);
        put(buffer, area, (area.width as usize - 1, row), 1, "│", style);
    }
    put(
        buffer,
        area,
        (0, last),
        usize::MAX,
        &format!("{bottom_left}{line}{bottom_right}"),
        style,
    );
}
