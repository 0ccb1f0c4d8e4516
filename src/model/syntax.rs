//! Which texts are label keys and label values.

/// Whether `text` is a label key: a name, perhaps after a DNS subdomain and a slash.
pub fn is_label_key(text: &str) -> bool {
    let (prefix, name) = match text.split_once('/') {
        Some((prefix, name)) => (Some(prefix), name),
        None => (None, text),
    };
    prefix.is_none_or(is_subdomain) && !name.is_empty() && is_name(name)
}

/// Whether `text` is a label value: a name, or empty.
pub fn is_label_value(text: &str) -> bool {
    text.is_empty() || is_name(text)
}

/// At most 63 bytes of [`is_name_of_any_length`].
fn is_name(text: &str) -> bool {
    text.len() <= 63 && is_name_of_any_length(text)
}

/// Whether `text` is letters, digits, `-`, `_` and `.`, with a letter or digit at both ends.
pub fn is_name_of_any_length(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphanumeric())
        && text.ends_with(|c: char| c.is_ascii_alphanumeric())
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
}

/// Whether `text` is a DNS subdomain, in lower case: at most 253 bytes of [`is_subdomain_of_any_length`].
pub fn is_subdomain(text: &str) -> bool {
    text.len() <= 253 && is_subdomain_of_any_length(text)
}

/// Whether `text` is labels of lower-case letters, digits and `-`, joined by dots.
pub fn is_subdomain_of_any_length(text: &str) -> bool {
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    text.split('.').all(|label| {
        label.bytes().next().is_some_and(plain)
            && label.bytes().next_back().is_some_and(plain)
            && label.bytes().all(|b| plain(b) || b == b'-')
    })
}
