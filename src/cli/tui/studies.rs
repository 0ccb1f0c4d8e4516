//! Studies under way: each on a thread of its own, on a snapshot of the cluster.

use std::collections::HashMap;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use tokio::sync::mpsc::UnboundedSender;

use crate::app::Msg;
use crate::engine::Engine;
use crate::engine::study::{self, Progress, Study, StudyId};

/// The shortest time between two reports of how far a study is.
const REPORT: Duration = Duration::from_millis(100);

/// The studies that may still have to be broken off.
#[derive(Debug, Default)]
pub(super) struct Studies {
    wanted: HashMap<StudyId, Arc<AtomicBool>>,
}

impl Studies {
    /// Begins `study`; `screen` is told how far it is, and in the end what was found.
    pub(super) fn begin(
        &mut self,
        engine: &Engine,
        id: StudyId,
        study: Study,
        screen: &UnboundedSender<Msg>,
    ) {
        self.wanted.retain(|_, wanted| Arc::strong_count(wanted) > 1);
        let wanted = Arc::new(AtomicBool::new(true));
        self.wanted.insert(id, Arc::clone(&wanted));
        let (engine, screen) = (engine.clone(), screen.clone());
        tokio::spawn(async move {
            let Some(mut snapshot) = engine.snapshot().await else {
                let _ = screen.send(Msg::Studied(id, None));
                return;
            };
            tokio::task::spawn_blocking(move || {
                let mut reported = Instant::now();
                let mut progress = |reached: Progress| {
                    if reported.elapsed() >= REPORT {
                        reported = Instant::now();
                        let _ = screen.send(Msg::Studying(id, reached));
                    }
                    if wanted.load(Ordering::Relaxed) {
                        ControlFlow::Continue(())
                    } else {
                        ControlFlow::Break(())
                    }
                };
                // Broken off, or the screen is gone: nobody waits for the answer.
                if let Some(finding) = study::run(&mut snapshot, &study, &mut progress) {
                    let _ = screen.send(Msg::Studied(id, Some(Arc::new(finding))));
                }
            });
        });
    }

    /// Breaks the study off.
    pub(super) fn abandon(&mut self, id: StudyId) {
        if let Some(wanted) = self.wanted.remove(&id) {
            wanted.store(false, Ordering::Relaxed);
        }
    }
}

impl Drop for Studies {
    fn drop(&mut self) {
        for wanted in self.wanted.values() {
            wanted.store(false, Ordering::Relaxed);
        }
    }
}
