//! The program on the terminal: joins engine, network, state and screen, and carries out what the state asks for.
//!
//! One task owns the state. It waits for keys, views, answers and signals, hands each to
//! [`update`](crate::app::update), carries out the effects and draws: at once after a key, and at most thirty times a
//! second for everything else.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use crossterm::event::{Event, EventStream, KeyEventKind};
use futures::StreamExt;
use jiff::Timestamp;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};

use super::link::Links;
use super::terminal::Taken;
use crate::app::{self, Effect, Msg, State};
use crate::engine::Engine;
use crate::placing::{DryRun, Placer};
use crate::ui::{self, Theme};

/// The shortest time between two frames that no key asked for.
const FRAME: Duration = Duration::from_millis(33);
/// How often ages are drawn anew.
const TICK: Duration = Duration::from_secs(1);

/// What ended the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ended {
    /// The person quit.
    Quit,
    /// SIGINT from outside.
    Interrupted,
    /// SIGTERM or SIGHUP, or the terminal is gone.
    Terminated,
}

/// The parts that the screen is run from.
pub(super) struct Parts {
    /// What is shown at first.
    pub(super) state: State,
    /// How it is drawn.
    pub(super) theme: Theme,
    /// Who decides.
    pub(super) engine: Engine,
    /// Who places; nobody where the cluster is a file.
    pub(super) placer: Option<Arc<Placer>>,
    /// What is known of the connection, as it comes.
    pub(super) links: Links,
}

/// Runs the screen until it ends. The terminal is given back whatever happens.
///
/// # Errors
/// Where the terminal cannot be used.
pub(super) async fn run(parts: Parts) -> Result<Ended> {
    let mut signals = Signals::new()?;
    let mut terminal = Taken::take().context("taking the terminal")?;
    let size = terminal.screen.size().context("asking for the terminal's size")?;
    let (answers, inbox) = mpsc::unbounded_channel();
    let mut program = Program { parts, answers, inbox, drawn: None, dirty: true, urgent: true };
    program.update(Msg::Resize(size.width, size.height));
    let mut events = EventStream::new();
    let mut views = program.parts.engine.views();
    let mut tick = tokio::time::interval(TICK);
    tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Skip);
    loop {
        if program.is_frame_due() {
            program.draw(&mut terminal)?;
        }
        let next_frame = program.next_frame();
        let msg = tokio::select! {
            biased;
            ended = signals.next() => return Ok(ended),
            event = events.next() => match event {
                Some(Ok(event)) => from_terminal(event),
                // The terminal is gone: nobody is there to be told.
                Some(Err(_)) | None => return Ok(Ended::Terminated),
            },
            Some(msg) = program.inbox.recv() => Some(msg),
            Some(link) = program.parts.links.next() => Some(Msg::Link(link)),
            Ok(()) = views.changed() => Some(Msg::View(Arc::clone(&views.borrow_and_update()))),
            _ = tick.tick() => Some(Msg::Tick),
            () = tokio::time::sleep_until(next_frame.into()), if program.dirty => None,
        };
        if let Some(msg) = msg
            && program.update(msg)
        {
            return Ok(Ended::Quit);
        }
    }
}

struct Program {
    parts: Parts,
    answers: UnboundedSender<Msg>,
    inbox: UnboundedReceiver<Msg>,
    drawn: Option<Instant>,
    /// Whether the state may look different from the last frame.
    dirty: bool,
    /// Whether a person waits for the next frame.
    urgent: bool,
}

impl Program {
    /// Hands `msg` to the state and carries out what it asks for; whether that is to quit.
    fn update(&mut self, msg: Msg) -> bool {
        self.urgent |= matches!(msg, Msg::Key(_) | Msg::Mouse(_) | Msg::Paste(_) | Msg::Resize(..));
        self.dirty = true;
        let effects = app::update(&mut self.parts.state, msg, Timestamp::now());
        let mut quit = false;
        for effect in effects {
            match effect {
                Effect::Quit => quit = true,
                Effect::Look(interest) => self.parts.engine.look(interest),
                Effect::Place(intent) => self.place(intent),
            }
        }
        quit
    }

    fn place(&self, intent: crate::placing::Intent) {
        let answers = self.answers.clone();
        let engine = self.parts.engine.clone();
        let Some(placer) = self.parts.placer.clone() else { return };
        tokio::spawn(async move {
            let progress = |stage| {
                let _ = answers.send(Msg::Placing(stage));
            };
            let outcome = placer.place(&engine, intent, DryRun::None, &progress).await;
            let _ = answers.send(Msg::Placed(outcome));
        });
    }

    fn next_frame(&self) -> Instant {
        self.drawn.map_or_else(Instant::now, |drawn| drawn + FRAME)
    }

    fn is_frame_due(&self) -> bool {
        self.dirty && (self.urgent || Instant::now() >= self.next_frame())
    }

    fn draw(&mut self, terminal: &mut Taken) -> Result<()> {
        let (state, theme) = (&self.parts.state, &self.parts.theme);
        terminal.screen.draw(|frame| ui::draw(frame, state, theme)).context("drawing")?;
        self.drawn = Some(Instant::now());
        (self.dirty, self.urgent) = (false, false);
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

struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
    hang_up: tokio::signal::unix::Signal,
}

impl Signals {
    fn new() -> Result<Self> {
        let on = |kind| signal(kind).context("listening for signals");
        Ok(Self {
            interrupt: on(SignalKind::interrupt())?,
            terminate: on(SignalKind::terminate())?,
            hang_up: on(SignalKind::hangup())?,
        })
    }

    async fn next(&mut self) -> Ended {
        tokio::select! {
            _ = self.interrupt.recv() => Ended::Interrupted,
            _ = self.terminate.recv() => Ended::Terminated,
            _ = self.hang_up.recv() => Ended::Terminated,
        }
    }
}
