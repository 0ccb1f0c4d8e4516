//! The smallest cluster on which a cell still differs: first objects go, then fields, as long as the same cell of the
//! same pod differs in the same way.

mod parts;

use std::path::Path;

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use crate::fresh;
use crate::harness::compare::{Difference, Outcome};
use crate::harness::ours;
use crate::oracle::Oracle;

/// Writes that cluster to a file, and says what differs on it.
pub(crate) fn run(program: &Path, of: &str, pod: &str, cell: Option<&str>) -> Result<bool> {
    let mut cluster = match of.parse() {
        Ok(seed) => fresh::cluster(seed),
        Err(_) => serde_json::from_slice(&std::fs::read(of).with_context(|| format!("reading {of}"))?)?,
    };
    cluster["pods"] = named(&cluster, pod)?;
    // A panic is a finding here.
    std::panic::set_hook(Box::new(|_| {}));
    let mut hunt = Hunt {
        oracle: Oracle::new(program),
        pod: pod.to_owned(),
        cell: String::new(),
        way: String::new(),
        asked: 0,
    };
    let all = hunt.differences(&cluster)?;
    let found = all
        .iter()
        .find(|difference| cell.is_none_or(|cell| difference.cell == cell));
    let Some(difference) = found else {
        let cells: Vec<&str> = all.iter().map(|difference| &*difference.cell).collect();
        match (cell, cells.is_empty()) {
            (_, true) => println!("nothing differs for {pod}"),
            (cell, false) => println!(
                "{} does not differ, but: {}",
                cell.unwrap_or(""),
                cells.join(", ")
            ),
        }
        return Ok(true);
    };
    println!("{difference}\n\nshrinking ...");
    hunt.cell.clone_from(&difference.cell);
    hunt.way = way(difference);
    hunt.items(&mut cluster);
    while hunt.fields(&mut cluster) {
        hunt.items(&mut cluster);
    }
    let left = hunt.differences(&cluster)?;
    let left = left.iter().find(|difference| difference.cell == hunt.cell);
    let name = format!("{of}-{pod}-{}", hunt.cell).replace(|c: char| !c.is_ascii_alphanumeric(), "-");
    let file = fresh::folder().join(format!("{name}.json"));
    std::fs::create_dir_all(fresh::folder())?;
    std::fs::write(&file, format!("{cluster:#}\n"))?;
    let items = cluster["items"].as_array().map_or(0, Vec::len);
    println!(
        "{items} objects are left, after {} questions:\n{:#}\n",
        hunt.asked, cluster["items"]
    );
    if let Some(left) = left {
        println!("{left}\n");
    }
    println!(
        "berth explain --from {0} {pod} -o json\noracle --cluster {0} --pod {pod}",
        file.display()
    );
    Ok(true)
}

/// What is to be judged beside the pending pods: `pod`, where it is bound.
fn named(cluster: &Value, pod: &str) -> Result<Value> {
    let items = cluster["items"].as_array().context("the cluster has no items")?;
    let Some(found) = items.iter().find(|item| is(item, pod)) else {
        bail!("there is no pod {pod} in it");
    };
    Ok(if found["spec"]["nodeName"].is_string() {
        json!([pod])
    } else {
        json!([])
    })
}

fn is(item: &Value, pod: &str) -> bool {
    let metadata = &item["metadata"];
    let names = (metadata["namespace"].as_str(), metadata["name"].as_str());
    item["kind"] == "Pod" && pod.split_once('/') == names.0.zip(names.1)
}

/// How it differs: another code than before would be another finding.
fn way(difference: &Difference) -> String {
    let side = |value: &Value| match &value["code"] {
        Value::String(code) => code.clone(),
        _ if value.is_null() => "nothing".to_owned(),
        _ => "something".to_owned(),
    };
    format!("{} {}", side(&difference.ours), side(&difference.theirs))
}

struct Hunt {
    oracle: Oracle,
    pod: String,
    cell: String,
    way: String,
    asked: usize,
}

impl Hunt {
    /// What differs for the pod.
    fn differences(&mut self, cluster: &Value) -> Result<Vec<Difference>> {
        self.asked += 1;
        let mut theirs = self.oracle.ask(cluster)?;
        theirs.retain(|record| record["pod"] == *self.pod);
        let mut ours = ours::records(cluster);
        if ours.iter().any(|record| record["failed"].is_string()) {
            return Ok(Vec::new());
        }
        ours.retain(|record| record["pod"] == *self.pod);
        Ok(Outcome::of(0, &ours, &theirs).differences)
    }

    fn differs(&mut self, cluster: &Value) -> bool {
        let differences = self.differences(cluster).unwrap_or_default();
        differences
            .iter()
            .any(|difference| difference.cell == self.cell && way(difference) == self.way)
    }

    /// Takes objects away, half of them at first, then ever fewer at once.
    fn items(&mut self, cluster: &mut Value) {
        let mut size = cluster["items"].as_array().map_or(0, Vec::len).div_ceil(2);
        while size > 0 {
            let mut at = 0;
            let mut gone = false;
            while at < cluster["items"].as_array().map_or(0, Vec::len) {
                let mut without = cluster.clone();
                if let Some(items) = without["items"].as_array_mut() {
                    let end = (at + size).min(items.len());
                    let kept: Vec<Value> = items.drain(at..end).filter(|item| is(item, &self.pod)).collect();
                    let all_kept = kept.len() == end - at;
                    items.splice(at..at, kept);
                    if all_kept {
                        at += size;
                        continue;
                    }
                }
                if self.differs(&without) {
                    *cluster = without;
                    gone = true;
                } else {
                    at += size;
                }
            }
            // Once more by one, as long as that helps.
            size = if size == 1 && gone { 1 } else { size / 2 };
        }
    }

    /// Takes fields and list entries away; whether any could go.
    fn fields(&mut self, cluster: &mut Value) -> bool {
        let mut any = false;
        let mut at = 0;
        loop {
            let paths = parts::paths(&cluster["items"]);
            let Some(path) = paths.get(at) else {
                return any;
            };
            let mut without = cluster.clone();
            if parts::remove(&mut without["items"], path) && self.differs(&without) {
                *cluster = without;
                any = true;
            } else {
                at += 1;
            }
        }
    }
}
