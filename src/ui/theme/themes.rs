//! The themes that there are, by name.

use std::sync::Arc;

use super::{ColorLevel, Ground, Theme, file};
use crate::model::document::{DocumentError, Problem};

/// Chosen by the terminal's ground.
pub const AUTO: &str = "auto";
/// The terminal's own colours.
const TERMINAL: &str = "terminal";

/// Those that are shipped, with their files.
const SHIPPED: [(&str, &str); 3] = [
    ("dark", include_str!("../../../assets/themes/dark.yaml")),
    ("light", include_str!("../../../assets/themes/light.yaml")),
    (
        "high-contrast",
        include_str!("../../../assets/themes/high-contrast.yaml"),
    ),
];

/// Themes by name, for a terminal.
#[derive(Clone, Debug)]
pub struct Themes {
    level: ColorLevel,
    ground: Option<Ground>,
    all: Vec<(Arc<str>, Theme)>,
}

impl Themes {
    /// Those that are shipped, for a terminal with as many colours as `level` has.
    pub fn new(level: ColorLevel) -> Self {
        let mut themes = Self {
            level,
            ground: None,
            all: Vec::new(),
        };
        for (name, text) in SHIPPED {
            // They are right: a test reads them.
            if let Ok(theme) = themes.read(text, name) {
                themes.all.push((name.into(), theme));
            }
        }
        themes.all.push((TERMINAL.into(), Theme::terminal()));
        themes
    }

    /// Adds a theme called `name` that stands in `file` as `text`.
    ///
    /// # Errors
    /// Where the file is no theme, or there is one of that name.
    pub fn add(&mut self, name: &str, text: &str, file: &str) -> Result<(), DocumentError> {
        if self.names().any(|have| have == name) {
            let problem = Problem::new(
                "",
                format!("there is a theme '{name}' already"),
                "Give the file another name; it may say base: dark to change a few colours only.",
            );
            return Err(DocumentError::new(file, vec![problem], None));
        }
        let theme = self.read(text, file)?;
        self.all.push((name.into(), theme));
        Ok(())
    }

    fn read(&self, text: &str, file: &str) -> Result<Theme, DocumentError> {
        file::read(text, file, |name| self.find(name).cloned())
    }

    /// Their names: [`AUTO`], those that are shipped, those that were added.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        std::iter::once(AUTO).chain(self.all.iter().map(|(name, _)| &**name))
    }

    /// Takes note of the terminal's ground.
    pub const fn set_ground(&mut self, ground: Ground) {
        self.ground = Some(ground);
    }

    /// Whether it makes a difference what the terminal's ground is.
    pub const fn needs_ground(&self) -> bool {
        self.ground.is_none() && matches!(self.level, ColorLevel::Ansi256 | ColorLevel::True)
    }

    /// The theme called `name`, as the terminal can show it. [`AUTO`], and a name that there is not, give the one that
    /// goes with the terminal's ground; where that is not known, the terminal's own colours.
    pub fn get(&self, name: &str) -> Theme {
        let by_ground = match self.ground {
            Some(Ground::Dark) => "dark",
            Some(Ground::Light) => "light",
            None => TERMINAL,
        };
        let theme = self.find(name).or_else(|| self.find(by_ground));
        theme.cloned().unwrap_or_else(Theme::terminal).on(self.level)
    }

    /// The theme called `name` with all its colours.
    pub fn find(&self, name: &str) -> Option<&Theme> {
        let found = self.all.iter().find(|(have, _)| **have == *name);
        found.map(|(_, theme)| theme)
    }
}
