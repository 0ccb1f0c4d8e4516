//! Where in its text an expression is wrong, told as cel-go does: line, column and the line with a mark under it.

use kube_cel::cel::ParseError;

/// What numbers and texts are counted as.
pub(super) const LITERAL: &str = "<literal>";

/// A token: what it is counted as, and where it starts.
type Token = (String, usize);

/// Tells `message` about the place at byte `at` of `text`.
pub(super) fn told(text: &str, at: usize, message: &str) -> String {
    let before = text.get(..at).unwrap_or(text);
    let line = before.matches('\n').count();
    let start = before.rfind('\n').map_or(0, |newline| newline + 1);
    let column = before.get(start..).map_or(0, |part| part.chars().count());
    let shown = text.lines().nth(line).unwrap_or_default();
    format!(
        "ERROR: <input>:{}:{}: {message}\n | {shown}\n | {}^",
        line + 1,
        column + 1,
        ".".repeat(column)
    )
}

/// Tells what the parser found.
pub(super) fn syntax_error(text: &str, error: &ParseError) -> String {
    let line = usize::try_from(error.pos.0).unwrap_or(1).max(1);
    let column = usize::try_from(error.pos.1).unwrap_or(1).max(1);
    let shown = text.lines().nth(line - 1).unwrap_or_default();
    format!(
        "ERROR: <input>:{line}:{column}: Syntax error: {}\n | {shown}\n | {}^",
        error.msg.trim_start_matches("Syntax error: "),
        ".".repeat(column - 1)
    )
}

/// The byte at which the `nth` token counted as `kind` starts; 0 where there is none.
///
/// A name is counted as itself, after a dot as `.NAME` (at the dot), and the parenthesis of its call as `NAME(`; other
/// tokens as they are written.
pub(super) fn find(text: &str, kind: &str, nth: usize) -> usize {
    let all = tokens(text);
    all.iter()
        .filter(|(have, _)| have == kind)
        .nth(nth)
        .map_or(0, |&(_, at)| at)
}

fn tokens(text: &str) -> Vec<Token> {
    let mut all: Vec<Token> = Vec::new();
    let mut dot = None;
    let mut name = String::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let at = text.len() - rest.len();
        let length = length(rest, first);
        let (token, after) = rest
            .split_at_checked(length.max(first.len_utf8()))
            .unwrap_or((rest, ""));
        rest = after;
        if first.is_whitespace() {
            continue;
        }
        if first.is_alphabetic() || first == '_' {
            all.push(match dot.take() {
                Some(dot) => (format!(".{token}"), dot),
                None => (token.to_owned(), at),
            });
            token.clone_into(&mut name);
            continue;
        }
        if token == "(" && !name.is_empty() {
            all.push((format!("{name}("), at));
        }
        name.clear();
        dot = (token == ".")
            .then_some(at)
            .or_else(|| dot.filter(|_| token == "?"));
        let literal = first.is_ascii_digit() || first == '"' || first == '\'';
        all.push((if literal { LITERAL } else { token }.to_owned(), at));
    }
    all
}

fn length(rest: &str, first: char) -> usize {
    if first.is_alphabetic() || first == '_' {
        return rest
            .find(|c: char| !c.is_alphanumeric() && c != '_')
            .unwrap_or(rest.len());
    }
    if first.is_ascii_digit() {
        return rest
            .find(|c: char| !c.is_alphanumeric() && c != '.')
            .unwrap_or(rest.len());
    }
    if first == '"' || first == '\'' {
        let mut escaped = false;
        for (at, c) in rest.char_indices().skip(1) {
            if c == first && !escaped {
                return at + 1;
            }
            escaped = c == '\\' && !escaped;
        }
        return rest.len();
    }
    if first.is_whitespace() {
        return first.len_utf8();
    }
    let two = ["==", "!=", "<=", ">=", "&&", "||"];
    if two.iter().any(|token| rest.starts_with(token)) {
        2
    } else {
        first.len_utf8()
    }
}
