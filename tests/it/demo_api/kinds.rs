//! What the server makes of the objects of each kind, and what it refuses: as a real API server answered.

use serde_json::{Value, json};

use super::{call, get, ok, still};

const CORE: &str = "/api/v1/namespaces/default";
const APPS: &str = "/apis/apps/v1/namespaces/default";
const JOBS: &str = "/apis/batch/v1/namespaces/default/jobs";

fn template() -> Value {
    let container = json!({"name": "c", "image": "i", "resources": {"limits": {"cpu": "1"}}});
    json!({"metadata": {"labels": {"a": "b"}}, "spec": {"containers": [container]}})
}

fn workload(name: &str) -> Value {
    json!({"metadata": {"name": name}, "spec": {"selector": {"matchLabels": {"a": "b"}}, "template": template()}})
}

async fn refused(server: &berth::demo::Server, method: &str, uri: &str, body: &Value, message: &str) {
    let (code, answer) = call(server, method, uri, body).await;
    assert_eq!(
        (code, answer["message"].as_str()),
        (422, Some(message)),
        "{uri} {body}"
    );
}

#[tokio::test]
async fn workloads_and_their_templates_get_their_defaults() {
    let server = still();
    let made = ok(&server, "POST", &format!("{APPS}/deployments"), &workload("d")).await;
    let spec = &made["spec"];
    assert_eq!(
        (&spec["replicas"], &spec["revisionHistoryLimit"]),
        (&json!(1), &json!(10))
    );
    assert_eq!(spec["progressDeadlineSeconds"], 600);
    let rolling = json!({"maxUnavailable": "25%", "maxSurge": "25%"});
    assert_eq!(
        spec["strategy"],
        json!({"type": "RollingUpdate", "rollingUpdate": rolling})
    );
    let pod = &spec["template"]["spec"];
    assert_eq!(
        (&pod["restartPolicy"], &pod["dnsPolicy"], &pod["schedulerName"]),
        (
            &json!("Always"),
            &json!("ClusterFirst"),
            &json!("default-scheduler")
        )
    );
    assert_eq!(pod["containers"][0]["imagePullPolicy"], "Always");
    // What pods of their own get besides.
    assert!(pod.get("enableServiceLinks").is_none(), "{pod}");
    assert_eq!(pod["containers"][0]["resources"], json!({"limits": {"cpu": "1"}}));
    let made = ok(&server, "POST", &format!("{APPS}/statefulsets"), &workload("s")).await;
    let rolling = json!({"partition": 0, "maxUnavailable": 1});
    assert_eq!(
        made["spec"]["updateStrategy"],
        json!({"type": "RollingUpdate", "rollingUpdate": rolling})
    );
    assert_eq!(made["spec"]["podManagementPolicy"], "OrderedReady");
    assert_eq!(made["status"], json!({"replicas": 0, "availableReplicas": 0}));
    let generation = "deprecated.daemonset.template.generation";
    let sets = format!("{APPS}/daemonsets");
    let made = ok(&server, "POST", &sets, &workload("d")).await;
    assert_eq!(made["metadata"]["annotations"][generation], "1");
    assert_eq!(
        made["spec"]["updateStrategy"]["rollingUpdate"],
        json!({"maxUnavailable": 1, "maxSurge": 0})
    );
    let labels = json!({"metadata": {"labels": {"x": "y"}}});
    let same = ok(&server, "PATCH", &format!("{sets}/d"), &labels).await;
    assert_eq!(same["metadata"]["annotations"][generation], "1");
    assert_eq!(same["metadata"]["generation"], 1);
    let image = json!({"spec": {"template": {"metadata": {"annotations": {"x": "y"}}}}});
    let changed = ok(&server, "PATCH", &format!("{sets}/d"), &image).await;
    assert_eq!(changed["metadata"]["annotations"][generation], "2");
    assert_eq!(changed["metadata"]["generation"], 2);
    let controller = json!({"metadata": {"name": "rc"}, "spec": {"template": template()}});
    let made = ok(
        &server,
        "POST",
        &format!("{CORE}/replicationcontrollers"),
        &controller,
    )
    .await;
    assert_eq!(made["spec"]["selector"], json!({"a": "b"}));
    assert_eq!(made["metadata"]["labels"], json!({"a": "b"}));
}

