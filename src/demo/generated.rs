//! Generated clusters: as many nodes and pods as asked for, the same for the same seed.

mod prototypes;

use fastrand::Rng;
use jiff::SignedDuration;
use serde_json::{Map, Value, json};

use self::prototypes::{Numbers, Prototypes};
use super::{
    clock,
    kinds::{POD, Table},
    scenario::base::{ensure_namespace, template},
    scenario::nodes::load as load_nodes,
    scenario::owners::APP,
    shapes::NodeShape,
    store::Store,
};

/// What to generate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Generated {
    /// Nodes, in three zones and four sizes.
    pub nodes: usize,
    /// Pods that run already.
    pub pods: usize,
    /// Pods that wait for `schedulerName: berth`.
    pub pending: usize,
    /// The same seed gives the same names, uids, sizes and placements (times are counted from the start).
    pub seed: u64,
}

const REGION: &str = "eu-central-1";
/// The nodes are in these in turn.
const ZONES: [&str; 3] = ["a", "b", "c"];
/// Instance type, milli-CPU, MiB, how many in ten nodes.
const SIZES: [(&str, u64, u64, usize); 4] = [
    ("m7i.xlarge", 4_000, 16_384, 2),
    ("m7i.2xlarge", 8_000, 32_768, 4),
    ("c7i.4xlarge", 16_000, 32_768, 2),
    ("r7i.4xlarge", 16_000, 131_072, 2),
];
const PODS_PER_NODE: usize = 110;
/// Fewer pods a node do not ask for more each: one that waits is to fit on a node.
const FEW_PER_NODE: usize = 8;
/// Nodes tried at random for a pod before all are looked at.
const TRIES: usize = 12;
const TEAMS: [&str; 12] = [
    "shop",
    "payments",
    "search",
    "logistics",
    "identity",
    "media",
    "pricing",
    "reviews",
    "data",
    "mobile",
    "partners",
    "internal",
];
const THINGS: [&str; 16] = [
    "api", "worker", "web", "gateway", "indexer", "sync", "mailer", "cache", "auth", "feed", "export",
    "import", "quote", "ledger", "catalog", "notifier",
];

struct Room {
    cpu: u64,
    memory: u64,
    pods: usize,
}

impl Room {
    fn fits(&self, (cpu, memory): (u64, u64)) -> bool {
        // What kubelets hold back is not to be filled.
        self.pods > 0 && self.cpu >= cpu + 90 && self.memory >= memory + 2048
    }
}

/// Fills a store with such a cluster.
pub(super) fn fill(store: &Store, shape: Generated) -> Result<(), String> {
    if shape.pods > shape.nodes * PODS_PER_NODE {
        return Err(format!(
            "{} pods do not fit on {} nodes, which take {PODS_PER_NODE} each: ask for more nodes or fewer pods",
            shape.pods, shape.nodes
        ));
    }
    let mut random = Rng::with_seed(shape.seed);
    let nodes: Vec<NodeShape> = (0..shape.nodes).map(|i| node(i, &mut random)).collect();
    load_nodes(store, &nodes, &mut random);
    let mut rooms: Vec<Room> = nodes
        .iter()
        .map(|n| Room {
            cpu: n.cpu_milli,
            memory: n.memory_mib,
            pods: PODS_PER_NODE,
        })
        .collect();
    // Requests are drawn around what leaves a third of the cluster free; where there are few pods, more of it.
    let sharers = shape.pods.max(shape.nodes * FEW_PER_NODE).max(1);
    let fair = |total: u64| (total * 2 / 3 / sharers as u64).max(1);
    let cpu = fair(nodes.iter().map(|n| n.cpu_milli).sum());
    let memory = fair(nodes.iter().map(|n| n.memory_mib).sum());
    let prototypes = Prototypes::new()?;
    let mut serial = 0;
    while serial < shape.pods {
        let size = 1 + random.usize(..40).min(random.usize(..40));
        let replicas = size.min(shape.pods - serial);
        let mut requests = (draw(cpu, &mut random), draw(memory, &mut random));
        while !rooms.iter().any(|room| room.fits(requests)) {
            if requests == (1, 1) {
                return Err(format!(
                    "{} nodes are too small for {} pods",
                    shape.nodes, shape.pods
                ));
            }
            requests = ((requests.0 / 2).max(1), (requests.1 / 2).max(1));
        }
        let team = TEAMS[random.usize(..TEAMS.len())];
        let app = format!("{}-{serial}", THINGS[random.usize(..THINGS.len())]);
        ensure_namespace(store, team);
        let age = SignedDuration::from_mins(random.i64(5..40_000));
        let workload = prototypes.workload(team, &app, requests, age, &mut random);
        let zones = ZONES.map(|zone| workload.in_zone(&zone_name(zone)));
        let mut stamps = Vec::new();
        for _ in 0..replicas {
            // The next workload may be smaller.
            let Some(at) = choose(&rooms, requests, &mut random) else {
                break;
            };
            if let Some(room) = rooms.get_mut(at) {
                room.cpu = room.cpu.saturating_sub(requests.0);
                room.memory = room.memory.saturating_sub(requests.1);
                room.pods = room.pods.saturating_sub(1);
            }
            let (Some(node), Some(zone)) = (nodes.get(at), zones.get(at % ZONES.len())) else {
                continue;
            };
            let pod_ip = format!(
                "10.{}.{}.{}",
                64 + serial / 62_500,
                serial / 250 % 250,
                serial % 250 + 2
            );
            let numbers = Numbers {
                suffix: clock::suffix(&mut random, 5),
                uid: clock::uid(&mut random),
                pod_ip,
            };
            stamps.push(move |revision| zone.pod(node, &numbers, revision));
            serial += 1;
        }
        for (table, owner) in workload.owners(stamps.len()) {
            store.take_in(table, [owner]);
        }
        store.take_in(Table::Pods, stamps);
    }
    let mut pods = Vec::new();
    for i in 0..shape.pending {
        pods.push(pending(
            store,
            i,
            (draw(cpu, &mut random), draw(memory, &mut random)),
            &mut random,
        )?);
    }
    store.load(&POD, pods);
    Ok(())
}

