//! `berth place --preempt`: who has to go is shown, confirmed, removed; then the pod is placed.

use std::sync::Arc;

use serde_json::{Value, json};

use super::fresh::Fresh;
use super::{Attendance, dry_run, report};
use crate::cli::args::{DryRunMode, Global, PlaceArgs};
use crate::cli::exit::{Exit, Failure};
use crate::cli::output::Output;
use crate::cli::table::wrap;
use crate::cli::{ask, note, program};
use crate::model::text::inert;
use crate::model::{Pod, PodKey};
use crate::placing::preempt::{End, Surveyed, VIOLATE, violated};
use crate::placing::{Adoption, Outcome, Placer, Preempted, Preemption, Refusal, Stage, Survey};
use crate::scheduling::Room;

/// How wide running text is.
const WIDTH: usize = 80;

/// Which pod wants room on which node.
pub(super) struct Wanted {
    pub(super) pod: PodKey,
    pub(super) node: Arc<str>,
    /// Under which the pod is placed, where it is another scheduler's.
    pub(super) adoption: Option<Arc<Adoption>>,
}

/// Makes room for the pod on the node, and places it there.
pub(super) async fn run(
    args: &PlaceArgs,
    global: &Global,
    placer: &Placer,
    wanted: Wanted,
    output: &mut Output,
) -> Result<(), Failure> {
    let Wanted { pod, node, adoption } = wanted;
    let asks = args.dry_run == DryRunMode::None && !args.yes;
    let judge = Fresh::new(&placer.connection, &global.rules.profiles);
    let doing = format!("make room for {pod} on {node}");
    loop {
        let surveyed = placer.survey(&judge, pod.clone(), Arc::clone(&node)).await;
        let Surveyed {
            pod: judged,
            survey,
            under_way,
        } = surveyed.map_err(|refusal| refused(&doing, &refusal))?;
        let survey = match survey {
            Some(survey) => survey,
            None if under_way => Survey {
                room: Room::without_victims(Arc::clone(&node)),
                losses: Vec::new(),
            },
            None => return Err(nothing(&doing, &judged)),
        };
        note(&question(&judged, &survey));
        let Some(reason) = global.reason.clone() else {
            return Err(Failure::new(
                Exit::Usage,
                format!("cannot {doing} without --reason TEXT"),
            ));
        };
        let violates = confirm(args, asks, &doing, &survey).await?;
        let wish = Preemption {
            adoption: adoption.clone(),
            ..Preemption::new(&judged, survey.room.clone(), violates, reason)
        };
        let attendance = Attendance::default();
        let progress = |stage: Stage| attendance.reached(stage);
        let work = placer.preempt(&judge, &wish, dry_run(args.dry_run), &progress);
        let Preempted { removed, end } = attendance.attend(placer, (&pod, &node), work).await?;
        match end {
            End::Changed(_) if asks => {
                note("Others would have to go by now; nothing was deleted. Look again:");
            }
            End::Changed(_) => {
                return Err(Failure::new(
                    Exit::Changed,
                    format!("cannot {doing}: others would have to go by now, and nothing was deleted"),
                )
                .hint(format!("Look again: {} explain {pod}", program())));
            }
            End::Over(outcome) => {
                let ended = Ended {
                    wish: &wish,
                    survey: &survey,
                    removed: &removed,
                    mode: args.dry_run,
                };
                ended.print(&outcome, placer, output)?;
                return output.flush();
            }
        }
    }
}

/// Has it confirmed; whether going against budgets was.
async fn confirm(args: &PlaceArgs, asks: bool, doing: &str, survey: &Survey) -> Result<bool, Failure> {
    let not_done = || {
        let message = format!("did not {doing}: nothing was sent");
        Failure::new(Exit::Failed, message)
    };
    if asks {
        let question = match survey.room.victims.len() {
            0 => "Place the pod?".to_owned(),
            1 => "Delete this pod, and place the other?".to_owned(),
            pods => format!("Delete these {pods} pods, and place the other?"),
        };
        if !ask::yes(&question).await? {
            return Err(not_done());
        }
    }
    if !survey.room.violates() || args.violate_budgets {
        return Ok(args.violate_budgets);
    }
    let against = violated(&survey.room).join(", ");
    if asks {
        let question = format!("That goes against {against}. To do it all the same, type {VIOLATE}:");
        return if ask::typed(&question).await? == VIOLATE {
            Ok(true)
        } else {
            Err(not_done())
        };
    }
    Err(Failure::new(
        Exit::Infeasible,
        format!("cannot {doing}: it goes against {against}"),
    )
    .hint("To do it all the same: --violate-budgets"))
}

