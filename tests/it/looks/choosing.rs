//! Menus: the theme, what to copy.

use std::sync::Arc;

use berth::app::{Effect, Msg, Settings, State, update};
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use crate::screens::{cart, key, snap, text};
use crate::screens_world::now;

fn press(state: &mut State, code: KeyCode) -> Vec<Effect> {
    update(state, key(code), now())
}

fn type_text(state: &mut State, text: &str) {
    for c in text.chars() {
        press(state, KeyCode::Char(c));
    }
}

#[test]
fn a_theme_is_seen_before_it_is_taken() {
    let mut state = cart((120, 36), 0).0;
    assert_eq!(state.shown_theme(), "auto");
    press(&mut state, KeyCode::Char('T'));
    press(&mut state, KeyCode::Down);
    assert_eq!((state.shown_theme(), &*state.theme), ("dark", "auto"));
    press(&mut state, KeyCode::Down);
    press(&mut state, KeyCode::Esc);
    assert_eq!(state.shown_theme(), "auto", "Esc leaves it as it was");
    press(&mut state, KeyCode::Char('T'));
    type_text(&mut state, "light");
    assert_eq!(state.shown_theme(), "light");
    press(&mut state, KeyCode::Enter);
    assert_eq!((state.shown_theme(), state.overlay.is_none()), ("light", true));
    press(&mut state, KeyCode::Char('T'));
    assert_eq!(
        state.shown_theme(),
        "light",
        "the cursor stands on the one that is shown"
    );
}

#[test]
fn the_menus_are_drawn() {
    for (name, letter) in [("themes", 'T'), ("copies", 'Y'), ("export", 'E')] {
        snap(name, |size| {
            let mut state = cart(size, 7).0;
            press(&mut state, KeyCode::Char(letter));
            state
        });
    }
}

fn copied(down: usize, typed: &str) -> Option<String> {
    let mut state = cart((120, 36), down).0;
    state.options.kubeconfig = Some("my config".into());
    press(&mut state, KeyCode::Char('Y'));
    type_text(&mut state, typed);
    press(&mut state, KeyCode::Enter)
        .into_iter()
        .find_map(|effect| match effect {
            Effect::Copy(text) => Some(text),
            _ => None,
        })
}

#[test]
fn names_commands_and_decisions_are_copied() {
    assert_eq!(copied(0, "").as_deref(), Some("shop/cart-7f9c4d8b6f-w8kzp"));
    assert_eq!(copied(0, "node").as_deref(), Some("worker-03"));
    let place = "berth place shop/cart-7f9c4d8b6f-w8kzp worker-03 --context prod-eu --kubeconfig 'my config'";
    assert_eq!(copied(0, "place it").as_deref(), Some(place));
    let overrule = copied(7, "place it").expect("a command");
    assert!(
        overrule.contains(" --override --reason 'why it has to go there' "),
        "{overrule}"
    );
    let pod =
        "kubectl get pod cart-7f9c4d8b6f-w8kzp -n shop -o yaml --context prod-eu --kubeconfig 'my config'";
    assert_eq!(copied(0, "read the pod").as_deref(), Some(pod));
    assert!(copied(0, "why").expect("it says why").contains('\n'));
    assert!(
        copied(0, "decision")
            .expect("a decision")
            .starts_with("# Where `shop/cart")
    );
    assert_eq!(copied(0, "zzzz"), None);
}

#[test]
fn where_no_command_reaches_the_cluster_none_is_offered() {
    let mut state = cart((120, 36), 0).0;
    state.options.contexts = Arc::default();
    press(&mut state, KeyCode::Char('Y'));
    let screen = text(&state);
    assert!(
        screen.contains("decision") && !screen.contains("kubectl"),
        "{screen}"
    );
}

#[test]
fn the_clipboard_may_be_off() {
    let mut state = cart((120, 36), 0).0;
    state.options.settings = Arc::new(Settings {
        clipboard: false,
        ..Settings::default()
    });
    assert_eq!(press(&mut state, KeyCode::Char('y')), []);
    assert!(text(&state).contains("the clipboard is off in the settings"));
    let ctrl_c = Msg::Key(KeyEvent::new(KeyCode::Char('c'), KeyModifiers::CONTROL));
    assert_eq!(update(&mut state, ctrl_c, now()), [Effect::Quit]);
}
