//! Why no answer came: what hides in the chain of causes under a failed request.

use std::error::Error;
use std::io;

use crate::model::text::inert;

/// What kept an answer from coming.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cause {
    /// The name has no address.
    Dns,
    /// Nothing listens there.
    Refused,
    /// There is no road to it.
    NoRoute,
    /// No answer in time.
    TimedOut,
    /// Its certificate is not trusted.
    Certificate,
    /// It speaks no TLS, or another kind.
    Tls,
    /// The credentials could not be had, so nothing was asked.
    Credentials,
    /// The connection ended before the answer was complete.
    Broken,
}

impl Cause {
    /// Whether the request certainly never reached the server.
    pub(crate) const fn never_sent(self) -> bool {
        !matches!(self, Self::TimedOut | Self::Broken)
    }

    /// What to try.
    pub(crate) const fn hint(self) -> &'static str {
        match self {
            Self::Dns => "check the server's name in the kubeconfig, and the network or VPN",
            Self::Refused => {
                "check that the cluster runs, and the server's address and port in the kubeconfig; and the proxy, if \
                 there is one (proxy-url, HTTPS_PROXY)"
            }
            Self::NoRoute => "check the network or VPN, and the server's address in the kubeconfig",
            Self::TimedOut => "check the network or VPN, or allow more time with --request-timeout",
            Self::Certificate => {
                "check certificate-authority and tls-server-name of the cluster in the kubeconfig; was the \
                 cluster made anew?"
            }
            Self::Tls => "check the server's address in the kubeconfig: is it https, and is the port right?",
            Self::Credentials => "log in again",
            Self::Broken => "try again; if it stays so, look at the API server and at what stands before it",
        }
    }
}

/// What `error` comes down to, and a text for it that holds no secret.
pub(crate) fn diagnose(error: &(dyn Error + 'static)) -> (Cause, String) {
    let mut tls = None;
    let mut found = None;
    let mut deepest = error.to_string();
    each(error, &mut |cause| {
        deepest = cause.to_string();
        if let Some(auth) = cause.downcast_ref::<kube::client::AuthError>() {
            found.get_or_insert((Cause::Credentials, credentials(auth)));
        }
        let text = cause.to_string();
        if let Some(why) = text.split_once("invalid peer certificate: ") {
            tls.get_or_insert((Cause::Certificate, certificate(why.1)));
        } else if text.contains("received corrupt message") || text.contains("InvalidContentType") {
            tls.get_or_insert((Cause::Tls, "it does not answer in TLS".to_owned()));
        } else if text.contains("received fatal alert") {
            tls.get_or_insert((Cause::Tls, inert(&text).into_owned()));
        } else if text.contains("dns error") || text.contains("failed to lookup address") {
            found.get_or_insert((Cause::Dns, "its name has no address".to_owned()));
        }
        if let Some(io) = cause.downcast_ref::<io::Error>() {
            let known = match io.kind() {
                io::ErrorKind::ConnectionRefused => Some((Cause::Refused, "the connection is refused")),
                io::ErrorKind::TimedOut => Some((Cause::TimedOut, "no answer in time")),
                io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable => {
                    Some((Cause::NoRoute, "there is no route to it"))
                }
                _ => None,
            };
            if let Some((cause, text)) = known {
                found.get_or_insert((cause, text.to_owned()));
            }
        }
    });
    tls.or(found).unwrap_or_else(|| {
        let why = format!(
            "the connection broke before the answer was complete ({})",
            inert(&deepest)
        );
        (Cause::Broken, why)
    })
}

/// Calls `look` with `error` and everything under it. An I/O error's `source` skips what it wraps, so that is
/// looked into by hand.
fn each(error: &(dyn Error + 'static), look: &mut dyn FnMut(&(dyn Error + 'static))) {
    let mut next = Some(error);
    for _ in 0..16 {
        let Some(cause) = next else { return };
        look(cause);
        next = match cause.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
            Some(wrapped) => Some(wrapped),
            None => cause.source(),
        };
    }
}

fn certificate(why: &str) -> String {
    let short = inert(why.split(['{', ';']).next().unwrap_or(why).trim()).into_owned();
    let plain = if why.starts_with("UnknownIssuer") {
        "its certificate is signed by an authority that the kubeconfig does not name".to_owned()
    } else if why.starts_with("Expired") || why.starts_with("certificate expired") {
        "its certificate has expired".to_owned()
    } else if why.starts_with("NotValidForName") || why.starts_with("certificate not valid for name") {
        "its certificate is for another name".to_owned()
    } else {
        "its certificate is not accepted".to_owned()
    };
    format!("{plain} ({short})")
}

/// What is wrong with the credentials. An exec plugin's output is never repeated: it may hold a token.
pub(crate) fn credentials(error: &kube::client::AuthError) -> String {
    use kube::client::AuthError as E;
    match error {
        E::AuthExecStart(why) => cannot_start("", why),
        E::AuthExecRun { cmd, out } => {
            let complaint = String::from_utf8_lossy(&out.stderr);
            let last = complaint.lines().map(str::trim).rfind(|line| !line.is_empty());
            let last = last.map(|line| line.chars().take(200).collect::<String>());
            // The command's own words stand in quotes; what precedes them is its environment, which is nobody's business.
            let program = cmd
                .split_whitespace()
                .find(|word| word.starts_with('"') && word.len() > 2);
            let program = program.unwrap_or_default().trim_matches('"');
            format!(
                "the kubeconfig's exec plugin {} failed ({}){}; run it by hand to see why, or log in again",
                inert(program),
                out.status,
                last.map_or_else(String::new, |line| format!(": {}", inert(&line))),
            )
        }
        E::AuthExecParse(_) | E::ExecPluginFailed => {
            "the kubeconfig's exec plugin printed no ExecCredential with a status; is it the right program?"
                .to_owned()
        }
        E::MissingCommand => "users[].user.exec of the kubeconfig names no command".to_owned(),
        E::ReadTokenFile(why, path) => format!("the token file {} cannot be read: {why}", path.display()),
        E::InvalidBearerToken(_) => "the token holds characters that no token has; log in again".to_owned(),
        E::InvalidBasicAuth(_) => "user name or password hold characters that cannot be sent".to_owned(),
        E::Oidc(_) => "the identity provider gives no token (OIDC); log in again".to_owned(),
        other => format!("{}; log in again", inert(&other.to_string())),
    }
}

/// That the exec plugin `program` cannot be started; the name may be unknown, and is empty then.
pub(crate) fn cannot_start(program: &str, why: &io::Error) -> String {
    let named = if program.is_empty() {
        String::new()
    } else {
        format!(" {}", inert(program))
    };
    format!(
        "the kubeconfig's exec plugin{named} cannot be started: {why}; install it, or correct users[].user.exec.command"
    )
}
