//! A value as YAML, in the form that `kubectl get -o yaml` has, each line with the path of its field.

use serde_json::{Map, Value};

use super::field::joined;
use crate::model::text::{is_active, quoted};

/// A line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct YamlLine {
    /// Its text, indented.
    pub text: String,
    /// The path of the field that it is of.
    pub path: String,
    /// The line that it hangs on: that of the key above it; in an item of a list, that which has the item's name.
    pub parent: Option<usize>,
}

/// `value`, line by line.
pub(super) fn lines(value: &Value) -> Vec<YamlLine> {
    let mut writer = Writer { lines: Vec::new() };
    writer.block(value, 0, String::new(), "", None);
    writer.lines
}

struct Writer {
    lines: Vec<YamlLine>,
}

impl Writer {
    /// Writes `value` from `column` on; `lead` is what stands before it in its first line.
    fn block(&mut self, value: &Value, column: usize, lead: String, path: &str, parent: Option<usize>) {
        match value {
            Value::Object(map) if !map.is_empty() => self.mapping(map, column, lead, path, parent),
            Value::Array(items) if !items.is_empty() => {
                let mut lead = Some(lead);
                for (at, item) in items.iter().enumerate() {
                    let lead = lead.take().unwrap_or_else(|| " ".repeat(column));
                    self.block(
                        item,
                        column + 2,
                        format!("{lead}- "),
                        &format!("{path}[{at}]"),
                        parent,
                    );
                }
            }
            flat => self.push(format!("{lead}{}", scalar(flat)), path.to_owned(), parent),
        }
    }

    fn mapping(
        &mut self,
        map: &Map<String, Value>,
        column: usize,
        lead: String,
        path: &str,
        parent: Option<usize>,
    ) {
        let in_list = lead.ends_with("- ");
        let mut lead = Some(lead);
        let mut entries = Vec::with_capacity(map.len());
        let mut name = None;
        for (key, value) in map {
            let lead = lead.take().unwrap_or_else(|| " ".repeat(column));
            let at = self.lines.len();
            let path = joined(path, key);
            let text = format!("{lead}{}:", string(key));
            match value {
                Value::Array(items) if !items.is_empty() => {
                    self.push(text, path.clone(), parent);
                    self.block(value, column, " ".repeat(column), &path, Some(at));
                }
                Value::Object(map) if !map.is_empty() => {
                    self.push(text, path.clone(), parent);
                    self.block(value, column + 2, " ".repeat(column + 2), &path, Some(at));
                }
                flat => self.push(format!("{text} {}", scalar(flat)), path, parent),
            }
            if key == "name" {
                name = Some(at);
            }
            entries.push(at);
        }
        if let Some(head) = name.or(entries.first().copied()).filter(|_| in_list) {
            for at in entries.into_iter().filter(|&at| at != head) {
                if let Some(line) = self.lines.get_mut(at) {
                    line.parent = Some(head);
                }
            }
        }
    }

    fn push(&mut self, text: String, path: String, parent: Option<usize>) {
        self.lines.push(YamlLine { text, path, parent });
    }
}

fn scalar(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(value) => value.to_string(),
        Value::Number(number) => number.to_string(),
        Value::String(text) => string(text),
        Value::Array(_) => "[]".to_owned(),
        Value::Object(_) => "{}".to_owned(),
    }
}

/// `text` as YAML reads it back: without quotes where nobody could take it for anything else.
fn string(text: &str) -> String {
    if text.chars().any(|c| is_active(c) || is_odd(c)) {
        // Go's escapes are YAML's.
        return quoted(text);
    }
    if is_ambiguous(text) {
        return format!("\"{text}\"");
    }
    if is_plain(text) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', "''"))
}

/// Whether YAML does not allow it as it is.
fn is_odd(c: char) -> bool {
    matches!(c, '\u{fffe}' | '\u{ffff}' | '\u{85}' | '\u{a0}')
}

/// Whether it would be read as something else than text: a number, a truth, a date, nothing at all.
fn is_ambiguous(text: &str) -> bool {
    const WORDS: [&str; 12] = [
        "", "~", "null", "true", "false", "yes", "no", "on", "off", "y", "n", "<<",
    ];
    let lower = text.to_ascii_lowercase();
    if WORDS.contains(&&*lower) {
        return true;
    }
    let first = text.chars().next().unwrap_or(' ');
    if !(first.is_ascii_digit() || "+-.".contains(first)) {
        return false;
    }
    let special = matches!(lower.trim_start_matches(['+', '-']), ".inf" | ".nan");
    let of_number = |c: char| c.is_ascii_hexdigit() || "_.:+-xXoO".contains(c);
    let is_date = text.len() >= 8
        && text
            .split('-')
            .next()
            .is_some_and(|year| year.len() == 4 && year.bytes().all(|b| b.is_ascii_digit()));
    let is_address = text.split('.').count() > 2 && !text.contains(':');
    text.chars().any(|c| c.is_ascii_digit())
        && (special || is_date || (text.chars().all(of_number) && !is_address))
        || special
}

