//! What the panel of a lesson looks like.

use std::sync::Arc;

use berth::lesson::{Lesson, Progress};
use crossterm::event::KeyCode;

use super::learner::Learner;
use crate::screens::{SIZES, text};

/// A screen on which ages and times do not differ from run to run: the panel alone.
async fn panel(learner: &mut Learner, name: &str) {
    for size in SIZES {
        learner.tell(berth::app::Msg::Resize(size.0, size.1)).await;
        let area = learner.state.layout().lesson;
        let screen = text(&learner.state);
        let rows = screen.lines().skip(area.y as usize).take(area.height as usize);
        let cut = |line: &str| line.chars().skip(area.x as usize).collect::<String>();
        let shown: Vec<String> = rows.map(cut).collect();
        insta::assert_snapshot!(format!("{name}_{}x{}", size.0, size.1), shown.join("\n"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_step_a_question_and_what_became_of_it() {
    let mut learner = Learner::take("filtering", &Progress::default(), (120, 36)).await;
    learner
        .until("the numbers", |state| {
            let class = state.class.as_ref().expect("a lesson");
            class.lines.iter().any(|line| line.text().contains("6 nodes"))
        })
        .await;
    panel(&mut learner, "asked").await;
    learner.predict("attic, garden").await;
    panel(&mut learner, "differs").await;
    learner.press("N").await;
    learner
        .predict("noderesourcesfit nodeaffinity tainttoleration")
        .await;
    learner.press("N").await;
    learner.press("HH").await;
    learner
        .until("the goal is looked at", |state| {
            state.class.as_ref().is_some_and(|class| !class.met.is_empty())
        })
        .await;
    panel(&mut learner, "goal").await;
    learner.press("L").await;
    panel(&mut learner, "whole").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_answer_is_told_and_asked_again() {
    let mut learner = Learner::take("filtering", &Progress::default(), (120, 36)).await;
    learner.predict("atic").await;
    let shown = text(&learner.state);
    assert!(shown.contains("there is no 'atic'"), "{shown}");
    assert!(learner.class().guesses.is_empty());
    learner.hit(KeyCode::Esc).await;
    assert!(learner.state.overlay.is_none());
    learner.press("N").await;
    assert_eq!(learner.class().at, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lesson_that_was_broken_begins_anew_with_its_step() {
    let mut learner = Learner::take(
        "filtering",
        &Progress {
            step: 2,
            ..Progress::default()
        },
        (120, 36),
    )
    .await;
    let broken =
        berth::lesson::deed::parse(&["delete: node attic", "---", "delete: pod painter"], 1).expect("deeds");
    learner.request(&broken).await.expect("they are deleted");
    learner
        .until("there is no attic", |state| state.view.node("attic").is_none())
        .await;
    learner
        .until("the goal cannot be met", |state| {
            let class = state.class.as_ref().expect("a lesson");
            class
                .met
                .iter()
                .any(|met| met.says.contains("there is no node attic"))
        })
        .await;
    learner.press("Z").await;
    learner.hit(KeyCode::Enter).await;
    learner
        .until("attic is back", |state| state.view.node("attic").is_some())
        .await;
    assert_eq!(learner.class().at, 2);
    learner
        .until("painter is back", |state| !state.view.waiting.is_empty())
        .await;
}

const MINE: &str = "---
title: Mine
learn: what is said without hints
minutes: 5
builds-on: events scoring clients
scenario: first-pods
---
## To read
Words.
## To predict
```setup
apiVersion: v1
kind: Pod
metadata: {name: web}
spec: {schedulerName: berth, containers: [{name: app, image: nginx}]}
```
```ask
node-count pod web
How many nodes are there?
```
## To do
```goal
configmap first exists
```
";

#[tokio::test(flavor = "multi_thread")]
async fn where_there_is_no_hint_it_is_said_what_to_do_instead() {
    let lesson = Lesson::parse("mine", "mine.md", MINE).expect("a lesson");
    let mut learner = Learner::open(Arc::new(lesson), &Progress::default(), (120, 36)).await;
    let head = learner.class().lines[0].text();
    assert_eq!(head, "About 5 minutes. Builds on events, scoring and clients.");
    let nothing_left = "there is no hint here, and nothing is left to do: N goes on";
    assert_eq!(learner.hint().await, nothing_left);
    learner.press("N").await;
    let asks = "there is no hint here: say what you expect, with t; right or wrong, the reasons follow";
    assert_eq!(learner.hint().await, asks);
    learner.predict("99").await;
    assert_eq!(learner.hint().await, nothing_left);
    learner.press("N").await;
    assert_eq!(learner.hint().await, "there is no hint here");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_of_berth_comes_with_where_it_is() {
    let progress = Progress {
        step: 1,
        ..Progress::default()
    };
    let mut learner = Learner::take("random-scheduler", &progress, (120, 36)).await;
    let class = learner.state.class.as_mut().expect("a lesson");
    class.shell.folder = Some("/opt/her berth".into());
    learner.tell(berth::app::Msg::Tick).await;
    let exports = "export KUBECONFIG=/home/ana/lesson.kubeconfig PATH='/opt/her berth':\"$PATH\"";
    assert_eq!(learner.class().commands().lines().next(), Some(exports));
    assert!(text(&learner.state).contains(exports));
    learner.press("B").await;
    let kubectl = learner.class().commands();
    assert_eq!(
        kubectl.lines().next(),
        Some("export KUBECONFIG=/home/ana/lesson.kubeconfig")
    );
}
