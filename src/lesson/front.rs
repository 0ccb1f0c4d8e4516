//! What stands before the first step: `key: value` lines, and blocks of YAML below a key.

use super::Lesson;
use super::error::{LessonError, wrong};
use crate::scheduling::config::near;

/// The cluster that a lesson begins with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cluster {
    /// A scenario that comes with the program.
    Named(String),
    /// A scenario of the lesson's own. Its lines are numbered as in the lesson's file.
    Own(String),
}

const KEYS: [&str; 8] = [
    "title",
    "learn",
    "minutes",
    "builds-on",
    "scenario",
    "cluster",
    "profiles",
    "scheduler-names",
];

/// Reads the lines between the two `---` into a lesson without steps; gives it, and how many lines that took.
pub(super) fn read(name: &str, lines: &[&str]) -> Result<(Lesson, usize), LessonError> {
    let form = "a lesson begins with `---`, then `title:`, `learn:`, `scenario:` or `cluster:`, then `---`";
    if lines.first().map(|line| line.trim_end()) != Some("---") {
        return Err(wrong(1, "the front matter is missing", form));
    }
    let end = lines.iter().skip(1).position(|line| line.trim_end() == "---");
    let Some(end) = end.map(|end| end + 1) else {
        return Err(wrong(1, "the front matter has no end", form));
    };
    let mut lesson = Lesson {
        name: name.to_owned(),
        title: String::new(),
        learn: String::new(),
        minutes: None,
        builds_on: Vec::new(),
        cluster: Cluster::Named(String::new()),
        profiles: None,
        scheduler_names: Vec::new(),
        steps: Vec::new(),
    };
    let mut at = 1;
    while at < end {
        let text = lines.get(at).copied().unwrap_or_default();
        let number = at + 1;
        at += 1;
        if text.trim().is_empty() || text.starts_with('#') {
            continue;
        }
        let Some((key, value)) = text.split_once(':') else {
            return Err(wrong(
                number,
                format!("`{}` is no `key: value`", text.trim()),
                form,
            ));
        };
        let value = value.trim().to_owned();
        let first = at;
        while at < end
            && lines
                .get(at)
                .is_some_and(|line| line.starts_with(' ') || line.trim().is_empty())
        {
            at += 1;
        }
        let block = || block(lines, first, at);
        match key {
            "title" => lesson.title = value,
            "learn" => lesson.learn = value,
            "minutes" => lesson.minutes = Some(minutes(&value, number)?),
            "builds-on" => lesson.builds_on = words(&value),
            "scenario" => lesson.cluster = Cluster::Named(value),
            "cluster" => lesson.cluster = Cluster::Own(block()),
            "profiles" => lesson.profiles = Some(block()),
            "scheduler-names" => lesson.scheduler_names = words(&value),
            _ => {
                let hint = match near(key, KEYS.into_iter()) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => format!("there are {}", KEYS.join(", ")),
                };
                return Err(wrong(number, format!("`{key}` is not known"), hint));
            }
        }
    }
    for (key, missing) in [
        ("title", lesson.title.is_empty()),
        ("learn", lesson.learn.is_empty()),
        ("scenario", lesson.cluster == Cluster::Named(String::new())),
    ] {
        if missing {
            return Err(wrong(1, format!("`{key}` is missing"), form));
        }
    }
    Ok((lesson, end + 1))
}

fn words(value: &str) -> Vec<String> {
    value.split_whitespace().map(str::to_owned).collect()
}

fn minutes(value: &str, line: usize) -> Result<u16, LessonError> {
    let minutes = value.parse().ok().filter(|&minutes| minutes > 0);
    minutes.ok_or_else(|| {
        let message = format!("`{value}` is no number of minutes");
        wrong(
            line,
            message,
            "write a whole number, such as `minutes: 10`, or leave it out",
        )
    })
}

/// The lines from `first` to before `end` without their indentation, with blank ones before them, so that whoever reads them
/// counts lines as the file does.
fn block(lines: &[&str], first: usize, end: usize) -> String {
    let mut text = "\n".repeat(first);
    for line in lines.get(first..end).unwrap_or_default() {
        text.push_str(line.strip_prefix("  ").unwrap_or(line));
        text.push('\n');
    }
    text
}
