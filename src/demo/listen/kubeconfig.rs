//! The kubeconfig that lets kubectl in.

use std::{
    fs::{self, OpenOptions},
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::Value;

/// What context, cluster and user are called.
const NAME: &str = "berth-demo";
/// A kubeconfig of this size is nobody's.
const LARGEST: u64 = 1 << 20;

/// Why a kubeconfig is not written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KubeconfigError {
    /// There is something that must not be lost.
    #[error("{} is there already and {what}", .file.display())]
    Foreign {
        /// The file.
        file: PathBuf,
        /// What it is instead.
        what: &'static str,
    },
    /// The system says no.
    #[error("cannot write the kubeconfig {}: {source}", .file.display())]
    Io {
        /// The file.
        file: PathBuf,
        /// Why not.
        source: io::Error,
    },
}

/// Whether a kubeconfig may be written there: there is nothing yet, or what an earlier server has written.
///
/// # Errors
/// Where something else is there, or nothing can be there.
pub fn check(file: &Path) -> Result<(), KubeconfigError> {
    let failed = |source| KubeconfigError::Io {
        file: file.to_owned(),
        source,
    };
    let foreign = |what| KubeconfigError::Foreign {
        file: file.to_owned(),
        what,
    };
    let found = match fs::symlink_metadata(file) {
        Ok(found) => found,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let folder = folder(file);
            return match fs::metadata(folder) {
                Ok(found) if !found.is_dir() => Err(failed(io::ErrorKind::NotADirectory.into())),
                Ok(_) => Ok(()),
                Err(error) => Err(failed(error)),
            };
        }
        Err(error) => return Err(failed(error)),
    };
    if !found.is_file() {
        return Err(foreign("is no regular file"));
    }
    if found.len() > LARGEST || !is_ours(&fs::read(file).map_err(failed)?) {
        return Err(foreign("is not a kubeconfig of a demonstration alone"));
    }
    Ok(())
}

/// Whether that is a kubeconfig (or nothing) in which all is called as this program calls it.
fn is_ours(text: &[u8]) -> bool {
    if text.trim_ascii().is_empty() {
        return true;
    }
    let Ok(tree) = serde_saphyr::from_slice::<Value>(text) else {
        return false;
    };
    ["clusters", "users", "contexts"].iter().all(|section| {
        let entries = tree[section].as_array();
        entries
            .is_some_and(|entries| !entries.is_empty() && entries.iter().all(|entry| entry["name"] == NAME))
    })
}

fn folder(file: &Path) -> &Path {
    match file.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    }
}

pub(super) fn text(server: &str, authority: &str, token: &str) -> String {
    let authority = STANDARD.encode(authority);
    format!(
        "apiVersion: v1\n\
         kind: Config\n\
         clusters:\n\
         - name: {NAME}\n  cluster:\n    server: {server}\n    certificate-authority-data: {authority}\n\
         users:\n\
         - name: {NAME}\n  user:\n    token: {token}\n\
         contexts:\n\
         - name: {NAME}\n  context:\n    cluster: {NAME}\n    user: {NAME}\n\
         current-context: {NAME}\n"
    )
}

/// Writes the file whole or not at all, readable by its owner alone from the first byte on.
pub(super) fn write(file: &Path, text: &str) -> Result<(), KubeconfigError> {
    check(file)?;
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    let beside = folder(file).join(format!(".{name}.{:016x}", fastrand::u64(..)));
    let written = fill(&beside, text).and_then(|()| fs::rename(&beside, file));
    written.map_err(|source| {
        let _ = fs::remove_file(&beside);
        KubeconfigError::Io {
            file: file.to_owned(),
            source,
        }
    })
}

fn fill(file: &Path, text: &str) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(file)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_ours_is_replaced() {
        let ours = text("https://127.0.0.1:1", "pem", "secret");
        assert!(is_ours(ours.as_bytes()) && is_ours(b" \n"));
        let merged = ours.replace("current-context", "- name: prod\n  context: {}\ncurrent-context");
        for other in [
            "a: b",
            "just text",
            "[",
            "clusters: []\nusers: []\ncontexts: []\n",
            &merged,
        ] {
            assert!(!is_ours(other.as_bytes()), "{other}");
        }
    }
}
