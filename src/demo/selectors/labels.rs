//! Label selectors: the language of `labelSelector`, its words, and what is said about what is none of it.
//!
//! Grammar and messages are those of `k8s.io/apimachinery/pkg/labels`.

use std::collections::BTreeSet;

use super::super::{names, object::Object};

/// One requirement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Term {
    In(String, BTreeSet<String>),
    NotIn(String, BTreeSet<String>),
    Exists(String),
    DoesNotExist(String),
    /// `key>n` (`true`) or `key<n`.
    Compare(String, bool, i64),
}

impl Term {
    pub(super) fn holds(&self, object: &Object) -> bool {
        match self {
            Self::In(key, values) => object.label(key).is_some_and(|v| values.contains(v)),
            Self::NotIn(key, values) => object.label(key).is_none_or(|v| !values.contains(v)),
            Self::Exists(key) => object.label(key).is_some(),
            Self::DoesNotExist(key) => object.label(key).is_none(),
            Self::Compare(key, greater, bound) => {
                let value = object.label(key).and_then(|v| v.parse::<i64>().ok());
                value.is_some_and(|v| if *greater { v > *bound } else { v < *bound })
            }
        }
    }
}

/// A word of the language.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Word<'a> {
    /// A sign, or `in` or `notin`.
    Known(&'a str),
    Name(&'a str),
    End,
}

impl<'a> Word<'a> {
    fn text(self) -> &'a str {
        match self {
            Self::Known(text) | Self::Name(text) => text,
            Self::End => "",
        }
    }

    /// The name that it is; where names are expected, `in` and `notin` are some.
    fn name(self) -> Option<&'a str> {
        match self {
            Self::Name(text) | Self::Known(text @ ("in" | "notin")) => Some(text),
            _ => None,
        }
    }

    fn is(self, sign: &str) -> bool {
        self == Word::Known(sign)
    }

    fn ends_requirement(self) -> bool {
        self == Word::End || self.is(",")
    }
}

const SIGNS: [char; 7] = ['=', '!', '(', ')', ',', '>', '<'];
const BLANKS: [char; 4] = [' ', '\t', '\r', '\n'];

fn words(text: &str) -> Vec<Word<'_>> {
    let mut words = Vec::new();
    // A byte 0 is the end, as for upstream.
    let mut rest = text.split('\0').next().unwrap_or_default();
    loop {
        rest = rest.trim_start_matches(BLANKS);
        let length = match rest.chars().next() {
            None => break,
            Some(_) if rest.starts_with("==") || rest.starts_with("!=") => 2,
            Some(c) if SIGNS.contains(&c) => 1,
            Some(_) => rest
                .find(|c| SIGNS.contains(&c) || BLANKS.contains(&c))
                .unwrap_or(rest.len()),
        };
        let (word, after) = rest.split_at(length);
        rest = after;
        let known = word.starts_with(SIGNS) || matches!(word, "in" | "notin");
        words.push(if known {
            Word::Known(word)
        } else {
            Word::Name(word)
        });
    }
    words.push(Word::End);
    words
}

struct Parser<'a> {
    words: Vec<Word<'a>>,
    at: usize,
}

/// Reads a selector; the error is upstream's message.
pub(super) fn parse(text: &str) -> Result<Vec<Term>, String> {
    let mut parser = Parser {
        words: words(text),
        at: 0,
    };
    let mut terms = Vec::new();
    loop {
        let word = parser.peek();
        if word == Word::End {
            return Ok(terms);
        }
        if word.name().is_none() && !word.is("!") {
            return Err(found(word, ", expected: !, identifier, or 'end of string'"));
        }
        let term = parser.requirement();
        terms.push(term.map_err(|why| format!("unable to parse requirement: {why}"))?);
        match parser.take() {
            Word::End => return Ok(terms),
            word if word.is(",") => {
                let next = parser.peek();
                if next.name().is_none() && !next.is("!") {
                    return Err(found(next, ", expected: identifier after ','"));
                }
            }
            word => return Err(found(word, ", expected: ',' or 'end of string'")),
        }
    }
}

fn found(word: Word<'_>, expected: &str) -> String {
    format!("found '{}'{expected}", word.text())
}

