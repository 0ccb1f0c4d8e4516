//! New pods: what the server fills in, and what it refuses. Each answer is that of kube-apiserver 1.37.2.

use berth::demo::Server;
use serde_json::{Value, json};

use super::{PODS, call, ok, pod, still};

/// The pod with more in its spec.
fn with(name: &str, spec: Value) -> Value {
    let mut pod = pod(name);
    let Value::Object(spec) = spec else {
        panic!("a spec is an object")
    };
    pod["spec"].as_object_mut().expect("a spec").extend(spec);
    pod
}

/// The pod with more in its only container.
fn holding(name: &str, container: Value) -> Value {
    let mut pod = pod(name);
    let Value::Object(container) = container else {
        panic!("a container is an object")
    };
    pod["spec"]["containers"][0]
        .as_object_mut()
        .expect("a container")
        .extend(container);
    pod
}

/// What is wrong with a pod: fields and messages, in the server's order.
async fn wrong(server: &Server, pod: &Value) -> Vec<(String, String)> {
    let (code, answer) = call(server, "POST", PODS, pod).await;
    assert_eq!((code, &answer["reason"]), (422, &json!("Invalid")), "{answer}");
    let text = |cause: &Value, field: &str| cause[field].as_str().unwrap_or_default().to_owned();
    answer["details"]["causes"]
        .as_array()
        .expect("causes")
        .iter()
        .map(|cause| (text(cause, "field"), text(cause, "message")))
        .collect()
}

/// The causes must be exactly these.
async fn refuses(server: &Server, pod: Value, causes: &[(&str, &str)]) {
    let found = wrong(server, &pod).await;
    let found: Vec<(&str, &str)> = found.iter().map(|(f, m)| (f.as_str(), m.as_str())).collect();
    assert_eq!(found, causes);
}

#[tokio::test]
async fn a_plain_pod_says_all_that_the_server_fills_in() {
    let server = still();
    let made = ok(
        &server,
        "POST",
        PODS,
        &json!({"metadata": {"name": "a"}, "spec": {"containers": [{"name": "c", "image": "nginx"}]}}),
    )
    .await;
    let spec = &made["spec"];
    for (field, value) in [
        ("restartPolicy", json!("Always")),
        ("dnsPolicy", json!("ClusterFirst")),
        ("schedulerName", json!("default-scheduler")),
        ("terminationGracePeriodSeconds", json!(30)),
        ("enableServiceLinks", json!(true)),
        ("securityContext", json!({})),
        ("priority", json!(0)),
        ("preemptionPolicy", json!("PreemptLowerPriority")),
        ("serviceAccountName", json!("default")),
        ("serviceAccount", json!("default")),
    ] {
        assert_eq!(spec[field], value, "{field}");
    }
    let container = &spec["containers"][0];
    assert_eq!(container["imagePullPolicy"], "Always");
    assert_eq!(container["terminationMessagePath"], "/dev/termination-log");
    assert_eq!(container["terminationMessagePolicy"], "File");
    assert_eq!(container["resources"], json!({}));
    let keys: Vec<&Value> = spec["tolerations"]
        .as_array()
        .unwrap()
        .iter()
        .map(|toleration| &toleration["key"])
        .collect();
    assert_eq!(
        keys,
        ["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"]
    );
    assert_eq!(
        made["status"],
        json!({"phase": "Pending", "qosClass": "BestEffort"})
    );
    assert_eq!(made["metadata"]["generation"], 1);
}

#[tokio::test]
async fn every_container_finds_its_token() {
    let server = still();
    let init = json!({"initContainers": [{"name": "i", "image": "i:1"}]});
    let made = ok(&server, "POST", PODS, &with("a", init)).await;
    let volume = &made["spec"]["volumes"][0];
    let name = volume["name"].as_str().expect("a name");
    assert!(name.starts_with("kube-api-access-"), "{name}");
    assert_eq!(volume["projected"]["defaultMode"], 420);
    assert_eq!(
        volume["projected"]["sources"][0]["serviceAccountToken"]["expirationSeconds"],
        3607
    );
    for list in ["containers", "initContainers"] {
        let mount = &made["spec"][list][0]["volumeMounts"][0];
        assert_eq!(mount["name"], name);
        assert_eq!(
            mount["mountPath"],
            "/var/run/secrets/kubernetes.io/serviceaccount"
        );
    }
    let without = json!({"automountServiceAccountToken": false});
    let made = ok(&server, "POST", PODS, &with("b", without)).await;
    assert!(made["spec"].get("volumes").is_none_or(Value::is_null), "{made}");
    let (code, answer) = call(
        &server,
        "POST",
        PODS,
        &with("c", json!({"serviceAccountName": "none"})),
    )
    .await;
    assert_eq!(code, 403);
    assert_eq!(
        answer["message"],
        "pods \"c\" is forbidden: error looking up service account default/none: serviceaccount \"none\" not found"
    );
}

