//! The settings' file and the themes beside it; `berth settings`.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use etcetera::BaseStrategy as _;
use serde_json::json;

use super::args::{Global, SettingsArgs};
use super::exit::{Exit, Failure};
use super::output::{Output, Span, Style};
use crate::app::Settings;
use crate::app::settings::example;
use crate::model::document::{Document, DocumentError, Problem, near};
use crate::ui::theme::contrast::too_faint;
use crate::ui::{ColorLevel, Themes};

/// The environment variable that names the file.
const VARIABLE: &str = "BERTH_CONFIG";

/// What a person has set, and how it can be shown.
#[derive(Clone, Debug)]
pub(super) struct Look {
    /// The settings.
    pub(super) settings: Settings,
    /// The themes that there are.
    pub(super) themes: Themes,
    /// What is wrong with themes that are not used.
    pub(super) warnings: Vec<String>,
    /// Where the settings are kept, whether there is a file or not; nothing where they are not read.
    pub(super) file: Option<String>,
    /// Whether there is a file.
    found: bool,
}

impl Look {
    /// Reads the settings, unless the options say otherwise, for a terminal with as many colours as `level` has.
    ///
    /// # Errors
    /// Where the file cannot be used, or the theme that it names.
    pub(super) fn load(global: &Global, level: ColorLevel) -> Result<Self, Failure> {
        let mut look = Self {
            settings: Settings::default(),
            themes: Themes::new(level),
            warnings: Vec::new(),
            file: None,
            found: false,
        };
        if global.no_settings {
            return Ok(look);
        }
        let Some((path, named)) = path() else {
            return Ok(look);
        };
        let file = path.display().to_string();
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound && !named => String::new(),
            Err(error) => {
                let failure = Failure::new(Exit::Usage, format!("cannot read the settings {file}: {error}"));
                return Err(failure.hint(format!(
                    "{VARIABLE} names the file; 'berth settings --example' prints one."
                )));
            }
        };
        look.file = Some(from_home(&path));
        look.found = path.exists();
        look.settings = Settings::read(&text, &file).map_err(|error| unusable(&error))?;
        let theme = look.settings.theme.to_string();
        for (name, file) in own_themes(&path) {
            let added = std::fs::read_to_string(&file)
                .map_err(|error| {
                    let problem = Problem::new("", format!("it cannot be read: {error}"), "");
                    DocumentError::new(&file.display().to_string(), vec![problem], None)
                })
                .and_then(|text| look.themes.add(&name, &text, &file.display().to_string()));
            match added {
                Ok(()) => {}
                Err(error) if name == theme => return Err(unusable(&error)),
                Err(error) => look.warnings.push(format!("a theme is left out: {error}")),
            }
        }
        if !look.themes.names().any(|name| name == theme) {
            return Err(unusable(&no_theme(&theme, &look.themes, &text, &file)));
        }
        look.settings.themes = look.themes.names().map(Into::into).collect();
        Ok(look)
    }
}

fn unusable(error: &DocumentError) -> Failure {
    Failure::new(Exit::Usage, error.to_string()).hint("--no-settings goes without the file.")
}

fn no_theme(theme: &str, themes: &Themes, text: &str, file: &str) -> DocumentError {
    let names: Vec<&str> = themes.names().collect();
    let hint = near(theme, names.iter().copied()).map_or_else(
        || {
            format!(
                "There are {}; one of your own is a file themes/{theme}.yaml beside this one.",
                names.join(", ")
            )
        },
        |near| format!("Did you mean {near}?"),
    );
    let problem = Problem::new("theme", format!("there is no theme '{theme}'"), hint);
    DocumentError::new(file, vec![problem], Document::read(text).ok().as_ref())
}

/// Where the file is, and whether the environment names it: then it must be there.
fn path() -> Option<(PathBuf, bool)> {
    if let Some(named) = std::env::var_os(VARIABLE).filter(|path| !path.is_empty()) {
        return Some((named.into(), true));
    }
    let folders = etcetera::choose_base_strategy().ok()?;
    Some((folders.config_dir().join("berth").join("settings.yaml"), false))
}

