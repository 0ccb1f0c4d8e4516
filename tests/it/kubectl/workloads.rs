//! What controllers do for kubectl's user.

use super::{Demo, deployment, wait_until};

#[test]
#[ignore = "needs a control plane: tests/control-plane/build, then cargo test -- --include-ignored"]
fn five_replicas_are_five_pending_pods() {
    Demo::each(|demo| {
        demo.kubectl(&["create", "deployment", "web", "--image=nginx", "--replicas=5"]);
        let pending = || {
            demo.kubectl(&[
                "get",
                "pods",
                "--field-selector",
                "status.phase=Pending",
                "-o",
                "name",
            ])
        };
        wait_until("five pods wait", || pending().lines().count() == 5);
        demo.place_all();
        demo.kubectl(&["rollout", "status", "deploy/web", "--timeout=60s"]);
        assert!(demo.kubectl(&["get", "deploy", "web"]).contains("5/5"));
        demo.kubectl(&["scale", "deploy/web", "--replicas=2"]);
        wait_until("two pods are left", || demo.pods("app=web").len() == 2);
        demo.kubectl(&["scale", "deploy/web", "--replicas=3"]);
        wait_until("a third waits", || demo.pods("app=web").len() == 3);
        demo.kubectl(&["delete", "deploy", "web", "--timeout=60s"]);
        wait_until("pods go with their owner", || demo.pods("app=web").is_empty());
        assert!(demo.kubectl(&["get", "rs", "-o", "name"]).is_empty());
    });
}

#[test]
#[ignore = "needs a control plane: tests/control-plane/build, then cargo test -- --include-ignored"]
fn a_rollout_and_back() {
    Demo::each(|demo| {
        demo.feed(&["apply", "-f", "-"], &deployment(2, "nginx:1"));
        let image = |wanted: &str| {
            let out = demo.kubectl(&[
                "get",
                "pods",
                "-l",
                "app=web",
                "-o",
                "jsonpath={.items[*].spec.containers[0].image}",
            ]);
            out.split_whitespace().filter(|image| *image == wanted).count() == 2
                && out.split_whitespace().count() == 2
        };
        wait_until("two pods of the first image", || image("nginx:1"));
        demo.place_all();
        demo.kubectl(&["rollout", "status", "deploy/web", "--timeout=60s"]);
        demo.kubectl(&["set", "image", "deploy/web", "c=nginx:2"]);
        wait_until("two pods of the second image run", || {
            demo.place_all();
            image("nginx:2")
        });
        assert!(demo.kubectl(&["rollout", "history", "deploy/web"]).contains('2'));
        demo.kubectl(&["rollout", "undo", "deploy/web"]);
        wait_until("two pods of the first image again", || {
            demo.place_all();
            image("nginx:1")
        });
        demo.kubectl(&["rollout", "restart", "deploy/web"]);
        wait_until("restarted", || {
            demo.place_all();
            demo.run(&["rollout", "status", "deploy/web", "--timeout=1s"], "")
                .ok
        });
    });
}

#[test]
#[ignore = "needs a control plane: tests/control-plane/build, then cargo test -- --include-ignored"]
fn a_job_ends() {
    Demo::each(|demo| {
        demo.kubectl(&["create", "job", "once", "--image=busybox"]);
        wait_until("its pod", || demo.pods("job-name=once").len() == 1);
        demo.place_all();
        demo.kubectl(&["wait", "job/once", "--for=condition=Complete", "--timeout=60s"]);
        let pods = demo.kubectl(&["get", "pods", "-l", "job-name=once"]);
        assert!(pods.contains("Completed"), "{pods}");
    });
}
