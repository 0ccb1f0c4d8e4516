//! Devices, claims to them, and which are out of order.

use super::{AGE, BARE, Column, NAME, Printer, joined};

pub(crate) static RESOURCE_CLAIM: Printer = Printer {
    columns: &[
        NAME,
        Column::new("State", "How far it has come.", |row| {
            let deleted = row.is_deleted();
            let allocated = row.at("/status/allocation").is_some();
            let reserved = allocated && !row.list("/status/reservedFor").is_empty();
            let states = [
                (deleted, "deleted"),
                (!allocated && !deleted, "pending"),
                (allocated, "allocated"),
                (reserved, "reserved"),
            ];
            joined(states.iter().filter(|(is, _)| *is).map(|(_, state)| state)).into()
        }),
        AGE,
    ],
    ..BARE
};

pub(crate) static RESOURCE_SLICE: Printer = Printer {
    columns: &[
        NAME,
        Column::new("Node", "The node that has the devices.", |row| {
            row.text("/spec/nodeName").into()
        }),
        Column::new("Driver", "Whose devices they are.", |row| {
            row.text("/spec/driver").into()
        }),
        Column::new("Pool", "The pool that they are in.", |row| {
            row.text("/spec/pool/name").into()
        }),
        AGE,
    ],
    ..BARE
};

pub(crate) static DEVICE_TAINT_RULE: Printer = Printer {
    columns: &[
        NAME,
        Column::new("Key", "The taint's key.", |row| {
            row.text("/spec/taint/key").into()
        }),
        Column::new("Value", "The taint's value.", |row| {
            row.text("/spec/taint/value").into()
        }),
        Column::new("Effect", "What the taint does.", |row| {
            row.text("/spec/taint/effect").into()
        }),
        Column::new("TimeAdded", "Time since it holds.", |row| {
            row.at("/spec/taint/timeAdded")
                .map_or("".into(), |_| row.since("/spec/taint/timeAdded").into())
        }),
        AGE,
    ],
    ..BARE
};
