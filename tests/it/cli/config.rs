//! `--config`, `--profile` and `--feature-gates`: what is refused and how that is said, and what comes of the rest.

use std::path::PathBuf;

use super::{Run, SHOP, berth, on_shop, run, words};

const HEAD: &str = "apiVersion: kubescheduler.config.k8s.io/v1\nkind: KubeSchedulerConfiguration\n";

/// A file of its own with this configuration.
fn file(name: &str, text: &str) -> PathBuf {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("config-{name}.yaml"));
    std::fs::write(&path, text).expect("the file can be written");
    path
}

/// `berth LINE --config` with a configuration of these lines after the first two.
fn with(name: &str, lines: &str, line: &str) -> Run {
    let path = file(name, &format!("{HEAD}{lines}"));
    run(berth().args(line.split_whitespace()).arg("--config").arg(path))
}

/// What stands after the first two lines, and what is said of it.
const WRONG: &[(&str, &str)] = &[
    ("foo: 1", ":3: foo: there is no such field"),
    ("parallelism: 0", ":3: parallelism: it must be greater than zero"),
    (
        "parallelism: many",
        ":3: parallelism: it is the string \"many\"; it must be a whole number",
    ),
    (
        "percentageOfNodesToScore: 101",
        ":3: percentageOfNodesToScore: 101 is not in the range 0 to 100",
    ),
    (
        "podInitialBackoffSeconds: 11",
        ":3: podInitialBackoffSeconds: podMaxBackoffSeconds (10) must not be less",
    ),
    (
        "leaderElection:\n  leaseDuration: 1s",
        ":4: leaderElection.leaseDuration: it must be greater than renewDeadline",
    ),
    (
        "extenders:\n- prioritizeVerb: p",
        "extenders[0].weight: an extender that prioritizes needs a weight",
    ),
    (
        "profiles:\n- {schedulerName: a}\n- {schedulerName: a}",
        ":5: profiles[1].schedulerName: 'a' is the schedulerName of profiles[0]",
    ),
    (
        "profiles:\n- {schedulerName: a}\n- {}",
        ":5: profiles[1].schedulerName: a schedulerName is needed",
    ),
    (
        "profiles:\n- schedulerName: ''",
        ":4: profiles[0].schedulerName: a schedulerName is needed",
    ),
    (
        "profiles:\n- plugins:\n    filtr: {}",
        ":5: profiles[0].plugins.filtr: there is no such field\n  Did you mean filter?",
    ),
    (
        "profiles:\n- plugins:\n    score:\n      enabled:\n      - name: NodeAffinty",
        ":7: profiles[0].plugins.score.enabled[0].name: there is no plugin 'NodeAffinty'\n  Did you mean NodeAffinity?",
    ),
    (
        "profiles:\n- plugins: {filter: {enabled: [{name: ImageLocality}]}}",
        ":4: profiles[0].plugins.filter.enabled[0].name: ImageLocality takes no part in filter\n  It takes part in score.",
    ),
    (
        "profiles:\n- plugins: {filter: {enabled: [{name: NodeName}, {name: NodeName}]}}",
        "enabled[1].name: NodeName is enabled twice for filter",
    ),
    (
        "profiles:\n- plugins: {multiPoint: {enabled: [{name: NodeName}, {name: NodeName}]}}",
        "NodeName is enabled twice for preFilter",
    ),
    (
        "profiles:\n- plugins: {score: {enabled: [{name: NodeAffinity, weight: 99999999999}]}}",
        "weight: it is the integer '99999999999'; it must be a whole number",
    ),
    (
        "profiles:\n- plugins: {score: {enabled: [{name: TaintToleration, weight: -4}]}}",
        "could overflow",
    ),
    (
        "profiles:\n- plugins:\n    queueSort: {disabled: [{name: '*'}]}",
        ":5: profiles[0].plugins.queueSort: a profile needs exactly one plugin that sorts",
    ),
    (
        "profiles:\n- plugins:\n    bind: {disabled: [{name: DefaultBinder}]}",
        ":5: profiles[0].plugins.bind: a profile needs a plugin that binds",
    ),
    (
        "profiles:\n- schedulerName: a\n- schedulerName: b\n  plugins:\n    queueSort: {disabled: [{name: X}]}",
        ":7: profiles[1].plugins.queueSort: all profiles must sort the queue alike",
    ),
    (
        "profiles:\n- plugins:\n    preFilter: {disabled: [{name: NodeResourcesFit}]}",
        ":5: profiles[0].plugins.preFilter: NodeResourcesFit runs at filter, but not at preFilter",
    ),
    (
        "profiles:\n- pluginConfig:\n  - {name: NodeAffinity}\n  - {name: NodeAffinity}",
        ":6: profiles[0].pluginConfig[1]: NodeAffinity has arguments already",
    ),
    (
        "profiles:\n- pluginConfig:\n  - name: NodeAffinity\n    args: {zz: 1}",
        ":6: profiles[0].pluginConfig[0].args.zz: there is no such field",
    ),
    (
        "profiles:\n- pluginConfig:\n  - name: NodeAffinity\n    args: {kind: FooArgs}",
        ":6: profiles[0].pluginConfig[0].args.kind: the arguments of NodeAffinity are not of \"FooArgs\"",
    ),
    (
        "profiles:\n- pluginConfig:\n  - name: NodeResourcesFit\n    args:\n      scoringStrategy: {type: Most}",
        "scoringStrategy.type: 'Most' is none of LeastAllocated",
    ),
    (
        "profiles:\n- pluginConfig:\n  - name: NodeResourcesFit\n    args:\n      scoringStrategy:\n        type: LeastAllocated\n        resources:\n        - {name: cpu, weight: 101}",
        ":10: profiles[0].pluginConfig[0].args.scoringStrategy.resources[0].weight: 101 is not in the range 1 to 100",
    ),
    (
        "profiles:\n- pluginConfig:\n  - {name: NodeResourcesBalancedAllocation, args: {resources: [{name: cpu, weight: 2}]}}",
        "resources[0].weight: it is 2; it can only be 1",
    ),
    (
        "profiles:\n- pluginConfig:\n  - {name: RandomScore, args: {seed: -1}}",
        "seed: it is the integer '-1'; it must be a whole number, zero or above",
    ),
    (
        "kind: KubeSchedulerConfiguration",
        ":3: duplicate mapping key: kind",
    ),
    ("---\nfoo: 1", "there is more than one document"),
];

