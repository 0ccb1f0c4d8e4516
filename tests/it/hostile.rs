//! Text that nobody sane writes: whatever comes, there is an answer or an error, and soon.

use berth::model::Cluster;
use berth::model::from_api::object::Object;
use berth::model::from_api::{ResourceSliceObject, list};
use berth::model::intern::Interner;
use berth::scheduling::cel::{DeviceValue, Program};
use berth::scheduling::config::Config;
use berth::scheduling::features::FeatureGates;
use berth::scheduling::plugin::Cycle;
use berth::scheduling::{Profile, cycle, record};
use proptest::prelude::*;
use serde_json::json;

fn device() -> DeviceValue {
    let slice = json!({
        "metadata": { "name": "s" },
        "spec": {
            "driver": "d.io", "nodeName": "n", "pool": { "name": "n", "generation": 1, "resourceSliceCount": 1 },
            "devices": [{
                "name": "gpu",
                "attributes": { "s": { "string": "héllo" }, "i": { "int": 5 }, "v": { "version": "1.2.3" } },
                "capacity": { "mem": { "value": "1Gi" } },
            }],
        },
    });
    let object: ResourceSliceObject = serde_json::from_value(slice).expect("a slice");
    let slice = object.to_model(&mut Interner::default());
    DeviceValue::new(&slice.driver, &slice.devices[0])
}

/// What the selector gives, as text.
fn select(text: &str) -> String {
    let answer = Program::compile(text, true).and_then(|program| program.matches(&device()));
    answer.map_or_else(|error| error.to_string(), |answer| answer.to_string())
}

const TOO_DEEP: &str = "compilation failed: expression recursion limit exceeded: 100";
const TOO_MUCH: &str = "operation cancelled: actual cost limit exceeded";

#[test]
fn selectors_that_go_too_deep_are_refused() {
    let times = |part: &str| part.repeat(1_500);
    for text in [
        format!("{}true{}", times("("), times(")")),
        times("["),
        times("{"),
        format!("device{} == 1", times(".x")),
        format!("device{} == 1", times("[1]")),
        format!("1{} > 0", times(" + 1")),
        format!("1{}", times(" in x")),
        format!("{}true", times("!")),
        format!("{}1 == 1", times("-")),
        format!("{}1{}", times("f("), times(")")),
        format!("true{}", times("?1:2")),
        format!("[1]{} == [1]", ".map(x,x)".repeat(500)),
        format!("// '\n{}", times("(")),
        format!("'\n{}", times("(")),
        format!("r'\\'{}", times("(")),
        format!("'''''{}", times("(")),
    ] {
        assert_eq!(select(&text), TOO_DEEP, "{text}");
    }
    let long = format!("'{}' == ''", "a".repeat(10_240));
    assert_eq!(select(&long), "too long: 10248 bytes, must be no more than 10240");
    // As deep as is admitted is not too deep for the stack, nor is what only looks deep.
    for (text, answer) in [
        (format!("{}true{}", "(".repeat(98), ")".repeat(98)), "true"),
        (format!("{}true", "!".repeat(98)), "true"),
        (
            format!("{}true{}", "[1].all(x, ".repeat(30), ")".repeat(30)),
            "true",
        ),
        (format!("1{} > 0", " + 1".repeat(90)), "true"),
        (format!("{}1{} != []", "[".repeat(45), "]".repeat(45)), "true"),
        (format!("true{}", " && 1 + 1 == 2".repeat(400)), "true"),
        (format!("'{}' != \"\"", times("(")), "true"),
        (format!("1 in [{}1]", times("1+1,")), "true"),
    ] {
        assert_eq!(select(&text), answer, "{text}");
    }
}

#[test]
fn signs_undo_each_other() {
    for (text, answer) in [
        ("!!true", "true"),
        ("! !\n!true", "false"),
        ("--1 == 1", "true"),
        ("---1 == -1", "true"),
        ("3--1 == 4", "true"),
        ("3 - - -1 == 2", "true"),
        ("[-1][0]-1 == -2", "true"),
        ("'!!' != \"--\" && !!('--' == '--')", "true"),
        ("!!(1!=1)", "false"),
    ] {
        assert_eq!(select(text), answer, "{text}");
    }
    assert_eq!(
        select(&format!("{}true{}", "!!(".repeat(33), ")".repeat(33))),
        "true"
    );
}

