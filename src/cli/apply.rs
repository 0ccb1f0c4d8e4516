//! `berth apply`: a plan carried out, pod by pod, up to the first surprise.

mod interrupt;
mod report;
mod scene;
mod standing;
mod surprise;

use std::io::{IsTerminal as _, Read as _};
use std::path::Path;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use self::interrupt::Interrupt;
use self::report::Report;
use self::scene::Scene;
use self::standing::Standing;
use self::surprise::{Surprise, surprise};
use super::adopt::Adoptions;
use super::args::{ApplyArgs, DryRunMode, Global};
use super::exit::{Exit, Failure};
use super::place::{carry_out, dry_run};
use super::presence::{self, Here, Told};
use super::{interruptible, note, source};
use crate::cluster::presence::{Doing, Operator};
use crate::model::PodKey;
use crate::placing::{Intent, Judge as _, Outcome, Placer, Reason, Verdict};
use crate::scheduling::plan::document::{Document, Placement};

/// Runs the command.
pub(super) async fn run(args: ApplyArgs, global: Global) -> Result<(), Failure> {
    let name = args.plan.display().to_string();
    let from_stdin = name == "-";
    let asks = args.dry_run == DryRunMode::None && !args.yes;
    if asks && (from_stdin || !std::io::stdin().is_terminal()) {
        let why = if from_stdin {
            "standard input is the plan"
        } else {
            "standard input is no terminal"
        };
        let message = format!("cannot carry out {name}: nobody can be asked, as {why}");
        let hint = "Give -y to carry it out without being asked, or --dry-run=server to try it.";
        return Err(Failure::new(Exit::Usage, message).hint(hint));
    }
    let document = read(&args.plan).await?;
    prepared(&document, &global)?;
    let (mut run, todo) = {
        let (args, global) = (args.clone(), global.clone());
        interruptible(async move { Run::prepare(document, args, &global).await }).await?
    };
    if asks && todo > 0 {
        note(&run.question(todo, &name));
        if !super::ask::yes("Carry it out?").await? {
            return Err(Failure::new(
                Exit::Failed,
                "the plan was not carried out: nothing was sent",
            ));
        }
    }
    run.carry_out(&global).await
}

/// Reads the plan, off the async threads.
async fn read(path: &Path) -> Result<Document, Failure> {
    let path = path.to_owned();
    let name = if path.as_os_str() == "-" {
        "standard input".to_owned()
    } else {
        path.display().to_string()
    };
    let reading = tokio::task::spawn_blocking(move || {
        if path.as_os_str() == "-" {
            let mut text = String::new();
            std::io::stdin().read_to_string(&mut text).map(|_| text)
        } else {
            std::fs::read_to_string(&path)
        }
    });
    let text = interruptible(async move {
        let text = reading.await.map_err(std::io::Error::other).flatten();
        text.map_err(|error| Failure::new(Exit::Usage, format!("cannot read the plan: {error}")))
    });
    Document::read(&text.await?, &name)
        .map_err(|error| Failure::new(Exit::Usage, format!("cannot read the plan: {error}")))
}

/// Refuses a plan with pods that a Binding alone leaves waiting, unless there is a reason to place them all the same.
fn prepared(document: &Document, global: &Global) -> Result<(), Failure> {
    let mut unprepared = document.placements.iter().filter(|at| !at.unprepared.is_empty());
    // Why a scheduler's pods are adopted does not say why one of them is placed although something is left to nobody.
    let overruled = global.reason.is_some() && global.adopt.is_empty();
    let Some(first) = unprepared.next().filter(|_| !overruled) else {
        return Ok(());
    };
    let more = unprepared.count();
    let others = if more > 0 {
        format!(" (and {more} more pods like it)")
    } else {
        String::new()
    };
    let why = first.unprepared.join("; ");
    let message = format!("cannot carry out the plan: pod {}{others}: {why}", first.pod);
    Err(
        Failure::new(Exit::Infeasible, message).hint(if global.adopt.is_empty() {
            "Give --reason TEXT to place such pods all the same, or leave them out of the plan."
        } else {
            "Leave such pods out of the plan (plan --skip), and place them one by one with place --override."
        }),
    )
}

