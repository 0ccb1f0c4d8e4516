//! A learner: the screen's state with an engine, a placer and a lesson's cluster behind it, all in this process. Keys go to
//! the state as on a terminal, requests to the cluster as kubectl's do.

use std::sync::Arc;

use berth::app::lesson::{Class, Shell, Told, Wish};
use berth::app::overlay::Overlay;
use berth::app::room::Step;
use berth::app::{Effect, Msg, Options, State, update};
use berth::cli::learn::classroom::Classroom;
use berth::cli::learn::rules;
use berth::cluster::watch::{self, FeedEvent, WatchKind, Watches};
use berth::cluster::{Connection, Identity};
use berth::demo::{Pace, Settings};
use berth::engine::study;
use berth::engine::{Engine, View};
use berth::lesson::{Deed, Lesson, Progress};
use berth::placing::{DryRun, Placer};
use crossterm::event::KeyCode;
use jiff::Timestamp;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use crate::screens::key;
use crate::screens_world::{blank, live};
use crate::support::DEADLINE;

pub(crate) struct Learner {
    pub(crate) state: State,
    pub(crate) kept: Progress,
    lesson: Arc<Lesson>,
    feed: Feed,
}

/// What one cluster brings.
struct Feed {
    room: Arc<Classroom>,
    engine: Engine,
    views: tokio::sync::watch::Receiver<Arc<View>>,
    placer: Placer,
    inbox: UnboundedReceiver<Msg>,
    answers: UnboundedSender<Msg>,
    _watches: Watches,
}

/// The lesson as it is in the repository now: that a file was changed needs no other program.
pub(crate) fn from_disk(name: &str) -> Lesson {
    let file = format!("{}/assets/lessons/{name}.md", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{file}: {error}"));
    Lesson::parse(name, &file, &text).unwrap_or_else(|error| panic!("{error}: {}", error.hint))
}

/// Kubelets and controllers in a hurry.
pub(super) fn hasty() -> Settings {
    let moment = std::time::Duration::from_millis(10);
    let pace = Pace {
        heartbeats: false,
        notice: moment,
        start: moment,
        stop: moment,
        provision: moment,
        ..Pace::default()
    };
    Settings {
        pace,
        ..Settings::default()
    }
}

impl Feed {
    async fn start(lesson: &Arc<Lesson>, step: usize) -> Self {
        let (profiles, names) = rules(lesson).expect("profiles");
        let names: Vec<Arc<str>> = names.into_iter().map(Into::into).collect();
        let room = Classroom::open(Arc::clone(lesson), step, hasty(), None).await;
        let room = Arc::new(room.unwrap_or_else(|error| panic!("{}: {error}", lesson.name)));
        let engine = Engine::start(&names, profiles).expect("a thread");
        let (feed, mut events) = tokio::sync::mpsc::channel(16);
        let connection = Connection::in_process(room.server().client(), "lesson");
        let watches = watch::start(&connection, WatchKind::all(), &feed);
        let fed = engine.clone();
        tokio::spawn(async move {
            while let Some(event) = events.recv().await {
                if let FeedEvent::Changes(changes) = event {
                    fed.apply(changes).await;
                }
            }
        });
        let (answers, inbox) = unbounded_channel();
        let identity = Identity {
            name: "ana".to_owned(),
            ..Identity::default()
        };
        room.look(step, teller(&answers));
        Self {
            room,
            views: engine.views(),
            engine,
            placer: Placer::new(connection, identity, names),
            inbox,
            answers,
            _watches: watches,
        }
    }
}

fn teller(answers: &UnboundedSender<Msg>) -> impl Fn(Told) + Send + Sync + 'static {
    let answers = answers.clone();
    move |told| {
        let _ = answers.send(Msg::Lesson(told));
    }
}

impl Learner {
    /// Opens the lesson that comes with the program, at the step where `progress` has it.
    pub(crate) async fn take(name: &str, progress: &Progress, size: (u16, u16)) -> Self {
        let lesson = from_disk(name);
        Self::open(Arc::new(lesson), progress, size).await
    }

    pub(crate) async fn open(lesson: Arc<Lesson>, progress: &Progress, size: (u16, u16)) -> Self {
        let class = Class::new(
            Arc::clone(&lesson),
            Shell {
                kubeconfig: "/home/ana/lesson.kubeconfig".into(),
                folder: None,
            },
            None,
            progress,
        );
        let mut state = blank(size);
        let (_, names) = rules(&lesson).expect("profiles");
        state.options = Options {
            scheduler_names: names.into_iter().map(Into::into).collect(),
            ..state.options
        };
        let feed = Feed::start(&lesson, class.at).await;
        state.class = Some(Box::new(class));
        let mut learner = Self {
            state,
            kept: Progress::default(),
            lesson,
            feed,
        };
        learner.tell(Msg::Link(live())).await;
        learner.until("the first lists", |state| state.view.synced).await;
        learner
    }

