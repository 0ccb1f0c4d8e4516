//! `berth demo`: which embedded cluster the screen opens on.

use std::path::Path;

use super::args::DemoArgs;
use super::exit::{Exit, Failure};
use super::source::patiently;
use crate::demo::{Generated, Scenario, ScenarioError, Server};

const NODES: usize = 40;
const PODS_PER_NODE: usize = 8;
const PENDING: usize = 12;

impl DemoArgs {
    /// Starts the cluster that the options describe. A large one takes seconds, so that is done off the async threads.
    pub(super) async fn start(self) -> Result<Server, Failure> {
        let making = tokio::task::spawn_blocking(move || self.start_now());
        patiently(making, "Making up the cluster …")
            .await
            .unwrap_or_else(|error| {
                Err(Failure::new(
                    Exit::Failed,
                    format!("the demonstration stopped: {error}"),
                ))
            })
    }

    /// Serves the cluster without a screen, until interrupted.
    pub(super) async fn serve(self) -> Result<(), Failure> {
        let failed = |error: std::io::Error| Failure::new(Exit::Failed, format!("cannot serve: {error}"));
        let (listen, kubeconfig) = (self.listen, self.write_kubeconfig.clone());
        let server = self.start().await?;
        let Some(listen) = listen else { return Ok(()) };
        let (address, task) = server.listen(listen).await.map_err(failed)?;
        if let Some(file) = kubeconfig {
            let text = format!(
                "apiVersion: v1\nkind: Config\nclusters: [{{name: berth-demo, cluster: {{server: \"http://{address}\"}}}}]\n\
                 users: [{{name: berth-demo, user: {{}}}}]\n\
                 contexts: [{{name: berth-demo, context: {{cluster: berth-demo, user: berth-demo}}}}]\n\
                 current-context: berth-demo\n"
            );
            std::fs::write(file, text).map_err(failed)?;
        }
        task.await.map_err(|error| failed(error.into()))
    }

    fn start_now(&self) -> Result<Server, Failure> {
        self.scenario().map(Server::start).map_err(|error| {
            let exit = match error {
                ScenarioError::Unknown { .. } | ScenarioError::Generated(_) => Exit::Usage,
                _ => Exit::Failed,
            };
            Failure::new(exit, format!("cannot start the demonstration: {error}"))
        })
    }

    fn scenario(&self) -> Result<Scenario, ScenarioError> {
        if let Some(name) = &self.scenario {
            let file = Path::new(name);
            let is_file = name.contains(std::path::MAIN_SEPARATOR)
                || file
                    .extension()
                    .is_some_and(|extension| extension == "yaml" || extension == "yml");
            return if is_file {
                Scenario::read(file)
            } else {
                Scenario::named(name)
            };
        }
        if self.nodes.is_none() && self.pods.is_none() && self.pending.is_none() && self.seed.is_none() {
            return Scenario::named(Scenario::DEFAULT);
        }
        let nodes = self.nodes.unwrap_or(NODES);
        Scenario::generated(Generated {
            nodes,
            pods: self.pods.unwrap_or(nodes.saturating_mul(PODS_PER_NODE)),
            pending: self.pending.unwrap_or(PENDING),
            seed: self.seed.unwrap_or_default(),
        })
    }
}
