//! What one cluster brings to the screen.

use std::sync::Arc;

use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};
use tokio::sync::watch;

use super::fault;
use super::live::Live;
use super::studies::Studies;
use crate::app::Msg;
use crate::cli::exit::Failure;
use crate::cli::source::{Settings, Source};
use crate::engine::{Engine, View};
use crate::placing::Adoption;

/// What one cluster brings to the screen. Another cluster has another: what the last one still says goes nowhere.
pub(super) struct Feed {
    pub(super) engine: Engine,
    pub(super) views: watch::Receiver<Arc<View>>,
    pub(super) live: Live,
    pub(super) studies: Studies,
    pub(super) answers: UnboundedSender<Msg>,
    pub(super) inbox: UnboundedReceiver<Msg>,
}

impl Feed {
    pub(super) async fn start(
        source: Source,
        names: &[Arc<str>],
        settings: &Settings,
    ) -> Result<Self, Failure> {
        let engine = Engine::start(names, settings.profiles.clone()).map_err(|error| fault(&error.into()))?;
        let (answers, inbox) = mpsc::unbounded_channel();
        Ok(Self {
            live: Live::start(source, settings, names, &engine, &answers).await?,
            views: engine.views(),
            engine,
            studies: Studies::default(),
            answers,
            inbox,
        })
    }

    /// Has the engine take for ours the pods of `names`, and those that are adopted.
    pub(super) fn answer_for(&self, names: &[Arc<str>], adoptions: &[Arc<Adoption>]) {
        let adopted = adoptions.iter().map(|adoption| &adoption.scheduler);
        let adopted = adopted.filter(|name| !names.contains(name));
        self.engine
            .answer_for(names.iter().chain(adopted).cloned().collect());
    }
}
