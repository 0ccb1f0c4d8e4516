//! Connecting.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt as _;
use futures::future::BoxFuture;
use http::header::USER_AGENT;
use http::{HeaderValue, Request, Response};
use kube::client::{Body, ClientBuilder, ConfigExt as _};
use kube::{Client, Config};
use serde::Deserialize;
use tower::{BoxError, Service, service_fn};

use super::error::{Action, ClusterError};
use super::kubeconfig::{self, Target};
use super::probe::Pulse;
use super::transport;
use super::wire::Wire;
use crate::model::text::inert;

/// How long a request may take where nobody says otherwise.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(20);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// What the command line says of the connection; kubectl's options of the same names.
#[derive(Clone, Debug, Default)]
pub struct ConnectOptions {
    /// `--kubeconfig`.
    pub kubeconfig: Option<PathBuf>,
    /// `--context`.
    pub context: Option<String>,
    /// `--namespace`.
    pub namespace: Option<String>,
    /// `--as`.
    pub as_user: Option<String>,
    /// `--as-group`, for which `--as` must be given, too.
    pub as_groups: Vec<String>,
    /// `--request-timeout`: how long one request may take. Watches are not cut by it.
    pub request_timeout: Option<Duration>,
}

/// A way to one API server, as one user. Cheap to clone.
#[derive(Clone)]
pub struct Connection(Arc<Inner>);

struct Inner {
    client: Client,
    context: String,
    server: String,
    namespace: String,
    user: String,
    request_timeout: Duration,
    remote: bool,
    wire: Wire,
    pulse: tokio::sync::watch::Sender<Pulse>,
}

/// What the API server calls itself.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ServerVersion {
    /// Such as `v1.37.2`.
    pub git_version: String,
    /// Such as `1`.
    #[serde(default)]
    pub major: String,
    /// Such as `37`; some providers append a plus sign.
    #[serde(default)]
    pub minor: String,
}

/// Prepares a connection: reads the kubeconfig or the pod's service account and gets credentials. The API server is
/// not asked yet, so that a server which is down is the first request's error.
///
/// # Errors
/// Where there is no kubeconfig, or it, its context, its certificates or its exec plugin cannot be used.
pub async fn connect(options: &ConnectOptions) -> Result<Connection, ClusterError> {
    let Target {
        mut config,
        context,
        user,
    } = kubeconfig::target(options).await?;
    adjust(&mut config, options, &context)?;
    let server = config.cluster_url.to_string().trim_end_matches('/').to_owned();
    let namespace = config.default_namespace.clone();
    let remote = !config
        .cluster_url
        .host()
        .is_some_and(|host| matches!(host, "127.0.0.1" | "[::1]" | "localhost"));
    let wire = Wire::default();
    // Exec plugins run here, and may take their time.
    let built = tokio::task::spawn_blocking({
        let wire = wire.clone();
        move || build(config, &wire)
    });
    let client = match built.await {
        Ok(Ok(client)) => client,
        Ok(Err(error)) => return Err(unusable(&error, &context, &server)),
        Err(error) => {
            let why = format!("preparing the connection failed: {error}");
            return Err(ClusterError::Settings { context, why });
        }
    };
    Ok(Connection(Arc::new(Inner {
        client,
        context,
        server,
        namespace,
        user: options.as_user.clone().unwrap_or(user),
        request_timeout: options.request_timeout.unwrap_or(REQUEST_TIMEOUT),
        remote,
        wire,
        pulse: tokio::sync::watch::Sender::new(Pulse::Unknown),
    })))
}

/// Makes the client. kube runs an exec plugin three times while it does that, and some take a second each; for one that
/// gives a token, once is enough.
fn build(config: Config, wire: &Wire) -> Result<Client, kube::Error> {
    let mut bare = config;
    if bare.auth_info.exec.is_some()
        && let Some(token) = bare.auth_layer()?
    {
        bare.auth_info.exec = None;
        let inner = ClientBuilder::try_from(bare)?.build();
        let namespace = inner.default_namespace().to_owned();
        let builder = ClientBuilder::new(through(inner), namespace).with_layer(&token);
        return Ok(builder.with_layer(wire).build());
    }
    Ok(ClientBuilder::try_from(bare)?.with_layer(wire).build())
}

/// A client as a service, so that more can be put before it.
fn through(
    client: Client,
) -> impl Service<
    Request<Body>,
    Response = Response<Body>,
    Error = BoxError,
    Future = BoxFuture<'static, Result<Response<Body>, BoxError>>,
> + Clone {
    service_fn(move |request| {
        let client = client.clone();
        async move { client.send(request).await.map_err(BoxError::from) }.boxed()
    })
}

