//! Lessons: each is played to its end and played wrongly, on its cluster; files that are wrong are told with their line.

mod bad;
mod commands;
mod covered;
pub(crate) mod learner;
mod plays;
mod shown;
mod terminal;

use berth::lesson::guess::Side;
use berth::lesson::{Progress, all, names};

use learner::{Learner, from_disk};
use plays::Play;

const SIZE: (u16, u16) = (120, 36);

/// The lesson at its beginning.
async fn take(name: &str) -> Learner {
    Learner::take(name, &Progress::default(), SIZE).await
}

async fn may_go_on(learner: &mut Learner) {
    learner
        .until("the step is done", |state| {
            state.class.as_ref().is_some_and(|class| class.may_go_on())
        })
        .await;
}

/// Plays the steps before `step` (from 0) to their end.
async fn play_to(learner: &mut Learner, play: &Play, step: usize) {
    for acts in play.right.iter().take(step) {
        for act in acts {
            act.does(learner).await;
        }
        may_go_on(learner).await;
        learner.press("N").await;
    }
}

#[test]
fn every_lesson_can_be_read() {
    let lessons = all().unwrap_or_else(|error| panic!("{error}: {}", error.hint));
    assert_eq!(lessons.len(), names().count());
    for lesson in lessons {
        assert!(lesson.steps.len() > 2, "{}", lesson.name);
        assert!(
            lesson.steps.iter().any(|step| step.ask.is_some()),
            "{} asks nothing",
            lesson.name
        );
        for step in &lesson.steps {
            let wants = !step.goals.is_empty() || step.ask.is_some();
            assert!(
                !wants || !step.hints.is_empty(),
                "{}, {}: something is to be done, without a hint",
                lesson.name,
                step.title
            );
        }
    }
}

/// Whoever takes them in their order has taken what each builds on.
#[test]
fn each_says_how_long_it_takes_and_builds_on_earlier_ones() {
    let mut before = Vec::new();
    for lesson in all().unwrap_or_else(|error| panic!("{error}: {}", error.hint)) {
        assert!(lesson.minutes.is_some(), "{}", lesson.name);
        for other in &lesson.builds_on {
            assert!(before.contains(other), "{} builds on {other}", lesson.name);
        }
        before.push(lesson.name);
    }
}

#[test]
fn there_are_enough_and_the_documentation_lists_them() {
    assert!(names().count() >= 14);
    let docs =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/lessons.md")).expect("docs");
    for lesson in all().unwrap_or_else(|error| panic!("{error}: {}", error.hint)) {
        let builds_on: Vec<String> = lesson.builds_on.iter().map(|name| format!("`{name}`")).collect();
        let row = format!(
            "| `{}` | {} | {} | {} |",
            lesson.name,
            lesson.minutes.unwrap_or_default(),
            builds_on.join(", "),
            lesson.learn
        );
        assert!(docs.contains(&row), "docs/lessons.md does not have: {row}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_lesson_is_played_to_its_end() {
    for name in names() {
        let play = Play::of(name);
        let mut learner = take(name).await;
        let steps = learner.class().lesson.steps.len();
        assert_eq!(play.right.len(), steps, "{name}: the play has other steps");
        for (at, acts) in play.right.iter().enumerate() {
            assert_eq!(learner.class().at, at, "{name}");
            let step = &learner.class().lesson.steps[at];
            if !step.goals.is_empty() && !acts.is_empty() {
                learner.set_up().await;
                assert!(
                    !learner.class().done,
                    "{name}, step {}: done before anything was done",
                    at + 1
                );
            }
            for act in acts {
                act.does(&mut learner).await;
            }
            may_go_on(&mut learner).await;
            learner.press("N").await;
        }
        assert!(learner.class().finished, "{name}");
        assert!(learner.kept.finished, "{name}");
        let (right, all) = learner.kept.guessed();
        assert_eq!(right, all, "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_lesson_is_played_wrongly() {
    for name in names() {
        let play = Play::of(name);
        assert!(!play.wrong.is_empty(), "{name}: nothing is done wrongly");
        for wrong in &play.wrong {
            let mut learner = take(name).await;
            let at = wrong.step - 1;
            play_to(&mut learner, &play, at).await;
            assert_eq!(learner.class().at, at, "{name}");
            if let Some(typed) = &wrong.predict {
                learner.predict(typed).await;
                let guess = learner.class().guesses.get(&at).expect("a prediction");
                assert!(!guess.right, "{name}, step {}: {guess:?}", wrong.step);
                let sides = guess
                    .told
                    .iter()
                    .filter(|(side, _)| matches!(side, Side::Wrong | Side::Missed | Side::Off));
                let said: Vec<&str> = sides.map(|(_, text)| text.as_str()).collect();
                for part in &wrong.told {
                    assert!(
                        said.iter().any(|text| text.contains(part)),
                        "{name}: {part:?} is not in {said:?}"
                    );
                }
                assert_eq!(said.len(), wrong.told.len(), "{name}: {said:?}");
            }
            for act in &wrong.acts {
                act.does(&mut learner).await;
            }
            if let Some(says) = &wrong.says {
                learner
                    .until(says, |state| {
                        let class = state.class.as_ref().expect("a lesson");
                        class.met.iter().any(|met| met.says.contains(says.as_str()))
                    })
                    .await;
                learner.settle().await;
                learner.press("N").await;
                assert_eq!(
                    learner.class().at,
                    at,
                    "{name}: went on though the goal is not met"
                );
            }
        }
    }
}

/// A learner who begins with a later step finds the earlier ones done.
#[tokio::test(flavor = "multi_thread")]
async fn every_step_can_be_begun_with() {
    for name in names() {
        let lesson = from_disk(name);
        for (at, step) in lesson.steps.iter().enumerate() {
            let progress = Progress {
                step: at,
                ..Progress::default()
            };
            let mut learner = Learner::take(name, &progress, SIZE).await;
            learner
                .request(&step.done)
                .await
                .unwrap_or_else(|error| panic!("{name}, step {}: {error}", at + 1));
            if !step.goals.is_empty() {
                learner
                    .until("what does the step", |state| {
                        state.class.as_ref().is_some_and(|class| class.done)
                    })
                    .await;
            }
        }
    }
}
