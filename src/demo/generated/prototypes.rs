//! The pod of which all pods of a generated cluster are made, and its owners: defaulted, admitted and validated once.

use fastrand::Rng;
use jiff::SignedDuration;
use serde_json::{Map, Value};

use super::{REGION, mebibytes, milli_cpu, pod};
use crate::demo::{
    clock,
    kinds::{Kind, POD, Table},
    object::{
        Object,
        stencils::{Filling, Stencil},
    },
    scenario::{
        base::{base, ensure_namespace, template},
        owners::{Owner, Workload},
    },
    shapes::{self, NodeShape, Placement, running},
};

// The words for which the real ones are put in. None is part of another, or of anything else in the objects.
const TEAM: &str = "stencil-team";
const APP: &str = "stencil-app";
const HASH: &str = "stencil-hash";
const SINCE: &str = "stencil-since";
const TOKEN: &str = "stencil-token";
const POD_UID: &str = "stencil-uid-of-pod";
const SET_UID: &str = "stencil-uid-of-set";
const DEPLOYMENT_UID: &str = "stencil-uid-of-deployment";
const SUFFIX: &str = "stencil-suffix";
const ZONE: &str = "stencil-zone";
const NODE: &str = "stencil-node";
const ADDRESS: &str = "stencil-address";
const POD_IP: &str = "stencil-pod-ip";
/// Amounts that are no multiples of a thousand, or of 1024, so that they stay as they are.
const CPU: (u64, &str) = (7_654_321, "7654321m");
const MEMORY: (u64, &str) = (6_543_219, "6543219Mi");
/// Pods of a workload, and how many may be there while it is rolled out.
const PODS: (usize, &str) = (5_432_198, "5432198");
const MOST: &str = "6790248";

const WORDS: [&str; 17] = [
    TEAM,
    APP,
    HASH,
    SINCE,
    TOKEN,
    POD_UID,
    SET_UID,
    DEPLOYMENT_UID,
    SUFFIX,
    ZONE,
    NODE,
    ADDRESS,
    POD_IP,
    CPU.1,
    MEMORY.1,
    PODS.1,
    MOST,
];

/// What all workloads have in common.
pub(super) struct Prototypes {
    pod: Stencil,
    owners: Vec<Stencil>,
}

/// What the pods of a deployment have in common.
pub(super) struct Stamps {
    pod: Stencil,
    owners: Vec<Stencil>,
}

/// The pods of a deployment in one zone.
pub(super) struct InZone(Stencil);

/// What is a pod's own beside its node.
pub(super) struct Numbers {
    pub(super) suffix: String,
    pub(super) uid: String,
    pub(super) pod_ip: String,
}

impl Prototypes {
    pub(super) fn new() -> Result<Self, String> {
        let mut random = Rng::with_seed(0);
        // In a cluster of its own, so that nothing is left of it.
        let store = base();
        ensure_namespace(&store, TEAM);
        // At another time than all that is made with the store.
        let age = SignedDuration::from_hours(100);
        let since = shapes::ago(age);
        let mut manifest = pod(TEAM, APP, (CPU.0, MEMORY.0));
        let mut part = |at: &str| match manifest.pointer_mut(at).map(Value::take) {
            Some(Value::Object(part)) => part,
            _ => Map::new(),
        };
        let workload = Workload {
            owner: Owner::Deployment,
            namespace: TEAM,
            name: APP,
            labels: part("/metadata/labels"),
            spec: part("/spec"),
            age,
        };
        let owned = workload.own(&mut random);
        let template = template(&store, owned.pod.clone())?;
        let placement = Placement {
            node: &node(age),
            pod_ip: POD_IP.to_owned(),
            age,
        };
        let pod = running(
            &template,
            &format!("{}{SUFFIX}", owned.prefix),
            &placement,
            &mut random,
        );
        let owners = workload.owners(&store, &owned, (PODS.0, PODS.0))?;

        if shapes::ago(age) != since {
            // A second has passed, and not all times are the same.
            return Self::new();
        }

        // What was chosen at random gives way to words.
        let at = |tree: &Value, pointer: &str| {
            let text = tree.pointer(pointer).and_then(Value::as_str);
            text.unwrap_or_default().to_owned()
        };
        let deployment = owners.iter().find(|(kind, _)| kind.table == Table::Deployments);
        let chosen = [
            (at(&pod, "/metadata/labels/pod-template-hash"), HASH),
            (since, SINCE),
            (at(&pod, "/spec/volumes/0/name"), TOKEN),
            (at(&pod, "/metadata/uid"), POD_UID),
            (at(&pod, "/metadata/ownerReferences/0/uid"), SET_UID),
            (
                deployment
                    .map(|(_, tree)| at(tree, "/metadata/uid"))
                    .unwrap_or_default(),
                DEPLOYMENT_UID,
            ),
        ];
        let stencil = |kind: &Kind, tree: &Value| {
            let mut text = tree.to_string();
            for (chosen, word) in chosen.iter().filter(|(chosen, _)| !chosen.is_empty()) {
                text = text.replace(chosen, word);
            }
            let tree = serde_json::from_str(&text).map_err(|error| error.to_string())?;
            Stencil::of(&Object::freeze(kind, tree, 1), &WORDS)
                .ok_or_else(|| format!("a {} has more owners than one", kind.kind))
        };
        let owners = owners.iter().map(|(kind, tree)| stencil(kind, tree));
        Ok(Self {
            owners: owners.collect::<Result<_, _>>()?,
            pod: stencil(&POD, &pod)?,
        })
    }

