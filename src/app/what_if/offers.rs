//! What a line that is being typed may become: the kinds of lines, then names of what is there.

use std::sync::Arc;

use super::typing::Offer;
use crate::app::state::State;
use crate::engine::study::Supposed;
use crate::model::Pod;
use crate::model::resources::{ResourceId, ResourceNames};
use crate::model::topology_spread::WhenUnsatisfiable;
use crate::scheduling::what_if::{Dropped, FORMS, Supposition};

/// The most offers that are shown.
const MOST: usize = 12;

/// What `line` may become, the likeliest first.
pub(in crate::app) fn offers(state: &State, line: &str) -> Vec<Offer> {
    let line = line.trim_start();
    let answer = state.what_if.answer();
    let pod = answer.map(|answer| Arc::clone(&answer.pod));
    let pod = pod.or_else(|| state.pod().map(|row| Arc::clone(&row.pod)));
    let names = Names {
        state,
        answer,
        pod: pod.as_deref(),
    };
    let found = match line.rfind(' ') {
        Some(at) => {
            let (before, begun) = line.split_at(at + 1);
            names.after(before, begun)
        }
        None => Vec::new(),
    };
    if !found.is_empty() {
        return found;
    }
    let begins = |pattern: &str| {
        let fixed = fixed_part(pattern);
        fixed.starts_with(line) || line.starts_with(fixed)
    };
    let forms = FORMS.iter().filter(|form| begins(form.pattern));
    let offers = forms.map(|form| {
        let fixed = fixed_part(form.pattern);
        let line = if line.len() > fixed.len() { line } else { fixed };
        Offer {
            line: line.to_owned(),
            shown: form.pattern.to_owned(),
            says: form.means.to_owned(),
        }
    });
    offers.take(MOST.max(FORMS.len())).collect()
}

/// The words of a pattern before the first that is to be filled in.
fn fixed_part(pattern: &str) -> &str {
    let filled = |c: char| c.is_ascii_uppercase() || c == '[';
    pattern
        .find(filled)
        .map_or(pattern, |at| pattern.get(..at).unwrap_or(pattern))
}

/// What there is to name.
struct Names<'a> {
    state: &'a State,
    answer: Option<&'a Supposed>,
    pod: Option<&'a Pod>,
}

