//! What makes pods, and what protects them.

use serde_json::Value;

use super::{super::object::str_at, AGE, BARE, Column, NAME, NONE, Printer, Row, age, joined, labels};

const CONTAINERS: Column = Column::new("Containers", "The containers of its pods.", |row| {
    of_template(row, "/name").into()
})
.wide();

const IMAGES: Column = Column::new("Images", "The images of these containers.", |row| {
    of_template(row, "/image").into()
})
.wide();

const SELECTOR: Column = Column::new("Selector", "The labels of its pods.", |row| {
    let selector = row.at("/spec/selector").map_or(Some(String::new()), selector);
    match selector.as_deref() {
        None => "<error>".into(),
        Some("") => NONE.into(),
        Some(selector) => selector.into(),
    }
})
.wide();

const READY: Column = Column::new("Ready", "Pods that are ready, of all that are wanted.", |row| {
    let (ready, wanted) = (row.number("/status/readyReplicas"), row.number("/spec/replicas"));
    format!("{ready}/{wanted}").into()
});

pub(crate) static DEPLOYMENT: Printer = Printer {
    columns: &[
        NAME,
        READY,
        Column::new("Up-to-date", "Pods made from the present template.", |row| {
            row.number("/status/updatedReplicas").into()
        }),
        Column::new("Available", "Pods that have been ready for long enough.", |row| {
            row.number("/status/availableReplicas").into()
        }),
        AGE,
        CONTAINERS,
        IMAGES,
        Column::new("Selector", "The labels of its pods.", |row| {
            let selector = row.at("/spec/selector").map_or(Some(String::new()), selector);
            selector.unwrap_or_else(|| "<invalid>".to_owned()).into()
        })
        .wide(),
    ],
    ..BARE
};

const DESIRED: Column = Column::integer("Desired", "How many pods are wanted.", |row| {
    row.number("/spec/replicas").into()
});

const CURRENT: Column = Column::integer("Current", "How many pods there are.", |row| {
    row.number("/status/replicas").into()
});

const READY_COUNT: Column = Column::integer("Ready", "How many pods are ready.", |row| {
    row.number("/status/readyReplicas").into()
});

pub(crate) static REPLICA_SET: Printer = Printer {
    columns: &[
        NAME,
        DESIRED,
        CURRENT,
        READY_COUNT,
        AGE,
        CONTAINERS,
        IMAGES,
        SELECTOR,
    ],
    ..BARE
};

pub(crate) static SCALE: Printer = Printer {
    columns: &[
        NAME,
        DESIRED,
        Column::integer("Available", "How many pods there are.", |row| {
            row.number("/status/replicas").into()
        }),
        AGE,
    ],
    ..BARE
};

pub(crate) static REPLICATION_CONTROLLER: Printer = Printer {
    columns: &[
        NAME,
        DESIRED,
        CURRENT,
        READY_COUNT,
        AGE,
        CONTAINERS,
        IMAGES,
        Column::new("Selector", "The labels of its pods.", |row| {
            labels(row.at("/spec/selector")).into()
        })
        .wide(),
    ],
    ..BARE
};

pub(crate) static STATEFUL_SET: Printer = Printer {
    columns: &[NAME, READY, AGE, CONTAINERS, IMAGES],
    ..BARE
};

pub(crate) static DAEMON_SET: Printer = Printer {
    columns: &[
        NAME,
        Column::integer("Desired", "How many nodes are to run its pod.", |row| {
            row.number("/status/desiredNumberScheduled").into()
        }),
        Column::integer("Current", "How many nodes that are to run its pod do.", |row| {
            row.number("/status/currentNumberScheduled").into()
        }),
        Column::integer("Ready", "How many of these pods are ready.", |row| {
            row.number("/status/numberReady").into()
        }),
        Column::integer(
            "Up-to-date",
            "How many were made from the present template.",
            |row| row.number("/status/updatedNumberScheduled").into(),
        ),
        Column::integer("Available", "How many have been ready for long enough.", |row| {
            row.number("/status/numberAvailable").into()
        }),
        Column::new("Node Selector", "The labels of its nodes.", |row| {
            labels(row.at("/spec/template/spec/nodeSelector")).into()
        }),
        AGE,
        CONTAINERS,
        IMAGES,
        SELECTOR,
    ],
    ..BARE
};

pub(crate) static JOB: Printer = Printer {
    columns: &[
        NAME,
        Column::new("Status", "How far the job has come.", |row| {
            job_status(row).into()
        }),
        Column::new(
            "Completions",
            "Pods that have succeeded, of all that are to.",
            |row| {
                let done = row.number("/status/succeeded");
                match (row.at("/spec/completions"), row.number("/spec/parallelism")) {
                    (Some(wanted), _) => format!("{done}/{wanted}"),
                    (None, parallelism @ 2..) => format!("{done}/1 of {parallelism}"),
                    (None, _) => format!("{done}/1"),
                }
                .into()
            },
        ),
        Column::new("Duration", "How long it took, or has taken so far.", |row| {
            let Some(start) = age::time(row.text("/status/startTime")) else {
                return "".into();
            };
            let end = age::time(row.text("/status/completionTime")).unwrap_or(row.now);
            age::human(end.duration_since(start).as_secs()).into()
        }),
        AGE,
        CONTAINERS,
        IMAGES,
        SELECTOR,
    ],
    ..BARE
};

