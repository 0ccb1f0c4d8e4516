//! berth's verdicts against upstream's, cell by cell. `just parity` does it with clusters that nobody has looked at.

#[path = "../parity/harness.rs"]
mod harness;

use std::fs::File;
use std::io::Read;
use std::slice;

use flate2::read::GzDecoder;
use serde_json::{Value, json};

use harness::compare::Outcome;
pub(crate) use harness::generate;
use harness::ours;
use harness::recorded::{self, Recorded};

fn recorded() -> String {
    let file = File::open(recorded::path()).expect("the recorded answers are there");
    let mut text = String::new();
    GzDecoder::new(file)
        .read_to_string(&mut text)
        .expect("they are compressed text");
    text
}

/// What upstream's framework answered when it was asked last; nothing but Rust is needed.
#[test]
fn recorded_answers() {
    let mut outcome = Outcome::default();
    for line in recorded().lines() {
        let recorded: Recorded = serde_json::from_str(line).expect("a recorded cluster");
        let ours = ours::records(&recorded.cluster);
        outcome.add(Outcome::of(recorded.seed, &ours, &recorded.answers));
    }
    println!("{outcome}");
    assert!(outcome.differences.is_empty(), "{outcome}");
    assert!(outcome.is_whole(), "something is left out: {outcome}");
    assert!(outcome.compared() > 150_000, "{outcome}");
}

/// A comparison that overlooks a cell proves nothing of it.
#[test]
fn every_part_of_a_record_is_compared() {
    let mut parts = 0;
    for seed in 0..12 {
        // The first pods of each, as every part of every record takes a while.
        for record in ours::records(&generate::cluster(seed)).into_iter().take(1) {
            let again = Outcome::of(seed, slice::from_ref(&record), slice::from_ref(&record));
            assert!(again.differences.is_empty(), "{again}");
            for path in leaves(&record) {
                let mut changed = record.clone();
                let part = changed.pointer_mut(&path).expect("a part of the record");
                *part = json!("something else");
                let outcome = Outcome::of(seed, &[changed], slice::from_ref(&record));
                assert!(!outcome.differences.is_empty(), "seed {seed}: {path} of {record}");
                parts += 1;
            }
        }
    }
    assert!(parts > 1_000, "{parts} parts");
}

/// Where the single values in `value` are, save those that upstream's record has not.
fn leaves(value: &Value) -> Vec<String> {
    fn walk(value: &Value, path: &str, all: &mut Vec<String>) {
        match value {
            Value::Object(object) => {
                for (key, value) in object.iter().filter(|(key, _)| *key != "profile") {
                    walk(
                        value,
                        &format!("{path}/{}", key.replace('~', "~0").replace('/', "~1")),
                        all,
                    );
                }
            }
            Value::Array(list) if !list.is_empty() => {
                for (at, value) in list.iter().enumerate() {
                    walk(value, &format!("{path}/{at}"), all);
                }
            }
            _ => all.push(path.to_owned()),
        }
    }
    let mut all = Vec::new();
    walk(value, "", &mut all);
    all
}
