//! In which form a client takes its answer: media type, indentation, and the whole object, its metadata or a table.
//!
//! Two parts of upstream have a say, each with words of its own: the router, which looks at the media types alone, and
//! after it `k8s.io/apiserver/pkg/endpoints/handlers/negotiation`, which reads their parameters as well. Protobuf is
//! not among what this server answers, so neither names it, as upstream's do.

mod indenting;

use std::convert::Infallible;

use axum::{
    body::{Body, HttpBody},
    response::Response,
};
use bytes::{Bytes, BytesMut};
use futures::StreamExt;
use http::{HeaderMap, HeaderValue, header};
use http_body_util::BodyExt;

use self::indenting::Indenter;
use super::{api::text, failure::Failure, request::Params};

/// How an answer is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Media {
    Json,
    Yaml,
}

impl Media {
    const ALL: [Self; 2] = [Self::Json, Self::Yaml];

    fn essence(self) -> (&'static str, &'static str) {
        match self {
            Self::Json => ("application", "json"),
            Self::Yaml => ("application", "yaml"),
        }
    }
}

/// How much of an object is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    Whole,
    Table,
    /// `PartialObjectMetadata`
    Metadata,
    /// `PartialObjectMetadataList`
    MetadataList,
}

/// The form that was agreed on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Wanted {
    pub(crate) media: Media,
    pub(crate) shape: Shape,
    /// The version of `meta.k8s.io` that the shape is of.
    pub(crate) version: &'static str,
    pub(crate) pretty: bool,
}

/// What the router has on a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Offer {
    Json,
    /// YAML as well.
    Forms,
    /// A stream as well: lists can be watched.
    Stream,
    /// The path is beside the router.
    Unrouted,
}

/// The media types of answers.
const FORMS: &str = "application/json, application/yaml";

/// Lets a request through, as the router does. It knows no `application/*`, and no letter case.
pub(crate) fn check_route(headers: &HeaderMap, offer: Offer) -> Result<(), Failure> {
    let accept = text(headers, &header::ACCEPT);
    let available = match offer {
        Offer::Unrouted => return Ok(()),
        Offer::Json => "application/json",
        Offer::Forms => FORMS,
        Offer::Stream => "application/json, application/yaml, application/json;stream=watch",
    };
    let covered = |range: &str| match range.split(';').next().unwrap_or_default().trim_matches(' ') {
        "*/*" | "application/json" => true,
        "application/yaml" => offer != Offer::Json,
        _ => false,
    };
    if accept.is_empty() || accept.split(',').any(covered) {
        return Ok(());
    }
    let message = format!("406: Not Acceptable\n\nAvailable representations: {available}");
    Err(Failure::not_acceptable(&message, true))
}

/// Whether a client takes what is no object, and so has no shape but its own.
pub(crate) fn check_whole(headers: &HeaderMap, offer: Offer) -> Result<(), Failure> {
    check_route(headers, offer)?;
    let whole = negotiate(text(headers, &header::ACCEPT), |wanted| {
        wanted.shape == Shape::Whole
    });
    whole.map(|_| ()).ok_or_else(|| only(FORMS))
}

impl Wanted {
    /// What is answered where nothing could be agreed on.
    pub(crate) const FALLBACK: Self = Self {
        pretty: true,
        ..Self::PLAIN
    };

    const PLAIN: Self = Self {
        media: Media::Json,
        shape: Shape::Whole,
        version: "v1",
        pretty: false,
    };

    /// The form that a request asks for.
    ///
    /// # Errors
    /// 406 where this server has nothing of what is accepted.
    pub(crate) fn of(headers: &HeaderMap, params: &Params, offer: Offer) -> Result<Self, Failure> {
        check_route(headers, offer)?;
        Self::negotiated(headers, params).ok_or_else(|| only(FORMS))
    }

    fn negotiated(headers: &HeaderMap, params: &Params) -> Option<Self> {
        let mut wanted = negotiate(text(headers, &header::ACCEPT), |_| true)?;
        wanted.pretty |= params
            .pretty
            .unwrap_or_else(|| is_read_by_people(text(headers, &header::USER_AGENT)));
        Some(wanted)
    }

    /// The form of whatever is answered: what the router would refuse has one as well.
    pub(crate) fn of_any(headers: &HeaderMap, params: &Params) -> Self {
        Self::negotiated(headers, params).unwrap_or(Self::FALLBACK)
    }

