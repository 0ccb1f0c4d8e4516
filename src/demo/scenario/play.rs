//! Taking the steps of a scenario when their time comes.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

use tokio::time::{Instant, sleep_until};

use super::steps::Step;
use crate::demo::store::Store;

/// Takes the steps, each at its time, and those of one moment in the order of the file. Ends with the last one.
///
/// A step that the server refuses is passed over, as the person in the story would have been refused.
pub(in crate::demo) async fn run(store: Arc<Store>, steps: Vec<Step>) {
    let begin = Instant::now();
    let mut due: BTreeSet<(Instant, usize)> = steps
        .iter()
        .enumerate()
        .filter_map(|(i, step)| Some((begin.checked_add(step.start)?, i)))
        .collect();
    let mut taken: HashMap<usize, u32> = HashMap::new();
    while let Some((at, i)) = due.pop_first() {
        sleep_until(at).await;
        let Some(step) = steps.get(i) else { continue };
        let n = taken.entry(i).or_insert(0);
        *n = n.saturating_add(1);
        if let Err(refusal) = step.take(&store, *n).await {
            tracing::warn!(
                step = step.name(),
                code = refusal.code,
                "refused: {}",
                refusal.message
            );
        }
        if let Some(every) = step.every
            && step.times.is_none_or(|times| *n < times)
            && let Some(next) = at.checked_add(every)
        {
            due.insert((next, i));
        }
    }
}
