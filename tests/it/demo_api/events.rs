//! Events of `events.k8s.io`: what is refused, and that both groups show the same store.

use serde_json::{Value, json};

use super::{call, get, ok, still};

const EVENTS: &str = "/apis/events.k8s.io/v1/namespaces/default/events";

fn event(name: &str) -> Value {
    json!({
        "apiVersion": "events.k8s.io/v1", "kind": "Event", "metadata": {"name": name},
        "eventTime": "2026-01-02T03:04:05.000006Z",
        "reportingController": "berth", "reportingInstance": "berth-host",
        "action": "Binding", "reason": "Scheduled", "type": "Normal",
        "note": "Successfully assigned default/a to n1",
        "regarding": {"kind": "Pod", "namespace": "default", "name": "a", "uid": "u"},
    })
}

#[tokio::test]
async fn a_good_event_stands_in_both_groups() {
    let server = still();
    let made = ok(&server, "POST", EVENTS, &event("a.18a2f")).await;
    assert_eq!(made["note"], "Successfully assigned default/a to n1");
    assert_eq!(made["apiVersion"], "events.k8s.io/v1");
    let (status, core) = get(&server, "/api/v1/namespaces/default/events/a.18a2f").await;
    assert_eq!(status, 200);
    assert_eq!(core["message"], made["note"]);
    assert_eq!(core["involvedObject"], made["regarding"]);
    assert_eq!(core["reportingComponent"], "berth");
    assert_eq!(core["eventTime"], "2026-01-02T03:04:05.000006Z");
    assert_eq!(core["metadata"]["uid"], made["metadata"]["uid"]);
    let selector = "fieldSelector=involvedObject.name%3Da,reason%3DScheduled,source%3Dberth";
    let (_, list) = get(&server, &format!("/api/v1/events?{selector}")).await;
    assert_eq!(list["items"].as_array().map(Vec::len), Some(1));
    let (_, list) = get(&server, &format!("{EVENTS}?fieldSelector=regarding.name%3Da")).await;
    assert_eq!(list["items"][0]["note"], made["note"]);
    let (status, again) = call(&server, "POST", EVENTS, &event("a.18a2f")).await;
    assert_eq!((status, again["reason"].as_str()), (409, Some("AlreadyExists")));
}

/// A field, what it is set to, the field of the cause, and what the cause says.
fn rules() -> Vec<(&'static str, Value, &'static str, &'static str)> {
    let long = "x".repeat(129);
    let umlauts = "ä".repeat(513);
    vec![
        ("eventTime", Value::Null, "eventTime", "Required value"),
        (
            "reportingController",
            json!(""),
            "reportingController",
            "Required value",
        ),
        (
            "reportingController",
            json!("a b"),
            "reportingController",
            "name part must consist of",
        ),
        (
            "reportingController",
            json!("x".repeat(64)),
            "reportingController",
            "must be no more than 63 bytes",
        ),
        (
            "reportingInstance",
            json!(""),
            "reportingInstance",
            "Required value",
        ),
        (
            "reportingInstance",
            json!(long),
            "reportingInstance",
            "can have at most 128 characters",
        ),
        ("action", json!(""), "action", "Required value"),
        ("action", json!(long), "action", "can have at most 128 characters"),
        ("reason", json!(""), "reason", "Required value"),
        ("reason", json!(long), "reason", "can have at most 128 characters"),
        ("type", json!("Odd"), "type", "has invalid value: Odd"),
        (
            "note",
            json!(umlauts),
            "message",
            "can have at most 1024 characters",
        ),
        (
            "series",
            json!({"count": 1, "lastObservedTime": "2026-01-02T03:04:05.000006Z"}),
            "series.count",
            "at least 2",
        ),
        (
            "series",
            json!({"count": 2}),
            "series.lastObservedTime",
            "Required value",
        ),
        ("deprecatedCount", json!(3), "count", "needs to be unset"),
        (
            "deprecatedFirstTimestamp",
            json!("2026-01-02T03:04:05Z"),
            "firstTimestamp",
            "needs to be unset",
        ),
        (
            "deprecatedLastTimestamp",
            json!("2026-01-02T03:04:05Z"),
            "lastTimestamp",
            "needs to be unset",
        ),
        (
            "deprecatedSource",
            json!({"component": "x"}),
            "source",
            "needs to be unset",
        ),
        (
            "metadata",
            json!({"name": "POD"}),
            "metadata.name",
            "a lowercase RFC 1123 subdomain",
        ),
        (
            "metadata",
            json!({"generateName": "pod."}),
            "metadata.generateName",
            "a lowercase RFC 1123 subdomain",
        ),
    ]
}

