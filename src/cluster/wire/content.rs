//! What is kept of a body.

use std::sync::Arc;

use serde_json::Value;

use crate::model::mask;

/// Bodies of more bytes are not kept.
pub(super) const LONGEST: usize = 64 * 1024;
/// As much of a body's text is kept, in bytes.
const KEPT: usize = 8 * 1024;

/// A body, or why it is not kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// Its text with secrets masked; JSON on several lines, as much of it as is kept.
    Text {
        /// The text.
        text: Arc<str>,
        /// Bytes that the body had.
        bytes: usize,
    },
    /// It is not kept.
    LeftOut {
        /// Bytes that the body had, where they were counted.
        bytes: Option<usize>,
        /// Why not.
        why: &'static str,
    },
}

impl Content {
    /// What is kept of `body`, sent to or answered from `path`; nothing of an empty one.
    pub(super) fn of(body: &[u8], path: &str) -> Option<Self> {
        let bytes = body.len();
        let left_out = |why| {
            Some(Self::LeftOut {
                bytes: Some(bytes),
                why,
            })
        };
        if bytes == 0 {
            return None;
        }
        if bytes > LONGEST {
            return left_out("long");
        }
        let text = match serde_json::from_slice::<Value>(body) {
            Ok(mut value) if value.is_object() || value.is_array() => {
                if value.get("items").is_some_and(Value::is_array) {
                    return left_out("a list");
                }
                mask::json(&mut value, path);
                shorten(&mut value);
                format!("{value:#}")
            }
            _ => match std::str::from_utf8(body) {
                // What cannot be read as JSON cannot be masked as such.
                Ok(text) if !text.trim_start().starts_with(['{', '[']) => mask::text(text).into_owned(),
                _ => return left_out("not readable"),
            },
        };
        Some(Self::Text {
            text: kept(&text).into(),
            bytes,
        })
    }
}

/// Leaves out who wrote which field: it is long and says nothing here.
fn shorten(value: &mut Value) {
    if let Some(entries) = value.pointer_mut("/metadata/managedFields")
        && let Some(count) = entries.as_array().map(Vec::len)
    {
        *entries = format!("({count} left out)").into();
    }
}

/// As many whole lines of `text` as are kept, and how many more there are.
fn kept(text: &str) -> String {
    if text.len() <= KEPT {
        return text.to_owned();
    }
    let mut end = KEPT;
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let head = text.get(..end).unwrap_or_default();
    let head = head.rsplit_once('\n').map_or(head, |(lines, _)| lines);
    let more = text.get(head.len()..).unwrap_or_default();
    match more.trim_start_matches('\n').lines().count() {
        0 | 1 => format!("{head} …"),
        lines => format!("{head}\n… {lines} more lines"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(body: &str) -> String {
        match Content::of(body.as_bytes(), "/api/v1/namespaces/a/pods/b") {
            Some(Content::Text { text, bytes }) => {
                assert_eq!(bytes, body.len());
                text.to_string()
            }
            other => panic!("{body} is {other:?}"),
        }
    }

    fn why(body: &[u8]) -> &'static str {
        match Content::of(body, "/x") {
            Some(Content::LeftOut { why, bytes }) => {
                assert_eq!(bytes, Some(body.len()));
                why
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_short_body_is_kept_masked() {
        assert_eq!(
            text("{\"kind\":\"Status\",\"token\":\"x\"}"),
            "{\n  \"kind\": \"Status\",\n  \"token\": \"(masked)\"\n}"
        );
        assert_eq!(text("upstream says token=abc"), "upstream says token=(masked)");
        assert_eq!(Content::of(b"", "/x"), None);
        let fields = "{\"metadata\":{\"managedFields\":[{\"manager\":\"a\"},{}]}}";
        assert!(text(fields).contains("\"(2 left out)\""));
    }

    #[test]
    fn what_is_long_or_cannot_be_masked_is_left_out() {
        assert_eq!(why(b"{\"items\":[]}"), "a list");
        assert_eq!(why(&vec![b'x'; LONGEST + 1]), "long");
        assert_eq!(why(b"{\"password\":\"hunter2\""), "not readable");
        assert_eq!(why(b"\xff\xfe"), "not readable");
        let deep = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
        assert_eq!(why(deep.as_bytes()), "not readable");
    }

    #[test]
    fn a_long_text_ends_with_a_whole_line() {
        let lines: Vec<String> = (0..2000).map(|at| format!("\"ä{at}\"")).collect();
        let kept = text(&format!("[{}]", lines.join(",")));
        assert!(kept.len() <= KEPT + 40);
        let last: Vec<&str> = kept.lines().rev().take(2).collect();
        assert!(
            last[0].starts_with("… ") && last[0].ends_with(" more lines"),
            "{last:?}"
        );
        assert!(last[1].ends_with(','), "{last:?}");
        let one = text(&"ä".repeat(KEPT));
        assert!(one.ends_with(" …") && one.len() <= KEPT + 4);
    }
}
