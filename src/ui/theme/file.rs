//! A theme as a file: colours by name of what they are for.
//!
//! `assets/themes/` holds those that are shipped; anybody's own are read in the same way.

use std::fmt;

use ratatui::style::{Color, Modifier, Style};
use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserializer, Error, MapAccess, Visitor};

use super::Theme;
use super::color::Rgb;
use crate::model::document::{Document, DocumentError, Problem, near};

/// What a file says; what it leaves out comes from the theme that it is based on.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct ThemeFile {
    base: Option<String>,
    ground: Option<Paint>,
    dialog: Option<Paint>,
    text: Option<Look>,
    dim: Option<Look>,
    strong: Option<Look>,
    accent: Option<Look>,
    good: Option<Look>,
    warn: Option<Look>,
    bad: Option<Look>,
    border: Option<Look>,
    focus: Option<Look>,
    cursor: Option<Look>,
    resting: Option<Look>,
    marked: Option<Look>,
    track: Option<Look>,
    stale: Option<Look>,
    backdrop: Option<Look>,
    heat: Option<Vec<Look>>,
}

/// A colour of a file.
#[derive(Clone, Copy, Debug)]
struct Paint(Color);

/// What something looks like: a colour, or a map with more.
#[derive(Clone, Debug, Default)]
struct Look {
    style: Style,
    covers: Option<bool>,
}

/// A look that says more than a colour.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct LookFile {
    color: Option<Paint>,
    ground: Option<Paint>,
    bold: Option<bool>,
    faint: Option<bool>,
    underline: Option<bool>,
    reverse: Option<bool>,
    covers: Option<bool>,
}

/// Reads a theme from the `text` of `file`; `base` gives the theme of a name that it is based on.
///
/// # Errors
/// Where the file is no theme; where it leaves something out and is based on none.
pub(super) fn read(
    text: &str,
    file: &str,
    base: impl Fn(&str) -> Option<Theme>,
) -> Result<Theme, DocumentError> {
    let document = Document::read(text).map_err(|problem| DocumentError::new(file, vec![problem], None))?;
    parse(&document, base).map_err(|problems| DocumentError::new(file, problems, Some(&document)))
}

fn parse(document: &Document, base: impl Fn(&str) -> Option<Theme>) -> Result<Theme, Vec<Problem>> {
    let empty: Vec<Problem> = document.empty().into_iter().map(nothing).collect();
    if !empty.is_empty() {
        return Err(empty);
    }
    let file: ThemeFile = serde_path_to_error::deserialize(document.value()).map_err(|error| {
        let path = error.path().to_string();
        vec![Problem::of_serde(path, &error.inner().to_string())]
    })?;
    let based = match &file.base {
        None => None,
        Some(name) => Some(base(name).ok_or_else(|| {
            let message = format!("there is no theme '{name}' to be based on");
            vec![Problem::new(
                "base",
                message,
                "There are dark, light, high-contrast and terminal.",
            )]
        })?),
    };
    file.over(based)
}

/// `#` begins a comment unless it is quoted: then the value is missing.
fn nothing(field: String) -> Problem {
    Problem::new(
        field,
        "it has no value",
        "A colour wants quotes, as in \"#10141a\": YAML takes # for the start of a comment.",
    )
}

impl ThemeFile {
    /// What it says, over what `base` says.
    fn over(self, base: Option<Theme>) -> Result<Theme, Vec<Problem>> {
        let mut problems = Vec::new();
        let own = base.is_none();
        let mut theme = base.unwrap_or_else(Theme::terminal);
        let mut put = |name: &str, look: Option<&Look>, to: &mut Style| match look {
            Some(look) => *to = look.style,
            None if own => problems.push(Problem::new(
                "",
                format!("{name} is missing"),
                "Give it, or name the theme that it is taken from: base: dark",
            )),
            None => {}
        };
        let ground = self.ground.map(|paint| Look {
            style: Style::new().bg(paint.0),
            covers: None,
        });
        let dialog = self.dialog.map(|paint| Look {
            style: Style::new().bg(paint.0),
            covers: None,
        });
        put("ground", ground.as_ref(), &mut theme.base);
        put("dialog", dialog.as_ref(), &mut theme.dialog);
        for (name, look, to) in [
            ("text", &self.text, &mut theme.text),
            ("dim", &self.dim, &mut theme.dim),
            ("strong", &self.strong, &mut theme.strong),
            ("accent", &self.accent, &mut theme.accent),
            ("good", &self.good, &mut theme.good),
            ("warn", &self.warn, &mut theme.warn),
            ("bad", &self.bad, &mut theme.bad),
            ("border", &self.border, &mut theme.border),
            ("focus", &self.focus, &mut theme.focus),
            ("cursor", &self.cursor, &mut theme.cursor),
            ("resting", &self.resting, &mut theme.resting),
            ("marked", &self.marked, &mut theme.marked),
            ("track", &self.track, &mut theme.track),
            ("stale", &self.stale, &mut theme.stale),
            ("backdrop", &self.backdrop, &mut theme.backdrop),
        ] {
            put(name, look.as_ref(), to);
        }
        match &self.heat {
            Some(steps) if steps.len() == theme.heat.len() => {
                for (to, look) in theme.heat.iter_mut().zip(steps) {
                    *to = look.style;
                }
            }
            Some(steps) => problems.push(Problem::new(
                "heat",
                format!("it has {} steps; it must have {}", steps.len(), theme.heat.len()),
                "",
            )),
            None => put("heat", None, &mut Style::new()),
        }
        if let Some(cursor) = &self.cursor {
            theme.cursor_covers = cursor.covers.unwrap_or(false);
        }
        theme.base.fg = theme.text.fg;
        if problems.is_empty() {
            Ok(theme)
        } else {
            Err(problems)
        }
    }
}

