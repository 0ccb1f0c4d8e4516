//! The lines of a manifest that a rule looked at, with so many around them that one sees where they stand.

use std::collections::BTreeSet;

use super::Manifest;
use super::field::is_within;

/// Lines of a field beyond these are left out: a list of images is no answer to anything.
const MOST_LINES: usize = 24;

/// A part of a manifest.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Excerpt {
    /// What stands in it, from the top.
    pub rows: Vec<ExcerptRow>,
    /// The fields that the manifest does not have.
    pub missing: Vec<String>,
}

/// A row of an [`Excerpt`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExcerptRow {
    /// The line of that place in the manifest, from 0.
    Line {
        /// The place.
        at: usize,
        /// Whether it is one that was asked for.
        marked: bool,
    },
    /// So many lines are left out.
    Gap(usize),
}

pub(super) fn of<'a>(
    manifest: &Manifest,
    fields: impl IntoIterator<Item = &'a str>,
    context: usize,
) -> Excerpt {
    let lines = manifest.lines();
    let mut missing = Vec::new();
    let mut marked = BTreeSet::new();
    let mut shown = BTreeSet::new();
    for field in fields {
        let paths = manifest.find(field);
        if paths.is_empty() && !field.contains("[*]") && !missing.iter().any(|known| known == field) {
            missing.push(field.to_owned());
        }
        for path in paths {
            let within = lines
                .iter()
                .enumerate()
                .filter(|(_, line)| is_within(&line.path, &path));
            marked.extend(within.map(|(at, _)| at).take(MOST_LINES));
        }
    }
    for &at in &marked {
        shown.extend(at.saturating_sub(context)..=(at + context).min(lines.len().saturating_sub(1)));
        let mut above = lines.get(at).and_then(|line| line.parent);
        while let Some(parent) = above {
            shown.insert(parent);
            above = lines.get(parent).and_then(|line| line.parent);
        }
    }
    let mut rows = Vec::new();
    let mut next = 0;
    for at in shown {
        if at > next {
            rows.push(ExcerptRow::Gap(at - next));
        }
        rows.push(ExcerptRow::Line {
            at,
            marked: marked.contains(&at),
        });
        next = at + 1;
    }
    if !rows.is_empty() && next < lines.len() {
        rows.push(ExcerptRow::Gap(lines.len() - next));
    }
    Excerpt { rows, missing }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn shown(manifest: &Manifest, fields: &[&str], context: usize) -> (String, Vec<String>) {
        let excerpt = manifest.excerpt(fields.iter().copied(), context);
        let rows: Vec<String> = excerpt
            .rows
            .iter()
            .map(|row| match *row {
                ExcerptRow::Gap(lines) => format!("… {lines}"),
                ExcerptRow::Line { at, marked } => {
                    format!(
                        "{}{}",
                        if marked { "▸ " } else { "  " },
                        manifest.lines()[at].text
                    )
                }
            })
            .collect();
        (rows.join("\n"), excerpt.missing)
    }

    #[test]
    fn marked_lines_stand_under_what_they_belong_to() {
        let node = Manifest::new(json!({
            "kind": "Node",
            "metadata": {"labels": {"a": "1", "zone": "eu-1a"}, "name": "n"},
            "spec": {"podCIDR": "10.0.0.0/24", "taints": [
                {"effect": "NoSchedule", "key": "x"},
                {"effect": "NoExecute", "key": "y", "value": "z"},
            ]},
            "status": {"allocatable": {"cpu": "4", "memory": "8Gi"}, "phase": "Running"},
        }));
        let (text, missing) = shown(
            &node,
            &["spec.taints[1]", "spec.unschedulable", "status.allocatable.cpu"],
            0,
        );
        let expected = "\
… 6
  spec:
… 1
    taints:
… 2
▸   - effect: NoExecute
▸     key: \"y\"
▸     value: z
  status:
    allocatable:
▸     cpu: \"4\"
… 2";
        assert_eq!(text, expected);
        assert_eq!(missing, ["spec.unschedulable"]);
        let (text, _) = shown(&node, &["kind"], 1);
        assert_eq!(text, "▸ kind: Node\n  metadata:\n… 17");
    }

    #[test]
    fn nothing_asked_shows_nothing_and_long_fields_are_cut() {
        let images: Vec<_> = (0..90)
            .map(|at| json!({"names": [format!("image-{at}")]}))
            .collect();
        let node = Manifest::new(json!({"status": {"images": images}}));
        assert_eq!(node.excerpt([], 2), Excerpt::default());
        let excerpt = node.excerpt(["status.images"], 0);
        let marked = excerpt
            .rows
            .iter()
            .filter(|row| matches!(row, ExcerptRow::Line { marked: true, .. }));
        assert_eq!(marked.count(), MOST_LINES);
    }
}
