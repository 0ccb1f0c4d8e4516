//! Several pictures as one that moves: an SVG in which each piece is shown while it holds.

use std::collections::BTreeMap;
use std::fmt::Write as _;

/// A picture of the film.
pub(crate) struct Frame {
    /// The picture, a line for each piece of it.
    pub(crate) picture: String,
    /// How long it is shown, in tenths of a second.
    pub(crate) tenths: u32,
    /// What is said below it.
    pub(crate) caption: &'static str,
}

const CAPTION_HEIGHT: f64 = 34.0;

/// The film of `frames`, over and over. Pieces that several of them share are there once.
pub(crate) fn render(frames: &[Frame]) -> Option<String> {
    let first = frames.first()?;
    let (width, height) = size(&first.picture)?;
    let ground = first
        .picture
        .lines()
        .next()?
        .rsplit_once("fill=\"")?
        .1
        .split('"')
        .next()?;
    let total: u32 = frames.iter().map(|frame| frame.tenths).sum();
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:.1} {:.1}\" width=\"{width:.0}\" height=\"{:.0}\" \
         font-family=\"'DejaVu Sans Mono', Menlo, Consolas, monospace\" font-size=\"14\" role=\"img\">\
         <title>A tour of berth</title><rect width=\"100%\" height=\"100%\" rx=\"8\" fill=\"{ground}\"/>\n<style>\n",
        height + CAPTION_HEIGHT,
        height + CAPTION_HEIGHT,
    );
    let groups = pieces(frames, height);
    for (at, shown) in groups.keys().map(|(_, shown)| shown).enumerate() {
        if shown.iter().all(|&is| is) {
            continue;
        }
        let _ = write!(
            out,
            ".p{at}{{animation:p{at} {:.1}s step-end infinite}}@keyframes p{at}{{",
            f64::from(total) / 10.0
        );
        let mut passed = 0;
        let mut before = None;
        for (frame, &is) in frames.iter().zip(shown) {
            if before != Some(is) {
                let at = f64::from(passed) * 100.0 / f64::from(total);
                let _ = write!(
                    out,
                    "{at:.2}%{{visibility:{}}}",
                    if is { "visible" } else { "hidden" }
                );
            }
            before = Some(is);
            passed += frame.tenths;
        }
        out.push_str("}\n");
    }
    out.push_str("</style>\n");
    for (at, ((_, shown), pieces)) in groups.iter().enumerate() {
        let class = if shown.iter().all(|&is| is) {
            String::new()
        } else {
            format!(" class=\"p{at}\"")
        };
        let _ = writeln!(out, "<g{class}>");
        for piece in pieces {
            let _ = writeln!(out, "{piece}");
        }
        out.push_str("</g>\n");
    }
    out.push_str("</svg>\n");
    Some(out)
}

/// The pieces by when they are shown; grounds before what stands on them.
fn pieces(frames: &[Frame], height: f64) -> BTreeMap<(bool, Vec<bool>), Vec<String>> {
    let mut shown: BTreeMap<String, Vec<bool>> = BTreeMap::new();
    let mut order: Vec<String> = Vec::new();
    for (at, frame) in frames.iter().enumerate() {
        let lines = frame
            .picture
            .lines()
            .skip(1)
            .filter(|line| *line != "</svg>")
            .map(str::to_owned);
        let caption = format!(
            "<text x=\"14\" y=\"{:.1}\" fill=\"#9aa5b1\">{}</text>",
            height + CAPTION_HEIGHT / 2.0,
            frame.caption
        );
        for line in lines.chain([caption]) {
            let known = shown.entry(line.clone()).or_insert_with(|| {
                order.push(line);
                vec![false; frames.len()]
            });
            known[at] = true;
        }
    }
    let mut groups: BTreeMap<(bool, Vec<bool>), Vec<String>> = BTreeMap::new();
    for line in order {
        let stands_on_top = line.starts_with("<text");
        let when = shown[&line].clone();
        groups.entry((stands_on_top, when)).or_default().push(line);
    }
    groups
}

fn size(picture: &str) -> Option<(f64, f64)> {
    let numbers = picture.split_once("viewBox=\"0 0 ")?.1.split('"').next()?;
    let (width, height) = numbers.split_once(' ')?;
    Some((width.parse().ok()?, height.parse().ok()?))
}
