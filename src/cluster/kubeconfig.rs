//! Finding the kubeconfig as kubectl finds it: `--kubeconfig`, then `$KUBECONFIG` with several files merged, then
//! the home file; and where there is none, the service account of the pod that this runs in.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use http::Uri;
use kube::Config;
use kube::config::{KubeConfigOptions, Kubeconfig, KubeconfigError};

use super::connect::ConnectOptions;
use super::error::ClusterError;
use crate::model::text::inert;

/// Where to connect and as whom.
pub(crate) struct Target {
    /// What kube makes a client of.
    pub(crate) config: Config,
    /// The context's name, or `in-cluster`.
    pub(crate) context: String,
    /// The kubeconfig's name for the user; empty where it has none.
    pub(crate) user: String,
}

/// The contexts that [`target`] knows, harmless; none where there is no kubeconfig or it cannot be read.
pub(crate) fn contexts(kubeconfig: Option<&Path>) -> Vec<String> {
    let listed = std::env::var_os("KUBECONFIG");
    let home = etcetera::home_dir().ok();
    let read = Places::of(kubeconfig, listed.as_deref(), home.as_deref()).read();
    let found = read.ok().flatten().map(|kubeconfig| kubeconfig.contexts);
    let names = found.into_iter().flatten();
    names.map(|context| inert(&context.name).into_owned()).collect()
}

/// Reads kubeconfig files or the pod's service account.
pub(crate) async fn target(options: &ConnectOptions) -> Result<Target, ClusterError> {
    let listed = std::env::var_os("KUBECONFIG");
    let home = etcetera::home_dir().ok();
    let places = Places::of(options.kubeconfig.as_deref(), listed.as_deref(), home.as_deref());
    let Some(kubeconfig) = places.read()? else {
        return in_cluster(options, &places);
    };
    let known: Vec<String> = kubeconfig
        .contexts
        .iter()
        .map(|context| inert(&context.name).into_owned())
        .collect();
    let chosen = options
        .context
        .clone()
        .or_else(|| kubeconfig.current_context.clone());
    let Some(context) = chosen.filter(|name| !name.is_empty()) else {
        let why = format!("there is no current context in {places}");
        return Err(ClusterError::Context { why, known });
    };
    let Some(entry) = kubeconfig.contexts.iter().find(|entry| entry.name == context) else {
        let why = format!("there is no context '{}' in {places}", inert(&context));
        return Err(ClusterError::Context { why, known });
    };
    let user = entry.context.as_ref().and_then(|context| context.user.clone());
    if let Some(user) = user.as_ref().filter(|user| !user.is_empty())
        && !kubeconfig.auth_infos.iter().any(|known| known.name == *user)
    {
        return Err(ClusterError::Settings {
            why: format!("there is no user '{}' in {places}", inert(user)),
            context: inert(&context).into_owned(),
        });
    }
    let loading = KubeConfigOptions {
        context: Some(context.clone()),
        ..KubeConfigOptions::default()
    };
    let settings = |why| ClusterError::Settings {
        context: inert(&context).into_owned(),
        why,
    };
    let mut config = Config::from_custom_kubeconfig(kubeconfig, &loading)
        .await
        .map_err(|error| settings(explain(&error)))?;
    config.cluster_url = complete(&config).map_err(settings)?;
    Ok(Target {
        config,
        context,
        user: user.unwrap_or_default(),
    })
}

/// The server's URL. Where it has no scheme, client-go's rule for one: https where anything is said of TLS.
fn complete(config: &Config) -> Result<Uri, String> {
    let url = &config.cluster_url;
    let secured = config.root_cert.is_some()
        || config.accept_invalid_certs
        || config.auth_info.client_certificate.is_some()
        || config.auth_info.client_certificate_data.is_some();
    let completed = match url.scheme_str() {
        None => format!("{}://{url}", if secured { "https" } else { "http" })
            .parse()
            .ok(),
        Some("http" | "https") => Some(url.clone()),
        Some(_) => None,
    };
    completed
        .filter(|url: &Uri| url.host().is_some_and(|host| !host.is_empty()))
        .ok_or_else(|| {
            format!(
                "its cluster's server is '{}'; write such as https://10.0.0.1:6443",
                inert(&url.to_string())
            )
        })
}

