//! Verbs for nodes.

use super::{Demo, deployment, wait_until};

#[test]
#[ignore = "needs a control plane: tests/control-plane/build, then cargo test -- --include-ignored"]
fn taint_label_and_cordon() {
    Demo::each(|demo| {
        let node = demo.nodes().remove(0);
        let object = format!("node/{node}");
        demo.kubectl(&["taint", "node", &node, "dedicated=web:NoSchedule"]);
        assert!(
            demo.fails(&["taint", "node", &node, "dedicated=web:NoSchedule"], "")
                .contains("already has")
        );
        demo.kubectl(&["taint", "node", &node, "dedicated=db:NoSchedule", "--overwrite"]);
        assert_eq!(
            demo.value(&object, ".spec.taints[?(@.key=='dedicated')].value"),
            "db"
        );
        demo.kubectl(&["taint", "node", &node, "dedicated-"]);
        assert_eq!(
            demo.value(&object, ".spec.taints[?(@.key=='dedicated')].value"),
            ""
        );
        demo.kubectl(&["label", "node", &node, "disk=ssd"]);
        assert!(
            demo.kubectl(&["get", "nodes", "-l", "disk=ssd", "-o", "name"])
                .contains(&node)
        );
        demo.kubectl(&["cordon", &node]);
        assert!(
            demo.kubectl(&["get", "node", &node])
                .contains("Ready,SchedulingDisabled")
        );
        let taint = ".spec.taints[?(@.key=='node.kubernetes.io/unschedulable')].effect";
        wait_until("the cordon's taint", || {
            demo.value(&object, taint) == "NoSchedule"
        });
        demo.kubectl(&["uncordon", &node]);
        wait_until("the taint is gone", || demo.value(&object, taint).is_empty());
    });
}

#[test]
#[ignore = "needs a control plane: tests/control-plane/build, then cargo test -- --include-ignored"]
fn drain_keeps_budgets() {
    Demo::each(|demo| {
        demo.feed(&["apply", "-f", "-"], &deployment(3, "nginx:1"));
        wait_until("three pods", || demo.pods("app=web").len() == 3);
        demo.place_all();
        demo.kubectl(&["rollout", "status", "deploy/web", "--timeout=60s"]);
        demo.kubectl(&[
            "create",
            "poddisruptionbudget",
            "web",
            "--selector=app=web",
            "--min-available=3",
        ]);
        wait_until("the budget has counted", || {
            demo.value("pdb/web", ".status.currentHealthy") == "3"
        });
        let node = demo.nodes().remove(0);
        let refusal = demo.fails(&["drain", &node, "--timeout=2s"], "");
        assert!(
            refusal.contains("violate the pod's disruption budget"),
            "{refusal}"
        );
        demo.kubectl(&[
            "patch",
            "pdb",
            "web",
            "--type=merge",
            "-p",
            r#"{"spec": {"minAvailable": 2}}"#,
        ]);
        wait_until("the budget allows one", || {
            demo.value("pdb/web", ".status.disruptionsAllowed") == "1"
        });
        let drained = demo.kubectl(&["drain", &node, "--timeout=60s"]);
        assert!(
            drained.contains("evicted") && drained.contains("drained"),
            "{drained}"
        );
        wait_until("another pod waits instead", || demo.pods("app=web").len() == 3);
        assert!(
            demo.kubectl(&[
                "get",
                "pods",
                "--field-selector",
                &format!("spec.nodeName={node}"),
                "-o",
                "name"
            ])
            .is_empty()
        );
    });
}

#[test]
#[ignore = "needs a control plane: tests/control-plane/build, then cargo test -- --include-ignored"]
fn a_node_that_is_deleted_takes_its_pods_along() {
    Demo::each(|demo| {
        demo.feed(&["apply", "-f", "-"], &deployment(2, "nginx:1"));
        wait_until("two pods", || demo.pods("app=web").len() == 2);
        let node = demo.nodes().remove(0);
        let pod = demo.pods("app=web").remove(0);
        demo.bind(&pod, &node);
        demo.kubectl(&["delete", "node", &node]);
        demo.kubectl(&["delete", "pod", &pod, "--force", "--grace-period=0"]);
        wait_until("a new pod instead", || {
            demo.pods("app=web").len() == 2 && !demo.pods("app=web").contains(&pod)
        });
    });
}
