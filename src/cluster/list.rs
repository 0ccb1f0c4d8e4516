//! Reading a list while it arrives: its objects are cut out of the stream one by one, so that the whole body is
//! never held.

mod cutter;

use std::time::Duration;

use bytes::{Buf as _, Bytes};
use kube::client::Body;
use serde::de::DeserializeOwned;

use super::connect::Connection;
use super::request::{RequestError, next_frame};
use cutter::Cutter;

/// How long the server may pause within a list.
const IDLE: Duration = Duration::from_secs(30);

/// How many objects are handed on at once.
pub(crate) const BATCH: usize = 256;

/// A list that is being read.
pub(crate) struct List {
    body: Body,
    frame: Bytes,
    cutter: Cutter,
}

impl List {
    /// Asks for the list at `path`.
    pub(crate) async fn open(connection: &Connection, path: &str) -> Result<Self, RequestError> {
        Ok(Self {
            body: connection.open(path, connection.is_remote()).await?,
            frame: Bytes::new(),
            cutter: Cutter::default(),
        })
    }

    /// The next objects, at most [`BATCH`]; none where there are no more. An object that cannot be understood is an
    /// error of the list: leaving it out would make it seem to be gone.
    pub(crate) async fn batch<K: DeserializeOwned>(&mut self) -> Result<Vec<K>, RequestError> {
        let mut batch = Vec::new();
        loop {
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
                None => return Ok(batch),
            }
        }
    }

    /// The list's resourceVersion, after its last batch.
    pub(crate) fn finish(self) -> Result<String, RequestError> {
        self.cutter.finish().map_err(RequestError::Unreadable)
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