    pub(crate) fn class(&self) -> &Class {
        self.state.class.as_ref().expect("a lesson")
    }

    /// Gives `msg`, and does what the state asks for.
    pub(crate) async fn tell(&mut self, msg: Msg) {
        let mut queue = vec![msg, Msg::Drawn];
        while !queue.is_empty() {
            let effects = update(&mut self.state, queue.remove(0), Timestamp::now());
            for effect in effects {
                queue.extend(self.does(effect).await);
            }
        }
    }

    async fn does(&mut self, effect: Effect) -> Option<Msg> {
        let Feed {
            engine,
            placer,
            answers,
            ..
        } = &self.feed;
        let (engine, placer, answers) = (engine.clone(), placer.clone(), answers.clone());
        match effect {
            Effect::Look(interest) => engine.look(interest),
            Effect::Place(intent) => {
                tokio::spawn(async move {
                    let outcome = placer.place(&engine, intent, DryRun::None, &|_| ()).await;
                    let _ = answers.send(Msg::Placed(outcome));
                });
            }
            Effect::Survey(pod, node) => {
                let found = placer.survey(&engine, pod.clone(), Arc::clone(&node)).await;
                return Some(Msg::Surveyed(pod, node, found.map_err(|error| error.to_string())));
            }
            Effect::Preempt(wish) => {
                tokio::spawn(async move {
                    let end = placer.preempt(&engine, &wish, DryRun::None, &|_| ()).await;
                    let _ = answers.send(Msg::Preempted(end));
                });
            }
            Effect::Adopt(adoption) => {
                placer.adopt(&adoption).await.expect("it is written down");
                let adopted = self.state.adoptions.iter().map(|one| Arc::clone(&one.scheduler));
                let ours = self.state.options.scheduler_names.iter().cloned();
                engine.answer_for(ours.chain(adopted).collect());
            }
            Effect::Study(id, study) => {
                let mut snapshot = engine.snapshot().await?;
                let found = study::run(
                    &mut snapshot,
                    &study,
                    &mut |_| std::ops::ControlFlow::Continue(()),
                );
                return Some(Msg::Studied(id, found.map(Arc::new)));
            }
            Effect::Teach(Wish::Enter(step)) => self.feed.room.enter(step, teller(&answers)),
            Effect::Teach(Wish::Keep(progress)) => self.kept = progress,
            Effect::Teach(Wish::Restart(step)) => {
                self.feed = Feed::start(&self.lesson, step).await;
                return Some(Msg::Connected);
            }
            _ => {}
        }
        None
    }

    /// Goes on until it is so.
    pub(crate) async fn until(&mut self, what: &str, holds: impl Fn(&State) -> bool) {
        let began = std::time::Instant::now();
        while !holds(&self.state) {
            if began.elapsed() > DEADLINE {
                let class = self.class();
                panic!(
                    "{}, step {}: waited in vain: {what}; {:?} {:?} {:?}",
                    self.lesson.name,
                    class.at + 1,
                    class.met,
                    class.failed,
                    self.state.notices.current().map(|notice| &notice.text),
                );
            }
            let tick = tokio::time::sleep(std::time::Duration::from_millis(60));
            let msg = tokio::select! {
                Some(msg) = self.feed.inbox.recv() => msg,
                Ok(()) = self.feed.views.changed() => Msg::View(Arc::clone(&self.feed.views.borrow_and_update())),
                () = tick => Msg::Tick,
            };
            self.tell(msg).await;
        }
    }

    /// Whether nothing of the lesson's goals becomes so within `n` looks.
    pub(crate) async fn settle(&mut self) {
        for _ in 0..12 {
            let looks = tokio::time::sleep(std::time::Duration::from_millis(25));
            let msg = tokio::select! {
                Some(msg) = self.feed.inbox.recv() => msg,
                Ok(()) = self.feed.views.changed() => Msg::View(Arc::clone(&self.feed.views.borrow_and_update())),
                () = looks => Msg::Tick,
            };
            self.tell(msg).await;
        }
    }

    pub(crate) async fn hit(&mut self, code: KeyCode) {
        self.tell(key(code)).await;
    }