#[test]
fn selectors_that_make_too_much_work_are_stopped() {
    let hundred: Vec<String> = (0..100).map(|number| number.to_string()).collect();
    let hundred = format!("[{}]", hundred.join(","));
    let loops = |depth| {
        (0..depth).fold("true".to_owned(), |body, at| {
            format!("{hundred}.all(x{at}, {body})")
        })
    };
    let lists = |depth: usize, last: &str| {
        let begin = format!("cel.bind(x0, {hundred}, ");
        let binds = (0..depth).map(|at| {
            format!(
                "cel.bind(x{}, [x{at},x{at},x{at},x{at},x{at},x{at},x{at},x{at}], ",
                at + 1
            )
        });
        format!(
            "{begin}{}{last}{}",
            binds.collect::<String>(),
            ")".repeat(depth + 1)
        )
    };
    for text in [
        loops(3),
        loops(8),
        format!("{} || true", loops(8)),
        "lists.range(9223372036854775807).size() > 0".to_owned(),
        format!("'a'{}.size() > 0", ".replace('a', 'aaaaaaaaaa')".repeat(12)),
        format!("'a'{}.size() > 0", ".replace('', 'aaaaaaaaaa')".repeat(12)),
        lists(12, "x12 == x12"),
        lists(12, "true"),
    ] {
        assert_eq!(select(&text), TOO_MUCH, "{text}");
    }
    assert_eq!(select(&loops(2)), "true");
    assert!(select("'%.99999999f'.format([1.0]) == ''").contains("precision"));
}

/// Parts of expressions.
const PARTS: &[&str] = &[
    "device",
    ".driver",
    ".attributes",
    "['d.io']",
    ".capacity",
    ".mem",
    ".s",
    ".i",
    ".v",
    ".?x",
    "[?'x']",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    ",",
    ":",
    "?",
    "&&",
    "||",
    "!",
    "-",
    "+",
    "*",
    "/",
    "%",
    "==",
    "!=",
    "<",
    ">=",
    " in ",
    "1",
    "0",
    "-9223372036854775808",
    "9223372036854775807",
    "18446744073709551615u",
    "1e308",
    "0.0",
    "'a'",
    "'é🦀'",
    "''",
    "\"",
    "'",
    "\\",
    "b'\\xff'",
    "r'\\d'",
    "true",
    "false",
    "null",
    "x",
    "y",
    ".all(x,",
    ".exists(x,",
    ".map(x,",
    ".filter(x,",
    ".exists_one(x,",
    "has(",
    "cel.bind(x,",
    "quantity(",
    "semver(",
    "size(",
    "int(",
    "uint(",
    "double(",
    "string(",
    "bytes(",
    "type(",
    "duration('1h')",
    "timestamp('2020-01-01T00:00:00Z')",
    ".size()",
    ".matches('(a+)+$')",
    ".substring(",
    ".replace(",
    ".split(",
    ".join()",
    ".format([",
    ".charAt(",
    ".indexOf(",
    ".lowerAscii()",
    ".sum()",
    ".min()",
    ".flatten()",
    ".slice(",
    ".reverse()",
    ".add(",
    ".compareTo(",
    ".isGreaterThan(",
    ".asInteger()",
    ".major()",
    "optional.of(",
    "optional.none()",
    ".orValue(",
    ".value()",
    "ip('::1')",
    "cidr('10.0.0.0/8')",
    "url('http://a')",
    ".getHost()",
    ".family()",
    "sets.contains(",
    "lists.range(",
    "//",
    "\n",
    " ",
    "\u{0}",
];

