//! Colours, and what to do without.

use ratatui::style::{Color, Modifier, Style};

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
    /// The row under the cursor of another pane.
    pub resting: Style,
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
    /// The default theme with as many colours as `level` has. Text keeps the terminal's own colours, so that it
    /// reads on dark and on light.
    pub fn new(level: ColorLevel) -> Self {
        match level {
            ColorLevel::None => Self::plain(),
            ColorLevel::Ansi16 => Self::ansi(),
            ColorLevel::Ansi256 => Self::of(&Palette::INDEXED),
            ColorLevel::True => Self::of(&Palette::RGB),
        }
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

    fn of(palette: &Palette) -> Self {
        let fg = |color| Style::new().fg(color);
        Self {
            text: Style::new().fg(Color::Reset),
            dim: fg(palette.dim),
            strong: Style::new().fg(Color::Reset).add_modifier(Modifier::BOLD),
            accent: fg(palette.accent),
            good: fg(palette.good),
            warn: fg(palette.warn),
            bad: fg(palette.bad),
            border: fg(palette.border),
            focus: fg(palette.accent),
            cursor: Style::new().fg(palette.cursor_text).bg(palette.cursor),
            resting: Style::new().fg(palette.cursor_text).bg(palette.resting),
            track: fg(palette.border),
            stale: fg(palette.stale),
            backdrop: fg(palette.border),
            heat: palette.heat.map(fg),
        }
    }

    fn ansi() -> Self {
        let fg = |color| Style::new().fg(color);
        let heat = |at: usize| match at {
            0..4 => fg(Color::Cyan),
            4..7 => fg(Color::Green),
            7 => fg(Color::Yellow),
            _ => fg(Color::Red),
        };
        Self {
            text: Style::new().fg(Color::Reset),
            dim: Style::new().add_modifier(Modifier::DIM),
            strong: Style::new().fg(Color::Reset).add_modifier(Modifier::BOLD),
            accent: fg(Color::Cyan),
            good: fg(Color::Green),
            warn: fg(Color::Yellow),
            bad: fg(Color::Red),
            border: Style::new().add_modifier(Modifier::DIM),
            focus: fg(Color::Cyan),
            cursor: Style::new().fg(Color::White).bg(Color::Blue),
            resting: Style::new().add_modifier(Modifier::BOLD),
            track: Style::new().add_modifier(Modifier::DIM),
            stale: Style::new().add_modifier(Modifier::DIM),
            backdrop: Style::new().add_modifier(Modifier::DIM),
            heat: std::array::from_fn(heat),
        }
    }

    fn plain() -> Self {
        let plain = Style::new().fg(Color::Reset);
        let bold = plain.add_modifier(Modifier::BOLD);
        let faint = plain.add_modifier(Modifier::DIM);
        Self {
            text: plain,
            dim: faint,
            strong: bold,
            accent: bold,
            good: plain,
            warn: bold,
            bad: bold,
            border: faint,
            focus: bold,
            cursor: plain.add_modifier(Modifier::REVERSED),
            resting: bold,
            track: faint,
            stale: faint,
            backdrop: faint,
            heat: [plain; 9],
        }
    }
}

/// Middle tones: enough contrast on a dark ground and on a light one.
struct Palette {
    dim: Color,
    accent: Color,
    good: Color,
    warn: Color,
    bad: Color,
    border: Color,
    stale: Color,
    cursor: Color,
    resting: Color,
    cursor_text: Color,
    heat: [Color; 9],
}

impl Palette {
    const RGB: Self = Self {
        dim: Color::Rgb(134, 142, 154),
        accent: Color::Rgb(76, 154, 232),
        good: Color::Rgb(62, 166, 104),
        warn: Color::Rgb(208, 138, 30),
        bad: Color::Rgb(226, 88, 88),
        border: Color::Rgb(82, 90, 104),
        stale: Color::Rgb(112, 118, 128),
        cursor: Color::Rgb(22, 48, 86),
        resting: Color::Rgb(36, 42, 52),
        cursor_text: Color::Rgb(240, 244, 250),
        heat: [
            Color::Rgb(84, 112, 138),
            Color::Rgb(72, 128, 168),
            Color::Rgb(60, 146, 178),
            Color::Rgb(56, 160, 160),
            Color::Rgb(66, 166, 122),
            Color::Rgb(120, 166, 74),
            Color::Rgb(184, 152, 48),
            Color::Rgb(214, 126, 50),
            Color::Rgb(226, 88, 72),
        ],
    };
    const INDEXED: Self = Self {
        dim: Color::Indexed(245),
        accent: Color::Indexed(68),
        good: Color::Indexed(71),
        warn: Color::Indexed(172),
        bad: Color::Indexed(167),
        border: Color::Indexed(240),
        stale: Color::Indexed(242),
        cursor: Color::Indexed(17),
        resting: Color::Indexed(237),
        cursor_text: Color::Indexed(255),
        heat: [
            Color::Indexed(66),
            Color::Indexed(67),
            Color::Indexed(74),
            Color::Indexed(73),
            Color::Indexed(72),
            Color::Indexed(107),
            Color::Indexed(178),
            Color::Indexed(172),
            Color::Indexed(167),
        ],
    };
}
