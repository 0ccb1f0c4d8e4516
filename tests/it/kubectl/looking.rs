//! Verbs that only look.

use super::{Demo, POD, deployment, wait_until};

#[test]
#[ignore = "needs a control plane: tests/control-plane/build, then cargo test -- --include-ignored"]
fn get_in_every_form() {
    Demo::each(|demo| {
        let nodes = demo.kubectl(&["get", "nodes"]);
        let head: Vec<&str> = nodes.lines().next().expect("a head").split_whitespace().collect();
        assert_eq!(head, ["NAME", "STATUS", "ROLES", "AGE", "VERSION"]);
        assert_eq!(
            nodes.lines().filter(|line| line.contains("Ready")).count(),
            3,
            "{nodes}"
        );
        let wide = demo.kubectl(&["get", "nodes", "-o", "wide"]);
        assert!(
            wide.contains("INTERNAL-IP") && wide.contains("containerd://"),
            "{wide}"
        );

        demo.feed(&["create", "-f", "-"], POD);
        let pods = demo.kubectl(&["get", "pods", "-A", "-o", "wide"]);
        let row: Vec<&str> = pods
            .lines()
            .find(|line| line.contains(" p "))
            .expect("the pod")
            .split_whitespace()
            .collect();
        assert_eq!(row[..5], ["default", "p", "0/1", "Pending", "0"], "{pods}");
        assert_eq!(row[6..8], ["<none>", "<none>"], "{pods}");
        assert_eq!(demo.kubectl(&["get", "pod", "p", "-o", "name"]), "pod/p\n");
        assert_eq!(demo.value("pod/p", ".status.phase"), "Pending");
        assert!(
            demo.kubectl(&["get", "pod", "p", "-o", "yaml"])
                .contains("schedulerName: default-scheduler")
        );
        assert!(
            demo.kubectl(&["get", "pod", "p", "--show-labels"])
                .contains("app=web")
        );
        assert!(
            demo.kubectl(&["get", "pods", "-l", "app in (web, db)"])
                .contains('p')
        );
        assert!(demo.kubectl(&["get", "all"]).contains("pod/p"));
        assert!(
            demo.fails(&["get", "pod", "none"], "")
                .contains(r#"pods "none" not found"#)
        );
        assert!(
            demo.fails(&["get", "gizmos"], "")
                .contains("the server doesn't have a resource type")
        );
        demo.feed(&["create", "-f", "-"], &deployment(2, "nginx:1"));
        let scale = demo.kubectl(&["get", "deploy", "web", "--subresource=scale"]);
        let cells: Vec<&str> = scale.split_whitespace().take(6).collect();
        assert_eq!(cells[..4], ["NAME", "DESIRED", "AVAILABLE", "AGE"], "{scale}");
        assert_eq!(cells[4..], ["web", "2"], "{scale}");
        let few = demo.kubectl(&["get", "nodes", "--chunk-size=1", "-o", "name"]);
        assert_eq!(few.lines().count(), 3);
    });
}

#[test]
#[ignore = "needs a control plane: tests/control-plane/build, then cargo test -- --include-ignored"]
fn describe_explain_and_who_may_what() {
    Demo::each(|demo| {
        demo.feed(&["create", "-f", "-"], POD);
        let node = demo.nodes().remove(0);
        demo.bind("p", &node);
        demo.kubectl(&["wait", "pod/p", "--for=condition=Ready", "--timeout=60s"]);
        let pod = demo.kubectl(&["describe", "pod", "p"]);
        for part in [
            &*format!("Node:             {node}/"),
            "QoS Class:",
            "Started",
            "Tolerations:",
            "nginx:1",
        ] {
            assert!(pod.contains(part), "no {part:?} in\n{pod}");
        }
        let text = demo.kubectl(&["describe", "node", &node]);
        for part in [
            "Allocated resources:",
            "KubeletReady",
            "Lease:",
            "default                     p",
        ] {
            assert!(text.contains(part), "no {part:?} in\n{text}");
        }
        let fields = demo.kubectl(&["explain", "pod.spec.tolerations"]);
        assert!(
            fields.contains("tolerationSeconds") && fields.contains("<integer>"),
            "{fields}"
        );
        assert!(
            demo.kubectl(&["explain", "deployment", "--recursive"])
                .contains("maxUnavailable")
        );

        assert_eq!(
            demo.kubectl(&["auth", "can-i", "create", "pods", "--subresource=binding"]),
            "yes\n"
        );
        assert!(demo.kubectl(&["auth", "can-i", "--list"]).contains("*.*"));
        assert!(demo.kubectl(&["auth", "whoami"]).contains("system:masters"));
        assert!(demo.kubectl(&["version"]).contains("Server Version: v1.37"));
        assert!(demo.kubectl(&["api-resources"]).contains("poddisruptionbudgets"));
        assert!(demo.kubectl(&["api-versions"]).contains("resource.k8s.io/v1"));
        assert!(demo.kubectl(&["cluster-info"]).contains("https://127.0.0.1"));
        for what in ["nodes", "pods"] {
            assert!(
                demo.fails(&["top", what], "")
                    .contains("Metrics API not available")
            );
        }
    });
}

#[test]
#[ignore = "needs a control plane: tests/control-plane/build, then cargo test -- --include-ignored"]
fn logs_events_and_watches() {
    Demo::each(|demo| {
        let mut watch = demo.command(&["get", "pods", "-w", "-o", "name"]);
        let out = demo.group.folder().join("watch");
        watch.stdout(std::fs::File::create(&out).expect("a file"));
        let mut watch = watch.spawn().expect("kubectl starts");
        let seen = || std::fs::read_to_string(&out).unwrap_or_default();
        demo.feed(&["create", "-f", "-"], POD);
        wait_until("the watch has seen the pod made", || !seen().is_empty());
        assert_eq!(
            demo.kubectl(&["logs", "p"]),
            "",
            "a pod that is nowhere has said nothing"
        );
        demo.bind("p", &demo.nodes()[0]);
        demo.kubectl(&[
            "wait",
            "pod/p",
            "--for=jsonpath={.status.phase}=Running",
            "--timeout=60s",
        ]);
        wait_until("the watch has seen the pod made, bound and running", || {
            seen().lines().count() >= 3
        });
        watch.kill().expect("kubectl is killed");
        watch.wait().expect("kubectl ends");

        let log = demo.kubectl(&["logs", "p"]);
        assert!(log.contains("berth"), "a canned line that says what it is: {log}");
        assert!(
            demo.fails(&["logs", "p", "-c", "none"], "")
                .contains("container none is not valid for pod p")
        );
        let refusal = demo.fails(&["exec", "p", "--", "true"], "");
        assert!(refusal.to_lowercase().contains("embedded cluster"), "{refusal}");
        wait_until("the kubelet has posted its events", || {
            demo.kubectl(&["events", "--for", "pod/p"]).contains("Started")
        });
        let events = demo.kubectl(&["get", "events", "--field-selector", "involvedObject.name=p"]);
        assert!(events.contains("pod/p"), "{events}");
    });
}