/// Whole expressions, of which parts may be put into each other.
#[allow(clippy::too_many_lines, reason = "two lists, an expression a line")]
fn expression() -> impl Strategy<Value = String> {
    let leaf = prop::sample::select(vec![
        "device.driver",
        "device.attributes['d.io'].s",
        "device.attributes['d.io'].i",
        "device.attributes['d.io'].v",
        "device.capacity['d.io'].mem",
        "device.attributes",
        "1",
        "-1",
        "9223372036854775807",
        "-9223372036854775808",
        "2u",
        "1.5",
        "1e308",
        "'é🦀'",
        "''",
        "b'a'",
        "[]",
        "[1, 2]",
        "['b', 'a']",
        "{'a': 1}",
        "null",
        "true",
        "quantity('9223372036854775807')",
        "quantity('-1n')",
        "semver('1.2.3')",
        "duration('1h')",
        "timestamp('2020-01-01T00:00:00Z')",
        "optional.none()",
        "ip('::1')",
        "'%.3f %s'",
    ]);
    leaf.prop_map(str::to_owned).prop_recursive(5, 40, 3, |inner| {
        let shapes = prop::sample::select(vec![
            "A + B",
            "A - B",
            "A * B",
            "A / B",
            "A % B",
            "A == B",
            "A < B",
            "A in B",
            "A && B",
            "A || B",
            "!A",
            "-A",
            "A ? B : C",
            "[A, B]",
            "{A: B}",
            "A[B]",
            "A[?B]",
            "A.all(x, B)",
            "A.map(x, x)",
            "A.exists_one(x, x == B)",
            "A.filter(x, B)",
            "size(A)",
            "int(A)",
            "uint(A)",
            "double(A)",
            "string(A)",
            "type(A)",
            "A.size()",
            "A.substring(B, C)",
            "A.replace(B, C)",
            "A.split(B, C)",
            "A.join(B)",
            "A.format([B, C])",
            "A.charAt(B)",
            "A.indexOf(B, C)",
            "A.matches(B)",
            "A.findAll(B, C)",
            "A.sum()",
            "A.max()",
            "A.slice(B, C)",
            "A.flatten(B)",
            "A.distinct()",
            "A.add(B)",
            "A.sub(B)",
            "A.compareTo(B)",
            "A.isLessThan(B)",
            "A.asInteger()",
            "A.asApproximateFloat()",
            "A.sign()",
            "optional.of(A).orValue(B)",
            "sets.equivalent(A, B)",
            "lists.range(A)",
            "cel.bind(y, A, [y, y] == B)",
            "A.getHours()",
            "A.getFullYear(B)",
            "duration(A)",
            "timestamp(A)",
            "quantity(A)",
            "semver(A)",
            "A.optMap(x, B).hasValue()",
            "dyn(A) == dyn(B)",
        ]);
        (shapes, inner.clone(), inner.clone(), inner).prop_map(|(shape, a, b, c)| {
            let parts = shape.chars().map(|letter| match letter {
                'A' => format!("({a})"),
                'B' => b.clone(),
                'C' => c.clone(),
                other => other.to_string(),
            });
            parts.collect()
        })
    })
}

const CONFIGURATION: &str = "apiVersion: kubescheduler.config.k8s.io/v1
kind: KubeSchedulerConfiguration
percentageOfNodesToScore: 50
podInitialBackoffSeconds: 1
profiles:
- schedulerName: a
  plugins:
    multiPoint:
      enabled: [{name: NodeResourcesFit, weight: 3}]
      disabled: [{name: '*'}]
    score:
      disabled: [{name: ImageLocality}]
  pluginConfig:
  - name: NodeResourcesFit
    args:
      scoringStrategy:
        type: RequestedToCapacityRatio
        resources: [{name: cpu, weight: 1}]
        requestedToCapacityRatio: {shape: [{utilization: 0, score: 0}, {utilization: 100, score: 10}]}
  - name: PodTopologySpread
    args: {defaultingType: List, defaultConstraints: [{maxSkew: 1, topologyKey: a, whenUnsatisfiable: ScheduleAnyway}]}
  - name: NodeAffinity
    args: {addedAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: []}}}
- schedulerName: b
";

