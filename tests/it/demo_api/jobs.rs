//! Jobs.

use serde_json::{Value, json};

use super::{PODS, condition, event_about, get, hasty, make_node, ok, pick, place_all, until};

const JOBS: &str = "/apis/batch/v1/namespaces/default/jobs";

fn job(name: &str, spec: &Value) -> Value {
    let mut job = json!({"metadata": {"name": name}, "spec": spec});
    job["spec"]["template"] = json!({"spec": {
        "restartPolicy": "Never", "containers": [{"name": "c", "image": "i:1"}],
    }});
    job
}

async fn write_phase(server: &super::Server, pod: &Value, phase: &str) {
    let path = format!(
        "{PODS}/{}/status",
        pod["metadata"]["name"].as_str().expect("as the test made it")
    );
    ok(server, "PATCH", &path, &json!({"status": {"phase": phase}})).await;
}

#[tokio::test(start_paused = true)]
async fn an_indexed_job_completes_and_lets_its_pods_go() {
    let server = hasty();
    make_node(&server, "n1", json!({})).await;
    let _placing = place_all(&server, "n1");
    let spec = json!({"parallelism": 2, "completions": 3, "completionMode": "Indexed"});
    ok(&server, "POST", JOBS, &job("pi", &spec)).await;
    let done = until(&server, &format!("{JOBS}/pi"), |job| {
        condition(job, "Complete") == "True"
    })
    .await;
    let status = &done["status"];
    assert_eq!(
        (&status["succeeded"], &status["completedIndexes"]),
        (&json!(3), &json!("0-2"))
    );
    assert_eq!(condition(&done, "SuccessCriteriaMet"), "True");
    assert!(status["completionTime"].is_string() && status["startTime"].is_string());
    assert_eq!(status["uncountedTerminatedPods"], json!({}));
    event_about(&server, "pi", "Completed").await;
    let pods = get(&server, PODS).await.1;
    for pod in pods["items"].as_array().expect("as the test made it") {
        assert!(
            pod["metadata"]["finalizers"].is_null(),
            "counted pods are free: {pod}"
        );
        let index = &pod["metadata"]["labels"]["batch.kubernetes.io/job-completion-index"];
        let name = pod["metadata"]["name"].as_str().expect("as the test made it");
        assert!(
            name.starts_with(&format!("pi-{}-", index.as_str().expect("as the test made it"))),
            "{name}"
        );
        assert_eq!(
            pod["spec"]["containers"][0]["env"][0]["name"],
            "JOB_COMPLETION_INDEX"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_job_fails_when_its_pods_have_failed_too_often() {
    let server = hasty();
    ok(&server, "POST", JOBS, &job("bad", &json!({"backoffLimit": 0}))).await;
    let pods = pick(&server, PODS, "job-name=bad", |pods| pods.len() == 1).await;
    let finalizers = &pods[0]["metadata"]["finalizers"];
    assert_eq!(finalizers, &json!(["batch.kubernetes.io/job-tracking"]));
    write_phase(&server, &pods[0], "Failed").await;
    let failed = until(&server, &format!("{JOBS}/bad"), |job| {
        condition(job, "Failed") == "True"
    })
    .await;
    assert_eq!(failed["status"]["failed"], 1);
    let told = event_about(&server, "bad", "BackoffLimitExceeded").await;
    assert_eq!(told["message"], "Job has reached the specified backoff limit");
}

#[tokio::test(start_paused = true)]
async fn a_suspended_job_has_no_pods_until_it_is_resumed() {
    let server = hasty();
    ok(&server, "POST", JOBS, &job("later", &json!({"suspend": true}))).await;
    let later = format!("{JOBS}/later");
    until(&server, &later, |job| condition(job, "Suspended") == "True").await;
    assert_eq!(get(&server, PODS).await.1["items"], json!([]));
    ok(&server, "PATCH", &later, &json!({"spec": {"suspend": false}})).await;
    let resumed = until(&server, &later, |job| job["status"]["active"] == 1).await;
    assert_eq!(condition(&resumed, "Suspended"), "False");
    ok(
        &server,
        "DELETE",
        &format!("{later}?propagationPolicy=Background"),
        &Value::Null,
    )
    .await;
    pick(&server, PODS, "job-name=later", <[Value]>::is_empty).await;
}
