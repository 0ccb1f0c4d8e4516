//! What a request asks for: its path and query, read as an API server reads them.

use axum::extract::Query;
use http::Uri;

use std::num::IntErrorKind;

use super::{failure::Failure, kinds, kinds::Kind};

/// The resource that a path leads to.
#[derive(Debug)]
pub(crate) struct Target {
    pub(crate) kind: &'static Kind,
    /// `None`: all namespaces, or a kind without.
    pub(crate) namespace: Option<String>,
    pub(crate) name: Option<String>,
    pub(crate) subresource: Option<String>,
    /// The path begins with `watch/`, which upstream still answers.
    pub(crate) old_watch: bool,
}

impl Target {
    /// Reads the segments after `/api/v1` or `/apis/GROUP/VERSION`.
    pub(crate) fn parse(group: &str, version: &str, segments: &[String]) -> Result<Self, Failure> {
        let mut parts: Vec<&str> = segments.iter().map(String::as_str).collect();
        // The old way to ask for a watch, by its path.
        let old_watch = parts.first() == Some(&"watch");
        if old_watch {
            parts.remove(0);
        }
        let (namespace, rest) = match parts.as_slice() {
            ["namespaces", "", rest @ ..] => (None, rest),
            ["namespaces", _] | ["namespaces", _, "status" | "finalize"] => (None, parts.as_slice()),
            ["namespaces", namespace, rest @ ..] => (Some(*namespace), rest),
            rest => (None, rest),
        };
        let (plural, name, subresource) = match rest {
            [plural] => (*plural, None, None),
            [plural, name] => (*plural, Some(*name), None),
            // What follows is a path on the far side.
            [plural, name, "proxy", ..] => (*plural, Some(*name), Some("proxy")),
            [plural, name, subresource] => (*plural, Some(*name), Some(*subresource)),
            _ => return Err(Failure::no_such_resource()),
        };
        let kind = kinds::find(group, version, plural).ok_or_else(Failure::no_such_resource)?;
        if namespace.is_some() && !kind.namespaced || namespace.is_none() && kind.namespaced && name.is_some()
        {
            return Err(Failure::no_such_resource());
        }
        if old_watch && (subresource.is_some() || !kind.is_stored()) {
            return Err(Failure::no_such_resource());
        }
        let owned = |part: Option<&str>| part.map(str::to_owned);
        Ok(Self {
            kind,
            namespace: owned(namespace),
            name: owned(name),
            subresource: owned(subresource),
            old_watch,
        })
    }
}

/// The query parameters that the server knows; it ignores others, as upstream. Of one that comes twice the first counts.
#[derive(Debug, Default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "a query, whose yes and no are independent"
)]
pub(crate) struct Params {
    pub(crate) label_selector: String,
    pub(crate) field_selector: String,
    pub(crate) limit: i64,
    pub(crate) continue_at: String,
    pub(crate) resource_version: String,
    pub(crate) resource_version_match: String,
    pub(crate) watch: bool,
    pub(crate) bookmarks: bool,
    pub(crate) send_initial_events: Option<bool>,
    pub(crate) timeout_seconds: Option<i64>,
    pub(crate) dry_run: Vec<String>,
    pub(crate) field_validation: String,
    pub(crate) grace_period_seconds: Option<i64>,
    pub(crate) field_manager: String,
    pub(crate) force: Option<bool>,
    pub(crate) propagation_policy: String,
    pub(crate) orphan_dependents: Option<bool>,
    /// Whether the answer is to be indented; `None` leaves it to who asks.
    pub(crate) pretty: Option<bool>,
    pub(crate) include_object: String,
    pub(crate) container: String,
    pub(crate) follow: bool,
    pub(crate) previous: bool,
    pub(crate) timestamps: bool,
    pub(crate) tail_lines: Option<i64>,
    pub(crate) limit_bytes: Option<i64>,
    pub(crate) since_seconds: Option<i64>,
    pub(crate) since_time: String,
    /// Parameters that should be numbers and are none, and how they are refused.
    not_numbers: Vec<(&'static str, Failure)>,
}

impl Params {
    pub(crate) fn parse(uri: &Uri) -> Result<Self, Failure> {
        let Query(pairs) = Query::<Vec<(String, String)>>::try_from_uri(uri)
            .map_err(|error| Failure::bad_request(error.body_text()))?;
        let mut params = Self::default();
        // What comes later is written over: the first is kept.
        for (key, value) in pairs.into_iter().rev() {
            match key.as_str() {
                "labelSelector" => params.label_selector = value,
                "fieldSelector" => params.field_selector = value,
                "limit" => params.limit = params.number("limit", &value).unwrap_or(0),
                "continue" => params.continue_at = value,
                "resourceVersion" => params.resource_version = value,
                "resourceVersionMatch" => params.resource_version_match = value,
                "watch" => params.watch = truth(&value),
                "allowWatchBookmarks" => params.bookmarks = truth(&value),
                "sendInitialEvents" => params.send_initial_events = Some(truth(&value)),
                "timeoutSeconds" => params.timeout_seconds = params.number("timeoutSeconds", &value),
                "dryRun" => params.dry_run.push(value),
                "fieldValidation" => params.field_validation = value,
                "gracePeriodSeconds" => {
                    params.grace_period_seconds = params.number("gracePeriodSeconds", &value);
                }
                "fieldManager" => params.field_manager = value,
                "force" => params.force = Some(truth(&value)),
                "propagationPolicy" => params.propagation_policy = value,
                "orphanDependents" => params.orphan_dependents = Some(truth(&value)),
                "pretty" if !value.is_empty() => {
                    let yes = ["1", "t", "T", "TRUE", "true", "True"];
                    params.pretty = Some(yes.contains(&value.as_str()));
                }
                "includeObject" => params.include_object = value,
                "container" => params.container = value,
                "follow" => params.follow = truth(&value),
                "previous" => params.previous = truth(&value),
                "timestamps" => params.timestamps = truth(&value),
                "tailLines" => params.tail_lines = params.number("tailLines", &value),
                "limitBytes" => params.limit_bytes = params.number("limitBytes", &value),
                "sinceSeconds" => params.since_seconds = params.number("sinceSeconds", &value),
                "sinceTime" => params.since_time = value,
                _ => {}
            }
        }
        params.dry_run.reverse();
        Ok(params)
    }

