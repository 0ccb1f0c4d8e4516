//! How each scene that is taken as text looks in every style, in a table: a row for what looks alike in all of them, as
//! `text/ground`, with +b for bold, +u for underlined, +rev for reversed.

use std::fmt::Write as _;
use std::sync::LazyLock;

use berth::app::State;
use berth::app::measure::{padded, width};
use berth::ui::theme::color::Rgb;
use berth::ui::theme::contrast::{SIGN, TEXT};
use berth::ui::{ColorLevel, Theme, Themes};
use ratatui::buffer::{Buffer, Cell};
use ratatui::layout::Position;
use ratatui::style::{Color, Modifier};

use super::whole;
use crate::screens::drawn;

/// The themes that paint their own ground, with all colours and with 256.
static PAINTED: LazyLock<Vec<(String, Theme)>> = LazyLock::new(|| {
    let levels = [ColorLevel::True, ColorLevel::Ansi256];
    let of = |level| {
        let themes = Themes::new(level);
        ["dark", "light", "high-contrast"].map(|name| (format!("{name} {level:?}"), themes.get(name)))
    };
    levels.into_iter().flat_map(of).collect()
});

/// The styles that the table has.
static STYLES: LazyLock<Vec<(&str, Theme)>> = LazyLock::new(|| {
    let themes = Themes::new(ColorLevel::True);
    let mut styles: Vec<(&str, Theme)> = ["dark", "light", "high-contrast"]
        .into_iter()
        .map(|name| (name, themes.get(name)))
        .collect();
    styles.push(("sixteen", Themes::new(ColorLevel::Ansi16).get("dark")));
    styles.push(("none", Themes::new(ColorLevel::None).get("dark")));
    styles
});

/// Takes down how `state`, the scene called `name`, looks in every style, and holds what can be read in it to the guideline.
pub(crate) fn look(name: &str, state: &State) {
    insta::assert_snapshot!(name, table(state));
    for (theme_name, theme) in PAINTED.iter() {
        let buffer = drawn(state, theme);
        whole(&buffer);
        for position in buffer.area.positions() {
            readable(&format!("{name}, {theme_name}"), state, theme, &buffer, position);
        }
    }
}

fn readable(what: &str, state: &State, theme: &Theme, buffer: &Buffer, position: Position) {
    let cell = &buffer[position];
    let symbol = cell.symbol();
    let least = if symbol.chars().next().is_some_and(char::is_alphanumeric) {
        TEXT
    } else if symbol
        .chars()
        .all(|c| c == ' ' || ('\u{2500}'..='\u{259f}').contains(&c))
    {
        // Lines, and bars that grow: heat has a test of its own.
        return;
    } else {
        SIGN
    };
    let behind = state.overlay.is_some() && Some(cell.fg) == theme.backdrop.fg;
    let (Some(fg), Some(bg)) = (Rgb::of(cell.fg), Rgb::of(cell.bg)) else {
        panic!("{what} {position}: {symbol:?} has a colour of the terminal's own");
    };
    let contrast = fg.contrast(bg);
    assert!(
        behind || contrast >= least,
        "{what} {position}: {symbol:?} has {contrast:.2}"
    );
}

fn table(state: &State) -> String {
    let buffers: Vec<Buffer> = STYLES.iter().map(|(_, theme)| drawn(state, theme)).collect();
    let mut rows: Vec<(Vec<String>, usize, String)> = Vec::new();
    let mut last: Option<(usize, Position)> = None;
    // The terminal's own colours are called own.
    for position in buffers[0].area.positions() {
        let symbol = buffers[0][position].symbol();
        if symbol.trim().is_empty() && !is_lit(&buffers[0][position]) {
            last = None;
            continue;
        }
        let key: Vec<String> = buffers.iter().map(|buffer| shown(&buffer[position])).collect();
        let found = rows.iter().position(|(had, ..)| *had == key);
        let at = found.unwrap_or(rows.len());
        if found.is_none() {
            rows.push((key, 0, String::new()));
        }
        let (_, count, sample) = &mut rows[at];
        *count += 1;
        let goes_on = last == Some((at, Position::new(position.x.wrapping_sub(1), position.y)));
        if *count == 1 || goes_on && sample.chars().count() == *count - 1 && width(sample) < 20 {
            sample.push_str(symbol);
        }
        last = Some((at, position));
    }
    let mut text = format!("{:>5} {:22}", "cells", "such as");
    for (style, _) in STYLES.iter() {
        let _ = write!(text, " {style:22}");
    }
    let mut text = text.trim_end().to_owned();
    for (key, count, sample) in rows {
        let looks: String = key
            .iter()
            .fold(String::new(), |all, look| format!("{all} {look:22}"));
        let _ = write!(text, "\n{count:5} {}{looks}", padded(&sample, 22));
        text.truncate(text.trim_end().len());
    }
    text
}

/// Whether a blank has a ground that means something.
fn is_lit(cell: &Cell) -> bool {
    let theme = &STYLES[0].1;
    [theme.cursor.bg, theme.resting.bg, theme.marked.bg].contains(&Some(cell.bg))
}

fn shown(cell: &Cell) -> String {
    let color = |color: Color| match color {
        Color::Rgb(red, green, blue) => format!("#{red:02x}{green:02x}{blue:02x}"),
        Color::Reset => "own".to_owned(),
        other => other.to_string().to_lowercase(),
    };
    let mut text = format!("{}/{}", color(cell.fg), color(cell.bg));
    for (modifier, word) in [
        (Modifier::BOLD, "+b"),
        (Modifier::DIM, "+faint"),
        (Modifier::UNDERLINED, "+u"),
        (Modifier::REVERSED, "+rev"),
    ] {
        if cell.modifier.contains(modifier) {
            text.push_str(word);
        }
    }
    text
}
