//! A small believable cluster for the tests of the screen: views as the engine would publish them, made by hand, so
//! that what is drawn depends on nothing but what is written here.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use berth::app::link::{Probe, Watch, WatchState};
use berth::app::{Link, Options, State};
use berth::engine::View;
use berth::engine::view::{Fit, NodeSummary, Pending, Selected, Summary, Waiting};
use berth::model::{NodeId, Phase, Pod, PodKey, PodSpec};
use berth::scheduling::cycle::NodeExplanation;
use berth::scheduling::explanation::{Explanation, Input, Side, Step};
use berth::scheduling::trace::{
    Candidate, Decision, FilterColumn, NodeIndex, PostFilterResult, PreFilterResult, ScoreColumn, Victim,
};
use berth::scheduling::{Code, Status, Trace};
use jiff::Timestamp;
use jiff::tz::TimeZone;

/// The moment at which all of it happens.
pub(crate) fn now() -> Timestamp {
    "2026-03-02T12:04:15Z".parse().expect("a time")
}

/// `seconds` before [`now`].
pub(crate) fn before(seconds: i64) -> Timestamp {
    now() - jiff::SignedDuration::from_secs(seconds)
}

/// A screen of `size` on which nothing has come yet.
pub(crate) fn blank(size: (u16, u16)) -> State {
    let options = Options {
        scheduler_names: Arc::from([Arc::from("berth")]),
        namespace: None,
        zone: TimeZone::UTC,
        settings: Arc::default(),
        settings_file: Some("~/.config/berth/settings.yaml".into()),
        kubeconfig: None,
        contexts: Arc::from([Arc::from("prod-eu"), Arc::from("staging")]),
        profiles: Arc::default(),
        keymap: Arc::default(),
    };
    State::new(options, size, now())
}

/// A connection as good as it gets.
pub(crate) fn live() -> Link {
    let watch = |resource| Watch {
        resource,
        state: WatchState::Live,
    };
    Link {
        context: "prod-eu".into(),
        version: "v1.37.2".into(),
        user: "ana@example.org".into(),
        watches: vec![watch("pods"), watch("nodes"), watch("namespaces")],
        probe: Probe::Answered {
            latency: Duration::from_millis(3),
        },
        schedulers: Vec::new(),
        file: None,
        operators: Vec::new(),
    }
}

/// A cluster: nodes with their load, and pods that wait.
pub(crate) struct World {
    /// The nodes, in name order.
    pub(crate) nodes: Vec<NodeSummary>,
    /// The pods, in queue order.
    pub(crate) pods: Vec<Arc<Pod>>,
    /// The pod that was asked about.
    pub(crate) selected: usize,
    /// The node that was asked about.
    pub(crate) focus: Option<Arc<str>>,
    /// The view's number.
    pub(crate) revision: u64,
    /// The profile that judges every pod.
    pub(crate) profile: Option<Arc<str>>,
    /// The nodes where room can be made for pods that fit nowhere, each with whose going makes it.
    pub(crate) room: Vec<(&'static str, Vec<Victim>)>,
}

impl World {
    /// 40 nodes in three zones, and eight pods of every kind.
    pub(crate) fn shop() -> Self {
        let mut nodes: Vec<NodeSummary> = (0..36_u32)
            .map(|at| {
                let zone = ["eu-1a", "eu-1b", "eu-1c"][at as usize % 3];
                let mut used = 1900 + i64::from(at * 7919 % 21) * 100;
                if at == 17 || at == 3 || at == 29 {
                    used = 1100 + i64::from(at) * 20;
                }
                node(at, &format!("worker-{at:02}"), zone, used, 4000, &[])
            })
            .collect();
        for gpu in 0..4_u32 {
            let used = if gpu == 3 { 7600 } else { 500 };
            let taint = "nvidia.com/gpu=present:NoSchedule";
            nodes.push(node(
                36 + gpu,
                &format!("gpu-{gpu}"),
                "eu-1a",
                used,
                8000,
                &[taint],
            ));
        }
        nodes[11].unschedulable = true;
        nodes[12].unschedulable = true;
        nodes[30].ready = false;
        nodes[30].taints = Arc::from(["node.kubernetes.io/not-ready:NoExecute".to_owned()]);
        nodes.sort_by(|a, b| a.name.cmp(&b.name));
        let mut pods = vec![
            pod("kube-system", "dns-7d4b9-x2x8k", 2_000_001_000, 40, 3800),
            pod("kube-system", "cni-9q2lm", 2_000_001_000, 31, 3800),
            pod("shop", "cart-7f9c4d8b6f-w8kzp", 1000, 130, 2000),
            pod("web", "front-5d6f7c9b4-2q2lm", 100, 9, 200),
            pod("web", "canary-1", 100, 3900, 200),
            pod("batch", "train-0", 0, 725, 7000),
            pod("batch", "train-1", 0, 725, 7000),
            pod("data", "etl-28391-hx7wq", 0, 200_000, 500),
        ];
        edit(&mut pods[4], |pod, spec| {
            spec.scheduling_gates = vec!["example.com/quota".into()];
            pod.uid = "uid-canary".into();
        });
        for at in [0, 7] {
            edit(&mut pods[at], |_, spec| {
                spec.scheduler_name = "default-scheduler".into();
            });
        }
        Self {
            nodes,
            pods,
            selected: 2,
            focus: None,
            revision: 1,
            profile: None,
            room: Vec::new(),
        }
    }

