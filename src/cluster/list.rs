//! Reading a list while it arrives: page by page, and its objects cut out of the stream one by one, so that not even
//! a page is ever held.

mod cutter;

use std::time::Duration;

use bytes::{Buf as _, Bytes};
use kube::client::Body;
use serde::de::DeserializeOwned;

use super::connect::Connection;
use super::request::{RequestError, next_frame, segment};
use cutter::Cutter;

/// How long the server may pause within a list.
const IDLE: Duration = Duration::from_secs(30);

/// How many objects are handed on at once.
pub(crate) const BATCH: usize = 256;

/// Objects in a page. The API server makes a page whole before it sends it: small enough for its memory, large enough
/// that asking for the next costs little beside it.
const PAGE: usize = 5_000;

/// A list that is being read.
pub(crate) struct List {
    connection: Connection,
    path: String,
    body: Body,
    frame: Bytes,
    cutter: Cutter,
    /// The list's version, once its last page was read whole.
    version: Option<String>,
}

impl List {
    /// Asks for the list at `path`, which may have a query.
    pub(crate) async fn open(connection: &Connection, path: &str) -> Result<Self, RequestError> {
        let path = format!("{path}&limit={PAGE}");
        Ok(Self {
            body: connection.open(&path, connection.is_remote()).await?,
            connection: connection.clone(),
            path,
            frame: Bytes::new(),
            cutter: Cutter::default(),
            version: None,
        })
    }

    /// Goes on with the next page, if there is one.
    async fn turn(&mut self) -> Result<(), RequestError> {
        let page = std::mem::take(&mut self.cutter).finish();
        let page = page.map_err(RequestError::Unreadable)?;
        if page.r#continue.is_empty() {
            self.version = Some(page.resource_version);
            return Ok(());
        }
        let path = format!("{}&continue={}", self.path, segment(&page.r#continue));
        self.body = self.connection.open(&path, self.connection.is_remote()).await?;
        Ok(())
    }

    /// The next objects, at most [`BATCH`]; none where there are no more. An object that cannot be understood is an
    /// error of the list: leaving it out would make it seem to be gone.
    pub(crate) async fn batch<K: DeserializeOwned>(&mut self) -> Result<Vec<K>, RequestError> {
        let mut batch = Vec::new();
        while self.version.is_none() {
            let mut rest = &self.frame[..];
            while batch.len() < BATCH {
                let object = self.cutter.next(&mut rest).map_err(RequestError::Unreadable)?;
                let Some(object) = object else { break };
                batch.push(parse(&object)?);
            }
            let used = self.frame.len() - rest.len();
            self.frame.advance(used);
            if batch.len() >= BATCH {
                return Ok(batch);
            }
            match next_frame(&mut self.body, IDLE).await? {
                Some(frame) => self.frame = frame,
                None => self.turn().await?,
            }
        }
        Ok(batch)
    }

    /// The list's resourceVersion, after its last batch.
    pub(crate) fn finish(self) -> String {
        self.version.unwrap_or_default()
    }
}

/// Reads one object; where that fails, says which.
pub(crate) fn parse<K: DeserializeOwned>(json: &[u8]) -> Result<K, RequestError> {
    #[derive(serde::Deserialize)]
    struct Named {
        metadata: Name,
    }
    #[derive(serde::Deserialize)]
    struct Name {
        #[serde(default)]
        namespace: String,
        name: String,
    }
    serde_json::from_slice(json).map_err(|error| {
        let named = serde_json::from_slice::<Named>(json);
        let which = named.map_or_else(
            |_| "an object without a name".to_owned(),
            |object| format!("'{}/{}'", object.metadata.namespace, object.metadata.name),
        );
        RequestError::Unreadable(format!("{which}: {error}"))
    })
}
