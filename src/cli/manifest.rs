//! Reading one object whole, for a person who looks at it: from the API server, or from the file again.

use std::fs::{self, File, Metadata};
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use serde_json::Value;

use crate::app::manifest::{Manifest, Subject};
use crate::cluster::Connection;
use crate::model::PodKey;
use crate::model::from_api::list::{Index, Place};
use crate::model::workload::{Maker, Owner};

/// Where objects are read.
#[derive(Clone, Debug)]
pub(super) enum Objects {
    /// From an API server.
    Cluster(Connection),
    /// From a file.
    File(Arc<Indexed>),
}

/// A file, and where its objects are in it, once one was looked at.
#[derive(Debug)]
pub(super) struct Indexed {
    path: PathBuf,
    index: Mutex<Option<(Version, Index)>>,
}

/// What tells that a file is another than before.
type Version = (u64, Option<SystemTime>);

impl Objects {
    /// Those of the file at `path`.
    pub(super) fn file(path: PathBuf) -> Self {
        Self::File(Arc::new(Indexed {
            path,
            index: Mutex::default(),
        }))
    }

    /// The manifest of `subject`.
    ///
    /// # Errors
    /// Why it cannot be had, for a person.
    pub(super) async fn manifest(&self, subject: &Subject) -> Result<Manifest, String> {
        let object = match self {
            Self::Cluster(connection) => from_cluster(connection, subject).await?,
            Self::File(file) => {
                let (file, subject) = (Arc::clone(file), subject.clone());
                let reading = tokio::task::spawn_blocking(move || file.object(&subject));
                reading
                    .await
                    .map_err(|error| format!("reading stopped: {error}"))??
            }
        };
        Ok(Manifest::new(object))
    }

    /// The chain of those that made `pod`, whose controller is `owner`.
    ///
    /// # Errors
    /// Why it cannot be had, for a person.
    pub(super) async fn owners(&self, pod: &PodKey, owner: &Owner) -> Result<Vec<Maker>, String> {
        match self {
            Self::Cluster(connection) => Ok(connection.owners(pod, owner).await),
            Self::File(_) => Err("who made that is not looked up in a file".to_owned()),
        }
    }
}

async fn from_cluster(connection: &Connection, subject: &Subject) -> Result<Value, String> {
    let read = match subject {
        Subject::Pod(key) => connection.pod(key).await,
        Subject::Node(name) => connection.node(name).await,
    };
    read.map_err(|error| error.to_string())
}

impl Indexed {
    /// The object. The whole file is read once, and again where it is another than then.
    fn object(&self, subject: &Subject) -> Result<Value, String> {
        let path = self.path.display().to_string();
        let unreadable = |error: io::Error| format!("cannot read {path}: {error}");
        let (kind, namespace, name) = match subject {
            Subject::Pod(key) => ("Pod", &*key.namespace, &*key.name),
            Subject::Node(name) => ("Node", "", &**name),
        };
        let version = version(&fs::metadata(&self.path).map_err(unreadable)?);
        let mut known = self.index.lock().unwrap_or_else(PoisonError::into_inner);
        let index = match known.take() {
            Some((of, index)) if of == version => index,
            _ => {
                let bytes = fs::read(&self.path).map_err(unreadable)?;
                Index::of(&bytes, &path).map_err(|error| error.to_string())?
            }
        };
        let (_, index) = known.insert((version, index));
        let text = match index.find(kind, namespace, name) {
            Some(Place::Text(text)) => text.clone().into_string().into_bytes(),
            Some(Place::Bytes(range)) => {
                let mut file = File::open(&self.path).map_err(unreadable)?;
                file.seek(SeekFrom::Start(range.start)).map_err(unreadable)?;
                let mut text = Vec::new();
                let length = range.end.saturating_sub(range.start);
                file.take(length).read_to_end(&mut text).map_err(unreadable)?;
                text
            }
            None => return Err(format!("{path} has no {kind} {subject} any more")),
        };
        serde_json::from_slice(&text).map_err(|error| format!("{path}: {kind} {subject}: {error}"))
    }
}

fn version(file: &Metadata) -> Version {
    (file.len(), file.modified().ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::PodKey;

    #[test]
    fn a_file_is_read_again_for_an_object_where_it_is_another() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("shop.json");
        let list = |pods: &[&str]| {
            let pod = |name: &&str| {
                format!(r#"{{"kind": "Pod", "metadata": {{"name": "{name}", "namespace": "shop"}}}}"#)
            };
            let pods: Vec<String> = pods.iter().map(pod).collect();
            fs::write(
                &path,
                format!(r#"{{"kind": "List", "items": [{}]}}"#, pods.join(", ")),
            )
            .expect("a file");
        };
        let Objects::File(file) = Objects::file(path.clone()) else {
            panic!("it is a file");
        };
        let read = |name: &str| file.object(&Subject::Pod(PodKey::new("shop", name)));
        list(&["a", "c"]);
        for name in ["a", "c", "a"] {
            assert_eq!(read(name).expect("it is there")["metadata"]["name"], name);
        }
        let gone = read("b").expect_err("it is not there");
        assert!(gone.ends_with("shop.json has no Pod shop/b any more"), "{gone}");
        list(&["longer", "b", "a"]);
        assert_eq!(read("b").expect("it is there now")["metadata"]["name"], "b");
        assert_eq!(read("a").expect("elsewhere")["metadata"]["name"], "a");
        fs::write(&path, "{").expect("a file");
        assert!(read("a").expect_err("it is no list").contains("shop.json"));
        fs::remove_file(&path).expect("the file goes");
        assert!(read("a").expect_err("it is gone").starts_with("cannot read "));
    }
}
