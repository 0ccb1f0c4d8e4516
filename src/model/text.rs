//! Text from the cluster made safe for a terminal.

use std::borrow::Cow;
use std::fmt::Write as _;

/// `text` without anything that could move the cursor, change colours, reorder what is shown or hide something in it:
/// control characters (C0, C1, DEL) and bidirectional or invisible format characters become `�`. Marks that only ask for
/// another shape of the character before them are left out: terminals do not agree on how wide it is then.
pub fn inert(text: &str) -> Cow<'_, str> {
    if text.chars().any(is_active) {
        let kept = text.chars().filter(|&c| !selects_shape(c));
        Cow::Owned(kept.map(|c| if is_active(c) { '\u{fffd}' } else { c }).collect())
    } else {
        Cow::Borrowed(text)
    }
}

/// Whether a terminal would act on `c` instead of showing it, or show nothing for it.
pub fn is_active(c: char) -> bool {
    c.is_control()
        || selects_shape(c)
        || matches!(c, '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
            | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2028}' | '\u{2029}'
            | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{feff}' | '\u{ffa0}' | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e00ff}')
}

/// Whether `c` is a variation selector.
const fn selects_shape(c: char) -> bool {
    matches!(c, '\u{180b}'..='\u{180d}' | '\u{180f}' | '\u{fe00}'..='\u{fe0f}' | '\u{e0100}'..='\u{e01ef}')
}

/// Writes `c` as a backslash, `kind` and so many hexadecimal digits.
fn escape(to: &mut String, kind: char, digits: usize, c: char) {
    // Writing into a string does not fail.
    let _ = write!(to, "\\{kind}{:0digits$x}", c as u32);
}

/// `text` in quotes, with escapes for what cannot be seen: Go's `%q`, which upstream's messages use.
pub fn quoted(text: &str) -> String {
    let mut all = String::with_capacity(text.len() + 2);
    all.push('"');
    for c in text.chars() {
        match c {
            '\u{7}' => all.push_str("\\a"),
            '\u{8}' => all.push_str("\\b"),
            '\u{b}' => all.push_str("\\v"),
            '\u{c}' => all.push_str("\\f"),
            '\n' | '\r' | '\t' | '"' | '\\' => all.extend(c.escape_default()),
            '\'' => all.push(c),
            c if c < '\u{20}' || c == '\u{7f}' => escape(&mut all, 'x', 2, c),
            // Rust's idea of what can be printed, which is Go's but for marks that join the letter before them.
            c if c.escape_debug().len() == 1 || c.is_alphanumeric() => all.push(c),
            c if c <= '\u{ffff}' => escape(&mut all, 'u', 4, c),
            c => escape(&mut all, 'U', 8, c),
        }
    }
    all.push('"');
    all
}
