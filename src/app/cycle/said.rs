//! What a frame says of one node.

use jiff::tz::TimeZone;

use super::film::{Film, Frame, Mark, Scene};
use super::rail;
use crate::app::figures::clock;
use crate::app::measure::{padded, right, width};
use crate::app::prose::Line;
use crate::app::queueing;
use crate::app::why;
use crate::app::why::detail::{self, Kind};
use crate::model::NodeId;
use crate::placing::Verdict;
use crate::scheduling::explanation::Explanation;
use crate::scheduling::{Code, Status};

impl Film {
    /// What the frame at `at` says of `node`, or of the pod where it is about no node, for a pane of `columns`; then the rule
    /// behind it. Where something was `sent` in it, that stands in the place of what would be.
    pub fn said(
        &self,
        at: usize,
        node: Option<NodeId>,
        columns: usize,
        zone: &TimeZone,
        sent: Vec<Line>,
    ) -> Vec<Line> {
        let Some(frame) = self.frame(at) else {
            return Vec::new();
        };
        let mut lines = self.of_pod(frame, zone);
        if !sent.is_empty() {
            lines.extend(sent);
        } else if let Some(node) = node {
            self.of_node(&mut lines, at, frame, node, columns);
        }
        if !lines.is_empty() {
            lines.push(Line::new());
        }
        if let Some((is_for, phase)) = self.rules.get(at.min(self.rules.len().saturating_sub(1))) {
            lines.push(Line::new().dim(is_for));
            if !phase.is_empty() {
                lines.push(Line::new().dim(phase));
            }
        }
        if frame.plugin.is_some() {
            lines.push(Line::new().dim(frame.stop.rule()));
        }
        if !frame.note.is_empty() {
            lines.insert(0, Line::hanging(2).warn("▲ ").warn(frame.note));
        }
        lines
    }

    /// What is said whatever the node.
    fn of_pod(&self, frame: &Frame, zone: &TimeZone) -> Vec<Line> {
        match &frame.scene {
            Scene::PreEnqueue(at) => {
                let said = self.trace.pre_enqueue.get(*at);
                let gates = self
                    .pod
                    .spec
                    .scheduling_gates
                    .iter()
                    .filter(|_| frame.mark == Mark::Bad);
                let gates = gates.map(|gate| Line::hanging(4).plain("  ‖ ").accent(&**gate));
                said.map(|(_, said)| status(said))
                    .into_iter()
                    .chain(gates)
                    .collect()
            }
            Scene::Queue => {
                let spec = &self.pod.spec;
                let mut lines = vec![
                    Line::hanging(2)
                        .dim("· priority ")
                        .plain(spec.priority.to_string()),
                    Line::hanging(2)
                        .dim("· schedulerName ")
                        .plain(&*spec.scheduler_name),
                ];
                if let Some(queued) = &self.queued {
                    let since = clock(queued.since, zone);
                    lines.push(Line::hanging(2).dim("· there since ").plain(since));
                    lines.extend(queueing::lines(queued, zone));
                }
                lines
            }
            Scene::Skipped(plugins) => {
                let names = plugins
                    .iter()
                    .map(|plugin| Line::hanging(2).dim("– ").plain(*plugin));
                names.collect()
            }
            _ => Vec::new(),
        }
    }

