//! Which rows a filter leaves.

use super::{Column, Matrix};
use crate::scheduling::Trace;

/// A filter: words, all of which must hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Query {
    words: Vec<Word>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Word {
    /// `=fits`: the node fits.
    Fits,
    /// `!PLUGIN`: one of the plugins with this in their names, in these columns, keeps the pod off the node; `!` alone: any
    /// plugin does.
    RejectedBy(Vec<usize>),
    /// Name or zone has it.
    Text(String),
}

impl Query {
    /// Reads `text` for a matrix of `columns`; a word that is half typed narrows nothing yet.
    pub(super) fn parse(text: &str, columns: &[Column]) -> Self {
        let words = text
            .split_whitespace()
            .filter_map(|word| match word.strip_prefix('!') {
                Some(plugin) => Some(Word::RejectedBy(rejecting(columns, &plugin.to_lowercase()))),
                None if word == "=fits" => Some(Word::Fits),
                None if "=fits".starts_with(word) => None,
                None => Some(Word::Text(word.to_lowercase())),
            });
        Self {
            words: words.collect(),
        }
    }

    pub(super) fn matches(&self, matrix: &Matrix, trace: &Trace, at: u32) -> bool {
        self.words.iter().all(|word| match word {
            Word::Fits => matrix
                .nodes
                .feasible
                .get(at as usize)
                .copied()
                .flatten()
                .is_some(),
            Word::RejectedBy(columns) => columns
                .iter()
                .filter_map(|&column| matrix.columns.get(column))
                .any(|column| matrix.cell_at(trace, at, column).is_against()),
            Word::Text(text) => {
                let node = trace
                    .nodes
                    .ids
                    .get(at as usize)
                    .map_or("", |&id| trace.nodes.name(id));
                let zone = matrix.nodes.zones.get(at as usize).map_or("", |zone| zone);
                has(node, text) || has(zone, text)
            }
        })
    }
}

/// The columns of plugins with `plugin`, in small letters, in their names that keep the pod off some node.
fn rejecting(columns: &[Column], plugin: &str) -> Vec<usize> {
    let columns = columns.iter().enumerate();
    columns
        .filter(|(_, column)| column.rejected > 0 && column.plugin.to_lowercase().contains(plugin))
        .map(|(at, _)| at)
        .collect()
}

/// Whether `text` has `part`, which is in small letters, in whatever letters.
fn has(text: &str, part: &str) -> bool {
    text.contains(part) || (text.chars().any(char::is_uppercase) && text.to_lowercase().contains(part))
}
