//! Taints and cordons: to bear them, or to lift them.

use super::Fix;
use crate::model::NodeId;
use crate::model::taint::{Effect, Taint, Toleration, TolerationOperator};
use crate::scheduling::nearest::judge::Judge;
use crate::scheduling::what_if::{CORDON, Supposition};

/// The domain of the taints that the control plane keeps as the node fares: what lifts them does not last.
const OF_CONDITIONS: &str = "node.kubernetes.io/";

pub(super) fn of_cordon(judge: &Judge<'_>, node: NodeId) -> Vec<Fix> {
    let Some(node) = judge.cluster().nodes.get(node) else {
        return Vec::new();
    };
    let cordon = Toleration {
        key: CORDON.into(),
        operator: TolerationOperator::Exists,
        value: "".into(),
        effect: Some(Effect::NoSchedule),
    };
    vec![
        vec![Supposition::Uncordon(node.name.clone())],
        vec![Supposition::Tolerate(cordon)],
    ]
}

pub(super) fn fixes(judge: &Judge<'_>, node: NodeId) -> Vec<Fix> {
    let Some(node) = judge.cluster().nodes.get(node) else {
        return Vec::new();
    };
    let borne = |taint: &Taint| {
        let mut tolerations = judge.pod().spec.tolerations.iter();
        tolerations.any(|toleration| toleration.tolerates(taint, false))
    };
    let all = node
        .taints
        .iter()
        .filter(|taint| taint.effect.keeps_off() && !borne(taint));
    // What lifts or bears a cordon does so to its taint.
    let taints: Vec<&Taint> = all
        .filter(|taint| !(node.unschedulable && *taint.key == *CORDON))
        .collect();
    if taints.is_empty() {
        return vec![Fix::new()];
    }
    let tolerate = taints
        .iter()
        .map(|taint| Supposition::Tolerate(toleration(taint)));
    let mut fixes: Vec<Fix> = vec![tolerate.collect()];
    if !taints.iter().any(|taint| taint.key.starts_with(OF_CONDITIONS)) {
        let untaint = taints.iter().map(|taint| Supposition::Untaint {
            node: node.name.clone(),
            key: taint.key.clone(),
            effect: Some(taint.effect),
        });
        fixes.push(untaint.collect());
    }
    fixes
}

/// The narrowest toleration that bears `taint`.
fn toleration(taint: &Taint) -> Toleration {
    Toleration {
        key: taint.key.clone(),
        operator: if taint.value.is_empty() {
            TolerationOperator::Exists
        } else {
            TolerationOperator::Equal
        },
        value: taint.value.clone(),
        effect: Some(taint.effect),
    }
}
