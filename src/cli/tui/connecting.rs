//! Going to another context while what is shown stays.

use std::sync::Arc;

use tokio::sync::mpsc::UnboundedSender;
use tokio::task::JoinHandle;

use super::Feed;
use crate::app::Msg;
use crate::cli::exit::Failure;
use crate::cli::source::{Settings, Source};
use crate::cluster::{self, ClusterError, ConnectOptions};

/// Going to another context, if that is under way. Dropped, it ends: what an exec plugin says then is heard by nobody.
#[derive(Default)]
pub(super) struct Connecting(Option<JoinHandle<Result<Feed, Failure>>>);

impl Connecting {
    /// Begins to go to `context`; `screen` is told each step.
    pub(super) fn to(
        context: &str,
        names: Vec<Arc<str>>,
        settings: Settings,
        screen: UnboundedSender<Msg>,
    ) -> Self {
        let options = ConnectOptions {
            context: Some(context.to_owned()),
            namespace: None,
            ..settings.connect.clone()
        };
        Self(Some(tokio::spawn(async move {
            let connection = cluster::connect(&options).await?;
            // The screen may be gone.
            let _ = screen.send(Msg::Connecting(format!("asking {}", connection.server()).into()));
            match connection.server_version().await {
                // Who may not ask for the version is answered all the same.
                Ok(_) | Err(ClusterError::Forbidden { .. }) => {}
                Err(error) => return Err(error.into()),
            }
            Feed::start(Source::Cluster(Box::new(connection)), &names, &settings).await
        })))
    }

    /// Begins to go to another cluster of the same kind: a lesson's.
    pub(super) fn again(source: Source, names: Vec<Arc<str>>, settings: Settings) -> Self {
        Self(Some(tokio::spawn(async move {
            Feed::start(source, &names, &settings).await
        })))
    }

    /// How it ended; never, where none is under way.
    pub(super) async fn next(&mut self) -> Result<Feed, Failure> {
        match &mut self.0 {
            None => std::future::pending().await,
            Some(task) => task.await.unwrap_or_else(|error| {
                let why = format!("connecting ended early: {error}");
                Err(Failure::new(crate::cli::exit::Exit::Failed, why))
            }),
        }
    }
}

impl Drop for Connecting {
    fn drop(&mut self) {
        if let Some(task) = &self.0 {
            task.abort();
        }
    }
}
