//! What a learner does, and what is told of the lesson's cluster.

use std::sync::Arc;

use super::choosing;
use crate::app::actions::{Action, LessonKey};
use crate::app::chooser::{Choice, Chooser, Item};
use crate::app::effect::Effect;
use crate::app::keymap::Keymap;
use crate::app::layout::Area;
use crate::app::lesson::{Class, News, Told, Wish, key};
use crate::app::notices::Level;
use crate::app::overlay::Overlay;
use crate::app::state::{Connecting, State};
use crate::engine::study::{Finding, Study, StudyId};
use crate::lesson::{Guess, Step};

/// Does what `key` does in a lesson.
pub(super) fn act(state: &mut State, key: LessonKey) -> Vec<Effect> {
    let area = state.layout().lesson;
    let page = (area.height as usize / 2).max(1);
    let Some(class) = &mut state.class else {
        let told = "no lesson is open; `berth learn` lists them";
        state.notices.tell(state.now, Level::Hint, told);
        return Vec::new();
    };
    match key {
        LessonKey::Next => return next(state),
        LessonKey::Previous => {
            (class.at, class.offset) = (class.at.saturating_sub(1), 0);
        }
        LessonKey::Hint => hint(state),
        LessonKey::Predict => predict(state),
        LessonKey::Restart => ask_to_restart(state),
        LessonKey::Panel => {
            let before = class.form.beside(state.size);
            class.form = class.form.next();
            // On a small screen some come to the same.
            if class.form.beside(state.size) == before {
                class.form = class.form.next();
            }
        }
        LessonKey::Up => class.offset = class.offset.saturating_sub(page),
        LessonKey::Down => class.offset += page,
    }
    Vec::new()
}

fn next(state: &mut State) -> Vec<Effect> {
    let Some(class) = &mut state.class else {
        return Vec::new();
    };
    if class.at < class.reached {
        (class.at, class.offset) = (class.at + 1, 0);
        return Vec::new();
    }
    if class.finished {
        state.notices.tell(state.now, Level::Hint, "this lesson is done");
        return Vec::new();
    }
    if class.asks().is_some() {
        let predict = key(&state.options.keymap, LessonKey::Predict);
        let told = format!("first say what you expect, with {predict}: this step asks for a prediction");
        state.notices.tell(state.now, Level::Hint, told);
        return Vec::new();
    }
    if !class.may_go_on() {
        let told = format!("not yet: {}", open_goal(class));
        state.notices.tell(state.now, Level::Warn, told);
        return Vec::new();
    }
    if class.reached + 1 == class.lesson.steps.len() {
        class.finished = true;
        let told = format!("{}: done", class.lesson.title);
        state.notices.tell(state.now, Level::Good, told);
        return vec![Effect::Teach(Wish::Keep(class.progress()))];
    }
    // What is told of the step that was left.
    state.notices.clear();
    class.reached += 1;
    (class.at, class.offset) = (class.reached, 0);
    class.met.clear();
    class.done = false;
    vec![
        Effect::Teach(Wish::Keep(class.progress())),
        Effect::Teach(Wish::Enter(class.reached)),
    ]
}

/// The first goal that does not hold, and what is the case instead.
fn open_goal(class: &Class) -> String {
    let goals = class.step().map_or(&[][..], |step| &step.goals);
    let open = goals
        .iter()
        .enumerate()
        .find(|(at, _)| !class.met.get(*at).is_some_and(|met| met.holds));
    match open {
        None => "the cluster is still looked at".to_owned(),
        Some((at, goal)) => match class.met.get(at).filter(|met| !met.says.is_empty()) {
            Some(met) => format!("\"{goal}\" does not hold: {}", met.says),
            None => format!("\"{goal}\" does not hold"),
        },
    }
}

fn hint(state: &mut State) {
    let Some(class) = &mut state.class else {
        return;
    };
    let all = class.useful_hints().len();
    let shown = class.hints.entry(class.at).or_default();
    if *shown < all {
        *shown += 1;
        class.news = Some(News::Hint);
    } else {
        let told = without_hint(class, all, &state.options.keymap);
        state.notices.tell(state.now, Level::Hint, told);
    }
}

/// What is said where there is no hint, or no more.
fn without_hint(class: &Class, hints: usize, keymap: &Keymap) -> String {
    let none = if hints == 0 {
        "there is no hint here"
    } else {
        "there are no more hints"
    };
    let key = |of| key(keymap, of);
    if class.asks().is_some() {
        let predict = key(LessonKey::Predict);
        return format!("{none}: say what you expect, with {predict}; right or wrong, the reasons follow");
    }
    if class.at < class.reached || class.may_go_on() && !class.finished {
        return format!(
            "{none}, and nothing is left to do: {} goes on",
            key(LessonKey::Next)
        );
    }
    none.to_owned()
}

