//! `berth learn`: lessons on a cluster of their own.

mod book;
pub mod classroom;
mod export;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::json;

use super::args::{Global, LearnArgs};
use super::exit::{Exit, Failure};
use super::output::{Output, Span, Style};
use super::source::Settings;
use super::table::{Align, Table};
use crate::app::lesson::Shell;
use crate::lesson::{Lesson, LessonError, Progress, all, named, names};
use crate::model::document::near;
use crate::scheduling::Profiles;
use crate::scheduling::config::Config;
use crate::scheduling::features::FeatureGates;
use crate::scheduling::profile::DEFAULT_SCHEDULER_NAME;
use book::Shelf;

/// A lesson that is about to be taken.
#[derive(Clone, Debug)]
pub struct Opening {
    /// The lesson.
    pub lesson: Arc<Lesson>,
    /// Where the learner is in it.
    pub progress: Progress,
    /// What comes after it.
    pub next: Option<Arc<str>>,
    /// Where its cluster's kubeconfig goes.
    pub kubeconfig: PathBuf,
    key: String,
    shelf: Shelf,
}

impl Opening {
    /// The step that it begins with: where it was left; the first one once it is done.
    pub(super) fn step(&self) -> usize {
        let last = self.lesson.steps.len().saturating_sub(1);
        if self.progress.finished {
            0
        } else {
            self.progress.step.min(last)
        }
    }

    /// What a shell is told, so that commands reach its cluster, and berth.
    pub(super) fn shell(&self) -> Shell {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let is_found = std::env::split_paths(&path).any(|folder| folder.join("berth").is_file());
        let own = std::env::current_exe().ok().filter(|_| !is_found);
        let folder = own.as_deref().and_then(Path::parent);
        Shell {
            kubeconfig: self.kubeconfig.display().to_string().into(),
            folder: folder.map(|folder| folder.display().to_string().into()),
        }
    }

    /// Writes down how far the learner is.
    ///
    /// # Errors
    /// Where that cannot be written.
    pub(super) fn keep(&self, progress: Progress) -> Result<(), std::io::Error> {
        let mut book = self.shelf.read()?;
        book.lessons.insert(self.key.clone(), progress);
        self.shelf.write(&book)
    }

    /// `settings` as the lesson wants them: whose pods are ours, and what judges them.
    pub(super) fn settings(&self, settings: Settings) -> Result<Settings, Failure> {
        let (profiles, scheduler_names) = rules(&self.lesson)?;
        Ok(Settings {
            scheduler_names,
            profiles,
            namespace: None,
            ..settings
        })
    }
}

/// What judges pods in `lesson`, and the schedulerNames that are the learner's.
///
/// # Errors
/// Where its profiles cannot be used; the error names the line.
pub fn rules(lesson: &Lesson) -> Result<(Profiles, Vec<String>), Failure> {
    let gates = FeatureGates::default();
    let mut names = lesson.scheduler_names.clone();
    let mut profiles = Profiles::new(gates);
    if let Some(text) = &lesson.profiles {
        let failed = |message: String| Failure::new(Exit::Failed, message);
        let file = format!("{}.md", lesson.name);
        let config = Config::read(text, &file, gates).map_err(|error| failed(error.to_string()))?;
        profiles = Profiles::of(&config, gates)
            .map_err(|(plugin, error)| failed(format!("{file}: the arguments of {plugin}: {error}")))?;
        if names.is_empty() {
            let configured = config.profiles.iter();
            names = configured
                .map(|profile| profile.scheduler_name.to_string())
                .collect();
        }
    }
    if names.is_empty() {
        names.push(DEFAULT_SCHEDULER_NAME.to_owned());
    }
    Ok((profiles, names))
}

/// What `args` ask for, apart from taking the lesson: then what is to be opened.
pub(super) async fn run(args: &LearnArgs, global: &Global) -> Result<Option<Opening>, Failure> {
    let shelf = Shelf::of_user()?;
    if args.export {
        let lessons = match &args.lesson {
            Some(name) => vec![(name.clone(), find(name)?.0)],
            None => {
                let lessons = all().map_err(|error| bad(&error))?.into_iter();
                lessons.map(|lesson| (lesson.name.clone(), lesson)).collect()
            }
        };
        export::run(&lessons, global).await?;
        return Ok(None);
    }
    if args.reset {
        reset(args.lesson.as_deref(), &shelf, global)?;
        return Ok(None);
    }
    match &args.lesson {
        None => list(&shelf, global).map(|()| None),
        Some(name) => open(name, shelf).map(Some),
    }
}

