//! What a kubelet does with a pod that it has taken in, one step at a time.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;

use super::{
    NAME, ephemeral,
    needs::Need,
    reports::{self, EPHEMERAL, INIT, MAIN},
    runs,
};
use crate::demo::{
    kinds::POD,
    life::{Queue, World, events, heartbeats::since, verbs::list},
    object::{Object, child, str_at},
    strategy::Part,
};

pub(super) fn report(pod: &Object, world: &World, change: impl Fn(&mut Value)) -> bool {
    world.change(NAME, (&POD, Part::Status), &pod.key, change)
}

fn post(pod: &Object, world: &World, kind: &str, said: (&str, &str)) {
    let node = pod.field(&POD, "spec.nodeName");
    events::post(&world.store, NAME, node, (&POD, pod), kind, said);
}

/// An event about a container; `list` is the list of the specification that it stands in.
fn post_of(pod: &Object, world: &World, (list, name): (&str, &str), kind: &str, said: (&str, &str)) {
    let node = pod.field(&POD, "spec.nodeName");
    let part = format!("spec.{list}{{{name}}}");
    events::post_at(&world.store, NAME, node, (&POD, pod), &part, kind, said);
}

pub(super) fn post_start(pod: &Object, world: &World, at: (&str, &str), image: &str) {
    let pulled =
        format!("Container image \"{image}\" already present on machine and can be accessed by the pod");
    for said in [
        ("Pulled", pulled.as_str()),
        ("Created", "Container created"),
        ("Started", "Container started"),
    ] {
        post_of(pod, world, at, "Normal", said);
    }
}

fn full_name(pod: &Object) -> String {
    format!("{}_{}({})", pod.key.name, pod.key.namespace, pod.uid)
}

/// Something is missing: the pod says what.
pub(super) fn wait_for(pod: &Object, need: &Need, world: &World) {
    let Some(container) = &need.container else {
        post(pod, world, "Warning", (need.reason, &need.message));
        return;
    };
    let is_init = list(&pod.tree(), "/spec/initContainers").any(|c| str_at(c, "/name") == container);
    let (spec, status) = if is_init {
        ("initContainers", INIT)
    } else {
        ("containers", MAIN)
    };
    let text = format!("Error: {}", need.message);
    post_of(pod, world, (spec, container), "Warning", (need.reason, &text));
    report(pod, world, |tree| {
        for entry in reports::statuses(tree, status).filter(|s| str_at(s, "/name") == container) {
            reports::wait(entry, "CreateContainerConfigError", &need.message);
        }
        reports::conclude(tree);
    });
}

/// The next init container starts or ends, or all containers start.
pub(super) fn advance(pod: &Object, tree: &Value, address: &str, world: &World) {
    let uid = &*pod.uid;
    let init = list(tree, "/spec/initContainers").find_map(|container| {
        let name = str_at(container, "/name");
        let status = list(tree, "/status/initContainerStatuses").find(|s| str_at(s, "/name") == name)?;
        let runs = status.pointer("/state/running").is_some();
        let done = status.pointer("/state/terminated").is_some() || runs && reports::is_sidecar(container);
        (!done).then_some((container, name, runs))
    });
    if let Some((container, name, runs)) = init {
        let image = str_at(container, "/image");
        let told = report(pod, world, |tree| {
            reports::networked(tree, address);
            for entry in reports::statuses(tree, INIT).filter(|s| str_at(s, "/name") == name) {
                if runs {
                    reports::end(entry, 0);
                    entry["ready"] = true.into();
                } else {
                    reports::start(entry, uid, image);
                    // An init container is ready when it is done.
                    entry["ready"] = reports::is_sidecar(container).into();
                }
            }
            reports::conclude(tree);
        });
        if told && !runs {
            post_start(pod, world, ("initContainers", name), image);
        }
        return;
    }
    let told = report(pod, world, |tree| {
        reports::networked(tree, address);
        start_all(tree, uid);
        child(tree, "status").insert("phase".into(), "Running".into());
        reports::conclude(tree);
    });
    if told {
        for container in list(tree, "/spec/containers") {
            let at = ("containers", str_at(container, "/name"));
            post_start(pod, world, at, str_at(container, "/image"));
        }
    }
}

fn start_all(tree: &mut Value, uid: &str) {
    let images: Vec<(String, String)> = list(tree, "/spec/containers")
        .map(|c| (str_at(c, "/name").to_owned(), str_at(c, "/image").to_owned()))
        .collect();
    for status in reports::statuses(tree, MAIN) {
        if let Some((_, image)) = images.iter().find(|(name, _)| name == str_at(status, "/name"))
            && status.pointer("/state/running").is_none()
        {
            reports::start(status, uid, image);
        }
    }
}

/// Looks after a pod that runs: its end, the restart of its containers, new images, what others wrote into its status.
pub(super) fn keep(pod: &Object, tree: &Value, world: &World, queue: &mut Queue) {
    if ephemeral::start_added(pod, tree, world) {
        return;
    }
    let run = runs::of(tree, &world.pace);
    let waiting = list(tree, "/status/containerStatuses")
        .filter(|status| status.pointer("/state/waiting").is_some())
        .filter_map(|status| {
            let ended = str_at(status, "/lastState/terminated/finishedAt").parse().ok()?;
            let restarts = status.get("restartCount").and_then(Value::as_i64).unwrap_or(0);
            Some(left(ended, runs::back_off(restarts, &world.pace)))
        })
        .min();
    if let Some(wait) = waiting {
        if wait.is_zero() {
            restart(pod, tree, world);
        } else {
            queue.add_after(pod.key.clone(), wait);
        }
        return;
    }
    if let Some(run) = run {
        let started = list(tree, "/status/containerStatuses")
            .filter_map(|status| str_at(status, "/state/running/startedAt").parse().ok())
            .max();
        let wait = started.map_or(Duration::ZERO, |started| left(started, run.time));
        if wait.is_zero() {
            end(pod, tree, run.exit_code, world);
            return;
        }
        queue.add_after(pod.key.clone(), wait);
    }
    if replace_images(pod, tree, world) {
        return;
    }
    let mut wanted = tree.clone();
    reports::conclude(&mut wanted);
    if wanted != *tree {
        report(pod, world, reports::conclude);
    }
}