/// A plan under way.
struct Run {
    args: ApplyArgs,
    /// The pods in order, and where each of them stood at the beginning.
    pods: Vec<(PodKey, Placement, Standing)>,
    placer: Placer,
    scene: Scene,
    source: Option<String>,
    adoptions: Adoptions,
    reason: Option<Reason>,
}

impl Run {
    /// Looks at the cluster; also gives how many pods are to be placed.
    ///
    /// # Errors
    /// Where a pod is not as the plan has it: then nothing is sent at all.
    async fn prepare(document: Document, args: ApplyArgs, global: &Global) -> Result<(Self, usize), Failure> {
        let connection = source::connect(global).await?;
        let snapshot = source::of_connection(connection.clone(), global).await?;
        let adoptions = Adoptions::begin(&connection, global).await?;
        let mut pods = Vec::new();
        for placement in document.placements {
            let Some(key) = placement.key() else { continue };
            let standing = standing::of(&key, &placement, &snapshot.cluster, &connection).await?;
            pods.push((key, placement, standing));
        }
        let todo = pods
            .iter()
            .filter(|(_, _, standing)| *standing == Standing::Waiting)
            .count();
        let scheduler_names: Vec<Arc<str>> = global.scheduler_names().into_iter().map(Arc::from).collect();
        let scene = if args.dry_run == DryRunMode::None {
            let ours: Vec<Arc<str>> = global.ours().into_iter().map(Arc::from).collect();
            Scene::live(&connection, &ours, global.rules.profiles.clone()).await?
        } else {
            Scene::rehearsal(snapshot.cluster, global.rules.profiles.clone())
        };
        let identity = connection.whoami().await;
        let mut placer = Placer::new(connection, identity, scheduler_names);
        placer.journal = super::journal::of(global);
        let run = Self {
            placer,
            args,
            pods,
            scene,
            source: document.metadata.source,
            adoptions,
            reason: global.reason.clone(),
        };
        Ok((run, todo))
    }

    /// What is about to happen.
    fn question(&self, todo: usize, name: &str) -> String {
        const SHOWN: usize = 20;
        let there = self.pods.len() - todo;
        let server = self.placer.connection.server();
        let mut lines = vec![format!("Carry out {name} on {server}?")];
        if let Some(source) = self.source.as_ref().filter(|source| *source != server) {
            lines.push(format!(
                "  It was made from {source}, which is another name for it, or another cluster."
            ));
        }
        let waiting = self
            .pods
            .iter()
            .filter(|(_, _, standing)| *standing == Standing::Waiting);
        for (pod, placement, _) in waiting.take(SHOWN) {
            lines.push(format!("  {pod} → {}", placement.node));
        }
        if todo > SHOWN {
            lines.push(format!("  and {} more", todo - SHOWN));
        }
        if there > 0 {
            lines.push(format!("  {there} of its pods are there already."));
        }
        let rate = self.args.rate;
        lines.push(format!(
            "  Sends  {todo} Bindings and {todo} Events, at most {rate} of each a second."
        ));
        lines.push("  Each pod is judged again before; the first surprise ends it.".to_owned());
        lines.push("  A binding cannot be undone; pods can only be deleted.".to_owned());
        let lines: Vec<_> = lines.iter().map(|line| crate::model::text::inert(line)).collect();
        lines.join("\n")
    }

