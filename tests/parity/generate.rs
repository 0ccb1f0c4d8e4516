//! Random clusters that reach every field the plugins read, odd and extreme values among them. The objects are as an API
//! server returns them: its defaults are filled in.

mod affinity;
mod devices;
mod features;
mod images;
mod nodes;
mod odd;
mod pods;
mod preemption;
mod quantities;
mod random;
mod selectors;
mod spread;
mod theme;
mod volumes;
mod workloads;

use std::collections::HashSet;

use serde_json::{Value, json};

use random::Random;
use theme::Theme;

/// The namespaces that pods are in.
const NAMESPACES: &[&str] = &["default", "team-a", "team-b"];

/// The cluster of `seed`, as a `List`.
pub(crate) fn cluster(seed: u64) -> Value {
    let mut random = Random::new(seed);
    let theme = Theme::draw(&mut random);
    let size = Size::draw(&mut random, &theme);
    let mut generator = Generator {
        random,
        theme,
        nodes: size.nodes,
        devices: devices::Pool::default(),
        ports: HashSet::new(),
    };
    json!({ "apiVersion": "v1", "kind": "List", "items": generator.items(&size) })
}

/// How many of what.
struct Size {
    nodes: usize,
    bound: usize,
    pending: usize,
}

impl Size {
    fn draw(random: &mut Random, theme: &Theme) -> Self {
        let nodes = match random.below(40) {
            0 => 60 + random.below(61),
            1 | 2 => random.below(2),
            3..=8 => 11 + random.below(10),
            _ => 3 + random.below(8),
        };
        let bound = match nodes {
            21.. => random.below(2 * nodes),
            // Full enough that there is somebody to preempt.
            _ if theme.preemption && theme.tight => 2 * nodes + random.below(4 * nodes + 1),
            _ => random.below(3 * nodes + 2),
        };
        let pending = 1 + random.below(if nodes > 20 { 3 } else { 8 });
        Self {
            nodes,
            bound,
            pending,
        }
    }
}

/// Makes the objects of one cluster; a file each for what they are about.
struct Generator {
    random: Random,
    theme: Theme,
    nodes: usize,
    devices: devices::Pool,
    /// Host ports of bound pods: node, address, protocol and port.
    ports: HashSet<String>,
}

impl Generator {
    fn items(&mut self, size: &Size) -> Vec<Value> {
        let mut items: Vec<Value> = (0..size.nodes).map(|at| self.node(at)).collect();
        items.extend(self.namespaces());
        if self.theme.volumes {
            items.extend(self.storage());
        }
        if self.theme.devices {
            items.extend(self.device_inventory());
        }
        if self.theme.workloads {
            items.extend(self.workloads());
        }
        if self.theme.preemption {
            items.extend(self.budgets());
        }
        for at in 0..size.bound {
            let pod = self.bound(at);
            items.extend(self.device_claims(&pod));
            items.push(pod);
        }
        for at in 0..size.pending {
            let pod = self.pending(at);
            items.extend(self.device_claims(&pod));
            items.push(pod);
        }
        self.random.shuffle(&mut items);
        items
    }

    /// A node's name, now and then of one that is not there.
    fn node_name(&mut self) -> String {
        let beyond = usize::from(self.random.one_in(10) || self.nodes == 0);
        format!("n{}", self.random.below(self.nodes + beyond))
    }
}