    pub(crate) async fn press(&mut self, keys: &str) {
        for c in keys.chars() {
            self.hit(KeyCode::Char(c)).await;
        }
    }

    /// Asks for a hint; what is told, where there is none.
    pub(crate) async fn hint(&mut self) -> String {
        self.press("H").await;
        let told = self.state.notices.current();
        told.map_or_else(String::new, |notice| notice.text.clone())
    }

    /// Waits until the step's setup is done: after it its goals are looked at.
    pub(crate) async fn set_up(&mut self) {
        self.until("the goals are looked at", |state| {
            let class = state.class.as_ref().expect("a lesson");
            !class.met.is_empty() || class.step().is_none_or(|step| step.goals.is_empty())
        })
        .await;
    }

    /// Carries out `deeds`, as lessons write them.
    pub(crate) async fn request(&self, deeds: &[Deed]) -> Result<(), String> {
        self.feed.room.does(deeds.iter()).await
    }

    /// Predicts with keys.
    pub(crate) async fn predict(&mut self, typed: &str) {
        self.until("an answer to hold it against", |state| {
            let class = state.class.as_ref().expect("a lesson");
            let known = class.asks().and_then(|ask| class.answer(&ask.question));
            known.is_some_and(|answer| !matches!(answer, berth::scheduling::question::Answer::Unknown(_)))
        })
        .await;
        self.press("t").await;
        self.press(typed).await;
        self.hit(KeyCode::Enter).await;
    }

    /// Selects the pod with keys.
    pub(crate) async fn choose(&mut self, pod: &str) {
        self.until(&format!("{pod} waits"), |state| {
            state.view.waiting.iter().any(|row| *row.pod.key.name == *pod)
        })
        .await;
        while self.state.focus != berth::app::layout::Pane::Waiting {
            self.hit(KeyCode::BackTab).await;
        }
        self.hit(KeyCode::Home).await;
        for _ in 0..self.state.view.waiting.len() {
            if self.state.pod().is_some_and(|row| *row.pod.key.name == *pod) {
                break;
            }
            self.hit(KeyCode::Down).await;
        }
        let (namespace, name) = pod.split_once('/').unwrap_or(("", pod));
        self.until(
            &format!("{namespace}/{name} is judged, or that is not to be seen"),
            |state| {
                (state.decision().is_some() || state.covered())
                    && state.pod().is_some_and(|row| *row.pod.key.name == *pod)
            },
        )
        .await;
    }

    /// Goes to the node with keys.
    pub(crate) async fn point_at(&mut self, node: &str) {
        self.hit(KeyCode::Tab).await;
        self.hit(KeyCode::Home).await;
        for _ in 0..self.state.view.nodes.len() {
            if self.state.node_name().is_some_and(|name| **name == *node) {
                break;
            }
            self.hit(KeyCode::Down).await;
        }
        let shown = self.state.node_name().map(|name| &**name);
        assert_eq!(shown, Some(node), "{node} is not shown");
    }

    /// Places the pod with keys: on that node, or on the best one. Where the dialog wants a reason or a name, they are
    /// typed.
    pub(crate) async fn place(&mut self, pod: &str, node: Option<&str>) {
        self.choose(pod).await;
        if let Some(node) = node {
            self.point_at(node).await;
        }
        self.press("p").await;
        self.confirm().await;
    }

    /// Confirms the dialog that is open once it can be.
    pub(crate) async fn confirm(&mut self) {
        assert!(
            self.state.overlay.is_some(),
            "no dialog: {:?}",
            self.state.notices.current()
        );
        // A dialog is confirmed by a key that comes when the keys were quiet for a moment.
        for _ in 0..10 {
            let armed = |state: &State| match &state.overlay {
                Some(Overlay::Confirm(dialog)) => dialog.held(state.now).is_none(),
                Some(Overlay::Room(dialog)) => {
                    dialog.held(state.now).is_none() || matches!(dialog.step, Step::Over(_))
                }
                _ => true,
            };
            self.until("the dialog can be confirmed", armed).await;
            if self.state.overlay.is_none() || self.state.flight.is_some() {
                return;
            }
            if matches!(&self.state.overlay, Some(Overlay::Room(dialog)) if matches!(dialog.step, Step::Over(_)))
            {
                return self.hit(KeyCode::Esc).await;
            }
            self.hit(KeyCode::Enter).await;
        }
        panic!("the dialog is not confirmed: {:?}", self.state.overlay);
    }
}
