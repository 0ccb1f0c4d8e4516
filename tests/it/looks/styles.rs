//! How the screens that there are are drawn in every theme: where which look goes, and that each cell can be read.

use berth::app::{Msg, State, update};
use berth::ui::theme::color::Rgb;
use berth::ui::{ColorLevel, Theme, Themes};
use crossterm::event::KeyCode;
use ratatui::buffer::Buffer;
use ratatui::style::{Color, Modifier};

use crate::screens::{SIZES, asked, broken, cart, drawn, key, on, text};
use crate::screens_world::{World, now};

/// Screens with much on them, by name.
fn scenes(size: (u16, u16)) -> Vec<(&'static str, State)> {
    let mut marked = cart(size, 0).0;
    update(&mut marked, key(KeyCode::Char('m')), now());
    let mut stale = cart(size, 0).0;
    update(&mut stale, Msg::Link(broken(14)), now());
    let open = |letter| {
        let mut state = cart(size, 0).0;
        update(&mut state, key(KeyCode::Char(letter)), now());
        state
    };
    vec![
        ("home", cart(size, 0).0),
        ("rejected", cart(size, 7).0),
        ("large", on(&World::large(500, 300), size)),
        ("marked", marked),
        ("stale", stale),
        ("overrule", asked(size, 7).0),
        ("help", open('?')),
        ("theme", open('T')),
        ("copy", open('Y')),
        ("export", open('E')),
        ("namespace", open('n')),
        ("matrix", open('x')),
        ("compare", open('c')),
        ("plan", open('P')),
        ("palette", open(':')),
    ]
}

/// A letter for the look of each cell; a dot where there is nothing to see.
fn looks(buffer: &Buffer, theme: &Theme) -> String {
    let names = [
        ('t', theme.text),
        ('d', theme.dim),
        ('s', theme.strong),
        ('a', theme.accent),
        ('g', theme.good),
        ('w', theme.warn),
        ('b', theme.bad),
        ('-', theme.border),
        ('x', theme.stale),
    ];
    let mut all = String::new();
    for y in 0..buffer.area.height {
        let mut line = String::new();
        for x in 0..buffer.area.width {
            let cell = &buffer[(x, y)];
            let on_cursor = cell.bg == theme.cursor.bg.unwrap_or(Color::Reset) && cell.bg != Color::Reset;
            let bold = cell.modifier.contains(Modifier::BOLD);
            let found = names.iter().find(|(_, style)| {
                style.fg == Some(cell.fg) && style.add_modifier.contains(Modifier::BOLD) == bold
            });
            let heat = theme.heat.iter().position(|step| step.fg == Some(cell.fg));
            let letter = match (found, heat) {
                _ if cell.symbol() == " " => {
                    if on_cursor {
                        '_'
                    } else {
                        '.'
                    }
                }
                (Some((letter, _)), _) => *letter,
                (None, Some(step)) => char::from_digit(step as u32, 10).expect("a digit"),
                (None, None) if Some(cell.fg) == theme.cursor.fg => 'c',
                (None, None) if Some(cell.fg) == theme.resting.fg => 'r',
                (None, None) => '?',
            };
            line.push(if on_cursor {
                letter.to_ascii_uppercase()
            } else {
                letter
            });
        }
        all.push_str(line.trim_end_matches('.'));
        all.push('\n');
    }
    all
}

#[test]
fn looks_go_where_they_belong() {
    let theme = Themes::new(ColorLevel::True).get("dark");
    for size in SIZES {
        for (name, state) in scenes(size) {
            if ["home", "marked", "overrule"].contains(&name) {
                let (columns, rows) = size;
                insta::assert_snapshot!(
                    format!("{name}_{columns}x{rows}"),
                    looks(&drawn(&state, &theme), &theme)
                );
            }
        }
    }
}

#[test]
fn every_letter_can_be_read_in_every_theme() {
    let mut seen = 0;
    for theme in ["dark", "light", "high-contrast"] {
        for level in [ColorLevel::True, ColorLevel::Ansi256] {
            let theme = Themes::new(level).get(theme);
            for size in SIZES {
                for (name, state) in scenes(size) {
                    let buffer = drawn(&state, &theme);
                    for position in buffer.area.positions() {
                        let cell = &buffer[position];
                        let letter = cell.symbol().chars().next().is_some_and(char::is_alphanumeric);
                        let backdrop = state.overlay.is_some() && Some(cell.fg) == theme.backdrop.fg;
                        if !letter || backdrop {
                            continue;
                        }
                        let colors = Rgb::of(cell.fg).zip(Rgb::of(cell.bg));
                        let (fg, bg) = colors
                            .unwrap_or_else(|| panic!("{name} {position}: a colour of the terminal's own"));
                        let contrast = fg.contrast(bg);
                        assert!(
                            contrast >= 4.5,
                            "{name} {position}: {:?} has {contrast:.1}",
                            cell.symbol()
                        );
                        seen += 1;
                    }
                }
            }
        }
    }
    assert!(seen > 50_000, "only {seen} letters were looked at");
}

#[test]
fn a_theme_with_a_ground_leaves_nothing_to_the_terminal() {
    for theme in ["dark", "light", "high-contrast"] {
        let theme = Themes::new(ColorLevel::True).get(theme);
        for (name, state) in scenes((120, 36)) {
            let buffer = drawn(&state, &theme);
            let mut hidden = 0;
            for position in buffer.area.positions() {
                if hidden > 0 {
                    hidden -= 1;
                    continue;
                }
                let cell = &buffer[position];
                hidden = berth::app::measure::width(cell.symbol()).saturating_sub(1);
                assert!(
                    cell.fg != Color::Reset && cell.bg != Color::Reset,
                    "{name} {position}: {cell:?}"
                );
            }
        }
    }
}

#[test]
fn no_theme_changes_a_character() {
    for size in SIZES {
        for (name, state) in scenes(size) {
            let plain = text(&state);
            for theme in ["light", "high-contrast", "terminal"] {
                for level in [ColorLevel::True, ColorLevel::Ansi16, ColorLevel::None] {
                    let buffer = drawn(&state, &Themes::new(level).get(theme));
                    let symbols: String = buffer
                        .content()
                        .iter()
                        .map(ratatui::buffer::Cell::symbol)
                        .collect();
                    let words = |text: &str| text.split_whitespace().collect::<String>();
                    assert_eq!(words(&symbols), words(&plain), "{name} in {theme}");
                }
            }
        }
    }
}
