//! Events, and the kinds that need no more than a few words each.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{super::object::str_at, AGE, BARE, Column, NAME, NONE, Printer, Row, age, joined, labels};

pub(crate) static EVENT: Printer = Printer {
    columns: &[
        Column::new("Last Seen", "Time since it was last seen to happen.", |row| {
            match row.at("/series/lastObservedTime") {
                Some(time) => age::since(time.as_str().and_then(age::time), row.now),
                None => age::since(
                    age::time(row.text("/lastTimestamp")).or_else(|| first_seen(row)),
                    row.now,
                ),
            }
            .into()
        }),
        Column::new("Type", "Normal or Warning.", |row| row.text("/type").into()),
        Column::new("Reason", "Why it was posted, in one word.", |row| {
            row.text("/reason").into()
        }),
        Column::new("Object", "What it is about.", |row| {
            let kind = row.text("/involvedObject/kind").to_lowercase();
            match row.text("/involvedObject/name") {
                "" => kind.into(),
                name => format!("{kind}/{name}").into(),
            }
        }),
        Column::new("Subobject", "Which part of the object it is about.", |row| {
            row.text("/involvedObject/fieldPath").into()
        })
        .wide(),
        Column::new("Source", "Who posted it.", |row| source(row).into()).wide(),
        Column::new("Message", "What happened.", |row| {
            row.text("/message").trim().into()
        }),
        Column::new("First Seen", "Time since it was first seen to happen.", |row| {
            age::since(first_seen(row), row.now).into()
        })
        .wide(),
        Column::new("Count", "How often it was seen to happen.", |row| {
            count(row).into()
        })
        .wide(),
        Column { priority: 1, ..NAME },
    ],
    ..BARE
};

fn first_seen(row: &Row<'_>) -> Option<jiff::Timestamp> {
    age::time(row.text("/firstTimestamp")).or_else(|| age::time(row.text("/eventTime")))
}

fn source(row: &Row<'_>) -> String {
    let component = row.text_or("/source/component", row.text("/reportingComponent"));
    match row.text_or("/source/host", row.text("/reportingInstance")) {
        "" => component.to_owned(),
        instance => format!("{component}, {instance}"),
    }
}

fn count(row: &Row<'_>) -> i64 {
    if row.at("/series").is_some() {
        return row.number("/series/count");
    }
    match row.number("/count") {
        0 => 1,
        count => count,
    }
}

pub(crate) static NAMESPACE: Printer = Printer {
    columns: &[
        NAME,
        Column::new("Status", "Active, or Terminating.", |row| {
            row.text("/status/phase").into()
        }),
        AGE,
    ],
    ..BARE
};

pub(crate) static CONFIG_MAP: Printer = Printer {
    columns: &[
        NAME,
        Column::new("Data", "How many entries it has.", |row| {
            (entries(row, "/data") + entries(row, "/binaryData")).into()
        }),
        AGE,
    ],
    ..BARE
};

pub(crate) static SECRET: Printer = Printer {
    columns: &[
        NAME,
        Column::new("Type", "What kind of secret it is.", |row| {
            row.text("/type").into()
        }),
        Column::new("Data", "How many entries it has.", |row| {
            entries(row, "/data").into()
        }),
        AGE,
    ],
    ..BARE
};

fn entries(row: &Row<'_>, pointer: &str) -> usize {
    row.at(pointer)
        .and_then(Value::as_object)
        .map_or(0, serde_json::Map::len)
}

pub(crate) static LEASE: Printer = Printer {
    columns: &[
        NAME,
        Column::new("Holder", "Who holds it.", |row| {
            row.text("/spec/holderIdentity").into()
        }),
        AGE,
    ],
    ..BARE
};

pub(crate) static PRIORITY_CLASS: Printer = Printer {
    columns: &[
        NAME,
        Column::integer("Value", "The priority of its pods.", |row| {
            row.number("/value").into()
        }),
        Column::boolean(
            "Global-Default",
            "Whether pods that name no class are of it.",
            |row| row.truth("/globalDefault", false).into(),
        ),
        AGE,
        Column::new(
            "PreemptionPolicy",
            "Whether its pods take the room of others.",
            |row| row.text("/preemptionPolicy").into(),
        ),
    ],
    ..BARE
};

pub(crate) static SERVICE: Printer = Printer {
    columns: &[
        NAME,
        Column::new("Type", "From where the service can be reached.", |row| {
            row.text("/spec/type").into()
        }),
        Column::new("Cluster-IP", "Its first address inside of the cluster.", |row| {
            let first = row.list("/spec/clusterIPs").first();
            first.and_then(Value::as_str).unwrap_or(NONE).into()
        }),
        Column::new("External-IP", "Its addresses outside of the cluster.", |row| {
            outside(row).into()
        }),
        Column::new("Port(s)", "The ports that it listens on.", |row| {
            ports(row).into()
        }),
        AGE,
        Column::new("Selector", "The labels of its pods.", |row| {
            labels(row.at("/spec/selector")).into()
        })
        .wide(),
    ],
    ..BARE
};

fn outside(row: &Row<'_>) -> String {
    let given = row.list("/spec/externalIPs").iter().filter_map(Value::as_str);
    let or = |addresses: String, otherwise: &str| match addresses.as_str() {
        "" => otherwise.to_owned(),
        _ => addresses,
    };
    match row.text("/spec/type") {
        "ClusterIP" | "NodePort" => or(joined(given), NONE),
        "LoadBalancer" => {
            let balanced: BTreeSet<&str> = row
                .list("/status/loadBalancer/ingress")
                .iter()
                .map(|ingress| match str_at(ingress, "/ip") {
                    "" => str_at(ingress, "/hostname"),
                    ip => ip,
                })
                .filter(|address| !address.is_empty())
                .collect();
            or(joined(balanced.into_iter().chain(given)), "<pending>")
        }
        "ExternalName" => row.text("/spec/externalName").to_owned(),
        _ => age::UNKNOWN.to_owned(),
    }
}

fn ports(row: &Row<'_>) -> String {
    let ports = row.list("/spec/ports").iter().map(|port| {
        let number = |name: &str| port[name].as_i64().unwrap_or(0);
        let protocol = str_at(port, "/protocol");
        match number("nodePort") {
            1.. => format!("{}:{}/{protocol}", number("port"), number("nodePort")),
            _ => format!("{}/{protocol}", number("port")),
        }
    });
    match joined(ports) {
        none if none.is_empty() => NONE.to_owned(),
        ports => ports,
    }
}
