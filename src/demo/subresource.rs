//! Subresources beside `status`: what stands behind the name of an object in a path.

use std::sync::Arc;

use axum::response::Response;
use bytes::Bytes;
use http::{HeaderMap, Method};

use super::{failure::Failure, kinds::Kind, negotiation::Wanted, object::Key, request::Params, store::Store};

/// A request, read as a whole.
#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) method: Method,
    pub(crate) headers: HeaderMap,
    pub(crate) params: Params,
    pub(crate) body: Bytes,
    /// The form in which the client takes the answer.
    pub(crate) wanted: Wanted,
}

/// A subresource of a kind.
#[derive(Debug)]
pub(crate) struct Subresource {
    pub(crate) name: &'static str,
    /// Group, version and kind of what is sent to it and comes from it, as discovery tells.
    pub(crate) of: (&'static str, &'static str, &'static str),
    /// As discovery lists them; a request by another method is refused before [`Subresource::answer`] is asked.
    pub(crate) verbs: &'static [&'static str],
    pub(crate) answer: fn(&Arc<Store>, &'static Kind, &Key, &Call) -> Result<Response, Failure>,
}

impl Subresource {
    pub(crate) fn has(&self, method: &Method) -> bool {
        let verb = match method.as_str() {
            "GET" => "get",
            "POST" => "create",
            "PUT" => "update",
            "PATCH" => "patch",
            "DELETE" => "delete",
            _ => return false,
        };
        self.verbs.contains(&verb)
    }
}