/// Whether it needs no quotes.
fn is_plain(text: &str) -> bool {
    let first = text.chars().next().unwrap_or(' ');
    let starts = first.is_alphanumeric()
        || "_/.(+$".contains(first)
        || (first == '-' && text.len() > 1 && !text.starts_with("- ") && !text.starts_with("---"));
    let inside = |c: char| c.is_alphanumeric() || "_-./@%+=,:;()!?*&$^~<> |'\"\\".contains(c);
    starts
        && text.chars().all(inside)
        && !text.ends_with([' ', ':'])
        && !text.contains(": ")
        && !text.starts_with("...")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn text(value: &Value) -> String {
        let lines: Vec<String> = lines(value).into_iter().map(|line| line.text).collect();
        lines.join("\n")
    }

    #[test]
    fn it_looks_as_kubectl_has_it() {
        let pod = json!({
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"labels": {"app": "web", "version": "1", "on": "true"}, "creationTimestamp": "2026-01-02T03:04:05Z"},
            "spec": {
                "containers": [
                    {"image": "nginx:1.25", "name": "web", "args": ["--v=2", "*"], "resources": {"requests": {"cpu": "500m", "memory": "1Gi"}}},
                    {"name": "side", "resources": {}},
                ],
                "nodeSelector": {},
                "tolerations": [],
                "priority": 0,
                "matrix": [[1, 2], []],
            },
            "status": {"hostIP": "10.0.0.1", "message": "two\nlines"},
        });
        let expected = r#"apiVersion: v1
kind: Pod
metadata:
  creationTimestamp: "2026-01-02T03:04:05Z"
  labels:
    app: web
    "on": "true"
    version: "1"
spec:
  containers:
  - args:
    - --v=2
    - '*'
    image: nginx:1.25
    name: web
    resources:
      requests:
        cpu: 500m
        memory: 1Gi
  - name: side
    resources: {}
  matrix:
  - - 1
    - 2
  - []
  nodeSelector: {}
  priority: 0
  tolerations: []
status:
  hostIP: 10.0.0.1
  message: "two\nlines""#;
        assert_eq!(text(&pod), expected);
    }

    #[test]
    fn lines_hang_on_the_key_above_and_items_on_their_names() {
        let pod = json!({"spec": {"containers": [{"image": "i", "name": "web", "resources": {"requests": {"cpu": "1"}}}]}});
        let lines = lines(&pod);
        let at = |path: &str| lines.iter().position(|line| line.path == path).expect("a line");
        let mut chain = Vec::new();
        let mut next = Some(at("spec.containers[0].resources.requests.cpu"));
        while let Some(line) = next {
            chain.push(lines[line].path.as_str());
            next = lines[line].parent;
        }
        let expected = [
            "spec.containers[0].resources.requests.cpu",
            "spec.containers[0].resources.requests",
            "spec.containers[0].resources",
            "spec.containers[0].name",
            "spec.containers",
            "spec",
        ];
        assert_eq!(chain, expected);
    }

    fn values() -> impl Strategy<Value = Value> {
        let words = prop::sample::select(vec![
            "true",
            "no",
            "null",
            "~",
            "",
            "1",
            "1e3",
            "0x1f",
            "0o7",
            "1_000",
            "12:30",
            "-",
            "- a",
            "a: b",
            "a #b",
            "#a",
            "a:",
            "[x]",
            "{y}",
            "&a",
            "*b",
            "!t",
            "%d",
            "@x",
            "`c",
            "'q'",
            "\"d\"",
            " lead",
            "trail ",
            "two\nlines",
            "tab\t",
            "\u{202e}",
            "\u{85}",
            "\u{feff}",
            "ünï",
            "日本",
            "🦀",
            ".inf",
            "-.inf",
            ".nan",
            "2024-01-01",
            "10.0.0.1",
            "500m",
            "---",
            "...",
            "? k",
            "| x",
            "> y",
            "\u{0}",
            "\u{7f}",
            "\\",
            "a\\b",
            "<<",
            "=",
            "+1",
            "-5",
            ".5",
            "1.",
            "y",
            "0b11",
            "- ",
            "--",
            "a, b",
            "(x)",
            "\u{a0}",
            "\u{2028}",
            "a'b\"c",
        ]);
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            words.prop_map(Value::from),
            any::<String>().prop_map(Value::from),
            "[ -~]{0,8}".prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 40, 5, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
                prop::collection::btree_map("[a-z./-]{1,8}|true|1|\\PC{1,4}", inner, 0..5)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn a_reader_of_yaml_reads_back_what_was_written(value in values()) {
            let written = text(&value);
            let read: Value = serde_saphyr::from_str(&written).map_err(|error| TestCaseError::fail(format!("{error}\n{written}")))?;
            prop_assert_eq!(&read, &value, "{}", written);
        }

        #[test]
        fn every_line_is_found_by_its_path(value in values()) {
            for line in lines(&json!({"spec": value})) {
                let found = super::super::field::find(&json!({"spec": value}), &line.path);
                prop_assert!(!found.is_empty(), "{}", line.path);
            }
        }
    }
}
