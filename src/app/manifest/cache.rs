//! The manifests that a person looked at lately. They are read when they are looked at, never kept for all.

use std::collections::VecDeque;
use std::sync::Arc;

use super::{Manifest, Subject};
use crate::app::effect::Effect;

/// How many are kept.
const KEPT: usize = 12;

/// The latest manifests.
#[derive(Clone, Debug, Default)]
pub struct Manifests {
    latest: VecDeque<(Subject, Reading)>,
    /// Counts what came: another number means another content.
    changes: u64,
}

/// How far reading a manifest is.
#[derive(Clone, Debug, PartialEq)]
pub enum Reading {
    /// It was asked for.
    Asked,
    /// It is here.
    Here(Arc<Manifest>),
    /// It cannot be had, and why.
    Failed(Arc<str>),
}

impl Reading {
    /// The manifest, once it is here.
    pub fn manifest(&self) -> Option<&Arc<Manifest>> {
        match self {
            Self::Here(manifest) => Some(manifest),
            Self::Asked | Self::Failed(_) => None,
        }
    }
}

impl Manifests {
    /// The manifest of `subject`, as far as it is; nothing where nobody asked for it.
    pub fn get(&self, subject: &Subject) -> Option<&Reading> {
        let found = self.latest.iter().find(|(of, _)| of == subject);
        found.map(|(_, reading)| reading)
    }

    /// A number that is another when anything came.
    pub fn changes(&self) -> u64 {
        self.changes
    }

    /// Asks for that of `subject`, unless it is here or asked for.
    pub(in crate::app) fn want(&mut self, subject: Subject) -> Option<Effect> {
        if self.get(&subject).is_some() {
            return None;
        }
        if self.latest.len() == KEPT {
            self.latest.pop_front();
        }
        self.latest.push_back((subject.clone(), Reading::Asked));
        Some(Effect::Fetch(subject))
    }

    /// Takes what was read; what is wanted no more is dropped.
    pub(in crate::app) fn arrived(&mut self, subject: &Subject, read: Result<Arc<Manifest>, String>) {
        let Some((_, reading)) = self.latest.iter_mut().find(|(of, _)| of == subject) else {
            return;
        };
        *reading = match read {
            Ok(manifest) => Reading::Here(manifest),
            Err(why) => Reading::Failed(why.into()),
        };
        self.changes += 1;
    }

    /// Forgets all: who looks again sees what is there by then.
    pub(in crate::app) fn forget(&mut self) {
        self.latest.clear();
        self.changes += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_asked_for_once_and_the_oldest_go() {
        let mut all = Manifests::default();
        let node = |at: usize| Subject::Node(format!("n{at}").into());
        assert_eq!(all.want(node(0)), Some(Effect::Fetch(node(0))));
        assert_eq!(all.want(node(0)), None);
        let before = all.changes();
        all.arrived(&node(0), Err("gone".into()));
        assert!(all.changes() > before);
        assert_eq!(all.get(&node(0)), Some(&Reading::Failed("gone".into())));
        for at in 1..=KEPT {
            assert!(all.want(node(at)).is_some());
        }
        assert_eq!((all.get(&node(0)), all.latest.len()), (None, KEPT));
        // An answer that comes too late is nobody's.
        all.arrived(&node(0), Ok(Arc::default()));
        assert_eq!(all.get(&node(0)), None);
        all.forget();
        assert!(all.want(node(1)).is_some());
    }
}
