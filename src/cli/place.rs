//! `berth place`: one pod, judged, confirmed, judged again, bound.

mod choice;
mod confirm;
mod fresh;
mod preempt;
pub(super) mod report;

use std::io::IsTerminal as _;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use self::choice::{Choice, Chosen};
use self::confirm::Question;
use self::fresh::Fresh;
use super::adopt::Adoptions;
use super::args::{DryRunMode, Global, PlaceArgs};
use super::exit::{Exit, Failure};
use super::output::Output;
use super::{interruptible, journal, note, program, source};
use crate::cluster::Connection;
use crate::model::PodKey;
use crate::placing::{DryRun, Intent, Judge, Outcome, Placer, Stage};

/// Runs the command.
pub(super) async fn run(args: PlaceArgs, global: Global) -> Result<(), Failure> {
    let asks = args.dry_run == DryRunMode::None && !args.yes;
    if asks && !std::io::stdin().is_terminal() {
        return Err(Failure::new(
            Exit::Usage,
            format!(
                "cannot place {}: nobody can be asked, as standard input is no terminal",
                args.pod
            ),
        )
        .hint("Give -y to place it without being asked, or --dry-run=server to try it."));
    }
    if let Some(typed) = &args.override_node
        && args.node.as_ref() != Some(typed)
    {
        let message =
            format!("--override-node names {typed}, which is not the node that the pod is to go to");
        return Err(Failure::new(Exit::Usage, message).hint("Type the node's name once more, as it is."));
    }
    let mut output = Output::new(&global);
    let (choice, placer, adoptions) = {
        let (args, global) = (args.clone(), global.clone());
        interruptible(async move { prepare(&args, &global).await }).await?
    };
    if args.dry_run == DryRunMode::None {
        journal::settle::post_owed(&placer.connection, &placer.journal).await;
    }
    let choice = match choice {
        Chosen::Fits(choice) => *choice,
        Chosen::Room { pod, node, adoption } => {
            let room = preempt::Wanted { pod, node, adoption };
            let writes = args.dry_run == DryRunMode::None;
            if writes {
                adoptions.written_down(&placer).await?;
            }
            let made = Box::pin(preempt::run(&args, &global, &placer, room, &mut output)).await;
            if writes {
                adoptions.end(&placer, "the command ended").await;
            }
            return made;
        }
    };
    let Choice {
        mut intent,
        mut pod,
        facts,
        remarks,
    } = choice;
    for remark in &remarks {
        note(remark);
    }
    let writes = args.dry_run == DryRunMode::None;
    loop {
        let question = Question {
            intent: &intent,
            pod: &pod,
            facts: &facts,
            placer: &placer,
        };
        intent.insists = match &args.override_node {
            Some(_) => true,
            None if asks => question.ask().await?,
            None => question.needs_no_name(args.dry_run)?,
        };
        let judge = Fresh::new(&placer.connection, &global.rules.profiles);
        if writes {
            adoptions.written_down(&placer).await?;
        }
        let outcome = carry_out(&placer, &judge, intent.clone(), dry_run(args.dry_run)).await;
        if writes {
            adoptions.end(&placer, "the command ended").await;
        }
        match outcome? {
            Outcome::Changed {
                confirmed,
                now,
                judged,
            } if asks => {
                note(&report::changed(&intent, &confirmed, &now));
                choice::acceptable(&intent.pod, &intent.node, &now, args.overrule)?;
                pod = judged.pod;
                intent = Intent {
                    resource_version: Arc::clone(&pod.resource_version),
                    verdict: now,
                    ..intent
                };
            }
            outcome => {
                report::print(&outcome, &intent, &placer, args.dry_run, &mut output)?;
                return output.flush();
            }
        }
    }
}

