//! The program on the terminal: joins engine, network, state and screen, and carries out what the state asks for.
//!
//! One task owns the state. It waits for keys, views, answers and signals, hands each to
//! [`update`](crate::app::update), carries out the effects and draws: at once after the keys that came, and at most thirty
//! times a second for everything else.

mod connecting;
mod export;
mod feed;
mod ground;
mod live;
pub(super) mod signals;
mod studies;
mod teller;

use std::io::IsTerminal as _;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use crossterm::clipboard::CopyToClipboard;
use crossterm::event::{Event, EventStream, KeyEventKind};
use crossterm::execute;
use crossterm::style::Print;
use futures::StreamExt;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use tokio::task::JoinSet;

use super::exit::{Exit, Failure};
use super::learn::Opening;
use super::settings::Look;
use super::source::{Settings, Source};
use super::terminal::Taken;
use crate::app::export::Content;
use crate::app::lesson::{Class, Wish};
use crate::app::state::Options;
use crate::app::{self, Effect, Level, Msg, State};
use crate::cluster::kubeconfig;
use crate::cluster::presence::Doing;
use crate::model::PodKey;
use crate::model::workload::Owner;
use crate::placing::{Intent, Preemption};
use crate::ui::theme::{AUTO, Ground};
use crate::ui::{self, Theme, Themes};
use connecting::Connecting;
use feed::Feed;
use ground::{Heard, Listener};
use signals::Signals;

/// Shows `source` until the person leaves. The terminal is given back whatever happens.
///
/// # Errors
/// Where there is no terminal, or it cannot be used; where the program was told to end by a signal.
pub(super) async fn run(source: Source, settings: Settings, look: Look) -> Result<(), Failure> {
    if !(std::io::stdin().is_terminal() && std::io::stdout().is_terminal()) {
        return Err(Failure::new(
            Exit::Usage,
            "the screen needs a terminal on standard input and output",
        )
        .hint("Try 'berth pods', 'berth explain POD' or 'berth place POD': they need none."));
    }
    if std::env::var_os("TERM").is_some_and(|kind| kind == "dumb") {
        return Err(Failure::new(
            Exit::Usage,
            "the screen needs a terminal that can place its cursor, and TERM is 'dumb'",
        )
        .hint("Try 'berth pods', 'berth explain POD' or 'berth place POD': they need none."));
    }
    let settings = Settings {
        tell: look.settings.tell,
        ..settings
    };
    let names: Vec<Arc<str>> = settings
        .scheduler_names
        .iter()
        .map(|name| Arc::from(name.as_str()))
        .collect();
    let contexts = match &source {
        Source::Cluster(_) => kubeconfig::contexts(settings.connect.kubeconfig.as_deref()),
        Source::Demo(_) | Source::Lesson(_) | Source::File(_) => Vec::new(),
    };
    let kubeconfig = settings.connect.kubeconfig.as_ref();
    let kubeconfig = kubeconfig.map(|file| file.display().to_string());
    let profiles = settings.profiles.all().iter();
    let options = Options {
        scheduler_names: names.clone().into(),
        namespace: settings.namespace.clone().map(Into::into),
        zone: TimeZone::system(),
        contexts: contexts.into_iter().map(Into::into).collect(),
        profiles: profiles
            .map(|profile| Arc::clone(&profile.scheduler_name))
            .collect(),
        keymap: Arc::clone(&look.settings.keymap),
        kubeconfig: kubeconfig.map(Into::into),
        settings_file: look.file.map(Into::into),
        settings: Arc::new(look.settings),
    };
    let opening = match &source {
        Source::Lesson(opening) => Some(opening.clone()),
        _ => None,
    };
    let feed = Feed::start(source, &names, &settings).await?;
    for warning in look.warnings {
        // The inbox is there as long as the feed.
        let _ = feed.answers.send(Msg::Notice(Level::Warn, warning));
    }
    let size = crossterm::terminal::size().unwrap_or((80, 24));
    let mut state = State::new(options, size, Timestamp::now());
    state.class = opening.as_ref().map(|opening| {
        let (lesson, next) = (Arc::clone(&opening.lesson), opening.next.clone());
        Box::new(Class::new(lesson, opening.shell(), next, &opening.progress))
    });
    if let Some(asked) = &settings.adopt {
        state.adoptions = feed.live.adopt_as_asked(asked).await?;
        feed.answer_for(&names, &state.adoptions);
    }
    let program = Program {
        state,
        themes: look.themes,
        theme: None,
        listener: Listener::default(),
        feed,
        connecting: Connecting::default(),
        names,
        settings,
        opening,
        following: JoinSet::new(),
        drawn: None,
        dirty: true,
        urgent: true,
    };
    let mut program = program;
    let ended = program.run().await;
    program.give_back().await;
    match ended {
        Ok(Ended::Quit) => Ok(()),
        Ok(Ended::Signalled) => Err(Failure::silent(Exit::Interrupted)),
        Err(error) => Err(fault(&error)),
    }
}

