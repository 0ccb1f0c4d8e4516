//! A plugin's rule, from its documentation: the little of Markdown that is used there, as running text.

use super::prose::Line;
use crate::scheduling::plugins::Row;

/// The rule of `row`: what it checks, and what its phases make of it.
pub fn lines(row: &Row) -> Vec<Line> {
    let mut lines = Vec::new();
    for part in row.rule() {
        if !lines.is_empty() {
            lines.push(Line::new());
        }
        lines.extend(paragraphs(part));
    }
    lines
}

/// The paragraphs, list items and table rows of `text`, each a line to be wrapped, with empty ones between paragraphs.
fn paragraphs(text: &str) -> Vec<Line> {
    let mut told = Told::default();
    for line in text.lines().map(str::trim) {
        if line.is_empty() {
            told.finish();
            told.gap = true;
        } else if let Some(item) = line.strip_prefix("- ") {
            told.finish();
            told.hang = 2;
            told.current = format!("· {item}");
        } else if let Some(row) = line.strip_prefix('|') {
            told.finish();
            let row = row.trim_end_matches('|');
            if !row.chars().all(|c| "-| :".contains(c)) {
                let cells: Vec<&str> = row.split('|').map(str::trim).collect();
                told.hang = 2;
                told.current = format!("· {}", cells.join(" → "));
            }
        } else {
            if !told.current.is_empty() {
                told.current.push(' ');
            }
            told.current.push_str(line);
        }
    }
    told.finish();
    told.lines
}

/// What was read so far, and the paragraph that goes on.
#[derive(Default)]
struct Told {
    lines: Vec<Line>,
    current: String,
    hang: usize,
    gap: bool,
}

impl Told {
    /// Ends the paragraph.
    fn finish(&mut self) {
        if self.current.is_empty() {
            return;
        }
        if self.gap && !self.lines.is_empty() {
            self.lines.push(Line::new());
        }
        let text = std::mem::take(&mut self.current);
        self.lines.push(inline(&text, self.hang));
        (self.hang, self.gap) = (0, false);
    }
}

/// `text` with code and emphasis in tones.
fn inline(text: &str, hang: usize) -> Line {
    let mut line = Line::hanging(hang);
    for (at, part) in text.split('`').enumerate() {
        if at % 2 == 1 {
            line = line.accent(part);
            continue;
        }
        for (at, part) in part.split("**").enumerate() {
            let part = part.replace('*', "");
            line = if at % 2 == 1 {
                line.strong(part)
            } else {
                line.plain(part)
            };
        }
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scheduling::plugins::TABLE;

    #[test]
    fn markdown_becomes_running_text() {
        let text = "Each `a.b` of\n*these*.\n\n- **One**: x\n  goes on.\n- Two\n\n| has | must |\n|---|---|\n| `q` | `r` |\n";
        let lines: Vec<String> = paragraphs(text).iter().map(Line::text).collect();
        assert_eq!(
            lines,
            [
                "Each a.b of these.",
                "",
                "· One: x goes on.",
                "· Two",
                "",
                "· has → must",
                "· q → r"
            ]
        );
    }

    #[test]
    fn every_plugin_has_a_rule_to_show() {
        for row in TABLE {
            let lines = lines(row);
            assert!(lines.len() >= 3, "{}", row.name);
            let text: Vec<String> = lines.iter().map(Line::text).collect();
            assert!(
                !text
                    .iter()
                    .any(|line| line.starts_with('|') || line.contains('`') || line.contains("**")),
                "{text:?}"
            );
        }
    }
}
