//! A pod or a node as the API server has it, whole: read when a person looks at it, never kept for all.

use serde_json::Value;

use super::connect::Connection;
use super::error::{Action, ClusterError};
use super::request::{pod_path, segment};
use super::right::Right;
use crate::model::PodKey;

impl Connection {
    /// The pod called `key`.
    ///
    /// # Errors
    /// Where it is gone, may not be read, or the server does not answer.
    pub async fn pod(&self, key: &PodKey) -> Result<Value, ClusterError> {
        let path = pod_path(&key.namespace, &key.name);
        let right = Right::within(&*key.namespace, "get", "pods", "");
        self.object(&path, Action::new(format!("reading pod {key}"), right))
            .await
    }

    /// The node called `name`.
    ///
    /// # Errors
    /// As for [`Connection::pod`].
    pub async fn node(&self, name: &str) -> Result<Value, ClusterError> {
        let path = format!("/api/v1/nodes/{}", segment(name));
        let right = Right::everywhere("get", "nodes", "");
        self.object(&path, Action::new(format!("reading node {name}"), right))
            .await
    }

    async fn object(&self, path: &str, action: Action) -> Result<Value, ClusterError> {
        let read = self.get(path).await;
        read.map_err(|error| ClusterError::new(&action, self.server(), error))
    }
}