/// `path` as a person writes it: from the home folder on, where it is there.
fn from_home(path: &Path) -> String {
    let home = std::env::var_os("HOME").filter(|home| !home.is_empty());
    match home.as_ref().and_then(|home| path.strip_prefix(home).ok()) {
        Some(rest) => format!("~/{}", rest.display()),
        None => path.display().to_string(),
    }
}

/// Names and files of the themes beside the settings in `file`, by name.
fn own_themes(file: &Path) -> Vec<(String, PathBuf)> {
    let folder = file.parent().unwrap_or(Path::new("")).join("themes");
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut found: Vec<(String, PathBuf)> = entries
        .map(|entry| entry.path())
        .filter(|path| {
            path.extension()
                .is_some_and(|ending| ending == "yaml" || ending == "yml")
        })
        .filter_map(|path| Some((path.file_stem()?.to_str()?.to_owned(), path)))
        .collect();
    found.sort();
    found
}

/// Runs the command.
pub(super) fn run(args: &SettingsArgs, global: &Global) -> Result<(), Failure> {
    let mut output = Output::new(global);
    let path = path().map(|(path, _)| path.display().to_string());
    if args.example {
        output.bytes(example::text().as_bytes())?;
        return output.flush();
    }
    if args.path {
        let path = path.ok_or_else(|| {
            Failure::new(Exit::Failed, "there is no home folder to keep settings in")
                .hint(format!("{VARIABLE} names a file."))
        })?;
        output.text(path)?;
        return output.flush();
    }
    let look = Look::load(global, ColorLevel::True)?;
    let path = path.unwrap_or_else(|| "nowhere: there is no home folder".to_owned());
    if output.for_people() {
        print(&look, &path, &mut output)?;
    } else {
        output.document(&document(&look, &path))?;
    }
    output.flush()
}

fn print(look: &Look, path: &str, output: &mut Output) -> Result<(), Failure> {
    let state = match (look.found, path) {
        (true, _) => "read",
        (false, _) => "not there, or not read: everything is as it is by default",
    };
    output.line(&[Span::new(path, Style::Strong), Span::from(format!("  {state}"))])?;
    output.text(format!("  theme {}", look.settings.theme))?;
    output.text(format!(
        "  there are {}",
        look.settings
            .themes
            .iter()
            .map(|name| &**name)
            .collect::<Vec<_>>()
            .join(", ")
    ))?;
    for warning in &look.warnings {
        output.line(&[Span::new(format!("  {warning}"), Style::Warn)])?;
    }
    let faint = look
        .themes
        .find(&look.settings.theme)
        .map(too_faint)
        .unwrap_or_default();
    for faint in faint {
        output.line(&[Span::new(
            format!("  {}: {faint}", look.settings.theme),
            Style::Warn,
        )])?;
    }
    output.text(
        "  'berth settings --example' prints a file with everything that may be set, and -o yaml what holds",
    )
}

fn document(look: &Look, path: &str) -> serde_json::Value {
    let settings = &look.settings;
    let keys = settings.keymap.rows().map(|(row, keys)| {
        let keys: Vec<String> = keys.iter().map(crate::app::chord::Chord::name).collect();
        json!({"action": row.name(), "keys": keys, "says": row.says})
    });
    json!({
        "path": path,
        "found": look.found,
        "theme": &*settings.theme,
        "themes": settings.themes.iter().map(|name| &**name).collect::<Vec<_>>(),
        "columns": {
            "waiting": settings.waiting.iter().map(|column| column.as_str()).collect::<Vec<_>>(),
            "nodes": settings.nodes.iter().map(|column| column.as_str()).collect::<Vec<_>>(),
        },
        "refresh": { "frames": settings.frames, "ages": format!("{:?}", settings.ages) },
        "confirm": {
            "place": if settings.confirm.place { "always" } else { "overruling" },
            "leave": settings.confirm.leave,
            "wait": format!("{:?}", settings.confirm.wait),
        },
        "clipboard": settings.clipboard,
        "mouse": settings.mouse,
        "tell": settings.tell,
        "keys": keys.collect::<Vec<_>>(),
    })
}