    fn number(&mut self, name: &'static str, value: &str) -> Option<i64> {
        self.not_numbers.retain(|(known, _)| *known != name);
        match value.parse::<i64>() {
            Ok(number) => Some(number),
            Err(error) => {
                let why = match error.kind() {
                    IntErrorKind::PosOverflow | IntErrorKind::NegOverflow => "value out of range",
                    _ => "invalid syntax",
                };
                let message = format!("strconv.ParseInt: parsing {value:?}: {why}");
                self.not_numbers.push((name, Failure::bad_request(message)));
                None
            }
        }
    }

    /// Refuses a number that is none, of the parameters that a request knows. Which these are depends on the request,
    /// and one that does not know a parameter does not read it.
    pub(crate) fn check_numbers(&self, known: &[&str]) -> Result<(), Failure> {
        let wrong = |name: &&str| self.not_numbers.iter().find(|(wrong, _)| wrong == name);
        match known.iter().find_map(wrong) {
            Some((_, failure)) => Err(failure.clone()),
            None => Ok(()),
        }
    }
}

/// The numbers of `ListOptions`, in the order in which upstream reads them.
pub(crate) const LIST_NUMBERS: [&str; 2] = ["timeoutSeconds", "limit"];

/// Upstream takes everything but these for true.
fn truth(value: &str) -> bool {
    !(value == "0" || value.eq_ignore_ascii_case("false"))
}

/// The segments of a path, percent signs decoded first: upstream takes an encoded slash for one. Empty ones in between
/// stay, and lead nowhere (but to all namespaces).
pub(crate) fn segments(path: &str) -> Vec<String> {
    let path = decode(path);
    match path.trim_matches('/') {
        "" => Vec::new(),
        path => path.split('/').map(str::to_owned).collect(),
    }
}

fn decode(part: &str) -> String {
    let mut out = Vec::with_capacity(part.len());
    let mut bytes = part.bytes();
    while let Some(byte) = bytes.next() {
        if byte == b'%' {
            let mut ahead = bytes.clone();
            let digit = |b: Option<u8>| b.and_then(|b| char::from(b).to_digit(16));
            if let (Some(high), Some(low)) = (digit(ahead.next()), digit(ahead.next())) {
                out.push((high * 16 + low) as u8);
                bytes = ahead;
                continue;
            }
        }
        out.push(byte);
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Plural, namespace, name and subresource, with a dash for none.
    fn target(path: &str) -> Option<String> {
        let target = Target::parse("", "v1", &segments(path)).ok()?;
        let or_dash = |part: Option<String>| part.unwrap_or_else(|| "-".into());
        let parts = [
            or_dash(target.namespace),
            or_dash(target.name),
            or_dash(target.subresource),
        ];
        Some(format!("{} {}", target.kind.plural, parts.join(" ")))
    }

    #[test]
    fn parameters() {
        let parse = |query: &str| Params::parse(&format!("/x?{query}").parse().unwrap()).unwrap();
        let params = parse("limit=1&limit=x&dryRun=All&dryRun=x&tailLines=%2B3");
        assert_eq!((params.limit, params.tail_lines), (1, Some(3)));
        assert_eq!(params.dry_run, ["All", "x"]);
        params.check_numbers(&LIST_NUMBERS).unwrap();
        for (query, wrong) in [
            ("limit=x&limit=1", "\"x\": invalid syntax"),
            ("limit=", "\"\": invalid syntax"),
            (
                "limit=99999999999999999999",
                "\"99999999999999999999\": value out of range",
            ),
            ("limit=x&timeoutSeconds=y", "\"y\": invalid syntax"),
        ] {
            let params = parse(query);
            params.check_numbers(&["gracePeriodSeconds"]).unwrap();
            let failure = params.check_numbers(&LIST_NUMBERS).unwrap_err();
            assert_eq!(failure.message(), format!("strconv.ParseInt: parsing {wrong}"));
        }
    }

    #[test]
    fn paths() {
        for (path, wanted) in [
            ("pods", "pods - - -"),
            ("namespaces/a/pods/b/binding", "pods a b binding"),
            ("namespaces/a", "namespaces - a -"),
            ("namespaces/a/status", "namespaces - a status"),
            ("namespaces/a/finalize", "namespaces - a finalize"),
            ("nodes/a%2Db", "nodes - a-b -"),
            ("nodes/", "nodes - - -"),
            ("namespaces//pods", "pods - - -"),
        ] {
            assert_eq!(target(path).as_deref(), Some(wanted), "{path}");
        }
        for wrong in [
            "foos",
            "namespaces/a/nodes",
            "pods/b",
            "",
            "namespaces/a/pods/b/c/d",
            "namespaces/a/pods/b%2Fc%2Fd",
            "namespaces/a//pods",
        ] {
            assert_eq!(target(wrong), None, "{wrong}");
        }
    }
}