    /// The same for a watch, which is a stream of JSON and is never indented.
    pub(crate) fn of_watch(self) -> Result<Self, Failure> {
        match self.media {
            Media::Json => Ok(Self {
                pretty: false,
                ..self
            }),
            Media::Yaml => Err(only("application/json;stream=watch")),
        }
    }

    /// The form of a refusal: a `Status` is neither table nor metadata, and upstream indents it where these were wanted.
    pub(crate) fn of_failure(self) -> Self {
        Self {
            shape: Shape::Whole,
            pretty: self.pretty || self.shape != Shape::Whole,
            ..self
        }
    }
}

fn only(types: &str) -> Failure {
    Failure::not_acceptable(
        &format!("only the following media types are accepted: {types}"),
        false,
    )
}

/// Programs by which people look at answers.
fn is_read_by_people(agent: &str) -> bool {
    ["curl", "Wget", "Mozilla/5.0"]
        .iter()
        .any(|program| agent.starts_with(program))
}

/// One range of an Accept header.
#[derive(Debug)]
struct Range<'a> {
    main: &'a str,
    sub: &'a str,
    quality: f64,
    parameters: Vec<(&'a str, &'a str)>,
}

impl<'a> Range<'a> {
    /// What cannot be read is no range.
    fn parse(text: &'a str) -> Option<Self> {
        let mut parts = text.trim_matches(' ').split(';');
        let essence = parts.next()?;
        let (main, sub) = match essence.split_once('/') {
            Some((main, sub)) if !sub.contains('/') => (main.trim_matches(' '), sub.trim_matches(' ')),
            None if essence == "*" => ("*", "*"),
            _ => return None,
        };
        let mut range = Self {
            main,
            sub,
            quality: 1.0,
            parameters: Vec::new(),
        };
        for part in parts {
            let Some((key, value)) = part
                .split_once('=')
                .filter(|(_, value)| !value.is_empty() && !value.contains('='))
            else {
                continue;
            };
            match key.trim_matches(' ') {
                "q" => range.quality = value.parse().unwrap_or(0.0),
                key => range.parameters.push((key, value.trim_matches(' '))),
            }
        }
        Some(range)
    }

    /// Whether upstream's sort puts this range before that one.
    fn precedes(&self, other: &Self) -> bool {
        self.quality > other.quality
            || self.main != "*" && other.main == "*"
            || self.sub != "*" && other.sub == "*"
    }

    fn covers(&self, media: Media) -> bool {
        let (main, sub) = media.essence();
        self.main == "*" && self.sub == "*" || self.main == main && (self.sub == "*" || self.sub == sub)
    }

    /// What the parameters make of a media type; nothing where they cannot be fulfilled.
    fn wanted(&self, media: Media) -> Option<Wanted> {
        let last = |name: &str| self.parameters.iter().rev().find(|(key, _)| *key == name);
        let value = |name: &str| last(name).map_or("", |(_, value)| *value);
        let stream = value("stream");
        if !stream.is_empty() && (stream != "watch" || media == Media::Yaml) {
            return None;
        }
        if !matches!(value("sv"), "" | "v1") {
            return None;
        }
        let mut wanted = Wanted {
            media,
            pretty: value("pretty") == "1",
            ..Wanted::PLAIN
        };
        if ["as", "g", "v"].into_iter().all(|name| last(name).is_none()) {
            return Some(wanted);
        }
        wanted.version = match (value("g"), value("v")) {
            ("meta.k8s.io", "v1") => "v1",
            ("meta.k8s.io", "v1beta1") => "v1beta1",
            _ => return None,
        };
        wanted.shape = match value("as") {
            "Table" => Shape::Table,
            "PartialObjectMetadata" => Shape::Metadata,
            "PartialObjectMetadataList" => Shape::MetadataList,
            _ => return None,
        };
        Some(wanted)
    }
}

/// What the first range wants of which there is something that will do.
fn negotiate(accept: &str, will_do: impl Fn(&Wanted) -> bool) -> Option<Wanted> {
    if accept.is_empty() {
        return Some(Wanted::PLAIN);
    }
    let mut ranges: Vec<Range<'_>> = Vec::new();
    for range in accept.split(',').filter_map(Range::parse) {
        // Insertion, as upstream's order is no order in the strict sense and its result depends on the steps.
        let mut at = ranges.len();
        while at > 0 && ranges.get(at - 1).is_some_and(|before| range.precedes(before)) {
            at -= 1;
        }
        ranges.insert(at, range);
    }
    ranges.iter().find_map(|range| {
        let covered = Media::ALL.into_iter().filter(|media| range.covers(*media));
        covered
            .into_iter()
            .find_map(|media| range.wanted(media).filter(&will_do))
    })
}

