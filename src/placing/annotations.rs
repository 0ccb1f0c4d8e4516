//! What a Binding writes on the pod about itself.

use std::collections::BTreeMap;

use super::intent::Intent;
use crate::cluster::Identity;
use crate::model::from_api::{ADOPTED, PLACED_BY};

/// All annotations of an object together may have so many bytes, keys and values. The API server stores a Binding's
/// beyond that, and afterwards refuses every change to the pod.
const TOTAL: usize = 256 * 1024;

/// Why.
const REASON: &str = "berth.dev/reason";
/// The filters that were overruled.
const OVERRULED: &str = "berth.dev/overruled";

/// The annotations for `intent`: only those that say something.
pub(super) fn of(intent: &Intent, identity: &Identity) -> BTreeMap<&'static str, String> {
    let mut rules: Vec<&str> = intent.verdict.broken.iter().map(|rule| rule.plugin).collect();
    rules.dedup();
    let reason = intent.reason.as_ref().map_or("", |reason| reason.as_str());
    let adoption = intent.adoption.as_ref().map_or("", |adoption| &*adoption.id);
    [
        (PLACED_BY, identity.name.clone()),
        (REASON, reason.to_owned()),
        (OVERRULED, rules.join(",")),
        (ADOPTED, adoption.to_owned()),
    ]
    .into_iter()
    .filter(|(_, value)| !value.is_empty())
    .collect()
}

/// Whether they fit beside those that the pod has.
///
/// # Errors
/// How many bytes there would be.
pub(super) fn fit(
    have: Option<&BTreeMap<String, String>>,
    more: &BTreeMap<&'static str, String>,
) -> Result<(), String> {
    let kept = have
        .into_iter()
        .flatten()
        .filter(|(key, _)| !more.contains_key(key.as_str()))
        .map(|(key, value)| key.len() + value.len());
    let added = more.iter().map(|(key, value)| key.len() + value.len());
    let total: usize = kept.chain(added).sum();
    if total > TOTAL {
        return Err(format!(
            "the pod's annotations would have {total} bytes, and {TOTAL} fit: give a shorter reason, or remove annotations \
             from the pod"
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::PodKey;
    use crate::placing::Verdict;
    use crate::placing::reason::Reason;
    use crate::placing::verdict::BrokenRule;

    fn intent(broken: &[&'static str], reason: Option<&str>) -> Intent {
        let rule = |&plugin| BrokenRule {
            plugin,
            reasons: Vec::new(),
        };
        Intent {
            pod: PodKey::new("shop", "cart"),
            uid: "u".into(),
            resource_version: "1".into(),
            node: "n1".into(),
            verdict: Verdict {
                broken: broken.iter().map(rule).collect(),
                ..Verdict::default()
            },
            reason: reason.map(|text| Reason::parse(text).unwrap()),
            adoption: None,
            insists: false,
        }
    }

    #[test]
    fn only_what_says_something_is_written() {
        let ana = Identity {
            name: "ana".to_owned(),
            ..Identity::default()
        };
        assert_eq!(of(&intent(&[], None), &Identity::default()), BTreeMap::new());
        assert_eq!(
            of(&intent(&[], None), &ana),
            BTreeMap::from([(PLACED_BY, "ana".to_owned())])
        );
        let overruling = of(
            &intent(&["NodePorts", "TaintToleration"], Some("only room")),
            &ana,
        );
        assert_eq!(overruling[OVERRULED], "NodePorts,TaintToleration");
        assert_eq!(overruling[REASON], "only room");
    }

    #[test]
    fn all_annotations_together_must_fit() {
        let more = BTreeMap::from([(REASON, "why".to_owned())]);
        let room = TOTAL - REASON.len() - 3;
        let have = |bytes: usize| BTreeMap::from([("k".to_owned(), "v".repeat(bytes - 1))]);
        assert_eq!(fit(Some(&have(room)), &more), Ok(()));
        assert!(fit(Some(&have(room + 1)), &more).is_err());
        // What is replaced does not count.
        let replaced = BTreeMap::from([(REASON.to_owned(), "v".repeat(TOTAL))]);
        assert_eq!(fit(Some(&replaced), &more), Ok(()));
    }
}
