//! Standard output: text for people, with colours where a terminal shows them, and documents for programs.

use std::borrow::Cow;
use std::io::{self, BufWriter, IsTerminal as _, Stdout, Write as _};

use serde::Serialize;

use super::args::{Format, Global};
use super::exit::Failure;
use crate::model::text::{inert, is_active};

/// What a piece of text means; colour repeats it and never says it alone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Style {
    /// Nothing special.
    #[default]
    Plain,
    /// A heading, or what matters most.
    Strong,
    /// Beside the point.
    Dim,
    /// As it should be.
    Good,
    /// Not as it should be.
    Bad,
    /// To be looked at.
    Warn,
}

impl Style {
    const fn code(self) -> &'static str {
        match self {
            Self::Plain => "",
            Self::Strong => "1",
            Self::Dim => "2",
            Self::Good => "32",
            Self::Bad => "31",
            Self::Warn => "33",
        }
    }
}

/// A piece of a line, made safe for a terminal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) text: String,
    pub(super) style: Style,
}

impl Span {
    /// `text`, stripped of what a terminal would act on.
    pub(super) fn new(text: impl AsRef<str>, style: Style) -> Self {
        Self {
            text: inert(text.as_ref()).into_owned(),
            style,
        }
    }
}

impl<T: AsRef<str>> From<T> for Span {
    fn from(text: T) -> Self {
        Self::new(text, Style::Plain)
    }
}

/// Standard output, and how to print to it.
#[derive(Debug)]
pub(super) struct Output {
    to: BufWriter<Stdout>,
    color: bool,
    width: Option<usize>,
    documents: usize,
    /// The format asked for.
    pub(super) format: Format,
}

impl Output {
    /// Standard output as the options and the environment want it.
    pub(super) fn new(global: &Global) -> Self {
        let stdout = io::stdout();
        let terminal = stdout.is_terminal();
        Self {
            color: terminal && colors_wanted(global),
            width: terminal.then(terminal_width).flatten(),
            to: BufWriter::new(stdout),
            documents: 0,
            format: global.output,
        }
    }

    /// How many columns a line has on the terminal; `None` where the output goes elsewhere and lines have no end.
    pub(super) const fn width(&self) -> Option<usize> {
        self.width
    }

    /// How many columns running text is given.
    pub(super) fn text_width(&self) -> usize {
        self.width.unwrap_or(100).clamp(40, 120)
    }

    /// Whether the format is for people.
    pub(super) const fn for_people(&self) -> bool {
        matches!(self.format, Format::Table | Format::Wide)
    }

    /// Prints a line.
    pub(super) fn line(&mut self, spans: &[Span]) -> Result<(), Failure> {
        for span in spans {
            self.paint(&span.text, span.style)?;
        }
        Ok(self.to.write_all(b"\n")?)
    }

    /// Prints a line of plain text.
    pub(super) fn text(&mut self, text: impl AsRef<str>) -> Result<(), Failure> {
        self.line(&[text.into()])
    }

    /// Prints bytes as they are: scripts and manuals, of which we know what they hold.
    pub(super) fn bytes(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        Ok(self.to.write_all(bytes)?)
    }

    fn paint(&mut self, text: &str, style: Style) -> io::Result<()> {
        match style.code() {
            code if self.color && !code.is_empty() => write!(self.to, "\u{1b}[{code}m{text}\u{1b}[0m"),
            _ => self.to.write_all(text.as_bytes()),
        }
    }

    /// Prints a document: with `-o yaml` as YAML (`---` between documents), otherwise as JSON on one line.
    pub(super) fn document(&mut self, value: &impl Serialize) -> Result<(), Failure> {
        if self.format == Format::Yaml {
            if self.documents > 0 {
                self.to.write_all(b"---\n")?;
            }
            let text = serde_saphyr::to_string(value).map_err(|error| cannot_write(&error))?;
            self.to.write_all(without_active(&text).as_bytes())?;
            if !text.ends_with('\n') {
                self.to.write_all(b"\n")?;
            }
        } else {
            let mut json = serde_json::Serializer::with_formatter(&mut self.to, Escaping);
            value.serialize(&mut json).map_err(io::Error::from)?;
            self.to.write_all(b"\n")?;
        }
        self.documents += 1;
        Ok(())
    }

    /// Sends what is printed so far on its way.
    pub(super) fn flush(&mut self) -> Result<(), Failure> {
        Ok(self.to.flush()?)
    }
}

/// Whether colours are welcome where there is a terminal (<https://no-color.org>).
pub(super) fn colors_wanted(global: &Global) -> bool {
    let set = |name| std::env::var_os(name).filter(|value| !value.is_empty());
    !global.no_color && set("NO_COLOR").is_none() && set("TERM").is_none_or(|term| term != "dumb")
}

fn terminal_width() -> Option<usize> {
    let (columns, _) = crossterm::terminal::size().ok()?;
    (columns > 0).then_some(columns.into())
}

fn cannot_write(error: &dyn std::fmt::Display) -> Failure {
    Failure::new(
        super::exit::Exit::Failed,
        format!("cannot write the results as YAML: {error}"),
    )
}

/// YAML of the serializer keeps some characters that a terminal acts on.
fn without_active(text: &str) -> Cow<'_, str> {
    if text.chars().any(|c| c != '\n' && is_active(c)) {
        text.chars()
            .map(|c| if c != '\n' && is_active(c) { '\u{fffd}' } else { c })
            .collect()
    } else {
        Cow::Borrowed(text)
    }
}

/// JSON with every character escaped that a terminal would act on; plain JSON leaves DEL, C1 and the marks that
/// reorder text as they are.
struct Escaping;

impl serde_json::ser::Formatter for Escaping {
    fn write_string_fragment<W: ?Sized + io::Write>(
        &mut self,
        writer: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        let mut rest = fragment;
        while let Some((at, c)) = rest.char_indices().find(|&(_, c)| is_active(c)) {
            let (before, from) = rest.split_at(at);
            writer.write_all(before.as_bytes())?;
            for unit in c.encode_utf16(&mut [0; 2]) {
                write!(writer, "\\u{unit:04x}")?;
            }
            rest = &from[c.len_utf8()..];
        }
        writer.write_all(rest.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_the_same_text_without_anything_that_acts() {
        let value = serde_json::json!({"a": "x\u{1b}[2J\u{9b}\u{202e}\u{7f}é\u{e0041}"});
        let mut bytes = Vec::new();
        let mut json = serde_json::Serializer::with_formatter(&mut bytes, Escaping);
        value.serialize(&mut json).unwrap();
        let text = String::from_utf8(bytes).unwrap();
        assert_eq!(text, r#"{"a":"x\u001b[2J\u009b\u202e\u007fé\udb40\udc41"}"#);
        assert_eq!(serde_json::from_str::<serde_json::Value>(&text).unwrap(), value);
    }
}
