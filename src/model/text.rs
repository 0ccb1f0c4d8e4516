//! Text from the cluster made safe for a terminal.

use std::borrow::Cow;

/// `text` without anything that could move the cursor, change colours or reorder what is shown: control characters
/// (C0, C1, DEL) and bidirectional or invisible format characters become `�`.
pub fn inert(text: &str) -> Cow<'_, str> {
    if text.chars().any(is_active) {
        Cow::Owned(
            text.chars()
                .map(|c| if is_active(c) { '\u{fffd}' } else { c })
                .collect(),
        )
    } else {
        Cow::Borrowed(text)
    }
}

/// Whether a terminal would act on `c` instead of showing it.
pub fn is_active(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2028}' | '\u{2029}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{061c}')
}
