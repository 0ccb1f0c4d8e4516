//! Writing what is shown to a file.

use std::sync::Arc;

use berth::app::export::{Content, Format, Written, markdown};
use berth::app::overlay::Overlay;
use berth::app::{Effect, Msg, State, update};
use berth::model::text::is_active;
use berth::ui::{ColorLevel, Theme, svg};
use crossterm::event::KeyCode;

use crate::screens::{cart, drawn, key, on, text};
use crate::screens_world::{World, edit, now};

fn press(state: &mut State, code: KeyCode) -> Vec<Effect> {
    update(state, key(code), now())
}

fn exported(effects: &[Effect]) -> (&Content, &str, bool) {
    match effects {
        [
            Effect::Export {
                content,
                path,
                replace,
            },
        ] => (content, path, *replace),
        other => panic!("no file is written: {other:?}"),
    }
}

#[test]
fn a_decision_is_written_as_markdown_json_or_picture() {
    let mut state = cart((120, 36), 0).0;
    press(&mut state, KeyCode::Char('E'));
    let effects = press(&mut state, KeyCode::Enter);
    let (content, path, replace) = exported(&effects);
    assert_eq!((path, replace), ("shop-cart-7f9c4d8b6f-w8kzp.md", false));
    assert!(matches!(content, Content::Text(text) if text.starts_with("# Where `shop/cart")));
    press(&mut state, KeyCode::Down);
    let effects = press(&mut state, KeyCode::Enter);
    let (content, path, _) = exported(&effects);
    assert_eq!(path, "shop-cart-7f9c4d8b6f-w8kzp.json");
    let Content::Text(record) = content else {
        panic!("the record is text")
    };
    let record: serde_json::Value = serde_json::from_str(record).expect("JSON");
    assert_eq!(record["pod"], "shop/cart-7f9c4d8b6f-w8kzp");
    press(&mut state, KeyCode::Down);
    let effects = press(&mut state, KeyCode::Enter);
    assert_eq!(
        exported(&effects),
        (&Content::Screen, "shop-cart-7f9c4d8b6f-w8kzp.svg", false)
    );
    let done = Msg::Exported(
        "shop-cart-7f9c4d8b6f-w8kzp.svg".into(),
        Written::Done("/there/a.svg".into()),
    );
    update(&mut state, done, now());
    assert!(state.overlay.is_none());
    assert!(text(&state).contains("✓ wrote /there/a.svg"), "{}", text(&state));
}

#[test]
fn nothing_is_replaced_unasked() {
    let mut state = cart((120, 36), 0).0;
    press(&mut state, KeyCode::Char('E'));
    let path = exported(&press(&mut state, KeyCode::Enter)).1.to_owned();
    update(&mut state, Msg::Exported(path.clone(), Written::Exists), now());
    assert!(
        text(&state).contains("Enter again replaces it"),
        "{}",
        text(&state)
    );
    let mut other = state.clone();
    assert!(exported(&press(&mut state, KeyCode::Enter)).2, "now it is meant");
    press(&mut other, KeyCode::Char('x'));
    let effects = press(&mut other, KeyCode::Enter);
    assert_eq!(
        (exported(&effects).1, exported(&effects).2),
        (&*format!("{path}x"), false),
        "another file is another question"
    );
}

#[test]
fn what_goes_wrong_is_said_where_it_can_be_put_right() {
    let mut state = cart((120, 36), 0).0;
    press(&mut state, KeyCode::Char('E'));
    let path = exported(&press(&mut state, KeyCode::Enter)).1.to_owned();
    let failed = Written::Failed("cannot write a.md: no space left".into());
    update(&mut state, Msg::Exported(path.clone(), failed.clone()), now());
    assert!(text(&state).contains("no space left") && state.overlay.is_some());
    press(&mut state, KeyCode::Esc);
    update(&mut state, Msg::Exported(path, failed), now());
    assert!(text(&state).contains("✗ cannot write a.md: no space left"));
}

