//! `berth journal`: who placed what where, when and why.

mod adopted;
mod report;
mod room;
pub(super) mod settle;

use std::sync::Arc;

use etcetera::BaseStrategy as _;
use jiff::Timestamp;

use super::args::{Global, JournalArgs};
use super::exit::{Exit, Failure};
use super::output::Output;
use super::{note, source};
use crate::journal::{Adoption, File, NoPlace, Nowhere, Record, Story, adoptions, story};

/// Where what is sent is written down: in the state directory, unless nothing is to be.
pub(super) fn of(global: &Global) -> Arc<dyn Record> {
    if global.no_journal {
        return Arc::new(Nowhere);
    }
    match etcetera::choose_base_strategy() {
        Ok(base) => {
            let state = base.state_dir().unwrap_or_else(|| base.data_dir());
            Arc::new(File::new(state.join("berth").join("journal")))
        }
        Err(error) => Arc::new(NoPlace(format!("there is no place for it: {error}"))),
    }
}

/// Runs the command.
pub(super) async fn run(args: JournalArgs, global: Global) -> Result<(), Failure> {
    let journal = of(&global);
    let (mut stories, mut adoptions) = read(&journal)?;
    let since = args
        .since
        .and_then(|since| Timestamp::now().checked_sub(since).ok());
    stories.retain(|story| since.is_none_or(|since| story.at >= since));
    adoptions.retain(|adoption| {
        let told_of = stories.iter().any(|story| story.begun.adoption == adoption.id);
        told_of || since.is_none_or(|since| adoption.at >= since)
    });
    if stories
        .iter()
        .any(|story| story.is_to_be_looked_up() || story.owes_event() || !story.to_be_told().is_empty())
    {
        match source::connect(&global).await {
            Ok(connection) => {
                settle::settle(&connection, &journal, &stories).await;
                let (now, _) = read(&journal)?;
                stories.retain_mut(|story| {
                    let newer = now.iter().find(|now| now.id == story.id);
                    newer.inspect(|newer| *story = (*newer).clone()).is_some()
                });
            }
            Err(failure) => note(&format!(
                "warning: what was left open is not looked up: {}",
                failure.message
            )),
        }
    }
    let mut output = Output::new(&global);
    report::print(&stories, &adoptions, &mut output)?;
    output.flush()
}

fn read(journal: &Arc<dyn Record>) -> Result<(Vec<Story>, Vec<Adoption>), Failure> {
    let (entries, torn) = journal
        .read()
        .map_err(|error| Failure::new(Exit::Failed, format!("cannot read the journal: {error}")))?;
    if torn > 0 {
        tracing::warn!(torn, "lines of the journal cannot be read");
    }
    let adoptions = adoptions(&entries);
    Ok((story::stories(entries), adoptions))
}