    #[expect(clippy::too_many_lines, reason = "one sentence for each kind of frame")]
    fn of_node(&self, lines: &mut Vec<Line>, at: usize, frame: &Frame, node: NodeId, columns: usize) {
        let trace = &*self.trace;
        match &frame.scene {
            Scene::PreEnqueue(_) | Scene::Queue | Scene::Skipped(_) => {}
            Scene::NotRun => lines.extend(self.out_since(at, node)),
            Scene::PreFilter(of) => {
                if let Some(result) = trace.pre_filter.get(*of) {
                    lines.push(match &result.nodes {
                        _ if result.status.code.is_rejection() => status(&result.status),
                        None => Line::hanging(2).good("✓ ").plain("nothing is said of a node yet"),
                        Some(left) if left.contains(node.index()) => Line::hanging(2)
                            .good("✓ ")
                            .plain("one of the nodes that are left to look at"),
                        Some(_) => Line::hanging(2)
                            .bad("✗ ")
                            .plain("outside the nodes that are left to look at"),
                    });
                }
            }
            Scene::Filter(of) => {
                if let Some(column) = trace.filters.get(*of) {
                    self.verdict(lines, at, column.plugin, column.get(node), node, columns);
                }
            }
            Scene::PostFilter => self.room(lines, node),
            Scene::PreScore(of) => lines.extend(trace.pre_score.get(*of).map(|(_, said)| status(said))),
            Scene::Score(of) => match trace.feasible_index(node) {
                Some(place) => self.score(lines, *of, place, node, columns),
                None => lines.extend(self.out_since(at, node)),
            },
            Scene::Total => match trace.feasible_index(node) {
                Some(place) => self.total(lines, place, columns),
                None => lines.extend(self.out_since(at, node)),
            },
            Scene::Choice => {
                lines.push(why::finding(trace, &Verdict::of(trace, node)));
                lines.extend(self.out_since(at, node));
            }
            Scene::Reserve => self.reserved(lines, node),
            Scene::Permit => {
                let verdict = Verdict::of(trace, node);
                lines.push(why::finding(trace, &verdict));
                for rule in &verdict.broken {
                    lines.push(
                        Line::hanging(4)
                            .bad("  ✗ ")
                            .strong(rule.plugin)
                            .plain("  ")
                            .plain(rule.reasons.join(", ")),
                    );
                }
                if verdict.needs_reason() {
                    lines.push(
                        Line::hanging(2)
                            .warn("▲ ")
                            .warn("placing it here wants a reason from you"),
                    );
                }
                lines.push(Line::new());
                lines.push(
                    Line::new()
                        .accent("⏎")
                        .plain(format!(" asks to place it on {}", trace.nodes.name(node))),
                );
            }
            Scene::PreBind => {
                let prepared = trace.prepared(node).into_iter();
                lines.extend(
                    prepared.map(|prepared| Line::hanging(2).accent("▸ ").plain(prepared.to_string())),
                );
                let left = trace.unprepared(node);
                lines.extend(
                    left.iter()
                        .map(|left| Line::hanging(2).warn("▲ ").warn(left.to_string())),
                );
                for step in [
                    "GET the pod",
                    "GET the node",
                    "judge it again",
                    "POST the Binding with dryRun=All",
                ] {
                    lines.push(Line::hanging(2).dim("· ").plain(step));
                }
            }
            Scene::Bind => {
                let key = &trace.pod;
                lines.push(Line::hanging(5).accent("POST ").plain(format!(
                    "/api/v1/namespaces/{}/pods/{}/binding",
                    key.namespace, key.name
                )));
                let target = |name: &str, value: &str| Line::hanging(2).dim(padded(name, 26)).plain(value);
                lines.push(target("target.kind", "Node"));
                lines.push(target("target.name", trace.nodes.name(node)));
                lines.push(target("metadata.uid", &self.pod.uid));
                lines.push(target("metadata.resourceVersion", &self.pod.resource_version));
            }
            Scene::Event => {
                let text = format!(
                    "Successfully assigned {} to {}",
                    trace.pod,
                    trace.nodes.name(node)
                );
                lines.push(Line::hanging(2).dim("Scheduled  ").plain(text));
            }
        }
    }

    /// Why a node is no longer looked at, where it is not.
    fn out_since(&self, at: usize, node: NodeId) -> Option<Line> {
        let before = self.falls_in(node).filter(|&before| before < at)?;
        let frame = self.frames.get(before)?;
        Some(Line::hanging(2).dim("· ").dim(format!(
            "out since {} {}",
            frame.stop.as_str(),
            rail::name(frame)
        )))
    }

    fn explained(&self, node: NodeId, plugin: &str, kind: Kind) -> Option<&Explanation> {
        let of = self.explanation(node)?;
        let all = match kind {
            Kind::Verdict => &of.filters,
            Kind::Score => &of.scores,
        };
        all.iter()
            .find(|(name, _)| *name == plugin)
            .map(|(_, explanation)| explanation)
    }

    fn verdict(
        &self,
        lines: &mut Vec<Line>,
        at: usize,
        plugin: &'static str,
        said: &Status,
        node: NodeId,
        columns: usize,
    ) {
        lines.push(status(said));
        if said.code == Code::Unschedulable {
            lines.push(Line::hanging(2).dim("· ").dim("removing other pods may help"));
        } else if said.code == Code::UnschedulableAndUnresolvable {
            lines.push(
                Line::hanging(2)
                    .dim("· ")
                    .dim("removing other pods does not help"),
            );
        }
        if let Some(line) = self.out_since(at, node) {
            lines.push(line.dim(": kube-scheduler does not ask any more"));
        }
        self.numbers(lines, node, plugin, Kind::Verdict, columns);
    }

    fn numbers(&self, lines: &mut Vec<Line>, node: NodeId, plugin: &str, kind: Kind, columns: usize) {
        match self.explained(node, plugin, kind) {
            Some(explanation) => {
                lines.push(Line::new());
                detail::tell(lines, explanation, kind, columns);
            }
            None if self.explanation(node).is_none() => {
                lines.push(
                    Line::hanging(2)
                        .dim("· ")
                        .dim("the numbers behind it are not here: they come, or the cluster has moved on"),
                );
            }
            None => {}
        }
    }

