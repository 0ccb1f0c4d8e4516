//! What `auto` prints: a line, or an object, for what happens to pods.

use std::collections::HashSet;

use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::sync::mpsc;

use crate::auto::Happened;
use crate::cli::args::{AutoArgs, Global, Policy};
use crate::cli::exit::Failure;
use crate::cli::note;
use crate::cli::output::{Output, Span, Style};
use crate::cluster::watch::{WatchKind, WatchStatus};
use crate::model::text::inert;

/// Scores of more nodes than these are not listed.
const NODES: usize = 20;

/// Prints.
pub(super) struct Lines {
    output: Output,
    policy: Policy,
    json: bool,
    down: HashSet<WatchKind>,
}

impl Lines {
    pub(super) fn new(args: &AutoArgs, global: &Global) -> Self {
        let output = Output::new(global);
        Self {
            json: !output.for_people(),
            output,
            policy: args.policy,
            down: HashSet::new(),
        }
    }

    /// Prints what `happened` brings, until nobody tells anything any more.
    pub(super) async fn print(
        mut self,
        mut happened: mpsc::UnboundedReceiver<Happened>,
    ) -> Result<(), Failure> {
        while let Some(what) = happened.recv().await {
            self.one(&what)?;
            while let Ok(what) = happened.try_recv() {
                self.one(&what)?;
            }
            self.output.flush()?;
        }
        Ok(())
    }

    fn one(&mut self, what: &Happened) -> Result<(), Failure> {
        match what {
            Happened::Watch(kind, status) => {
                self.watch(*kind, status);
                Ok(())
            }
            Happened::Trouble(text) => {
                note(&inert(text));
                Ok(())
            }
            _ if self.json => match object(what) {
                Some(object) => self.output.document(&object),
                None => Ok(()),
            },
            _ => match self.line(what) {
                Some((text, style)) => self.output.line(&[Span::new(text, style)]),
                None => Ok(()),
            },
        }
    }

    fn watch(&mut self, kind: WatchKind, status: &WatchStatus) {
        match status {
            WatchStatus::Live => {
                if self.down.remove(&kind) {
                    note(&format!("the watch of {kind} is live again"));
                }
            }
            WatchStatus::Down { error, .. } => {
                if self.down.insert(kind) {
                    note(&format!("{error}; trying again"));
                }
            }
            WatchStatus::Unseen { error } => note(&format!("{error}; pods are placed without")),
            WatchStatus::Connecting | WatchStatus::Listing { .. } | WatchStatus::NotServed => {}
        }
    }

    /// The words of the schedulers that people know: the first-node scheduler says one thing only, the random one each step.
    fn line(&self, what: &Happened) -> Option<(String, Style)> {
        let text = match (self.policy, what) {
            (Policy::First, Happened::Bound(pod, _)) => format!("Success bind pod {pod}"),
            (Policy::Random, Happened::Found(pod)) => format!("found a pod to schedule: {pod}"),
            (Policy::Random, Happened::Scored(pod, scores)) => {
                let listed = scores.iter().take(NODES);
                let mut listed: Vec<String> = listed.map(|(node, score)| format!("{node}={score}")).collect();
                if scores.len() > NODES {
                    listed.push(format!("and {} more", scores.len() - NODES));
                }
                let listed = if listed.is_empty() {
                    "no node passed the filter".to_owned()
                } else {
                    listed.join(" ")
                };
                format!("calculated scores for {pod}: {listed}")
            }
            (Policy::Random, Happened::Chosen(pod, node)) => format!("chose node {node} for {pod}"),
            (Policy::Random, Happened::Posted(pod)) => format!("posted event Scheduled for {pod}"),
            (_, Happened::Bound(pod, node)) => format!("bound {pod} to {node}"),
            (
                _,
                Happened::Unplaced {
                    pod,
                    fits_nowhere,
                    message,
                },
            ) => {
                let style = if *fits_nowhere { Style::Warn } else { Style::Bad };
                return Some((format!("cannot place {pod}: {message}"), style));
            }
            (_, Happened::Preempted { pod, node, victims }) => {
                let victims: Vec<String> = victims.iter().map(ToString::to_string).collect();
                let text = format!("made room for {pod} on {node}: deleted {}", victims.join(", "));
                return Some((text, Style::Warn));
            }
            // What the others do not say.
            _ => return None,
        };
        let style = match what {
            Happened::Bound(..) => Style::Good,
            _ => Style::Plain,
        };
        Some((text, style))
    }
}

/// The same for programs.
fn object(what: &Happened) -> Option<Value> {
    let mut object = match what {
        Happened::Found(pod) => json!({"type": "found", "pod": pod.to_string()}),
        Happened::Scored(pod, scores) => {
            let scores: serde_json::Map<String, Value> = scores
                .iter()
                .map(|(node, score)| (node.to_string(), (*score).into()))
                .collect();
            json!({"type": "scored", "pod": pod.to_string(), "scores": scores})
        }
        Happened::Chosen(pod, node) => json!({"type": "chosen", "pod": pod.to_string(), "node": &**node}),
        Happened::Bound(pod, node) => json!({"type": "bound", "pod": pod.to_string(), "node": &**node}),
        Happened::Posted(pod) => json!({"type": "event", "pod": pod.to_string()}),
        Happened::Unplaced {
            pod,
            fits_nowhere,
            message,
        } => json!({
            "type": if *fits_nowhere { "unschedulable" } else { "error" },
            "pod": pod.to_string(),
            "message": &**message,
        }),
        Happened::Preempted { pod, node, victims } => {
            let victims: Vec<String> = victims.iter().map(ToString::to_string).collect();
            json!({"type": "preempted", "pod": pod.to_string(), "node": &**node, "victims": victims})
        }
        Happened::Watch(..) | Happened::Trouble(_) => return None,
    };
    object["time"] = format!("{:.6}", Timestamp::now()).into();
    Some(object)
}
