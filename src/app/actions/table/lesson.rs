//! Keys of a lesson.

use super::{Entry, SCREENS, c};
use crate::app::actions::{Action, LessonKey};

pub(super) const ROWS: &[Entry] = &[
    (
        Action::Lesson(LessonKey::Next),
        SCREENS,
        &[c('N')],
        "next step",
        "go on, once the step is done",
    ),
    (
        Action::Lesson(LessonKey::Previous),
        SCREENS,
        &[c('B')],
        "step before",
        "read the step before again",
    ),
    (
        Action::Lesson(LessonKey::Hint),
        SCREENS,
        &[c('H')],
        "hint",
        "show the next hint",
    ),
    (
        Action::Lesson(LessonKey::Predict),
        SCREENS,
        &[c('t')],
        "predict",
        "say what you expect, before it is shown",
    ),
    (
        Action::Lesson(LessonKey::Restart),
        SCREENS,
        &[c('Z')],
        "start over",
        "begin again on a new cluster: with this step, or the whole lesson",
    ),
    (
        Action::Lesson(LessonKey::Panel),
        SCREENS,
        &[c('L')],
        "lesson",
        "more or less of the lesson, or none",
    ),
    (
        Action::Lesson(LessonKey::Up),
        SCREENS,
        &[c('[')],
        "lesson up",
        "scroll the lesson up",
    ),
    (
        Action::Lesson(LessonKey::Down),
        SCREENS,
        &[c(']')],
        "lesson down",
        "scroll the lesson down",
    ),
];