    async fn carry_out(&mut self, global: &Global) -> Result<(), Failure> {
        let writes = self.args.dry_run == DryRunMode::None;
        if writes {
            super::journal::settle::post_owed(&self.placer.connection, &self.placer.journal).await;
            self.adoptions.written_down(&self.placer).await?;
        }
        let here = writes.then(|| {
            let connection = self.placer.connection.clone();
            let told = std::sync::Mutex::new(Vec::new());
            Here::begin(connection, "apply", move |word| match word {
                Told::Others(others) => {
                    tell(&others, &mut told.lock().unwrap_or_else(PoisonError::into_inner));
                }
                Told::Refused(why) => note(&format!(
                    "note: other operators are not told of you, or you not of them: {why}"
                )),
            })
        });
        if let Some(here) = &here {
            let adopts = self.adoptions.all().iter();
            here.does(Doing {
                open: None,
                adopts: adopts.map(|adoption| Arc::clone(&adoption.scheduler)).collect(),
            });
        }
        let done = self.place_all(global).await;
        if let Some(here) = here {
            here.end().await;
        }
        if writes {
            let why = match &done {
                Ok(()) => "the plan was carried out".to_owned(),
                Err(failure) => format!("the plan stopped: {}", failure.message),
            };
            self.adoptions.end(&self.placer, &why).await;
        }
        done
    }

    async fn place_all(&mut self, global: &Global) -> Result<(), Failure> {
        let interrupt = Interrupt::listen();
        let mut report = Report::new(global, self.args.dry_run, self.pods.len());
        let mut next = Instant::now();
        let pods = std::mem::take(&mut self.pods);
        for (pod, placement, standing) in &pods {
            if let Standing::There { by_us } = standing {
                report.there(pod, placement, *by_us)?;
                continue;
            }
            if interrupt.came_before(next).await {
                return Err(report.interrupted(pod));
            }
            next = Instant::now() + Duration::from_secs_f64(1.0 / self.args.rate);
            match self.place(pod, placement).await {
                Ok(Done::Placed { event_error }) => {
                    report.placed(pod, placement, event_error.as_deref())?;
                    if let Err(surprise) = self.scene.settle(pod, &placement.uid, &placement.node).await {
                        return Err(report.stopped(pod, surprise));
                    }
                }
                Ok(Done::There { by_us }) => report.there(pod, placement, by_us)?,
                Err(surprise) => return Err(report.stopped(pod, surprise)),
            }
        }
        report.done()
    }

    /// Places one pod, if it and its node are as the plan has them.
    async fn place(&self, pod: &PodKey, placement: &Placement) -> Result<Done, Surprise> {
        let judged = self.scene.judge(pod.clone()).await;
        let Some(judged) = judged.filter(|judged| *judged.pod.uid == *placement.uid) else {
            // It waits no longer, or it is another one.
            return match standing::read(pod, placement, &self.placer.connection).await? {
                Standing::There { by_us } => Ok(Done::There { by_us }),
                Standing::Waiting => Err(Surprise::changed(
                    "what the watches bring lags behind: look again",
                )),
            };
        };
        let Some(node) = judged.trace.nodes.id(&placement.node) else {
            return Err(Surprise::changed(format!("node {} is gone", placement.node)));
        };
        let now = Verdict::of(&judged.trace, node);
        if let Some(found) = surprise(placement, &now) {
            return Err(found);
        }
        let intent = Intent {
            pod: pod.clone(),
            uid: Arc::clone(&judged.pod.uid),
            resource_version: Arc::clone(&judged.pod.resource_version),
            node: Arc::from(placement.node.as_str()),
            verdict: now,
            reason: self.reason.clone(),
            adoption: self.adoptions.of(&judged.pod),
            insists: false,
        };
        let mode = dry_run(self.args.dry_run);
        let outcome = carry_out(&self.placer, &self.scene, intent.clone(), mode)
            .await
            .map_err(Surprise::of_failure)?;
        match outcome {
            Outcome::Placed { event_error, .. } => Ok(Done::Placed { event_error }),
            Outcome::DryRun { .. } => Ok(Done::Placed { event_error: None }),
            outcome => Err(Surprise::of_outcome(&outcome, &intent)),
        }
    }
}

/// Says who else works on the cluster, each of them once.
fn tell(others: &[Operator], told: &mut Vec<String>) {
    for other in others {
        if !told.contains(&other.who) {
            note(&format!("note: {}", presence::words(other)));
            told.push(other.who.clone());
        }
    }
}

/// What became of a pod that was no surprise.
enum Done {
    Placed { event_error: Option<String> },
    There { by_us: bool },
}
