//! Constraints that keep the pod off: `DoNotSchedule`.

use super::constraint::{Constraint, Constraints};
use super::domains::{Domains, pods_by_node};
use super::eligible::Eligible;
use super::{NO_LABEL, UNEVEN};
use crate::model::{NodeId, PodId};
use crate::scheduling::explanation::{Explanation, HOLDS, pods};
use crate::scheduling::plugin::{Cycle, Filter};
use crate::scheduling::status::{Code, Status};
use crate::scheduling::trace::FilterColumn;

/// What counts as the fewest where there is no domain at all and none has to be there.
const NO_DOMAIN: i64 = i32::MAX as i64;

pub(super) struct Hard<'a> {
    cycle: Cycle<'a>,
    constraints: Constraints<'a>,
    eligible: Eligible<'a>,
    /// By constraint.
    counted: Vec<Counted>,
}

struct Counted {
    domains: Domains,
    /// How many domains there are.
    len: usize,
    /// The two with the fewest pods.
    fewest: [Option<(usize, i64)>; 2],
    /// 1 where the constraint counts the pod itself.
    own: i64,
}

/// The numbers behind the verdict of one constraint on one node.
struct Skew {
    pods: i64,
    own: i64,
    fewest: i64,
}

impl Skew {
    fn exceeds(&self, constraint: &Constraint<'_>) -> bool {
        self.pods + self.own - self.fewest > i64::from(constraint.max_skew)
    }
}

impl<'a> Hard<'a> {
    pub(super) fn new(cycle: Cycle<'a>, constraints: Constraints<'a>, comparisons: bool) -> Self {
        let eligible = Eligible::new(cycle, &constraints.all, comparisons);
        let on_nodes = pods_by_node(cycle.cluster, cycle.pod, &constraints.all);
        let mut counted: Vec<Counted> = constraints
            .all
            .iter()
            .map(|constraint| Counted {
                domains: Domains::none(constraint),
                len: 0,
                fewest: [None; 2],
                own: i64::from(constraint.selector.matches(&cycle.pod.labels)),
            })
            .collect();
        for (node, _) in cycle.cluster.nodes.iter() {
            if !constraints.has_all_labels(node) {
                continue;
            }
            for ((constraint, counted), pods) in constraints.all.iter().zip(&mut counted).zip(&on_nodes) {
                if eligible.counts(node, constraint) {
                    let domain = constraint.domain(node);
                    counted.domains.open(domain);
                    counted
                        .domains
                        .add(domain, pods.get(node.index()).copied().unwrap_or(0));
                }
            }
        }
        for counted in &mut counted {
            counted.len = counted.domains.len();
            counted.fewest = counted.domains.fewest();
        }
        Self {
            cycle,
            constraints,
            eligible,
            counted,
        }
    }

    fn all(&self) -> impl Iterator<Item = (&Constraint<'a>, &Counted)> {
        self.constraints.all.iter().zip(&self.counted)
    }
}

impl Counted {
    /// Whether there are fewer domains than there have to be, so that the fewest count as none.
    fn too_few(&self, constraint: &Constraint<'_>) -> bool {
        (self.len as i64) < i64::from(constraint.min_domains)
    }

    /// The fewest pods in any domain.
    fn fewest(&self, constraint: &Constraint<'_>) -> i64 {
        if self.too_few(constraint) {
            return 0;
        }
        self.fewest[0].map_or(NO_DOMAIN, |(_, count)| count)
    }

    /// The skew on `node` were `gone` matching pods of it not there.
    fn skew(&self, constraint: &Constraint<'_>, node: NodeId, gone: i64) -> Skew {
        let domain = constraint.domain(node);
        let left = self.domains.get(domain).map(|have| have - gone);
        let fewest = match left {
            Some(left) if gone > 0 && !self.too_few(constraint) => {
                let mut all = self.fewest.into_iter().flatten();
                let other = all.find(|&(at, _)| at != domain);
                other.map_or(left, |(_, count)| count.min(left))
            }
            _ => self.fewest(constraint),
        };
        Skew {
            pods: left.unwrap_or(0),
            own: self.own,
            fewest,
        }
    }
}

