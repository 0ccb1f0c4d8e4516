//! Cutting a decision into frames: which there are, and which nodes fall out in each.

use super::film::{Frame, Mark, Scene};
use super::headlines;
use super::stop::Stop;
use crate::engine::view::Queued;
use crate::model::{NodeId, Pod};
use crate::scheduling::trace::{Decision, FilterColumn, PreFilterResult};
use crate::scheduling::{Code, Status, Trace};

const GATED: &str = "as it would be without what holds the pod back: kube-scheduler does not come here";
const SINGLE: &str = "as it would be scored: kube-scheduler scores nothing where one node is left";
const NOMINATED: &str = "as it would be scored: kube-scheduler takes the nominated node without scoring";
const OVERRULED: &str = "kube-scheduler does not come here: what follows is for a person who overrules it";

/// The frames of `trace`, and by slot of a node the frame in which it falls out.
pub(super) fn cut(trace: &Trace, pod: &Pod, queued: Option<&Queued>) -> (Vec<Frame>, Vec<Option<u32>>) {
    let mut cutter = Cutter {
        trace,
        frames: Vec::new(),
        falls: vec![None; trace.nodes.names.len()],
        left: trace.nodes.ids.len(),
        note: "",
    };
    cutter.queue(pod, queued);
    cutter.pre_filter();
    cutter.filter();
    cutter.post_filter();
    cutter.score();
    cutter.choice();
    if !trace.nodes.ids.is_empty() {
        cutter.placement();
    }
    (cutter.frames, cutter.falls)
}

struct Cutter<'a> {
    trace: &'a Trace,
    frames: Vec<Frame>,
    falls: Vec<Option<u32>>,
    left: usize,
    note: &'static str,
}

