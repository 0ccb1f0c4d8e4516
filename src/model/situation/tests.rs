//! The judgement, case by case.

use super::*;
use crate::model::Pod;
use crate::model::from_api::PodObject;
use crate::model::intern::Interner;

const NOW: &str = "2026-01-01T01:00:00Z";

fn at(before: i64) -> Timestamp {
    let now: Timestamp = NOW.parse().unwrap();
    now - SignedDuration::from_secs(before)
}

fn held(before: i64) -> Lease {
    Lease::read(Some("a"), Some(at(before)), Some(15), None)
}

fn handed_back(before: i64) -> Lease {
    Lease::read(Some(""), Some(at(before)), Some(1), None)
}

fn missing() -> Lease {
    Lease::Missing {
        name: "kube-system/kube-scheduler".to_owned(),
    }
}

/// So many pods that nobody has looked at, the first of which came so long ago, and the last sign of life.
fn signs(untouched: usize, oldest: i64, last: Option<(i64, SignKind)>) -> Signs {
    Signs {
        pending: untouched.max(40),
        critical: 3,
        untouched,
        oldest: (untouched > 0).then(|| at(oldest)),
        last: last.map(|(before, kind)| Sign { at: at(before), kind }),
    }
}

/// Its name, what the Lease and the pods tell, and what is made of it.
type Case<'a> = (&'a str, Lease, Option<Signs>, State, Option<i64>, &'a str);

#[test]
#[expect(clippy::too_many_lines, reason = "a row a case")]
fn every_case_has_its_word() {
    use SignKind::{Bound, Event, Failed};
    use State::{Alive, Expired, HandedBack, Silent, Stuck, Unknown};
    let none = signs(0, 0, None);
    let unreadable = Lease::Unreadable {
        why: "lease a may not be read".into(),
    };
    let moved = Lease::read(Some("a"), Some(at(100)), Some(15), Some(at(102)));
    let cases: Vec<Case<'_>> = vec![
        // The Lease tells.
        (
            "renewed",
            held(1),
            Some(none.clone()),
            Alive,
            None,
            "lease renewed 1 s ago",
        ),
        (
            "a clock ahead of ours",
            held(-3),
            None,
            Alive,
            None,
            "lease renewed 0 s ago",
        ),
        (
            "at the last moment",
            held(15),
            None,
            Alive,
            None,
            "lease renewed 15 s ago",
        ),
        (
            "killed",
            held(16),
            Some(none.clone()),
            Expired,
            Some(16),
            "lease expired",
        ),
        (
            "killed, pods not to be seen",
            held(180),
            None,
            Expired,
            Some(180),
            "lease expired",
        ),
        (
            "clocks differ, but it moves",
            moved,
            None,
            Alive,
            None,
            "lease renewed 100 s ago",
        ),
        (
            "ended in good order",
            handed_back(1),
            None,
            HandedBack,
            Some(1),
            "lease handed back: it was ended in good order",
        ),
        (
            "ended long ago",
            handed_back(9000),
            Some(signs(40, 8000, Some((9001, Bound)))),
            HandedBack,
            Some(9000),
            "lease handed back: it was ended in good order",
        ),
        (
            "killed while it worked",
            held(60),
            Some(signs(12, 50, Some((58, Bound)))),
            Expired,
            Some(60),
            "lease expired",
        ),
        // A long queue is no sign of death.
        (
            "two thousand pods at once",
            held(1),
            Some(signs(2000, 35, Some((0, Bound)))),
            Alive,
            None,
            "lease renewed 1 s ago",
        ),
        (
            "the same without a lease",
            missing(),
            Some(signs(2000, 35, Some((0, Bound)))),
            Alive,
            None,
            "there is no lease kube-system/kube-scheduler, but a pod of its was bound 0 s ago, and not by berth",
        ),
        // It renews its Lease and does nothing.
        (
            "stuck",
            held(1),
            Some(signs(3, 200, Some((4000, Failed)))),
            Stuck,
            Some(200),
            "lease renewed 1 s ago, but nobody has looked at 3 pods of its, the oldest for 3 min",
        ),
        // Leader election is off.
        (
            "no lease, at work",
            missing(),
            Some(signs(0, 0, Some((20, Failed)))),
            Alive,
            None,
            "there is no lease kube-system/kube-scheduler, but it tried a pod 20 s ago",
        ),
        (
            "no lease, dead",
            missing(),
            Some(signs(2, 180, Some((300, Bound)))),
            Silent,
            Some(180),
            "there is no lease kube-system/kube-scheduler, and nobody has looked at 2 pods of its, the oldest for 3 min",
        ),
        (
            "no lease, dead in the middle of a long queue",
            missing(),
            Some(signs(9, 180, Some((100, Bound)))),
            Silent,
            Some(100),
            "there is no lease kube-system/kube-scheduler, and nobody has looked at 9 pods of its, the oldest for 3 min",
        ),
        (
            "no lease, too early to tell",
            missing(),
            Some(signs(1, 29, Some((300, Bound)))),
            Unknown,
            None,
            "there is no lease kube-system/kube-scheduler, and its pods tell nothing yet: the oldest that nobody has looked at \
             came 29 s ago",
        ),
        (
            "no lease, nothing to do",
            missing(),
            Some(signs(0, 0, Some((300, Bound)))),
            Unknown,
            None,
            "there is no lease kube-system/kube-scheduler, and no pod waits that a scheduler would have looked at by now",
        ),
        (
            "not to be read, dead",
            unreadable.clone(),
            Some(signs(1, 60, None)),
            Silent,
            Some(60),
            "lease a may not be read, and nobody has looked at 1 pod of its for 60 s",
        ),
        (
            "not to be read, but events",
            unreadable.clone(),
            Some(signs(1, 60, Some((5, Event)))),
            Alive,
            None,
            "lease a may not be read, but it reported a pod that fits nowhere 5 s ago",
        ),
        (
            "nothing is to be seen",
            unreadable,
            None,
            Unknown,
            None,
            "lease a may not be read, and its pods may not be seen",
        ),
        // Leader election was switched off: the old Lease tells nothing any more.
        (
            "an old lease, at work",
            held(9000),
            Some(signs(0, 0, Some((3, Bound)))),
            Alive,
            None,
            "lease expired, but a pod of its was bound 3 s ago, and not by berth",
        ),
        (
            "an old lease, dead since",
            held(9000),
            Some(signs(4, 100, Some((300, Failed)))),
            Silent,
            Some(100),
            "lease expired, and nobody has looked at 4 pods of its, the oldest for 100 s",
        ),
        (
            "never renewed",
            Lease::read(Some("a"), None, None, None),
            Some(none),
            Unknown,
            None,
            "its lease was never renewed, and no pod waits that a scheduler would have looked at by now",
        ),
    ];
    for (case, lease, signs, state, since, evidence) in cases {
        let found = judge(&lease, signs.as_ref(), NOW.parse().unwrap());
        assert_eq!(
            (found.state, found.since, found.evidence.as_str()),
            (state, since.map(at), evidence),
            "{case}"
        );
    }
}

