//! The journal, printed.

use std::fmt::Write as _;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::adopted;
use super::settle::is_under_way;
use crate::cli::args::Format;
use crate::cli::exit::Failure;
use crate::cli::output::{Output, Span, Style};
use crate::cli::table::{Align, Table};
use crate::journal::{Adoption, Outcome, Story};
use crate::model::text::inert;

/// Prints `stories`, and the adoptions that they belong to, as the format wants them.
pub(super) fn print(stories: &[Story], adoptions: &[Adoption], output: &mut Output) -> Result<(), Failure> {
    match output.format {
        Format::Table | Format::Wide => {
            table(stories, output)?;
            adopted::lines(adoptions, output)
        }
        Format::Json | Format::Yaml => {
            let all: Vec<Value> = stories.iter().map(|story| document(story, adoptions)).collect();
            output.document(&all)
        }
        Format::Markdown => output.bytes(markdown(stories, adoptions).as_bytes()),
    }
}

fn table(stories: &[Story], output: &mut Output) -> Result<(), Failure> {
    if stories.is_empty() {
        return output.text("nothing was placed from here");
    }
    let heads = ["TIME", "WHO", "POD", "NODE", "OUTCOME", "WHY"];
    let mut table = Table::new(heads.map(|head| (head, Align::Left)));
    for story in stories {
        let begun = &story.begun;
        let style = match ended(story) {
            Some(Outcome::Placed) => Style::Good,
            Some(Outcome::NotPlaced) => Style::Plain,
            _ => Style::Warn,
        };
        let mut why = vec![begun.reason.clone()];
        if !begun.overruled.is_empty() {
            why.push(format!("overruled {}", begun.overruled.join("; ")));
        }
        if story.makes_room() {
            why.push(format!("to make room: {}", begun.victims.join(", ")));
        }
        if !begun.violated.is_empty() {
            why.push(format!("against {}", begun.violated.join(", ")));
        }
        if !begun.fate.is_empty() {
            why.push(format!("insisted on although expected: {}", begun.fate));
        }
        why.push(text(story));
        why.retain(|part| !part.is_empty());
        table.row(vec![
            time(story.at).into(),
            (&begun.user).into(),
            format!("{}/{}", begun.namespace, begun.pod).into(),
            (&begun.node).into(),
            Span::new(word(story), style),
            why.join(" · ").into(),
        ]);
    }
    table.print(output)?;
    if output.format != Format::Wide {
        return Ok(());
    }
    for story in stories {
        output.text("")?;
        let begun = &story.begun;
        let head = format!(
            "{} {}/{} → {}",
            time(story.at),
            begun.namespace,
            begun.pod,
            begun.node
        );
        output.line(&[Span::new(head, Style::Strong)])?;
        for line in requests(story) {
            output.text(format!("  {line}"))?;
        }
    }
    Ok(())
}

fn ended(story: &Story) -> Option<Outcome> {
    story.end.as_ref().map(|(_, outcome, _)| *outcome)
}

fn word(story: &Story) -> &'static str {
    match ended(story) {
        Some(outcome) => outcome.as_str(),
        None if is_under_way(story) => "under way",
        None => "open",
    }
}

fn text(story: &Story) -> String {
    story
        .end
        .as_ref()
        .map_or(String::new(), |(.., text)| text.clone())
}