    /// `count` nodes, none of them special, and `waiting` pods.
    pub(crate) fn large(count: u32, waiting: u32) -> Self {
        let mut nodes: Vec<NodeSummary> = (0..count)
            .map(|at| {
                let zone = format!("zone-{}", at % 6);
                let used = i64::from(at * 7919 % 160) * 100;
                node(at, &format!("pool-{}-{at:05}", at % 4), &zone, used, 16_000, &[])
            })
            .collect();
        nodes.sort_by(|a, b| a.name.cmp(&b.name));
        let pods = (0..waiting)
            .map(|at| {
                pod(
                    "load",
                    &format!("job-{at:05}"),
                    1000 - at as i32 / 100,
                    i64::from(at),
                    3000,
                )
            })
            .collect();
        Self {
            nodes,
            pods,
            selected: 0,
            focus: None,
            revision: 1,
            profile: None,
            room: Vec::new(),
        }
    }

    /// The view of it.
    pub(crate) fn view(&self) -> Arc<View> {
        let index = Arc::new(self.index());
        let waiting: Vec<Waiting> = self
            .pods
            .iter()
            .map(|pod| Waiting {
                pod: Arc::clone(pod),
                ours: &*pod.spec.scheduler_name == "berth",
                fit: (self.pods.len() < 50).then(|| Fit {
                    feasible: self.judge(pod, &index).feasible.len(),
                    nodes: self.nodes.len(),
                    message: "".into(),
                    blamed: Arc::default(),
                }),
                queued: None,
            })
            .collect();
        let selected = self.pods.get(self.selected).map(|pod| {
            let trace = Arc::new(self.judge(pod, &index));
            let focus = self
                .focus
                .as_ref()
                .and_then(|name| index.id(name))
                .or_else(|| trace.decision.chosen().first().copied())
                .map(|id| (id, Arc::new(self.explain(pod, &trace, id))))
                .into_iter()
                .collect();
            Selected {
                pod: Arc::clone(pod),
                trace,
                judged: before(0),
                focus,
            }
        });
        let critical = self.pods.iter().filter(|pod| pod.is_critical()).count();
        Arc::new(View {
            generation: self.revision,
            revision: self.revision,
            synced: true,
            profile: self.profile.clone(),
            summary: Summary {
                nodes: self.nodes.len(),
                ready: self.nodes.iter().filter(|node| node.ready).count(),
                pods: self.nodes.len() * 9,
                waiting: self.pods.len(),
                critical,
                gated: self.pods.iter().filter(|pod| pod.is_gated()).count(),
                namespaces: ["batch", "data", "kube-system", "shop", "web"]
                    .map(Arc::from)
                    .to_vec(),
                by_scheduler: Pending::by_scheduler(&waiting),
            },
            waiting: waiting.into(),
            nodes: self.nodes.clone().into(),
            selected,
        })
    }

    fn index(&self) -> NodeIndex {
        let slots = self
            .nodes
            .iter()
            .map(|node| node.id.index() + 1)
            .max()
            .unwrap_or(0);
        let mut names = vec![Arc::from(""); slots];
        for node in &self.nodes {
            names[node.id.index()] = Arc::clone(&node.name);
        }
        NodeIndex {
            ids: self.nodes.iter().map(|node| node.id).collect(),
            names,
        }
    }