#[tokio::test]
async fn limits_are_requests_and_both_make_the_class() {
    let server = still();
    for (name, resources, class) in [
        (
            "a",
            json!({"limits": {"cpu": "1", "memory": "1Gi"}}),
            "Guaranteed",
        ),
        ("b", json!({"limits": {"cpu": "1"}}), "Burstable"),
        ("c", json!({"requests": {"cpu": "0"}}), "BestEffort"),
        (
            "d",
            json!({"limits": {"cpu": "1", "memory": "1Gi"}, "requests": {"cpu": "500m"}}),
            "Burstable",
        ),
        ("e", json!({"limits": {"nvidia.com/gpu": "1"}}), "BestEffort"),
    ] {
        let made = ok(
            &server,
            "POST",
            PODS,
            &holding(name, json!({"resources": resources})),
        )
        .await;
        assert_eq!(made["status"]["qosClass"], class, "{name}");
        let own = &made["spec"]["containers"][0]["resources"];
        for (resource, limit) in own["limits"].as_object().into_iter().flatten() {
            let request = &own["requests"][resource.as_str()];
            assert!(request == limit || resources["requests"].get(resource).is_some());
        }
    }
}

#[tokio::test]
async fn resources_of_the_pod_are_completed_from_its_containers() {
    let server = still();
    let mut pod = holding(
        "a",
        json!({"resources": {"requests": {"cpu": "500m"}, "limits": {"memory": "256Mi"}}}),
    );
    pod["spec"]["resources"] = json!({"limits": {"cpu": "2", "memory": "1Gi"}});
    let made = ok(&server, "POST", PODS, &pod).await;
    assert_eq!(
        made["spec"]["resources"]["requests"],
        json!({"cpu": "500m", "memory": "256Mi"})
    );
    pod["metadata"]["name"] = "b".into();
    pod["spec"]["containers"][0]["resources"] = json!({"limits": {"cpu": "500m", "memory": "1Gi"}});
    pod["spec"]["resources"] = json!({"requests": {"cpu": "2"}});
    let made = ok(&server, "POST", PODS, &pod).await;
    assert_eq!(
        made["spec"]["resources"],
        json!({"requests": {"cpu": "2", "memory": "1Gi"}, "limits": {"cpu": "2", "memory": "1Gi"}})
    );
}

#[tokio::test]
async fn label_keys_become_part_of_selectors() {
    let server = still();
    let mut pod = with(
        "a",
        json!({
            "affinity": {"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [{
                "topologyKey": "z", "matchLabelKeys": ["rev", "none"], "mismatchLabelKeys": ["team"],
                "labelSelector": {"matchLabels": {"app": "x"}},
            }]}},
            "topologySpreadConstraints": [{
                "maxSkew": 1, "topologyKey": "z", "whenUnsatisfiable": "DoNotSchedule", "matchLabelKeys": ["rev"],
                "labelSelector": {},
            }],
        }),
    );
    pod["metadata"]["labels"] = json!({"rev": "1", "team": "t"});
    let made = ok(&server, "POST", PODS, &pod).await;
    let merged = json!({"key": "rev", "operator": "In", "values": ["1"]});
    let term =
        &made["spec"]["affinity"]["podAntiAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"][0];
    assert_eq!(
        term["labelSelector"]["matchExpressions"],
        json!([merged, {"key": "team", "operator": "NotIn", "values": ["t"]}])
    );
    let constraint = &made["spec"]["topologySpreadConstraints"][0];
    assert_eq!(constraint["labelSelector"]["matchExpressions"], json!([merged]));
    assert!(constraint.get("nodeAffinityPolicy").is_none());
}

#[tokio::test]
async fn admission_refuses_in_upstreams_words() {
    let server = still();
    for (spec, why) in [
        (
            json!({"priorityClassName": "nope"}),
            "no PriorityClass with name nope was found",
        ),
        (
            json!({"priority": 5}),
            "the integer value of priority (5) must not be provided in pod spec; priority admission controller computed \
             0 from the given PriorityClass name",
        ),
        (
            json!({"preemptionPolicy": "Never"}),
            "the string value of PreemptionPolicy (Never) must not be provided in pod spec; priority admission \
             controller computed PreemptLowerPriority from the given PriorityClass name",
        ),
        (
            json!({"runtimeClassName": "x"}),
            "pod rejected: RuntimeClass \"x\" not found",
        ),
        (
            json!({"overhead": {"cpu": "1"}}),
            "pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead",
        ),
    ] {
        let mut sent = with("", spec);
        sent["metadata"] = json!({"generateName": "q-"});
        let (code, answer) = call(&server, "POST", PODS, &sent).await;
        assert_eq!((code, &answer["reason"]), (403, &json!("Forbidden")));
        assert_eq!(answer["message"], format!("pods \"q-\" is forbidden: {why}"));
    }
}

