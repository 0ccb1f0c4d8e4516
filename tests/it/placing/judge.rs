//! A judge for tests: what it says of the nodes is told to it; pods and nodes it reads from the API server.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use berth::engine::view::Selected;
use berth::model::labels::Labels;
use berth::model::situation::Signs;
use berth::model::{NodeId, Phase, Pod, PodKey, PodSpec};
use berth::placing::{Judge, Unready, Verdict};
use berth::scheduling::status::{Code, Status};
use berth::scheduling::trace::{Decision, FilterColumn, NodeIndex};
use berth::scheduling::{Preparation, Trace, room};
use futures::future::BoxFuture;
use jiff::Timestamp;
use k8s_openapi::api::core::v1;
use kube::Client;
use kube::api::{Api, ListParams};

#[derive(Clone)]
pub(crate) struct ApiJudge {
    client: Client,
    rejecting: BTreeMap<String, &'static str>,
    /// The first so many judgements are made on a pod that is older than it is.
    lag: Arc<AtomicUsize>,
}

impl ApiJudge {
    pub(crate) fn new(client: &Client) -> Self {
        Self {
            client: client.clone(),
            rejecting: BTreeMap::new(),
            lag: Arc::default(),
        }
    }

    pub(crate) fn rejecting(mut self, node: &str, plugin: &'static str) -> Self {
        self.rejecting.insert(node.to_owned(), plugin);
        self
    }

    pub(crate) fn lagging(self, judgements: usize) -> Self {
        self.lag.store(judgements, Ordering::SeqCst);
        self
    }

    /// What it says of `node` now.
    pub(crate) async fn verdict(&self, pod: &v1::Pod, node: &str) -> Verdict {
        let key = PodKey::new(
            pod.metadata.namespace.clone().unwrap_or_default(),
            pod.metadata.name.clone().unwrap_or_default(),
        );
        let selected = self.judge(key).await.expect("the pod");
        let id = selected.trace.nodes.id(node).expect("the node");
        Verdict::of(&selected.trace, id)
    }
}

impl Judge for ApiJudge {
    /// It knows of no pods that could go.
    fn room(&self, _: PodKey, _: Arc<str>) -> BoxFuture<'_, Option<room::Judged>> {
        Box::pin(async { None })
    }

    fn judge(&self, key: PodKey) -> BoxFuture<'_, Option<Selected>> {
        Box::pin(async move {
            let pods: Api<v1::Pod> = Api::namespaced(self.client.clone(), &key.namespace);
            let pod = pods.get(&key.name).await.ok()?;
            let nodes: Api<v1::Node> = Api::all(self.client.clone());
            let nodes = nodes.list(&ListParams::default()).await.ok()?;
            let mut names: Vec<Arc<str>> = nodes
                .items
                .into_iter()
                .filter_map(|node| node.metadata.name.map(Arc::from))
                .collect();
            names.sort();
            let mut column = FilterColumn::new("TaintToleration", names.len());
            let mut feasible = Vec::new();
            for (at, name) in names.iter().enumerate() {
                let id = NodeId(at as u32);
                match self.rejecting.get(&**name) {
                    Some(plugin) => {
                        column.plugin = plugin;
                        let status = column.intern(Status::because(Code::Unschedulable, "told so"));
                        column.set(id, status);
                    }
                    None => feasible.push(id),
                }
            }
            let lags = self
                .lag
                .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1))
                .is_ok();
            let version = pod.metadata.resource_version.unwrap_or_default();
            let pod = Pod {
                claims: None,
                key: key.clone(),
                uid: pod.metadata.uid.unwrap_or_default().into(),
                resource_version: if lags { "0".into() } else { version.into() },
                spec: Arc::new(PodSpec::default()),
                load: Arc::default(),
                volumes: Arc::default(),
                labels: Arc::new(Labels::default()),
                created: Timestamp::UNIX_EPOCH,
                node_name: None,
                nominated_node: None,
                phase: Phase::Pending,
                deleting: false,
                preempted: false,
                started: None,
                owner: None,
                generation: 1,
                unscheduled: None,
                attempt: berth::model::pod::Attempt::None,
                faults: Vec::new(),
            };
            let trace = Trace {
                allocations: Vec::new(),
                post_filter: None,
                pod: key,
                profile: "berth".into(),
                nodes: Arc::new(NodeIndex {
                    ids: (0..names.len() as u32).map(NodeId).collect(),
                    names,
                }),
                pre_enqueue: Vec::new(),
                pre_filter: Vec::new(),
                filters: vec![column],
                totals: vec![100; feasible.len()],
                decision: Decision::Scored(feasible.clone()),
                feasible,
                pre_score: Vec::new(),
                scores: Vec::new(),
                unseen: Vec::new(),
                prepared: Vec::new(),
                unprepared: Vec::new(),
            };
            Some(Selected {
                pod: Arc::new(pod),
                trace: Arc::new(trace),
                judged: Timestamp::now(),
                focus: Vec::new(),
            })
        })
    }

    /// Nothing: its pods have no claims.
    fn prepare(
        &self,
        _: PodKey,
        _: Arc<str>,
        _: Vec<&'static str>,
    ) -> BoxFuture<'_, Option<Result<Preparation, Unready>>> {
        Box::pin(async { Some(Ok(Preparation::default())) })
    }

    fn signs(&self, _: Arc<str>) -> BoxFuture<'_, Option<Signs>> {
        Box::pin(async { None })
    }
}
