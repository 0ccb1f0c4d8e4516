//! Questions that take longer than a key may wait: answered on a snapshot, on a thread of their own.

mod answers;
mod nearest;
mod what_if;

pub use what_if::Supposed;

use std::ops::ControlFlow;
use std::sync::Arc;

use super::snapshot::Snapshot;
use crate::model::PodKey;
use crate::scheduling::nearest::Nearest;
use crate::scheduling::plan::{self, Candidate, Difference, Plan, Request, Search};
use crate::scheduling::question::{Answer, Question};
use crate::scheduling::what_if::Supposition;

/// A number that tells a study's answer from that of another.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct StudyId(pub u64);

/// A question.
#[derive(Clone, Debug, PartialEq)]
pub enum Study {
    /// What would be of this pod if these were so?
    WhatIf(PodKey, Vec<Supposition>),
    /// What are the smallest changes by which this pod would fit: on this node, or anywhere where there is none?
    Nearest(PodKey, Option<Arc<str>>),
    /// What becomes of many pods. Whose pods are ours is the engine's to say.
    Plan {
        /// Which pods, in which order, with which pins.
        request: Request,
        /// How to look for the plan that places most; `None` goes one by one.
        search: Option<Search>,
    },
    /// Questions about decisions.
    Ask(Vec<Question>),
    /// Which nodes fit a pod of a plan.
    Candidates {
        /// The pods before it, and their nodes.
        before: Vec<(PodKey, Arc<str>)>,
        /// The pod.
        pod: PodKey,
    },
}

/// The answer to a [`Study`].
#[derive(Clone, Debug)]
pub enum Finding {
    /// To [`Study::WhatIf`].
    WhatIf(Supposed),
    /// To [`Study::Nearest`].
    Nearest(Nearest),
    /// There is no such pod any more.
    Gone(PodKey),
    /// To [`Study::Plan`].
    Plan(Arc<Planned>),
    /// To [`Study::Ask`], in the order of the questions.
    Answers(Vec<Answer>),
    /// To [`Study::Candidates`]: the nodes, the best first.
    Candidates(Vec<Candidate>),
}

/// A plan that was asked for.
#[derive(Clone, Debug)]
pub struct Planned {
    /// The plan.
    pub plan: Plan,
    /// What the search does otherwise than going one by one; `None` where there was no search.
    pub difference: Option<Difference>,
    /// The profile that judged every pod; each pod's own where there is none.
    pub profile: Option<Arc<str>>,
}

/// How far a study is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Steps done.
    pub done: usize,
    /// Steps in all; 0 where that is not known.
    pub of: usize,
}

/// Works `study` out. `progress` is told how far it is, and breaks it off; then there is no answer.
pub fn run(
    snapshot: &mut Snapshot,
    study: &Study,
    progress: &mut dyn FnMut(Progress) -> ControlFlow<()>,
) -> Option<Finding> {
    let (cluster, profiles) = (&snapshot.cluster, &snapshot.profiles);
    match study {
        Study::WhatIf(pod, suppositions) => what_if::run(snapshot, pod, suppositions, progress),
        Study::Ask(questions) => Some(answers::run(snapshot, questions)),
        Study::Nearest(pod, node) => nearest::run(snapshot, pod, node.as_deref(), progress),
        Study::Plan { request, search } => {
            let request = Request {
                ours: snapshot.ours.clone(),
                ..request.clone()
            };
            let mut told = |step: plan::Progress| {
                progress(Progress {
                    done: step.done,
                    of: step.of,
                })
            };
            let (plan, difference) = match search {
                None => (plan::one_by_one(cluster, profiles, &request, &mut told)?, None),
                Some(search) => {
                    let found = plan::optimize(cluster, profiles, &request, *search, &mut told)?;
                    (found.plan, Some(found.difference))
                }
            };
            Some(Finding::Plan(Arc::new(Planned {
                plan,
                difference,
                profile: profiles.chosen().cloned(),
            })))
        }
        Study::Candidates { before, pod } => {
            let nodes = plan::candidates(cluster, profiles, before, pod);
            Some(Finding::Candidates(nodes))
        }
    }
}
