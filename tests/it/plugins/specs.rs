//! Runs `tests/specs/*.md`: manifests in `yaml` blocks, then what the plugin says of them in a `verdicts` block. A
//! `profile` block is the configuration whose first profile judges from there on.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use berth::model::from_api::list;
use berth::model::{Cluster, NodeId, PodKey};
use berth::scheduling::config::Config;
use berth::scheduling::features::FeatureGates;
use berth::scheduling::plugin::Cycle;
use berth::scheduling::{Code, Profile, Status, Trace, cycle, plugins, queue};

fn specs() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/specs");
    let files = std::fs::read_dir(folder).expect("the folder of specs is there");
    let mut paths: Vec<PathBuf> = files.map(|file| file.expect("a file").path()).collect();
    paths.sort();
    paths
}

/// The blocks of a Markdown text: language and content, in order.
fn blocks(text: &str) -> Vec<(&str, &str)> {
    let parts: Vec<&str> = text.split("```").collect();
    let inside = parts.iter().skip(1).step_by(2);
    inside.filter_map(|block| block.split_once('\n')).collect()
}

struct Spec {
    plugin: String,
    cluster: Cluster,
    profile: Arc<Profile>,
}

impl Spec {
    fn trace(&self, pod: &str) -> Trace {
        let key = PodKey::parse(pod, "default").expect("a pod's name");
        let pod = self.cluster.pod(&key).expect("the pod is there");
        let nodes = Arc::new(cycle::node_index(&self.cluster));
        cycle::run(
            Cycle {
                cluster: &self.cluster,
                pod,
            },
            &self.profile,
            &nodes,
        )
    }

    /// What the plugin says to the question before the colon of a line.
    fn answer(&self, question: &str) -> String {
        let words: Vec<&str> = question.split_whitespace().collect();
        let plugin = self.plugin.as_str();
        match words.as_slice() {
            ["queue"] => {
                let mut pods: Vec<_> = self.cluster.waiting().collect();
                pods.sort_by(|a, b| queue::order(a, b));
                pods.iter()
                    .map(|pod| &*pod.key.name)
                    .collect::<Vec<_>>()
                    .join(", ")
            }
            [pod, "PreEnqueue"] => {
                let trace = self.trace(pod);
                let found = trace.pre_enqueue.iter().find(|(name, _)| *name == plugin);
                words_of(&found.expect("the plugin has a PreEnqueue").1)
            }
            [pod, "PreFilter"] => {
                let trace = self.trace(pod);
                let found = trace.pre_filter.iter().find(|result| result.plugin == plugin);
                let found = found.expect("the plugin has a PreFilter");
                match &found.nodes {
                    Some(_) => format!("{}, only {}", words_of(&found.status), found.names.join(", ")),
                    None => words_of(&found.status),
                }
            }
            [pod, "PostFilter"] => {
                let trace = self.trace(pod);
                let found = trace.post_filter.as_ref().expect("PostFilter was asked");
                let mut parts = vec![format!(
                    "{}: {}",
                    found.status.code.as_str(),
                    found.status.message()
                )];
                for candidate in &found.candidates {
                    let victims: Vec<&str> = candidate.victims.iter().map(|v| &*v.key.name).collect();
                    let against = candidate.pdb_violations;
                    let node = trace.nodes.name(candidate.node);
                    parts.push(format!("{node} without {} ({against})", victims.join(", ")));
                }
                parts.join(" | ")
            }
            [pod, "on", node] => {
                let trace = self.trace(pod);
                let column = trace.filters.iter().find(|column| column.plugin == plugin);
                words_of(column.expect("the filter ran").get(self.node(node)))
            }
            [pod, "on", node, "scores"] => {
                let trace = self.trace(pod);
                let column = trace.scores.iter().find(|column| column.plugin == plugin);
                let at = trace
                    .feasible_index(self.node(node))
                    .expect("the node is feasible");
                match column {
                    Some(column) => format!("{} → {}", column.raw[at], column.normalized[at]),
                    None => "nothing".to_owned(),
                }
            }
            _ => panic!("no such question: {question}"),
        }
    }

    fn node(&self, name: &str) -> NodeId {
        self.cluster.node(name).expect("the node is there").0
    }
}

fn words_of(status: &Status) -> String {
    match status.code {
        Code::Success | Code::Skip => status.code.as_str().to_owned(),
        _ => format!("{}: {}", status.code.as_str(), status.message()),
    }
}

fn profile_of(text: &str, file: &str) -> Arc<Profile> {
    let gates = FeatureGates::default();
    let config = Config::read(text, file, gates).unwrap_or_else(|error| panic!("{error}"));
    let profile = Profile::from_config(&config.profiles[0], gates);
    Arc::new(profile.unwrap_or_else(|(plugin, error)| panic!("{file}: {plugin}: {error}")))
}

#[test]
fn plugins_do_what_their_specs_say() {
    let mut wrong = Vec::new();
    let mut asked = 0;
    for path in specs() {
        let text = std::fs::read_to_string(&path).expect("a spec can be read");
        let title = text.lines().next().and_then(|line| line.strip_prefix("# "));
        let plugin = title.expect("a spec begins with the plugin's name").to_owned();
        let mut manifests = String::new();
        let mut profile = Arc::new(Profile::default_for("berth"));
        for (language, block) in blocks(&text) {
            if language == "profile" {
                profile = profile_of(block, &path.display().to_string());
                continue;
            }
            if language == "yaml" {
                block.clone_into(&mut manifests);
                continue;
            }
            assert_eq!(language, "verdicts", "{}", path.display());
            let loaded = list::read(manifests.as_bytes(), &path.display().to_string());
            let cluster = Cluster::from_changes(loaded.unwrap_or_else(|error| panic!("{error}")).changes);
            let spec = Spec {
                plugin: plugin.clone(),
                cluster,
                profile: Arc::clone(&profile),
            };
            for line in block.lines() {
                let (question, expected) = line.split_once(": ").expect("QUESTION: ANSWER");
                let answer = spec.answer(question);
                asked += 1;
                if answer != expected {
                    wrong.push(format!(
                        "{}: {question}: {answer}, not {expected}",
                        path.display()
                    ));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(asked > 40, "only {asked} verdicts were asked for");
}

#[test]
fn every_plugin_has_a_spec_and_documentation() {
    let specs = specs();
    for row in plugins::TABLE {
        let spec = specs.iter().any(|path| {
            let text = std::fs::read_to_string(path).expect("a spec can be read");
            text.starts_with(&format!("# {}\n", row.name))
        });
        assert!(spec, "{} has no spec", row.name);
        let sections = [
            "What it checks",
            "Why",
            "Phases",
            "Example",
            "What unblocks it",
            "Differences from upstream",
        ];
        let found: Vec<&str> = row
            .docs
            .lines()
            .filter_map(|line| line.strip_prefix("## "))
            .collect();
        assert_eq!(found, sections, "{}", row.name);
        for part in row.rule() {
            assert!(!part.is_empty() && !part.contains("## "), "{}: {part}", row.name);
        }
        assert!(
            row.rule()[0].len() > 20,
            "{}: the rule says what is checked",
            row.name
        );
    }
}