#[tokio::test]
async fn unsound_workloads_are_refused_field_by_field() {
    let server = still();
    let deployments = format!("{APPS}/deployments");
    let mut sent = workload("d");
    sent["spec"]["replicas"] = json!(-1);
    sent["spec"]["selector"] = json!({"matchLabels": {"a": "c"}});
    sent["spec"]["strategy"] = json!({"type": "Recreate", "rollingUpdate": {}});
    refused(
        &server,
        "POST",
        &deployments,
        &sent,
        "Deployment.apps \"d\" is invalid: [spec.replicas: Invalid value: -1: must be greater than or equal to 0, \
         spec.template.metadata.labels: Invalid value: {\"a\":\"b\"}: `selector` does not match template `labels`, \
         spec.strategy.rollingUpdate: Forbidden: may not be specified when strategy `type` is 'Recreate']",
    )
    .await;
    let mut sent = workload("d");
    sent["spec"]["strategy"] = json!({"rollingUpdate": {"maxUnavailable": "150%", "maxSurge": "x"}});
    refused(
        &server,
        "POST",
        &deployments,
        &sent,
        "Deployment.apps \"d\" is invalid: [spec.strategy.rollingUpdate.maxSurge: Invalid value: \"x\": a valid percent \
         string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is \
         '[0-9]+%'), spec.strategy.rollingUpdate.maxUnavailable: Invalid value: \"150%\": must not be greater than 100%]",
    )
    .await;
    let mut sent = workload("s");
    sent["spec"]["template"]["spec"]["restartPolicy"] = "Never".into();
    refused(
        &server,
        "POST",
        &format!("{APPS}/replicasets"),
        &sent,
        "ReplicaSet.apps \"s\" is invalid: spec.template.spec.restartPolicy: Unsupported value: \"Never\": supported \
         values: \"Always\"",
    )
    .await;
    let sets = format!("{APPS}/statefulsets");
    ok(&server, "POST", &sets, &workload("s")).await;
    refused(
        &server,
        "PATCH",
        &format!("{sets}/s"),
        &json!({"spec": {"serviceName": "x", "podManagementPolicy": "Parallel"}}),
        "StatefulSet.apps \"s\" is invalid: [spec.serviceName: Invalid value: \"x\": field is immutable, \
         spec.podManagementPolicy: Invalid value: \"Parallel\": field is immutable]",
    )
    .await;
    refused(
        &server,
        "POST",
        &sets,
        &workload("a.b"),
        "StatefulSet.apps \"a.b\" is invalid: metadata.name: Invalid value: \"a.b\": must not contain dots",
    )
    .await;
}

