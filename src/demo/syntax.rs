//! What is wrong with text that is no JSON, in the words of Go's scanner, which clients know.
//!
//! Asked only where a text could not be read: it says where Go would have stopped, and why.

/// The first error; nothing where Go would find none.
pub(crate) fn error(text: &[u8]) -> Option<String> {
    let mut scanner = Scanner {
        rest: text,
        open: Vec::new(),
    };
    scanner.document().err().map(|wrong| match wrong {
        None => "unexpected end of JSON input".into(),
        Some((byte, context)) => format!("invalid character {} {context}", quoted(byte)),
    })
}

/// A byte that cannot stand where it is, and where that is; nothing where the text ends too early.
type Wrong = Option<(u8, String)>;

fn quoted(byte: u8) -> String {
    match byte {
        b'\'' => r"'\''".into(),
        b'"' => "'\"'".into(),
        b'\\' => r"'\\'".into(),
        b'\n' => r"'\n'".into(),
        b'\r' => r"'\r'".into(),
        b'\t' => r"'\t'".into(),
        0x07 => r"'\a'".into(),
        0x08 => r"'\b'".into(),
        0x0b => r"'\v'".into(),
        0x0c => r"'\f'".into(),
        0x80..=0xa0 | 0xad => format!("'\\u{byte:04x}'"),
        0..=0x1f | 0x7f => format!("'\\x{byte:02x}'"),
        _ => format!("'{}'", char::from(byte)),
    }
}

struct Scanner<'a> {
    rest: &'a [u8],
    /// The closing brackets that are due, the innermost last.
    open: Vec<u8>,
}

impl Scanner<'_> {
    fn document(&mut self) -> Result<(), Wrong> {
        loop {
            // Opens as many lists and objects as there are, and ends after a value without parts.
            if self.opening()? {
                continue;
            }
            // Closes what ends here, and stops before the next value.
            loop {
                let Some(close) = self.open.last().copied() else {
                    return match self.skip_space() {
                        None => Ok(()),
                        Some(byte) => wrong(byte, "after top-level value"),
                    };
                };
                let byte = self.skip_space().ok_or(None)?;
                self.step();
                if byte == close {
                    self.open.pop();
                } else if byte == b',' {
                    if close == b'}' {
                        let byte = self.skip_space().ok_or(None)?;
                        self.key(byte)?;
                    }
                    break;
                } else if close == b'}' {
                    return wrong(byte, "after object key:value pair");
                } else {
                    return wrong(byte, "after array element");
                }
            }
        }
    }

    /// Reads the beginning of a value: true where its first part is to follow.
    fn opening(&mut self) -> Result<bool, Wrong> {
        let byte = self.skip_space().ok_or(None)?;
        match byte {
            b'{' | b'[' => {
                self.step();
                let close = byte + 2;
                let next = self.skip_space().ok_or(None)?;
                if next == close {
                    self.step();
                    return Ok(false);
                }
                self.open.push(close);
                if byte == b'{' {
                    self.key(next)?;
                }
                return Ok(true);
            }
            b'"' => self.string()?,
            b'-' | b'0'..=b'9' => self.number()?,
            b't' => self.literal("true")?,
            b'f' => self.literal("false")?,
            b'n' => self.literal("null")?,
            other => return wrong(other, "looking for beginning of value"),
        }
        Ok(false)
    }

    fn peek(&self) -> Option<u8> {
        self.rest.first().copied()
    }

    fn step(&mut self) {
        self.rest = self.rest.get(1..).unwrap_or_default();
    }

    fn skip_space(&mut self) -> Option<u8> {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\r' | b'\n')) {
            self.step();
        }
        self.peek()
    }

    /// The next byte, which must be one of those that are wanted.
    fn expect(&mut self, wanted: impl Fn(u8) -> bool, context: &str) -> Result<u8, Wrong> {
        let byte = self.peek().ok_or(None)?;
        if !wanted(byte) {
            return wrong(byte, context);
        }
        self.step();
        Ok(byte)
    }

    fn key(&mut self, first: u8) -> Result<(), Wrong> {
        if first != b'"' {
            return wrong(first, "looking for beginning of object key string");
        }
        self.string()?;
        let byte = self.skip_space().ok_or(None)?;
        if byte != b':' {
            return wrong(byte, "after object key");
        }
        self.step();
        Ok(())
    }

    fn string(&mut self) -> Result<(), Wrong> {
        self.step();
        loop {
            match self.expect(|byte| byte >= 0x20, "in string literal")? {
                b'"' => return Ok(()),
                b'\\' => {
                    let escape = |byte| {
                        matches!(
                            byte,
                            b'b' | b'f' | b'n' | b'r' | b't' | b'\\' | b'/' | b'"' | b'u'
                        )
                    };
                    if self.expect(escape, "in string escape code")? == b'u' {
                        for _ in 0..4 {
                            let digit = |byte: u8| byte.is_ascii_hexdigit();
                            self.expect(digit, "in \\u hexadecimal character escape")?;
                        }
                    }
                }
                _ => {}
            }
        }
    }

    fn digits(&mut self) {
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.step();
        }
    }

    fn number(&mut self) -> Result<(), Wrong> {
        let digit = |byte: u8| byte.is_ascii_digit();
        if self.peek() == Some(b'-') {
            self.step();
        }
        if self.expect(digit, "in numeric literal")? != b'0' {
            self.digits();
        }
        if self.peek() == Some(b'.') {
            self.step();
            self.expect(digit, "after decimal point in numeric literal")?;
            self.digits();
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.step();
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.step();
            }
            self.expect(digit, "in exponent of numeric literal")?;
            self.digits();
        }
        Ok(())
    }

    fn literal(&mut self, word: &str) -> Result<(), Wrong> {
        self.step();
        for wanted in word.bytes().skip(1) {
            let context = || format!("in literal {word} (expecting '{}')", char::from(wanted));
            self.expect(|byte| byte == wanted, &context())?;
        }
        Ok(())
    }
}

