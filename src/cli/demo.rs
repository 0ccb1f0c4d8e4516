//! `berth demo`: which embedded cluster the screen opens on, and who else may use it.

use std::io::{ErrorKind, Write as _};
use std::net::SocketAddr;
use std::path::Path;

use super::args::DemoArgs;
use super::exit::{Exit, Failure};
use super::note;
use super::source::patiently;
use super::tui::signals::Signals;
use crate::demo::{
    Generated, KubeconfigError, ListenError, Listening, Scenario, ScenarioError, Server, check_kubeconfig,
};

const NODES: usize = 40;
const PODS_PER_NODE: usize = 8;
const PENDING: usize = 12;

/// An embedded cluster, and the socket that it is served on where that was asked for.
#[derive(Debug)]
pub(super) struct Running {
    /// The cluster.
    pub(super) server: Server,
    listening: Option<Listening>,
    /// How to reach it from another terminal; empty where it cannot be.
    pub(super) hint: String,
}

impl DemoArgs {
    /// Starts the cluster that the options describe. A large one takes seconds, so that is done off the async threads.
    pub(super) async fn start(self) -> Result<Running, Failure> {
        // What cannot come to a good end is not begun.
        self.check()?;
        let args = self.clone();
        let making = tokio::task::spawn_blocking(move || args.scenario().map_err(|error| refused(&error)));
        let scenario = patiently(making, "Making up the cluster …")
            .await
            .unwrap_or_else(|error| {
                let message = format!("the demonstration stopped: {error}");
                Err(Failure::new(Exit::Failed, message))
            })?;
        let server = Server::start(scenario);
        let listening = match self.listen {
            Some(address) => Some(
                server
                    .listen(address)
                    .await
                    .map_err(|error| not_listening(&error))?,
            ),
            None => None,
        };
        let mut hint = String::new();
        if let (Some(listening), Some(file)) = (&listening, &self.write_kubeconfig) {
            listening
                .write_kubeconfig(file)
                .map_err(|error| not_written(&error))?;
            hint = format!("kubectl --kubeconfig {} get pods -A", quoted(file));
        }
        Ok(Running {
            server,
            listening,
            hint,
        })
    }

    /// Serves the cluster without a screen, until interrupted.
    pub(super) async fn serve(self) -> Result<(), Failure> {
        let failed = |error: anyhow::Error| Failure::new(Exit::Failed, format!("cannot serve: {error:#}"));
        let mut signals = Signals::new().map_err(failed)?;
        let named = self.write_kubeconfig.is_some();
        let running = tokio::select! {
            running = self.start() => running?,
            () = signals.next() => return Err(Failure::silent(Exit::Interrupted)),
        };
        let Some(listening) = running.listening else {
            return Ok(());
        };
        // The one line that programs wait for.
        let mut out = std::io::stdout();
        writeln!(out, "{}", listening.url()).and_then(|()| out.flush())?;
        if named {
            note(&format!("Serving until interrupted. Try: {}", running.hint));
        } else {
            note(
                "Serving until interrupted. Nobody has its token, so that only /version and /livez answer: \
                 --write-kubeconfig FILE hands it over.",
            );
        }
        signals.next().await;
        listening.stop().await;
        Err(Failure::silent(Exit::Interrupted))
    }

    fn check(&self) -> Result<(), Failure> {
        if let Some(address) = self.listen.filter(|address| !address.ip().is_loopback()) {
            if !self.allow_remote {
                let message = format!("{address} can be reached from other machines, too");
                return Err(Failure::new(Exit::Usage, message)
                    .hint("Listen on 127.0.0.1 or [::1], or give --allow-remote, too."));
            }
            note(&format!(
                "warning: the demonstration listens on {address}. Whoever reaches this machine and has the kubeconfig may \
                 do everything in its cluster, and make this program take as much memory as they like."
            ));
        }
        match &self.write_kubeconfig {
            Some(file) => check_kubeconfig(file).map_err(|error| not_written(&error)),
            None => Ok(()),
        }
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

fn refused(error: &ScenarioError) -> Failure {
    match error {
        ScenarioError::Unknown { name } => {
            let failure = Failure::new(Exit::Usage, format!("there is no scenario {name:?}; there are:"));
            let width = Scenario::known().map(|(name, _)| name.len()).max().unwrap_or(0);
            let listed = Scenario::known().fold(failure, |failure, (name, description)| {
                failure.hint(format!("{name:width$}  {description}"))
            });
            listed.hint("A file of your own is named with its ending, .yaml, or with its folder.")
        }
        ScenarioError::Generated(_) => {
            Failure::new(Exit::Usage, format!("cannot start the demonstration: {error}"))
        }
        _ => Failure::new(Exit::Failed, format!("cannot start the demonstration: {error}")),
    }
}

fn not_listening(error: &ListenError) -> Failure {
    let hint = match error {
        ListenError::Bind { source, address } => bind_hint(source.kind(), *address),
        ListenError::Certificate(_) => None,
    };
    let failure = Failure::new(Exit::Failed, error.to_string());
    match hint {
        Some(hint) => failure.hint(hint),
        None => failure,
    }
}

fn bind_hint(kind: ErrorKind, address: SocketAddr) -> Option<String> {
    let ip = address.ip();
    let free = SocketAddr::new(ip, 0);
    match kind {
        ErrorKind::AddrInUse => Some(format!(
            "Another program has that port. Take another one, or {free} for one that is free."
        )),
        ErrorKind::PermissionDenied => Some(format!(
            "Ports below 1024 are for the system. Take a higher one, or {free} for one that is free."
        )),
        ErrorKind::AddrNotAvailable => {
            Some("This machine has no such address. 127.0.0.1 is there always.".to_owned())
        }
        _ => None,
    }
}

fn not_written(error: &KubeconfigError) -> Failure {
    let hint = match error {
        KubeconfigError::Foreign { .. } => {
            Some("It is left as it is. Name another file, or move that one away.".to_owned())
        }
        KubeconfigError::Io { source, .. } => match source.kind() {
            ErrorKind::NotFound | ErrorKind::NotADirectory => {
                Some("Its folder has to be there already.".to_owned())
            }
            ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => {
                Some("Name a file in a folder that you may write to.".to_owned())
            }
            _ => None,
        },
    };
    let failure = Failure::new(Exit::Failed, error.to_string());
    match hint {
        Some(hint) => failure.hint(hint),
        None => failure,
    }
}

/// A file's name as a shell takes it.
fn quoted(file: &Path) -> String {
    let text = file.display().to_string();
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-+:@".contains(c);
    if text.chars().all(plain) {
        text
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}