/// What is left of a time that began then.
fn left(began: Timestamp, time: Duration) -> Duration {
    time.saturating_sub(since(began))
}

/// All containers have ended, with that code.
fn end(pod: &Object, tree: &Value, exit_code: i64, world: &World) {
    let restarts = list(tree, "/status/containerStatuses")
        .filter_map(|status| status.get("restartCount").and_then(Value::as_i64))
        .max();
    if !runs::restarts(tree, exit_code) {
        report(pod, world, |tree| terminate(tree, exit_code));
        return;
    }
    let wait = runs::back_off(restarts.unwrap_or(0), &world.pace);
    if wait.is_zero() {
        report(pod, world, |tree| {
            for status in reports::statuses(tree, MAIN) {
                reports::end(status, exit_code);
                reports::again(status);
            }
            start_all(tree, &pod.uid);
            reports::conclude(tree);
        });
        for container in list(tree, "/spec/containers") {
            let at = ("containers", str_at(container, "/name"));
            post_start(pod, world, at, str_at(container, "/image"));
        }
        return;
    }
    let full_name = full_name(pod);
    let wait = runs::in_go(wait);
    report(pod, world, |tree| {
        for status in reports::statuses(tree, MAIN) {
            let text = format!(
                "back-off {wait} restarting failed container={} pod={full_name}",
                str_at(status, "/name")
            );
            reports::end(status, exit_code);
            reports::wait(status, "CrashLoopBackOff", &text);
        }
        reports::conclude(tree);
    });
    for container in list(tree, "/spec/containers") {
        let name = str_at(container, "/name");
        let text = format!("Back-off restarting failed container {name} in pod {full_name}");
        post_of(pod, world, ("containers", name), "Warning", ("BackOff", &text));
    }
}

/// The pod is over: its containers, sidecars included, have ended.
fn terminate(tree: &mut Value, exit_code: i64) {
    for list in [INIT, MAIN, EPHEMERAL] {
        for status in reports::statuses(tree, list) {
            if status.pointer("/state/running").is_some() {
                reports::end(status, if list == MAIN { exit_code } else { 0 });
            }
        }
    }
    let failed = list(tree, "/status/containerStatuses")
        .any(|status| status.pointer("/state/terminated/exitCode") != Some(&Value::from(0)));
    let phase = if failed { "Failed" } else { "Succeeded" };
    child(tree, "status").insert("phase".into(), phase.into());
    reports::conclude(tree);
}

/// The back-off of failed containers is over.
fn restart(pod: &Object, tree: &Value, world: &World) {
    let told = report(pod, world, |tree| {
        for status in reports::statuses(tree, MAIN).filter(|s| s.pointer("/state/waiting").is_some()) {
            reports::again(status);
        }
        start_all(tree, &pod.uid);
        reports::conclude(tree);
    });
    if told {
        for container in list(tree, "/spec/containers") {
            let at = ("containers", str_at(container, "/name"));
            post_start(pod, world, at, str_at(container, "/image"));
        }
    }
}

/// Containers whose image was changed start anew; answers whether there were any.
fn replace_images(pod: &Object, tree: &Value, world: &World) -> bool {
    let changed: Vec<&Value> = list(tree, "/spec/containers")
        .filter(|container| {
            list(tree, "/status/containerStatuses").any(|status| {
                status["name"] == container["name"]
                    && status["image"] != container["image"]
                    && status.pointer("/state/running").is_some()
            })
        })
        .collect();
    if changed.is_empty() {
        return false;
    }
    report(pod, world, |tree| {
        for status in reports::statuses(tree, MAIN) {
            if changed
                .iter()
                .any(|container| container["name"] == status["name"])
            {
                reports::end(status, 0);
                reports::again(status);
            }
        }
        start_all(tree, &pod.uid);
        reports::conclude(tree);
    });
    for container in changed {
        let name = str_at(container, "/name");
        let text = format!("Container {name} definition changed, will be restarted");
        post_of(pod, world, ("containers", name), "Normal", ("Killing", &text));
        post_start(pod, world, ("containers", name), str_at(container, "/image"));
    }
    true
}

/// Ends a pod that is being deleted, and lets it go.
pub(super) fn stop(pod: &Object, tree: &Value, world: &World) {
    let running: Vec<&Value> = list(tree, "/status/containerStatuses")
        .filter(|status| status.pointer("/state/running").is_some())
        .collect();
    let over = matches!(pod.field(&POD, "status.phase"), "Succeeded" | "Failed");
    if !over && !running.is_empty() {
        for status in running {
            let name = str_at(status, "/name");
            let text = format!("Stopping container {name}");
            post_of(pod, world, ("containers", name), "Normal", ("Killing", &text));
        }
        // What serves stops when it is told to; what has work to do is cut short.
        let exit_code = if str_at(tree, "/spec/restartPolicy") == "Always" {
            0
        } else {
            143
        };
        report(pod, world, |tree| terminate(tree, exit_code));
    }
    world.delete(&POD, pod, Some(0));
}
