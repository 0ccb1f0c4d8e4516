//! Tables: columns as wide as they need to be, two spaces between, nothing at the ends of lines.

use unicode_width::UnicodeWidthStr as _;

use super::args::Format;
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

/// Less room than this is no column for running text.
const COLUMN: usize = 24;

/// What becomes of a last column that is too wide for the terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Tail {
    /// It is printed as it is.
    Whole,
    /// It is cut.
    Cut { room: usize },
    /// It flows on under itself.
    Wrapped { indent: usize, room: usize },
    /// It has lines of its own under each row.
    Below { indent: usize, room: usize },
}

/// Rows under heads. Where the terminal ends, the last column is cut (not with `-o wide`) or flows on; elsewhere lines
/// have no end.
#[derive(Debug, Default)]
pub(super) struct Table {
    indent: usize,
    flows: bool,
    columns: Vec<(String, Align)>,
    rows: Vec<Vec<Span>>,
}

impl Table {
    /// A table with these heads.
    pub(super) fn new<H: Into<String>>(columns: impl IntoIterator<Item = (H, Align)>) -> Self {
        Self {
            indent: 0,
            flows: false,
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

    /// Lets the last column flow on in the lines below instead of cutting it.
    #[must_use]
    pub(super) fn flowing(mut self) -> Self {
        self.flows = true;
        self
    }

    /// Adds a row, a cell a column.
    pub(super) fn row(&mut self, cells: Vec<Span>) {
        self.rows.push(cells);
    }

    /// Prints it. Without heads (all empty) there is no line of heads.
    pub(super) fn print(&self, output: &mut Output) -> Result<(), Failure> {
        let widths = self.widths();
        let tail = self.tail(&widths, output);
        if self.columns.iter().any(|(head, _)| !head.is_empty()) {
            let shown = self.columns.len() - usize::from(matches!(tail, Tail::Below { .. }));
            let heads = self.columns.iter().take(shown);
            let heads: Vec<Span> = heads.map(|(head, _)| Span::new(head, Style::Dim)).collect();
            self.print_line(&heads, &widths, output)?;
        }
        for row in &self.rows {
            self.print_row(row, tail, &widths, output)?;
        }
        Ok(())
    }

    /// Where the last column's text goes.
    fn tail(&self, widths: &[usize], output: &Output) -> Tail {
        let before = widths.len().saturating_sub(1);
        let at = self.indent + widths.iter().take(before).sum::<usize>() + before * GAP;
        let last = widths.last().copied().unwrap_or_default();
        match output.width() {
            Some(end) if at + last > end => {
                let room = end.saturating_sub(at);
                let indent = self.indent + 2 * GAP;
                match (self.flows, output.format) {
                    (true, _) if room < COLUMN => Tail::Below {
                        indent,
                        room: end.saturating_sub(indent),
                    },
                    (true, _) => Tail::Wrapped { indent: at, room },
                    (false, Format::Wide) => Tail::Whole,
                    (false, _) => Tail::Cut { room },
                }
            }
            _ => Tail::Whole,
        }
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

    fn print_row(
        &self,
        cells: &[Span],
        tail: Tail,
        widths: &[usize],
        output: &mut Output,
    ) -> Result<(), Failure> {
        let Some((last, before)) = cells.split_last() else {
            return Ok(());
        };
        let with = |text: String| {
            let last = Span {
                text,
                style: last.style,
            };
            before.iter().cloned().chain([last]).collect::<Vec<_>>()
        };
        let (indent, room, first) = match tail {
            Tail::Whole => return self.print_line(cells, widths, output),
            Tail::Cut { room } => return self.print_line(&with(cut(&last.text, room)), widths, output),
            Tail::Wrapped { indent, room } => (indent, room, 1),
            Tail::Below { indent, room } => (indent, room, 0),
        };
        let lines = wrap(&last.text, room);
        let beside = lines.iter().take(first).cloned().collect();
        self.print_line(&with(beside), widths, output)?;
        for line in lines.iter().skip(first).filter(|line| !line.is_empty()) {
            output.line(&[" ".repeat(indent).into(), Span::new(line, last.style)])?;
        }
        Ok(())
    }

    fn print_line(&self, cells: &[Span], widths: &[usize], output: &mut Output) -> Result<(), Failure> {
        let last = cells.iter().rposition(|cell| !cell.text.is_empty());
        let shown = last.map_or(0, |last| last + 1);
        let mut line: Vec<Span> = vec![" ".repeat(self.indent).into()];
        for (index, ((cell, &width), (_, align))) in cells
            .iter()
            .zip(widths)
            .zip(&self.columns)
            .take(shown)
            .enumerate()
        {
            if index > 0 {
                line.push(" ".repeat(GAP).into());
            }
            let padding = " ".repeat(width.saturating_sub(cell.text.width()));
            match align {
                Align::Right => line.extend([padding.into(), cell.clone()]),
                Align::Left if index + 1 == shown => line.push(cell.clone()),
                Align::Left => line.extend([cell.clone(), padding.into()]),
            }
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
