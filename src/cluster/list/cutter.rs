//! Cuts the objects out of a list's JSON as its bytes arrive.

use std::borrow::Cow;

use serde::Deserialize;

/// A scanner that knows just enough JSON to find where the elements of the top-level array `items` begin and end.
/// What is not an element (kind, metadata) is kept and read at the end, so the keys may come in any order.
#[derive(Default)]
pub(super) struct Cutter {
    /// Everything outside the elements.
    envelope: Vec<u8>,
    /// The beginning of an element that a frame broke off.
    partial: Vec<u8>,
    /// How many brackets are open.
    depth: usize,
    /// Whether the scanner is in `items`.
    in_items: bool,
    in_string: bool,
    escaped: bool,
    /// Where in the envelope the last string on the top level lies.
    last_string: (usize, usize),
}

/// How deep the elements of `items` lie: within the list's braces and the array's brackets.
const ELEMENT: usize = 2;

impl Cutter {
    /// The next complete element within what was given so far and `rest`, which is left behind it. `None` where
    /// `rest` is used up.
    pub(super) fn next<'a>(&mut self, rest: &mut &'a [u8]) -> Result<Option<Cow<'a, [u8]>>, String> {
        let input = *rest;
        // Where the element that is being read begins in `input`.
        let mut start = 0;
        let mut at = 0;
        while let Some(&byte) = input.get(at) {
            let inside = self.in_items && self.depth > ELEMENT;
            if !self.in_items {
                self.envelope.push(byte);
            }
            at += 1;
            if self.in_string {
                if self.escaped {
                    self.escaped = false;
                } else if byte == b'\\' {
                    self.escaped = true;
                } else if byte == b'"' {
                    self.in_string = false;
                    if self.depth == 1 {
                        self.last_string.1 = self.envelope.len() - 1;
                    }
                } else if inside {
                    // The bulk of a list is strings within its elements.
                    let plain = input[at..].iter().position(|&byte| byte == b'"' || byte == b'\\');
                    at = plain.map_or(input.len(), |plain| at + plain);
                }
                continue;
            }
            match byte {
                b'"' => {
                    self.in_string = true;
                    if self.depth == 1 {
                        self.last_string = (self.envelope.len(), self.envelope.len());
                    }
                }
                b'{' | b'[' => {
                    if self.depth == 1 && byte == b'[' && self.key() == b"items" {
                        self.in_items = true;
                    } else if self.in_items && self.depth == ELEMENT {
                        start = at - 1;
                    }
                    self.depth += 1;
                }
                b'}' | b']' => {
                    self.depth = self
                        .depth
                        .checked_sub(1)
                        .ok_or("a bracket is closed that was not opened")?;
                    if self.in_items && self.depth == ELEMENT {
                        *rest = &input[at..];
                        return Ok(Some(self.element(&input[start..at])));
                    }
                    if self.in_items && self.depth == 1 {
                        self.in_items = false;
                        self.envelope.push(byte);
                    }
                }
                _ => {}
            }
        }
        if self.in_items && self.depth > ELEMENT {
            self.partial.extend_from_slice(&input[start..]);
        }
        *rest = &[];
        Ok(None)
    }

    fn element<'a>(&mut self, tail: &'a [u8]) -> Cow<'a, [u8]> {
        if self.partial.is_empty() {
            return Cow::Borrowed(tail);
        }
        let mut whole = std::mem::take(&mut self.partial);
        whole.extend_from_slice(tail);
        Cow::Owned(whole)
    }

    fn key(&self) -> &[u8] {
        self.envelope
            .get(self.last_string.0..self.last_string.1)
            .unwrap_or_default()
    }

    /// What the list says of itself, after its last byte.
    pub(super) fn finish(self) -> Result<Metadata, String> {
        #[derive(Deserialize)]
        struct Envelope {
            metadata: Metadata,
        }
        if self.depth != 0 || self.envelope.is_empty() {
            return Err("the list breaks off".to_owned());
        }
        let envelope: Envelope =
            serde_json::from_slice(&self.envelope).map_err(|error| format!("this is no list: {error}"))?;
        Ok(envelope.metadata)
    }
}

/// A list's own metadata.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Metadata {
    /// The version that the list is of.
    pub(super) resource_version: String,
    /// Where the next page begins; empty on the last.
    #[serde(default)]
    pub(super) r#continue: String,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    /// Cuts `text`, handed over in frames that end at `cuts`.
    fn cut(text: &[u8], cuts: &[usize]) -> Result<(Vec<Value>, String), String> {
        let mut cutter = Cutter::default();
        let mut found = Vec::new();
        let mut from = 0;
        for &to in cuts.iter().chain([&text.len()]) {
            let mut rest = &text[from..to.max(from).min(text.len())];
            from = to.max(from).min(text.len());
            while let Some(object) = cutter.next(&mut rest)? {
                found.push(serde_json::from_slice(&object).map_err(|error| error.to_string())?);
            }
        }
        Ok((found, cutter.finish()?.resource_version))
    }

    #[test]
    fn objects_are_found_wherever_items_stands() {
        let objects = [json!({"a": "]}\\\"[{", "items": [1, {"b": []}]}), json!({})];
        for text in [
            json!({"kind": "items", "metadata": {"resourceVersion": "7", "items": []}, "items": objects})
                .to_string(),
            format!(
                r#"{{"items" : [ {} ,{}],"x":["items"],"metadata":{{"resourceVersion":"7"}}}}"#,
                objects[0], objects[1]
            ),
        ] {
            let (found, version) = cut(text.as_bytes(), &[]).unwrap();
            assert_eq!(
                (found.as_slice(), version.as_str()),
                (&objects[..], "7"),
                "{text}"
            );
        }
    }

    #[test]
    fn an_empty_list_may_be_null() {
        let text = br#"{"metadata":{"resourceVersion":"1"},"items":null}"#;
        assert_eq!(cut(text, &[]).unwrap(), (Vec::new(), "1".to_owned()));
    }

    #[test]
    fn what_breaks_off_or_is_no_list_is_an_error() {
        assert!(cut(br#"{"metadata":{"resourceVersion":"1"},"items":[{"a":1},"#, &[]).is_err());
        assert!(cut(b"", &[]).is_err());
        assert!(cut(b"<html>", &[]).is_err());
        assert!(cut(b"}", &[]).is_err());
        assert!(cut(br#"{"kind":"Status"}"#, &[]).is_err());
    }

    fn value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<i32>().prop_map(Value::from),
            ".{0,12}".prop_map(Value::from)
        ];
        leaf.prop_recursive(3, 24, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::btree_map(".{0,6}", inner, 0..4)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn any_objects_come_out_whole_however_the_frames_fall(
            objects in prop::collection::vec(prop::collection::btree_map(".{0,6}", value(), 0..4), 0..6),
            mut cuts in prop::collection::vec(0_usize..2_000, 0..12),
            pretty in any::<bool>(),
        ) {
            let objects: Vec<Value> = objects.into_iter().map(|map| Value::Object(map.into_iter().collect())).collect();
            let list = json!({"kind": "PodList", "metadata": {"resourceVersion": "42"}, "items": objects});
            let text = if pretty { serde_json::to_string_pretty(&list) } else { serde_json::to_string(&list) }.unwrap();
            cuts.sort_unstable();
            let (found, version) = cut(text.as_bytes(), &cuts).map_err(TestCaseError::fail)?;
            prop_assert_eq!(found, objects);
            prop_assert_eq!(version, "42");
        }
    }
}
