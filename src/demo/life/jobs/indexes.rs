//! The indexes of a job whose pods each have their part.

use std::collections::BTreeSet;

use crate::demo::object::Object;

/// The label and the annotation that tell a pod's index.
pub(super) const INDEX: &str = "batch.kubernetes.io/job-completion-index";

/// The index of a pod, from its label, which pods of this controller have as well as the annotation.
pub(super) fn of(pod: &Object, completions: i64) -> Option<i64> {
    let index = pod.label(INDEX)?.parse().ok()?;
    (0..completions).contains(&index).then_some(index)
}

/// Writes indexes as a status has them: `1,3-5`.
pub(super) fn format(indexes: &BTreeSet<i64>) -> String {
    let mut ranges: Vec<(i64, i64)> = Vec::new();
    for index in indexes {
        match ranges.last_mut() {
            Some((_, last)) if *last + 1 == *index => *last = *index,
            _ => ranges.push((*index, *index)),
        }
    }
    let texts: Vec<String> = ranges
        .into_iter()
        .map(|(first, last)| match last - first {
            0 => first.to_string(),
            1 => format!("{first},{last}"),
            _ => format!("{first}-{last}"),
        })
        .collect();
    texts.join(",")
}

/// Reads what [`format`] writes; what is beyond the completions is left out.
pub(super) fn parse(text: &str, completions: i64) -> BTreeSet<i64> {
    let mut indexes = BTreeSet::new();
    for part in text.split(',').filter(|part| !part.is_empty()) {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        if let (Ok(first), Ok(last)) = (first.parse::<i64>(), last.parse::<i64>()) {
            indexes.extend(first.max(0)..last.saturating_add(1).min(completions));
        }
    }
    indexes
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_written_is_read(indexes in proptest::collection::btree_set(0..60_i64, 0..40)) {
            prop_assert_eq!(parse(&format(&indexes), 60), indexes);
        }
    }

    #[test]
    fn ranges_are_written_as_upstream() {
        assert_eq!(format(&BTreeSet::from([0, 2, 3, 4, 7])), "0,2-4,7");
        assert_eq!(parse("0-9,x,12", 5), BTreeSet::from([0, 1, 2, 3, 4]));
    }
}
