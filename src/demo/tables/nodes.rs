//! Nodes.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{super::object::str_at, AGE, BARE, Column, NAME, NONE, Printer, Row, age::UNKNOWN, joined};

pub(crate) static NODE: Printer = Printer {
    columns: &[
        NAME,
        Column::new(
            "Status",
            "Whether the node is ready, and closed to new pods.",
            |row| status(row).into(),
        ),
        Column::new("Roles", "What the node's labels say that it is for.", |row| {
            roles(row).into()
        }),
        AGE,
        Column::new("Version", "The version of its kubelet.", |row| {
            row.text("/status/nodeInfo/kubeletVersion").into()
        }),
        Column::new("Internal-IP", "Its first address inside of the cluster.", |row| {
            address(row, "InternalIP").into()
        })
        .wide(),
        Column::new(
            "External-IP",
            "Its first address outside of the cluster.",
            |row| address(row, "ExternalIP").into(),
        )
        .wide(),
        Column::new("OS-Image", "Its operating system.", |row| {
            row.text_or("/status/nodeInfo/osImage", UNKNOWN).into()
        })
        .wide(),
        Column::new(
            "Kernel-Version",
            "Its kernel, and for which architecture.",
            |row| kernel(row).into(),
        )
        .wide(),
        Column::new("Container-Runtime", "What runs its containers.", |row| {
            row.text_or("/status/nodeInfo/containerRuntimeVersion", UNKNOWN)
                .into()
        })
        .wide(),
    ],
    ..BARE
};

fn status(row: &Row<'_>) -> String {
    let conditions = row.list("/status/conditions").iter();
    // Of several of one type the last counts.
    let ready = conditions.rev().find(|condition| condition["type"] == "Ready");
    let ready = match ready.map(|condition| str_at(condition, "/status")) {
        None => "Unknown",
        Some("True") => "Ready",
        Some(_) => "NotReady",
    };
    let closed = row.truth("/spec/unschedulable", false);
    joined([ready].into_iter().chain(closed.then_some("SchedulingDisabled")))
}

fn roles(row: &Row<'_>) -> String {
    let labels = row.at("/metadata/labels").and_then(Value::as_object);
    let roles: BTreeSet<&str> = labels
        .into_iter()
        .flatten()
        .filter_map(
            |(key, value)| match key.strip_prefix("node-role.kubernetes.io/") {
                None if key == "kubernetes.io/role" => value.as_str(),
                role => role,
            },
        )
        .filter(|role| !role.is_empty())
        .collect();
    if roles.is_empty() {
        return NONE.to_owned();
    }
    joined(roles)
}

fn address<'a>(row: &Row<'a>, kind: &str) -> &'a str {
    let mut addresses = row.list("/status/addresses").iter();
    let address = addresses.find(|address| address["type"] == kind);
    address.map_or(NONE, |address| str_at(address, "/address"))
}

fn kernel(row: &Row<'_>) -> String {
    let version = row.text_or("/status/nodeInfo/kernelVersion", UNKNOWN);
    match row.text("/status/nodeInfo/architecture") {
        "" => version.to_owned(),
        architecture => format!("{version} ({architecture})"),
    }
}
