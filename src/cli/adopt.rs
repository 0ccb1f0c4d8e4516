//! `--adopt`: pods of a scheduler that is not at work, placed for a while.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::args::Global;
use super::exit::{Exit, Failure};
use super::source::Snapshot;
use super::{note, program};
use crate::cluster::Connection;
use crate::cluster::schedulers;
use crate::model::situation;
use crate::model::{Cluster, Pod};
use crate::placing::{Adoption, Placer, Refusal};

/// The adoptions that the options ask for.
#[derive(Clone, Debug, Default)]
pub(super) struct Adoptions(Vec<Arc<Adoption>>);

impl Adoptions {
    /// Makes sure that the schedulers are not at work whose pods are to be placed.
    ///
    /// # Errors
    /// Where one is, and the options do not say that both shall place its pods.
    pub(super) async fn begin(
        connection: &Connection,
        cluster: &Cluster,
        global: &Global,
    ) -> Result<Self, Failure> {
        let Some(reason) = global.reason.as_ref().filter(|_| !global.adopt.is_empty()) else {
            return Ok(Self::default());
        };
        let pods = cluster.pods.iter().map(|(_, pod)| &**pod);
        let signs = situation::by_scheduler(pods);
        let time = time(global);
        let mut all = Vec::new();
        for name in &global.adopt {
            let signs = signs.get(&**name).cloned().unwrap_or_default();
            let (lease, found) = schedulers::examine(connection, name, Some(&signs)).await?;
            match found.state.alive() {
                Some(true) if !global.race => return Err(refused(name, &found.evidence)),
                Some(true) => note(&format!(
                    "warning: '{name}' is at work ({}): it may place the same pods at the same time",
                    found.evidence
                )),
                None => note(&format!(
                    "warning: whether '{name}' is at work cannot be told: {}",
                    found.evidence
                )),
                Some(false) => {}
            }
            let race = global.race;
            let when = (Timestamp::now(), time);
            let adoption =
                Adoption::begin(name.as_str().into(), reason.clone(), when, race, (&lease, &found));
            all.push(Arc::new(adoption));
        }
        Ok(Self(all))
    }

    /// As [`Adoptions::begin`], for a command that only looks: a file says nothing of what is at work.
    pub(super) async fn look(snapshot: &Snapshot, global: &Global) -> Result<(), Failure> {
        match &snapshot.connection {
            Some(connection) => Self::begin(connection, &snapshot.cluster, global).await.map(drop),
            None => Ok(()),
        }
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

/// How long an adoption is to hold.
pub(super) fn time(global: &Global) -> SignedDuration {
    let asked = global.adopt_for.map(SignedDuration::try_from);
    asked.and_then(Result::ok).unwrap_or(Adoption::TIME)
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
            time(&parse(&arguments).expect("a command line").global)
        };
        let adopt = "berth pods --adopt a --reason b";
        assert_eq!(of(adopt), SignedDuration::from_mins(15));
        assert_eq!(
            of(&format!("{adopt} --adopt-for 90s")),
            SignedDuration::from_secs(90)
        );
    }
}
