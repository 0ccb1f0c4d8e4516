//! Verbs that make, change and delete objects.

use super::{Demo, POD, deployment};

#[test]
#[ignore = "needs a control plane: tests/control-plane/build, then cargo test -- --include-ignored"]
fn apply_diff_and_edit() {
    Demo::each(|demo| {
        let apply = ["apply", "-f", "-"];
        assert_eq!(
            demo.feed(&apply, &deployment(2, "nginx:1")),
            "deployment.apps/web created\n"
        );
        assert_eq!(
            demo.feed(&apply, &deployment(2, "nginx:1")),
            "deployment.apps/web unchanged\n"
        );
        let difference = demo.run(&["diff", "-f", "-"], &deployment(3, "nginx:1"));
        assert!(
            difference.out.contains("+  replicas: 3"),
            "{}{}",
            difference.out,
            difference.err
        );
        assert_eq!(
            demo.feed(&apply, &deployment(3, "nginx:2")),
            "deployment.apps/web configured\n"
        );
        assert_eq!(demo.value("deploy/web", ".spec.replicas"), "3");

        let server = ["apply", "--server-side", "-f", "-", "--field-manager=other"];
        let refusal = demo.fails(&server, &deployment(5, "nginx:2"));
        assert!(
            refusal.contains("Apply failed with 1 conflict") && refusal.contains(".spec.replicas"),
            "{refusal}"
        );
        let forced = [&server[..], &["--force-conflicts"]].concat();
        assert_eq!(
            demo.feed(&forced, &deployment(5, "nginx:2")),
            "deployment.apps/web serverside-applied\n"
        );
        assert_eq!(demo.value("deploy/web", ".spec.replicas"), "5");

        let mut edit = demo.command(&["edit", "deploy/web"]);
        let output = edit
            .env("KUBE_EDITOR", "sed -i s/nginx:2/nginx:3/")
            .output()
            .expect("kubectl runs");
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        assert_eq!(
            demo.value("deploy/web", ".spec.template.spec.containers[0].image"),
            "nginx:3"
        );
        let refusal = demo.fails(&["create", "-f", "-"], &POD.replace("containers", "containerz"));
        assert!(
            refusal.contains(r#"unknown field "spec.containerz""#),
            "{refusal}"
        );
    });
}

#[test]
#[ignore = "needs a control plane: tests/control-plane/build, then cargo test -- --include-ignored"]
fn label_annotate_patch_and_replace() {
    Demo::each(|demo| {
        demo.feed(&["create", "-f", "-"], POD);
        demo.kubectl(&["label", "pod", "p", "tier=web"]);
        assert!(
            demo.fails(&["label", "pod", "p", "tier=db"], "")
                .contains("--overwrite is false")
        );
        demo.kubectl(&["label", "pod", "p", "tier=db", "--overwrite"]);
        assert_eq!(demo.value("pod/p", ".metadata.labels.tier"), "db");
        demo.kubectl(&["label", "pod", "p", "tier-"]);
        assert_eq!(demo.value("pod/p", ".metadata.labels.tier"), "");
        demo.kubectl(&["annotate", "pod", "p", "note=hello"]);
        demo.kubectl(&[
            "patch",
            "pod",
            "p",
            "--type=json",
            "-p",
            r#"[{"op": "remove", "path": "/metadata/annotations/note"}]"#,
        ]);
        assert_eq!(demo.value("pod/p", ".metadata.annotations.note"), "");
        demo.kubectl(&[
            "patch",
            "pod",
            "p",
            "-p",
            r#"{"spec": {"containers": [{"name": "c", "image": "nginx:2"}]}}"#,
        ]);
        assert_eq!(demo.value("pod/p", ".spec.containers[0].image"), "nginx:2");
        let refusal = demo.fails(&["patch", "pod", "p", "-p", r#"{"spec": {"nodeName": "n"}}"#], "");
        assert!(
            refusal.contains("pod updates may not change fields other than"),
            "{refusal}"
        );
        let text = demo
            .kubectl(&["get", "pod", "p", "-o", "json"])
            .replace("nginx:2", "nginx:3");
        assert_eq!(demo.feed(&["replace", "-f", "-"], &text), "pod/p replaced\n");
        assert!(
            demo.fails(&["replace", "-f", "-"], &text)
                .contains("the object has been modified")
        );
        demo.kubectl(&["set", "image", "pod/p", "c=nginx:4"]);
        assert_eq!(demo.value("pod/p", ".spec.containers[0].image"), "nginx:4");
    });
}

#[test]
#[ignore = "needs a control plane: tests/control-plane/build, then cargo test -- --include-ignored"]
fn create_run_and_delete() {
    Demo::each(|demo| {
        for words in [
            "create configmap settings --from-literal=k=v",
            "create secret generic keys --from-literal=k=v",
            "create serviceaccount robot",
            "create namespace shop",
            "create priorityclass high --value=1000",
            "create service clusterip web --tcp=80:8080",
            "create poddisruptionbudget web --selector=app=web --min-available=1",
            "create job once --image=busybox",
            "run alone --image=nginx --restart=Never",
        ] {
            let words: Vec<&str> = words.split(' ').collect();
            let made = demo.kubectl(&words);
            assert!(made.trim_end().ends_with("created"), "{made}");
        }
        assert_eq!(demo.value("configmap/settings", ".data.k"), "v");
        assert!(
            demo.fails(&["create", "namespace", "shop"], "")
                .contains("AlreadyExists")
        );
        let dry = demo.kubectl(&[
            "run",
            "dry",
            "--image=nginx",
            "--dry-run=server",
            "-o",
            "jsonpath={.spec.schedulerName}",
        ]);
        assert_eq!(dry, "default-scheduler");
        assert!(demo.fails(&["get", "pod", "dry"], "").contains("not found"));

        demo.kubectl(&["delete", "pod", "alone"]);
        demo.kubectl(&["delete", "job", "once", "--timeout=60s"]);
        demo.kubectl(&["create", "configmap", "other", "-n", "shop"]);
        demo.kubectl(&["delete", "namespace", "shop", "--timeout=60s"]);
        assert!(
            demo.fails(&["get", "configmap", "other", "-n", "shop"], "")
                .contains("not found")
        );
        demo.kubectl(&["delete", "configmaps", "--all"]);
        assert!(demo.fails(&["delete", "pod", "alone"], "").contains("not found"));
        assert!(
            demo.fails(&["delete", "namespace", "default"], "")
                .contains("forbidden")
        );
    });
}