    fn score(&self, lines: &mut Vec<Line>, of: usize, place: usize, node: NodeId, columns: usize) {
        let Some(column) = self.trace.scores.get(of) else {
            return;
        };
        let (Some(&raw), Some(&normalized)) = (column.raw.get(place), column.normalized.get(place)) else {
            return;
        };
        let weighted = normalized.saturating_mul(column.weight);
        let line = Line::hanging(2).accent("+ ").strong(weighted.to_string());
        let line = if raw == normalized {
            line.plain(format!("  {normalized} × weight {}", column.weight))
        } else {
            line.plain(format!(
                "  raw {raw}, brought into 0 to 100: {normalized}; × weight {}",
                column.weight
            ))
        };
        lines.push(line);
        let sum = self.sum(place, of + 1);
        lines.push(Line::hanging(2).dim("· ").plain(format!("sum so far {sum}")));
        self.numbers(lines, node, column.plugin, Kind::Score, columns);
    }

    fn total(&self, lines: &mut Vec<Line>, place: usize, columns: usize) {
        let trace = &*self.trace;
        for column in &trace.scores {
            let normalized = column.normalized.get(place).copied().unwrap_or(0);
            let weighted = normalized.saturating_mul(column.weight);
            let sum = format!(
                "{normalized} × {} = {}",
                column.weight,
                right(&weighted.to_string(), 4)
            );
            let name = columns.saturating_sub(width(&sum)).max(12);
            lines.push(Line::hanging(2).plain(padded(column.plugin, name)).accent(sum));
        }
        let total = right(&trace.totals.get(place).copied().unwrap_or(0).to_string(), 5);
        let name = columns.saturating_sub(width(&total)).max(7);
        lines.push(Line::hanging(2).strong(padded("Sum", name)).accent(total));
    }

    fn room(&self, lines: &mut Vec<Line>, node: NodeId) {
        let Some(found) = &self.trace.post_filter else {
            return;
        };
        let Some(candidate) = found.candidates.iter().find(|candidate| candidate.node == node) else {
            lines.push(Line::hanging(2).bad("✗ ").plain("no room can be made here"));
            let lasting = self.trace.rejections(node);
            let lasting = lasting.filter(|(_, said)| said.code == Code::UnschedulableAndUnresolvable);
            lines.extend(lasting.map(|(plugin, said)| {
                let text = format!("{}: removing pods does not help", said.message());
                Line::hanging(4).dim("  · ").plain(plugin).dim("  ").dim(text)
            }));
            return;
        };
        lines.push(if found.best.contains(&node) {
            let line = Line::hanging(2)
                .accent("★ ")
                .plain("kube-scheduler would nominate this node");
            match found.best.len() {
                1 => line,
                several => line.plain(format!(", or one of {} more that cost the same", several - 1)),
            }
        } else {
            Line::hanging(2)
                .good("✓ ")
                .plain("room can be made here, at a higher cost than elsewhere")
        });
        lines.push(Line::new());
        lines.push(Line::new().dim("Who would have to go, the most important first"));
        for victim in &candidate.victims {
            let line = Line::hanging(4).plain("  − ").plain(victim.key.to_string());
            let line = line.dim(format!("  priority {}", victim.priority));
            lines.push(if victim.protected {
                line.warn("  against its budget")
            } else {
                line
            });
        }
        if candidate.pdb_violations > 0 {
            lines.push(Line::hanging(2).warn("▲ ").warn(format!(
                "{} of them against a PodDisruptionBudget: kube-scheduler does it all the same, where nothing else helps",
                candidate.pdb_violations
            )));
        }
        lines.push(Line::hanging(2).dim("· ").dim("nothing is removed from here"));
    }

    fn reserved(&self, lines: &mut Vec<Line>, node: NodeId) {
        let trace = &*self.trace;
        let allocations = trace
            .feasible_index(node)
            .and_then(|at| trace.allocations.get(at));
        for (claim, allocation) in allocations.into_iter().flatten() {
            let devices = allocation
                .pointer("/devices/results")
                .and_then(|all| all.as_array());
            let names = devices.into_iter().flatten().filter_map(|device| {
                let text = |name| device.get(name).and_then(|value| value.as_str());
                Some(format!("{}/{}", text("pool")?, text("device")?))
            });
            let names: Vec<String> = names.collect();
            let line = Line::hanging(4).dim("· claim ").accent(claim);
            lines.push(if names.is_empty() {
                line
            } else {
                line.plain(": ").plain(names.join(", "))
            });
        }
        let prepared = trace.prepared(node).into_iter();
        lines.extend(prepared.map(|prepared| Line::hanging(2).accent("▸ ").plain(prepared.to_string())));
        let left = trace.unprepared(node);
        lines.extend(
            left.iter()
                .map(|left| Line::hanging(2).warn("▲ ").warn(left.to_string())),
        );
        if lines.is_empty() {
            lines.push(
                Line::hanging(2)
                    .good("✓ ")
                    .plain("nothing has to be set aside for it here"),
            );
        }
    }
}

fn status(said: &Status) -> Line {
    match said.code {
        Code::Success => Line::hanging(2).good("✓ ").plain("no objection"),
        Code::Skip => Line::hanging(2).dim("– ").plain("nothing to say"),
        _ => Line::hanging(2).bad("✗ ").plain(said.message()),
    }
}
