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
        6 => prop::sample::select("hjklgGopbnyYETme?/qxcxcS".chars().collect::<Vec<_>>()).prop_map(KeyCode::Char),
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
        crate::looks::whole(&cells(&state, ColorLevel::True));
        for open in ['?', 'p', 'n', 'e', 'Y', 'T', 'E', '/', 'x', 'c'] {
            update(&mut state, key(KeyCode::Char(open)), now());
            crate::looks::whole(&cells(&state, ColorLevel::None));
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
        crate::looks::whole(&cells(&state, ColorLevel::Ansi256));
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

/// Names of every kind of character that is wide, narrow, joined, or not seen.
fn any_name() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("名"),
        Just("한"),
        Just("a"),
        Just("e\u{301}"),
        Just("👩‍👩‍👧‍👦"),
        Just("❤\u{fe0f}"),
        Just("🇩🇪"),
        Just("1\u{fe0f}\u{20e3}"),
        Just("\u{301}"),
        Just("\u{200b}"),
        Just("\u{202e}"),
        Just("\u{2066}"),
        Just("א"),
        Just("لا"),
        Just("क्षि"),
        Just("\u{1b}[2J"),
        Just("\t"),
        Just("\n"),
        Just("\u{e0041}"),
        Just("\u{1160}"),
        Just("　"),
        Just("ｱ"),
        Just("-"),
        Just("⏎"),
        Just("\u{fdfd}"),
    ];
    prop::collection::vec(piece, 0..60).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, ..ProptestConfig::default() })]

    /// Whatever things are called, borders stand where they stand with plain names, and no row is wider or narrower.
    #[test]
    fn names_change_nothing_outside_their_pane(names in prop::collection::vec(any_name(), 4..8), at in 0..3_usize, open in prop::sample::select(vec![' ', 'p', 'n', 'Y', 'E', 'e'])) {
        let size = [(80, 24), (120, 36), (200, 50)][at];
        let mut world = World::shop();
        for (nth, name) in names.iter().enumerate() {
            world.nodes[nth * 3] = node(world.nodes[nth * 3].id.index() as u32, name, name, 300, 4000, &[name]);
        }
        world.nodes.sort_by(|a, b| a.name.cmp(&b.name));
        world.nodes.dedup_by(|a, b| a.name == b.name);
        for name in &names {
            world.pods.push(pod(name, name, 5, 30, 500));
        }
        let mut state = on(&world, size);
        update(&mut state, key(KeyCode::Char(open)), now());
        let buffer = cells(&state, ColorLevel::True);
        crate::looks::whole(&buffer);
        if open == ' ' {
            for (x, y) in borders(&state) {
                prop_assert!("│├┤".contains(buffer[(x, y)].symbol()), "{x},{y}\n{}", text(&state));
            }
        }
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
            crate::looks::whole(&buffer);
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