#[tokio::test]
async fn a_job_selects_its_own_pods_alone() {
    let server = still();
    let pod = json!({"restartPolicy": "Never", "containers": [{"name": "c", "image": "i"}]});
    let job = |spec: Value| json!({"metadata": {"name": "j"}, "spec": spec});
    let made = ok(&server, "POST", JOBS, &job(json!({"template": {"spec": pod}}))).await;
    let uid = &made["metadata"]["uid"];
    let labels = json!({"controller-uid": uid, "batch.kubernetes.io/controller-uid": uid, "job-name": "j",
        "batch.kubernetes.io/job-name": "j"});
    assert_eq!(made["spec"]["template"]["metadata"]["labels"], labels);
    assert_eq!(made["metadata"]["labels"], labels);
    assert_eq!(
        made["spec"]["selector"],
        json!({"matchLabels": {"batch.kubernetes.io/controller-uid": uid}})
    );
    let spec = &made["spec"];
    assert_eq!(
        (
            &spec["completions"],
            &spec["parallelism"],
            &spec["backoffLimit"],
            &spec["suspend"]
        ),
        (&json!(1), &json!(1), &json!(6), &json!(false))
    );
    ok(
        &server,
        "PATCH",
        &format!("{JOBS}/j"),
        &json!({"spec": {"parallelism": 3}}),
    )
    .await;
    refused(
        &server,
        "PATCH",
        &format!("{JOBS}/j"),
        &json!({"spec": {"completions": 3}}),
        "Job.batch \"j\" is invalid: spec.completions: Invalid value: 3: field is immutable",
    )
    .await;
    let (code, answer) = call(
        &server,
        "PATCH",
        &format!("{JOBS}/j"),
        &json!({"spec": {"template": {"spec": {"nodeSelector": {"a": "b"}}}}}),
    )
    .await;
    assert_eq!(code, 422, "{answer}");
    assert_eq!(answer["details"]["causes"][0]["field"], "spec.template");
    refused(
        &server,
        "POST",
        JOBS,
        &job(json!({"template": template()})),
        "Job.batch \"j\" is invalid: spec.template.spec.restartPolicy: Required value: valid values: \"OnFailure\", \
         \"Never\"",
    )
    .await;
    let manual = json!({"metadata": {"name": "m"}, "spec": {"manualSelector": true, "suspend": true,
        "selector": {"matchLabels": {"q": "r"}}, "template": {"metadata": {"labels": {"q": "r"}}, "spec": pod}}});
    let made = ok(&server, "POST", JOBS, &manual).await;
    assert_eq!(made["spec"]["selector"], manual["spec"]["selector"]);
    // Where its pods go may change until the first is made.
    let moved = json!({"spec": {"template": {"spec": {"nodeSelector": {"a": "b"}}}}});
    ok(&server, "PATCH", &format!("{JOBS}/m"), &moved).await;
}

#[tokio::test]
async fn services_get_addresses_and_ports_of_their_own() {
    let server = still();
    let services = format!("{CORE}/services");
    let service = |name: &str, spec: Value| json!({"metadata": {"name": name}, "spec": spec});
    let mut seen = Vec::new();
    for name in ["a", "b"] {
        let made = ok(
            &server,
            "POST",
            &services,
            &service(name, json!({"ports": [{"port": 80}]})),
        )
        .await;
        let spec = &made["spec"];
        assert_eq!(
            spec["ports"],
            json!([{"protocol": "TCP", "port": 80, "targetPort": 80}])
        );
        assert_eq!(spec["clusterIPs"], json!([spec["clusterIP"]]));
        assert_eq!(
            (
                &spec["type"],
                &spec["sessionAffinity"],
                &spec["internalTrafficPolicy"]
            ),
            (&json!("ClusterIP"), &json!("None"), &json!("Cluster"))
        );
        seen.push(spec["clusterIP"].clone());
    }
    assert_ne!(seen[0], seen[1]);
    refused(
        &server,
        "POST",
        &services,
        &service("c", json!({"clusterIP": seen[0], "ports": [{"port": 80}]})),
        &format!(
            "Service \"c\" is invalid: spec.clusterIPs: Invalid value: [{0}]: failed to allocate IP {1}: provided IP is \
             already allocated",
            seen[0],
            seen[0].as_str().expect("an address")
        ),
    )
    .await;
    let headless = ok(
        &server,
        "POST",
        &services,
        &service("h", json!({"clusterIP": "None"})),
    )
    .await;
    assert_eq!(headless["spec"]["clusterIPs"], json!(["None"]));
    assert_eq!(headless["spec"]["ipFamilyPolicy"], "RequireDualStack");
    // The address stays where a client leaves it out, and cannot be another.
    let at = format!("{services}/a");
    let put = service("a", json!({"ports": [{"port": 81}], "type": "NodePort"}));
    let changed = ok(&server, "PUT", &at, &put).await;
    assert_eq!(changed["spec"]["clusterIP"], seen[0]);
    let port = changed["spec"]["ports"][0]["nodePort"]
        .as_i64()
        .expect("a node port");
    assert!((30_000..=32_767).contains(&port));
    let again = ok(&server, "PUT", &at, &put).await;
    assert_eq!(again["spec"]["ports"][0]["nodePort"], port);
    let taken = json!({"type": "NodePort", "ports": [{"port": 80, "nodePort": port}]});
    refused(
        &server,
        "POST",
        &services,
        &service("d", taken),
        &format!(
            "Service \"d\" is invalid: spec.ports[0].nodePort: Invalid value: {port}: provided port is already allocated"
        ),
    )
    .await;
    let (code, answer) = call(
        &server,
        "PATCH",
        &at,
        &json!({"spec": {"clusterIP": "10.96.0.9"}}),
    )
    .await;
    assert_eq!(code, 422, "{answer}");
    assert!(
        answer["message"]
            .as_str()
            .expect("why")
            .ends_with("may not change once set")
    );
    let back = ok(&server, "PATCH", &at, &json!({"spec": {"type": "ClusterIP"}})).await;
    assert!(back["spec"]["ports"][0].get("nodePort").is_none(), "{back}");
    assert!(back["spec"].get("externalTrafficPolicy").is_none());
    refused(
        &server,
        "POST",
        &services,
        &service("e", json!({"type": "NodePort", "ports": [{"port": 80}, {"port": 0, "targetPort": "x_y"}]})),
        "Service \"e\" is invalid: [spec.ports[0].name: Required value, spec.ports[1].name: Required value, \
         spec.ports[1].port: Invalid value: 0: must be between 1 and 65535, inclusive, spec.ports[1].targetPort: Invalid \
         value: \"x_y\": must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)]",
    )
    .await;
}

