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

/// The paragraphs, list items and table rows of `text`, each a line to be wrapped.
fn paragraphs(text: &str) -> Vec<Line> {
    let mut lines: Vec<Line> = Vec::new();
    let mut current = String::new();
    let mut hang = 0;
    let mut finish = |current: &mut String, hang: usize| {
        if !current.is_empty() {
            lines.push(inline(std::mem::take(current).as_str(), hang));
        }
    };
    for line in text.lines() {
        let trimmed = line.trim();
        if trimmed.is_empty() {
            finish(&mut current, hang);
            hang = 0;
        } else if let Some(item) = trimmed.strip_prefix("- ") {
            finish(&mut current, hang);
            hang = 2;
            current = format!("· {item}");
        } else if let Some(row) = trimmed.strip_prefix('|') {
            finish(&mut current, hang);
            let row = row.trim_end_matches('|');
            if !row.chars().all(|c| "-| :".contains(c)) {
                let cells: Vec<&str> = row.split('|').map(str::trim).collect();
                finish(&mut format!("· {}", cells.join(" → ")), 2);
            }
        } else {
            if !current.is_empty() {
                current.push(' ');
            }
            current.push_str(trimmed);
        }
    }
    finish(&mut current, hang);
    lines
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
                "· One: x goes on.",
                "· Two",
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
                    .any(|line| line.contains(['`', '|']) || line.contains("**")),
                "{text:?}"
            );
        }
    }
}
