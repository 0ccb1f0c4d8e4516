//! Pods: what their containers do, in one word.

use jiff::Timestamp;
use serde_json::Value;

use super::{super::object::str_at, AGE, BARE, Column, NAME, NONE, Printer, Row, age};

pub(crate) static POD: Printer = Printer {
    columns: &[
        NAME,
        Column::new(
            "Ready",
            "Containers that are ready, of all that keep running.",
            |row| {
                let summary = Summary::of(row);
                format!("{}/{}", summary.ready, summary.total).into()
            },
        ),
        Column::new("Status", "What the pod as a whole does.", |row| {
            Summary::of(row).reason.into()
        }),
        Column::new(
            "Restarts",
            "How often containers were started again, and when one last was.",
            |row| Summary::of(row).restarts(row.now).into(),
        ),
        AGE,
        Column::new("IP", "The pod's first address.", |row| {
            row.text_or("/status/podIPs/0/ip", NONE).into()
        })
        .wide(),
        Column::new("Node", "The node that the pod is bound to.", |row| {
            row.text_or("/spec/nodeName", NONE).into()
        })
        .wide(),
        Column::new(
            "Nominated Node",
            "The node on which room is being made for the pod.",
            |row| row.text_or("/status/nominatedNodeName", NONE).into(),
        )
        .wide(),
        Column::new("Readiness Gates", "Gates that are open, of all.", |row| {
            gates(row).into()
        })
        .wide(),
    ],
    completed: |row| match row.text("/status/phase") {
        "Succeeded" => Some(("Succeeded", "The pod has completed successfully.")),
        "Failed" => Some(("Failed", "The pod failed.")),
        _ => None,
    },
    ..BARE
};

/// What a pod's statuses add up to.
#[derive(Debug, Default)]
struct Summary {
    ready: usize,
    total: usize,
    reason: String,
    restarts: i64,
    last_restart: Option<Timestamp>,
}

/// Restarts counted, and when the last one was.
#[derive(Debug, Default, Clone, Copy)]
struct Restarts {
    count: i64,
    last: Option<Timestamp>,
}

impl Restarts {
    fn add(&mut self, status: &Value) {
        let count = status["restartCount"].as_i64().unwrap_or(0);
        self.count = self.count.saturating_add(count);
        let ended = age::time(str_at(status, "/lastState/terminated/finishedAt"));
        self.last = self.last.max(ended);
    }
}

impl Summary {
    fn of(row: &Row<'_>) -> Self {
        let mut summary = Self {
            total: row.list("/spec/containers").len(),
            reason: row
                .text_or("/status/reason", row.text("/status/phase"))
                .to_owned(),
            ..Self::default()
        };
        let conditions = row.list("/status/conditions");
        if conditions
            .iter()
            .any(|of| of["type"] == "PodScheduled" && of["reason"] == "SchedulingGated")
        {
            "SchedulingGated".clone_into(&mut summary.reason);
        }
        summary.total += row
            .list("/spec/initContainers")
            .iter()
            .filter(|of| is_sidecar(of))
            .count();
        let (initializing, all, sidecars) = summary.initialize(row);
        if !initializing || row.condition("Initialized") == "True" {
            summary.run(row, sidecars);
        } else {
            summary.count(all);
        }
        if row.is_deleted() {
            if row.text("/status/reason") == "NodeLost" {
                "Unknown".clone_into(&mut summary.reason);
            } else if !matches!(row.text("/status/phase"), "Succeeded" | "Failed") {
                "Terminating".clone_into(&mut summary.reason);
            }
        }
        summary
    }

    fn count(&mut self, restarts: Restarts) {
        self.restarts = restarts.count;
        self.last_restart = restarts.last;
    }