/// Marks a response that is to be sent as it is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct AsItIs;

/// Brings an answer in JSON into the form that was agreed on.
pub(crate) async fn dress(response: Response, wanted: Wanted) -> Response {
    let json = response
        .headers()
        .get(header::CONTENT_TYPE)
        .is_some_and(|media| media == "application/json");
    if !json || response.extensions().get::<AsItIs>().is_some() {
        return response;
    }
    let (mut head, body) = response.into_parts();
    let known = body.size_hint().exact().is_some();
    if !known && wanted.media == Media::Json {
        let mut indenter = Indenter::default();
        let body = if wanted.pretty {
            Body::from_stream(body.into_data_stream().map(move |piece| {
                piece.map(|piece| {
                    let mut out = BytesMut::with_capacity(piece.len() * 2);
                    indenter.put(&piece, &mut out);
                    out.freeze()
                })
            }))
        } else {
            let end = futures::stream::once(async { Ok(Bytes::from_static(b"\n")) });
            Body::from_stream(body.into_data_stream().chain(end))
        };
        return Response::from_parts(head, body);
    }
    let Ok(bytes) = body.collect().await.map(http_body_util::Collected::to_bytes) else {
        return Response::from_parts(head, Body::empty());
    };
    head.headers.remove(header::CONTENT_LENGTH);
    let mut out = BytesMut::with_capacity(bytes.len() + 1);
    if wanted.media == Media::Yaml
        && let Some(yaml) = yaml(&bytes)
    {
        head.headers
            .insert(header::CONTENT_TYPE, HeaderValue::from_static("application/yaml"));
        out.extend_from_slice(yaml.as_bytes());
    } else if wanted.pretty {
        Indenter::default().put(&bytes, &mut out);
    } else {
        out.extend_from_slice(&bytes);
        out.extend_from_slice(b"\n");
    }
    Response::from_parts(head, Body::from(out.freeze()))
}

fn yaml(json: &[u8]) -> Option<String> {
    let tree: serde_json::Value = serde_json::from_slice(json).ok()?;
    serde_saphyr::to_string(&tree).ok()
}

/// A body of pieces that cannot fail.
pub(crate) fn streamed(pieces: impl Iterator<Item = Bytes> + Send + 'static) -> Body {
    Body::from_stream(futures::stream::iter(pieces.map(Ok::<_, Infallible>)))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const TABLE: &str = "application/json;as=Table;v=v1;g=meta.k8s.io";

    fn shape(accept: &str) -> Option<(Media, Shape, &'static str)> {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT, HeaderValue::from_str(accept).unwrap());
        check_route(&headers, Offer::Forms).ok()?;
        let wanted = negotiate(accept, |_| true)?;
        Some((wanted.media, wanted.shape, wanted.version))
    }

    #[test]
    fn the_first_range_that_can_be_had_is_taken() {
        let whole = Some((Media::Json, Shape::Whole, "v1"));
        for accept in [
            "",
            "*/*",
            "application/json",
            "text/plain, */*",
            "*/*;q=0.1",
            "application/json;as=",
            "application/json;x=y;stream=watch;sv=v1",
            "application/vnd.kubernetes.protobuf,application/json",
            "application/json;as=Foo;v=v1;g=meta.k8s.io,application/json",
        ] {
            assert_eq!(shape(accept), whole, "{accept}");
        }
        for accept in [
            "text/plain",
            "application/*",
            "*",
            "APPLICATION/JSON",
            "application/vnd.kubernetes.protobuf",
            "application/json;stream=foo",
            "application/json;sv=v2",
            "application/json;as=Table;v=v1;g=x",
            "application/json;as=Table",
        ] {
            assert_eq!(shape(accept), None, "{accept}");
        }
        assert_eq!(shape(TABLE), Some((Media::Json, Shape::Table, "v1")));
        let kubectl = format!("{TABLE},application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json");
        assert_eq!(shape(&kubectl), Some((Media::Json, Shape::Table, "v1")));
        assert_eq!(
            shape("application/json;q=0.5,application/yaml;q=0.9"),
            Some((Media::Yaml, Shape::Whole, "v1"))
        );
    }

    #[test]
    fn yaml_reads_back() {
        let value = json!({"a": "1", "b": [true, "true", null], "c": {"d": "2026-01-01T00:00:00Z", "e": "- x\ny: z\n"}});
        let text = yaml(value.to_string().as_bytes()).unwrap();
        let read: Value = serde_saphyr::from_str(&text).unwrap();
        assert_eq!(read, value);
    }
}