impl Cutter<'_> {
    fn push(&mut self, stop: Stop, plugin: Option<&'static str>, mark: Mark, scene: Scene, headline: String) {
        self.frames.push(Frame {
            stop,
            plugin,
            mark,
            headline,
            note: self.note,
            scene,
            falls: 0,
            also: 0,
            left: self.left,
        });
    }

    /// Takes the nodes out that `rejects` names, in the frame that comes next: those that fall, and how many more of those
    /// that are out it names.
    fn fall(&mut self, rejects: impl Fn(NodeId) -> bool) -> (Vec<NodeId>, usize) {
        let (mut fallen, mut also) = (Vec::new(), 0);
        let at = u32::try_from(self.frames.len()).unwrap_or(u32::MAX);
        for &node in self.trace.nodes.ids.iter().filter(|&&node| rejects(node)) {
            match self.falls.get_mut(node.index()) {
                Some(falls @ None) => {
                    *falls = Some(at);
                    fallen.push(node);
                }
                Some(Some(_)) => also += 1,
                None => {}
            }
        }
        self.left -= fallen.len();
        (fallen, also)
    }

    fn count(&mut self, falls: usize, also: usize) {
        if let Some(frame) = self.frames.last_mut() {
            (frame.falls, frame.also) = (falls, also);
        }
    }

    fn queue(&mut self, pod: &Pod, queued: Option<&Queued>) {
        for (at, (plugin, status)) in self.trace.pre_enqueue.iter().enumerate() {
            let headline = headlines::pre_enqueue(plugin, status);
            self.push(
                Stop::PreEnqueue,
                Some(plugin),
                mark(status),
                Scene::PreEnqueue(at),
                headline,
            );
        }
        let held = if self.trace.gated() { Mark::Bad } else { Mark::Good };
        let headline = headlines::queue(self.trace, pod, queued);
        self.push(Stop::Queue, None, held, Scene::Queue, headline);
        if self.trace.gated() {
            self.note = GATED;
        }
    }

    fn pre_filter(&mut self) {
        let trace = self.trace;
        if trace.nodes.ids.is_empty() {
            return;
        }
        let mut skipped = Vec::new();
        for (at, result) in trace.pre_filter.iter().enumerate() {
            if result.status.code == Code::Skip {
                skipped.push(result.plugin);
                continue;
            }
            let (fallen, also) = self.fall(|node| leaves_out(result, node));
            let headline = headlines::pre_filter(trace, result, fallen.len(), self.left);
            let mark = if fallen.is_empty() {
                mark(&result.status)
            } else {
                Mark::Bad
            };
            self.push(
                Stop::PreFilter,
                Some(result.plugin),
                mark,
                Scene::PreFilter(at),
                headline,
            );
            self.count(fallen.len(), also);
            let ends = result.status.code.is_rejection() && result.status.code != Code::Unschedulable;
            if ends || self.left == 0 && result.nodes.is_some() {
                break;
            }
        }
        self.skipped(Stop::PreFilter, skipped);
    }

    fn skipped(&mut self, stop: Stop, plugins: Vec<&'static str>) {
        if !plugins.is_empty() {
            let headline = headlines::skipped(stop, &plugins);
            self.push(stop, None, Mark::Nothing, Scene::Skipped(plugins), headline);
        }
    }

    fn filter(&mut self) {
        let trace = self.trace;
        if self.left == 0 {
            let headline = headlines::not_run(trace);
            self.push(Stop::Filter, None, Mark::Bad, Scene::NotRun, headline);
            return;
        }
        for (at, column) in trace.filters.iter().enumerate() {
            let (fallen, also) = self.fall(|node| column.rejects(node));
            let headline = headlines::filter(trace, column, &fallen, also, self.left);
            let mark = if fallen.is_empty() { Mark::Good } else { Mark::Bad };
            self.push(
                Stop::Filter,
                Some(column.plugin),
                mark,
                Scene::Filter(at),
                headline,
            );
            self.count(fallen.len(), also);
            if ends_cycle(trace, column, &fallen) {
                break;
            }
        }
    }

    fn post_filter(&mut self) {
        if let Some(found) = &self.trace.post_filter {
            let mark = if found.best.is_empty() {
                Mark::Bad
            } else {
                Mark::Good
            };
            let headline = headlines::post_filter(self.trace, found);
            self.push(
                Stop::PostFilter,
                Some(found.plugin),
                mark,
                Scene::PostFilter,
                headline,
            );
        }
    }

    fn score(&mut self) {
        let trace = self.trace;
        let gated = self.note;
        match trace.decision {
            Decision::Single(_) if gated.is_empty() => self.note = SINGLE,
            Decision::Nominated(_) if gated.is_empty() => self.note = NOMINATED,
            _ => {}
        }
        let mut skipped = Vec::new();
        for (at, (plugin, status)) in trace.pre_score.iter().enumerate() {
            if status.code == Code::Skip {
                skipped.push(*plugin);
                continue;
            }
            let headline = headlines::pre_score(plugin, status);
            self.push(
                Stop::PreScore,
                Some(plugin),
                mark(status),
                Scene::PreScore(at),
                headline,
            );
        }
        self.skipped(Stop::PreScore, skipped);
        for (at, column) in trace.scores.iter().enumerate() {
            let headline = headlines::score(column);
            self.push(
                Stop::Score,
                Some(column.plugin),
                Mark::Good,
                Scene::Score(at),
                headline,
            );
        }
        if !trace.totals.is_empty() {
            self.push(
                Stop::Score,
                None,
                Mark::Good,
                Scene::Total,
                headlines::total(trace),
            );
        }
        self.note = gated;
    }

    fn choice(&mut self) {
        let mark = if self.trace.decision.chosen().is_empty() {
            Mark::Bad
        } else {
            Mark::Good
        };
        let headline = headlines::choice(self.trace);
        self.push(Stop::Choice, None, mark, Scene::Choice, headline);
    }

    /// What comes once it is known where the pod goes; a person may also overrule what was found.
    fn placement(&mut self) {
        let trace = self.trace;
        if self.note.is_empty() && trace.decision.chosen().is_empty() {
            self.note = OVERRULED;
        }
        let reserve = headlines::reserve(trace);
        self.push(Stop::Reserve, None, Mark::Nothing, Scene::Reserve, reserve);
        let permit = "You decide: nothing is sent until you confirm".to_owned();
        self.push(Stop::Permit, None, Mark::Yours, Scene::Permit, permit);
        let pre_bind = headlines::pre_bind(trace);
        self.push(Stop::PreBind, None, Mark::Yours, Scene::PreBind, pre_bind);
        let bind = format!("A Binding gives {} its node, once and for good", trace.pod);
        self.push(Stop::Bind, Some("DefaultBinder"), Mark::Yours, Scene::Bind, bind);
        let event = "An Event with the reason Scheduled tells where the pod went".to_owned();
        self.push(Stop::Event, None, Mark::Yours, Scene::Event, event);
    }
}

/// Whether PreFilter of a plugin leaves `node` out, or rejects the pod and so all nodes.
pub(super) fn leaves_out(result: &PreFilterResult, node: NodeId) -> bool {
    result.status.code.is_rejection()
        || result
            .nodes
            .as_ref()
            .is_some_and(|left| !left.contains(node.index()))
}

/// Whether the cycle ends with what `column` says of the nodes that fall.
fn ends_cycle(trace: &Trace, column: &FilterColumn, fallen: &[NodeId]) -> bool {
    matches!(trace.decision, Decision::Error(_))
        && fallen.iter().any(|&node| column.get(node).code == Code::Error)
}

fn mark(status: &Status) -> Mark {
    match status.code {
        Code::Success => Mark::Good,
        Code::Skip => Mark::Nothing,
        _ => Mark::Bad,
    }
}