fn in_cluster(options: &ConnectOptions, places: &Places) -> Result<Target, ClusterError> {
    if let Some(context) = &options.context {
        return Err(ClusterError::Context {
            why: format!(
                "there is no context '{}': no kubeconfig was found ({places})",
                inert(context)
            ),
            known: Vec::new(),
        });
    }
    if std::env::var_os("KUBERNETES_SERVICE_HOST").is_none() {
        return Err(ClusterError::NoKubeconfig {
            looked: places.to_string(),
        });
    }
    let config = Config::incluster().map_err(|error| ClusterError::Settings {
        context: "in-cluster".to_owned(),
        why: format!(
            "{}; give the pod a service account whose token is mounted (automountServiceAccountToken)",
            inert(&error.to_string())
        ),
    })?;
    Ok(Target {
        config,
        context: "in-cluster".to_owned(),
        user: String::new(),
    })
}

/// The files to read, and whether one that is missing is an error.
enum Places {
    Named(PathBuf),
    Listed(Vec<PathBuf>),
    Home(Option<PathBuf>),
}

impl Places {
    /// `named` is `--kubeconfig`, `listed` is `$KUBECONFIG`.
    fn of(named: Option<&Path>, listed: Option<&OsStr>, home: Option<&Path>) -> Self {
        if let Some(path) = named {
            return Self::Named(path.to_owned());
        }
        let listed: Vec<PathBuf> = listed
            .map(|paths| {
                std::env::split_paths(paths)
                    .filter(|path| !path.as_os_str().is_empty())
                    .collect()
            })
            .unwrap_or_default();
        if listed.is_empty() {
            Self::Home(home.map(|home| home.join(".kube").join("config")))
        } else {
            Self::Listed(listed)
        }
    }

    /// What the files say, merged: the first to set a value wins. `None` where there is no file.
    fn read(&self) -> Result<Option<Kubeconfig>, ClusterError> {
        let files: &[PathBuf] = match self {
            Self::Named(path) => return read(path).map(Some),
            Self::Listed(paths) => paths,
            Self::Home(path) => path.as_slice(),
        };
        let mut merged: Option<Kubeconfig> = None;
        // kubectl, too, passes over files that do not exist.
        for path in files.iter().filter(|path| path.exists()) {
            let next = read(path)?;
            merged = Some(match merged {
                None => next,
                Some(first) => first.merge(next).map_err(|error| unusable(path, &error))?,
            });
        }
        Ok(merged)
    }
}

impl std::fmt::Display for Places {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Listed(paths) => {
                let paths: Vec<_> = paths.iter().map(|path| path.display().to_string()).collect();
                write!(f, "$KUBECONFIG: {}", paths.join(", "))
            }
            Self::Named(path) | Self::Home(Some(path)) => write!(f, "{}", path.display()),
            Self::Home(None) => f.write_str("no home folder"),
        }
    }
}

fn read(path: &Path) -> Result<Kubeconfig, ClusterError> {
    Kubeconfig::read_from(path).map_err(|error| unusable(path, &error))
}

fn unusable(path: &Path, error: &KubeconfigError) -> ClusterError {
    ClusterError::Kubeconfig {
        path: path.to_owned(),
        why: explain(error),
    }
}

