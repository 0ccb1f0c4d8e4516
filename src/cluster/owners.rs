//! Who made a pod, and who made that: the chain of controllers, through resources of any kind.
//!
//! berth knows the types of what scheduling reads. What owns a pod can be anything, also of a kind that was not there when
//! berth was built. So this asks discovery which resource a kind is, and reads it as a [`DynamicObject`]: metadata that all
//! objects have, and a tree for the rest.

use kube::Resource as _;
use kube::api::{DynamicObject, GroupVersionKind};
use kube::discovery::{Scope, pinned_kind};

use super::connect::Connection;
use super::request::{RequestError, segment};
use crate::model::PodKey;
use crate::model::text::inert;
use crate::model::workload::{Maker, Owner};

/// Longer chains are cut: somebody plays with us.
const LINKS: usize = 16;

/// An `ownerReference`.
#[derive(Clone, Debug, PartialEq)]
struct Reference {
    api_version: String,
    kind: String,
    name: String,
    uid: Option<String>,
}

impl Connection {
    /// The chain of those that made the pod called `pod`: its controller `owner`, the controller of that, and so on.
    pub async fn owners(&self, pod: &PodKey, owner: &Owner) -> Vec<Maker> {
        let mut next = Some(Reference {
            api_version: owner.api_version.to_string(),
            kind: owner.kind.to_string(),
            name: owner.name.to_string(),
            uid: None,
        });
        let mut makers: Vec<Maker> = Vec::new();
        while let Some(reference) = next.take() {
            let found = self.owner_of(pod, &reference).await;
            let mut maker = Maker {
                owner: Owner {
                    api_version: inert(&reference.api_version).into(),
                    kind: inert(&reference.kind).into(),
                    name: inert(&reference.name).into(),
                },
                unknown: None,
            };
            match found {
                Ok(above) => next = above,
                Err(why) => maker.unknown = Some(inert(&why).into_owned()),
            }
            if makers.len() >= LINKS || makers.contains(&maker) {
                break;
            }
            makers.push(maker);
        }
        makers
    }

    /// What controls the object that `reference` names.
    async fn owner_of(&self, pod: &PodKey, reference: &Reference) -> Result<Option<Reference>, String> {
        let (group, version) = match reference.api_version.split_once('/') {
            Some((group, version)) => (group, version),
            None => ("", reference.api_version.as_str()),
        };
        let kind = GroupVersionKind::gvk(group, version, &reference.kind);
        let asked = pinned_kind(self.client(), &kind);
        let (resource, capabilities) = within(self, asked).await.map_err(|error| match error {
            Lost::Status(404) => "its kind is not served".to_owned(),
            other => other.words(),
        })?;
        let namespace = (capabilities.scope == Scope::Namespaced).then_some(&*pod.namespace);
        // The name is whatever somebody wrote there.
        let folder = DynamicObject::url_path(&resource, namespace);
        let path = format!("{folder}/{}", segment(&reference.name));
        let read: Result<DynamicObject, RequestError> = self.get(&path).await;
        let object = read.map_err(|error| match error.code() {
            Some(404) => "it is gone".to_owned(),
            Some(code) => Lost::Status(code).words(),
            None => "the API server does not answer".to_owned(),
        })?;
        let uid = object.metadata.uid.unwrap_or_default();
        if reference.uid.as_ref().is_some_and(|wanted| *wanted != uid) {
            return Err("it is gone; another has its name".to_owned());
        }
        let mut references = object.metadata.owner_references.into_iter().flatten();
        let above = references.find(|owner| owner.controller == Some(true));
        Ok(above.map(|owner| Reference {
            api_version: owner.api_version,
            kind: owner.kind,
            name: owner.name,
            uid: Some(owner.uid),
        }))
    }
}

/// Why there is no answer.
enum Lost {
    Status(u16),
    Other(String),
}

impl Lost {
    fn words(self) -> String {
        match self {
            Self::Status(401 | 403) => "it may not be read".to_owned(),
            Self::Status(code) => format!("the API server answers {code}"),
            Self::Other(why) => why,
        }
    }
}

async fn within<T>(
    connection: &Connection,
    asked: impl Future<Output = Result<T, kube::Error>>,
) -> Result<T, Lost> {
    match tokio::time::timeout(connection.request_timeout(), asked).await {
        Ok(Ok(answer)) => Ok(answer),
        Ok(Err(kube::Error::Api(status))) => Err(Lost::Status(status.code)),
        // What discovery says of a kind that the group does not have.
        Ok(Err(kube::Error::Discovery(_))) => Err(Lost::Status(404)),
        Ok(Err(error)) => Err(Lost::Other(error.to_string())),
        Err(_) => Err(Lost::Other("no answer in time".to_owned())),
    }
}
