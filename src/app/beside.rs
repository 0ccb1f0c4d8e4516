//! Blocks of text side by side, each wrapped to its own width.

use super::prose::{Line, Span, Tone, wrap};

/// `blocks`, each with its columns, side by side with `between` between them.
pub fn beside(blocks: Vec<(Vec<Line>, usize)>, between: &str) -> Vec<Line> {
    let blocks: Vec<(Vec<Line>, usize)> = blocks
        .into_iter()
        .map(|(lines, columns)| (wrap(lines, columns), columns))
        .collect();
    let rows = blocks.iter().map(|(lines, _)| lines.len()).max().unwrap_or(0);
    (0..rows)
        .map(|row| {
            let mut joined = Line::new();
            for (at, (lines, columns)) in blocks.iter().enumerate() {
                if at > 0 {
                    joined = joined.dim(between);
                }
                let line = lines.get(row);
                let used = line.map_or(0, Line::width);
                joined
                    .spans
                    .extend(line.into_iter().flat_map(|line| line.spans.iter().cloned()));
                let missing = columns.saturating_sub(used);
                if missing > 0 && at + 1 < blocks.len() {
                    joined.spans.push(Span {
                        tone: Tone::Plain,
                        text: " ".repeat(missing),
                    });
                }
            }
            joined
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_keep_to_their_columns() {
        let left = vec![Line::new().plain("one two three")];
        let right = vec![Line::new().plain("日本"), Line::new().plain("b")];
        let rows = beside(vec![(left, 8), (right, 5)], " │ ");
        let text: Vec<String> = rows.iter().map(Line::text).collect();
        assert_eq!(text, ["one two  │ 日本", "three    │ b"]);
        assert!(beside(Vec::new(), "").is_empty());
    }
}
