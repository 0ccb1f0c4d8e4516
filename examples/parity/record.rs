//! Records upstream's answers, for `cargo test` on machines without Go.

use std::fs::File;
use std::io::Write;
use std::path::Path;

use anyhow::{Result, ensure};
use flate2::Compression;
use flate2::write::GzEncoder;

use crate::fresh;
use crate::harness::recorded::{self, Recorded};
use crate::oracle::Oracle;

/// Clusters of more than this many bytes are left to the fresh seeds.
const MOST: usize = 90_000;
const CLUSTERS: usize = 300;

pub(crate) fn run(program: &Path) -> Result<bool> {
    let mut oracle = Oracle::new(program);
    let path = recorded::path();
    let mut out = GzEncoder::new(File::create(&path)?, Compression::best());
    let mut count = 0;
    for seed in 1_000.. {
        let cluster = fresh::cluster(seed);
        if cluster.to_string().len() > MOST {
            continue;
        }
        let answers = oracle.ask(&cluster)?;
        let known = answers.iter().all(|record| record["mismatch"].is_null());
        if !known {
            continue;
        }
        serde_json::to_writer(
            &mut out,
            &Recorded {
                seed,
                cluster,
                answers,
            },
        )?;
        out.write_all(b"\n")?;
        count += 1;
        if count == CLUSTERS {
            break;
        }
    }
    let bytes = out.finish()?.metadata()?.len();
    println!("{count} clusters in {}: {bytes} bytes", path.display());
    ensure!(
        bytes < 1_500_000,
        "that is too much to keep: fewer clusters, or smaller ones"
    );
    Ok(true)
}