fn node(i: usize, random: &mut Rng) -> NodeShape {
    let mut pick = i % 10;
    let size = SIZES.iter().find(|(.., share)| {
        let found = pick < *share;
        pick = pick.saturating_sub(*share);
        found
    });
    let (instance_type, cpu_milli, memory_mib, _) = *size.unwrap_or(&SIZES[0]);
    NodeShape {
        name: format!("ip-10-{}-{}-{}", 20 + i / 62_500, i / 250 % 250, i % 250 + 4),
        region: REGION.to_owned(),
        zone: zone_name(ZONES[i % ZONES.len()]),
        instance_type: instance_type.to_owned(),
        architecture: "amd64".to_owned(),
        address: format!("10.{}.{}.{}", 20 + i / 62_500, i / 250 % 250, i % 250 + 4),
        cpu_milli,
        memory_mib,
        pods: PODS_PER_NODE as u64,
        extended: Map::new(),
        labels: Map::from_iter([("pool".to_owned(), Value::from("general"))]),
        taints: Vec::new(),
        cordoned: random.usize(..100) == 0,
        ready: true,
        age: SignedDuration::from_hours(random.i64(30..3000)),
    }
}

fn zone_name(zone: &str) -> String {
    format!("{REGION}{zone}")
}

/// An amount between a quarter of the mean and a bit under twice of it.
fn draw(mean: u64, random: &mut Rng) -> u64 {
    (mean * random.u64(25..170) / 100).max(1)
}

/// A node with that much room; some are tried at random, so that the load is uneven.
fn choose(rooms: &[Room], requests: (u64, u64), random: &mut Rng) -> Option<usize> {
    let fits = |room: &Room| room.fits(requests);
    (0..TRIES)
        .map(|_| random.usize(..rooms.len()))
        .find(|at| rooms.get(*at).is_some_and(fits))
        .or_else(|| rooms.iter().position(fits))
}

fn pending(store: &Store, i: usize, requests: (u64, u64), random: &mut Rng) -> Result<Value, String> {
    let team = TEAMS[random.usize(..TEAMS.len())];
    ensure_namespace(store, team);
    let mut manifest = pod(team, &format!("waiting-{i}"), requests);
    manifest["metadata"]["uid"] = clock::uid(random).into();
    manifest["spec"]["schedulerName"] = "berth".into();
    match random.usize(..10) {
        0 => manifest["spec"]["priorityClassName"] = "system-cluster-critical".into(),
        1 | 2 => {
            let zone = ZONES[random.usize(..ZONES.len())];
            manifest["spec"]["nodeSelector"] = json!({"topology.kubernetes.io/zone": zone_name(zone)});
        }
        3 => manifest["spec"]["nodeSelector"] = json!({"node.kubernetes.io/instance-type": "r7i.4xlarge"}),
        4 => manifest["spec"]["containers"][0]["resources"]["requests"]["cpu"] = "12".into(),
        _ => {}
    }
    template(store, manifest)
}

fn pod(namespace: &str, app: &str, (cpu, memory): (u64, u64)) -> Value {
    json!({
        "metadata": {"namespace": namespace, "name": app, "labels": {APP: app, "team": namespace}},
        "spec": {"containers": [{
            "name": "main",
            "image": format!("registry.example.com/{namespace}/{app}:1"),
            "resources": {"requests": {"cpu": milli_cpu(cpu), "memory": mebibytes(memory)}},
        }]},
    })
}

/// An amount as the API server writes it.
fn milli_cpu(amount: u64) -> String {
    if amount.is_multiple_of(1000) {
        (amount / 1000).to_string()
    } else {
        format!("{amount}m")
    }
}

fn mebibytes(mut amount: u64) -> String {
    let mut unit = "Mi";
    for larger in ["Gi", "Ti", "Pi"] {
        if amount == 0 || !amount.is_multiple_of(1024) {
            break;
        }
        amount /= 1024;
        unit = larger;
    }
    format!("{amount}{unit}")
}