fn predict(state: &mut State) {
    let Some(class) = &state.class else {
        return;
    };
    if class.asks().is_some() {
        state.overlay = Some(Overlay::Guess(Box::default()));
    } else {
        let told = "nothing is to be predicted here";
        state.notices.tell(state.now, Level::Hint, told);
    }
}

/// Does `action` in the dialog that asks for a prediction.
pub(super) fn guess(state: &mut State, action: Action) -> Vec<Effect> {
    if action != Action::Confirm {
        if !matches!(action, Action::Up | Action::Down) {
            state.overlay = None;
        }
        return Vec::new();
    }
    let (Some(Overlay::Guess(guessing)), Some(class)) = (&mut state.overlay, &mut state.class) else {
        return Vec::new();
    };
    let Some(question) = class.asks().map(|ask| ask.question.clone()) else {
        state.overlay = None;
        return Vec::new();
    };
    let guessed = match class.answer(&question) {
        Some(truth) => Guess::of(guessing.input.value(), truth),
        None => Err("this cannot be told yet: the cluster is still coming in".to_owned()),
    };
    match guessed {
        Ok(guess) => {
            class.guesses.insert(class.at, guess);
            class.news = Some(News::Told);
            state.overlay = None;
            vec![Effect::Teach(Wish::Keep(class.progress()))]
        }
        Err(why) => {
            guessing.error = Some(why);
            Vec::new()
        }
    }
}

fn ask_to_restart(state: &mut State) {
    let Some(class) = &state.class else {
        return;
    };
    let mut items = vec![Item::new(
        format!("this step again: {}", class.step().map_or("", |step| &step.title)),
        false,
        Choice::Restart(class.at),
    )];
    if class.at > 0 {
        items.push(Item::new("the whole lesson", false, Choice::Restart(0)));
    }
    let chooser = Chooser::new(
        "Start over, on a new cluster",
        "There is nothing of that name",
        items,
    );
    choosing::open(state, chooser);
}

/// Begins again with `step`, on a new cluster.
pub(super) fn restart(state: &mut State, step: usize) -> Vec<Effect> {
    let Some(class) = &mut state.class else {
        return Vec::new();
    };
    class.begin(step);
    state.connecting = Some(Connecting {
        to: "a new cluster".into(),
        since: state.now,
        step: "it is set up for the step".into(),
    });
    vec![
        Effect::Teach(Wish::Keep(class.progress())),
        Effect::Teach(Wish::Restart(step)),
    ]
}

/// Takes what is told of the lesson's cluster.
pub(super) fn told(state: &mut State, told: Told) {
    let Some(class) = &mut state.class else {
        return;
    };
    match told {
        Told::Checked(step, met) if step == class.reached && state.connecting.is_none() => {
            let all = !met.is_empty() && met.iter().all(|met| met.holds);
            class.met = met;
            if all && !class.done {
                class.done = true;
                state.notices.tell(state.now, Level::Good, "the step is done");
            }
        }
        Told::Checked(..) => {}
        Told::Failed(why) => class.failed = Some(why),
    }
}

/// Takes the answers that were asked for; whether they were the lesson's.
pub(super) fn studied(state: &mut State, id: StudyId, finding: Option<&Arc<Finding>>) -> bool {
    let Some(class) = &mut state.class else {
        return false;
    };
    let Some((_, step, questions)) = class.study.take_if(|(study, ..)| *study == id) else {
        return false;
    };
    if let Some(Finding::Answers(answers)) = finding.map(|finding| &**finding) {
        let answers = questions.into_iter().zip(answers.iter().cloned());
        class.answers.entry(step).or_default().extend(answers);
    }
    true
}

/// Asks anew where the cluster has changed, and wraps the text for `area`.
pub(super) fn settle(state: &mut State, area: Area) -> Vec<Effect> {
    let (generation, covered) = (state.view.generation, state.covered());
    let Some(class) = &mut state.class else {
        return Vec::new();
    };
    let inside = area.inner();
    let columns = (inside.width as usize).saturating_sub(2);
    class.wrap(columns, inside.height as usize, &state.options.keymap);
    let asked = class.asked.as_ref().is_some_and(|(at, had, waiting)| {
        (*at, *had) == (class.at, generation) && Arc::ptr_eq(waiting, &state.view.waiting)
    });
    // Of a step that is over it stays as it was told, and what was never told would tell now what is kept back.
    let is_told = class.at < class.reached && (covered || class.answers.contains_key(&class.at));
    if asked || is_told || !state.view.synced || class.study.is_some() {
        return Vec::new();
    }
    class.asked = Some((class.at, generation, Arc::clone(&state.view.waiting)));
    let questions = class.step().map(Step::questions).unwrap_or_default();
    if questions.is_empty() {
        return Vec::new();
    }
    let id = state.studies.begin();
    class.study = Some((id, class.at, questions.clone()));
    vec![Effect::Study(id, Study::Ask(questions))]
}