fn wrong<T>(byte: u8, context: &str) -> Result<T, Wrong> {
    Err(Some((byte, context.to_owned())))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde::de::IgnoredAny;

    use super::error;

    #[test]
    fn in_the_words_of_go() {
        for (text, wanted) in [
            ("", "unexpected end of JSON input"),
            ("{", "unexpected end of JSON input"),
            (r#"{"a": "b"#, "unexpected end of JSON input"),
            ("{} x", "invalid character 'x' after top-level value"),
            (
                r#"{"a":1,}"#,
                "invalid character '}' looking for beginning of object key string",
            ),
            (
                "{'a':1}",
                r"invalid character '\'' looking for beginning of object key string",
            ),
            (
                r#"{"a":tru}"#,
                "invalid character '}' in literal true (expecting 'e')",
            ),
            (r#"{"a" 1}"#, "invalid character '1' after object key"),
            (
                r#"{"a":1 "b""#,
                "invalid character '\"' after object key:value pair",
            ),
            ("[1 2]", "invalid character '2' after array element"),
            ("[,]", "invalid character ',' looking for beginning of value"),
            (
                "metadata:",
                "invalid character 'm' looking for beginning of value",
            ),
            ("[-]", "invalid character ']' in numeric literal"),
            (
                "[1.]",
                "invalid character ']' after decimal point in numeric literal",
            ),
            ("[1e]", "invalid character ']' in exponent of numeric literal"),
            ("\"\\x\"", "invalid character 'x' in string escape code"),
            ("\"\n\"", r"invalid character '\n' in string literal"),
        ] {
            assert_eq!(error(text.as_bytes()).as_deref(), Some(wanted), "{text}");
        }
        assert_eq!(
            error(br#" {"a": [1, -0.5e+3, {}, [], null, true, "\u00e4\n"]} "#),
            None
        );
    }

    proptest! {
        /// There is an error here exactly where there is one for a parser.
        #[test]
        fn agrees_with_a_parser(text in r#"[\[\]{}",:0-9a-ceflnrstu.+ -]{0,12}"#) {
            let parsed = serde_json::from_str::<IgnoredAny>(&text);
            prop_assert_eq!(error(text.as_bytes()).is_none(), parsed.is_ok(), "{}", text);
        }
    }
}
