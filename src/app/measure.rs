//! Text by display columns: how wide it is, and how it is cut.

use std::borrow::Cow;

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::model::text::inert;

/// How many columns `text` takes.
pub fn width(text: &str) -> usize {
    text.width()
}

/// How many columns `c` takes.
pub fn char_width(c: char) -> usize {
    c.width().unwrap_or(0)
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
    let tail_columns = (max - 1) / 3;
    let tail: Vec<char> = {
        let mut left = tail_columns;
        let mut taken: Vec<char> = text
            .chars()
            .rev()
            .take_while(|&c| {
                let fits = char_width(c) <= left;
                left = left.saturating_sub(char_width(c));
                fits
            })
            .collect();
        taken.reverse();
        taken
    };
    let tail: String = tail.into_iter().collect();
    let head = head(&text, max - 1 - width(&tail));
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
fn head(text: &str, max: usize) -> String {
    let mut left = max;
    text.chars()
        .take_while(|&c| {
            let fits = char_width(c) <= left;
            left = left.saturating_sub(char_width(c));
            fits
        })
        .collect()
}
