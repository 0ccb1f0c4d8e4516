//! Quantities against upstream's own answers.

use std::cmp::Ordering;

use berth::model::quantity::Quantity;
use proptest::prelude::*;

/// One line a case: a quantity, or two parted by a tab; then, after a bar, what Go's `resource` package makes of it:
/// `error`, or value and thousandths of the (sum), and how the two compare.
const ANSWERS: &str = include_str!("../../parity/quantities.txt");

/// What upstream says, in the words of [`ANSWERS`].
fn answer(case: &str) -> String {
    let read = |text: &str| text.parse::<Quantity>();
    let Ok(quantities) = case.split('\t').map(read).collect::<Result<Vec<_>, _>>() else {
        return "error".to_owned();
    };
    match quantities.as_slice() {
        [one] => format!("{} {}", one.value(), one.milli_value()),
        [a, b] => {
            let mut sum = *a;
            sum.add(b);
            let order = match a.cmp(b) {
                Ordering::Less => -1,
                Ordering::Equal => 0,
                Ordering::Greater => 1,
            };
            format!("{} {} {order}", sum.value(), sum.milli_value())
        }
        _ => panic!("a case has one quantity or two: {case}"),
    }
}

#[test]
fn quantities_are_what_upstream_reads() {
    let mut wrong = Vec::new();
    for line in ANSWERS.lines() {
        let (case, theirs) = line.split_once('|').expect("a case and an answer");
        let ours = answer(case);
        if ours != theirs {
            wrong.push(format!("{case:?}: berth {ours}, upstream {theirs}"));
        }
    }
    assert!(wrong.is_empty(), "{} differ:\n{}", wrong.len(), wrong.join("\n"));
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in "\\PC{0,12}") {
        let _ = text.parse::<Quantity>();
    }

    #[test]
    fn anything_like_a_quantity_is_read_or_refused(text in "[-+]?[0-9]{0,30}\\.?[0-9]{0,30}([numkKMGTPEei]{0,2}[-+]?[0-9]{0,12})") {
        if let Ok(quantity) = text.parse::<Quantity>() {
            let mut twice = quantity;
            twice.add(&quantity);
            let _ = (twice.value(), twice.milli_value(), twice.cmp(&quantity));
        }
    }

    #[test]
    fn small_sums_are_exact(a in 0_i64..1_000_000, b in 0_i64..1_000_000) {
        let mut sum: Quantity = format!("{a}m").parse().expect("thousandths");
        sum.add(&format!("{b}n").parse().expect("billionths"));
        prop_assert_eq!(sum.milli_value(), a + (b + 999_999) / 1_000_000);
    }
}
