//! Colours, and what to do without.
//!
//! A theme with a ground of its own paints ground and text, so that it is right on any terminal; one without keeps to
//! the terminal's colours. Where the terminal has 256 colours, each is replaced by the one that looks nearest; where it
//! has sixteen, the terminal's own take over; where it has none, bold, faint and reversed text are left. Nothing is told
//! by colour alone.

pub mod color;
pub mod contrast;
mod file;
mod ground;
mod themes;

pub use ground::Ground;
pub use themes::{AUTO, Themes};

use ratatui::style::{Color, Modifier, Style};

use color::{Rgb, distinct_indexed};

use crate::app::notices::Level;
use crate::app::prose::Tone;

/// How many colours the terminal has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColorLevel {
    /// None, or none are wanted.
    None,
    /// The sixteen that the terminal's user chose.
    Ansi16,
    /// The palette of 256.
    Ansi256,
    /// All.
    True,
}

impl ColorLevel {
    /// What the environment says: `NO_COLOR`, `COLORTERM`, `TERM`.
    pub fn from_env(get: impl Fn(&str) -> Option<String>) -> Self {
        let is_set = |name| get(name).is_some_and(|value| !value.is_empty());
        let term = get("TERM").unwrap_or_default();
        if is_set("NO_COLOR") || term == "dumb" {
            return Self::None;
        }
        match get("COLORTERM").as_deref() {
            Some("truecolor" | "24bit") => Self::True,
            _ if term.contains("direct") => Self::True,
            _ if term.contains("256") => Self::Ansi256,
            _ => Self::Ansi16,
        }
    }
}

/// The look of everything.
#[derive(Clone, Debug)]
pub struct Theme {
    /// What everything is drawn on.
    pub base: Style,
    /// What dialogs are drawn on.
    pub dialog: Style,
    /// Ordinary text.
    pub text: Style,
    /// Less important text, heads of columns.
    pub dim: Style,
    /// More important text.
    pub strong: Style,
    /// Names and keys to look at, bars.
    pub accent: Style,
    /// As wished.
    pub good: Style,
    /// Wants attention.
    pub warn: Style,
    /// Wrong, or dangerous.
    pub bad: Style,
    /// Borders.
    pub border: Style,
    /// The border of the pane that keys go to.
    pub focus: Style,
    /// The row under the cursor, where keys go to it.
    pub cursor: Style,
    /// Whether colours of the text there give way to the cursor's.
    pub cursor_covers: bool,
    /// The row under the cursor of another pane.
    pub resting: Style,
    /// A row that is marked.
    pub marked: Style,
    /// The unfilled part of a bar.
    pub track: Style,
    /// What is out of date.
    pub stale: Style,
    /// The screen behind a dialog.
    pub backdrop: Style,
    /// Load, from none to full.
    pub heat: [Style; 9],
}

impl Theme {
    /// The theme for a dark ground with as many colours as `level` has.
    pub fn new(level: ColorLevel) -> Self {
        Themes::new(level).get("dark")
    }

    /// It with as many colours as `level` has.
    #[must_use]
    pub fn on(self, level: ColorLevel) -> Self {
        match level {
            ColorLevel::None => Self::plain(),
            ColorLevel::Ansi16 if self.is_of_the_terminal() => self,
            ColorLevel::Ansi16 => Self::terminal(),
            ColorLevel::Ansi256 => {
                let heat: Option<Vec<Rgb>> = self.heat.iter().map(|step| Rgb::of(step.fg?)).collect();
                let heat = heat.and_then(|steps| distinct_indexed(&steps));
                let mut theme = self.with_colors(|color| match color {
                    Color::Rgb(red, green, blue) => Color::Indexed(Rgb(red, green, blue).nearest_indexed()),
                    other => other,
                });
                for (step, index) in theme.heat.iter_mut().zip(heat.into_iter().flatten()) {
                    step.fg = Some(Color::Indexed(index));
                }
                theme
            }
            ColorLevel::True => self,
        }
    }

    fn is_of_the_terminal(&self) -> bool {
        let own = std::cell::Cell::new(true);
        self.clone().with_colors(|color| {
            own.set(own.get() && Rgb::of(color).is_none());
            color
        });
        own.get()
    }

    /// It with each colour put through `change`.
    fn with_colors(mut self, change: impl Fn(Color) -> Color) -> Self {
        let styles = [
            &mut self.base,
            &mut self.dialog,
            &mut self.text,
            &mut self.dim,
            &mut self.strong,
            &mut self.accent,
            &mut self.good,
            &mut self.warn,
            &mut self.bad,
            &mut self.border,
            &mut self.focus,
            &mut self.cursor,
            &mut self.resting,
            &mut self.marked,
            &mut self.track,
            &mut self.stale,
            &mut self.backdrop,
        ];
        for style in styles.into_iter().chain(&mut self.heat) {
            style.fg = style.fg.map(&change);
            style.bg = style.bg.map(&change);
        }
        self
    }

    /// The look of `tone`.
    pub const fn tone(&self, tone: Tone) -> Style {
        match tone {
            Tone::Plain => self.text,
            Tone::Dim => self.dim,
            Tone::Strong => self.strong,
            Tone::Accent => self.accent,
            Tone::Good => self.good,
            Tone::Warn => self.warn,
            Tone::Bad => self.bad,
        }
    }

    /// The look of a notice.
    pub const fn notice(&self, level: Level) -> Style {
        match level {
            Level::Hint => self.dim,
            Level::Info => self.text,
            Level::Good => self.good,
            Level::Warn => self.warn,
            Level::Error => self.bad,
        }
    }

    /// The terminal's own colours: what its user chose, on its own ground.
    pub fn terminal() -> Self {
        let fg = |color| Style::new().fg(color);
        let heat = |at: usize| match at {
            0..4 => fg(Color::Cyan),
            4..7 => fg(Color::Green),
            7 => fg(Color::Yellow),
            _ => fg(Color::Red),
        };
        let plain = Style::new().fg(Color::Reset);
        let faint = plain.add_modifier(Modifier::DIM);
        let bold = plain.add_modifier(Modifier::BOLD);
        Self {
            base: plain.bg(Color::Reset),
            dialog: Style::new(),
            text: plain,
            dim: faint,
            strong: bold,
            accent: fg(Color::Cyan),
            good: fg(Color::Green),
            warn: fg(Color::Yellow),
            bad: fg(Color::Red),
            border: faint,
            focus: fg(Color::Cyan),
            // Text and ground change places: as much contrast as the terminal's text has.
            cursor: plain.add_modifier(Modifier::REVERSED),
            cursor_covers: true,
            resting: bold,
            marked: Style::new().add_modifier(Modifier::UNDERLINED),
            track: faint,
            stale: faint,
            backdrop: faint,
            heat: std::array::from_fn(heat),
        }
    }

    /// No colours.
    fn plain() -> Self {
        let mut theme = Self::terminal();
        theme.accent = theme.strong;
        theme.good = theme.text;
        theme.warn = theme.strong;
        theme.bad = theme.strong;
        theme.focus = theme.strong;
        theme.heat = [theme.text; 9];
        theme
    }
}