    /// A deployment whose pods ask for so much CPU and memory.
    pub(super) fn workload(
        &self,
        team: &str,
        app: &str,
        (cpu, memory): (u64, u64),
        age: SignedDuration,
        random: &mut Rng,
    ) -> Stamps {
        let hash = clock::suffix(random, 9);
        let [deployment, set, _] = [(); 3].map(|()| clock::uid(random));
        let token = format!("kube-api-access-{}", clock::suffix(random, 5));
        let (since, cpu, memory) = (shapes::ago(age), milli_cpu(cpu), mebibytes(memory));
        let words: [Filling<'_>; 9] = [
            (TEAM, team),
            (APP, app),
            (HASH, &hash),
            (SINCE, &since),
            (TOKEN, &token),
            (SET_UID, &set),
            (DEPLOYMENT_UID, &deployment),
            (CPU.1, &cpu),
            (MEMORY.1, &memory),
        ];
        Stamps {
            pod: self.pod.fill(&words),
            owners: self.owners.iter().map(|owner| owner.fill(&words)).collect(),
        }
    }
}

impl Stamps {
    pub(super) fn in_zone(&self, zone: &str) -> InZone {
        InZone(self.pod.fill(&[(ZONE, zone)]))
    }

    /// The deployment and its set, with so many pods.
    pub(super) fn owners(&self, pods: usize) -> impl Iterator<Item = (Table, impl FnOnce(u64) -> Object)> {
        let most = (pods + pods.div_ceil(4)).to_string();
        let pods = pods.to_string();
        self.owners.iter().map(move |owner| {
            let (pods, most) = (pods.clone(), most.clone());
            let stamp = move |revision| owner.stamp(&[(PODS.1, &pods), (MOST, &most)], revision);
            (owner.table(), stamp)
        })
    }
}

impl InZone {
    pub(super) fn pod(&self, node: &NodeShape, numbers: &Numbers, revision: u64) -> Object {
        let words = [
            (SUFFIX, &*numbers.suffix),
            (POD_UID, &numbers.uid),
            (NODE, &node.name),
            (ADDRESS, &node.address),
            (POD_IP, &numbers.pod_ip),
        ];
        self.0.stamp(&words, revision)
    }
}

fn node(age: SignedDuration) -> NodeShape {
    NodeShape {
        name: NODE.to_owned(),
        region: REGION.to_owned(),
        zone: ZONE.to_owned(),
        instance_type: String::new(),
        architecture: String::new(),
        address: ADDRESS.to_owned(),
        cpu_milli: 0,
        memory_mib: 0,
        pods: 0,
        extended: Map::new(),
        labels: Map::new(),
        taints: Vec::new(),
        cordoned: false,
        ready: true,
        age,
    }
}