    /// Looks at the init containers up to the first that is not done: whether there is one, and the restarts of all
    /// that were looked at and of the sidecars among them.
    fn initialize(&mut self, row: &Row<'_>) -> (bool, Restarts, Restarts) {
        let (mut all, mut sidecars) = (Restarts::default(), Restarts::default());
        let specs = row.list("/spec/initContainers");
        for (at, status) in row.list("/status/initContainerStatuses").iter().enumerate() {
            let sidecar = specs
                .iter()
                .rfind(|spec| spec["name"] == status["name"])
                .is_some_and(is_sidecar);
            all.add(status);
            if sidecar {
                sidecars.add(status);
            }
            let ended = status
                .pointer("/state/terminated")
                .filter(|state| state.is_object());
            if ended.is_some_and(|state| state["exitCode"].as_i64().unwrap_or(0) == 0) {
                continue;
            }
            if sidecar && status["started"] == true {
                self.ready += usize::from(status["ready"] == true);
                continue;
            }
            let waits = str_at(status, "/state/waiting/reason");
            self.reason = match ended {
                Some(state) => format!("Init:{}", end(state)),
                None if !matches!(waits, "" | "PodInitializing") => format!("Init:{waits}"),
                None => format!("Init:{at}/{}", specs.len()),
            };
            return (true, all, sidecars);
        }
        (false, all, sidecars)
    }

    /// Looks at the containers, the first of them last: what it does counts most.
    fn run(&mut self, row: &Row<'_>, mut restarts: Restarts) {
        let (mut running, mut error) = (false, String::new());
        for status in row.list("/status/containerStatuses").iter().rev() {
            restarts.add(status);
            let waits = str_at(status, "/state/waiting/reason");
            let ended = status
                .pointer("/state/terminated")
                .filter(|state| state.is_object());
            if !waits.is_empty() {
                waits.clone_into(&mut self.reason);
            } else if let Some(state) = ended {
                self.reason = end(state);
                if state["exitCode"].as_i64().unwrap_or(0) != 0 {
                    error.clone_from(&self.reason);
                }
            } else if status["ready"] == true
                && status.pointer("/state/running").is_some_and(Value::is_object)
            {
                running = true;
                self.ready += 1;
            }
        }
        self.count(restarts);
        if self.reason == "Completed" {
            let ready = row
                .list("/status/conditions")
                .iter()
                .any(|of| of["type"] == "Ready" && of["status"] == "True");
            if running && ready {
                "Running".clone_into(&mut self.reason);
            } else if !error.is_empty() {
                self.reason = error;
            } else if running {
                "NotReady".clone_into(&mut self.reason);
            }
        }
    }

    fn restarts(&self, now: Timestamp) -> String {
        match self.last_restart {
            Some(last) if self.restarts != 0 => {
                format!("{} ({} ago)", self.restarts, age::since(Some(last), now))
            }
            _ => self.restarts.to_string(),
        }
    }
}

/// An init container that goes on running.
fn is_sidecar(spec: &Value) -> bool {
    spec["restartPolicy"] == "Always"
}

/// How a container ended.
fn end(state: &Value) -> String {
    let signal = state["signal"].as_i64().unwrap_or(0);
    match str_at(state, "/reason") {
        "" if signal != 0 => format!("Signal:{signal}"),
        "" => format!("ExitCode:{}", state["exitCode"].as_i64().unwrap_or(0)),
        reason => reason.to_owned(),
    }
}

