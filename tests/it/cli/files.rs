//! Commands that only read, on a file.

use serde_json::Value;

use super::{Run, SHOP, berth, on_shop, run};

/// Ages move on: they are two digits of years in the fixture.
fn ageless(text: &str) -> String {
    let years = (30..80).map(|years| format!("{years}y"));
    years.fold(text.to_owned(), |text, years| text.replace(&years, "AGE"))
}

fn records(line: &str) -> Vec<Value> {
    let lines = on_shop(line).good();
    lines
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect()
}

#[test]
fn pods_that_wait() {
    insta::assert_snapshot!("pods", ageless(&on_shop("pods").good()));
    insta::assert_snapshot!("pods_wide", ageless(&on_shop("pods -o wide").good()));
    insta::assert_snapshot!("pods_of_one_namespace", ageless(&on_shop("pods -n shop").good()));
}

#[test]
fn a_decision() {
    insta::assert_snapshot!("explain", ageless(&on_shop("explain shop/cart").good()));
    insta::assert_snapshot!(
        "explain_unschedulable",
        ageless(&on_shop("explain batch/train").good())
    );
    insta::assert_snapshot!(
        "explain_unschedulable_wide",
        ageless(&on_shop("explain batch/train -o wide").good())
    );
    insta::assert_snapshot!("explain_gated", ageless(&on_shop("explain shop/canary").good()));
}

#[test]
fn a_decision_on_one_node() {
    insta::assert_snapshot!("explain_node", on_shop("explain shop/cart worker-2").good());
    insta::assert_snapshot!(
        "explain_node_rejected",
        on_shop("explain shop/front worker-1").good()
    );
}

#[test]
fn pods_as_a_document() {
    let text = on_shop("pods -o json").good();
    assert_eq!(text.lines().count(), 1);
    let pods: Value = serde_json::from_str(&text).unwrap();
    let order: Vec<&str> = pods
        .as_array()
        .unwrap()
        .iter()
        .map(|pod| pod["pod"].as_str().unwrap())
        .collect();
    assert_eq!(
        order,
        [
            "kube-system/dns-x2",
            "shop/cart",
            "shop/front",
            "shop/canary",
            "batch/train"
        ]
    );
    assert_eq!(
        (&pods[0]["ours"], &pods[1]["ours"]),
        (&Value::Bool(false), &Value::Bool(true))
    );
    assert_eq!(
        (&pods[1]["feasible"], &pods[1]["nodes"]),
        (&Value::from(3), &Value::from(6))
    );
    assert_eq!(pods[3]["gates"][0], "example.com/approval");
    assert_eq!(pods[1]["created"], "1990-01-01T00:00:00Z");
    let yaml: Value = serde_saphyr::from_str(&on_shop("pods -o yaml").good()).unwrap();
    assert_eq!(yaml, pods);
}

#[test]
fn others_pods_become_ours_by_name() {
    let pods = on_shop("pods -o json --scheduler-name default-scheduler").good();
    let pods: Value = serde_json::from_str(&pods).unwrap();
    assert_eq!(
        (&pods[0]["ours"], &pods[1]["ours"]),
        (&Value::Bool(true), &Value::Bool(false))
    );
}

#[test]
fn every_pod_has_its_record_in_order() {
    let all = records("explain -o json");
    let names: Vec<&str> = all.iter().map(|record| record["pod"].as_str().unwrap()).collect();
    assert_eq!(
        names,
        [
            "batch/train",
            "kube-system/dns-x2",
            "shop/canary",
            "shop/cart",
            "shop/front"
        ]
    );
    assert_eq!(
        on_shop("explain -o json").good(),
        on_shop("explain -o json").good()
    );
    for record in &all {
        let alone = records(&format!("explain -o json {}", record["pod"].as_str().unwrap()));
        assert_eq!(alone, std::slice::from_ref(record));
        assert_eq!(record["nodes"].as_object().unwrap().len(), 6);
    }
    assert_eq!(all[3]["best"], serde_json::json!(["worker-2"]));
    assert_eq!(all[0]["decision"], "unschedulable");
    let of_shop = records("explain -o json -n shop");
    assert_eq!(of_shop, all[2..]);
}

#[test]
fn records_as_yaml_are_documents() {
    let text = on_shop("explain -o yaml").good();
    let documents: Vec<Value> = serde_saphyr::from_multiple(&text).unwrap();
    assert_eq!(documents, records("explain -o json"));
}

#[test]
fn one_nodes_record_is_explained() {
    let [record] = records("explain -o json shop/cart worker-2").try_into().unwrap();
    let nodes = record["nodes"].as_object().unwrap();
    assert_eq!(nodes.keys().collect::<Vec<_>>(), ["worker-2"]);
    let steps = &nodes["worker-2"]["explanation"]["score"]["NodeResourcesFit"]["steps"];
    assert!(
        steps.as_array().is_some_and(|steps| !steps.is_empty()),
        "{record}"
    );
}