#[tokio::test]
async fn bags_of_keys_may_be_made_final() {
    let server = still();
    let maps = format!("{CORE}/configmaps");
    let sent = json!({"metadata": {"name": "m"}, "data": {"a": "b"}, "immutable": true});
    ok(&server, "POST", &maps, &sent).await;
    refused(
        &server,
        "PATCH",
        &format!("{maps}/m"),
        &json!({"data": {"a": "c"}, "immutable": false}),
        "ConfigMap \"m\" is invalid: [immutable: Forbidden: field is immutable when `immutable` is set, data: Forbidden: \
         field is immutable when `immutable` is set]",
    )
    .await;
    let secrets = format!("{CORE}/secrets");
    let sent = json!({"metadata": {"name": "s"}, "data": {"a": "eA=="}, "stringData": {"a": "c", "b": "d"}});
    let made = ok(&server, "POST", &secrets, &sent).await;
    assert_eq!(made["data"], json!({"a": "Yw==", "b": "ZA=="}));
    assert!(made.get("stringData").is_none());
    assert_eq!(made["type"], "Opaque");
    refused(
        &server,
        "PATCH",
        &format!("{secrets}/s"),
        &json!({"type": "other"}),
        "Secret \"s\" is invalid: type: Invalid value: \"other\": field is immutable",
    )
    .await;
    refused(
        &server,
        "POST",
        &secrets,
        &json!({"metadata": {"name": "t"}, "type": "kubernetes.io/tls"}),
        "Secret \"t\" is invalid: [data[tls.crt]: Required value, data[tls.key]: Required value]",
    )
    .await;
}