impl Names<'_> {
    /// What may follow `before`, where `begun` was typed of it already.
    fn after(&self, before: &str, begun: &str) -> Vec<Offer> {
        let words: Vec<&str> = before.split_whitespace().collect();
        match *words {
            ["cordon" | "uncordon"] | ["delete", "node"] | ["add", "node", "like"] => {
                self.nodes(before, begun, "")
            }
            ["taint" | "label", "nodes"] => self.nodes(before, begun, " "),
            ["taint", "nodes", node] => {
                let taints = self.state.summary_of(node).map(|node| Arc::clone(&node.taints));
                let taints = taints.iter().flat_map(|taints| taints.iter());
                let gone = taints.map(|taint| {
                    let (key, effect) = taint.rsplit_once(':').unwrap_or((taint, ""));
                    let key = key.split_once('=').map_or(key, |(key, _)| key);
                    (format!("{key}:{effect}-"), "takes it away".to_owned())
                });
                offered(before, begun, gone)
            }
            ["evict"] => {
                let placed = self.answer.into_iter().flat_map(|answer| &answer.placed);
                offered(before, begun, placed.map(|key| (key.to_string(), String::new())))
            }
            ["tolerate"] => {
                let mut taints: Vec<(String, usize)> = Vec::new();
                for taint in self.state.view.nodes.iter().flat_map(|node| node.taints.iter()) {
                    match taints.iter_mut().find(|(have, _)| have == taint) {
                        Some((_, count)) => *count += 1,
                        None => taints.push((taint.clone(), 1)),
                    }
                }
                taints.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
                let said = |count| format!("on {count} {}", if count == 1 { "node" } else { "nodes" });
                offered(
                    before,
                    begun,
                    taints.into_iter().map(|(taint, count)| (taint, said(count))),
                )
            }
            ["untolerate"] => {
                let all = self.pod.into_iter().flat_map(|pod| &pod.spec.tolerations);
                let prefix = "tolerate ";
                let lines = all.map(|toleration| Supposition::Tolerate(toleration.clone()).to_string());
                let texts = lines.map(|line| {
                    (
                        line.get(prefix.len()..).unwrap_or_default().to_owned(),
                        String::new(),
                    )
                });
                offered(before, begun, texts)
            }
            ["select"] => {
                let selector = self.pod.and_then(|pod| pod.spec.node_selector.as_ref());
                let keys = selector.into_iter().flat_map(crate::model::labels::Labels::iter);
                let gone = keys.map(|(key, value)| (format!("{key}-"), format!("it wants {value} now")));
                offered(before, begun, gone)
            }
            ["label", "pod"] => {
                let keys = self.pod.into_iter().flat_map(|pod| pod.labels.iter());
                let gone = keys.map(|(key, value)| (format!("{key}-"), format!("it is {value} now")));
                offered(before, begun, gone)
            }
            ["set", "requests"] => self.requests(before, begun),
            ["drop"] => self.dropped(before, begun),
            _ => Vec::new(),
        }
    }

    fn nodes(&self, before: &str, begun: &str, then: &str) -> Vec<Offer> {
        let nodes = self.state.view.nodes.iter().map(|node| {
            let says = match (node.unschedulable, node.taints.first()) {
                (true, _) => "cordoned".to_owned(),
                (false, Some(taint)) => taint.clone(),
                (false, None) => node.zone.to_string(),
            };
            (format!("{}{then}", node.name), says)
        });
        offered(before, begun, nodes)
    }

    /// What each container asks for now.
    fn requests(&self, before: &str, begun: &str) -> Vec<Offer> {
        const SHOWN: [(&str, ResourceId); 2] = [("cpu", ResourceId::CPU), ("memory", ResourceId::MEMORY)];
        let names = ResourceNames::default();
        let containers = self.pod.into_iter().flat_map(|pod| &pod.spec.containers);
        let now = containers.flat_map(|container| {
            SHOWN.iter().map(|(name, resource)| {
                let amount = names.show(*resource, container.requests.get(*resource));
                (
                    format!("{name}={amount} -c {}", container.name),
                    "as it is now".to_owned(),
                )
            })
        });
        offered(before, begun, now)
    }

    fn dropped(&self, before: &str, begun: &str) -> Vec<Offer> {
        let Some(pod) = self.pod else {
            return Vec::new();
        };
        let spec = &pod.spec;
        let affinity = spec.pod_affinity.as_ref();
        let hard = |when| when == WhenUnsatisfiable::DoNotSchedule;
        let there = [
            (
                Dropped::NodeAffinity,
                spec.node_affinity
                    .as_ref()
                    .is_some_and(|affinity| affinity.required.is_some()),
            ),
            (
                Dropped::Spread(None),
                spec.spread
                    .iter()
                    .any(|constraint| hard(constraint.when_unsatisfiable)),
            ),
            (
                Dropped::PodAffinity,
                affinity.is_some_and(|affinity| !affinity.required.is_empty()),
            ),
            (
                Dropped::AntiAffinity,
                affinity.is_some_and(|affinity| !affinity.required_anti.is_empty()),
            ),
            (Dropped::Ports, !spec.host_ports.is_empty()),
            (Dropped::Gates, pod.is_gated()),
        ];
        let there = there.iter().filter(|(_, there)| *there);
        offered(
            before,
            begun,
            there.map(|(what, _)| (what.as_str().to_owned(), String::new())),
        )
    }
}

/// Those of `texts` that hold what was begun, those that begin with it first.
fn offered(before: &str, begun: &str, texts: impl Iterator<Item = (String, String)>) -> Vec<Offer> {
    let mut first = Vec::new();
    let mut rest = Vec::new();
    for (text, says) in texts {
        if first.len() == MOST {
            break;
        }
        let offer = || Offer {
            line: format!("{before}{text}"),
            shown: text.trim_end().to_owned(),
            says: says.clone(),
        };
        if text.trim_end() == begun {
            continue;
        }
        if text.starts_with(begun) {
            first.push(offer());
        } else if rest.len() < MOST && text.contains(begun) {
            rest.push(offer());
        }
    }
    first.extend(rest);
    first.truncate(MOST);
    first
}