fn fault(error: &anyhow::Error) -> Failure {
    Failure::new(Exit::Failed, format!("the screen: {error:#}"))
}

/// What ended the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ended {
    /// The person quit.
    Quit,
    /// A signal, or the terminal is gone.
    Signalled,
}

struct Program {
    state: State,
    themes: Themes,
    /// The theme that is drawn with, and its name.
    theme: Option<(Arc<str>, Theme)>,
    listener: Listener,
    feed: Feed,
    connecting: Connecting,
    names: Vec<Arc<str>>,
    settings: Settings,
    /// The lesson that is taken.
    opening: Option<Box<Opening>>,
    /// What finds out who made the pod that is looked at.
    following: JoinSet<()>,
    drawn: Option<Instant>,
    /// Whether the state may look different from the last frame.
    dirty: bool,
    /// Whether a person waits for the next frame.
    urgent: bool,
}

impl Program {
    /// Ends what holds only while the screen is there.
    async fn give_back(&mut self) {
        let why = "the screen was left";
        let left = self.feed.live.leave();
        let released = self.feed.live.release(self.state.adoptions.clone(), why);
        tokio::join!(left, released);
        if let Some(opening) = &self.opening {
            // Its token goes with the cluster.
            let _ = std::fs::remove_file(&opening.kubeconfig);
        }
    }