#[tokio::test]
async fn each_rule_has_its_cause() {
    let server = still();
    for (field, value, cause, text) in rules() {
        let mut event = event("e");
        event[field] = value;
        let (code, answer) = call(&server, "POST", EVENTS, &event).await;
        assert_eq!(
            (code, answer["reason"].as_str()),
            (422, Some("Invalid")),
            "{field}: {answer}"
        );
        let causes = answer["details"]["causes"]
            .as_array()
            .cloned()
            .unwrap_or_default();
        let matches =
            |c: &Value| c["field"] == cause && c["message"].as_str().is_some_and(|m| m.contains(text));
        assert!(causes.iter().any(matches), "{field}: {answer}");
    }
    assert_eq!(get(&server, EVENTS).await.1["items"], json!([]));
}

#[tokio::test]
async fn a_note_is_counted_in_bytes() {
    let server = still();
    let mut fits = event("fits");
    fits["note"] = "ä".repeat(512).into();
    ok(&server, "POST", EVENTS, &fits).await;
}

#[tokio::test]
async fn times_need_six_decimals() {
    let server = still();
    for time in [
        "2026-01-02T03:04:05Z",
        "2026-01-02T03:04:05.123Z",
        "2026-01-02T03:04:05.123456789Z",
    ] {
        let mut event = event("e");
        event["eventTime"] = time.into();
        let (code, answer) = call(&server, "POST", EVENTS, &event).await;
        assert_eq!(
            (code, answer["reason"].as_str()),
            (400, Some("BadRequest")),
            "{time}: {answer}"
        );
    }
}

#[tokio::test]
async fn what_is_not_needed_is_not_asked_for() {
    let server = still();
    let mut event = event("e");
    let map = event.as_object_mut().unwrap();
    map.remove("note");
    map.remove("regarding");
    ok(&server, "POST", EVENTS, &event).await;
    ok(
        &server,
        "POST",
        "/api/v1/namespaces",
        &json!({"metadata": {"name": "shop"}}),
    )
    .await;
    // Without a namespace of what it is about, an event is at home only in default and kube-system.
    let elsewhere = "/apis/events.k8s.io/v1/namespaces/shop/events";
    assert_eq!(call(&server, "POST", elsewhere, &event).await.0, 422);
    event["regarding"] = json!({"kind": "Pod", "namespace": "default", "name": "gone"});
    ok(&server, "POST", elsewhere, &event).await;
    let core = json!({"metadata": {"name": "old"}, "involvedObject": {"namespace": "default", "name": "p"}});
    ok(&server, "POST", "/api/v1/namespaces/default/events", &core).await;
    assert_eq!(
        call(&server, "POST", "/api/v1/namespaces/shop/events", &core)
            .await
            .0,
        422
    );
}

#[tokio::test]
async fn afterwards_only_the_series_changes() {
    let server = still();
    ok(&server, "POST", EVENTS, &event("e")).await;
    let series = json!({"series": {"count": 2, "lastObservedTime": "2026-01-02T03:05:05.000006Z"}});
    let patched = ok(&server, "PATCH", &format!("{EVENTS}/e"), &series).await;
    assert_eq!(patched["series"]["count"], 2);
    let (code, answer) = call(
        &server,
        "PATCH",
        &format!("{EVENTS}/e"),
        &json!({"note": "other"}),
    )
    .await;
    assert_eq!(code, 422, "{answer}");
    assert_eq!(
        answer["details"]["causes"][0]["message"],
        "Invalid value: \"other\": field is immutable"
    );
}
