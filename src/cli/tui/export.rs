//! Writes what is exported.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::app::State;
use crate::app::export::{Content, Written};
use crate::ui::{self, Theme};

/// The text of a file that is to hold `content`; `state` and `theme` are the screen's.
pub(super) fn text(content: Content, state: &State, theme: &Theme) -> String {
    match content {
        Content::Text(text) => text,
        Content::Screen => {
            let mut state = state.clone();
            state.overlay = None;
            let (columns, rows) = state.size;
            let mut buffer = Buffer::empty(Rect::new(0, 0, columns, rows));
            ui::render(&mut buffer, &state, theme);
            let what = state
                .pod()
                .map_or_else(String::new, |row| format!(", {}", row.pod.key));
            ui::svg::render(&buffer, &format!("berth: {}{what}", state.screen.as_str()))
        }
    }
}

/// Writes `text` to the file that `path` names. One that is there already is left alone, unless it is to be replaced.
pub(super) fn write(path: &str, text: &str, replace: bool) -> Written {
    let file = expand(path);
    let mut options = OpenOptions::new();
    options.write(true);
    if replace {
        options.create(true).truncate(true);
    } else {
        options.create_new(true);
    }
    let written = options.open(&file).and_then(|mut to| {
        to.write_all(text.as_bytes())?;
        to.flush()
    });
    match written {
        Ok(()) => Written::Done(std::path::absolute(&file).unwrap_or(file).display().to_string()),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Written::Exists,
        Err(error) => Written::Failed(format!("cannot write {}: {error}", file.display())),
    }
}

/// `~/` is the home folder.
fn expand(path: &str) -> PathBuf {
    match path.strip_prefix("~/").zip(etcetera::home_dir().ok()) {
        Some((rest, home)) => home.join(rest),
        None => Path::new(path).to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_only_where_that_is_meant() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("a.md").display().to_string();
        assert_eq!(write(&path, "one", false), Written::Done(path.clone()));
        assert_eq!(write(&path, "two", false), Written::Exists);
        assert_eq!(std::fs::read_to_string(&path).expect("the file"), "one");
        assert_eq!(write(&path, "2", true), Written::Done(path.clone()));
        assert_eq!(std::fs::read_to_string(&path).expect("the file"), "2");
        let nowhere = folder.path().join("no/where").display().to_string();
        assert!(matches!(write(&nowhere, "", true), Written::Failed(text) if text.contains("no/where")));
    }
}
