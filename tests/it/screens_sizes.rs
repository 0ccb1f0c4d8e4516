//! The screen holds at any size and with any text.

use std::sync::Arc;

use berth::app::layout::{Layout, Pane};
use berth::app::measure::width;
use berth::app::prose::{Line, wrap};
use berth::app::{Msg, State, measure, update};
use berth::ui::ColorLevel;
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use proptest::prelude::*;

use crate::screens::{cells, key, on, text};
use crate::screens_world::{World, edit, node, now, pod};

/// Names as an enemy would choose them.
const HOSTILE: [&str; 6] = [
    "\u{1b}[31mred\u{1b}[2J",
    "\u{202e}gnp.exe\u{200b}",
    "line\nbreak\rreturn\ttab",
    "名前空間の名前はとても長い名前空間です",
    "👩‍👩‍👧‍👦❤️🏳️‍🌈",
    "",
];

fn hostile() -> World {
    let long = "n".repeat(253);
    let names: Vec<&str> = HOSTILE.iter().copied().chain([long.as_str()]).collect();
    let mut world = World::shop();
    world.nodes = names
        .iter()
        .enumerate()
        .map(|(at, name)| {
            node(
                at as u32,
                name,
                name,
                at as i64 * 600,
                4000,
                if at % 2 == 0 { &[] } else { &names[..1] },
            )
        })
        .collect();
    world.nodes.sort_by(|a, b| a.name.cmp(&b.name));
    world.pods = names
        .iter()
        .map(|name| {
            let mut pod = pod(name, name, i32::MIN, -5, 500);
            edit(&mut pod, |_, spec| {
                spec.scheduler_name = if name.len() > 30 {
                    Arc::from(*name)
                } else {
                    "berth".into()
                }
            });
            pod
        })
        .collect();
    world
}

fn press(code: KeyCode, ctrl: bool) -> Msg {
    let modifiers = if ctrl {
        KeyModifiers::CONTROL
    } else {
        KeyModifiers::NONE
    };
    Msg::Key(KeyEvent::new(code, modifiers))
}

fn any_key() -> impl Strategy<Value = Msg> {
    let code = prop_oneof![
        6 => prop::sample::select(vec![
            KeyCode::Up, KeyCode::Down, KeyCode::Left, KeyCode::Right, KeyCode::Enter, KeyCode::Esc, KeyCode::Tab,
            KeyCode::BackTab, KeyCode::Home, KeyCode::End, KeyCode::PageUp, KeyCode::PageDown, KeyCode::Backspace,
        ]),
        6 => prop::sample::select("hjklgGopbnye?/qxcxcS".chars().collect::<Vec<_>>()).prop_map(KeyCode::Char),
        1 => any::<char>().prop_map(KeyCode::Char),
    ];
    (code, prop::bool::weighted(0.1)).prop_map(|(code, ctrl)| press(code, ctrl))
}

