//! What each plugin says of what happens, in upstream's cases.

#![expect(clippy::too_many_lines, reason = "tables")]
#![expect(
    clippy::needless_pass_by_value,
    reason = "values are written where they are used"
)]

use berth::model::cluster::Event;
use berth::model::{Change, Cluster, PodKey, WatchEvent};
use berth::scheduling::Profile;
use berth::scheduling::hint::{Hint, occasions, occasions_of_own};
use berth::scheduling::plugin::Cycle;
use serde_json::{Value, json};

/// What `plugin` says to the waiting pod with `spec` (merged with its metadata under `metadata`) of a cluster where first
/// `before` and then `after` holds: whether the pod is tried again.
fn helps(plugin: &str, waiting: Value, before: Vec<Change>, after: Change) -> bool {
    let mut cluster = Cluster::from_changes(before);
    cluster.apply(waiting_pod(waiting));
    let key = PodKey::new("shop", "w");
    let own = cluster.pod(&key).expect("it waits").clone();
    cluster.listen();
    cluster.apply(after);
    let profile = Profile::default_for("default-scheduler");
    let plugin = profile.plugin(plugin).expect("a plugin");
    cluster.take_events().iter().any(|event| {
        let pod = cluster.pod(&key).expect("it waits");
        let occasions = match event {
            Event::Pod(turn) if turn.after.as_ref().is_some_and(|pod| pod.key == key) => {
                occasions_of_own(&own, pod)
            }
            other => occasions(other),
        };
        let cycle = Cycle {
            cluster: &cluster,
            pod,
        };
        plugin.events().iter().any(|one| occasions.contains(*one)) && plugin.hint(cycle, event) == Hint::Queue
    })
}

fn waiting_pod(object: Value) -> Change {
    let mut whole = json!({"metadata": {}, "spec": {"containers": [{"name": "c"}]}});
    merge(&mut whole, object);
    merge(
        &mut whole,
        json!({"metadata": {"namespace": "shop", "name": "w", "uid": "w"}}),
    );
    Change::Pod(WatchEvent::Applied(serde_json::from_value(whole).expect("a pod")))
}

fn merge(into: &mut Value, from: Value) {
    match (into, from) {
        (Value::Object(into), Value::Object(from)) => {
            for (key, value) in from {
                merge(into.entry(key).or_insert(Value::Null), value);
            }
        }
        (into, from) => *into = from,
    }
}

fn placed(name: &str, object: Value) -> Change {
    let mut whole = json!({"spec": {"nodeName": "n", "containers": [{"name": "c"}]}});
    merge(&mut whole, object);
    merge(&mut whole, json!({"metadata": {"name": name, "uid": name}}));
    if whole["metadata"]["namespace"].is_null() {
        whole["metadata"]["namespace"] = json!("shop");
    }
    Change::Pod(WatchEvent::Applied(serde_json::from_value(whole).expect("a pod")))
}

fn went(name: &str) -> Change {
    let object = json!({"metadata": {"namespace": "shop", "name": name}});
    Change::Pod(WatchEvent::Deleted(
        serde_json::from_value(object).expect("a pod"),
    ))
}

fn node(object: Value) -> Change {
    let mut whole =
        json!({"metadata": {"name": "n", "uid": "n"}, "status": {"allocatable": {"cpu": "2", "pods": "10"}}});
    merge(&mut whole, object);
    Change::Node(WatchEvent::Applied(
        serde_json::from_value(whole).expect("a node"),
    ))
}

fn labels(all: Value) -> Value {
    json!({"metadata": {"labels": all}})
}

fn asks(cpu: &str) -> Value {
    json!({"spec": {"containers": [{"name": "c", "resources": {"requests": {"cpu": cpu}}}]}})
}

fn holds(cpu: &str) -> Value {
    json!({"status": {"allocatable": {"cpu": cpu}}})
}

macro_rules! applied {
    ($kind:ident, $object:expr) => {
        Change::$kind(WatchEvent::Applied(
            serde_json::from_value($object).expect("an object"),
        ))
    };
}