impl LookFile {
    fn look(&self) -> Look {
        let mut style = Style {
            fg: self.color.map(|paint| paint.0),
            bg: self.ground.map(|paint| paint.0),
            ..Style::new()
        };
        for (wanted, modifier) in [
            (self.bold, Modifier::BOLD),
            (self.faint, Modifier::DIM),
            (self.underline, Modifier::UNDERLINED),
            (self.reverse, Modifier::REVERSED),
        ] {
            if wanted == Some(true) {
                style = style.add_modifier(modifier);
            }
        }
        Look {
            style,
            covers: self.covers,
        }
    }
}

/// The terminal's sixteen colours, and its own for text or ground.
const NAMES: [(&str, Color); 17] = [
    ("default", Color::Reset),
    ("black", Color::Black),
    ("red", Color::Red),
    ("green", Color::Green),
    ("yellow", Color::Yellow),
    ("blue", Color::Blue),
    ("magenta", Color::Magenta),
    ("cyan", Color::Cyan),
    ("white", Color::Gray),
    ("bright-black", Color::DarkGray),
    ("bright-red", Color::LightRed),
    ("bright-green", Color::LightGreen),
    ("bright-yellow", Color::LightYellow),
    ("bright-blue", Color::LightBlue),
    ("bright-magenta", Color::LightMagenta),
    ("bright-cyan", Color::LightCyan),
    ("bright-white", Color::White),
];

fn color(text: &str) -> Result<Color, String> {
    if let Some(Rgb(red, green, blue)) = Rgb::parse(text) {
        return Ok(Color::Rgb(red, green, blue));
    }
    let named = NAMES.iter().find(|(name, _)| *name == text);
    named.map(|(_, color)| *color).ok_or_else(|| {
        let near = near(text, NAMES.iter().map(|(name, _)| *name));
        let near = near.map_or_else(String::new, |near| format!("; did you mean {near}?"));
        format!("'{text}' is no colour: it must be as \"#10141a\", or one of the terminal's, such as red, bright-red or default{near}")
    })
}

impl<'de> Deserialize<'de> for Paint {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        color(&text).map(Self).map_err(Error::custom)
    }
}

impl<'de> Deserialize<'de> for Look {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Either;
        impl<'de> Visitor<'de> for Either {
            type Value = Look;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a colour, or a map with color, ground, bold, faint, underline, reverse")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Look, E> {
                let color = color(text).map_err(E::custom)?;
                Ok(Look {
                    style: Style::new().fg(color),
                    covers: None,
                })
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Look, A::Error> {
                LookFile::deserialize(MapAccessDeserializer::new(map)).map(|file| file.look())
            }
        }
        from.deserialize_any(Either)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Theme, String> {
        super::read(text, "mine.yaml", |name| {
            (name == "terminal").then(Theme::terminal)
        })
        .map_err(|error| error.to_string())
    }

    #[test]
    fn a_theme_may_change_a_few_things_of_another() {
        let theme =
            read("base: terminal\naccent: \"#ff00ff\"\nbad: {color: bright-red, bold: true}\n").unwrap();
        assert_eq!(theme.accent, Style::new().fg(Color::Rgb(255, 0, 255)));
        assert_eq!(
            theme.bad,
            Style::new().fg(Color::LightRed).add_modifier(Modifier::BOLD)
        );
        assert_eq!(theme.good, Theme::terminal().good);
    }

    #[test]
    fn what_is_wrong_is_said_by_line() {
        for (text, error) in [
            (
                "base: terminal\naccent: #ff00ff\n",
                "mine.yaml:2: accent: it has no value\n  A colour wants quotes",
            ),
            (
                "base: terminal\nacent: red\n",
                "mine.yaml:2: acent: there is no such field\n  Did you mean accent?",
            ),
            (
                "base: terminal\n\naccent: rde\n",
                "mine.yaml:3: accent: 'rde' is no colour",
            ),
            (
                "base: terminal\naccent: [1]\n",
                "mine.yaml:2: accent: it is the sequence; it must be a colour",
            ),
            (
                "base: terminal\nbad:\n  color: red\n  bld: true\n",
                "mine.yaml:4: bad.bld: there is no such field\n  Did you mean bold?",
            ),
            (
                "base: terminal\nheat: [red, green]\n",
                "mine.yaml:2: heat: it has 2 steps; it must have 9",
            ),
            (
                "base: drak\n",
                "mine.yaml:1: base: there is no theme 'drak' to be based on",
            ),
            ("accent: red\n", "ground is missing"),
            ("- a\n", "mine.yaml:1: it is a list; it must be a map of fields"),
        ] {
            let found = read(text).expect_err(text);
            assert!(found.contains(error), "{text:?}: {found}");
        }
    }
}