/// What is put in the place of a piece of text.
const PIECES: &[&str] = &[
    "",
    "-1",
    "9223372036854775808",
    "1e400",
    "null",
    "[]",
    "{}",
    "*",
    "&a",
    "*a",
    "!!binary",
    "'",
    "\"",
    "- ",
    ": ",
    "\t",
    "\u{0}",
    "é",
    "{name: '*'}",
    "NodeResourcesFit",
    "---",
    "#",
    "[[[[[[[[",
    "<<: ",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn selectors_of_any_parts(parts in prop::collection::vec(prop::sample::select(PARTS), 0..40)) {
        select(&parts.concat());
    }

    #[test]
    fn selectors_of_any_shape(text in expression()) {
        let answer = select(&text);
        prop_assert!(!answer.is_empty());
    }

    #[test]
    fn configurations(cuts in prop::collection::vec((0..1_000_usize, 0..20_usize, prop::sample::select(PIECES)), 1..4)) {
        let mut text: Vec<char> = CONFIGURATION.chars().collect();
        for (place, length, piece) in cuts {
            let start = place * text.len() / 1_000;
            let end = (start + length).min(text.len());
            text.splice(start..end, piece.chars());
        }
        let text: String = text.into_iter().collect();
        if let Err(error) = Config::read(&text, "file", FeatureGates::default()) {
            prop_assert!(!error.to_string().is_empty());
        }
    }

    #[test]
    fn gates(text in "[A-Za-z=,.:0-9 éà\u{0}-]{0,60}|(DynamicResourceAllocation|AllAlpha|x)=(true|false|maybe|)(,.{0,20})?") {
        if let Err(error) = FeatureGates::parse(&text) {
            prop_assert!(!error.to_string().is_empty());
        }
    }

    /// Names and labels that the API server would refuse reach the plugins that take them apart.
    #[test]
    fn names_and_labels(
        image in "[a-z:/@.<>\u{0}é]{0,20}",
        zone in "[a-z_]{0,4}(__[a-z_]{0,3}){0,3}",
        operator in prop::sample::select(vec!["In", "NotIn", "Exists", "DoesNotExist", "Gt", "Lt", "", "gt"]),
        values in prop::collection::vec("[-+0-9a-z é]{0,24}", 0..3),
        key in "[a-z./é]{0,12}",
    ) {
        let expression = json!({ "key": key, "operator": operator, "values": values });
        let selector = json!({ "matchExpressions": [expression], "matchLabels": { (key.clone()): zone } });
        let labels = json!({ (key.clone()): zone, "topology.kubernetes.io/zone": zone });
        let term = json!({ "labelSelector": selector, "topologyKey": key });
        let items = json!([
            { "kind": "Node", "metadata": { "name": "n", "labels": labels },
              "status": { "allocatable": { "pods": "9" }, "images": [{ "names": [image], "sizeBytes": i64::MAX }] } },
            { "kind": "PersistentVolume", "metadata": { "name": "v", "labels": labels },
              "spec": { "claimRef": { "namespace": "d", "name": "c" } } },
            { "kind": "PersistentVolumeClaim", "metadata": { "namespace": "d", "name": "c" },
              "spec": { "volumeName": "v" } },
            { "kind": "Pod", "metadata": { "namespace": "d", "name": "b", "labels": labels },
              "spec": { "nodeName": "n", "containers": [], "affinity": { "podAntiAffinity": {
                  "requiredDuringSchedulingIgnoredDuringExecution": [term] } } } },
            { "kind": "Pod", "metadata": { "namespace": "d", "name": "p", "labels": labels },
              "spec": {
                  "containers": [{ "name": "a", "image": image }],
                  "volumes": [{ "name": "v", "persistentVolumeClaim": { "claimName": "c" } }],
                  "affinity": {
                      "nodeAffinity": { "preferredDuringSchedulingIgnoredDuringExecution": [
                          { "weight": i32::MAX, "preference": { "matchExpressions": [expression] } }] },
                      "podAffinity": { "preferredDuringSchedulingIgnoredDuringExecution": [
                          { "weight": i32::MIN, "podAffinityTerm": term }] },
                  },
                  "topologySpreadConstraints": [{ "maxSkew": i32::MIN, "minDomains": i32::MAX, "topologyKey": key,
                      "whenUnsatisfiable": "DoNotSchedule", "labelSelector": selector }],
              } },
        ]);
        let file = json!({ "kind": "List", "items": items }).to_string();
        let loaded = list::read(file.as_bytes(), "hostile").expect("it can be read");
        let cluster = Cluster::from_changes(loaded.changes);
        let nodes = std::sync::Arc::new(cycle::node_index(&cluster));
        let profile = Profile::default_for("default-scheduler");
        for pod in cluster.waiting() {
            let trace = cycle::run(Cycle { cluster: &cluster, pod }, &profile, &nodes);
            let record = record::record(&trace);
            prop_assert!(record["nodes"]["n"]["filter"].is_object());
        }
    }
}
