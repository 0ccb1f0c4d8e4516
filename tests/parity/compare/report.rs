//! What a comparison found, for people.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::Value;

use super::{CYCLE, Count, Difference, Outcome, Phase};

/// Differences shown: in all, and of one phase of one plugin.
const SHOWN: usize = 40;
const SHOWN_EACH: usize = 6;

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.differences(f)?;
        self.table(f)?;
        self.left_out(f)?;
        let different: usize = self.cells.values().map(|count| count.different).sum();
        let (clusters, pods, compared) = (self.clusters, self.pods, self.compared());
        write!(
            f,
            "{clusters} clusters, {pods} pods: {compared} cells compared, {different} differ"
        )
    }
}

impl Outcome {
    fn differences(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut of: BTreeMap<(&str, Phase), usize> = BTreeMap::new();
        let mut shown = 0;
        for difference in &self.differences {
            let count = of.entry((&difference.plugin, difference.phase)).or_default();
            *count += 1;
            if *count <= SHOWN_EACH && shown < SHOWN {
                shown += 1;
                writeln!(f, "{difference}")?;
            }
        }
        if shown < self.differences.len() {
            writeln!(f, "... and {} more", self.differences.len() - shown)?;
        }
        if shown > 0 {
            writeln!(
                f,
                "The smallest cluster that shows one: just parity-shrink SEED POD CELL\n"
            )?;
        }
        Ok(())
    }

    /// A row for each plugin: cells compared in each phase, and cells that differ.
    fn table(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:34}", "cells compared")?;
        for phase in Phase::ALL {
            write!(f, "{:>12}", format!("{phase:?}"))?;
        }
        writeln!(f, "{:>12}", "different")?;
        let mut rows: BTreeMap<&str, BTreeMap<Phase, Count>> = BTreeMap::new();
        for ((plugin, phase), count) in &self.cells {
            rows.entry(plugin).or_default().insert(*phase, *count);
        }
        // What is of no plugin comes last.
        let cycle = rows.remove_entry(CYCLE);
        for (plugin, counts) in rows.into_iter().chain(cycle) {
            write!(f, "{plugin:34}")?;
            for phase in Phase::ALL {
                let compared = counts
                    .get(&phase)
                    .map_or(String::new(), |count| count.compared.to_string());
                write!(f, "{compared:>12}")?;
            }
            let different: usize = counts.values().map(|count| count.different).sum();
            writeln!(f, "{different:>12}")?;
        }
        Ok(())
    }

    fn left_out(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.faulty > 0 {
            writeln!(f, "\nNot compared: {} pods with a fault", self.faulty)?;
        }
        Ok(())
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { seed, pod, cell, .. } = self;
        writeln!(f, "seed {seed}, pod {pod}, {cell}")?;
        writeln!(f, "      berth: {}", short(&self.ours))?;
        write!(f, "   upstream: {}", short(&self.theirs))
    }
}

fn short(value: &Value) -> String {
    const MOST: usize = 700;
    let mut text = value.to_string();
    if value.is_null() {
        return "(nothing)".to_owned();
    }
    if let Some((end, _)) = text.char_indices().nth(MOST) {
        text.truncate(end);
        text.push_str(" ...");
    }
    text
}
