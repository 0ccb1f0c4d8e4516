//! What a request asks for: its path and query, read as an API server reads them.

use axum::extract::Query;
use http::Uri;

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

/// The query parameters that the server knows; it ignores others, as upstream.
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
}

impl Params {
    pub(crate) fn parse(uri: &Uri) -> Result<Self, Failure> {
        let Query(pairs) = Query::<Vec<(String, String)>>::try_from_uri(uri)
            .map_err(|error| Failure::bad_request(error.body_text()))?;
        let mut params = Self::default();
        for (key, value) in pairs {
            match key.as_str() {
                "labelSelector" => params.label_selector = value,
                "fieldSelector" => params.field_selector = value,
                "limit" => params.limit = number(&value)?,
                "continue" => params.continue_at = value,
                "resourceVersion" => params.resource_version = value,
                "resourceVersionMatch" => params.resource_version_match = value,
                "watch" => params.watch = truth(&value),
                "allowWatchBookmarks" => params.bookmarks = truth(&value),
                "sendInitialEvents" => params.send_initial_events = Some(truth(&value)),
                "timeoutSeconds" => params.timeout_seconds = Some(number(&value)?),
                "dryRun" => params.dry_run.push(value),
                "fieldValidation" => params.field_validation = value,
                "gracePeriodSeconds" => params.grace_period_seconds = Some(number(&value)?),
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
                "tailLines" => params.tail_lines = Some(number(&value)?),
                "limitBytes" => params.limit_bytes = Some(number(&value)?),
                "sinceSeconds" => params.since_seconds = Some(number(&value)?),
                "sinceTime" => params.since_time = value,
                _ => {}
            }
        }
        Ok(params)
    }
}

fn number<T: std::str::FromStr>(value: &str) -> Result<T, Failure> {
    value
        .parse()
        .map_err(|_| Failure::bad_request(format!("strconv.ParseInt: parsing {value:?}: invalid syntax")))
}

/// Upstream takes everything but these for true.
fn truth(value: &str) -> bool {
    !(value == "0" || value.eq_ignore_ascii_case("false"))
}

/// The segments of a path, percent signs decoded.
pub(crate) fn segments(path: &str) -> Vec<String> {
    path.split('/')
        .filter(|part| !part.is_empty())
        .map(decode)
        .collect()
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
    fn paths() {
        for (path, wanted) in [
            ("pods", "pods - - -"),
            ("namespaces/a/pods/b/binding", "pods a b binding"),
            ("namespaces/a", "namespaces - a -"),
            ("namespaces/a/status", "namespaces - a status"),
            ("namespaces/a/finalize", "namespaces - a finalize"),
            ("nodes/a%2Db", "nodes - a-b -"),
        ] {
            assert_eq!(target(path).as_deref(), Some(wanted), "{path}");
        }
        for wrong in [
            "foos",
            "namespaces/a/nodes",
            "pods/b",
            "",
            "namespaces/a/pods/b/c/d",
        ] {
            assert_eq!(target(wrong), None, "{wrong}");
        }
    }
}
