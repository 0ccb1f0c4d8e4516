//! From a file to a plan, strictly.

use std::collections::BTreeMap;

use super::{API_VERSION, Document, KIND};
use crate::model::PodKey;
use crate::model::document::Document as Lines;
use crate::model::text::inert;

/// Why a file is no plan.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{file}{}: {}{message}", at_line(*line), within(field))]
pub struct DocumentError {
    /// The file.
    pub file: String,
    /// The line, from 1; 0 where it is not known.
    pub line: u64,
    /// The field, such as `placements[2].node`; empty for the whole file.
    pub field: String,
    /// What is wrong.
    pub message: String,
}

fn at_line(line: u64) -> String {
    if line > 0 {
        format!(":{line}")
    } else {
        String::new()
    }
}

fn within(field: &str) -> String {
    if field.is_empty() {
        String::new()
    } else {
        format!("{field}: ")
    }
}

impl Document {
    /// Reads the plan that `text`, the content of `file`, holds as YAML or JSON.
    ///
    /// # Errors
    /// The first thing that is wrong, with its line.
    pub fn read(text: &str, file: &str) -> Result<Self, DocumentError> {
        let lines = Lines::read(text).map_err(|problem| {
            let message = format!("this is no YAML or JSON: {}", first_line(&problem.message));
            wrong(file, problem.line, "", message)
        })?;
        let value = lines.value();
        for (name, wanted) in [("apiVersion", API_VERSION), ("kind", KIND)] {
            let have = value.get(name).and_then(|have| have.as_str());
            if have != Some(wanted) {
                let have = have.map_or_else(|| "nothing".to_owned(), |have| format!("'{}'", inert(have)));
                let message = format!("a plan has '{wanted}' here, and this has {have}");
                return Err(wrong(file, lines.line_of(name), name, message));
            }
        }
        let document: Self = serde_path_to_error::deserialize(value).map_err(|error| {
            let field = error.path().to_string();
            let field = if field == "." { String::new() } else { field };
            let message = inert(&error.inner().to_string()).into_owned();
            wrong(file, lines.line_of(&field), &field, message)
        })?;
        document
            .check()
            .map_err(|(field, message)| wrong(file, lines.line_of(&field), &field, message))?;
        Ok(document)
    }

    /// What the grammar cannot say: the field, and what is wrong with it.
    fn check(&self) -> Result<(), (String, String)> {
        let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
        for (at, placement) in self.placements.iter().enumerate() {
            let field = |name: &str| format!("placements[{at}].{name}");
            if PodKey::parse(&placement.pod, "").is_err() {
                let message = format!("'{}' is no NAMESPACE/NAME", inert(&placement.pod));
                return Err((field("pod"), message));
            }
            if placement.uid.is_empty() {
                return Err((field("uid"), "it is empty: which pod is meant?".to_owned()));
            }
            if placement.node.is_empty() {
                return Err((field("node"), "it is empty".to_owned()));
            }
            if let Some(first) = seen.insert(&placement.pod, at) {
                let message = format!("pod {} has a node already, in placements[{first}]", placement.pod);
                return Err((field("pod"), message));
            }
        }
        Ok(())
    }
}

impl super::Placement {
    /// The pod's key; `None` for a text that [`Document::read`] would not have let in.
    pub fn key(&self) -> Option<PodKey> {
        PodKey::parse(&self.pod, "").ok()
    }
}

fn wrong(file: &str, line: u64, field: &str, message: String) -> DocumentError {
    DocumentError {
        file: file.to_owned(),
        line,
        field: field.to_owned(),
        message,
    }
}

fn first_line(text: &str) -> String {
    inert(text.lines().next().unwrap_or_default()).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SMALL: &str =
        "apiVersion: berth.dev/v1alpha1\nkind: Plan\nplacements:\n- pod: shop/cart\n  uid: u-1\n  node: n1\n";

    fn error(text: &str) -> String {
        Document::read(text, "plan.yaml")
            .expect_err("it is no plan")
            .to_string()
    }

    #[test]
    fn what_must_be_there_is_little() {
        let plan = Document::read(SMALL, "plan.yaml").expect("a plan");
        assert_eq!(plan.placements.len(), 1);
        assert_eq!(plan.placements[0].key(), Some(PodKey::new("shop", "cart")));
        assert_eq!(plan.placements[0].best, None);
    }

    #[test]
    fn what_is_wrong_is_named_with_its_line() {
        let cases = [
            (
                "kind: Plan",
                "kind: Pod",
                "plan.yaml:2: kind: a plan has 'Plan' here, and this has 'Pod'",
            ),
            (
                "berth.dev/v1alpha1",
                "berth.dev/v2",
                "plan.yaml:1: apiVersion: a plan has 'berth.dev/v1alpha1' here, and this has 'berth.dev/v2'",
            ),
            (
                "pod: shop/cart",
                "pod: cart",
                "plan.yaml:4: placements[0].pod: 'cart' is no NAMESPACE/NAME",
            ),
            (
                "uid: u-1",
                "uid: ''",
                "plan.yaml:5: placements[0].uid: it is empty: which pod is meant?",
            ),
            (
                "node: n1",
                "node: ''",
                "plan.yaml:6: placements[0].node: it is empty",
            ),
        ];
        for (from, to, expected) in cases {
            assert_eq!(error(&SMALL.replace(from, to)), expected);
        }
        let unknown = error(&SMALL.replace("node: n1", "node: n1\n  force: true"));
        assert!(
            unknown.starts_with("plan.yaml:7: placements[0].force: unknown field `force`"),
            "{unknown}"
        );
        let typed = error(&SMALL.replace("node: n1", "node: 1"));
        assert!(
            typed.starts_with("plan.yaml:6: placements[0].node: invalid type: integer"),
            "{typed}"
        );
        let missing = error(&SMALL.replace("  node: n1\n", ""));
        assert!(missing.contains("missing field `node`"), "{missing}");
        let twice = error(&format!("{SMALL}- pod: shop/cart\n  uid: u-2\n  node: n2\n"));
        assert_eq!(
            twice,
            "plan.yaml:7: placements[1].pod: pod shop/cart has a node already, in placements[0]"
        );
        let torn = error("apiVersion: [");
        assert!(torn.starts_with("plan.yaml:1: this is no YAML or JSON"), "{torn}");
    }
}