#[test]
fn what_is_wrong_with_a_configuration_is_told_with_its_line() {
    for (at, (lines, expected)) in WRONG.iter().enumerate() {
        let complaint = with(&format!("bad-{at}"), lines, "plugins").bad(2);
        assert!(complaint.contains(expected), "{lines}\n{complaint}");
        assert!(complaint.starts_with("error: "), "{complaint}");
    }
}

#[test]
fn what_is_no_configuration_is_refused() {
    for (at, (text, expected)) in [
        ("", "this is no configuration"),
        ("a: [1", ":1: "),
        ("kind: KubeSchedulerConfiguration", "apiVersion is missing"),
        (
            "apiVersion: kubescheduler.config.k8s.io/v1\nkind: Pod",
            ":2: kind: it is \"Pod\"",
        ),
        (
            "apiVersion: kubescheduler.config.k8s.io/v1beta3\nkind: KubeSchedulerConfiguration",
            "the older versions are gone",
        ),
    ]
    .iter()
    .enumerate()
    {
        let path = file(&format!("none-{at}"), text);
        let complaint = run(berth().args(["pods", "--config"]).arg(path)).bad(2);
        assert!(complaint.contains(expected), "{text}: {complaint}");
    }
    assert!(
        words("pods --config /nowhere.yaml")
            .bad(2)
            .contains("cannot read the configuration")
    );
}