#[tokio::test]
async fn one_priority_class_can_be_the_default() {
    let server = still();
    let classes = "/apis/scheduling.k8s.io/v1/priorityclasses";
    let class =
        |name: &str, value: i64| json!({"metadata": {"name": name}, "value": value, "globalDefault": true});
    ok(&server, "POST", classes, &class("usual", 7)).await;
    let made = ok(&server, "POST", PODS, &pod("a")).await;
    assert_eq!(
        (&made["spec"]["priority"], &made["spec"]["priorityClassName"]),
        (&json!(7), &json!("usual"))
    );
    let (code, answer) = call(&server, "POST", classes, &class("other", 8)).await;
    assert_eq!(code, 403);
    let why = "PriorityClass usual is already marked as default. Only one default can exist";
    assert!(answer["message"].as_str().unwrap().ends_with(why), "{answer}");
    let change = json!({"value": 8});
    let (code, answer) = call(&server, "PATCH", &format!("{classes}/usual"), &change).await;
    assert_eq!(code, 422);
    assert_eq!(
        answer["details"]["causes"][0]["message"],
        "Forbidden: may not be changed in an update."
    );
    let (code, _) = call(&server, "POST", classes, &class("system-mine", 1)).await;
    assert!(code == 422 || code == 403, "{code}");
}

#[tokio::test]
async fn containers_are_looked_at() {
    let server = still();
    let mut none = pod("a");
    none["spec"]["containers"] = json!([]);
    refuses(&server, none, &[("spec.containers", "Required value")]).await;
    let mut nameless = pod("a");
    nameless["spec"]["containers"] = json!([{}]);
    refuses(
        &server,
        nameless,
        &[
            ("spec.containers[0].name", "Required value"),
            ("spec.containers[0].image", "Required value"),
        ],
    )
    .await;
    let ports = json!({"ports": [
        {"containerPort": 80, "hostPort": 80}, {"containerPort": 81, "hostPort": 80}, {"containerPort": 70000},
        {"containerPort": 1, "name": "a--b"}, {"containerPort": 2, "protocol": "FOO"},
    ]});
    refuses(
        &server,
        holding("a", ports),
        &[
            (
                "spec.containers[0].ports[2].containerPort",
                "Invalid value: 70000: must be between 1 and 65535, inclusive",
            ),
            (
                "spec.containers[0].ports[3].name",
                "Invalid value: \"a--b\": must not contain consecutive hyphens",
            ),
            (
                "spec.containers[0].ports[4].protocol",
                "Unsupported value: \"FOO\": supported values: \"SCTP\", \"TCP\", \"UDP\"",
            ),
            (
                "spec.containers[0].ports[1].hostPort",
                "Duplicate value: \"TCP//80\"",
            ),
        ],
    )
    .await;
    let mounts = json!({"volumeMounts": [{"name": "none", "mountPath": "/x"}]});
    refuses(
        &server,
        holding("a", mounts),
        &[("spec.containers[0].volumeMounts[0].name", "Not found: \"none\"")],
    )
    .await;
}

#[tokio::test]
async fn resources_are_looked_at() {
    let server = still();
    let at = "spec.containers[0].resources";
    for (resources, causes) in [
        (
            json!({"limits": {"example.com/x": "1500m"}}),
            vec![
                (
                    "limits[example.com/x]",
                    "Invalid value: \"1500m\": must be an integer",
                ),
                (
                    "requests[example.com/x]",
                    "Invalid value: \"1500m\": must be an integer",
                ),
            ],
        ),
        (
            json!({"requests": {"example.com/x": "1"}}),
            vec![(
                "limits",
                "Required value: Limit must be set for non overcommitable resources",
            )],
        ),
        (
            json!({"limits": {"example.com/x": "1"}, "requests": {"example.com/x": "2"}}),
            vec![(
                "requests",
                "Invalid value: \"2\": must be equal to example.com/x limit of 1",
            )],
        ),
        (
            json!({"limits": {"cpu": "1"}, "requests": {"cpu": "2"}}),
            vec![(
                "requests",
                "Invalid value: \"2\": must be less than or equal to cpu limit of 1",
            )],
        ),
        (
            json!({"limits": {"hugepages-2Mi": "4Mi"}}),
            vec![("", "Forbidden: HugePages require cpu or memory")],
        ),
        (
            json!({"claims": [{"name": "gpu"}]}),
            vec![(
                "claims[0]",
                "Not found: \"gpu\": must be one of the names in pod.spec.resourceClaims which is empty",
            )],
        ),
    ] {
        let found = wrong(&server, &holding("a", json!({"resources": resources}))).await;
        let wanted: Vec<(String, String)> = causes
            .into_iter()
            .map(|(field, why)| {
                let dot = if field.is_empty() { "" } else { "." };
                (format!("{at}{dot}{field}"), why.to_owned())
            })
            .collect();
        assert_eq!(found, wanted);
    }
}

