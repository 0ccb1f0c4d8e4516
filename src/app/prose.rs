//! Running text with tones: what panes and dialogs say in words, wrapped to a width.

use crate::model::text::inert;

use super::measure::{graphemes, width};

/// What a piece of text means; the theme gives it a look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// Ordinary text.
    Plain,
    /// Less important.
    Dim,
    /// More important.
    Strong,
    /// A name or a key to look at.
    Accent,
    /// As wished.
    Good,
    /// Wants attention.
    Warn,
    /// Wrong, or dangerous.
    Bad,
}

/// A piece of text in one tone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Span {
    /// The tone.
    pub tone: Tone,
    /// The text, harmless.
    pub text: String,
}

/// A line, or before wrapping a paragraph.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Line {
    /// Its pieces.
    pub spans: Vec<Span>,
    /// By how many columns what is wrapped is indented.
    pub hang: usize,
}

impl Line {
    /// An empty line.
    pub fn new() -> Self {
        Self::default()
    }

    /// An empty line whose wrapped rest is indented by `hang` columns.
    pub fn hanging(hang: usize) -> Self {
        Self {
            spans: Vec::new(),
            hang,
        }
    }

    /// With `text` in `tone` added.
    #[must_use]
    pub fn with(mut self, tone: Tone, text: impl AsRef<str>) -> Self {
        let text = inert(text.as_ref()).into_owned();
        if !text.is_empty() {
            self.spans.push(Span { tone, text });
        }
        self
    }

    /// With ordinary text added.
    #[must_use]
    pub fn plain(self, text: impl AsRef<str>) -> Self {
        self.with(Tone::Plain, text)
    }

    /// With less important text added.
    #[must_use]
    pub fn dim(self, text: impl AsRef<str>) -> Self {
        self.with(Tone::Dim, text)
    }

    /// With more important text added.
    #[must_use]
    pub fn strong(self, text: impl AsRef<str>) -> Self {
        self.with(Tone::Strong, text)
    }

    /// With a name or key added.
    #[must_use]
    pub fn accent(self, text: impl AsRef<str>) -> Self {
        self.with(Tone::Accent, text)
    }

    /// With good news added.
    #[must_use]
    pub fn good(self, text: impl AsRef<str>) -> Self {
        self.with(Tone::Good, text)
    }

    /// With a warning added.
    #[must_use]
    pub fn warn(self, text: impl AsRef<str>) -> Self {
        self.with(Tone::Warn, text)
    }

    /// With bad news added.
    #[must_use]
    pub fn bad(self, text: impl AsRef<str>) -> Self {
        self.with(Tone::Bad, text)
    }

    /// Its width in columns.
    pub fn width(&self) -> usize {
        self.spans.iter().map(|span| width(&span.text)).sum()
    }

    /// Its text without tones.
    pub fn text(&self) -> String {
        self.spans.iter().map(|span| span.text.as_str()).collect()
    }

    fn push(&mut self, tone: Tone, text: &str) {
        match self.spans.last_mut() {
            Some(last) if last.tone == tone => last.text.push_str(text),
            _ => self.spans.push(Span {
                tone,
                text: text.to_owned(),
            }),
        }
    }
}

/// `lines` broken between words so that none is wider than `columns`.
pub fn wrap(lines: Vec<Line>, columns: usize) -> Vec<Line> {
    let mut out = Vec::with_capacity(lines.len());
    for line in lines {
        if line.width() <= columns {
            out.push(line);
        } else {
            wrap_line(&line, columns.max(1), &mut out);
        }
    }
    out
}

fn wrap_line(line: &Line, columns: usize, out: &mut Vec<Line>) {
    let hang = if line.hang < columns / 2 { line.hang } else { 0 };
    let mut current = Line::hanging(line.hang);
    let (mut at, mut start) = (0, 0);
    for span in &line.spans {
        for word in words(&span.text) {
            let columns_of_word = width(word.trim_end());
            if at > start && at + columns_of_word > columns {
                out.push(std::mem::take(&mut current));
                current.push(Tone::Plain, &" ".repeat(hang));
                (at, start) = (hang, hang);
            }
            if at == start && start == hang && hang > 0 && word.trim().is_empty() {
                continue;
            }
            for (one, wide) in graphemes(word) {
                if at + wide > columns {
                    if one == " " {
                        continue;
                    }
                    out.push(std::mem::take(&mut current));
                    current.push(Tone::Plain, &" ".repeat(hang));
                    (at, start) = (hang, hang);
                }
                current.push(span.tone, one);
                at += wide;
            }
        }
    }
    out.push(current);
}

/// Words, each with the blanks that follow it; a number and its `%` are one.
fn words(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let mut end = 0;
        loop {
            let after = rest.get(end..).filter(|after| !after.is_empty());
            let Some(after) = after.filter(|after| end == 0 || after.starts_with('%')) else {
                break;
            };
            end += after.find(' ').map_or(after.len(), |blank| blank + 1);
        }
        let (word, after) = rest.split_at(end);
        rest = after;
        (!word.is_empty()).then_some(word)
    })
}