    fn judge(&self, pod: &Pod, index: &Arc<NodeIndex>) -> Trace {
        let slots = index.names.len();
        let mut cordon = FilterColumn::new("NodeUnschedulable", slots);
        let mut taint = FilterColumn::new("TaintToleration", slots);
        let mut fit = FilterColumn::new("NodeResourcesFit", slots);
        let asked = pod.spec.non_zero.milli_cpu;
        let unresolvable = Code::UnschedulableAndUnresolvable;
        for node in &self.nodes {
            if node.unschedulable {
                let status = cordon.intern(Status::because(unresolvable, "node(s) were unschedulable"));
                cordon.set(node.id, status);
            }
            if !node.taints.is_empty() {
                let status = taint.intern(Status::because(unresolvable, "node(s) had untolerated taint(s)"));
                taint.set(node.id, status);
            }
            if node.cpu.0 + asked > node.cpu.1 {
                let mut status = Status::because(Code::Unschedulable, "Insufficient cpu");
                if node.cpu.0 * 10 > node.cpu.1 * 9 {
                    status.reasons.push("Insufficient memory".into());
                }
                let status = fit.intern(status);
                fit.set(node.id, status);
            }
        }
        let filters = vec![cordon, taint, fit];
        let feasible: Vec<NodeId> = index
            .ids
            .iter()
            .copied()
            .filter(|&id| !filters.iter().any(|column| column.rejects(id)))
            .collect();
        let cpu: HashMap<NodeId, (i64, i64)> = self.nodes.iter().map(|node| (node.id, node.cpu)).collect();
        let least = |id: &NodeId| {
            let (used, all) = cpu[id];
            (all - used - asked) * 100 / all
        };
        let column = |plugin, weight, of: &dyn Fn(&NodeId) -> i64| {
            let raw: Vec<i64> = feasible.iter().map(of).collect();
            ScoreColumn {
                plugin,
                weight,
                most: 0,
                normalized: raw.clone(),
                raw,
            }
        };
        let scores = vec![
            column("TaintToleration", 3, &|_| 100),
            column("NodeAffinity", 2, &|id| i64::from(id.0 % 2) * 50),
            column("NodeResourcesFit", 1, &least),
            column("NodeResourcesBalancedAllocation", 1, &|id| 100 - least(id) / 2),
        ];
        let totals: Vec<i64> = (0..feasible.len())
            .map(|at| {
                scores
                    .iter()
                    .map(|score| score.normalized[at] * score.weight)
                    .sum()
            })
            .collect();
        let most = totals.iter().max().copied();
        let best: Vec<NodeId> = feasible
            .iter()
            .zip(&totals)
            .filter(|(_, total)| Some(**total) == most)
            .map(|(id, _)| *id)
            .collect();
        let decision = match feasible[..] {
            [] => Decision::Unschedulable,
            [only] => Decision::Single(only),
            _ => Decision::Scored(best),
        };
        Trace {
            allocations: Vec::new(),
            post_filter: feasible.is_empty().then(|| self.post_filter(index)).flatten(),
            pod: pod.key.clone(),
            profile: "berth".into(),
            nodes: Arc::clone(index),
            pre_enqueue: Vec::new(),
            pre_filter: vec![PreFilterResult {
                plugin: "NodePorts",
                status: Status::SKIP,
                nodes: None,
                names: Vec::new(),
            }],
            filters: if pod.is_gated() { Vec::new() } else { filters },
            feasible,
            pre_score: Vec::new(),
            scores,
            totals,
            decision,
            unseen: Vec::new(),
            prepared: Vec::new(),
            unprepared: Vec::new(),
        }
    }

    fn post_filter(&self, index: &NodeIndex) -> Option<PostFilterResult> {
        let candidates: Vec<Candidate> = self
            .room
            .iter()
            .map(|(node, victims)| Candidate {
                node: index.id(node).expect("a node"),
                pdb_violations: victims.iter().filter(|victim| victim.protected).count(),
                victims: victims.clone(),
            })
            .collect();
        let best = candidates.first()?.node;
        Some(PostFilterResult {
            plugin: "DefaultPreemption",
            status: Status::because(Code::Success, "preemption: found a potential placement"),
            candidates,
            best: vec![best],
        })
    }

