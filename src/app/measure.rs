//! Text by display columns: how wide it is, and how it is cut.
//!
//! The unit is what a person takes for one character (a grapheme cluster), as it is for what is drawn: an accent stays with
//! its letter, and neither is ever drawn without the other.

use std::borrow::Cow;

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

use crate::model::text::inert;

/// How many columns `text` takes.
pub fn width(text: &str) -> usize {
    if text.bytes().all(|byte| (b' '..=b'~').contains(&byte)) {
        return text.len();
    }
    graphemes(text).map(|(_, columns)| columns).sum()
}

/// The characters of `text` as a person counts them, each with its columns.
pub fn graphemes(text: &str) -> impl DoubleEndedIterator<Item = (&str, usize)> {
    text.graphemes(true).map(|one| (one, one.width()))
}

/// `text`, harmless, in at most `max` columns: what does not fit is cut off at the end, with `…`.
pub fn cut_end(text: &str, max: usize) -> Cow<'_, str> {
    let text = inert(text);
    if width(&text) <= max {
        return text;
    }
    if max == 0 {
        return Cow::Borrowed("");
    }
    Cow::Owned(format!("{}…", head(&text, max - 1)))
}

/// `text`, harmless, in at most `max` columns: what does not fit is left out in the middle, with `…`, so that both the
/// telling start of a generated name and its distinguishing end stay.
pub fn cut_middle(text: &str, max: usize) -> Cow<'_, str> {
    let text = inert(text);
    if width(&text) <= max {
        return text;
    }
    if max < 6 {
        return Cow::Owned(cut_end(&text, max).into_owned());
    }
    let mut left = (max - 1) / 3;
    let tail = graphemes(&text).rev().take_while(|&(_, columns)| {
        let fits = columns <= left;
        left = left.saturating_sub(columns);
        fits
    });
    let bytes: usize = tail.map(|(one, _)| one.len()).sum();
    let tail = text.get(text.len() - bytes..).unwrap_or_default();
    let head = head(&text, max - 1 - width(tail));
    Cow::Owned(format!("{head}…{tail}"))
}

/// `text` filled up with blanks to `columns`, or cut to them.
pub fn padded(text: &str, columns: usize) -> String {
    let mut text = cut_end(text, columns).into_owned();
    let missing = columns.saturating_sub(width(&text));
    text.extend(std::iter::repeat_n(' ', missing));
    text
}

/// `text` moved to the right end of `columns`, or cut to them.
pub fn right(text: &str, columns: usize) -> String {
    let text = cut_end(text, columns);
    let missing = columns.saturating_sub(width(&text));
    format!("{}{text}", " ".repeat(missing))
}

/// As much of the start of `text` as fits into `max` columns.
fn head(text: &str, max: usize) -> &str {
    let mut left = max;
    let fitting = graphemes(text).take_while(|&(_, columns)| {
        let fits = columns <= left;
        left = left.saturating_sub(columns);
        fits
    });
    let bytes: usize = fitting.map(|(one, _)| one.len()).sum();
    text.get(..bytes).unwrap_or_default()
}

/// `text` without what stands in its first `columns` columns.
pub fn skip(text: &str, columns: usize) -> &str {
    let mut left = columns;
    let skipped = graphemes(text).take_while(|&(_, columns)| {
        let gone = left > 0;
        left = left.saturating_sub(columns);
        gone
    });
    let bytes: usize = skipped.map(|(one, _)| one.len()).sum();
    text.get(bytes..).unwrap_or_default()
}