    async fn run(&mut self) -> Result<Ended> {
        let mut signals = Signals::new()?;
        let wanted = Arc::clone(&self.state.options.settings);
        let mut terminal = Taken::take(wanted.mouse).context("taking the terminal")?;
        let size = terminal.screen.size().context("asking for the terminal's size")?;
        self.update(Msg::Resize(size.width, size.height));
        self.ask_for_ground();
        let mut events = EventStream::new();
        let mut tick = tokio::time::interval(wanted.ages);
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Skip);
        loop {
            if self.dirty && Instant::now() >= self.next_frame() {
                self.draw(&mut terminal)?;
            }
            let next_frame = self.next_frame();
            let msg = tokio::select! {
                biased;
                () = signals.next() => return Ok(Ended::Signalled),
                event = events.next() => match event {
                    Some(Ok(event)) => self.hear(event),
                    // The terminal is gone: nobody is there to be told.
                    Some(Err(_)) | None => return Ok(Ended::Signalled),
                },
                connected = self.connecting.next() => Some(self.switch(connected)),
                Some(msg) = self.feed.inbox.recv() => Some(msg),
                changed = self.feed.views.changed() => match changed {
                    Ok(()) => Some(Msg::View(Arc::clone(&self.feed.views.borrow_and_update()))),
                    Err(_) => bail!("the engine has stopped"),
                },
                _ = tick.tick() => Some(Msg::Tick),
                // After the keys that came already: a thousand pasted ones are not a thousand frames.
                () = std::future::ready(()), if self.dirty && self.urgent => {
                    self.draw(&mut terminal)?;
                    None
                }
                () = tokio::time::sleep_until(next_frame.into()), if self.dirty => None,
            };
            if let Some(msg) = msg
                && self.update(msg)
            {
                return Ok(Ended::Quit);
            }
        }
    }

    /// Hands `msg` to the state and carries out what it asks for; whether that is to quit.
    fn update(&mut self, msg: Msg) -> bool {
        self.urgent |= matches!(msg, Msg::Key(_) | Msg::Mouse(_) | Msg::Paste(_) | Msg::Resize(..));
        self.dirty |= !matches!(msg, Msg::Drawn);
        let mut quit = false;
        for effect in app::update(&mut self.state, msg, Timestamp::now()) {
            match effect {
                Effect::Quit => quit = true,
                Effect::Look(interest) => self.feed.engine.look(interest),
                Effect::JudgeBy(profile) => self.feed.engine.judge_by(profile),
                Effect::Connect(context) => self.connect(&context),
                Effect::Stay => self.connecting = Connecting::default(),
                Effect::Place(intent) => self.place(intent),
                Effect::Adopt(adoption) => {
                    self.feed.answer_for(&self.names, &self.state.adoptions);
                    let Feed { live, answers, .. } = &self.feed;
                    tokio::spawn(live.adopt(adoption, false, answers.clone()));
                }
                Effect::Renew(adoption) => {
                    let Feed { live, answers, .. } = &self.feed;
                    tokio::spawn(live.adopt(adoption, true, answers.clone()));
                }
                Effect::Release(adoption, why) => {
                    self.feed.answer_for(&self.names, &self.state.adoptions);
                    let released = self.feed.live.release(vec![adoption], &why);
                    tokio::spawn(released);
                }
                Effect::Doing { open, adopts } => self.feed.live.does(Doing { open, adopts }),
                Effect::Survey(pod, node) => self.survey(pod, node),
                Effect::Preempt(wish) => self.preempt(*wish),
                Effect::TakeBack => self.feed.live.take_back(),
                Effect::Study(id, study) => {
                    let Feed {
                        studies,
                        engine,
                        answers,
                        ..
                    } = &mut self.feed;
                    studies.begin(engine, id, study, answers);
                }
                Effect::Abandon(id) => self.feed.studies.abandon(id),
                Effect::Fetch(subject) => {
                    let Feed { live, answers, .. } = &self.feed;
                    tokio::spawn(live.fetch(subject, answers.clone()));
                }
                Effect::FollowOwners(of) => self.follow_owners(of),
                Effect::Teach(wish) => self.teach(wish),
                Effect::Wake(after) => self.wake(after),
                Effect::Copy(text) => copy(&text),
                Effect::Export {
                    content,
                    path,
                    replace,
                } => self.export(content, path, replace),
            }
        }
        quit
    }

    fn place(&self, intent: Intent) {
        let Feed {
            live,
            engine,
            answers,
            ..
        } = &self.feed;
        tokio::spawn(live.place(engine.clone(), intent, answers.clone()));
    }

    fn survey(&self, pod: PodKey, node: Arc<str>) {
        let Feed {
            live,
            engine,
            answers,
            ..
        } = &self.feed;
        tokio::spawn(live.survey(engine.clone(), pod, node, answers.clone()));
    }

    fn preempt(&self, wish: Preemption) {
        let Feed {
            live,
            engine,
            answers,
            ..
        } = &self.feed;
        tokio::spawn(live.preempt(engine.clone(), wish, answers.clone()));
    }

    /// Connects to `context`; what is shown stays until that has worked.
    fn connect(&mut self, context: &str) {
        let (names, settings) = (self.names.clone(), self.settings.clone());
        let screen = self.feed.answers.clone();
        self.connecting = Connecting::to(context, names, settings, screen);
    }

    fn switch(&mut self, connected: Result<Feed, Failure>) -> Msg {
        self.connecting = Connecting::default();
        match connected {
            Ok(feed) => {
                let adoptions = std::mem::take(&mut self.state.adoptions);
                let why = "another cluster was gone to";
                tokio::spawn(self.feed.live.release(adoptions, why));
                tokio::spawn(self.feed.live.leave());
                self.feed = feed;
                Msg::Connected
            }
            Err(failure) => Msg::NotConnected(failure.to_string()),
        }
    }

    fn teach(&mut self, wish: Wish) {
        let Some(opening) = &mut self.opening else {
            return;
        };
        match wish {
            Wish::Enter(step) => self.feed.live.enter(step, &self.feed.answers),
            Wish::Silence(silent) => self.feed.live.silence(silent),
            Wish::Restart(step) => {
                opening.progress.step = step;
                opening.progress.finished = false;
                let (names, settings) = (self.names.clone(), self.settings.clone());
                self.connecting = Connecting::again(Source::Lesson(opening.clone()), names, settings);
            }
            Wish::Keep(progress) => {
                if let Err(error) = opening.keep(progress) {
                    let text = format!("progress is not kept: {error}");
                    let _ = self.feed.answers.send(Msg::Notice(Level::Warn, text));
                }
            }
        }
    }

    /// Calls off what was asked before.
    fn follow_owners(&mut self, of: Option<(PodKey, Arc<Owner>)>) {
        self.following = JoinSet::new();
        if let Some((pod, owner)) = of {
            let Feed { live, answers, .. } = &self.feed;
            self.following
                .spawn(live.follow_owners(pod, owner, answers.clone()));
        }
    }

    fn wake(&self, after: Duration) {
        let answers = self.feed.answers.clone();
        tokio::spawn(async move {
            tokio::time::sleep(after).await;
            // The program may have ended meanwhile.
            let _ = answers.send(Msg::Tick);
        });
    }

    fn export(&self, content: Content, path: String, replace: bool) {
        let text = export::text(content, &self.state, &self.themes.get(&self.state.theme));
        let answers = self.feed.answers.clone();
        tokio::task::spawn_blocking(move || {
            let written = export::write(&path, &text, replace);
            let _ = answers.send(Msg::Exported(path, written));
        });
    }

    /// Finds out whether the terminal's ground is dark, where the theme goes by it: by a variable that some terminals
    /// set, otherwise by asking the terminal.
    fn ask_for_ground(&mut self) {
        if *self.state.theme != *AUTO || !self.themes.needs_ground() {
            return;
        }
        let variable = std::env::var("COLORFGBG").ok();
        if let Some(ground) = variable.and_then(|value| Ground::of_variable(&value)) {
            self.themes.set_ground(ground);
        } else if execute!(std::io::stdout(), Print(Ground::QUESTION)).is_ok() {
            self.listener.ask();
        }
    }

    /// What the terminal says: an answer of its own, or what a person does.
    fn hear(&mut self, event: Event) -> Option<Msg> {
        let Event::Key(key) = &event else {
            return from_terminal(event);
        };
        match self.listener.hear(key) {
            Heard::Key => from_terminal(event),
            Heard::Part | Heard::Ground(None) => None,
            Heard::Ground(Some(ground)) => {
                self.themes.set_ground(ground);
                (self.theme, self.dirty) = (None, true);
                None
            }
        }
    }

    /// The shortest time between two frames that no key asked for.
    fn next_frame(&self) -> Instant {
        let frame = Duration::from_secs(1) / self.state.options.settings.frames.max(1);
        self.drawn.map_or_else(Instant::now, |drawn| drawn + frame)
    }

    fn draw(&mut self, terminal: &mut Taken) -> Result<()> {
        ensure!(
            Taken::is_held(),
            "a part of the program has failed, as said above"
        );
        let state = &self.state;
        let name = state.shown_theme();
        let kept = self.theme.take().filter(|(drawn, _)| **drawn == *name);
        let (_, theme) = self
            .theme
            .insert(kept.unwrap_or_else(|| (name.into(), self.themes.get(name))));
        terminal
            .screen
            .draw(|frame| ui::draw(frame, state, theme))
            .context("drawing")?;
        self.drawn = Some(Instant::now());
        (self.dirty, self.urgent) = (false, false);
        self.update(Msg::Drawn);
        Ok(())
    }
}

fn from_terminal(event: Event) -> Option<Msg> {
    match event {
        Event::Key(key) if key.kind == KeyEventKind::Release => None,
        Event::Key(key) => Some(Msg::Key(key)),
        Event::Mouse(mouse) => Some(Msg::Mouse(mouse)),
        Event::Paste(text) => Some(Msg::Paste(text)),
        Event::Resize(width, height) => Some(Msg::Resize(width, height)),
        Event::FocusGained | Event::FocusLost => None,
    }
}

/// Asks the terminal to put `text` on the clipboard (OSC 52); one that cannot ignores it.
fn copy(text: &str) {
    let _ = execute!(std::io::stdout(), CopyToClipboard::to_clipboard_from(text));
}
