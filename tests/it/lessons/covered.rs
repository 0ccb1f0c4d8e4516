//! While a prediction is asked for, nothing on the screen tells the answer, whatever is pressed.

use berth::app::actions::{Action, Context, Row, TABLE};
use berth::app::copying;
use berth::app::export::{Export, Format};
use berth::app::layout::Pane;
use berth::app::overlay::Overlay;
use berth::app::{Msg, Screen, State};
use berth::lesson::Progress;
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::learner::Learner;
use crate::screens::{SIZES, text};

/// A lesson whose first step asks, and what would tell the answer: numbers, nodes, verdicts.
const ASKED: [(&str, &str, &[&str]); 3] = [
    (
        "filtering",
        "painter",
        &[
            "1/6",
            "5/6",
            "1 of 6",
            "5 of 6",
            "studio",
            "Insufficient",
            "didn't match",
            "untolerated",
            "unschedulable",
        ],
    ),
    (
        "resources-and-fragmentation",
        "large",
        &[
            "0/3",
            "0 of 3",
            "3 of 3",
            "Insufficient",
            "No node",
            "fits nowhere",
            "NodeResourcesFit",
        ],
    ),
    ("scoring", "runner", &["3/3", "3 of 3", "★", "mid"]),
];

/// What is on the screen, but for the lesson's own panel.
fn shown(state: &State) -> String {
    let area = state.layout().lesson;
    let covers = |x: usize, y: usize| area.contains(x as u16, y as u16);
    let lines = text(state);
    let lines = lines.lines().enumerate().map(|(y, line)| {
        let cells = line.chars().enumerate();
        cells
            .map(|(x, c)| {
                if state.overlay.is_none() && covers(x, y) {
                    ' '
                } else {
                    c
                }
            })
            .collect::<String>()
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// The panel is not in the way of what lies below it.
fn tells_nothing(state: &State, after: &str, told: &[&str]) {
    // The keys' own descriptions use some of the words.
    let describes = matches!(
        state.overlay,
        Some(Overlay::Help(_) | Overlay::Choose(_) | Overlay::Guess(_))
    );
    let screen = shown(state);
    for part in told {
        let is_word = part.chars().all(|c| c.is_alphabetic() || c == '★');
        if describes && is_word {
            continue;
        }
        assert!(
            !screen.contains(part),
            "after {after}, {part:?} is told:\n{screen}"
        );
    }
    for (what, copied) in copying::texts(state) {
        let is_theirs = what == "lesson's commands";
        let told = told.iter().find(|part| copied.contains(**part) && !is_theirs);
        assert_eq!(told, None, "after {after}, {what} can be copied: {copied}");
    }
    for format in [Format::Markdown, Format::Json] {
        let export = Export {
            format,
            ..Export::of(state)
        };
        assert!(
            export.content(state).is_err(),
            "after {after}, {format:?} can be written"
        );
    }
}

fn keys_of(row: &Row) -> impl Iterator<Item = Msg> {
    row.keys.iter().map(|chord| {
        let modifiers = if chord.ctrl {
            KeyModifiers::CONTROL
        } else {
            KeyModifiers::NONE
        };
        Msg::Key(KeyEvent::new(chord.code, modifiers))
    })
}

/// Presses each key of the table on the screen as it is now, each from the same beginning.
async fn press_everything(learner: &mut Learner, from: &str, told: &[&str]) {
    let begin = learner.state.clone();
    let on_screens = |row: &&Row| {
        row.contexts
            .iter()
            .any(|context| matches!(context, Context::Screen(_)))
    };
    let everything = TABLE.iter().filter(on_screens);
    for row in everything.filter(|row| !matches!(row.action, Action::Quit)) {
        for key in keys_of(row) {
            let after = format!("{from}, {key:?} ({})", row.says);
            learner.tell(key).await;
            tells_nothing(&learner.state, &after, told);
            learner.state = begin.clone();
        }
    }
}

/// Chooses each action from the palette.
async fn choose_everything(learner: &mut Learner, told: &[&str]) {
    let begin = learner.state.clone();
    learner.press(":").await;
    let Some(Overlay::Choose(palette)) = &learner.state.overlay else {
        panic!("no palette");
    };
    let (items, open) = (palette.len(), learner.state.clone());
    for at in 0..items {
        if let Some(Overlay::Choose(palette)) = &mut learner.state.overlay {
            palette.cursor = at;
        }
        learner.hit(KeyCode::Enter).await;
        tells_nothing(&learner.state, &format!("item {at} of the palette"), told);
        learner.state = open.clone();
    }
    learner.state = begin;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_tells_the_answer() {
    for (lesson, pod, told) in ASKED {
        let mut learner = Learner::take(lesson, &Progress::default(), (200, 50)).await;
        learner.choose(pod).await;
        assert!(learner.state.covered(), "{lesson}");
        // Keys differ by pane, and not by lesson.
        let panes = [
            (Pane::Waiting, SIZES[2]),
            (Pane::Nodes, SIZES[0]),
            (Pane::Why, SIZES[1]),
        ];
        let panes = panes.into_iter().take(if lesson == "filtering" { 3 } else { 1 });
        for (pane, size) in panes {
            learner.state.focus = pane;
            learner.tell(Msg::Resize(size.0, size.1)).await;
            press_everything(&mut learner, &format!("{lesson}, {}", pane.as_str()), told).await;
        }
        learner.state.focus = Pane::Waiting;
        // The same actions as by keys, which were seen on the largest screen; and a list of requests is one at each size.
        learner.tell(Msg::Resize(SIZES[1].0, SIZES[1].1)).await;
        choose_everything(&mut learner, told).await;
        // The picture of the cluster by where the pod fits.
        for _ in 0..4 {
            learner.press("v").await;
            tells_nothing(&learner.state, "v", told);
        }
        learner.press("W").await;
        assert_eq!(
            learner.state.screen,
            Screen::Wire,
            "what is sent may be looked at"
        );
        if lesson == "resources-and-fragmentation" {
            // Where it would be told on the cluster that it fits nowhere.
            press_everything(&mut learner, &format!("{lesson}, the wire"), told).await;
        }
    }
}

/// What was decided is there at once when it may be seen, and a screen that was open when the step began tells nothing.
#[tokio::test(flavor = "multi_thread")]
async fn it_is_there_once_it_was_predicted() {
    let mut learner = at("filtering", 0).await;
    learner.choose("painter").await;
    learner.predict("cellar garden attic garage shed").await;
    let told = ["1/6", "studio", "Insufficient"];
    tells_nothing(&learner.state, "the first, as the next step asks too", &told);
    learner.press("x").await;
    tells_nothing(&learner.state, "x", &told);
    learner.press("N").await;
    learner
        .predict("NodeResourcesFit NodeAffinity TaintToleration")
        .await;
    // The step takes a taint off, and the one after it asks which nodes fit then.
    learner.press("N").await;
    assert!(learner.state.covered());
    tells_nothing(&learner.state, "the third", &told);

    let mut learner = at("api-server", 2).await;
    learner.choose("hello").await;
    learner.predict("ash").await;
    learner
        .until("the decision, and how many nodes fit", |state| {
            let screen = shown(state);
            ["2/3", "2 of 3", "elm"].iter().all(|part| screen.contains(part))
        })
        .await;
}

/// What is left of a screen that was open when the step began would tell what it was made from.
#[tokio::test(flavor = "multi_thread")]
async fn a_screen_that_is_open_is_left_when_something_is_asked() {
    let mut learner = at("preemption-and-budgets", 2).await;
    learner.choose("alarm").await;
    learner.press("xs").await;
    assert_eq!(learner.state.screen, Screen::Cycle);
    // A new cluster at the first step, which asks.
    learner.press("Z").await;
    learner.hit(KeyCode::Down).await;
    learner.hit(KeyCode::Enter).await;
    assert!(learner.state.covered());
    assert_eq!(
        (learner.state.screen, &*learner.state.behind),
        (Screen::Home, &[][..])
    );
    tells_nothing(&learner.state, "the first step", &["0/2", "west", "Insufficient"]);
}

/// Neither does a step before, which is read again.
#[tokio::test(flavor = "multi_thread")]
async fn a_step_that_is_read_again_tells_nothing_of_the_next() {
    let mut learner = at("filtering", 3).await;
    learner.choose("painter").await;
    let told = ["2/6", "2 of 6", "studio", "Insufficient"];
    for keys in ["B", "B", "B", "x", "N"] {
        learner.press(keys).await;
        assert!(learner.state.covered());
        tells_nothing(&learner.state, keys, &told);
        let lines = &learner.class().lines;
        let text: String = lines.iter().map(berth::app::prose::Line::text).collect();
        assert!(!text.contains("studio"), "{text}");
    }
}

async fn at(lesson: &str, step: usize) -> Learner {
    let progress = Progress {
        step,
        ..Progress::default()
    };
    Learner::take(lesson, &progress, (200, 50)).await
}
