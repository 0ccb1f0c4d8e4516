//! `--adopt`: pods of a scheduler that is not at work, placed for a while.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::args::Global;
use super::exit::{Exit, Failure};
use super::source::Snapshot;
use super::{note, program};
use crate::cluster::Connection;
use crate::cluster::schedulers;
use crate::model::Pod;
use crate::placing::{Adoption, Placer, Reason, Refusal};

/// What the options ask for.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    names: Vec<String>,
    reason: Reason,
    time: SignedDuration,
    race: bool,
}

impl Asked {
    /// What `global` asks for; `None` where that is nothing.
    pub(super) fn of(global: &Global) -> Option<Self> {
        let reason = global.reason.clone().filter(|_| !global.adopt.is_empty())?;
        let time = global.adopt_for.map(SignedDuration::try_from);
        Some(Self {
            names: global.adopt.clone(),
            reason,
            time: time.and_then(Result::ok).unwrap_or(Adoption::TIME),
            race: global.race,
        })
    }

    /// Makes sure that the schedulers are not at work whose pods are to be placed.
    ///
    /// # Errors
    /// Where one is, and the options do not say that both shall place its pods.
    pub(super) async fn begin(&self, connection: &Connection) -> Result<Adoptions, Failure> {
        let mut all = Vec::new();
        for name in &self.names {
            let (lease, found) = schedulers::situation(connection, name).await?;
            let evidence = &found.evidence;
            match found.state.alive() {
                Some(true) if !self.race => return Err(refused(name, evidence)),
                Some(true) => note(&format!(
                    "warning: '{name}' is at work ({evidence}): it may place the same pods at the same time"
                )),
                None => note(&format!(
                    "warning: whether '{name}' is at work cannot be told: {evidence}"
                )),
                Some(false) => {}
            }
            let now = Timestamp::now();
            all.push(Arc::new(Adoption {
                id: Adoption::name(now, fastrand::u32(..)),
                scheduler: name.as_str().into(),
                reason: self.reason.clone(),
                began: now,
                until: now.saturating_add(self.time).unwrap_or(Timestamp::MAX),
                race: self.race,
                evidence: found.evidence,
                lease_seen: lease.renewed(),
            }));
        }
        Ok(Adoptions(all))
    }
}

/// The adoptions that a command places pods under.
#[derive(Clone, Debug, Default)]
pub(super) struct Adoptions(Vec<Arc<Adoption>>);

impl Adoptions {
    /// Those that the options ask for.
    ///
    /// # Errors
    /// As [`Asked::begin`].
    pub(super) async fn begin(connection: &Connection, global: &Global) -> Result<Self, Failure> {
        match Asked::of(global) {
            Some(asked) => asked.begin(connection).await,
            None => Ok(Self::default()),
        }
    }

    /// As [`Adoptions::begin`], for a command that only looks: a file says nothing of what is at work.
    pub(super) async fn look(snapshot: &Snapshot, global: &Global) -> Result<(), Failure> {
        match &snapshot.connection {
            Some(connection) => Self::begin(connection, global).await.map(drop),
            None => Ok(()),
        }
    }

    /// Each of them.
    pub(super) fn all(&self) -> &[Arc<Adoption>] {
        &self.0
    }

    /// The adoption that `pod` is placed under.
    pub(super) fn of(&self, pod: &Pod) -> Option<Arc<Adoption>> {
        let mut all = self.0.iter();
        all.find(|adoption| adoption.scheduler == pod.spec.scheduler_name)
            .cloned()
    }

    /// Writes them down, before anything is placed under them.
    pub(super) async fn written_down(&self, placer: &Placer) -> Result<(), Failure> {
        for adoption in &self.0 {
            placer
                .adopt(adoption)
                .await
                .map_err(|refusal: Refusal| Failure::new(Exit::Failed, refusal.to_string()))?;
        }
        Ok(())
    }

    /// Writes down that they are over.
    pub(super) async fn end(&self, placer: &Placer, why: &str) {
        for adoption in &self.0 {
            placer.release(adoption, why).await;
        }
    }
}

fn refused(name: &str, evidence: &str) -> Failure {
    let message = format!(
        "cannot adopt the pods of '{name}': it is at work ({evidence}), and would place the same pods at the same time: \
         nothing keeps two schedulers from filling a node twice"
    );
    Failure::new(Exit::Infeasible, message)
        .hint(format!(
            "What is known of it: {} check --scheduler {name}",
            program()
        ))
        .hint("To place its pods all the same: --race")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::args::parse;

    #[test]
    fn an_adoption_ends_after_a_quarter_of_an_hour_unless_told_otherwise() {
        let of = |line: &str| {
            let arguments: Vec<_> = line.split(' ').map(std::ffi::OsString::from).collect();
            let args = parse(&arguments).expect("a command line");
            Asked::of(&args.global).expect("an adoption").time
        };
        let adopt = "berth pods --adopt a --reason b";
        assert_eq!(of(adopt), SignedDuration::from_mins(15));
        assert_eq!(
            of(&format!("{adopt} --adopt-for 90s")),
            SignedDuration::from_secs(90)
        );
    }
}
