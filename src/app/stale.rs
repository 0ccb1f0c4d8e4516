//! What a dialog says first where what is shown is out of date.

use jiff::Timestamp;

use super::figures::age;
use super::link::{Link, Trust};
use super::prose::Line;

/// The warning; nothing where it is not.
pub(super) fn warning(link: &Link, now: Timestamp) -> Vec<Line> {
    let Trust::Stale { what, since, .. } = link.trust() else {
        return Vec::new();
    };
    let text = format!(
        "What is shown is out of date: {what} stale for {}",
        age(since, now)
    );
    vec![Line::hanging(2).warn("▲ ").strong(text), Line::new()]
}
