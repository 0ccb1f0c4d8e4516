//! What a cluster is about.

use super::random::Random;

/// The subjects of one cluster: a few of them, so that they meet, and seldom all at once, so that each is reached.
#[allow(
    clippy::struct_excessive_bools,
    reason = "each subject is there or not, whatever the others"
)]
pub(super) struct Theme {
    pub(super) odd: bool,
    pub(super) tight: bool,
    pub(super) taints: bool,
    pub(super) ports: bool,
    pub(super) resize: bool,
    pub(super) node_affinity: bool,
    pub(super) pod_affinity: bool,
    pub(super) spread: bool,
    pub(super) workloads: bool,
    pub(super) images: bool,
    pub(super) volumes: bool,
    pub(super) devices: bool,
    pub(super) features: bool,
    pub(super) preemption: bool,
}

const SUBJECTS: usize = 13;

impl Theme {
    pub(super) fn draw(random: &mut Random) -> Self {
        let all = random.one_in(12);
        // One of three clusters is about one thing, which then decides.
        let only = random.one_in(3).then(|| random.below(SUBJECTS));
        let mut at = 0;
        let mut subject = |of| {
            at += 1;
            let drawn = random.one_in(of);
            only.map_or(all || drawn, |only| only + 1 == at)
        };
        let mut theme = Self {
            odd: false,
            tight: subject(4),
            taints: subject(3),
            ports: subject(5),
            resize: subject(6),
            node_affinity: subject(3),
            pod_affinity: subject(3),
            spread: subject(3),
            workloads: subject(4),
            images: subject(4),
            volumes: subject(3),
            devices: subject(3),
            features: subject(8),
            preemption: subject(3),
        };
        // What an API server would refuse ends many a cycle early, so most clusters are without.
        theme.odd = random.one_in(5);
        // Without want there is nothing to preempt for.
        theme.tight |= theme.preemption && (only.is_some() || !random.one_in(4));
        theme
    }
}
