//! What a terminal sends for a key.

/// The bytes for a key by its name (see [`Terminal::press`](super::Terminal::press)). Programs can ask for another form
/// of the cursor keys, the "application mode".
pub(crate) fn bytes(key: &str, application_cursor: bool) -> Vec<u8> {
    let cursor = |letter: char| format!("\x1b{}{letter}", if application_cursor { 'O' } else { '[' });
    let one = |text: &str| {
        let mut characters = text.chars();
        characters.next().filter(|_| characters.next().is_none())
    };
    let text = match key {
        "Enter" => "\r".into(),
        "Esc" => "\x1b".into(),
        "Tab" => "\t".into(),
        "BackTab" => "\x1b[Z".into(),
        "Backspace" => "\x7f".into(),
        "Space" => " ".into(),
        "Up" => cursor('A'),
        "Down" => cursor('B'),
        "Right" => cursor('C'),
        "Left" => cursor('D'),
        "Home" => cursor('H'),
        "End" => cursor('F'),
        "Insert" => "\x1b[2~".into(),
        "Delete" => "\x1b[3~".into(),
        "PageUp" => "\x1b[5~".into(),
        "PageDown" => "\x1b[6~".into(),
        "F1" => "\x1bOP".into(),
        "F2" => "\x1bOQ".into(),
        "F3" => "\x1bOR".into(),
        "F4" => "\x1bOS".into(),
        "F5" => "\x1b[15~".into(),
        "F6" => "\x1b[17~".into(),
        "F7" => "\x1b[18~".into(),
        "F8" => "\x1b[19~".into(),
        "F9" => "\x1b[20~".into(),
        "F10" => "\x1b[21~".into(),
        "F11" => "\x1b[23~".into(),
        "F12" => "\x1b[24~".into(),
        _ => {
            if let Some(letter) = key
                .strip_prefix("Ctrl-")
                .and_then(one)
                .filter(char::is_ascii_alphabetic)
            {
                char::from(letter.to_ascii_lowercase() as u8 & 0x1f).into()
            } else if let Some(character) = key.strip_prefix("Alt-").and_then(one) {
                format!("\x1b{character}")
            } else {
                one(key)
                    .unwrap_or_else(|| panic!("there is no key {key:?}"))
                    .into()
            }
        }
    };
    text.into_bytes()
}
