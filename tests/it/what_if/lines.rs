//! Lines in kubectl's words.

use std::sync::Arc;

use berth::model::PodKey;
use berth::model::taint::{Effect, Taint, Toleration, TolerationOperator};
use berth::scheduling::what_if::{Asked, Dropped, FORMS, Supposition, Whose};
use proptest::prelude::*;

use super::parsed;

fn key() -> impl Strategy<Value = Arc<str>> {
    "([a-z]{1,5}\\.io/)?[A-Za-z0-9]([a-z._-]{0,6}[a-z0-9])?".prop_map(Arc::from)
}

fn value() -> impl Strategy<Value = Arc<str>> {
    "|[A-Za-z0-9]([a-z._-]{0,6}[a-z0-9])?".prop_map(Arc::from)
}

fn name() -> impl Strategy<Value = Arc<str>> {
    "[a-z0-9]([a-z0-9.-]{0,8}[a-z0-9])?".prop_map(Arc::from)
}

fn effect() -> impl Strategy<Value = Effect> {
    prop_oneof![
        Just(Effect::NoSchedule),
        Just(Effect::PreferNoSchedule),
        Just(Effect::NoExecute)
    ]
}

fn toleration() -> impl Strategy<Value = Toleration> {
    use TolerationOperator::{Equal, Exists, Gt, Lt};
    let effect = || proptest::option::of(effect());
    prop_oneof![
        (key(), value(), effect()).prop_map(|(key, value, effect)| (key, Equal, value, effect)),
        (key(), effect()).prop_map(|(key, effect)| (key, Exists, "".into(), effect)),
        effect().prop_map(|effect| ("".into(), Exists, "".into(), effect)),
        (key(), any::<i64>(), any::<bool>(), effect()).prop_map(|(key, number, less, effect)| {
            let operator = if less { Lt } else { Gt };
            (key, operator, Arc::from(number.to_string()), effect)
        }),
    ]
    .prop_map(|(key, operator, value, effect)| Toleration {
        key,
        operator,
        value,
        effect,
    })
}

fn requests() -> impl Strategy<Value = Supposition> {
    let quantity = "[1-9][0-9]{0,3}(m|Mi|Gi|k)?".prop_map(Arc::from);
    let names = proptest::sample::subsequence(vec!["cpu", "memory", "example.com/gpu"], 1..=3);
    let whose = prop_oneof![
        Just(Whose::Every),
        name().prop_map(Whose::Container),
        Just(Whose::Pod)
    ];
    (names, proptest::collection::vec(quantity, 3), whose).prop_map(|(names, quantities, whose)| {
        let amounts = names.iter().zip(quantities).map(|(name, quantity)| Asked {
            resource: (*name).into(),
            quantity,
        });
        Supposition::Requests {
            whose,
            amounts: amounts.collect(),
        }
    })
}

fn dropped() -> impl Strategy<Value = Dropped> {
    prop_oneof![
        Just(Dropped::NodeAffinity),
        proptest::option::of(key()).prop_map(Dropped::Spread),
        Just(Dropped::PodAffinity),
        Just(Dropped::AntiAffinity),
        Just(Dropped::Ports),
        Just(Dropped::Gates),
    ]
}

fn supposition() -> impl Strategy<Value = Supposition> {
    let set = || (key(), proptest::option::of(value()));
    prop_oneof![
        name().prop_map(Supposition::Cordon),
        name().prop_map(Supposition::Uncordon),
        (name(), key(), value(), effect()).prop_map(|(node, key, value, effect)| Supposition::Taint {
            node,
            taint: Taint { key, value, effect },
        }),
        (name(), key(), proptest::option::of(effect()))
            .prop_map(|(node, key, effect)| Supposition::Untaint { node, key, effect }),
        (name(), set()).prop_map(|(node, (key, value))| Supposition::LabelNode { node, key, value }),
        (name(), 1..1000_u16).prop_map(|(like, count)| Supposition::AddNodes { like, count }),
        name().prop_map(Supposition::RemoveNode),
        (name(), name()).prop_map(|(namespace, name)| Supposition::Evict(PodKey::new(namespace, name))),
        requests(),
        toleration().prop_map(Supposition::Tolerate),
        toleration().prop_map(Supposition::Untolerate),
        set().prop_map(|(key, value)| Supposition::LabelPod { key, value }),
        set().prop_map(|(key, value)| Supposition::Select { key, value }),
        dropped().prop_map(Supposition::Drop),
    ]
}

