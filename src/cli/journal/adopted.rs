//! Adoptions, printed.

use serde_json::{Value, json};

use super::report::time;
use crate::cli::exit::Failure;
use crate::cli::output::{Output, Span, Style};
use crate::journal::Adoption;

/// A line each, below the placements.
pub(super) fn lines(adoptions: &[Adoption], output: &mut Output) -> Result<(), Failure> {
    if adoptions.is_empty() {
        return Ok(());
    }
    output.text("")?;
    output.line(&[Span::new("Adoptions", Style::Strong)])?;
    for adoption in adoptions {
        output.text(format!("  {}", words(adoption)))?;
    }
    Ok(())
}

/// One of them in a sentence.
pub(super) fn words(adoption: &Adoption) -> String {
    let adopted = &adoption.adopted;
    let race = if adoption.race {
        ", although it was at work,"
    } else {
        ""
    };
    let renewed = match adoption.renewed {
        0 => String::new(),
        1 => ", renewed once".to_owned(),
        more => format!(", renewed {more} times"),
    };
    let end = match &adoption.end {
        Some((at, why)) => format!("; ended {}: {why}", time(*at)),
        None => String::new(),
    };
    format!(
        "{} {} on {} adopted the pods of {}{race} until {}{renewed}: {} ({}){end} [{}]",
        time(adoption.at),
        adopted.user,
        adopted.host,
        adopted.scheduler,
        time(adoption.until),
        adopted.reason,
        adopted.evidence,
        adoption.id,
    )
}

/// One of them for programs.
pub(super) fn document(adoption: &Adoption) -> Value {
    let adopted = &adoption.adopted;
    json!({
        "id": adoption.id, "at": adoption.at, "scheduler": adopted.scheduler, "reason": adopted.reason,
        "evidence": adopted.evidence, "race": adoption.race, "until": adoption.until, "renewed": adoption.renewed,
        "ended": adoption.end.as_ref().map(|(at, _)| at), "why": adoption.end.as_ref().map(|(_, why)| why),
    })
}