fn any_msg() -> impl Strategy<Value = Msg> {
    let click = (0..220_u16, 0..70_u16, 0..3_usize).prop_map(|(column, row, kind)| {
        let kind = [
            MouseEventKind::Down(MouseButton::Left),
            MouseEventKind::ScrollDown,
            MouseEventKind::ScrollUp,
        ][kind];
        Msg::Mouse(MouseEvent {
            kind,
            column,
            row,
            modifiers: KeyModifiers::NONE,
        })
    });
    let size = (1..220_u16, 1..70_u16).prop_map(|(columns, rows)| Msg::Resize(columns, rows));
    prop_oneof![8 => any_key(), 2 => click, 2 => size, 1 => Just(Msg::Drawn), 1 => ".{0,40}".prop_map(Msg::Paste)]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn any_size_is_drawn(columns in 1..220_u16, rows in 1..70_u16, pane in 0..5_usize, bad in any::<bool>()) {
        let world = if bad { hostile() } else { World::shop() };
        let mut state = on(&world, (columns, rows));
        state.focus = Pane::ALL[pane];
        update(&mut state, Msg::Tick, now());
        cells(&state, ColorLevel::True);
        for open in ['?', 'p', 'n', 'e', '/', 'x', 'c'] {
            update(&mut state, key(KeyCode::Char(open)), now());
            cells(&state, ColorLevel::None);
            update(&mut state, key(KeyCode::Esc), now());
        }
    }

    #[test]
    fn any_keys_leave_it_whole(msgs in prop::collection::vec(any_msg(), 1..60), bad in any::<bool>()) {
        let world = if bad { hostile() } else { World::shop() };
        let mut state = on(&world, (120, 36));
        for msg in msgs {
            update(&mut state, msg, now());
        }
        cells(&state, ColorLevel::Ansi256);
    }

    #[test]
    fn text_is_cut_to_its_columns(text in ".{0,80}", max in 0..60_usize) {
        prop_assert!(width(&measure::cut_end(&text, max)) <= max);
        prop_assert!(width(&measure::cut_middle(&text, max)) <= max);
    }

    #[test]
    fn wrapped_lines_fit_and_lose_no_word(words in prop::collection::vec("[a-z]{1,12}", 0..30), columns in 20..60_usize, hang in 0..8_usize) {
        let line = Line::hanging(hang).plain(words.join(" "));
        let lines = wrap(vec![line], columns);
        for line in &lines {
            prop_assert!(line.text().trim_end().chars().count() <= columns, "{:?}", line.text());
        }
        let found: Vec<String> = lines.iter().flat_map(|line| line.text().split_whitespace().map(str::to_owned).collect::<Vec<_>>()).collect();
        prop_assert_eq!(found, words);
    }
}

/// Where borders stand in `state`.
fn borders(state: &State) -> Vec<(u16, u16)> {
    let layout = state.layout();
    let mut at = Vec::new();
    for (_, area) in layout.panes() {
        for y in area.y + 1..area.y + area.height - 1 {
            at.push((area.x, y));
            at.push((area.x + area.width - 1, y));
        }
    }
    at
}

#[test]
fn hostile_text_is_inert_and_breaks_no_border() {
    for size in [(40, 10), (80, 24), (104, 24), (120, 36), (200, 50)] {
        for row in 0..7 {
            let mut world = hostile();
            let mut state = on(&world, size);
            for _ in 0..row {
                update(&mut state, key(KeyCode::Down), now());
            }
            (world.selected, world.revision) = (row, 2);
            update(&mut state, Msg::View(world.view()), now());
            let buffer = cells(&state, ColorLevel::True);
            for (x, y) in borders(&state) {
                let symbol = buffer[(x, y)].symbol();
                assert!(
                    "│├┤".contains(symbol),
                    "{size:?} {x},{y}: {symbol:?}\n{}",
                    text(&state)
                );
            }
            for cell in buffer.content() {
                let active = cell.symbol().chars().find(|&c| berth::model::text::is_active(c));
                assert_eq!(active, None, "{:?}", cell.symbol());
            }
        }
    }
}

#[test]
fn a_terminal_that_is_too_small_is_told_so() {
    let (columns, rows) = Layout::SMALLEST;
    for size in [(columns - 1, rows), (columns, rows - 1)] {
        let state = on(&World::shop(), size);
        let words = text(&state).split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(
            words.starts_with("berth needs at least 40 columns and 10 rows"),
            "{words}"
        );
    }
    let state = on(&World::shop(), Layout::SMALLEST);
    assert!(text(&state).contains("Waiting"), "{}", text(&state));
}

#[test]
fn columns_stand_still_while_values_change() {
    let head = |world: &World| {
        let screen = text(&on(world, (120, 36)));
        screen.lines().nth(2).unwrap().to_owned()
    };
    let mut world = World::shop();
    let before = head(&world);
    edit(&mut world.pods[3], |pod, spec| {
        spec.priority = i32::MAX;
        pod.created = crate::screens_world::before(400_000_000);
    });
    world.nodes[3].cpu.0 = 0;
    assert_eq!(before, head(&world));
}