#[tokio::test]
async fn volumes_and_claims_are_protected_and_final() {
    let server = still();
    let claims = format!("{CORE}/persistentvolumeclaims");
    let classes = "/apis/storage.k8s.io/v1/storageclasses";
    let claim = |name: &str| {
        json!({"metadata": {"name": name}, "spec": {"accessModes": ["ReadWriteOnce"],
        "resources": {"requests": {"storage": "1Gi"}}}})
    };
    let before = ok(&server, "POST", &claims, &claim("before")).await;
    assert_eq!(
        before["metadata"]["finalizers"],
        json!(["kubernetes.io/pvc-protection"])
    );
    assert!(before["spec"].get("storageClassName").is_none());
    assert_eq!(
        (&before["spec"]["volumeMode"], &before["status"]["phase"]),
        (&json!("Filesystem"), &json!("Pending"))
    );
    let annotation = json!({"storageclass.kubernetes.io/is-default-class": "true"});
    let class =
        json!({"metadata": {"name": "fast", "annotations": annotation}, "provisioner": "example.com/x"});
    let class = ok(&server, "POST", classes, &class).await;
    assert_eq!(
        (&class["reclaimPolicy"], &class["volumeBindingMode"]),
        (&json!("Delete"), &json!("Immediate"))
    );
    let after = ok(&server, "POST", &claims, &claim("after")).await;
    assert_eq!(after["spec"]["storageClassName"], "fast");
    let (code, _) = call(
        &server,
        "PATCH",
        &format!("{claims}/after"),
        &json!({"spec": {"storageClassName": "slow"}}),
    )
    .await;
    assert_eq!(code, 422);
    // A claim of before the default may still get it, and each is bound once.
    for patch in [json!({"storageClassName": "fast"}), json!({"volumeName": "v"})] {
        ok(
            &server,
            "PATCH",
            &format!("{claims}/before"),
            &json!({"spec": patch}),
        )
        .await;
    }
    let again = json!({"spec": {"volumeName": "w"}});
    assert_eq!(
        call(&server, "PATCH", &format!("{claims}/before"), &again)
            .await
            .0,
        422
    );
    refused(
        &server,
        "PATCH",
        &format!("{classes}/fast"),
        &json!({"provisioner": "z"}),
        "StorageClass.storage.k8s.io \"fast\" is invalid: provisioner: Invalid value: null: field is immutable",
    )
    .await;
    let volumes = "/api/v1/persistentvolumes";
    let volume = json!({"metadata": {"name": "v"}, "spec": {"capacity": {"storage": "1Gi"},
        "accessModes": ["ReadWriteOnce"], "hostPath": {"path": "/x"}}});
    let made = ok(&server, "POST", volumes, &volume).await;
    assert_eq!(
        made["metadata"]["finalizers"],
        json!(["kubernetes.io/pv-protection"])
    );
    assert_eq!(made["spec"]["persistentVolumeReclaimPolicy"], "Retain");
    refused(
        &server,
        "POST",
        volumes,
        &json!({"metadata": {"name": "w"}, "spec": {}}),
        "PersistentVolume \"w\" is invalid: [spec.accessModes: Required value, spec.capacity: Required value, \
         spec.capacity: Unsupported value: null: supported values: \"storage\", spec: Required value: must specify a \
         volume type]",
    )
    .await;
}

#[tokio::test]
async fn classes_of_priority_are_few_and_final() {
    let server = still();
    let classes = "/apis/scheduling.k8s.io/v1/priorityclasses";
    let class = |name: &str, value: i64| json!({"metadata": {"name": name}, "value": value});
    refused(
        &server,
        "POST",
        classes,
        &class("s", 1_000_000_001),
        "PriorityClass.scheduling.k8s.io \"s\" is invalid: value: Forbidden: maximum allowed value of a user defined \
         priority is 1000000000",
    )
    .await;
    refused(
        &server,
        "POST",
        classes,
        &class("system-x", 1),
        "PriorityClass.scheduling.k8s.io \"system-x\" is invalid: metadata.name: Forbidden: priority class names with \
         'system-' prefix are reserved for system use only. error: system-x is not a known system priority class",
    )
    .await;
    let mut first = class("first", 5);
    first["globalDefault"] = true.into();
    ok(&server, "POST", classes, &first).await;
    let mut second = class("second", 6);
    second["globalDefault"] = true.into();
    let (code, answer) = call(&server, "POST", classes, &second).await;
    assert_eq!(code, 403);
    assert_eq!(
        answer["message"],
        "priorityclasses.scheduling.k8s.io \"second\" is forbidden: PriorityClass first is already marked as default. Only \
         one default can exist"
    );
    let (code, _) = call(
        &server,
        "PATCH",
        &format!("{classes}/first"),
        &json!({"value": 7}),
    )
    .await;
    assert_eq!(code, 422);
}

