//! `berth learn --export`: a lesson as a handout. Its answers are computed on its cluster, step by step.

use std::sync::Arc;

use super::classroom::Classroom;
use super::rules;
use crate::cli::args::{Format, Global};
use crate::cli::exit::{Exit, Failure};
use crate::cli::output::Output;
use crate::cluster::{Connection, load};
use crate::demo::Settings;
use crate::lesson::Lesson;
use crate::lesson::export::{Answers, markdown};
use crate::scheduling::cycle;
use crate::scheduling::question::Question;

/// Prints the handouts of `lessons`, each after what it is called on the command line.
pub(super) async fn run(lessons: &[(String, Lesson)], global: &Global) -> Result<(), Failure> {
    if !matches!(global.output, Format::Table | Format::Markdown) {
        return Err(Failure::new(
            Exit::Usage,
            "a handout is Markdown: leave out -o, or give -o markdown",
        ));
    }
    let mut output = Output::new(global);
    for (at, (called, lesson)) in lessons.iter().enumerate() {
        if at > 0 {
            output.text("")?;
        }
        for line in handout(lesson, called).await?.lines() {
            output.text(line)?;
        }
    }
    output.flush()
}

/// The handout of `lesson`, which is called so on the command line.
///
/// # Errors
/// Where its cluster cannot be made, or does not do what the lesson wants.
pub(super) async fn handout(lesson: &Lesson, called: &str) -> Result<String, Failure> {
    let failed = |error: String| Failure::new(Exit::Failed, format!("the lesson {}: {error}", lesson.name));
    let room = Classroom::open(Arc::new(lesson.clone()), 0, Settings::default(), None).await?;
    let connection = Connection::in_process(room.server().client(), "lesson");
    let (mut profiles, _) = rules(lesson)?;
    let mut answers: Vec<Answers> = Vec::new();
    for (at, step) in lesson.steps.iter().enumerate() {
        if at > 0 {
            room.does(step.setup.iter()).await.map_err(failed)?;
        }
        let questions = step.questions();
        let cluster = load::load(&connection).await?;
        let nodes = Arc::new(cycle::node_index(&cluster));
        let said = Question::answer_all(&questions, &cluster, &nodes, &mut profiles);
        answers.push(questions.into_iter().zip(said).collect());
        room.does(step.done.iter()).await.map_err(failed)?;
    }
    Ok(markdown(lesson, called, &answers))
}