#[test]
fn a_bound_pod_is_first_taken_off_its_node() {
    let [record] = records("explain -o json shop/db-0").try_into().unwrap();
    let home = &record["nodes"]["worker-1"];
    assert_eq!(home["feasible"], true);
    // Empty without it: as good a place as any other empty worker.
    assert_eq!(home["total"], record["nodes"]["worker-2"]["total"]);
}

#[test]
fn json_yaml_and_standard_input_are_the_same() {
    let yaml = std::fs::read_to_string(SHOP).unwrap();
    let value: Value = serde_saphyr::from_str(&yaml).unwrap();
    let wanted = on_shop("explain -o json").good();
    for text in [
        yaml,
        value.to_string(),
        serde_json::to_string_pretty(&value).unwrap(),
    ] {
        let read = run(berth()
            .args(["explain", "-o", "json", "--from", "-"])
            .write_stdin(text))
        .good();
        assert_eq!(read, wanted);
    }
}

#[test]
fn files_that_cannot_be_read() {
    let read = |text: &str| run(berth().args(["pods", "--from", "-"]).write_stdin(text));
    for text in ["{", "a: [", "\u{0}"] {
        let complaint = read(text).bad(1);
        assert!(complaint.contains("standard input"), "{text}: {complaint}");
    }
    let bad = r#"{"kind":"List","items":[{"kind":"Node","metadata":{"name":"n1"},"spec":{"taints":7}}]}"#;
    let complaint = read(bad).bad(1);
    assert!(
        complaint.contains("n1") && complaint.contains("taints"),
        "{complaint}"
    );
    let complaint = run(berth().args(["pods", "--from", "no-such-file"])).bad(1);
    assert!(complaint.contains("cannot read no-such-file"), "{complaint}");
}

#[test]
fn a_cluster_in_which_nothing_waits() {
    let empty = r#"{"kind":"List","items":[]}"#;
    let run = |line: &str| {
        run(berth()
            .args(line.split(' '))
            .args(["--from", "-"])
            .write_stdin(empty))
    };
    let Run { code, stdout, stderr } = run("pods");
    assert_eq!(
        (code, stdout.as_str(), stderr.as_str()),
        (0, "", "No pods wait.\n")
    );
    assert_eq!(run("pods -o json").good(), "[]\n");
    assert!(
        run("explain x")
            .bad(1)
            .contains("there is no pod 'x' in namespace 'default'")
    );
}

#[test]
fn names_that_mean_nothing_bring_near_ones() {
    let complaint = on_shop("explain cart").bad(1);
    assert!(complaint.contains("in namespace 'default'"), "{complaint}");
    assert!(complaint.contains("Did you mean shop/cart?"), "{complaint}");
    assert!(
        on_shop("explain -n shop crat")
            .bad(1)
            .contains("Did you mean shop/cart?")
    );
    let complaint = on_shop("explain shop/cart worker-17").bad(1);
    assert!(
        complaint.contains("no node 'worker-17'") && complaint.contains("worker-1"),
        "{complaint}"
    );
    let complaint = on_shop("explain batch/job-done").bad(1);
    assert!(complaint.contains("is over (phase Succeeded)"), "{complaint}");
    on_shop("explain /cart").bad(2);
    on_shop("explain a/b/c").bad(2);
    assert_eq!(
        on_shop("explain pod/cart -n shop").good(),
        on_shop("explain shop/cart").good()
    );
}

#[test]
fn nothing_in_the_cluster_acts_on_the_terminal() {
    let evil = "evil\\u001b[2J\\u009b31m\\u202e";
    let text = format!(
        r#"{{"kind":"List","items":[
        {{"kind":"Node","metadata":{{"name":"{evil}-node","uid":"n","creationTimestamp":"1990-01-01T00:00:00Z"}}}},
        {{"kind":"Pod","metadata":{{"name":"{evil}","namespace":"shop","uid":"p","creationTimestamp":"1990-01-01T00:00:00Z"}},
          "spec":{{"schedulerName":"{evil}","schedulingGates":[{{"name":"{evil}"}}],"nodeSelector":{{"{evil}":"{evil}"}}}}}}]}}"#
    );
    for line in [
        "pods",
        "pods -o wide",
        "pods -o json",
        "pods -o yaml",
        "explain",
        "explain -o wide",
        "explain -o json",
        "explain x",
    ] {
        let Run { stdout, stderr, .. } = run(berth()
            .args(line.split(' '))
            .args(["--from", "-"])
            .write_stdin(text.as_str()));
        for output in [stdout, stderr] {
            let active = output
                .chars()
                .find(|c| c.is_control() && *c != '\n' || *c == '\u{202e}');
            assert_eq!(active, None, "{line}: {output:?}");
        }
    }
    let name: Value = serde_json::from_str(
        &run(berth()
            .args(["pods", "-o", "json", "--from", "-"])
            .write_stdin(text))
        .good(),
    )
    .unwrap();
    assert_eq!(name[0]["name"], "evil\u{1b}[2J\u{9b}31m\u{202e}");
}
