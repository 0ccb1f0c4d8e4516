//! The layers hold: each uses only those above it. One crate has no wall for this, so a test is the wall.

use std::fs;
use std::path::{Path, PathBuf};

/// Each layer with those it may use besides itself.
const LAYERS: &[(&str, &[&str])] = &[
    ("model", &[]),
    ("scheduling", &["model"]),
    ("cluster", &["model"]),
    ("journal", &["model"]),
    ("lesson", &["model", "scheduling"]),
    ("engine", &["model", "scheduling"]),
    (
        "placing",
        &["model", "scheduling", "cluster", "journal", "engine"],
    ),
    (
        "auto",
        &["model", "scheduling", "cluster", "journal", "engine", "placing"],
    ),
    ("demo", &[]),
    ("app", &["model", "scheduling", "lesson", "engine", "placing"]),
    (
        "ui",
        &["model", "scheduling", "lesson", "engine", "placing", "app"],
    ),
    (
        "cli",
        &[
            "model",
            "scheduling",
            "cluster",
            "journal",
            "lesson",
            "engine",
            "placing",
            "auto",
            "demo",
            "app",
            "ui",
        ],
    ),
];

/// Crates that only some layers may name.
const CRATES: &[(&str, &[&str])] = &[
    ("kube", &["cluster", "placing", "demo", "cli"]),
    ("k8s_openapi", &["cluster", "placing", "demo", "cli"]),
    ("ratatui", &["ui", "cli"]),
    ("tokio", &["cluster", "engine", "placing", "auto", "demo", "cli"]),
    ("prometheus_client", &["auto"]),
];

#[test]
fn a_layer_uses_only_those_above_it() {
    let mut broken = Vec::new();
    for (layer, allowed) in LAYERS {
        for file in sources(layer) {
            let text = fs::read_to_string(&file).unwrap();
            assert!(
                !text.contains("use crate::{"),
                "{}: what it uses cannot be seen",
                file.display()
            );
            for (other, _) in LAYERS {
                let named =
                    text.contains(&format!("crate::{other}::")) || text.contains(&format!("crate::{other};"));
                if named && other != layer && !allowed.contains(other) {
                    broken.push(format!("{} uses {other}", file.display()));
                }
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn a_crate_is_named_only_in_its_layers() {
    let mut broken = Vec::new();
    for (layer, _) in LAYERS {
        for file in sources(layer) {
            let text = fs::read_to_string(&file).unwrap();
            for (name, allowed) in CRATES {
                let named = text.contains(&format!("use {name}::")) || text.contains(&format!(" {name}::"));
                if named && !allowed.contains(layer) {
                    broken.push(format!("{} names {name}", file.display()));
                }
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn every_layer_is_listed() {
    let root = fs::read_to_string(src().join("lib.rs")).unwrap();
    let declared: Vec<&str> = root
        .lines()
        .filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';'))
        .collect();
    let mut listed: Vec<&str> = LAYERS.iter().map(|(layer, _)| *layer).collect();
    listed.sort_unstable();
    assert_eq!(declared, listed);
}

fn src() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

fn sources(layer: &str) -> Vec<PathBuf> {
    let mut files = vec![src().join(format!("{layer}.rs"))];
    let mut folders = vec![src().join(layer)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).into_iter().flatten() {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                files.push(path);
            }
        }
    }
    files
}
