//! The rule behind a frame, from the plugin's documentation.

use super::film::Frame;
use super::stop::Stop;
use crate::scheduling::plugins;

/// What the frame's plugin is for, and what it says of itself in this phase; of the phase itself where no plugin speaks.
pub(super) fn of(frame: &Frame) -> (String, String) {
    let docs = frame.plugin.and_then(plugins::row).map_or("", |row| row.docs);
    match first_paragraph(docs) {
        Some(is_for) => (is_for, phase(docs, frame.stop).unwrap_or_default()),
        None => (frame.stop.rule().to_owned(), String::new()),
    }
}

fn first_paragraph(docs: &str) -> Option<String> {
    let paragraph = docs.trim_start().split("\n\n").next()?;
    let text = paragraph.split_whitespace().collect::<Vec<_>>().join(" ");
    (!text.is_empty() && !text.starts_with('#')).then_some(text)
}

/// What the section on the phases says of `stop`: from the sentence that begins with its name to that which begins with
/// another's.
fn phase(docs: &str, stop: Stop) -> Option<String> {
    let (_, section) = docs.split_once("\n## Phases\n")?;
    let section = section.split("\n## ").next()?;
    for paragraph in section.split("\n\n") {
        let text = paragraph.split_whitespace().collect::<Vec<_>>().join(" ");
        let sentences = sentences(&text);
        let begins = |sentence: &str, stop: Stop| {
            let rest = sentence.strip_prefix(stop.as_str());
            rest.is_some_and(|rest| !rest.starts_with(char::is_alphanumeric))
        };
        let Some(first) = sentences.iter().position(|sentence| begins(sentence, stop)) else {
            continue;
        };
        let after = sentences.get(first + 1..).unwrap_or_default();
        let more = after
            .iter()
            .take_while(|sentence| !Stop::ALL.iter().any(|&other| begins(sentence, other)));
        let count = more.count();
        let text = sentences.get(first..=first + count)?.join(" ");
        return Some(match text.strip_suffix(';') {
            Some(part) => format!("{part}."),
            None => text,
        });
    }
    None
}

/// Sentences, and parts of sentences that a semicolon divides.
fn sentences(text: &str) -> Vec<&str> {
    let mut all = Vec::new();
    let mut start = 0;
    let mut quoted = false;
    let bytes = text.as_bytes();
    for (at, &byte) in bytes.iter().enumerate() {
        quoted ^= byte == b'`';
        let ends = matches!(byte, b'.' | b';') && bytes.get(at + 1) == Some(&b' ');
        if ends && !quoted {
            all.extend(text.get(start..=at));
            start = at + 2;
        }
    }
    all.extend(text.get(start..).filter(|rest| !rest.is_empty()));
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_phase_has_its_own_sentences() {
        let docs = plugins::row("TaintToleration").unwrap().docs;
        let filter = phase(docs, Stop::Filter).unwrap();
        assert!(
            filter.starts_with("Filter rejects a node")
                && filter.ends_with("(UnschedulableAndUnresolvable).")
        );
        let score = phase(docs, Stop::Score).unwrap();
        assert!(
            score.starts_with("Score counts") && score.ends_with("Weight 3."),
            "{score}"
        );
        assert_eq!(phase(docs, Stop::PreFilter).unwrap(), "PreFilter never skips.");
        assert_eq!(phase(docs, Stop::Bind), None);
        let docs = plugins::row("NodeName").unwrap().docs;
        let narrows = phase(docs, Stop::PreFilter).unwrap();
        assert_eq!(narrows, "PreFilter narrows the search to the one node.");
    }

    #[test]
    fn every_plugin_says_what_it_is_for() {
        for row in plugins::TABLE {
            assert!(
                first_paragraph(row.docs).is_some_and(|text| text.len() > 20),
                "{}",
                row.name
            );
        }
    }
}