/// Who has to go, what is lost with them, and what is sent.
fn question(pod: &Pod, survey: &Survey) -> String {
    let room = &survey.room;
    let node = &room.node;
    if room.victims.is_empty() {
        let text = format!(
            "{node} has room for {}, or pods are on their way out of it for that: nobody else has to go.",
            pod.key
        );
        return inert(&text).into_owned();
    }
    let mut lines = vec![format!(
        "{} fits nowhere (priority {}). Room on {node} takes deleting {}:",
        pod.key,
        pod.spec.priority,
        match room.victims.len() {
            1 => "1 pod of lower priority".to_owned(),
            pods => format!("{pods} pods of lower priority"),
        }
    )];
    let mut say = |indent: usize, text: &str| {
        let rest = wrap(text, WIDTH - indent);
        lines.extend(rest.iter().map(|line| format!("{}{line}", " ".repeat(indent))));
    };
    for (victim, loss) in room.victims.iter().zip(&survey.losses) {
        say(2, &victim.key.to_string());
        say(4, &victim.words());
        say(4, &loss.words().join("; "));
        if victim.protected {
            say(4, "AGAINST ITS BUDGET");
        }
    }
    if room.budgets_unseen {
        say(
            2,
            "PodDisruptionBudgets cannot be seen: nobody knows which of them are protected.",
        );
    }
    for budget in &room.budgets {
        say(2, &format!("budget {budget}"));
    }
    for (other, _) in &room.outranked {
        say(
            2,
            &format!("{other}, of lower priority, is no longer nominated for {node}."),
        );
    }
    say(
        2,
        "Sends status.nominatedNodeName of the pod; for each that goes condition DisruptionTarget, its deletion (with its \
         uid) and event Preempted; then, once they are gone and the pod is judged again, the Binding.",
    );
    say(2, "There is no undoing: what is deleted stays deleted.");
    let lines: Vec<_> = lines.iter().map(|line| inert(line)).collect();
    lines.join("\n")
}

fn nothing(doing: &str, pod: &Pod) -> Failure {
    let message = format!("cannot {doing}: deleting pods of lower priority does not help any more");
    Failure::new(Exit::Infeasible, message).hint(format!("Look: {} explain {}", program(), pod.key))
}

fn refused(doing: &str, refusal: &Refusal) -> Failure {
    Failure::new(
        Exit::from_code(refusal.exit_code()),
        format!("cannot {doing}: {refusal}"),
    )
}

/// What became of it.
struct Ended<'a> {
    wish: &'a Preemption,
    survey: &'a Survey,
    removed: &'a [PodKey],
    mode: DryRunMode,
}

impl Ended<'_> {
    fn print(&self, outcome: &Outcome, placer: &Placer, output: &mut Output) -> Result<(), Failure> {
        let (pod, node) = (&self.wish.pod, &self.wish.room.node);
        let removed: Vec<String> = self.removed.iter().map(ToString::to_string).collect();
        let (word, event_error) = match outcome {
            Outcome::Placed { event_error, .. } => ("placed", event_error.as_deref()),
            Outcome::DryRun { .. } => ("dryRun", None),
            outcome => {
                let intent = self.wish.intent();
                let printed = report::print(outcome, &intent, placer, self.mode, output);
                return printed.map_err(|failure| match removed.as_slice() {
                    [] => failure,
                    removed => failure
                        .hint(format!(
                            "Deleted for it, for good: {}; {node} stays nominated for it",
                            removed.join(", ")
                        ))
                        .hint(format!("Once there is room: {} place {pod} {node}", program())),
                });
            }
        };
        if let Some(error) = event_error {
            let error = inert(error);
            note(&format!(
                "warning: {pod} is placed on {node}, but the event could not be posted: {error}"
            ));
        }
        if !output.for_people() {
            return output.document(&self.document(word, event_error));
        }
        let name = &pod.name;
        output.text(match (outcome, removed.as_slice()) {
            (Outcome::DryRun { .. }, _) => {
                let mode = match self.mode {
                    DryRunMode::Server => "server dry run",
                    DryRunMode::None | DryRunMode::Client => "dry run",
                };
                let victims = match self.survey.room.victims.len() {
                    1 => "1 pod is".to_owned(),
                    more => format!("{more} pods are"),
                };
                format!("pod/{name} placed on {node} once {victims} deleted ({mode})")
            }
            (_, []) => format!("pod/{name} placed on {node}"),
            (_, removed) => format!(
                "pod/{name} placed on {node}; deleted for it: {}",
                removed.join(", ")
            ),
        })
    }

    fn document(&self, outcome: &str, event_error: Option<&str>) -> Value {
        let room = &self.survey.room;
        let victims = room
            .victims
            .iter()
            .zip(&self.survey.losses)
            .map(|(victim, loss)| {
                json!({
                    "pod": victim.key.to_string(), "uid": &*victim.uid, "priority": victim.priority,
                    "owner": victim.owner.as_ref().map(|owner| format!("{}/{}", owner.kind, owner.name)),
                    "takes": victim.takes, "protected": victim.protected, "gracePeriodSeconds": loss.grace,
                    "local": loss.local, "deleted": self.removed.contains(&victim.key),
                })
            });
        let budgets = room.budgets.iter().map(|budget| {
            json!({
                "budget": budget.key.to_string(), "disruptionsAllowed": budget.allowed, "concerned": budget.concerned,
            })
        });
        json!({
            "pod": self.wish.pod.to_string(), "node": &*room.node, "outcome": outcome,
            "dryRun": match self.mode {
                DryRunMode::None => "none",
                DryRunMode::Client => "client",
                DryRunMode::Server => "server",
            },
            "victims": victims.collect::<Vec<_>>(), "budgets": budgets.collect::<Vec<_>>(),
            "violated": if self.wish.violates { violated(room) } else { Vec::new() },
            "eventError": event_error,
        })
    }
}