/// Checks a table: what it is about, the waiting pod, what was, what comes, whether it helps.
fn check(plugin: &str, cases: Vec<(&str, Value, Vec<Change>, Change, bool)>) {
    for (what, waiting, before, after, expected) in cases {
        assert_eq!(
            helps(plugin, waiting, before, after),
            expected,
            "{plugin}: {what}"
        );
    }
}

#[test]
fn room() {
    let small = || vec![node(holds("1")), placed("other", asks("1"))];
    check(
        "NodeResourcesFit",
        vec![
            ("a placed pod goes", asks("1"), small(), went("other"), true),
            (
                "a placed pod takes less",
                asks("1"),
                small(),
                placed("other", asks("500m")),
                true,
            ),
            (
                "it takes less of what is not asked for",
                json!({}),
                small(),
                placed("other", asks("500m")),
                false,
            ),
            (
                "it takes more",
                asks("1"),
                small(),
                placed("other", asks("2")),
                false,
            ),
            ("a node large enough", asks("2"), vec![], node(json!({})), true),
            ("a node too small", asks("3"), vec![], node(json!({})), false),
            ("a node grows enough", asks("3"), small(), node(holds("4")), true),
            (
                "a node grows too little",
                asks("3"),
                small(),
                node(holds("2")),
                false,
            ),
            (
                "a node shrinks",
                asks("500m"),
                vec![node(holds("4"))],
                node(holds("2")),
                false,
            ),
            (
                "a node is relabelled",
                asks("1"),
                small(),
                node(json!({"metadata": {"labels": {"a": "b"}}, "status": {"allocatable": {"cpu": "1"}}})),
                false,
            ),
            (
                "the pod asks for less",
                asks("2"),
                small(),
                waiting_pod(asks("1")),
                true,
            ),
            (
                "the pod is relabelled",
                asks("2"),
                small(),
                waiting_pod(json!({"metadata": {"labels": {"a": "b"}}, "spec": asks("2")["spec"]})),
                false,
            ),
        ],
    );
}

