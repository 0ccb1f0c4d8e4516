//! What can go wrong between here and the API server, as sentences: what failed, why, what to try.

use std::path::PathBuf;

use super::request::RequestError;
use super::right::Right;
use super::transport::Cause;

/// What was asked of the API server: for messages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Action {
    /// What was being done to what, such as `reading pod shop/cart`.
    pub doing: String,
    /// The right that it takes, where one does.
    pub right: Option<Right>,
}

impl Action {
    /// Something that takes a right.
    pub fn new(doing: impl Into<String>, right: Right) -> Self {
        Self {
            doing: doing.into(),
            right: Some(right),
        }
    }

    /// Something that everybody may do.
    pub fn free(doing: impl Into<String>) -> Self {
        Self {
            doing: doing.into(),
            right: None,
        }
    }
}

/// A failure to connect to the cluster, or to get an answer from it. Never holds a token, a password or a key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ClusterError {
    /// There is no kubeconfig, and this is no pod of a cluster.
    #[error(
        "no cluster to connect to: there is no kubeconfig ({looked}), and this is no pod in a cluster; \
         name a kubeconfig with --kubeconfig or $KUBECONFIG, or try 'berth demo', which needs no cluster"
    )]
    NoKubeconfig {
        /// Where one was looked for.
        looked: String,
    },
    /// A kubeconfig cannot be read or understood.
    #[error("cannot use the kubeconfig {path}: {why}; correct it, or name another with --kubeconfig", path = .path.display())]
    Kubeconfig {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// No context is chosen, or one that does not exist.
    #[error("{why}; {}", known_contexts(.known))]
    Context {
        /// What is wrong.
        why: String,
        /// The contexts that there are.
        known: Vec<String>,
    },
    /// What the kubeconfig says of the context's cluster or user cannot be used.
    #[error("cannot connect with context '{context}': {why}")]
    Settings {
        /// The context.
        context: String,
        /// What is wrong, and what to try.
        why: String,
    },
    /// The credentials cannot be had: an exec plugin, a token file, an identity provider.
    #[error("cannot get credentials for {server}: {why}")]
    Credentials {
        /// The API server.
        server: String,
        /// What is wrong, and what to try.
        why: String,
    },
    /// The API server does not answer.
    #[error("{doing}: cannot reach the API server at {server}: {why}; {hint}")]
    Unreachable {
        /// What was being done.
        doing: String,
        /// The API server.
        server: String,
        /// What is wrong.
        why: String,
        /// What to try.
        hint: &'static str,
    },
    /// 401.
    #[error(
        "{doing}: the API server at {server} does not accept the credentials (401 Unauthorized); log in again, \
         or choose another context with --context"
    )]
    Unauthorized {
        /// What was being done.
        doing: String,
        /// The API server.
        server: String,
    },
    /// 403: a right is missing, or admission refuses.
    #[error("{doing}: {}", forbidden(.right.as_ref(), .message))]
    Forbidden {
        /// What was being done.
        doing: String,
        /// The right that is missing, where that is why.
        right: Option<Right>,
        /// The server's words.
        message: String,
    },
    /// Any other refusal.
    #[error("{doing}: the API server answers {code}: {message}")]
    Rejected {
        /// What was being done.
        doing: String,
        /// The HTTP status.
        code: u16,
        /// The server's words.
        message: String,
    },
    /// An answer that is not what the API promises.
    #[error("{doing}: cannot understand the answer of {server}: {why}; is that a Kubernetes API server?")]
    Unreadable {
        /// What was being done.
        doing: String,
        /// The API server.
        server: String,
        /// What is wrong with it.
        why: String,
    },
}

impl ClusterError {
    /// What `error` means for `action` on `server`.
    pub(crate) fn new(action: &Action, server: &str, error: RequestError) -> Self {
        let doing = action.doing.clone();
        let server = server.to_owned();
        match error {
            RequestError::Lost {
                cause: Cause::Credentials,
                why,
            } => Self::Credentials { server, why },
            RequestError::Lost { cause, why } => Self::Unreachable {
                doing,
                server,
                why,
                hint: cause.hint(),
            },
            RequestError::Status(status) if status.code == 401 => Self::Unauthorized { doing, server },
            RequestError::Status(status) if status.code == 403 => Self::Forbidden {
                doing,
                // Admission, too, refuses with 403; then no right is missing.
                right: action
                    .right
                    .clone()
                    .filter(|right| status.message.contains(&format!(" cannot {} ", right.verb))),
                message: status.message,
            },
            // What Go's server says in plain HTTP on a port for TLS.
            RequestError::Status(status) if status.message.contains("HTTP request to an HTTPS server") => {
                Self::Unreachable {
                    doing,
                    server,
                    why: "it speaks https only".to_owned(),
                    hint: Cause::Tls.hint(),
                }
            }
            RequestError::Status(status) => Self::Rejected {
                doing,
                code: status.code,
                message: status.message,
            },
            RequestError::Unreadable(why) => Self::Unreadable { doing, server, why },
        }
    }

    /// The exit code that stands for it: 2 where the command line or a file that it names is wrong, 5 where the
    /// server does not let us, 6 where there is no way to the server, 1 otherwise.
    pub const fn exit_code(&self) -> u8 {
        match self {
            Self::Kubeconfig { .. } | Self::Context { .. } => 2,
            Self::Unauthorized { .. } | Self::Forbidden { .. } => 5,
            Self::NoKubeconfig { .. }
            | Self::Settings { .. }
            | Self::Credentials { .. }
            | Self::Unreachable { .. } => 6,
            Self::Rejected { .. } | Self::Unreadable { .. } => 1,
        }
    }
}

fn known_contexts(known: &[String]) -> String {
    if known.is_empty() {
        "name a kubeconfig that has contexts with --kubeconfig".to_owned()
    } else {
        format!("choose with --context one of: {}", known.join(", "))
    }
}

fn forbidden(right: Option<&Right>, message: &str) -> String {
    match right {
        Some(_) if message.contains("User \"system:anonymous\"") => format!(
            "not allowed: the API server does not know who asks, as no credentials came with the request; log in, or \
             give the kubeconfig's user a certificate, a token or an exec plugin (the API server says: {message})"
        ),
        Some(right) => format!(
            "not allowed: that takes the right to {right}; 'berth check' lists every right that is needed (the API \
             server says: {message})"
        ),
        None => format!("the API server forbids it: {message}"),
    }
}
