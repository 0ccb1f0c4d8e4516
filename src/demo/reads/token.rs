//! Where a list goes on that was given in part.

use base64::{DecodeError, Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};

use crate::demo::{object::Key, syntax};

/// Where a list goes on, at which version. Opaque to clients; its form is upstream's, so that texts about bad ones fit.
#[derive(Serialize, Deserialize)]
pub(super) struct Token {
    #[serde(rename = "v", default)]
    form: String,
    /// -1: whichever version is the present one.
    #[serde(rename = "rv", default)]
    revision: i64,
    /// `NAMESPACE/NAME` or `/NAME`, and a byte 0 behind.
    #[serde(rename = "start", default)]
    start: String,
}

impl Token {
    const FORM: &str = "meta.k8s.io/v1";

    pub(super) fn after(revision: u64, last: &Key) -> String {
        Self::encode(i64::try_from(revision).unwrap_or(i64::MAX), last)
    }

    /// Goes on in the present, whatever that will be.
    pub(super) fn inconsistent(last: &Key) -> String {
        Self::encode(-1, last)
    }

    fn encode(revision: i64, last: &Key) -> String {
        let token = Self {
            form: Self::FORM.into(),
            revision,
            start: format!("{}/{}\0", last.namespace, last.name),
        };
        BASE64_URL_SAFE_NO_PAD.encode(serde_json::to_vec(&token).unwrap_or_default())
    }

    /// The version and the last key that was seen; the error says what is wrong behind upstream's first words.
    pub(super) fn parse(text: &str, namespace: Option<&str>) -> Result<(i64, Key), String> {
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(text).map_err(|error| {
            let at = match error {
                DecodeError::InvalidByte(at, _) | DecodeError::InvalidLastSymbol(at, _) => at,
                _ => text.len() / 4 * 4,
            };
            format!(": illegal base64 data at input byte {at}")
        })?;
        let token: Self = serde_json::from_slice(&bytes)
            .map_err(|error| format!(": {}", syntax::error(&bytes).unwrap_or_else(|| error.to_string())))?;
        if token.form != Self::FORM {
            return Err(format!(
                ": server does not recognize this encoded version {}",
                token.form
            ));
        }
        if token.revision == 0 {
            return Err(format!(
                ": incorrect encoded start resourceVersion (version {})",
                Self::FORM
            ));
        }
        if token.start.is_empty() {
            return Err(format!(": encoded start key empty (version {})", Self::FORM));
        }
        let key = token.start.trim_end_matches('\0').split_once('/');
        let (in_namespace, name) = key.ok_or_else(|| format!(": {}", token.start))?;
        if name.contains('/') || namespace.is_some_and(|namespace| namespace != in_namespace) {
            return Err(format!(": {}", token.start));
        }
        Ok((token.revision, Key::new(in_namespace, name)))
    }
}
