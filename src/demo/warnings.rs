//! `Warning` headers: what a client is told besides its answer.
//!
//! All of them together take no more than a limit, as upstream: beyond, each is cut short, and then the last are left
//! out (`k8s.io/apiserver/pkg/endpoints/filters`).

use std::collections::HashSet;

use http::{HeaderMap, HeaderValue, header};

/// Characters of all warnings together.
const TOTAL: usize = 4 * 1024;
/// Characters of one, where all of them are too long.
const EACH: usize = 256;

/// Adds warnings to the headers of an answer.
pub(crate) fn add(warnings: &[String], headers: &mut HeaderMap) {
    let mut seen = HashSet::new();
    let mut distinct: Vec<&String> = warnings.iter().collect();
    distinct.retain(|text| !text.is_empty() && seen.insert(text.as_str()));
    let length: usize = distinct.iter().map(|text| text.chars().count()).sum();
    let limit = if length > TOTAL { EACH } else { usize::MAX };
    let mut written = 0;
    for text in distinct {
        if written >= TOTAL {
            break;
        }
        let text: String = text.chars().take(limit).collect();
        written += text.chars().count();
        let quoted = text.replace('\\', "\\\\").replace('"', "\\\"");
        // Text that cannot stand in a header is no warning; upstream leaves it out as well.
        if let Ok(value) = HeaderValue::from_str(&format!("299 - \"{quoted}\"")) {
            headers.append(header::WARNING, value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn together_they_take_no_more_than_the_limit() {
        let mut headers = HeaderMap::new();
        let twice = ["a \"b\"".to_owned(), "a \"b\"".to_owned(), String::new()];
        add(&twice, &mut headers);
        let all: Vec<_> = headers.get_all("warning").iter().collect();
        assert_eq!(all, [r#"299 - "a \"b\"""#]);
        let many: Vec<String> = (0..100)
            .map(|number| format!("{number} {}", "x".repeat(500)))
            .collect();
        let mut headers = HeaderMap::new();
        add(&many, &mut headers);
        let all: Vec<_> = headers.get_all("warning").iter().collect();
        assert_eq!(all.len(), TOTAL / EACH);
        assert!(all.iter().all(|value| value.len() == EACH + r#"299 - """#.len()));
    }
}