#[test]
fn a_pod_is_judged_by_the_profile_of_its_scheduler_or_by_the_one_picked() {
    let lines = "profiles:\n- schedulerName: lonely\n  plugins: {multiPoint: {disabled: [{name: '*'}], \
                 enabled: [{name: PrioritySort}, {name: DefaultBinder}, {name: RandomScore, weight: 3}]}}\n";
    let path = file("picked", &format!("{HEAD}{lines}"));
    let explain = |more: &[&str]| {
        let run = run(berth()
            .args(["explain", "-o", "json", "--from", SHOP, "--config"])
            .arg(&path)
            .args(more));
        let text = run.good();
        let lines = text
            .lines()
            .map(|line| serde_json::from_str(line).expect("a record"));
        lines.collect::<Vec<serde_json::Value>>()
    };
    for record in explain(&[]) {
        assert_ne!(record["profile"], "lonely");
    }
    for record in explain(&["--profile", "lonely"]) {
        assert_eq!(record["profile"], "lonely");
        for node in record["nodes"].as_object().expect("nodes").values() {
            assert_eq!(node["filter"], serde_json::json!({}));
            let score = &node["score"]["RandomScore"];
            assert_eq!(node["total"], score["weighted"]);
            assert_eq!(score["weight"], 3);
        }
    }
    let unknown = run(berth()
        .args(["pods", "--from", SHOP, "--profile", "x", "--config"])
        .arg(&path));
    assert!(unknown.bad(2).contains("It has lonely."));
}

#[test]
fn the_schedulers_of_a_configuration_are_ours_save_kube_schedulers_own() {
    let ours = |name: &str, lines: &str| {
        let path = file(name, &format!("{HEAD}{lines}"));
        let run = run(berth()
            .args(["pods", "-o", "json", "--from", SHOP, "--config"])
            .arg(path));
        let pods: Vec<serde_json::Value> = serde_json::from_str(&run.good()).expect("an array");
        let ours = pods.iter().filter(|pod| pod["ours"] == true);
        let mut names: Vec<String> = ours.map(|pod| pod["schedulerName"].to_string()).collect();
        names.sort();
        names.dedup();
        names
    };
    assert_eq!(
        ours("ours-own", "profiles: [{schedulerName: default-scheduler}]"),
        ["\"berth\""]
    );
    assert!(ours("ours-other", "profiles: [{schedulerName: nobodys}]").is_empty());
}

#[test]
fn the_effective_profile_is_shown_with_what_is_different() {
    let lines = "percentageOfNodesToScore: 50\nprofiles:\n- schedulerName: batch\n  plugins:\n    score: {enabled: \
                 [{name: NodeAffinity, weight: 7}], disabled: [{name: TaintToleration}]}\n    filter: {enabled: \
                 [{name: NodePorts}]}\n    multiPoint: {disabled: [{name: ImageLocality}]}\n";
    let shown = with("shown", lines, "plugins").good();
    let row = |name: &str| {
        let found = shown.lines().find(|line| line.starts_with(&format!("{name} ")));
        found
            .unwrap_or_else(|| panic!("{name}: {shown}"))
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ")
    };
    assert_eq!(
        row("NodeAffinity"),
        "NodeAffinity 7 preFilter,filter,preScore,score weight 2 → 7"
    );
    assert_eq!(
        row("TaintToleration"),
        "TaintToleration - preFilter,filter,preScore off at score"
    );
    assert_eq!(row("ImageLocality"), "ImageLocality - - off");
    assert!(shown.contains("Order at filter: NodePorts, NodeName,"), "{shown}");
    assert!(shown.contains("percentageOfNodesToScore is not used"), "{shown}");
}

#[test]
fn extenders_are_warned_of() {
    let path = file(
        "extended",
        &format!("{HEAD}extenders: [{{urlPrefix: 'http://x', filterVerb: f}}]\n"),
    );
    let run = run(berth().args(["pods", "--from", SHOP, "--config"]).arg(path));
    assert_eq!(run.code, 0);
    assert!(run.stderr.contains("berth never asks it"), "{}", run.stderr);
}

#[test]
fn feature_gates_are_those_of_kube_scheduler() {
    for (gates, expected) in [
        ("Nope=true", "there is no feature gate 'Nope'"),
        ("genericWorkload=true", "Did you mean GenericWorkload?"),
        ("DRAPrioritizedList=false", "locked to true"),
        ("AllAlpha=true", "needs 'GenericWorkload', which is off"),
    ] {
        let complaint = on_shop(&format!("pods --feature-gates {gates}")).bad(2);
        assert!(complaint.contains(expected), "{gates}: {complaint}");
    }
    on_shop("pods --feature-gates StorageCapacityScoring=false").good();
}