fn gates(row: &Row<'_>) -> String {
    let gates = row.list("/spec/readinessGates");
    if gates.is_empty() {
        return NONE.to_owned();
    }
    let open = gates
        .iter()
        .filter(|gate| row.condition(str_at(gate, "/conditionType")) == "True")
        .count();
    format!("{open}/{}", gates.len())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn cells(tree: &Value) -> Vec<String> {
        let now = age::time("2026-01-01T01:00:00Z").unwrap();
        let row = Row {
            tree,
            now,
            chosen: false,
        };
        let shown = POD.columns.iter().map(|column| (column.cell)(&row));
        shown
            .map(|cell| cell.as_str().unwrap_or_default().to_owned())
            .collect()
    }

    fn pod(spec: &Value, status: &Value) -> Value {
        json!({"metadata": {"name": "p", "creationTimestamp": "2026-01-01T00:00:00Z"}, "spec": spec, "status": status})
    }

    #[track_caller]
    fn shows(spec: &Value, status: &Value, wanted: [&str; 3]) {
        assert_eq!(cells(&pod(spec, status))[1..4], wanted, "{status}");
    }

    #[test]
    fn a_pod_is_told_by_its_containers() {
        let one = json!({"containers": [{"name": "c"}]});
        let two = json!({"containers": [{"name": "c"}, {"name": "d"}]});
        let with_init =
            json!({"containers": [{"name": "c"}], "initContainers": [{"name": "i"}, {"name": "j"}]});
        let with_sidecar = json!({"containers": [{"name": "c"}],
            "initContainers": [{"name": "s", "restartPolicy": "Always"}, {"name": "i"}]});
        let running = json!({"name": "c", "ready": true, "restartCount": 0, "state": {"running": {}}});
        shows(&one, &json!({"phase": "Pending"}), ["0/1", "Pending", "0"]);
        shows(
            &one,
            &json!({"phase": "Pending", "conditions": [{"type": "PodScheduled", "reason": "SchedulingGated"}]}),
            ["0/1", "SchedulingGated", "0"],
        );
        shows(
            &one,
            &json!({"phase": "Failed", "reason": "Evicted"}),
            ["0/1", "Evicted", "0"],
        );
        let looping = json!({"phase": "Running", "containerStatuses": [{"name": "c", "restartCount": 7,
            "state": {"waiting": {"reason": "CrashLoopBackOff"}},
            "lastState": {"terminated": {"finishedAt": "2026-01-01T00:55:00Z"}}}]});
        shows(&one, &looping, ["0/1", "CrashLoopBackOff", "7 (5m ago)"]);
        let half_done = |conditions: Value| {
            json!({"phase": "Running", "conditions": conditions, "containerStatuses": [
                {"name": "c", "state": {"terminated": {"exitCode": 0, "reason": "Completed"}}}, running]})
        };
        shows(&two, &half_done(json!([])), ["1/2", "NotReady", "0"]);
        shows(
            &two,
            &half_done(json!([{"type": "Ready", "status": "True"}])),
            ["1/2", "Running", "0"],
        );
        for (state, reason) in [
            (json!({"exitCode": 1, "reason": "Error"}), "Error"),
            (json!({"exitCode": 137, "signal": 9}), "Signal:9"),
            (json!({"exitCode": 3}), "ExitCode:3"),
        ] {
            let status = json!({"containerStatuses": [{"name": "c", "state": {"terminated": state}}]});
            shows(&one, &status, ["0/1", reason, "0"]);
            let status = json!({"initContainerStatuses": [{"name": "i", "restartCount": 2, "state": {"terminated": state}}]});
            shows(&with_init, &status, ["0/1", &format!("Init:{reason}"), "2"]);
        }
        let first_done = json!({"initContainerStatuses": [
            {"name": "i", "state": {"terminated": {"exitCode": 0}}}, {"name": "j", "state": {"waiting": {"reason": "PodInitializing"}}}]});
        shows(&with_init, &first_done, ["0/1", "Init:1/2", "0"]);
        let sidecar_runs = json!({"phase": "Running", "initContainerStatuses": [
            {"name": "s", "started": true, "ready": true, "restartCount": 1, "state": {"running": {}}},
            {"name": "i", "restartCount": 5, "state": {"terminated": {"exitCode": 0}}}], "containerStatuses": [running]});
        shows(&with_sidecar, &sidecar_runs, ["2/2", "Running", "1"]);
    }

    #[test]
    fn a_deleted_pod_is_terminating_unless_it_is_over_or_lost() {
        for (status, wanted) in [
            (json!({"phase": "Running"}), "Terminating"),
            (json!({"phase": "Succeeded"}), "Succeeded"),
            (json!({"phase": "Running", "reason": "NodeLost"}), "Unknown"),
        ] {
            let mut tree = pod(&json!({}), &status);
            tree["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z".into();
            assert_eq!(cells(&tree)[2], wanted);
        }
    }

    #[test]
    fn what_is_not_there_is_none() {
        assert_eq!(
            cells(&pod(&json!({}), &json!({}))),
            ["p", "0/0", "", "0", "60m", NONE, NONE, NONE, NONE]
        );
    }
}
