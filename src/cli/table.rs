//! Tables: columns as wide as they need to be, two spaces between, nothing at the ends of lines.

use unicode_width::UnicodeWidthStr as _;

use super::exit::Failure;
use super::output::{Output, Span, Style};

const GAP: usize = 2;

/// How a column is laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Align {
    /// Text.
    Left,
    /// Numbers.
    Right,
}

/// Rows under heads. The last column is cut where the terminal ends; elsewhere nothing is.
#[derive(Debug, Default)]
pub(super) struct Table {
    indent: usize,
    columns: Vec<(String, Align)>,
    rows: Vec<Vec<Span>>,
}

impl Table {
    /// A table with these heads.
    pub(super) fn new<H: Into<String>>(columns: impl IntoIterator<Item = (H, Align)>) -> Self {
        Self {
            indent: 0,
            columns: columns
                .into_iter()
                .map(|(head, align)| (head.into(), align))
                .collect(),
            rows: Vec::new(),
        }
    }

    /// Moves the table to the right.
    #[must_use]
    pub(super) fn indent(mut self, columns: usize) -> Self {
        self.indent = columns;
        self
    }

    /// Adds a row, a cell a column.
    pub(super) fn row(&mut self, cells: Vec<Span>) {
        self.rows.push(cells);
    }

    /// Prints it. Without heads (all empty) there is no line of heads.
    pub(super) fn print(&self, output: &mut Output) -> Result<(), Failure> {
        let widths = self.widths();
        if self.columns.iter().any(|(head, _)| !head.is_empty()) {
            let heads: Vec<Span> = self
                .columns
                .iter()
                .map(|(head, _)| Span::new(head, Style::Dim))
                .collect();
            self.print_row(&heads, &widths, output)?;
        }
        for row in &self.rows {
            self.print_row(row, &widths, output)?;
        }
        Ok(())
    }

    fn widths(&self) -> Vec<usize> {
        let mut widths: Vec<usize> = self.columns.iter().map(|(head, _)| head.width()).collect();
        for row in &self.rows {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = (*width).max(cell.text.width());
            }
        }
        widths
    }

    fn print_row(&self, cells: &[Span], widths: &[usize], output: &mut Output) -> Result<(), Failure> {
        let last = cells.iter().rposition(|cell| !cell.text.is_empty());
        let mut line: Vec<Span> = vec![" ".repeat(self.indent).into()];
        let mut at = self.indent;
        for (index, ((cell, &width), (_, align))) in cells.iter().zip(widths).zip(&self.columns).enumerate() {
            if last.is_none_or(|last| index > last) {
                break;
            }
            if index > 0 {
                line.push(" ".repeat(GAP).into());
                at += GAP;
            }
            let room = output.width().map(|end| end.saturating_sub(at));
            let is_last_column = index + 1 == self.columns.len();
            let text = match room.filter(|&room| is_last_column && room < cell.text.width()) {
                Some(room) => cut(&cell.text, room),
                None => cell.text.clone(),
            };
            let padding = " ".repeat(width.saturating_sub(text.width()));
            let text = Span {
                text,
                style: cell.style,
            };
            match align {
                Align::Right => line.extend([padding.into(), text]),
                Align::Left if Some(index) == last => line.push(text),
                Align::Left => line.extend([text, padding.into()]),
            }
            at += width;
        }
        output.line(&line)
    }
}

/// As much of `text` as fits `room` columns, with `…` where something is missing.
pub(super) fn cut(text: &str, room: usize) -> String {
    if text.width() <= room {
        return text.to_owned();
    }
    let mut kept = String::new();
    for c in text.chars() {
        kept.push(c);
        if kept.width() >= room {
            kept.pop();
            break;
        }
    }
    if room > 0 {
        kept.push('…');
    }
    kept
}

/// `words` joined by `, `, as many as fit `room` columns; then how many more there are.
pub(super) fn some_of<'a>(words: impl ExactSizeIterator<Item = &'a str>, room: usize) -> String {
    let total = words.len();
    let mut text = String::new();
    for (shown, word) in words.enumerate() {
        let separator = if shown == 0 { "" } else { ", " };
        let left = total - shown - 1;
        let tail = if left == 0 {
            0
        } else {
            format!(" and {left} more").width()
        };
        if shown > 0 && text.width() + separator.len() + word.width() + tail > room {
            return format!("{text} and {} more", total - shown);
        }
        text.push_str(separator);
        text.push_str(word);
    }
    text
}

/// Breaks `text` into lines of at most `room` columns, between words where it can.
pub(super) fn wrap(text: &str, room: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let line = lines.last().map_or(0, |line| line.width());
        if line > 0 && line + 1 + word.width() > room {
            lines.push(String::new());
        }
        if let Some(line) = lines.last_mut() {
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_cut_at_a_characters_edge() {
        assert_eq!(cut("worker-17", 9), "worker-17");
        assert_eq!(cut("worker-17", 5), "work…");
        assert_eq!(cut("日本語", 4), "日…");
        assert_eq!(cut("abc", 0), "");
    }

    #[test]
    fn what_does_not_fit_is_counted() {
        let names = ["n1", "n2", "n3", "n4"];
        assert_eq!(some_of(names.into_iter(), 80), "n1, n2, n3, n4");
        assert_eq!(some_of(names.into_iter(), 15), "n1 and 3 more");
        assert_eq!(some_of(names.into_iter(), 1), "n1 and 3 more");
    }

    #[test]
    fn lines_break_between_words() {
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(wrap("incomprehensible", 4), ["incomprehensible"]);
    }
}