impl Filter for Hard<'_> {
    fn filter(&self, nodes: &[NodeId], verdicts: &mut FilterColumn) {
        let no_label = verdicts.intern(Status::because(Code::UnschedulableAndUnresolvable, NO_LABEL));
        let uneven = verdicts.intern(Status::because(Code::Unschedulable, UNEVEN));
        let rooms: Vec<(&Constraint<'_>, &Counted, i64)> = self
            .all()
            .map(|(constraint, counted)| {
                let fewest = counted.fewest(constraint);
                // The most that a domain may have for the pod to join it.
                let most = i64::from(constraint.max_skew) + fewest - counted.own;
                (constraint, counted, most)
            })
            .collect();
        for &node in nodes {
            for &(constraint, counted, most) in &rooms {
                let domain = constraint.domain(node);
                if domain == 0 {
                    verdicts.set(node, no_label);
                    break;
                }
                if counted.domains.get(domain).unwrap_or(0) > most {
                    verdicts.set(node, uneven);
                    break;
                }
            }
        }
    }

    fn filter_without(&self, node: NodeId, removed: &[PodId]) -> Option<Status> {
        if !self.constraints.has_all_labels(node) {
            return None;
        }
        let Cycle { cluster, pod } = self.cycle;
        let removed = removed.iter().filter_map(|&id| cluster.pods.get(id));
        // Upstream takes off what a selector selects, pods that are being deleted and are not counted among them.
        let removed: Vec<_> = removed
            .filter(|gone| gone.key.namespace == pod.key.namespace)
            .collect();
        let mut any = false;
        let mut uneven = false;
        for (constraint, counted) in self.all() {
            let gone = if self.eligible.counts(node, constraint) {
                let gone = removed
                    .iter()
                    .filter(|gone| constraint.selector.matches(&gone.labels));
                gone.count() as i64
            } else {
                0
            };
            any |= gone > 0;
            uneven |= counted.skew(constraint, node, gone).exceeds(constraint);
        }
        any.then(|| {
            if uneven {
                Status::because(Code::Unschedulable, UNEVEN)
            } else {
                Status::SUCCESS
            }
        })
    }

    fn explain(&self, node: NodeId) -> Explanation {
        let mut why = Explanation::new("the pod may join every domain that the node is in");
        for (constraint, counted) in self.all() {
            constraint.tell(&mut why);
            let key = &*constraint.key;
            let field = format!("metadata.labels.{key}");
            let Some(value) = constraint.value(node) else {
                why.node(key, "no such label", field);
                why.summary = format!("the node has no label {key}, by which the pod is to be spread");
                why.step("the node has the label", key, NO_LABEL);
                return why;
            };
            why.node(key, value, field);
            let skew = counted.skew(constraint, node, 0);
            let exceeds = skew.exceeds(constraint);
            if exceeds {
                why.summary = format!(
                    "{key}={value} has {} already, and the domain with the fewest {}: the skew would be {}, above {}",
                    pods(skew.pods),
                    skew.fewest,
                    skew.pods + skew.own - skew.fewest,
                    constraint.max_skew
                );
            }
            why.step(
                format!("skew of {key}={value}"),
                format!(
                    "{} there + {} itself − {} fewest {} = {} ≤ {}",
                    skew.pods,
                    skew.own,
                    skew.fewest,
                    self.of_domains(constraint, counted),
                    skew.pods + skew.own - skew.fewest,
                    constraint.max_skew
                ),
                if exceeds { UNEVEN } else { HOLDS },
            );
            if exceeds {
                return why;
            }
        }
        why
    }
}

impl Hard<'_> {
    /// Among how many domains the fewest were found.
    fn of_domains(&self, constraint: &Constraint<'_>, counted: &Counted) -> String {
        let len = counted.len;
        if counted.too_few(constraint) {
            return format!(
                "({len} domains, fewer than minDomains {})",
                constraint.min_domains
            );
        }
        let nodes = self.cycle.cluster.nodes.iter();
        let fewest = counted.fewest[0].map(|(domain, _)| domain);
        let at = nodes
            .map(|(node, _)| node)
            .find(|&node| Some(constraint.domain(node)) == fewest && self.constraints.has_all_labels(node));
        match at.and_then(|node| constraint.value(node)) {
            Some(value) => format!("(in {value}, of {len} domains)"),
            None => "(no domain counts)".to_owned(),
        }
    }
}