#[test]
fn nodes_and_taints() {
    let tainted = || node(json!({"spec": {"taints": [{"key": "k", "value": "v", "effect": "NoSchedule"}]}}));
    let tolerates = |key: &str| json!({"spec": {"tolerations": [{"key": key, "operator": "Exists"}]}});
    check(
        "TaintToleration",
        vec![
            ("a node without taints", json!({}), vec![], node(json!({})), true),
            ("a node with one", json!({}), vec![], tainted(), false),
            (
                "a node with one that is tolerated",
                tolerates("k"),
                vec![],
                tainted(),
                true,
            ),
            (
                "the taint goes",
                json!({}),
                vec![tainted()],
                node(json!({})),
                true,
            ),
            (
                "a tolerated taint goes",
                tolerates("k"),
                vec![tainted()],
                node(json!({})),
                false,
            ),
            (
                "a taint comes",
                json!({}),
                vec![node(json!({}))],
                tainted(),
                false,
            ),
            (
                "the pod tolerates more",
                json!({}),
                vec![tainted()],
                waiting_pod(tolerates("k")),
                true,
            ),
        ],
    );
    let cordoned = || node(json!({"spec": {"unschedulable": true}}));
    check(
        "NodeUnschedulable",
        vec![
            ("an open node", json!({}), vec![], node(json!({})), true),
            ("a cordoned node", json!({}), vec![], cordoned(), false),
            (
                "a node is uncordoned",
                json!({}),
                vec![cordoned()],
                node(json!({})),
                true,
            ),
            (
                "a node is cordoned",
                json!({}),
                vec![node(json!({}))],
                cordoned(),
                false,
            ),
            (
                "another node grows",
                json!({}),
                vec![node(json!({}))],
                node(holds("4")),
                false,
            ),
            (
                "the pod bears cordons",
                json!({}),
                vec![cordoned()],
                waiting_pod(tolerates("node.kubernetes.io/unschedulable")),
                true,
            ),
            (
                "the pod bears something else",
                json!({}),
                vec![cordoned()],
                waiting_pod(tolerates("k")),
                false,
            ),
        ],
    );
    check(
        "NodeName",
        vec![
            ("a node", json!({}), vec![], node(json!({})), true),
            (
                "a node grows",
                json!({}),
                vec![node(json!({}))],
                node(holds("4")),
                false,
            ),
        ],
    );
    let wants = json!({"spec": {"nodeSelector": {"disk": "ssd"}}});
    let is = |disk: &str| node(labels(json!({"disk": disk})));
    check(
        "NodeAffinity",
        vec![
            ("a node that matches", wants.clone(), vec![], is("ssd"), true),
            ("a node that does not", wants.clone(), vec![], is("hdd"), false),
            (
                "a node begins to match",
                wants.clone(),
                vec![is("hdd")],
                is("ssd"),
                true,
            ),
            (
                "a node matches no more",
                wants.clone(),
                vec![is("ssd")],
                is("hdd"),
                false,
            ),
            (
                "it matches as before",
                wants,
                vec![is("ssd")],
                node(labels(json!({"disk": "ssd", "a": "b"}))),
                false,
            ),
        ],
    );
    check(
        "NodeDeclaredFeatures",
        vec![
            ("a node", json!({}), vec![], node(json!({})), true),
            (
                "a node is relabelled",
                json!({}),
                vec![node(json!({}))],
                is("ssd"),
                false,
            ),
            (
                "the pod needs what it needed",
                json!({}),
                vec![],
                waiting_pod(labels(json!({"a": "b"}))),
                false,
            ),
        ],
    );
    check(
        "SchedulingGates",
        vec![
            (
                "the gates go",
                json!({"spec": {"schedulingGates": [{"name": "g"}]}}),
                vec![],
                waiting_pod(json!({})),
                true,
            ),
            (
                "one of two goes",
                json!({"spec": {"schedulingGates": [{"name": "g"}, {"name": "h"}]}}),
                vec![],
                waiting_pod(json!({"spec": {"schedulingGates": [{"name": "g"}]}})),
                false,
            ),
            (
                "a node",
                json!({"spec": {"schedulingGates": [{"name": "g"}]}}),
                vec![],
                node(json!({})),
                false,
            ),
        ],
    );
    check(
        "DefaultPreemption",
        vec![(
            "a pod goes",
            json!({}),
            vec![placed("other", json!({}))],
            went("other"),
            false,
        )],
    );
}

#[test]
fn ports() {
    let port = |port: i32, protocol: &str| json!({"spec": {"containers": [{"name": "c", "ports": [{"hostPort": port, "protocol": protocol}]}]}});
    let with = |other: Value| vec![placed("other", other)];
    check(
        "NodePorts",
        vec![
            (
                "a pod with the port goes",
                port(80, "TCP"),
                with(port(80, "TCP")),
                went("other"),
                true,
            ),
            (
                "a pod with another goes",
                port(80, "TCP"),
                with(port(81, "TCP")),
                went("other"),
                false,
            ),
            (
                "a pod with the other protocol's goes",
                port(80, "TCP"),
                with(port(80, "UDP")),
                went("other"),
                false,
            ),
            (
                "a pod without goes",
                port(80, "TCP"),
                with(json!({})),
                went("other"),
                false,
            ),
            ("a node", port(80, "TCP"), vec![], node(json!({})), true),
        ],
    );
}

