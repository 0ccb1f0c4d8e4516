//! What if, and fixes.

use crossterm::event::KeyCode;

use super::{snap, text};
use crate::desk::{Desk, shop};

fn at(size: (u16, u16), keys: &str) -> Desk {
    let mut desk = Desk::at(&shop(), size);
    desk.press(keys);
    desk
}

#[test]
fn an_empty_list_teaches_what_can_be_supposed() {
    snap("what_if_empty", |size| at(size, "w").state);
}

#[test]
fn two_decisions_stand_side_by_side() {
    snap("what_if", |size| {
        let mut desk = at(size, "w");
        for line in [
            "uncordon worker-4",
            "tolerate nvidia.com/gpu=present:NoSchedule",
            "set requests cpu=1 -c app",
        ] {
            desk.suppose(line);
        }
        desk.state
    });
}

#[test]
fn a_line_is_typed_with_names_to_choose_from() {
    snap("what_if_typing", |size| {
        let mut desk = at(size, "w");
        desk.suppose("uncordon worker-4");
        desk.press("acordon ");
        desk.hit(KeyCode::Down);
        desk.state
    });
}

#[test]
fn what_makes_no_sense_is_marked() {
    snap("what_if_refused", |size| {
        let mut desk = at(size, "w");
        desk.suppose("uncordon worker-4");
        desk.suppose("taint nodes worker-5 a:NoSchedule");
        desk.state
    });
}

#[test]
fn the_smallest_changes_are_listed() {
    snap("fixes", |size| at(size, "f").state);
}

#[test]
fn a_change_says_how_it_is_made() {
    snap("fixes_of_pod", |size| at(size, "fj").state);
}

#[test]
fn hostile_names_are_inert() {
    let mut objects = shop();
    objects[1]["metadata"]["name"] = "\u{1b}[31mgpu\u{202e}".into();
    let mut desk = Desk::at(&objects, (80, 24));
    desk.press("f");
    assert!(!text(&desk.state).contains(['\u{1b}', '\u{202e}']));
    desk.press("watolerate ");
    assert!(!text(&desk.state).contains(['\u{1b}', '\u{202e}']));
}
