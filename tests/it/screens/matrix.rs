//! The matrix and what a cell opens to.

use crossterm::event::KeyCode;

use super::{SIZES, taken};
use crate::judged::{Judged, shop};

/// The matrix of the cart.
fn matrix(size: (u16, u16)) -> Judged {
    let mut person = Judged::at(shop(), size);
    person.press("x");
    person
}

/// With the cell of `plugin` on `node` under the cursor.
pub(crate) fn at(person: &mut Judged, node: &str, plugin: &str) {
    person.press("g");
    for _ in 0..40 {
        if person.state.matrix.chosen.as_deref() == Some(node) {
            break;
        }
        person.press("j");
    }
    let heads = person.state.matrix.heads();
    for _ in &heads {
        person.press("h");
    }
    for _ in &heads {
        let head = person.state.matrix.at_head();
        if person
            .state
            .matrix
            .column(head)
            .is_some_and(|column| column.plugin == plugin)
        {
            return;
        }
        person.press("l");
    }
    panic!("no column of {plugin}");
}

fn snap(name: &str, scene: impl Fn((u16, u16)) -> Judged) {
    for size in SIZES {
        taken(name, &scene(size).state);
    }
}

#[test]
fn the_matrix_shows_every_node_against_every_plugin() {
    snap("matrix", matrix);
}

#[test]
fn the_matrix_is_sorted_filtered_and_scrolled() {
    snap("matrix_sorted", |size| {
        let mut person = matrix(size);
        at(&mut person, "worker-04", "ImageLocality");
        person.press("S/w");
        person.hit(KeyCode::Enter);
        person
    });
}

#[test]
fn a_score_opens_to_its_formula_its_manifests_and_its_rule() {
    snap("matrix_score", |size| {
        let mut person = matrix(size);
        at(&mut person, "worker-04", "NodeResourcesFit");
        person.hit(KeyCode::Enter);
        person
    });
}

#[test]
fn a_rejection_opens_to_the_lines_that_cause_it() {
    snap("matrix_rejection", |size| {
        let mut person = matrix(size);
        at(&mut person, "gpu-0", "TaintToleration");
        person.hit(KeyCode::Enter);
        person
    });
}

#[test]
fn a_matrix_without_pods_says_what_would_fill_it() {
    snap("matrix_empty", |size| {
        let mut person = Judged::at(
            Vec::from([crate::judged::node("n", "a", "4", &serde_json::json!({}))]),
            size,
        );
        person.press("x");
        person
    });
}