#[test]
fn spread() {
    let spread = json!({"metadata": {"labels": {"app": "web"}}, "spec": {"topologySpreadConstraints": [{
        "maxSkew": 1, "topologyKey": "zone", "whenUnsatisfiable": "DoNotSchedule",
        "labelSelector": {"matchLabels": {"app": "web"}},
    }]}});
    let zone = |zone: &str| node(labels(json!({"zone": zone})));
    let web = || placed("other", labels(json!({"app": "web"})));
    let db = || placed("other", labels(json!({"app": "db"})));
    let abroad = placed(
        "other",
        json!({"metadata": {"namespace": "else", "labels": {"app": "web"}}}),
    );
    let s = || spread.clone();
    let mut unlabelled = spread.clone();
    unlabelled["metadata"]["labels"]["app"] = json!("db");
    check(
        "PodTopologySpread",
        vec![
            ("a pod that counts comes", s(), vec![], web(), true),
            ("a pod that does not count comes", s(), vec![], db(), false),
            ("a pod of another namespace comes", s(), vec![], abroad, false),
            ("a pod that counts goes", s(), vec![web()], went("other"), true),
            (
                "a pod that does not count goes",
                s(),
                vec![db()],
                went("other"),
                false,
            ),
            ("a pod counts no more", s(), vec![web()], db(), true),
            ("a node with the label", s(), vec![], zone("a"), true),
            ("a node without", s(), vec![], node(json!({})), false),
            ("a node moves", s(), vec![zone("a")], zone("b"), true),
            (
                "a node gets the label",
                s(),
                vec![node(json!({}))],
                zone("a"),
                true,
            ),
            (
                "a node grows",
                s(),
                vec![node(labels(json!({"zone": "a"})))],
                node(json!({"metadata": {"labels": {"zone": "a"}}, "status": {"allocatable": {"cpu": "9"}}})),
                false,
            ),
            (
                "the pod itself counts no more",
                s(),
                vec![],
                waiting_pod(unlabelled),
                true,
            ),
        ],
    );
}