fn adjust(config: &mut Config, options: &ConnectOptions, context: &str) -> Result<(), ClusterError> {
    // It would repeat a Binding whose answer was lost; what may be repeated is repeated where that is known.
    config.default_retry = false;
    config.connect_timeout = Some(
        options
            .request_timeout
            .map_or(CONNECT_TIMEOUT, |t| t.min(CONNECT_TIMEOUT)),
    );
    // A watch may be silent for long; what must not be is given a deadline of its own.
    config.read_timeout = None;
    let agent = HeaderValue::from_static(concat!("berth/", env!("CARGO_PKG_VERSION")));
    config.headers.push((USER_AGENT, agent));
    if let Some(namespace) = &options.namespace {
        config.default_namespace.clone_from(namespace);
    }
    if let Some(user) = &options.as_user {
        config.auth_info.impersonate = Some(user.clone());
        config.auth_info.impersonate_groups = None;
    }
    if !options.as_groups.is_empty() {
        config.auth_info.impersonate_groups = Some(options.as_groups.clone());
    }
    let named = config.auth_info.impersonate.iter();
    let groups = config.auth_info.impersonate_groups.iter().flatten();
    if let Some(bad) = named
        .chain(groups)
        .find(|text| HeaderValue::from_str(text).is_err())
    {
        return Err(ClusterError::Settings {
            context: context.to_owned(),
            why: format!(
                "'{}' cannot be sent as a user or group (--as, --as-group)",
                inert(bad)
            ),
        });
    }
    Ok(())
}

fn unusable(error: &kube::Error, context: &str, server: &str) -> ClusterError {
    match error {
        kube::Error::Auth(error) => ClusterError::Credentials {
            server: server.to_owned(),
            why: transport::credentials(error),
        },
        other => ClusterError::Settings {
            context: context.to_owned(),
            why: match other {
                kube::Error::RustlsTls(error) => format!(
                    "its certificates cannot be used: {}; look at certificate-authority, client-certificate and \
                     client-key in the kubeconfig",
                    inert(&error.to_string())
                ),
                kube::Error::InferKubeconfig(error) => inert(&error.to_string()).into_owned(),
                other => inert(&other.to_string()).into_owned(),
            },
        },
    }
}

impl Connection {
    /// A connection to an API server within this process.
    pub fn in_process(client: Client, name: &str) -> Self {
        let wire = Wire::default();
        let namespace = client.default_namespace().to_owned();
        let client = ClientBuilder::new(through(client), namespace.clone())
            .with_layer(&wire)
            .build();
        Self(Arc::new(Inner {
            client,
            context: name.to_owned(),
            server: name.to_owned(),
            namespace,
            user: name.to_owned(),
            request_timeout: REQUEST_TIMEOUT,
            remote: false,
            wire,
            pulse: tokio::sync::watch::Sender::new(Pulse::Unknown),
        }))
    }

    /// The client, for what has no method here. What it sends is on the [wire](Connection::wire), too.
    pub fn client(&self) -> &Client {
        &self.0.client
    }

    /// The context's name; `in-cluster` for a pod's service account.
    pub fn context(&self) -> &str {
        &self.0.context
    }

    /// The API server's URL.
    pub fn server(&self) -> &str {
        &self.0.server
    }

    /// The namespace that is meant where none is named: `--namespace`, else the context's, else `default`.
    pub fn namespace(&self) -> &str {
        &self.0.namespace
    }

    /// Whom the kubeconfig, or `--as`, says that we are. See [`Connection::whoami`] for what the server says.
    pub fn user(&self) -> &str {
        &self.0.user
    }

    /// The log of requests.
    pub fn wire(&self) -> &Wire {
        &self.0.wire
    }

    /// Whether the server answers, as the [probe](super::probe) finds it.
    pub fn pulse(&self) -> tokio::sync::watch::Receiver<Pulse> {
        self.0.pulse.subscribe()
    }

    /// How long one request may take.
    pub fn request_timeout(&self) -> Duration {
        self.0.request_timeout
    }

    pub(crate) fn pulse_sender(&self) -> &tokio::sync::watch::Sender<Pulse> {
        &self.0.pulse
    }

    /// Whether compressing long answers is worth its while: not over the loopback.
    pub(crate) fn is_remote(&self) -> bool {
        self.0.remote
    }

    /// Asks for the server's version.
    ///
    /// # Errors
    /// Where it does not answer, or refuses.
    pub async fn server_version(&self) -> Result<ServerVersion, ClusterError> {
        let version: Result<ServerVersion, _> = self.get("/version").await;
        version.map_err(|error| {
            ClusterError::new(
                &Action::free("asking for the server's version"),
                self.server(),
                error,
            )
        })
    }
}

impl std::fmt::Debug for Connection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Connection")
            .field("context", &self.0.context)
            .field("server", &self.0.server)
            .finish_non_exhaustive()
    }
}
