//! Two nodes side by side.

use super::{SIZES, taken};
use crate::judged::{Judged, shop};

fn snap(name: &str, node: &str, keys: &str) {
    for size in SIZES {
        let mut person = Judged::at(shop(), size);
        person.press("x");
        super::matrix::at(&mut person, node, "NodeResourcesFit");
        person.press("c");
        person.press(keys);
        taken(name, &person.state);
    }
}

#[test]
fn two_that_fit_are_compared_by_their_scores() {
    snap("compare", "worker-08", "");
}

#[test]
fn one_that_does_not_fit_is_out_for_a_reason() {
    snap("compare_rejected", "gpu-0", "");
}