#[test]
fn affinity() {
    let term = |app: &str| json!({"labelSelector": {"matchLabels": {"app": app}}, "topologyKey": "zone"});
    let near = |app: &str| json!({"spec": {"affinity": {"podAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [term(app)]}}}});
    let away = |app: &str| json!({"spec": {"affinity": {"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [term(app)]}}}});
    let app = |app: &str| placed("other", labels(json!({"app": app})));
    let zone = |zone: &str| node(labels(json!({"zone": zone})));
    let mut shy = away("w");
    shy["metadata"] = json!({"labels": {"app": "x"}});
    check(
        "InterPodAffinity",
        vec![
            (
                "who it wants to be near comes",
                near("web"),
                vec![],
                app("web"),
                true,
            ),
            ("another comes", near("web"), vec![], app("db"), false),
            (
                "who it wants to be away from comes",
                away("web"),
                vec![],
                app("web"),
                false,
            ),
            (
                "who it wants to be away from goes",
                away("web"),
                vec![app("web")],
                went("other"),
                true,
            ),
            ("another goes", away("web"), vec![app("db")], went("other"), false),
            (
                "who does not mind it goes",
                labels(json!({"app": "w"})),
                vec![],
                app("db"),
                false,
            ),
            (
                "who wanted to be away from it goes",
                labels(json!({"app": "w"})),
                vec![placed("other", shy)],
                went("other"),
                true,
            ),
            (
                "a pod becomes who it wants to be near",
                near("web"),
                vec![app("db")],
                app("web"),
                true,
            ),
            (
                "a pod is no more who it wants to be away from",
                away("web"),
                vec![app("web")],
                app("db"),
                true,
            ),
            ("a node in a zone", near("web"), vec![], zone("a"), true),
            ("a node in none", near("web"), vec![], node(json!({})), false),
            (
                "any node, for who wants to be away",
                away("web"),
                vec![],
                node(json!({})),
                true,
            ),
            ("a node moves", near("web"), vec![zone("a")], zone("b"), true),
            (
                "a node loses the label",
                near("web"),
                vec![zone("a")],
                node(json!({})),
                false,
            ),
            (
                "a node loses the label, for who wants to be away",
                away("web"),
                vec![zone("a")],
                node(json!({})),
                true,
            ),
            (
                "a node gets the label, for who wants to be away",
                away("web"),
                vec![node(json!({}))],
                zone("a"),
                false,
            ),
            (
                "its own labels change",
                near("web"),
                vec![],
                waiting_pod({
                    let mut w = near("web");
                    w["metadata"] = json!({"labels": {"a": "b"}});
                    w
                }),
                true,
            ),
        ],
    );
}

#[test]
fn volumes() {
    let uses = |claim: &str| json!({"spec": {"volumes": [{"name": "v", "persistentVolumeClaim": {"claimName": claim}}]}});
    let own = json!({"spec": {"volumes": [{"name": "v", "ephemeral": {"volumeClaimTemplate": {}}}]}});
    let disk = json!({"spec": {"volumes": [{"name": "v", "gcePersistentDisk": {"pdName": "d"}}]}});
    let claim = |namespace: &str, name: &str| {
        applied!(
            PersistentVolumeClaim,
            json!({"metadata": {"namespace": namespace, "name": name}, "spec": {}})
        )
    };
    check(
        "VolumeRestrictions",
        vec![
            ("its claim is made", uses("c"), vec![], claim("shop", "c"), true),
            (
                "another's claim is made",
                uses("c"),
                vec![],
                claim("else", "c"),
                false,
            ),
            (
                "who uses the claim goes",
                uses("c"),
                vec![placed("other", uses("c"))],
                went("other"),
                true,
            ),
            (
                "who uses another goes",
                uses("c"),
                vec![placed("other", uses("d"))],
                went("other"),
                false,
            ),
            (
                "who has the disk goes",
                disk.clone(),
                vec![placed("other", disk.clone())],
                went("other"),
                true,
            ),
            ("a node", uses("c"), vec![], node(json!({})), true),
        ],
    );
    let csi = |limit: i32| {
        applied!(
            CsiNode,
            json!({"metadata": {"name": "n"}, "spec": {"drivers": [{"name": "d", "nodeID": "n", "allocatable": {"count": limit}}]}})
        )
    };
    let attachment = |driver: &str| json!({"metadata": {"name": "a"}, "spec": {"attacher": driver, "nodeName": "n", "source": {"persistentVolumeName": "v"}}});
    let detached = |driver: &str| {
        Change::VolumeAttachment(WatchEvent::Deleted(
            serde_json::from_value(attachment(driver)).expect("an attachment"),
        ))
    };
    check(
        "NodeVolumeLimits",
        vec![
            ("a CSINode", uses("c"), vec![], csi(1), true),
            ("a limit rises", uses("c"), vec![csi(1)], csi(2), true),
            ("a limit falls", uses("c"), vec![csi(2)], csi(1), false),
            (
                "a pod with volumes goes",
                uses("c"),
                vec![placed("other", uses("d"))],
                went("other"),
                true,
            ),
            (
                "a pod without goes",
                uses("c"),
                vec![placed("other", json!({}))],
                went("other"),
                false,
            ),
            (
                "its own claim is made",
                own.clone(),
                vec![],
                claim("shop", "w-v"),
                true,
            ),
            (
                "another claim is made",
                own.clone(),
                vec![],
                claim("shop", "x-v"),
                false,
            ),
            (
                "a volume is detached",
                uses("c"),
                vec![applied!(VolumeAttachment, attachment("d"))],
                detached("d"),
                true,
            ),
            (
                "a disk of its driver is detached",
                disk.clone(),
                vec![applied!(VolumeAttachment, attachment("pd.csi.storage.gke.io"))],
                detached("pd.csi.storage.gke.io"),
                true,
            ),
            (
                "a disk of another is detached",
                disk,
                vec![applied!(VolumeAttachment, attachment("d"))],
                detached("d"),
                false,
            ),
            ("a node", uses("c"), vec![], node(json!({})), false),
        ],
    );
    let class = |zones: Value| {
        applied!(
            StorageClass,
            json!({"metadata": {"name": "s"}, "provisioner": "p", "volumeBindingMode": "WaitForFirstConsumer", "allowedTopologies": zones})
        )
    };
    let zones = json!([{"matchLabelExpressions": [{"key": "zone", "values": ["a"]}]}]);
    let capacity = |size: &str| {
        applied!(
            CsiStorageCapacity,
            json!({"metadata": {"namespace": "d", "name": "c"}, "storageClassName": "s", "capacity": size})
        )
    };
    let volume = |zone: &str| {
        applied!(
            PersistentVolume,
            json!({"metadata": {"name": "v", "labels": {"topology.kubernetes.io/zone": zone}}, "spec": {}})
        )
    };
    let bound = applied!(
        PersistentVolumeClaim,
        json!({"metadata": {"namespace": "shop", "name": "c"}, "spec": {"volumeName": "v"}})
    );
    let marked = |plugins: &str| {
        applied!(
            CsiNode,
            json!({"metadata": {"name": "n", "annotations": {"storage.alpha.kubernetes.io/migrated-plugins": plugins}}, "spec": {"drivers": []}})
        )
    };
    check(
        "VolumeBinding",
        vec![
            ("a class", uses("c"), vec![], class(json!([])), true),
            (
                "a class is allowed elsewhere",
                uses("c"),
                vec![class(json!([]))],
                class(zones),
                true,
            ),
            (
                "its claim is bound",
                uses("c"),
                vec![claim("shop", "c")],
                bound,
                true,
            ),
            ("its own claim is made", own, vec![], claim("shop", "w-v"), true),
            (
                "another claim is made",
                uses("c"),
                vec![],
                claim("shop", "d"),
                false,
            ),
            ("a volume", uses("c"), vec![], volume("a"), true),
            ("capacity is told", uses("c"), vec![], capacity("1Gi"), true),
            (
                "there is more",
                uses("c"),
                vec![capacity("1Gi")],
                capacity("2Gi"),
                true,
            ),
            (
                "there is less",
                uses("c"),
                vec![capacity("2Gi")],
                capacity("1Gi"),
                false,
            ),
            (
                "plugins are migrated",
                uses("c"),
                vec![marked("")],
                marked("kubernetes.io/gce-pd"),
                true,
            ),
            ("a limit rises", uses("c"), vec![csi(1)], csi(2), false),
            ("a node", uses("c"), vec![], node(json!({})), true),
            (
                "a pod goes",
                uses("c"),
                vec![placed("other", uses("c"))],
                went("other"),
                false,
            ),
        ],
    );
    let immediate = applied!(
        StorageClass,
        json!({"metadata": {"name": "s"}, "provisioner": "p", "volumeBindingMode": "Immediate"})
    );
    check(
        "VolumeZone",
        vec![
            (
                "a class that waits for the pod",
                uses("c"),
                vec![],
                class(json!([])),
                true,
            ),
            ("a class that does not", uses("c"), vec![], immediate, false),
            ("its claim", uses("c"), vec![], claim("shop", "c"), true),
            ("another claim", uses("c"), vec![], claim("shop", "d"), false),
            ("a volume", uses("c"), vec![], volume("a"), true),
            ("a volume moves", uses("c"), vec![volume("a")], volume("b"), true),
            ("a node", uses("c"), vec![], node(json!({})), true),
            (
                "a node is relabelled",
                uses("c"),
                vec![node(json!({}))],
                node(labels(json!({"zone": "a"}))),
                true,
            ),
            (
                "a node grows",
                uses("c"),
                vec![node(json!({}))],
                node(holds("9")),
                false,
            ),
        ],
    );
}

#[test]
fn a_node_no_longer_kept_for_a_pod_is_room_for_those_not_above_it() {
    // Upstream tells it as a pod that goes; see the queue's own test for the priorities.
    let nominated = |node: &str| {
        let status = json!({"nominatedNodeName": node});
        let object = json!({"metadata": {"namespace": "shop", "name": "other", "uid": "other"}, "spec": {"containers": []}, "status": status});
        Change::Pod(WatchEvent::Applied(
            serde_json::from_value(object).expect("a pod"),
        ))
    };
    check(
        "NodeResourcesFit",
        vec![
            (
                "it is kept for a pod",
                asks("1"),
                vec![nominated("")],
                nominated("n"),
                false,
            ),
            (
                "it is kept no more",
                asks("1"),
                vec![nominated("n")],
                nominated(""),
                true,
            ),
        ],
    );
}
