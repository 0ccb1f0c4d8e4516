//! The end of the film, where requests are sent: which belong to which frame, and how far they are.

use std::sync::Arc;

use super::film::Mark;
use super::stop::Stop;
use crate::app::figures::latency;
use crate::app::prose::Line;
use crate::app::wire::{Answer, Body, Exchange, Part};
use crate::model::PodKey;
use crate::placing::Stage;

/// The stop at which a placement that is so far is.
pub const fn stop_of(stage: &Stage) -> Stop {
    match stage {
        Stage::Checking
        | Stage::Judging
        | Stage::DryRun
        | Stage::Preparing(_)
        | Stage::Waiting(_)
        | Stage::Rejudging
        | Stage::Undoing => Stop::PreBind,
        Stage::Binding | Stage::Resolving => Stop::Bind,
        Stage::Event => Stop::Event,
    }
}

/// The stop at which a request of a placement is shown.
const fn stop_of_part(part: Part) -> Stop {
    match part {
        Part::Read | Part::DryRun | Part::Prepare => Stop::PreBind,
        Part::Binding => Stop::Bind,
        Part::Event => Stop::Event,
    }
}

/// How the stops went at which something was sent for `pod` on `node`.
pub fn marks(requests: &[Arc<Exchange>], pod: &PodKey, node: &str) -> Vec<(Stop, Mark)> {
    let mut marks: Vec<(Stop, Mark)> = Vec::new();
    for request in requests {
        let Some(part) = request.part(pod, node) else {
            continue;
        };
        let stop = stop_of_part(part);
        let mark = match request.answer {
            Answer::Open => Mark::Yours,
            _ if request.is_good() => Mark::Good,
            _ => Mark::Bad,
        };
        match marks.iter_mut().find(|(of, _)| *of == stop) {
            Some((_, last)) => *last = mark,
            None => marks.push((stop, mark)),
        }
    }
    if !marks.is_empty() {
        marks.push((Stop::Permit, Mark::Good));
    }
    marks
}

/// What was sent for `pod` on `node` at `stop`, and what came back. What was looked at again and again is told once, as it was
/// last.
pub fn lines(requests: &[Arc<Exchange>], stop: Stop, pod: &PodKey, node: &str) -> Vec<Line> {
    let here: Vec<&Arc<Exchange>> = requests
        .iter()
        .filter(|request| {
            let part = request.part(pod, node);
            part.is_some_and(|part| stop_of_part(part) == stop)
        })
        .collect();
    let mut lines = Vec::new();
    for (at, request) in here.iter().enumerate() {
        let looks = |other: &Exchange| {
            other.verb == "get" && other.path == request.path && other.answer == request.answer
        };
        if request.verb == "get" && here[at + 1..].iter().any(|later| looks(later)) {
            continue;
        }
        if !lines.is_empty() {
            lines.push(Line::new());
        }
        let line = answer(request)
            .plain(" ")
            .strong(&request.method)
            .plain(" ")
            .plain(&request.path);
        let times = here.iter().filter(|other| looks(other)).count();
        lines.push(if request.verb == "get" && times > 1 {
            line.dim(format!("  {times} times"))
        } else {
            line
        });
        lines.extend(body("sent", request.sent.as_ref()));
        if request.verb != "get" {
            lines.extend(body("answered", request.received.as_ref()));
        }
    }
    lines
}

/// How `request` was answered, in a word and a sign.
pub fn answer(request: &Exchange) -> Line {
    let line = Line::hanging(4);
    let time = latency(request.latency);
    match &request.answer {
        Answer::Open => line.accent("… sent"),
        Answer::Status(status) if request.is_good() => {
            line.good(format!("✓ {status}")).dim(format!(" {time}"))
        }
        Answer::Status(status) => line.bad(format!("✗ {status}")).dim(format!(" {time}")),
        Answer::Broken(status, why) => line.bad(format!("✗ {status}, broken off: {why}")),
        Answer::Lost(why) => line.bad(format!("✗ {why}")),
    }
}

/// What a body holds, with a head that says which it is.
pub fn body(head: &str, body: Option<&Body>) -> Vec<Line> {
    match body {
        None => Vec::new(),
        Some(Body::Text(text, bytes)) => {
            let mut lines = vec![Line::new().dim(format!("{head}, {bytes} bytes"))];
            lines.extend(text.lines().map(|line| {
                let indent = line.len() - line.trim_start().len();
                Line::hanging(indent + 4).plain("  ").plain(line)
            }));
            lines
        }
        Some(Body::LeftOut(why, bytes)) => {
            let bytes = bytes.map_or_else(String::new, |bytes| format!(", {bytes} bytes"));
            vec![Line::new().dim(format!("{head}{bytes}: not kept ({why})"))]
        }
    }
}
