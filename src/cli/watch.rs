//! `berth watch`: a line for every change that the watches bring.

mod known;

use std::collections::HashSet;

use serde_json::json;
use tokio::sync::mpsc;

use self::known::{Event, Known, What};
use super::args::Global;
use super::exit::Failure;
use super::note;
use super::output::{Output, Span, Style};
use super::source;
use crate::cluster::Connection;
use crate::cluster::load::load;
use crate::cluster::watch::{self, FeedEvent, WatchKind, WatchStatus};
use crate::model::Change;

/// Runs the command, until it is interrupted.
pub(super) async fn run(global: Global) -> Result<(), Failure> {
    let connection = source::connect(&global).await?;
    let (sender, mut feed) = mpsc::channel(64);
    let _watches = watch::start(&connection, WatchKind::ESSENTIAL, &sender);
    let mut printer = Printer {
        namespace: global.namespace.clone().filter(|_| !global.all_namespaces),
        known: Known::default(),
        output: Output::new(&global),
    };
    let mut health = Health::default();
    while let Some(event) = feed.recv().await {
        match event {
            FeedEvent::Changes(changes) => printer.changes(changes)?,
            FeedEvent::Status(kind, status) => health.take(kind, status, &connection).await?,
        }
    }
    Ok(())
}

/// Which watches work, as far as it was told.
#[derive(Default)]
struct Health {
    seen_live: HashSet<WatchKind>,
    down: HashSet<WatchKind>,
}

impl Health {
    /// Tells what changed. A watch that never came up ends the command: waiting would not say why.
    async fn take(
        &mut self,
        kind: WatchKind,
        status: WatchStatus,
        connection: &Connection,
    ) -> Result<(), Failure> {
        match status {
            WatchStatus::Live => {
                self.seen_live.insert(kind);
                if self.down.remove(&kind) {
                    note(&format!("the watch of {kind} is live again"));
                }
            }
            WatchStatus::Down { error, .. } => {
                if !self.seen_live.contains(&kind) {
                    load(connection).await?;
                }
                if self.down.insert(kind) {
                    let complaint = Failure::new(super::exit::Exit::Failed, error);
                    note(&format!("{complaint}; trying again"));
                }
            }
            // The last two are not said of the kinds that are watched here.
            WatchStatus::Connecting
            | WatchStatus::Listing { .. }
            | WatchStatus::NotServed
            | WatchStatus::Unseen { .. } => {}
        }
        Ok(())
    }
}

struct Printer {
    namespace: Option<String>,
    known: Known,
    output: Output,
}

impl Printer {
    fn changes(&mut self, changes: Vec<Change>) -> Result<(), Failure> {
        for change in changes {
            for event in self.known.take(change) {
                self.print(&event)?;
            }
        }
        self.output.flush()
    }

    fn print(&mut self, event: &Event) -> Result<(), Failure> {
        if let (Some(wanted), Some(namespace)) = (&self.namespace, &event.object.namespace)
            && wanted != namespace
        {
            return Ok(());
        }
        if !self.output.for_people() {
            return self.output.document(&json!({
                "type": event.what.as_str(),
                "kind": event.object.kind,
                "namespace": event.object.namespace,
                "name": event.object.name,
                "uid": event.uid,
                "resourceVersion": event.version,
            }));
        }
        let style = match event.what {
            What::Add => Style::Good,
            What::Update => Style::Plain,
            What::Delete => Style::Bad,
        };
        let kind = event.object.kind.to_lowercase();
        let name = match &event.object.namespace {
            Some(namespace) => format!("{namespace}/{}", event.object.name),
            None => format!("\"{}\"", event.object.name),
        };
        self.output.line(&[
            Span::new(event.what.as_str(), style),
            format!(" event for {kind} {name}").into(),
        ])
    }
}
