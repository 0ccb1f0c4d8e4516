//! What is shown as a file: a decision as Markdown or as its record, the screen as a picture.

pub mod markdown;

use std::fmt::Write as _;
use tui_input::Input;

use super::state::State;
use crate::scheduling::record;

/// What is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// The decision, for a ticket.
    #[default]
    Markdown,
    /// The decision record, for programs.
    Json,
    /// The screen, as a picture.
    Svg,
}

/// The contents of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// This text.
    Text(String),
    /// The screen as it is drawn without a dialog over it, as SVG.
    Screen,
}

/// How writing a file ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Written {
    /// It is there, under this name.
    Done(String),
    /// A file of that name is there already, and was left alone.
    Exists,
    /// It could not be written.
    Failed(String),
}

/// The dialog that exports.
#[derive(Clone, Debug, Default)]
pub struct Export {
    /// What is written.
    pub format: Format,
    /// The file, as it is typed.
    pub input: Input,
    /// What is wrong with it.
    pub error: Option<String>,
    /// The file that is there already and would be replaced.
    pub replaces: Option<String>,
}

impl Format {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Markdown, Self::Json, Self::Svg];

    /// Its name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Markdown => "Markdown",
            Self::Json => "JSON",
            Self::Svg => "SVG",
        }
    }

    /// What it holds.
    pub const fn says(self) -> &'static str {
        match self {
            Self::Markdown => "the decision, for a ticket or a lesson",
            Self::Json => "the decision record, for programs",
            Self::Svg => "this screen, as a picture",
        }
    }

    const fn ending(self) -> &'static str {
        match self {
            Self::Markdown => "md",
            Self::Json => "json",
            Self::Svg => "svg",
        }
    }

    fn step(self, by: isize) -> Self {
        let at = Self::ALL.iter().position(|&format| format == self).unwrap_or(0);
        let last = Self::ALL.len() - 1;
        Self::ALL
            .get(at.saturating_add_signed(by).min(last))
            .copied()
            .unwrap_or(self)
    }
}

impl Export {
    /// The dialog for what `state` shows.
    pub fn of(state: &State) -> Self {
        let format = if state.decision().is_some() {
            Format::Markdown
        } else {
            Format::Svg
        };
        let name = match state.pod() {
            Some(row) => file_name(&format!("{}-{}", row.pod.key.namespace, row.pod.key.name)),
            None => "berth".to_owned(),
        };
        Self {
            format,
            input: format!("{name}.{}", format.ending()).into(),
            ..Self::default()
        }
    }

    /// Chooses the format `by` further; the file's ending goes with it.
    pub fn step(&mut self, by: isize) {
        let to = self.format.step(by);
        let name = self.input.value();
        if let Some(stem) = name.strip_suffix(&format!(".{}", self.format.ending())) {
            self.input = format!("{stem}.{}", to.ending()).into();
        }
        self.format = to;
        self.edited();
    }

    /// Something else would be written now than what was asked about.
    pub fn edited(&mut self) {
        self.error = None;
        self.replaces = None;
    }

    /// The file.
    pub fn path(&self) -> &str {
        self.input.value().trim()
    }

    /// What the file is to hold.
    ///
    /// # Errors
    /// Where there is no decision to write.
    pub fn content(&self, state: &State) -> Result<Content, &'static str> {
        if self.format == Format::Svg {
            return Ok(Content::Screen);
        }
        let selected = state
            .decision()
            .ok_or("there is no decision yet: the pod is still judged, or none is selected")?;
        Ok(Content::Text(match self.format {
            Format::Json => json(&record::record(&selected.trace)),
            _ => markdown::decision(selected, state.node(), &state.link),
        }))
    }
}

/// `text` as the name of a file that every system takes, and that no program takes for an option.
fn file_name(text: &str) -> String {
    let kept = text.chars().map(|c| {
        if c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_') {
            c
        } else {
            '_'
        }
    });
    let kept: String = kept.take(100).collect();
    let kept = kept.trim_start_matches(['.', '-']);
    if kept.is_empty() {
        "berth".to_owned()
    } else {
        kept.to_owned()
    }
}

/// `value` as text for a file, without anything in it that a terminal would act on.
fn json(value: &serde_json::Value) -> String {
    let text = format!("{value:#}");
    let mut all = String::with_capacity(text.len() + 1);
    for c in text.chars() {
        if c != '\n' && crate::model::text::is_active(c) {
            // Within strings only: what surrounds them is plain.
            for unit in c.encode_utf16(&mut [0; 2]) {
                let _ = write!(all, "\\u{unit:04x}");
            }
        } else {
            all.push(c);
        }
    }
    all.push('\n');
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_files_are_plain() {
        for (text, name) in [
            ("shop-cart-7f9c4", "shop-cart-7f9c4"),
            ("../../etc/passwd", "_.._etc_passwd"),
            ("-rf ~", "rf__"),
            ("名\u{1b}[2J", "___2J"),
            ("...", "berth"),
        ] {
            assert_eq!(file_name(text), name);
        }
        assert_eq!(file_name(&"n".repeat(600)).len(), 100);
    }

    #[test]
    fn json_is_the_same_value_without_anything_that_acts() {
        let value = serde_json::json!({"a": ["x\u{1b}[2J\u{202e}\u{7f}é", 1], "b": {}});
        let text = json(&value);
        assert!(
            !text
                .chars()
                .any(|c| c != '\n' && crate::model::text::is_active(c)),
            "{text:?}"
        );
        assert_eq!(serde_json::from_str::<serde_json::Value>(&text).unwrap(), value);
    }

    #[test]
    fn the_ending_goes_with_the_format_unless_it_is_another() {
        let mut export = Export {
            input: "a.md".into(),
            ..Export::default()
        };
        export.step(1);
        assert_eq!((export.format, export.path()), (Format::Json, "a.json"));
        export.step(9);
        assert_eq!((export.format, export.path()), (Format::Svg, "a.svg"));
        export.input = "notes".into();
        export.step(-9);
        assert_eq!((export.format, export.path()), (Format::Markdown, "notes"));
    }
}
