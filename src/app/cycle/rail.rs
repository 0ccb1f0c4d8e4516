//! The rail: which stops there are, how each went, and where the film is.

use super::film::{Film, Frame, Mark, Scene};
use super::stop::Stop;

/// A row of the rail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Its name: a stop, or a plugin of the stop where the film is.
    pub name: &'static str,
    /// Whether it is a plugin.
    pub inner: bool,
    /// How it went; `None` for what is still to come, and for stops that the cycle does not come to.
    pub mark: Option<Mark>,
    /// What stands beside it: nodes that fall, or how many frames there are.
    pub aside: String,
    /// The frame that it leads to.
    pub frame: Option<usize>,
    /// Whether the film is there.
    pub current: bool,
}

/// The rail of `film` at the frame `at`, where `sent` says how the stops went at which requests were sent.
pub fn rows(film: &Film, at: usize, sent: &[(Stop, Mark)]) -> Vec<Row> {
    let here = film.frame(at).map(|frame| frame.stop);
    let mut rows = Vec::new();
    for stop in Stop::ALL {
        let frames = || {
            film.frames
                .iter()
                .enumerate()
                .filter(move |(_, frame)| frame.stop == stop)
        };
        let count = frames().count();
        let current = here == Some(stop);
        let first = frames().next().map(|(at, _)| at);
        let last = first.map(|first| first + count - 1);
        let seen = last.is_some_and(|last| last <= at);
        let marks = || frames().map(|(_, frame)| frame.mark);
        let worst = [Mark::Bad, Mark::Yours, Mark::Good, Mark::Nothing]
            .into_iter()
            .find(|&mark| marks().any(|other| other == mark));
        let falls: usize = frames().map(|(_, frame)| frame.falls).sum();
        let aside = match first {
            Some(first) if current && count > 1 => format!("{}/{count}", at + 1 - first),
            Some(_) if seen && falls > 0 => format!("−{falls}"),
            _ => String::new(),
        };
        rows.push(Row {
            name: stop.as_str(),
            inner: false,
            mark: match sent.iter().find(|(of, _)| *of == stop) {
                Some(&(_, mark)) => Some(mark),
                None if seen => worst,
                None => None,
            },
            aside,
            frame: first,
            current: current && count <= 1,
        });
        if current && count > 1 {
            rows.extend(frames().map(|(frame_at, frame)| plugin(frame_at, frame, at)));
        }
    }
    rows
}

fn plugin(frame_at: usize, frame: &Frame, at: usize) -> Row {
    let seen = frame_at <= at;
    let aside = match frame.falls {
        falls if seen && falls > 0 => format!("−{falls}"),
        _ => String::new(),
    };
    Row {
        name: name(frame),
        inner: true,
        mark: seen.then_some(frame.mark),
        aside,
        frame: Some(frame_at),
        current: frame_at == at,
    }
}

/// Who speaks in `frame`.
pub fn name(frame: &Frame) -> &'static str {
    match (&frame.scene, frame.plugin) {
        (Scene::Skipped(_), _) => "others",
        (Scene::Total, _) => "Sum",
        (_, Some(plugin)) => plugin,
        (_, None) => frame.stop.as_str(),
    }
}

/// The first row shown where `height` of `rows` have room: the current one stays in view, with some before and after it.
pub fn first(rows: &[Row], height: usize) -> usize {
    let current = rows.iter().position(|row| row.current).unwrap_or(0);
    let last = rows.len().saturating_sub(height);
    current.saturating_sub(height / 2).min(last)
}
