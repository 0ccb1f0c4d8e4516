//! How large an expression may be, and how much work it may make: what is beyond would take the program's memory or time.

use super::CelError;
use super::value::{Value, fail};

/// Bytes of an expression, as the API server admits.
const LONGEST: usize = 10 * 1024;

/// Levels of an expression; each costs stack where it is parsed, checked and evaluated.
const DEEPEST: usize = 100;

/// The work that a selector may make on one device, by upstream's number; what counts as much is about what upstream
/// counts.
const MOST_WORK: u64 = 1_000_000;

/// What compiling a pattern counts as.
const PATTERN: u64 = 1_000;

/// Digits behind the point that a format may ask for.
const MOST_DIGITS: usize = 1_000;

/// Levels that any thread's stack has room for.
pub(super) const SHALLOW: usize = 6;

/// Bytes of stack that suffice for all that is admitted: the parser takes some 100 KiB a level where it is not optimised.
pub(super) const STACK: usize = 64 << 20;

/// How deep `text` goes, if it is small enough to be parsed.
///
/// # Errors
/// Where it is too long or goes too deep.
pub(super) fn admit(text: &str) -> Result<usize, CelError> {
    if text.len() > LONGEST {
        return fail(format!(
            "too long: {} bytes, must be no more than {LONGEST}",
            text.len()
        ));
    }
    let depth = depth(text);
    if depth > DEEPEST {
        return fail(format!(
            "compilation failed: expression recursion limit exceeded: {DEEPEST}"
        ));
    }
    Ok(depth)
}

/// What may be nested at one level of brackets.
#[derive(Clone, Copy, Default)]
struct Level {
    /// Operators since the last that starts anew; those of one chain contain each other.
    chain: usize,
    /// The deepest chain before a `&&` or `||`, which the parser puts side by side.
    deepest: usize,
    /// Parts of conditionals, which contain what follows.
    conditions: usize,
}

impl Level {
    fn depth(&self) -> usize {
        self.conditions + self.chain.max(self.deepest)
    }
}

/// No fewer levels than the expression in `text` has.
fn depth(text: &str) -> usize {
    let mut levels = vec![Level::default()];
    let mut outside = 0;
    let mut deepest = 0;
    let mut at = 0;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        let (token, length) = token(rest, text.get(..at).unwrap_or_default());
        at += length;
        let within = levels.len() > 1;
        let Some(level) = levels.last_mut() else {
            break;
        };
        match token {
            Token::Opens => {
                // What is called or indexed contains what is in the brackets no less than what is before them.
                level.chain += 1;
                outside += level.depth();
                levels.push(Level::default());
            }
            Token::Closes if within => {
                levels.pop();
                outside -= levels.last().map_or(0, Level::depth);
            }
            Token::Separates => *level = Level::default(),
            Token::Joins => {
                level.deepest = level.deepest.max(level.chain);
                level.chain = 0;
            }
            Token::Conditions => level.conditions += 1,
            Token::Chains => level.chain += 1,
            Token::Closes | Token::Other => {}
        }
        deepest = deepest.max(outside + levels.last().map_or(0, Level::depth));
    }
    deepest
}

/// `text` with a space for each `!` or `-` before another that undoes it: the parser takes `!!a` for `!a`, and reads what
/// follows twice. Places stay what they were.
pub(super) fn single_signs(text: &str) -> String {
    let mut spaces = Vec::new();
    let mut run: Vec<usize> = Vec::new();
    let mut sign = "";
    let mut operand = false;
    let mut at = 0;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        let (token, length) = token(rest, text.get(..at).unwrap_or_default());
        let shown = rest.get(..length).unwrap_or_default();
        let blank = shown.trim().is_empty() || shown.starts_with("//");
        let signs = (shown == "!" && !rest.starts_with("!=")) || (shown == "-" && !operand);
        if !blank {
            if !signs || shown != sign {
                run.truncate(run.len() / 2 * 2);
                spaces.append(&mut run);
            }
            if signs {
                sign = shown;
                run.push(at);
            }
            operand = matches!(token, Token::Closes | Token::Other);
        }
        at += length;
    }
    let mut bytes = text.as_bytes().to_vec();
    for at in spaces {
        if let Some(byte) = bytes.get_mut(at) {
            *byte = b' ';
        }
    }
    String::from_utf8(bytes).unwrap_or_else(|_| text.to_owned())
}

#[derive(Clone, Copy)]
enum Token {
    Opens,
    Closes,
    Separates,
    Joins,
    Conditions,
    Chains,
    Other,
}