impl<'a> Parser<'a> {
    fn peek(&self) -> Word<'a> {
        self.words.get(self.at).copied().unwrap_or(Word::End)
    }

    fn take(&mut self) -> Word<'a> {
        let word = self.peek();
        self.at += 1;
        word
    }

    fn requirement(&mut self) -> Result<Term, String> {
        let absent = self.peek().is("!");
        if absent {
            self.take();
        }
        let word = self.take();
        let key = word.name().ok_or_else(|| found(word, ", expected: identifier"))?;
        check("<nil>", key, &names::qualified(key))?;
        let key = key.to_owned();
        if absent {
            return Ok(Term::DoesNotExist(key));
        }
        if self.peek().ends_requirement() {
            return Ok(Term::Exists(key));
        }
        let operator = self.take();
        let Word::Known(sign) = operator else {
            return Err(found(operator, OPERATORS));
        };
        let values = match sign {
            "in" | "notin" => self.values()?,
            "=" | "==" | "!=" | ">" | "<" => self.value()?,
            _ => return Err(found(operator, OPERATORS)),
        };
        if matches!(sign, ">" | "<") {
            let value = values.first().map_or("", String::as_str);
            let bound = integer(value).ok_or_else(|| {
                invalid(
                    "values[0]",
                    value,
                    "for 'Gt', 'Lt' operators, the value must be an integer",
                )
            })?;
            return Ok(Term::Compare(key, sign == ">", bound));
        }
        for (at, value) in values.iter().enumerate() {
            check(&format!("values[{at}][{key}]"), value, &names::label_value(value))?;
        }
        Ok(match sign {
            "notin" | "!=" => Term::NotIn(key, values),
            _ => Term::In(key, values),
        })
    }

    /// The one value behind a sign, which may be missing.
    fn value(&mut self) -> Result<BTreeSet<String>, String> {
        if self.peek().ends_requirement() {
            return Ok(BTreeSet::from([String::new()]));
        }
        let word = self.take();
        let value = word.name().ok_or_else(|| found(word, ", expected: identifier"))?;
        Ok(BTreeSet::from([value.to_owned()]))
    }

    /// Values in brackets; between commas there may be nothing.
    fn values(&mut self) -> Result<BTreeSet<String>, String> {
        let open = self.take();
        if !open.is("(") {
            return Err(found(open, " expected: '('"));
        }
        let first = self.peek();
        if first.is(")") {
            self.take();
            return Ok(BTreeSet::from([String::new()]));
        }
        if first.name().is_none() && !first.is(",") {
            return Err(found(first, ", expected: ',', ')' or identifier"));
        }
        let mut values = BTreeSet::new();
        loop {
            let word = self.take();
            if let Some(value) = word.name() {
                values.insert(value.to_owned());
                match self.peek() {
                    next if next.is(",") => {}
                    next if next.is(")") => break,
                    next => return Err(found(next, ", expected: ',' or ')'")),
                }
            } else if word.is(",") {
                let next = self.peek();
                if values.is_empty() || next.is(")") || next.is(",") {
                    values.insert(String::new());
                }
                if next.is(")") {
                    break;
                }
            } else {
                return Err(found(word, ", expected: ',', or identifier"));
            }
        }
        self.take();
        Ok(values)
    }
}

const OPERATORS: &str = ", expected: in, notin, =, ==, !=, gt, lt";

/// Go's `ParseInt`, which also takes a plus.
fn integer(text: &str) -> Option<i64> {
    text.parse().ok()
}

fn check(field: &str, value: &str, wrong: &[String]) -> Result<(), String> {
    if wrong.is_empty() {
        Ok(())
    } else {
        Err(invalid(field, value, &wrong.join("; ")))
    }
}

fn invalid(field: &str, value: &str, why: &str) -> String {
    format!("{field}: Invalid value: {value:?}: {why}")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_messages_are_upstreams() {
        for (text, message) in [
            ("a,,b", "found ',', expected: identifier after ','"),
            ("a,", "found '', expected: identifier after ','"),
            ("a=b=c", "found '=', expected: ',' or 'end of string'"),
            ("a in b", "unable to parse requirement: found 'b' expected: '('"),
            (
                "a in (b",
                "unable to parse requirement: found '', expected: ',' or ')'",
            ),
            (
                "a notin (b c)",
                "unable to parse requirement: found 'c', expected: ',' or ')'",
            ),
            ("a in (b))", "found ')', expected: ',' or 'end of string'"),
            ("(", "found '(', expected: !, identifier, or 'end of string'"),
            (
                "a b",
                "unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt",
            ),
            (
                "a!b",
                "unable to parse requirement: found '!', expected: in, notin, =, ==, !=, gt, lt",
            ),
            ("!", "unable to parse requirement: found '', expected: identifier"),
            (
                "a===b",
                "unable to parse requirement: found '=', expected: identifier",
            ),
            ("!a=b", "found '=', expected: ',' or 'end of string'"),
            ("a=1>2", "found '>', expected: ',' or 'end of string'"),
            (
                "a>1.5",
                "unable to parse requirement: values[0]: Invalid value: \"1.5\": \
                 for 'Gt', 'Lt' operators, the value must be an integer",
            ),
        ] {
            assert_eq!(parse(text), Err(message.to_owned()), "{text}");
        }
        let message = parse("-a").unwrap_err();
        let start = "unable to parse requirement: <nil>: Invalid value: \"-a\": name part must consist of";
        assert!(message.starts_with(start), "{message}");
        let message = parse("a=-").unwrap_err();
        let start = "unable to parse requirement: values[0][a]: Invalid value: \"-\": a valid label must be";
        assert!(message.starts_with(start), "{message}");
    }

    #[test]
    fn nothing_is_a_value_too() {
        let empty = BTreeSet::from([String::new()]);
        for text in ["a in ()", "a in (,)", "a=", "a==", "a in (,,)"] {
            assert_eq!(
                parse(text),
                Ok(vec![Term::In("a".into(), empty.clone())]),
                "{text}"
            );
        }
        let both = BTreeSet::from([String::new(), "b".into()]);
        assert_eq!(parse("a in (b,)"), Ok(vec![Term::In("a".into(), both)]));
        let named = BTreeSet::from(["in".to_owned()]);
        assert_eq!(parse("in in (in)"), Ok(vec![Term::In("in".into(), named)]));
        assert_eq!(parse(" "), Ok(Vec::new()));
    }

    proptest! {
        #[test]
        fn no_text_is_too_much(text in "[ab=!(),<>in \t\0é-]{0,20}") {
            let _ = parse(&text);
        }
    }
}