/// What is wrong, without quoting the file: a parser's message may show the line, and the line may hold a key.
fn explain(error: &KubeconfigError) -> String {
    use kube::config::KubeconfigError as E;
    match error {
        E::ReadConfig(why, _) => why.to_string(),
        E::Parse(error) => match error.location() {
            Some(at) => format!(
                "it is not a kubeconfig (line {}, column {})",
                at.line(),
                at.column()
            ),
            None => "it is not a kubeconfig".to_owned(),
        },
        E::LoadClusterOfContext(cluster) => format!("the kubeconfig has no cluster '{}'", inert(cluster)),
        E::MissingClusterUrl => "its cluster names no server in the kubeconfig".to_owned(),
        E::ParseClusterUrl(why) => format!("its cluster's server is no URL: {why}"),
        E::ParseProxyUrl(why) => format!("its proxy is no URL: {why}"),
        E::LoadCertificateAuthority(why) => format!("the cluster's certificate authority: {}", load(why)),
        E::LoadClientCertificate(why) => format!("the user's client certificate: {}", load(why)),
        E::LoadClientKey(why) => format!("the user's client key: {}", load(why)),
        E::ParseCertificates(_) => "the cluster's certificate authority is no PEM certificate".to_owned(),
        other => inert(&other.to_string()).into_owned(),
    }
}

fn load(error: &kube::config::LoadDataError) -> String {
    use kube::config::LoadDataError as E;
    match error {
        E::DecodeBase64(_) => "it is not base64".to_owned(),
        E::ReadFile(why, path) => format!("cannot read {}: {why}", path.display()),
        E::NoBase64DataOrFile => "the kubeconfig has only one of certificate and key".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(folder: &tempfile::TempDir, name: &str, text: &str) -> PathBuf {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    fn context(name: &str, namespace: &str) -> String {
        format!("{{name: {name}, context: {{cluster: c, user: u, namespace: {namespace}}}}}")
    }

    #[test]
    fn several_files_are_merged_and_the_first_to_say_something_wins() {
        let folder = tempfile::tempdir().unwrap();
        let first = file(
            &folder,
            "first",
            &format!("contexts: [{}]", context("a", "first")),
        );
        let second = format!(
            "current-context: b\ncontexts: [{}, {}]",
            context("a", "second"),
            context("b", "second")
        );
        let second = file(&folder, "second", &second);
        let missing = folder.path().join("missing");
        let listed = std::env::join_paths([Path::new(""), &missing, &first, &second]).unwrap();
        let merged = Places::of(None, Some(&listed), None).read().unwrap().unwrap();
        let namespaces: Vec<_> = merged
            .contexts
            .iter()
            .map(|context| {
                (
                    context.name.as_str(),
                    context.context.as_ref().unwrap().namespace.as_deref(),
                )
            })
            .collect();
        assert_eq!(namespaces, [("a", Some("first")), ("b", Some("second"))]);
        assert_eq!(merged.current_context.as_deref(), Some("b"));
    }

    #[test]
    fn what_is_named_goes_before_what_is_listed_and_that_before_the_home_file() {
        let (named, listed, home) = (Path::new("/named"), OsStr::new("/listed"), Path::new("/home"));
        let places = |named, listed| Places::of(named, listed, Some(home)).to_string();
        assert_eq!(places(Some(named), Some(listed)), "/named");
        assert_eq!(places(None, Some(listed)), "$KUBECONFIG: /listed");
        assert_eq!(places(None, Some(OsStr::new(""))), "/home/.kube/config");
        assert_eq!(places(None, None), "/home/.kube/config");
    }

    #[test]
    fn a_file_that_is_named_must_be_there_and_others_need_not() {
        let nowhere = Path::new("/nonexistent/config");
        assert!(Places::of(Some(nowhere), None, None).read().is_err());
        assert!(
            Places::of(None, Some(nowhere.as_os_str()), None)
                .read()
                .unwrap()
                .is_none()
        );
        assert!(Places::of(None, None, Some(nowhere)).read().unwrap().is_none());
        assert!(Places::of(None, None, None).read().unwrap().is_none());
    }

    #[test]
    fn what_is_wrong_with_a_file_is_told_without_quoting_it() {
        let folder = tempfile::tempdir().unwrap();
        let bad = file(&folder, "bad", "users:\n- name: a\n  user: {token: [s3cr3t\n");
        let error = Places::of(Some(&bad), None, None).read().unwrap_err();
        let text = error.to_string();
        assert!(text.contains("line") && text.contains("bad"), "{text}");
        assert!(!text.contains("s3cr3t"), "{text}");
        assert_eq!(error.exit_code(), 2);
    }
}