#[test]
fn a_second_look_is_worth_it_only_where_clocks_may_be_at_fault() {
    let now = at(0);
    assert!(held(16).may_be_a_clocks_fault(now));
    for lease in [held(1), held(300), handed_back(20), missing()] {
        assert!(!lease.may_be_a_clocks_fault(now), "{lease:?}");
    }
}

fn pod(json: serde_json::Value) -> Pod {
    let object: PodObject = serde_json::from_value(json).unwrap();
    object.to_pod(&mut Interner::default())
}

#[test]
fn pods_tell_what_their_scheduler_did() {
    use serde_json::json;
    let condition = |status: &str, reason: &str| {
        json!({"phase": "Pending", "conditions": [{
            "type": "PodScheduled", "status": status, "reason": reason, "lastTransitionTime": "2026-01-01T00:59:00Z",
        }]})
    };
    let meta =
        |name: &str| json!({"namespace": "a", "name": name, "creationTimestamp": "2026-01-01T00:50:00Z"});
    let critical = json!({"priority": 2_000_000_000});
    let told = |pods: &[serde_json::Value]| {
        let pods: Vec<Pod> = pods.iter().cloned().map(pod).collect();
        by_scheduler(&pods)
            .remove("default-scheduler")
            .unwrap_or_default()
    };
    let untouched =
        told(&[json!({"metadata": meta("new"), "spec": critical, "status": {"phase": "Pending"}})]);
    assert_eq!(
        (untouched.pending, untouched.critical, untouched.untouched),
        (1, 1, 1)
    );
    assert_eq!((untouched.oldest, untouched.last), (Some(at(600)), None));

    let tried = told(&[json!({"metadata": meta("tried"), "status": condition("False", "Unschedulable")})]);
    let sign = |kind| Some(Sign { at: at(60), kind });
    assert_eq!(
        (tried.pending, tried.untouched, tried.last),
        (1, 0, sign(SignKind::Failed))
    );

    let bound = json!({"nodeName": "n1"});
    let by_it = json!({"metadata": meta("bound"), "spec": bound, "status": condition("True", "")});
    assert_eq!(told(&[by_it]).last, sign(SignKind::Bound));

    // What says nothing of the scheduler.
    let mut by_us = meta("ours");
    by_us["annotations"] = json!({"berth.dev/placed-by": "ana"});
    let mut of_node = meta("static");
    of_node["ownerReferences"] = json!([{"kind": "Node", "name": "n1", "controller": true}]);
    let mut leaving = meta("leaving");
    leaving["deletionTimestamp"] = json!("2026-01-01T00:59:00Z");
    let silent = told(&[
        json!({"metadata": by_us, "spec": bound, "status": condition("True", "")}),
        json!({"metadata": of_node, "spec": bound, "status": condition("True", "")}),
        json!({"metadata": leaving}),
        json!({"metadata": meta("gated"), "spec": {"schedulingGates": [{"name": "g"}]},
            "status": condition("False", "SchedulingGated")}),
    ]);
    assert_eq!(silent, Signs::default());
    // These wait, but something else may keep them from the scheduler.
    let kept = told(&[
        json!({"metadata": meta("gang"), "spec": {"schedulingGroup": {"podGroupName": "g"}}}),
        json!({"metadata": meta("claim"), "spec": {"resourceClaims": [{"name": "c", "resourceClaimName": "c"}]}}),
        json!({"metadata": meta("freed"), "status": condition("False", "SchedulingGated")}),
    ]);
    assert_eq!((kept.pending, kept.untouched, kept.last), (3, 0, None));
}
