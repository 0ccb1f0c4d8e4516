//! Clusters with what upstream's framework said of them, compressed: parity on a machine without Go.

use std::path::{Path, PathBuf};

use serde_json::Value;

/// One cluster with upstream's answers.
#[derive(serde::Deserialize, serde::Serialize)]
pub(crate) struct Recorded {
    pub(crate) seed: u64,
    pub(crate) cluster: Value,
    pub(crate) answers: Vec<Value>,
}

/// A line each, in JSON.
pub(crate) fn path() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/parity/recorded.jsonl.gz")
}