pub(super) fn time(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// What was sent and answered, a line each.
fn requests(story: &Story) -> Vec<String> {
    let all = story.requests.iter().map(|request| {
        let what = request
            .effect
            .as_ref()
            .map_or(String::new(), |effect| format!(" ({})", effect.words()));
        let answer = match &request.answer {
            None => "no answer is known".to_owned(),
            Some((None, error)) => format!("no answer: {error}"),
            Some((Some(status), error)) if error.is_empty() => status.to_string(),
            Some((Some(status), error)) => format!("{status} {error}"),
        };
        format!(
            "{} {} {}{what}: {answer}",
            time(request.at),
            request.verb,
            request.path
        )
    });
    all.collect()
}

fn document(story: &Story, adoptions: &[Adoption]) -> Value {
    let begun = &story.begun;
    let requests = story.requests.iter().map(|request| {
        json!({
            "at": request.at, "verb": request.verb, "path": request.path, "effect": request.effect,
            "answered": request.answer.is_some(),
            "status": request.answer.as_ref().and_then(|(status, _)| *status),
            "error": request.answer.as_ref().map(|(_, error)| error).filter(|error| !error.is_empty()),
        })
    });
    let event = if story.posted {
        "posted"
    } else if story.owes_event() {
        "owed"
    } else {
        "none"
    };
    json!({
        "id": story.id, "at": story.at, "server": begun.server, "user": begun.user, "host": begun.host,
        "pod": format!("{}/{}", begun.namespace, begun.pod), "uid": begun.uid, "node": begun.node,
        "scheduler": begun.scheduler, "reason": begun.reason, "overruled": begun.overruled, "fate": begun.fate,
        "victims": begun.victims, "violated": begun.violated, "removed": removed(story),
        "unprepared": begun.unprepared, "best": begun.best, "total": begun.total,
        "adoption": adoptions.iter().find(|adoption| adoption.id == begun.adoption).map(adopted::document),
        "outcome": ended(story), "underWay": is_under_way(story), "text": text(story),
        "ended": story.end.as_ref().map(|(at, ..)| at), "event": event,
        "requests": requests.collect::<Vec<_>>(),
    })
}

/// The pods that were deleted to make room, as far as that is known.
fn removed(story: &Story) -> Vec<&str> {
    let removals = story.removals().into_iter();
    removals
        .filter(|removal| removal.taken == Some(true))
        .map(|removal| removal.pod)
        .collect()
}

/// The report of an incident.
fn markdown(stories: &[Story], adoptions: &[Adoption]) -> String {
    let mut out = String::from("# Placements by berth\n\n");
    let count = |outcome: Outcome| {
        stories
            .iter()
            .filter(|story| ended(story) == Some(outcome))
            .count()
    };
    let open = stories.iter().filter(|story| story.is_open()).count();
    let overruled = stories
        .iter()
        .filter(|story| !story.begun.overruled.is_empty())
        .count();
    let (making, removed) = stories
        .iter()
        .filter(|story| story.makes_room())
        .fold((0, 0), |(making, removed), story| {
            (making + 1, removed + self::removed(story).len())
        });
    let room = match making {
        0 => String::new(),
        making => format!("; room made or tried {making} times, {removed} pods deleted for it"),
    };
    if let (Some(first), Some(last)) = (stories.first(), stories.last()) {
        let _ = writeln!(out, "From {} to {}.", time(first.at), time(last.at));
    }
    let _ = writeln!(
        out,
        "{} in all: {} placed ({overruled} with rules overruled), {} not placed, {} gone, {open} open{room}.\n",
        stories.iter().filter(|story| !story.makes_room()).count(),
        count(Outcome::Placed),
        count(Outcome::NotPlaced),
        count(Outcome::Gone),
    );
    for adoption in adoptions {
        let _ = writeln!(out, "- {}", plain(&adopted::words(adoption)));
    }
    if stories.is_empty() {
        return out;
    }
    if !adoptions.is_empty() {
        out.push('\n');
    }
    out.push_str(
        "| time | who | pod | node | outcome | reason | overruled |\n|---|---|---|---|---|---|---|\n",
    );
    for story in stories {
        let begun = &story.begun;
        let _ = writeln!(
            out,
            "| {} | {} | {}/{} | {} | {} | {} | {} |",
            time(story.at),
            plain(&begun.user),
            plain(&begun.namespace),
            plain(&begun.pod),
            plain(&begun.node),
            word(story),
            plain(&begun.reason),
            plain(&begun.overruled.join("; ")),
        );
    }
    for story in stories {
        chapter(story, &mut out);
    }
    out
}

/// What the report tells of one placement.
fn chapter(story: &Story, out: &mut String) {
    let begun = &story.begun;
    let _ = writeln!(
        out,
        "\n## {} {}/{} → {}: {}\n",
        time(story.at),
        plain(&begun.namespace),
        plain(&begun.pod),
        plain(&begun.node),
        word(story)
    );
    let mut facts = vec![
        format!(
            "by {} on {}, for scheduler {}, at {}",
            plain(&begun.user),
            plain(&begun.host),
            plain(&begun.scheduler),
            plain(&begun.server)
        ),
        format!("pod uid {}", plain(&begun.uid)),
    ];
    if !begun.adoption.is_empty() {
        facts.push(format!("under adoption {}", plain(&begun.adoption)));
    }
    facts.extend(
        begun
            .overruled
            .iter()
            .map(|rule| format!("overruled {}", plain(rule))),
    );
    if story.makes_room() {
        facts.push(format!(
            "to make room, pods to go: {}",
            plain(&begun.victims.join(", "))
        ));
    }
    if !begun.violated.is_empty() {
        facts.push(format!("against {}", plain(&begun.violated.join(", "))));
    }
    if !begun.fate.is_empty() {
        facts.push(format!("insisted on although expected: {}", plain(&begun.fate)));
    }
    facts.extend(begun.unprepared.iter().map(|left| plain(left)));
    if !text(story).is_empty() {
        facts.push(plain(&text(story)));
    }
    facts.extend(requests(story).iter().map(|request| plain(request)));
    for fact in facts {
        let _ = writeln!(out, "- {fact}");
    }
}

/// `text` that Markdown takes for nothing but text.
fn plain(text: &str) -> String {
    let mut out = String::new();
    for c in inert(text).chars() {
        if matches!(
            c,
            '|' | '*' | '_' | '`' | '<' | '>' | '[' | ']' | '\\' | '#' | '~' | '&'
        ) {
            out.push('\\');
        }
        out.push(if c == '\n' { ' ' } else { c });
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_is_text_whatever_the_names_hold() {
        assert_eq!(
            plain("a|b <script> `x`\u{1b}[2J"),
            "a\\|b \\<script\\> \\`x\\`\u{fffd}\\[2J"
        );
    }
}