    fn explain(&self, pod: &Pod, trace: &Trace, id: NodeId) -> NodeExplanation {
        let node = self.nodes.iter().find(|node| node.id == id).expect("a node");
        let asked = pod.spec.non_zero.milli_cpu;
        let (used, all) = node.cpu;
        let input = |side, name: &str, value: String, field: &str| Input {
            side,
            name: name.into(),
            value,
            field: field.into(),
        };
        let resources = vec![
            input(
                Side::Pod,
                "requests cpu",
                format!("{asked}m"),
                "spec.containers[0].resources.requests.cpu",
            ),
            input(
                Side::Node,
                "allocatable cpu",
                format!("{all}m"),
                "status.allocatable.cpu",
            ),
            input(Side::Node, "requested cpu", format!("{used}m"), ""),
        ];
        let fit = Explanation {
            summary: format!("cpu: {asked}m asked for, {}m free", all - used),
            inputs: resources.clone(),
            steps: vec![Step {
                name: "cpu".into(),
                formula: format!("{all}m − {used}m"),
                result: format!("{}m free", all - used),
            }],
        };
        let taint = Explanation {
            summary: if node.taints.is_empty() {
                "no taints".into()
            } else {
                format!("{} is not tolerated", node.taints.join(", "))
            },
            inputs: node
                .taints
                .iter()
                .map(|taint| input(Side::Node, "taint", taint.clone(), "spec.taints[0]"))
                .collect(),
            steps: Vec::new(),
        };
        let cordon = Explanation {
            summary: "not cordoned".into(),
            ..Explanation::default()
        };
        let score = Explanation {
            summary: String::new(),
            inputs: resources,
            steps: vec![
                Step {
                    name: "cpu".into(),
                    formula: format!("({all}m − {}m) × 100 / {all}m", used + asked),
                    result: format!("{}", (all - used - asked) * 100 / all),
                },
                Step {
                    name: "memory".into(),
                    formula: "(16Gi − 7Gi) × 100 / 16Gi".into(),
                    result: "56".into(),
                },
                Step {
                    name: "score".into(),
                    formula: "LeastAllocated, equal weights: (57 + 56) / 2".into(),
                    result: "56".into(),
                },
            ],
        };
        let scores = if trace.feasible_index(id).is_some() {
            vec![("NodeResourcesFit", score)]
        } else {
            Vec::new()
        };
        NodeExplanation {
            filters: vec![
                ("NodeUnschedulable", cordon),
                ("TaintToleration", taint),
                ("NodeResourcesFit", fit),
            ],
            scores,
        }
    }
}

/// A node.
pub(crate) fn node(id: u32, name: &str, zone: &str, used: i64, cpu: i64, taints: &[&str]) -> NodeSummary {
    NodeSummary {
        id: NodeId(id),
        name: name.into(),
        zone: zone.into(),
        ready: true,
        unschedulable: false,
        pods: (9, 110),
        cpu: (used, cpu),
        memory: (7 << 30, 16 << 30),
        taints: taints.iter().map(ToString::to_string).collect(),
        extended: [].into(),
    }
}

/// A pod that waits since `age` seconds and asks for `cpu` thousandths of a core.
pub(crate) fn pod(namespace: &str, name: &str, priority: i32, age: i64, cpu: i64) -> Arc<Pod> {
    let mut spec = PodSpec {
        scheduler_name: "berth".into(),
        priority,
        ..PodSpec::default()
    };
    spec.non_zero.milli_cpu = cpu;
    Arc::new(Pod {
        claims: None,
        key: PodKey::new(namespace, name),
        uid: format!("6c1d2f3a-{namespace}-{name}").into(),
        resource_version: "88123".into(),
        spec: Arc::new(spec),
        labels: Arc::default(),
        load: Arc::default(),
        volumes: Arc::default(),
        created: before(age),
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
    })
}

/// Changes a pod and its spec.
pub(crate) fn edit(pod: &mut Arc<Pod>, change: impl FnOnce(&mut Pod, &mut PodSpec)) {
    let mut inner = (**pod).clone();
    let mut spec = (*inner.spec).clone();
    change(&mut inner, &mut spec);
    inner.spec = Arc::new(spec);
    *pod = Arc::new(inner);
}