fn open(name: &str, shelf: Shelf) -> Result<Opening, Failure> {
    let (lesson, key) = find(name)?;
    let progress = read(&shelf)?.lessons.get(&key).cloned().unwrap_or_default();
    let kubeconfig = shelf.kubeconfig(&lesson.name)?;
    let next = names().skip_while(|other| *other != key).nth(1).map(Arc::from);
    Ok(Opening {
        lesson: Arc::new(lesson),
        progress,
        next,
        kubeconfig,
        key,
        shelf,
    })
}

/// The lesson called `name`, or in the file of that name; and by what its progress is kept.
fn find(name: &str) -> Result<(Lesson, String), Failure> {
    let path = Path::new(name);
    let ending = path.extension().is_some_and(|ending| ending == "md");
    if !ending && !name.contains(std::path::MAIN_SEPARATOR) {
        let Some(lesson) = named(name) else {
            let failure = Failure::new(Exit::Usage, format!("there is no lesson '{name}'"));
            let failure = match near(name, names()) {
                Some(near) => failure.hint(format!("Did you mean {near}?")),
                None => failure.hint("`berth learn` lists them."),
            };
            return Err(failure.hint("A file of your own is named with its ending, .md, or with its folder."));
        };
        return lesson
            .map(|lesson| (lesson, name.to_owned()))
            .map_err(|error| bad(&error));
    }
    let failed = |error| {
        let failure = Failure::new(Exit::Failed, format!("the lesson {name} cannot be read: {error}"));
        failure.hint("`berth learn` lists those that come with berth.")
    };
    let text = std::fs::read_to_string(path).map_err(failed)?;
    let key = std::fs::canonicalize(path).map_err(failed)?.display().to_string();
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let lesson = Lesson::parse(&stem, name, &text).map_err(|error| bad(&error))?;
    Ok((lesson, key))
}

fn bad(error: &LessonError) -> Failure {
    Failure::new(Exit::Failed, error.to_string()).hint(&error.hint)
}

fn read(shelf: &Shelf) -> Result<crate::lesson::Book, Failure> {
    shelf.read().map_err(|error| {
        Failure::new(
            Exit::Failed,
            format!("cannot read {}: {error}", shelf.file().display()),
        )
    })
}

fn reset(name: Option<&str>, shelf: &Shelf, global: &Global) -> Result<(), Failure> {
    let mut book = read(shelf)?;
    let mut output = Output::new(global);
    let said = match name {
        None => {
            book.lessons.clear();
            "All lessons begin anew".to_owned()
        }
        Some(name) => {
            let (lesson, key) = find(name)?;
            book.lessons.remove(&key);
            format!("{} begins anew", lesson.name)
        }
    };
    shelf.write(&book).map_err(|error| {
        Failure::new(
            Exit::Failed,
            format!("cannot write {}: {error}", shelf.file().display()),
        )
    })?;
    output.text(said)?;
    output.flush()
}

fn list(shelf: &Shelf, global: &Global) -> Result<(), Failure> {
    let lessons = all().map_err(|error| bad(&error))?;
    let book = read(shelf)?;
    let mut output = Output::new(global);
    if !output.for_people() {
        let rows = lessons.iter().map(|lesson| {
            let progress = book.lessons.get(&lesson.name);
            json!({
                "name": lesson.name, "title": lesson.title, "learn": lesson.learn, "steps": lesson.steps.len(),
                "minutes": lesson.minutes, "buildsOn": lesson.builds_on,
                "step": progress.map_or(0, |progress| progress.step),
                "begun": progress.is_some(), "finished": progress.is_some_and(|progress| progress.finished),
            })
        });
        output.document(&rows.collect::<Vec<_>>())?;
        return output.flush();
    }
    let heads = [
        ("LESSON", Align::Left),
        ("STEPS", Align::Right),
        ("MINUTES", Align::Right),
        ("PROGRESS", Align::Left),
        ("WHAT IS LEARNT", Align::Left),
    ];
    let mut table = Table::new(heads).flowing();
    for lesson in &lessons {
        let steps = lesson.steps.len();
        let (said, style) = match book.lessons.get(&lesson.name) {
            None => ("-".to_owned(), Style::Dim),
            Some(progress) if progress.finished => (progress.says(steps), Style::Good),
            Some(progress) => (progress.says(steps), Style::Warn),
        };
        table.row(vec![
            Span::new(&lesson.name, Style::Strong),
            Span::from(steps.to_string()),
            Span::from(
                lesson
                    .minutes
                    .map_or_else(String::new, |minutes| minutes.to_string()),
            ),
            Span::new(said, style),
            Span::from(&lesson.learn),
        ]);
    }
    table.print(&mut output)?;
    output.flush()?;
    let open = lessons.iter().find(|lesson| {
        !book
            .lessons
            .get(&lesson.name)
            .is_some_and(|progress| progress.finished)
    });
    if let Some(lesson) = open {
        super::note(&format!("Next: {} learn {}", super::program(), lesson.name));
    }
    Ok(())
}
