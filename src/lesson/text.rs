//! Running text of a lesson: words, code, and answers that are computed when it is shown.

use super::error::{LessonError, wrong};
use crate::scheduling::question::Question;

/// A part of a step's text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Block {
    /// A paragraph.
    Paragraph(Text),
    /// An item of a list.
    Item(Text),
    /// Lines that are shown as they are.
    Code(Vec<Text>),
    /// Commands for another terminal.
    Commands(Vec<Text>),
}

/// A line or a paragraph.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Text(pub Vec<Piece>);

/// A piece of text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// Words.
    Plain(String),
    /// Words that matter: `**so**`.
    Strong(String),
    /// A name, a key or a command: in backquotes.
    Code(String),
    /// What the scheduling code answers: `{{winner pod web}}`.
    Answer(Question),
}

impl Block {
    /// Its texts.
    pub fn texts(&self) -> &[Text] {
        match self {
            Self::Paragraph(text) | Self::Item(text) => std::slice::from_ref(text),
            Self::Code(lines) | Self::Commands(lines) => lines,
        }
    }
}

impl Text {
    /// Reads a paragraph that begins in `line`, with its marks.
    pub(super) fn parse(text: &str, line: usize) -> Result<Self, LessonError> {
        let mut pieces = Vec::new();
        for piece in split(text, line)? {
            match piece {
                Piece::Plain(words) => marks(&words, &mut pieces),
                other => pieces.push(other),
            }
        }
        Ok(Self(pieces))
    }

    /// Reads a line in which nothing but questions is marked.
    pub(super) fn verbatim(text: &str, line: usize) -> Result<Self, LessonError> {
        Ok(Self(split(text, line)?))
    }

    /// The questions in it.
    pub fn questions(&self) -> impl Iterator<Item = &Question> {
        self.0.iter().filter_map(|piece| match piece {
            Piece::Answer(question) => Some(question),
            _ => None,
        })
    }

    /// It without marks, `answer` giving what stands for a question.
    pub fn plain(&self, answer: &dyn Fn(&Question) -> String) -> String {
        let pieces = self.0.iter().map(|piece| match piece {
            Piece::Plain(text) | Piece::Strong(text) | Piece::Code(text) => text.clone(),
            Piece::Answer(question) => answer(question),
        });
        pieces.collect()
    }
}

/// Splits off what stands in double braces.
fn split(text: &str, line: usize) -> Result<Vec<Piece>, LessonError> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("{{") {
        let Some((inside, after)) = after.split_once("}}") else {
            return Err(wrong(
                line,
                "`{{` is not closed",
                "write `{{winner pod NAME}}`, on one line",
            ));
        };
        let question = Question::parse(inside).map_err(|bad| wrong(line, bad.message, bad.hint))?;
        pieces.push(Piece::Plain(before.to_owned()));
        pieces.push(Piece::Answer(question));
        rest = after;
    }
    pieces.push(Piece::Plain(rest.to_owned()));
    pieces.retain(|piece| !matches!(piece, Piece::Plain(text) if text.is_empty()));
    Ok(pieces)
}

/// Finds code and what is strong. A mark that is not closed is text.
fn marks(text: &str, pieces: &mut Vec<Piece>) {
    let mut plain = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(['`', '*']) {
        let (before, from) = rest.split_at(at);
        plain.push_str(before);
        let mark = if from.starts_with("**") { "**" } else { "`" };
        let inside = from
            .strip_prefix(mark)
            .and_then(|after| after.split_once(mark))
            .filter(|(inside, _)| !inside.is_empty());
        match inside {
            Some((inside, after)) => {
                if !plain.is_empty() {
                    pieces.push(Piece::Plain(std::mem::take(&mut plain)));
                }
                pieces.push(match mark {
                    "`" => Piece::Code(inside.to_owned()),
                    _ => Piece::Strong(inside.to_owned()),
                });
                rest = after;
            }
            None => {
                let (mark, after) = from.split_at(1);
                plain.push_str(mark);
                rest = after;
            }
        }
    }
    plain.push_str(rest);
    if !plain.is_empty() {
        pieces.push(Piece::Plain(plain));
    }
}