#[test]
fn without_a_decision_the_screen_can_be_written() {
    let mut world = World::shop();
    world.pods.clear();
    let mut state = on(&world, (120, 36));
    press(&mut state, KeyCode::Char('E'));
    assert!(matches!(&state.overlay, Some(Overlay::Export(export)) if export.format == Format::Svg));
    press(&mut state, KeyCode::Up);
    assert_eq!(press(&mut state, KeyCode::Enter), []);
    assert!(text(&state).contains("there is no decision yet"));
}

#[test]
fn the_markdown_says_what_a_ticket_needs() {
    let mut state = cart((120, 36), 0).0;
    let selected = state.decision().expect("judged").clone();
    insta::assert_snapshot!(
        "decision",
        markdown::decision(&selected, state.node(), &state.link)
    );
    let mut world = World::shop();
    crate::screens::select(&mut state, &mut world, 5);
    let selected = state.decision().expect("judged").clone();
    insta::assert_snapshot!(
        "decision_nowhere",
        markdown::decision(&selected, state.node(), &state.link)
    );
}

/// Names with markup of Markdown, HTML and XML in them.
fn hostile() -> State {
    let mut world = World::shop();
    let evil = "]]><script>alert(1)</script>|`@all [x](http://e) \u{1b}[2J\u{202e}";
    for node in &mut world.nodes {
        node.name = Arc::from(format!("{evil}{}", node.name));
        node.taints = Arc::from([evil.to_owned()]);
    }
    world.nodes.sort_by(|a, b| a.name.cmp(&b.name));
    edit(&mut world.pods[0], |pod, spec| {
        pod.key.name = evil.into();
        spec.scheduler_name = evil.into();
    });
    let mut state = on(&world, (200, 50));
    crate::screens::select(&mut state, &mut world, 0);
    state
}

#[test]
fn hostile_names_are_no_markup() {
    let state = hostile();
    let selected = state.decision().expect("judged");
    let text = markdown::decision(selected, state.node(), &state.link);
    assert!(text.contains("script"), "{text}");
    assert!(!text.chars().any(|c| c != '\n' && is_active(c)));
    for line in text.lines() {
        let outside = outside_code(line);
        for markup in ["<", "script", "@all", "http"] {
            assert!(!outside.contains(markup), "{line}");
        }
    }
    let heads = text
        .lines()
        .filter(|line| line.starts_with("| |"))
        .map(|line| line.matches('|').count());
    let heads: Vec<usize> = heads.collect();
    let rows = text
        .lines()
        .filter(|line| line.starts_with("| ★ ") || line.starts_with("|  | "));
    for row in rows {
        assert_eq!(row.replace("\\|", "").matches('|').count(), heads[0], "{row}");
    }
    let picture = svg::render(&drawn(&state, &Theme::new(ColorLevel::True)), "<title>");
    assert!(
        !picture.contains("<script")
            && picture.contains("&lt;")
            && picture.contains("<title>&lt;title&gt;</title>")
    );
    assert!(!picture.chars().any(|c| c != '\n' && is_active(c)));
}

/// `line` without its code spans, which end with as many backticks as they begin with.
fn outside_code(line: &str) -> String {
    let mut outside = String::new();
    let mut rest = line;
    while let Some(at) = rest.find('`') {
        outside.push_str(&rest[..at]);
        let fence = rest[at..].chars().take_while(|&c| c == '`').count();
        let inside = &rest[at + fence..];
        let mut end = None;
        let mut from = 0;
        while let Some(found) = inside[from..].find('`') {
            let start = from + found;
            let run = inside[start..].chars().take_while(|&c| c == '`').count();
            if run == fence {
                end = Some(start + run);
                break;
            }
            from = start + run;
        }
        rest = &inside[end.unwrap_or_else(|| panic!("a code span has no end: {line}"))..];
    }
    outside + rest
}