/// Looks at the cluster, and chooses.
async fn prepare(args: &PlaceArgs, global: &Global) -> Result<(Chosen, Placer, Adoptions), Failure> {
    let connection: Connection = source::connect(global).await?;
    let snapshot = source::of_connection(connection.clone(), global).await?;
    let adoptions = Adoptions::begin(&connection, global).await?;
    let choice = choice::choose(args, &snapshot, global, &adoptions).await?;
    let identity = connection.whoami().await;
    let names = global.scheduler_names();
    let mut placer = Placer::new(connection, identity, names.into_iter().map(Arc::from).collect());
    placer.journal = journal::of(global);
    Ok((choice, placer, adoptions))
}

pub(super) const fn dry_run(mode: DryRunMode) -> DryRun {
    match mode {
        DryRunMode::None => DryRun::None,
        DryRunMode::Client => DryRun::Client,
        DryRunMode::Server => DryRun::Server,
    }
}

/// Places the pod, with an ear on Ctrl-C.
pub(super) async fn carry_out(
    placer: &Placer,
    judge: &dyn Judge,
    intent: Intent,
    dry_run: DryRun,
) -> Result<Outcome, Failure> {
    let attendance = Attendance::default();
    let progress = |stage: Stage| attendance.reached(stage);
    let (pod, node) = (intent.pod.clone(), Arc::clone(&intent.node));
    let work = placer.place(judge, intent, dry_run, &progress);
    attendance.attend(placer, (&pod, &node), work).await
}

/// Somebody who watches a placement at the terminal.
#[derive(Default)]
struct Attendance {
    stage: Mutex<Option<Stage>>,
    /// Whether something was written, in whatever stage.
    has_written: AtomicBool,
    told: Told,
}

impl Attendance {
    fn reached(&self, stage: Stage) {
        tracing::info!(stage = stage.as_str(), "placing");
        self.told.tell(&stage);
        self.has_written.fetch_or(stage.has_written(), Ordering::SeqCst);
        *self.stage.lock().unwrap_or_else(PoisonError::into_inner) = Some(stage);
    }

    /// Lets `work` end. Ctrl-C ends it at once while nothing was sent, and has undone what was prepared; once the Binding
    /// is sent its answer is waited for, so that what happened is known, unless Ctrl-C comes again.
    async fn attend<T>(
        &self,
        placer: &Placer,
        (pod, node): (&PodKey, &str),
        work: impl Future<Output = T>,
    ) -> Result<T, Failure> {
        let mut work = pin!(work);
        let mut warned = false;
        loop {
            tokio::select! {
                outcome = &mut work => return Ok(outcome),
                Ok(()) = tokio::signal::ctrl_c() => {
                    let stage = self.stage.lock().unwrap_or_else(PoisonError::into_inner).clone();
                    let reached = stage.unwrap_or(Stage::Checking);
                    if !self.has_written.load(Ordering::SeqCst) {
                        return Err(Failure::new(Exit::Interrupted, format!("interrupted: {pod} was not placed, nothing was sent")));
                    }
                    if warned {
                        return Err(Failure::new(
                            Exit::Interrupted,
                            format!("interrupted while {}: {pod} may or may not be on {node}", reached.as_str()),
                        )
                        .hint(format!("Look: kubectl get pod -n {} {} -o wide", pod.namespace, pod.name))
                        .hint(format!("What was sent, and what became of it: {} journal", program())));
                    }
                    warned = true;
                    if reached.can_be_cancelled() {
                        placer.cancel.cancel();
                        note("interrupted: ending it, and undoing what can be undone (Ctrl-C again leaves it as it is)");
                    } else {
                        note("interrupted, but the Binding is sent: waiting for its answer (Ctrl-C again leaves it open)");
                    }
                }
            }
        }
    }
}

/// What is said of the stages: that something is waited for, and for what, once a while.
#[derive(Default)]
struct Told(Mutex<Option<Instant>>);

impl Told {
    /// How often the same wait is told of.
    const AGAIN: Duration = Duration::from_secs(10);

    fn tell(&self, stage: &Stage) {
        let Stage::Waiting(text) = stage else { return };
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // The first word comes when the wait takes longer than a look.
        let due = last.get_or_insert_with(|| Instant::now() + Duration::from_secs(1));
        if Instant::now() >= *due {
            note(text);
            *due = Instant::now() + Self::AGAIN;
        }
    }
}
