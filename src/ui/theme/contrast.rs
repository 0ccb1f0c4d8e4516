//! Whether the text of a theme can be read: WCAG 2 wants a contrast of 4.5 to 1 between text and its ground (AA, 1.4.3),
//! and of 3 to 1 for what tells something without being text (1.4.11).

use std::fmt;

use ratatui::style::{Color, Style};

use super::Theme;
use super::color::Rgb;

/// Text on a ground that has too little contrast.
#[derive(Clone, Debug, PartialEq)]
pub struct TooFaint {
    /// What is drawn.
    pub what: &'static str,
    /// On what.
    pub on: &'static str,
    /// Its contrast, to one.
    pub contrast: f64,
    /// The contrast that it should have.
    pub least: f64,
}

impl fmt::Display for TooFaint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Rounded down: 4.49 is not 4.5.
        let contrast = (self.contrast * 10.0).floor() / 10.0;
        write!(
            f,
            "{} on {} has a contrast of {contrast} to 1; {} can be read by everybody",
            self.what, self.on, self.least
        )
    }
}

/// For text.
pub const TEXT: f64 = 4.5;
/// For what is no text.
pub const SIGN: f64 = 3.0;

/// Everything in `theme` that is too faint. Colours of the terminal's own are not known and never named. Borders, the
/// empty part of bars and what stands behind a dialog tell nothing and may be faint.
pub fn too_faint(theme: &Theme) -> Vec<TooFaint> {
    let mut found = Vec::new();
    let mut check = |what, on, text: Option<Color>, ground: Option<Color>, least| {
        let (Some(text), Some(ground)) = (text.and_then(Rgb::of), ground.and_then(Rgb::of)) else {
            return;
        };
        let contrast = text.contrast(ground);
        if contrast < least {
            found.push(TooFaint {
                what,
                on,
                contrast,
                least,
            });
        }
    };
    let grounds = [
        ("the ground", theme.base),
        ("a dialog", theme.dialog),
        ("a marked row", theme.marked),
        ("the cursor's row", theme.cursor),
        ("a resting cursor's row", theme.resting),
    ];
    let colored = [
        ("strong", theme.strong),
        ("accent", theme.accent),
        ("good", theme.good),
        ("warn", theme.warn),
        ("bad", theme.bad),
    ];
    let plain = [("text", theme.text), ("dim", theme.dim), ("stale", theme.stale)];
    for (on, ground) in grounds {
        let under_cursor = on.contains("row") && ground.fg.is_some();
        if under_cursor {
            // Text without a colour that means something takes the row's.
            check("text", on, ground.fg, ground.bg, TEXT);
        } else {
            for (what, look) in plain {
                check(what, on, look.fg, look.bg.or(ground.bg), TEXT);
            }
        }
        if !(under_cursor && on == "the cursor's row" && theme.cursor_covers) {
            for (what, look) in colored {
                check(what, on, look.fg, look.bg.or(ground.bg), TEXT);
            }
        }
    }
    check("the focus", "the ground", theme.focus.fg, theme.base.bg, SIGN);
    let heat = theme.heat.iter().map(|step: &Style| step.fg);
    for step in heat {
        check("heat", "the ground", step, theme.base.bg, SIGN);
    }
    found
}
