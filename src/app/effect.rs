//! What the app asks of the world.

use std::sync::Arc;
use std::time::Duration;

use super::export::Content;
use super::lesson::Wish;
use super::manifest::Subject;
use crate::engine::study::{Study, StudyId};
use crate::engine::view::Interest;
use crate::model::PodKey;
use crate::model::workload::Owner;
use crate::placing::{Adoption, Intent, Preemption};

/// An effect. Plain data; the runtime carries it out.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// The engine is to judge this pod first and explain this node.
    Look(Interest),
    /// A person confirmed this placement: carry it out, with a [`super::Msg::Placing`] for each stage and one
    /// [`super::Msg::Placed`] at the end.
    Place(Intent),
    /// The pods of another scheduler are placed from here from now on: write that down, with one
    /// [`super::Msg::NotAdopted`] where that fails.
    Adopt(Arc<Adoption>),
    /// The same for longer.
    Renew(Arc<Adoption>),
    /// They are no more; why.
    Release(Arc<Adoption>, String),
    /// Tell other operators which pod is open here, and whose pods are adopted.
    Doing {
        /// The pod.
        open: Option<PodKey>,
        /// The schedulerNames.
        adopts: Vec<Arc<str>>,
    },
    /// Look up who would have to go to make room for this pod on this node, with one [`super::Msg::Surveyed`] at the end.
    Survey(PodKey, Arc<str>),
    /// A person confirmed making this room: carry it out, with a [`super::Msg::Placing`] for each stage and one
    /// [`super::Msg::Preempted`] at the end.
    Preempt(Box<Preemption>),
    /// End the placement that is under way; it ends with its [`super::Msg::Placed`] all the same.
    TakeBack,
    /// Go to this context of the kubeconfig, instead of any other that is under way: with a [`super::Msg::Connecting`] for each
    /// step and one [`super::Msg::Connected`] or [`super::Msg::NotConnected`] at the end.
    Connect(Arc<str>),
    /// Stay where we are: neither comes any more.
    Stay,
    /// Have this profile judge every pod; each pod's own where there is none.
    JudgeBy(Option<Arc<str>>),
    /// Work this out on a snapshot of the cluster, with [`super::Msg::Studying`] now and then and one
    /// [`super::Msg::Studied`] at the end.
    Study(StudyId, Study),
    /// Break that study off; no [`super::Msg::Studied`] comes.
    Abandon(StudyId),
    /// Read this manifest, with one [`super::Msg::Manifest`] at the end.
    Fetch(Subject),
    /// Find out who made this pod, whose controller is this, with one [`super::Msg::Owners`] at the end, and of no other any
    /// more; of none.
    FollowOwners(Option<(PodKey, Arc<Owner>)>),
    /// Put this on the clipboard.
    Copy(String),
    /// Write this file, with one [`super::Msg::Exported`] at the end.
    Export {
        /// What it is to hold.
        content: Content,
        /// The file, as it was typed.
        path: String,
        /// Whether a file that is there already is replaced; otherwise it is left alone.
        replace: bool,
    },
    /// Something that the lesson wants.
    Teach(Wish),
    /// Send a [`super::Msg::Tick`] after this time: something on the screen changes then.
    Wake(Duration),
    /// Leave.
    Quit,
}