#[tokio::test]
async fn what_steers_scheduling_is_looked_at() {
    let server = still();
    let tolerations = json!({"tolerations": [
        {"operator": "Equal"}, {"key": "a", "operator": "Exists", "value": "x"}, {"key": "a", "operator": "Foo"},
        {"key": "a", "effect": "NoSchedule", "tolerationSeconds": 1}, {"key": "a", "effect": "X"},
    ]});
    refuses(
        &server,
        with("a", tolerations),
        &[
            (
                "spec.tolerations[0].operator",
                "Invalid value: \"Equal\": operator must be Exists when `key` is empty, which means \"match all values \
                 and all keys\"",
            ),
            (
                "spec.tolerations[1].operator",
                "Invalid value: \"x\": value must be empty when `operator` is 'Exists'",
            ),
            (
                "spec.tolerations[2].operator",
                "Unsupported value: \"Foo\": supported values: \"Equal\", \"Exists\"",
            ),
            (
                "spec.tolerations[3].effect",
                "Invalid value: \"NoSchedule\": effect must be 'NoExecute' when `tolerationSeconds` is set",
            ),
            (
                "spec.tolerations[4].effect",
                "Unsupported value: \"X\": supported values: \"NoSchedule\", \"PreferNoSchedule\", \"NoExecute\"",
            ),
        ],
    )
    .await;
    let spread = json!({"topologySpreadConstraints": [
        {"maxSkew": 0, "topologyKey": "z", "whenUnsatisfiable": "DoNotSchedule"},
        {"maxSkew": 1, "topologyKey": "z", "whenUnsatisfiable": "DoNotSchedule"},
        {"maxSkew": 1, "topologyKey": "y", "whenUnsatisfiable": "ScheduleAnyway", "minDomains": 2},
    ]});
    refuses(
        &server,
        with("a", spread),
        &[
            (
                "spec.topologySpreadConstraints[0].maxSkew",
                "Invalid value: 0: must be greater than zero",
            ),
            (
                "spec.topologySpreadConstraints[0].{topologyKey, whenUnsatisfiable}",
                "Duplicate value: \"{z, DoNotSchedule}\"",
            ),
            (
                "spec.topologySpreadConstraints[2].minDomains",
                "Invalid value: 2: can only use minDomains if whenUnsatisfiable=DoNotSchedule, not ScheduleAnyway",
            ),
        ],
    )
    .await;
    let required = "requiredDuringSchedulingIgnoredDuringExecution";
    let at = format!("spec.affinity.nodeAffinity.{required}.nodeSelectorTerms[0].matchExpressions");
    let affinity = json!({"affinity": {"nodeAffinity": {required: {"nodeSelectorTerms": [{"matchExpressions": [
        {"key": "a", "operator": "In"}, {"key": "a", "operator": "Gt", "values": ["1", "2"]},
        {"key": "a", "operator": "Near"},
    ]}]}}}});
    refuses(
        &server,
        with("a", affinity),
        &[
            (
                &format!("{at}[0].values"),
                "Required value: must be specified when `operator` is 'In' or 'NotIn'",
            ),
            (
                &format!("{at}[1].values"),
                "Required value: must be specified single value when `operator` is 'Lt' or 'Gt'",
            ),
            (
                &format!("{at}[2].operator"),
                "Invalid value: \"Near\": not a valid selector operator",
            ),
        ],
    )
    .await;
    let gates = json!({"nodeName": "n1", "schedulingGates": [{"name": "a"}, {"name": "a"}]});
    refuses(
        &server,
        with("a", gates),
        &[
            ("spec.schedulingGates[1]", "Duplicate value: \"a\""),
            (
                "spec.nodeName",
                "Forbidden: cannot be set until all schedulingGates have been cleared",
            ),
        ],
    )
    .await;
}

#[tokio::test]
async fn a_gated_pod_says_so() {
    let server = still();
    let made = ok(
        &server,
        "POST",
        PODS,
        &with("a", json!({"schedulingGates": [{"name": "example.com/wait"}]})),
    )
    .await;
    let condition = &made["status"]["conditions"][0];
    assert_eq!(
        (&condition["type"], &condition["status"], &condition["reason"]),
        (&json!("PodScheduled"), &json!("False"), &json!("SchedulingGated"))
    );
}