fn job_status(row: &Row<'_>) -> &'static str {
    let is = |condition: &str| row.condition(condition) == "True";
    match () {
        () if is("Complete") => "Complete",
        () if is("Failed") => "Failed",
        () if row.is_deleted() => "Terminating",
        () if is("Suspended") => "Suspended",
        () if is("FailureTarget") => "FailureTarget",
        () if is("SuccessCriteriaMet") => "SuccessCriteriaMet",
        () => "Running",
    }
}

pub(crate) static BUDGET: Printer = Printer {
    columns: &[
        NAME,
        Column::new("Min Available", "How many pods are to be left.", |row| {
            bound(row, "/spec/minAvailable").into()
        }),
        Column::new("Max Unavailable", "How many pods may be missing.", |row| {
            bound(row, "/spec/maxUnavailable").into()
        }),
        Column::integer(
            "Allowed Disruptions",
            "How many pods may be evicted now.",
            |row| row.number("/status/disruptionsAllowed").into(),
        ),
        AGE,
    ],
    ..BARE
};

fn bound(row: &Row<'_>, pointer: &str) -> String {
    match row.at(pointer) {
        None => "N/A".to_owned(),
        Some(Value::String(share)) => share.clone(),
        Some(number) => number.to_string(),
    }
}

pub(crate) static CONTROLLER_REVISION: Printer = Printer {
    columns: &[
        NAME,
        Column::new("Controller", "What it is a revision of.", |row| {
            let owners = row.list("/metadata/ownerReferences").iter();
            let controller = owners
                .filter(|owner| owner["controller"] == true)
                .map(owner_name)
                .next();
            controller.unwrap_or_else(|| NONE.to_owned()).into()
        }),
        Column::new("Revision", "Its number.", |row| row.number("/revision").into()),
        AGE,
    ],
    ..BARE
};

/// `kind.group/name`, or `kind/name` of the core group.
fn owner_name(owner: &Value) -> String {
    let kind = str_at(owner, "/kind");
    let kind = match str_at(owner, "/apiVersion").split_once('/') {
        Some((group, _)) => format!("{kind}.{group}"),
        None => kind.to_owned(),
    };
    format!("{}/{}", kind.to_lowercase(), str_at(owner, "/name"))
}

fn of_template(row: &Row<'_>, pointer: &str) -> String {
    let containers = row.list("/spec/template/spec/containers").iter();
    let parts: Vec<&str> = containers.map(|container| str_at(container, pointer)).collect();
    parts.join(",")
}

/// A label selector in the form of a query, sorted by key; nothing where it is none.
fn selector(selector: &Value) -> Option<String> {
    let mut terms: Vec<(&str, String)> = Vec::new();
    for (key, value) in selector["matchLabels"].as_object().into_iter().flatten() {
        terms.push((key, format!("{key}={}", value.as_str().unwrap_or_default())));
    }
    for term in selector["matchExpressions"].as_array().into_iter().flatten() {
        let key = str_at(term, "/key");
        let values = term["values"].as_array().into_iter().flatten();
        let mut values: Vec<&str> = values.filter_map(Value::as_str).collect();
        values.sort_unstable();
        values.dedup();
        let text = match (str_at(term, "/operator"), values.is_empty()) {
            ("In", false) => format!("{key} in ({})", values.join(",")),
            ("NotIn", false) => format!("{key} notin ({})", values.join(",")),
            ("Exists", true) => key.to_owned(),
            ("DoesNotExist", true) => format!("!{key}"),
            _ => return None,
        };
        terms.push((key, text));
    }
    terms.sort_by_key(|(key, _)| *key);
    Some(joined(terms.into_iter().map(|(_, text)| text)))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn selectors_are_sorted_queries() {
        let value = json!({"matchLabels": {"b": "2", "a": "1"}, "matchExpressions": [
            {"key": "c", "operator": "NotIn", "values": ["y", "x"]}, {"key": "aa", "operator": "Exists"},
            {"key": "d", "operator": "DoesNotExist"}]});
        assert_eq!(selector(&value).as_deref(), Some("a=1,aa,b=2,c notin (x,y),!d"));
        assert_eq!(selector(&json!({})).as_deref(), Some(""));
        let bad = json!({"matchExpressions": [{"key": "c", "operator": "In"}]});
        assert_eq!(selector(&bad), None);
    }
}
