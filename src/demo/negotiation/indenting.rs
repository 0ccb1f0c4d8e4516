//! JSON as people read it, without reading it as a tree.

use bytes::BytesMut;

/// Indents JSON as it passes, by two spaces a level; empty lists and objects stay on their line.
#[derive(Debug, Default)]
pub(super) struct Indenter {
    depth: usize,
    /// Inside of a string, and behind a backslash in it.
    quoted: bool,
    escaped: bool,
    /// A list or an object has just begun.
    opened: bool,
}

impl Indenter {
    /// Appends what follows, indented.
    pub(super) fn put(&mut self, json: &[u8], out: &mut BytesMut) {
        for &byte in json {
            if self.quoted {
                out.extend_from_slice(&[byte]);
                match byte {
                    _ if self.escaped => self.escaped = false,
                    b'\\' => self.escaped = true,
                    b'"' => self.quoted = false,
                    _ => {}
                }
                continue;
            }
            if byte.is_ascii_whitespace() {
                continue;
            }
            let closes = matches!(byte, b'}' | b']');
            if closes {
                self.depth = self.depth.saturating_sub(1);
            }
            if self.opened != closes && (self.opened || closes) {
                self.line(out);
            }
            self.opened = matches!(byte, b'{' | b'[');
            out.extend_from_slice(&[byte]);
            match byte {
                b'{' | b'[' => self.depth += 1,
                b',' => self.line(out),
                b':' => out.extend_from_slice(b" "),
                b'"' => self.quoted = true,
                _ => {}
            }
        }
    }

    fn line(&self, out: &mut BytesMut) {
        out.extend_from_slice(b"\n");
        for _ in 0..self.depth {
            out.extend_from_slice(b"  ");
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn json_is_indented_in_pieces_as_in_one() {
        let value = json!({"a": [], "b": {}, "c": [1, {"d\"}": "x,:[\\"}], "e": {"f": null}});
        let text = value.to_string();
        let whole = serde_json::to_string_pretty(&value).unwrap();
        for size in 1..text.len() {
            let mut indenter = Indenter::default();
            let mut out = BytesMut::new();
            for piece in text.as_bytes().chunks(size) {
                indenter.put(piece, &mut out);
            }
            assert_eq!(std::str::from_utf8(&out).unwrap(), whole);
        }
    }
}
