//! The lessons that come with the program: a file and a row each, in the order in which they are best taken.

use super::{Lesson, LessonError};

macro_rules! lessons {
    ($($name:literal),* $(,)?) => {
        &[$(($name, include_str!(concat!("../../assets/lessons/", $name, ".md")))),*]
    };
}

const LESSONS: &[(&str, &str)] = lessons![
    "api-server",
    "list-and-watch",
    "whose-pod",
    "bind-by-hand",
    "events",
    "filtering",
    "scoring",
    "random-scheduler",
    "taints-and-tolerations",
    "affinity-and-spread",
    "resources-and-fragmentation",
    "queue-backoff-gates",
    "profiles",
    "preemption-and-budgets",
    "volumes-that-wait",
    "what-kubelets-check",
    "scheduler-dead",
    "clients",
];

/// Their names.
pub fn names() -> impl Iterator<Item = &'static str> {
    LESSONS.iter().map(|(name, _)| *name)
}

/// The lesson called `name`; `None` where there is none.
pub fn named(name: &str) -> Option<Result<Lesson, LessonError>> {
    let (name, text) = LESSONS.iter().find(|(known, _)| *known == name)?;
    Some(Lesson::parse(name, &format!("{name}.md"), text))
}

/// All of them.
///
/// # Errors
/// The first thing that is wrong with one.
pub fn all() -> Result<Vec<Lesson>, LessonError> {
    let lessons = LESSONS.iter();
    lessons
        .map(|(name, text)| Lesson::parse(name, &format!("{name}.md"), text))
        .collect()
}
