//! berth's verdicts against upstream's, cell by cell. `just parity` does it with clusters that nobody has looked at.

#[path = "../parity/harness.rs"]
mod harness;

use std::fs::File;
use std::io::Read;

use flate2::read::GzDecoder;

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
    assert!(outcome.compared() > 10_000, "{outcome}");
}