/// The first token of `rest`, which follows `before`, and its bytes.
fn token(rest: &str, before: &str) -> (Token, usize) {
    let first = rest.chars().next().unwrap_or(' ');
    let word = |c: char| c.is_alphanumeric() || c == '_';
    match first {
        '(' | '[' | '{' => (Token::Opens, 1),
        ')' | ']' | '}' => (Token::Closes, 1),
        ',' => (Token::Separates, 1),
        '?' | ':' => (Token::Conditions, 1),
        '&' | '|' if rest.starts_with("&&") || rest.starts_with("||") => (Token::Joins, 2),
        '/' if rest.starts_with("//") => (Token::Other, rest.find('\n').unwrap_or(rest.len())),
        '"' | '\'' => {
            let raw = before.ends_with(['r', 'R']);
            (Token::Other, literal(rest, first, raw).unwrap_or(1))
        }
        first if word(first) => {
            let length = rest.find(|c| !word(c)).unwrap_or(rest.len());
            let token = if rest.get(..length) == Some("in") {
                Token::Chains
            } else {
                Token::Other
            };
            let quoted = rest
                .get(length..)
                .is_some_and(|rest| rest.starts_with(['"', '\'']));
            let prefix = quoted && length <= 2;
            (if prefix { Token::Other } else { token }, length)
        }
        first if first.is_whitespace() => (Token::Other, first.len_utf8()),
        first => (Token::Chains, first.len_utf8()),
    }
}

/// The bytes of the text literal that `rest` starts with; `None` where it does not end.
fn literal(rest: &str, quote: char, raw: bool) -> Option<usize> {
    let triple = quote.to_string().repeat(3);
    let (end, begun) = if rest.starts_with(&triple) {
        (triple.as_str(), 3)
    } else {
        (triple.get(..1)?, 1)
    };
    let mut escaped = false;
    for (at, c) in rest.char_indices().skip(begun) {
        if escaped {
            escaped = false;
        } else if c == '\\' && !raw {
            escaped = true;
        } else if rest.get(at..)?.starts_with(end) {
            return Some(at + end.len());
        } else if c == '\n' && begun == 1 {
            return None;
        }
    }
    None
}

/// The work that is left to an expression.
#[derive(Debug)]
pub(super) struct Work(u64);

impl Work {
    pub(super) fn new() -> Self {
        Self(MOST_WORK)
    }

    /// # Errors
    /// Where more was made than may be, with upstream's words.
    pub(super) fn spend(&mut self, work: u64) -> Result<(), CelError> {
        // Once there is none left there is none for anything.
        self.0 = self.0.saturating_sub(work);
        if self.0 == 0 {
            return fail("operation cancelled: actual cost limit exceeded");
        }
        Ok(())
    }

    /// Counts everything in `values`, parts that they share as often as they are in them.
    ///
    /// # Errors
    /// As for [`Work::spend`].
    pub(super) fn look_through(&mut self, values: &[Value]) -> Result<(), CelError> {
        for value in values {
            match value {
                Value::String(text) => self.spend(1 + text.len() as u64 / 10)?,
                Value::Bytes(bytes) => self.spend(1 + bytes.len() as u64 / 10)?,
                Value::List(items) => self.look_through(items)?,
                Value::Map(map) => {
                    for (key, value) in &map.entries {
                        self.look_through(std::slice::from_ref(key))?;
                        self.look_through(std::slice::from_ref(value))?;
                    }
                }
                Value::Optional(Some(value)) => self.look_through(std::slice::from_ref(&**value))?,
                _ => self.spend(1)?,
            }
        }
        Ok(())
    }

    /// Counts what function `name` will make of `arguments`, where that is more than it is given.
    ///
    /// # Errors
    /// As for [`Work::spend`]; where a format asks for more digits than there are.
    pub(super) fn foresee(&mut self, name: &str, arguments: &[Value]) -> Result<(), CelError> {
        let size = |value: &Value| match value {
            Value::String(text) => text.len() as u64,
            Value::List(items) => items.len() as u64,
            _ => 0,
        };
        match (name, arguments) {
            ("matches" | "find" | "findAll", _) => self.spend(PATTERN),
            ("lists.range", [Value::Int(count)]) => self.spend(u64::try_from(*count).unwrap_or(0)),
            ("replace", [Value::String(text), Value::String(old), Value::String(new), ..]) => {
                let found = text.matches(&**old).count() as u64;
                self.spend(found.saturating_mul(new.len() as u64) / 10)
            }
            ("join", [list, by]) => self.spend(size(list).saturating_mul(size(by)) / 10),
            ("distinct" | "indexOf" | "lastIndexOf", [Value::List(items), ..]) => {
                let count = items.len() as u64;
                self.spend(count.saturating_mul(count))
            }
            (name, [a, b]) if name.starts_with("sets.") => self.spend(size(a).saturating_mul(size(b))),
            ("format", [Value::String(format), ..]) => {
                let digits = format.split('.').skip(1).map(|part| {
                    let end = part.find(|c: char| !c.is_ascii_digit()).unwrap_or(part.len());
                    let digits = part.get(..end).unwrap_or_default();
                    digits
                        .parse()
                        .unwrap_or(if digits.is_empty() { 0 } else { usize::MAX })
                });
                match digits.max() {
                    Some(most) if most > MOST_DIGITS => fail(format!(
                        "could not parse formatting clause: precision of more than {MOST_DIGITS}"
                    )),
                    _ => Ok(()),
                }
            }
            _ => Ok(()),
        }
    }

    /// Whether none is left.
    pub(super) fn is_done(&self) -> bool {
        self.0 == 0
    }
}
