//! Reading one object whole, for a person who looks at it: from the API server, or from the file again.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::app::manifest::{Manifest, Subject};
use crate::cluster::Connection;
use crate::model::from_api::list;

/// Where objects are read.
#[derive(Clone, Debug)]
pub(super) enum Objects {
    /// From an API server.
    Cluster(Connection),
    /// From a file.
    File(PathBuf),
}

impl Objects {
    /// The manifest of `subject`.
    ///
    /// # Errors
    /// Why it cannot be had, for a person.
    pub(super) async fn manifest(&self, subject: &Subject) -> Result<Manifest, String> {
        let object = match self {
            Self::Cluster(connection) => from_cluster(connection, subject).await?,
            Self::File(path) => {
                let (path, subject) = (path.clone(), subject.clone());
                let reading = tokio::task::spawn_blocking(move || from_file(&path, &subject));
                reading
                    .await
                    .map_err(|error| format!("reading stopped: {error}"))??
            }
        };
        Ok(Manifest::new(object))
    }
}

async fn from_cluster(connection: &Connection, subject: &Subject) -> Result<Value, String> {
    let read = match subject {
        Subject::Pod(key) => connection.pod(key).await,
        Subject::Node(name) => connection.node(name).await,
    };
    read.map_err(|error| error.to_string())
}

fn from_file(path: &Path, subject: &Subject) -> Result<Value, String> {
    let file = path.display().to_string();
    let bytes = std::fs::read(path).map_err(|error| format!("cannot read {file}: {error}"))?;
    let (what, name) = match subject {
        Subject::Pod(key) => (("Pod", &*key.namespace, &*key.name), key.to_string()),
        Subject::Node(name) => (("Node", "", &**name), name.to_string()),
    };
    let found = list::find(&bytes, &file, what).map_err(|error| error.to_string())?;
    found.ok_or_else(|| format!("{file} has no {} {name} any more", what.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::PodKey;

    #[test]
    fn a_file_is_read_again_for_an_object_of_it() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("shop.json");
        let text =
            r#"{"kind": "List", "items": [{"kind": "Pod", "metadata": {"name": "a", "namespace": "shop"}}]}"#;
        std::fs::write(&path, text).expect("a file");
        let pod = |name: &str| Subject::Pod(PodKey::new("shop", name));
        assert_eq!(from_file(&path, &pod("a")).expect("it is there")["kind"], "Pod");
        let gone = from_file(&path, &pod("b")).expect_err("it is not there");
        assert!(gone.ends_with("shop.json has no Pod shop/b any more"), "{gone}");
        std::fs::remove_file(&path).expect("the file goes");
        assert!(
            from_file(&path, &pod("a"))
                .expect_err("it is gone")
                .starts_with("cannot read ")
        );
    }
}