#[tokio::test]
async fn metadata_is_looked_at_for_every_kind() {
    let server = still();
    let maps = format!("{CORE}/configmaps");
    let owners = json!([
        {"apiVersion": "a/b/c", "kind": "K", "name": "n", "uid": "u", "controller": true},
        {"apiVersion": "v1", "kind": "Event", "name": "n", "uid": "", "controller": true},
    ]);
    let sent = json!({"metadata": {"name": "x", "ownerReferences": owners, "finalizers": ["b c"]}});
    let (code, answer) = call(&server, "POST", &maps, &sent).await;
    assert_eq!(code, 422);
    let causes = answer["details"]["causes"].as_array().expect("causes");
    let fields: Vec<&str> = causes
        .iter()
        .filter_map(|cause| cause["field"].as_str())
        .collect();
    assert_eq!(
        fields,
        [
            "metadata.ownerReferences[0].apiVersion",
            "metadata.ownerReferences[1].uid",
            "metadata.ownerReferences[1]",
            "metadata.ownerReferences",
            "metadata.finalizers",
            "metadata.finalizers[0]",
        ]
    );
    let message = causes[3]["message"].as_str().expect("why");
    assert!(
        message.ends_with(
            "Only one reference can have Controller set to true. Found \"true\" in references for K/n and Event/n"
        ),
        "{message}"
    );
}

#[tokio::test]
async fn budgets_leases_and_devices_say_what_is_wrong() {
    let server = still();
    for (uri, sent, message) in [
        (
            "/apis/policy/v1/namespaces/default/poddisruptionbudgets",
            json!({"minAvailable": "x", "maxUnavailable": 1}),
            "PodDisruptionBudget.policy \"s\" is invalid: [spec: Invalid value: \
             {\"MinAvailable\":\"x\",\"Selector\":null,\"MaxUnavailable\":1,\"UnhealthyPodEvictionPolicy\":null}: \
             minAvailable and maxUnavailable cannot be both set, spec.minAvailable: Invalid value: \"x\": a valid percent \
             string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is \
             '[0-9]+%')]",
        ),
        (
            "/apis/coordination.k8s.io/v1/namespaces/default/leases",
            json!({"leaseDurationSeconds": 0, "leaseTransitions": -1}),
            "Lease.coordination.k8s.io \"s\" is invalid: [spec.leaseDurationSeconds: Invalid value: 0: must be greater than \
             0, spec.leaseTransitions: Invalid value: -1: must be greater than or equal to 0]",
        ),
        (
            "/apis/resource.k8s.io/v1/namespaces/default/resourceclaims",
            json!({"devices": {"requests": [{"name": "a"}]}}),
            "ResourceClaim.resource.k8s.io \"s\" is invalid: spec.devices.requests[0]: Required value: exactly one of \
             `exactly` or `firstAvailable` is required",
        ),
        (
            "/apis/storage.k8s.io/v1/volumeattachments",
            json!({"attacher": "d", "nodeName": "n", "source": {}}),
            "VolumeAttachment.storage.k8s.io \"s\" is invalid: spec.source: Required value: must specify exactly one of \
             inlineVolumeSpec and persistentVolumeName",
        ),
    ] {
        let sent = json!({"metadata": {"name": "s"}, "spec": sent});
        refused(&server, "POST", uri, &sent, message).await;
    }
    let claims = "/apis/resource.k8s.io/v1/namespaces/default/resourceclaims";
    let request = json!({"name": "a", "exactly": {"deviceClassName": "x"}});
    let sent = json!({"metadata": {"name": "c"}, "spec": {"devices": {"requests": [request]}}});
    let made = ok(&server, "POST", claims, &sent).await;
    let exactly = &made["spec"]["devices"]["requests"][0]["exactly"];
    assert_eq!(
        (&exactly["allocationMode"], &exactly["count"]),
        (&json!("ExactCount"), &json!(1))
    );
    refused(
        &server,
        "PATCH",
        &format!("{claims}/c"),
        &json!({"spec": {"devices": {"requests": []}}}),
        "ResourceClaim.resource.k8s.io \"c\" is invalid: spec: Invalid value: null: field is immutable",
    )
    .await;
    assert_eq!(get(&server, &format!("{claims}/c")).await.1, made);
}
