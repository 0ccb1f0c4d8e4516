//! Where the cluster comes from: an API server, a file, or the embedded demonstration.

use std::collections::HashMap;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use super::adopt::Asked;
use super::args::{DemoArgs, Global};
use super::exit::{Exit, Failure};
use super::learn::Opening;
use crate::cluster::{ClusterError, ConnectOptions, Connection};
use crate::journal::Record;
use crate::model::from_api::list;
use crate::model::{Change, Cluster, PodKey, WatchEvent};
use crate::scheduling::Profiles;

/// How long a wait may take before a word is said of it.
const SLOW: Duration = Duration::from_millis(1500);

/// Where what is shown comes from.
#[derive(Debug)]
pub enum Source {
    /// A cluster's API server.
    Cluster(Box<Connection>),
    /// The embedded cluster.
    Demo(DemoArgs),
    /// The embedded cluster of a lesson.
    Lesson(Box<Opening>),
    /// A file that was read.
    File(File),
}

/// A file that was read.
#[derive(Debug)]
pub struct File {
    /// What it holds.
    pub changes: Vec<Change>,
    /// Where it is: the cache keeps only what rules read, so that an object is read again to be shown whole.
    pub path: PathBuf,
}

/// What holds whatever the source is.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The schedulerNames that are ours.
    pub scheduler_names: Vec<String>,
    /// What judges pods.
    pub profiles: Profiles,
    /// Only pods of this namespace; `None` shows all.
    pub namespace: Option<String>,
    /// How to connect to another context.
    pub connect: ConnectOptions,
    /// Where is written down what is sent.
    pub journal: Arc<dyn Record>,
    /// Whether pods of ours that fit nowhere say so themselves, and events do.
    pub tell: bool,
    /// Whose pods are to be adopted.
    pub(super) adopt: Option<Asked>,
}

impl Settings {
    /// Of the screen: all namespaces unless one is asked for.
    pub fn of_screen(global: &Global) -> Self {
        Self {
            scheduler_names: global.scheduler_names(),
            profiles: global.rules.profiles.clone(),
            namespace: global.namespace.clone().filter(|_| !global.all_namespaces),
            connect: options(global),
            journal: super::journal::of(global),
            tell: false,
            adopt: Asked::of(global),
        }
    }
}

/// The cluster at one moment, and what names mean in it.
#[derive(Debug)]
pub struct Snapshot {
    /// Nodes, pods, namespaces.
    pub cluster: Cluster,
    /// The namespace of a pod that is named without one.
    pub namespace: String,
    /// The namespace whose pods are listed; `None` lists all.
    pub scope: Option<String>,
    /// Where it came from; `None` for a file.
    pub connection: Option<Connection>,
    /// The pods of the file that are over, with their phase: the cluster's cache leaves them out.
    pub over: HashMap<PodKey, String>,
}

/// Connects to the API server that the options name.
pub async fn connect(global: &Global) -> Result<Connection, Failure> {
    let options = options(global);
    let connecting = crate::cluster::connect(&options);
    Ok(patiently(
        connecting,
        "Waiting for credentials: the kubeconfig's exec plugin takes its time (Ctrl-C ends it) …",
    )
    .await?)
}

/// Waits for `work`, and where that takes its time says on standard error what is waited for.
pub(super) async fn patiently<T>(work: impl Future<Output = T>, why: &str) -> T {
    let mut work = pin!(work);
    tokio::select! {
        done = &mut work => done,
        () = tokio::time::sleep(SLOW) => {
            super::note(why);
            work.await
        }
    }
}

/// Where the screen gets its cluster from.
pub async fn open(global: &Global) -> Result<Source, Failure> {
    match &global.from {
        Some(path) => Ok(Source::File(read(path).await?)),
        None => Ok(Source::Cluster(Box::new(connect(global).await?))),
    }
}

/// Reads the file, or lists what the API server has.
pub async fn snapshot(global: &Global) -> Result<Snapshot, Failure> {
    let asked = global.namespace.clone();
    let Some(path) = &global.from else {
        return of_connection(connect(global).await?, global).await;
    };
    let changes = read(path).await?.changes;
    Ok(Snapshot {
        over: changes.iter().filter_map(over).collect(),
        cluster: Cluster::from_changes(changes),
        namespace: asked.clone().unwrap_or_else(|| "default".to_owned()),
        scope: asked.filter(|_| !global.all_namespaces),
        connection: None,
    })
}

/// Lists what the API server has.
pub async fn of_connection(connection: Connection, global: &Global) -> Result<Snapshot, Failure> {
    let cluster = crate::cluster::load::load(&connection).await?;
    let namespace = connection.namespace().to_owned();
    Ok(Snapshot {
        cluster,
        scope: (!global.all_namespaces).then(|| namespace.clone()),
        namespace,
        connection: Some(connection),
        over: HashMap::new(),
    })
}

fn over(change: &Change) -> Option<(PodKey, String)> {
    let Change::Pod(WatchEvent::Listed(pod)) = change else {
        return None;
    };
    let phase = pod.status.phase.as_deref()?;
    let key = PodKey::new(&*pod.metadata.namespace, &*pod.metadata.name);
    matches!(phase, "Succeeded" | "Failed").then(|| (key, phase.to_owned()))
}

fn options(global: &Global) -> ConnectOptions {
    ConnectOptions {
        kubeconfig: global.kubeconfig.clone(),
        context: global.context.clone(),
        namespace: global.namespace.clone(),
        as_user: global.as_user.clone(),
        as_groups: global.as_groups.clone(),
        request_timeout: global.request_timeout,
    }
}

/// Reads the objects of a file, or of standard input where it is `-`. Off the async threads, so that a terminal that
/// nobody types on can still be interrupted.
async fn read(path: &Path) -> Result<File, Failure> {
    let path = path.to_owned();
    let task = tokio::task::spawn_blocking(move || read_now(&path));
    task.await
        .map_err(|error| Failure::new(Exit::Failed, format!("reading stopped: {error}")))?
}

fn read_now(path: &Path) -> Result<File, Failure> {
    let standard_input = path.as_os_str() == "-";
    let name = if standard_input {
        "standard input".to_owned()
    } else {
        path.display().to_string()
    };
    let bytes = if standard_input {
        let mut bytes = Vec::new();
        std::io::stdin().read_to_end(&mut bytes).map(|_| bytes)
    } else {
        std::fs::read(path)
    };
    let bytes = bytes.map_err(|error| Failure::new(Exit::Failed, format!("cannot read {name}: {error}")))?;
    let loaded = list::read(&bytes, &name)
        .map_err(|error| Failure::new(Exit::Failed, format!("cannot read the cluster: {error}")))?;
    for (kind, count) in &loaded.skipped {
        tracing::info!(%kind, count, file = name, "not read: no rule that is applied looks at it");
    }
    Ok(File {
        changes: loaded.changes,
        path: path.to_owned(),
    })
}

impl From<ClusterError> for Failure {
    fn from(error: ClusterError) -> Self {
        Self::new(Exit::from_code(error.exit_code()), error.to_string())
    }
}