proptest! {
    #[test]
    fn what_is_written_is_read_back(supposition in supposition()) {
        let line = supposition.to_string();
        prop_assert_eq!(Supposition::parse(&line, "default"), Ok(supposition), "{}", line);
    }

    #[test]
    fn any_line_is_read_or_refused_with_a_word_of_advice(line in "\\PC{0,40}") {
        if let Err(error) = Supposition::parse(&line, "default") {
            prop_assert!(!error.message.is_empty() && !error.hint.is_empty());
        }
    }
}

#[test]
fn a_line_copied_from_a_shell_is_read() {
    for (copied, written) in [
        ("kubectl cordon node/worker-1", "cordon worker-1"),
        (
            "kubectl taint node worker-1 gpu=yes:NoSchedule --overwrite",
            "taint nodes worker-1 gpu=yes:NoSchedule",
        ),
        ("kubectl label no worker-1 disk-", "label nodes worker-1 disk-"),
        ("kubectl delete pod cart", "evict default/cart"),
        ("drop pod anti-affinity", "drop anti-affinity"),
        ("set requests -c app cpu=2", "set requests cpu=2 -c app"),
    ] {
        assert_eq!(parsed(copied).to_string(), written);
    }
}

#[test]
fn what_is_wrong_is_named_with_what_to_try() {
    for (line, message, hint) in [
        ("", "nothing is written", "such as: cordon worker-1"),
        (
            "cordn a",
            "'cordn' is nothing that can be supposed",
            "Did you mean cordon?",
        ),
        (
            "cordon",
            "'cordon' wants other words after it",
            "Write: cordon NODE",
        ),
        (
            "taint nodes a gpu",
            "'gpu' says no effect",
            "Write gpu:NoSchedule, or gpu- to take the taint away.",
        ),
        (
            "taint nodes a gpu:NoSchedul",
            "'NoSchedul' is none of NoSchedule",
            "Did you mean NoSchedule?",
        ),
        (
            "taint nodes a gpu:noschedule",
            "'noschedule' is none of NoSchedule",
            "Did you mean NoSchedule?",
        ),
        (
            "label pod app",
            "'app' has neither '=' nor '-'",
            "Write app=VALUE to set it",
        ),
        (
            "label pod cart app=x",
            "one word too many",
            "Try: label pod app=x",
        ),
        ("select disk=s/d", "'s/d' is no value", "at most 63"),
        ("set requests cpu", "'cpu' says no amount", "cpu=200m"),
        ("set requests cpu=2x", "'2x' of cpu", "200m, 2 or 1Gi"),
        ("set requests cpu=-1", "'-1' of cpu is below zero", "Write 0"),
        (
            "set requests cpu=1,cpu=2",
            "'cpu' is named twice",
            "each resource once",
        ),
        ("add node like a 3", "'3' is no number of nodes", "x2"),
        (
            "drop spred",
            "'spred' is nothing that can be dropped",
            "Did you mean spread?",
        ),
        ("evict a/b/c", "'a/b/c' names no pod", "shop/cart"),
        ("tolerate gpu>many", "'many' is no whole number", "a number after"),
    ] {
        let error = Supposition::parse(line, "default").expect_err(line);
        assert!(error.message.contains(message), "{line}: {}", error.message);
        assert!(error.hint.contains(hint), "{line}: {}", error.hint);
    }
}

/// The forms that are shown to people are read once they are filled in.
#[test]
fn every_form_is_understood() {
    for form in FORMS {
        let line = form
            .pattern
            .replace("NODE", "worker-1")
            .replace("[NAMESPACE/]POD", "shop/cart")
            .replace("RESOURCE=AMOUNT[,…]", "cpu=1")
            .replace("[-c CONTAINER]", "-c app")
            .replace("[xCOUNT]", "x2")
            .replace("[=VALUE]", "=v")
            .replace("[:EFFECT]", ":NoSchedule")
            .replace(":EFFECT", ":NoSchedule")
            .replace("[KEY]", "zone")
            .replace("KEY", "k")
            .replace("VALUE", "v");
        let supposition = parsed(&line);
        let verb = form.pattern.split(' ').next().unwrap();
        assert!(supposition.to_string().starts_with(verb), "{line}");
    }
}
