//! Bodies as kubectl sends them, bodies that nobody sends, and a round trip.

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::demo::schema;

/// What a recorded body says, as its type.
fn recorded(body: &str) -> Value {
    let body = STANDARD.decode(body).expect("base64");
    let envelope = open(&body).expect("an envelope");
    let of = schema::of_kind(&envelope.api_version, &envelope.kind).expect("a known kind");
    let tree = decode(of, envelope.raw).expect("an object");
    schema::decode(of, Value::Object(tree), false)
        .expect("a tree of its type")
        .tree
}

/// Requests of kubectl 1.37: `create deployment web --image=nginx --replicas=5 --port=80` and so on.
#[test]
fn bodies_of_kubectl() {
    let deployment = "azhzAAoVCgdhcHBzL3YxEgpEZXBsb3ltZW50Er4BCiUKA3dlYhIAGgZkZWNvZGUiACoAMgA4AEIAWgoKA2FwcBIDd2ViEo\
                      YBCAUSDAoKCgNhcHASA3dlYhpsChwKABIAGgAiACoAMgA4AEIAWgoKA2FwcBIDd2ViEkwSLgoFbmdpbngSBW5naW54KgA\
                      yCgoAEAAYUCIAKgBCAGoAcgCAAQCIAQCQAQCiAQAaADIAQgBKAFIAWABgAGgAggEAigEAmgEAwgEAIgIKACgAOAAaDAgA\
                      EAAYACAAKAA4ABoAIgA=";
    assert_eq!(
        recorded(deployment),
        json!({
            "metadata": {"name": "web", "namespace": "decode", "labels": {"app": "web"}},
            "spec": {
                "replicas": 5,
                "selector": {"matchLabels": {"app": "web"}},
                "template": {
                    "metadata": {"labels": {"app": "web"}},
                    "spec": {"containers": [{
                        "name": "nginx", "image": "nginx", "ports": [{"containerPort": 80}], "resources": {},
                    }]},
                },
                "strategy": {},
            },
            "status": {},
        })
    );
    let settings =
        "azhzAAoPCgJ2MRIJQ29uZmlnTWFwEigKHgoIc2V0dGluZ3MSABoGZGVjb2RlIgAqADIAOABCABIGCgFhEgFiGgAiAA==";
    assert_eq!(
        recorded(settings),
        json!({"metadata": {"name": "settings", "namespace": "decode"}, "data": {"a": "b"}})
    );
    let job = "azhzAAoPCghiYXRjaC92MRIDSm9iEpIBChoKBG9uY2USABoGZGVjb2RlIgAqADIAOABCABJqMmgKEAoAEgAaACIAKgAyADgAQgASVBI\
               xCgRvbmNlEgdidXN5Ym94GgJzaBoCLWMaBHRydWUqAEIAagByAIABAIgBAJABAKIBABoFTmV2ZXIyAEIASgBSAFgAYABoAIIBAI\
               oBAJoBAMIBABoIIAAoADAAOgAaACIA";
    assert_eq!(
        recorded(job)["spec"]["template"]["spec"],
        json!({
            "containers": [{
                "name": "once", "image": "busybox", "command": ["sh", "-c", "true"], "resources": {},
            }],
            "restartPolicy": "Never",
        })
    );
    let budget = "azhzAAogCglwb2xpY3kvdjESE1BvZERpc3J1cHRpb25CdWRnZXQSQwoaCgRrZWVwEgAaBmRlY29kZSIAKgAyADgAQgASGQoJCAEQAB\
                  oDNTAlEgwKCgoDYXBwEgN3ZWIaCggAGAAgACgAMAAaACIA";
    assert_eq!(
        recorded(budget),
        json!({
            "metadata": {"name": "keep", "namespace": "decode"},
            "spec": {"minAvailable": "50%", "selector": {"matchLabels": {"app": "web"}}},
            "status": {"disruptionsAllowed": 0, "currentHealthy": 0, "desiredHealthy": 0, "expectedPods": 0},
        })
    );
    let secret = "azhzAAoMCgJ2MRIGU2VjcmV0EiUKGQoDa2V5EgAaBmRlY29kZSIAKgAyADgAQgASBgoBeBIBeRoAGgAiAA==";
    assert_eq!(recorded(secret)["data"], json!({"x": "eQ=="}));
    let class = "azhzAAolChRzY2hlZHVsaW5nLms4cy5pby92MRINUHJpb3JpdHlDbGFzcxI8ChQKBGhpZ2gSABoAIgAqADIAOABCABD5//////////\
                 8BGAAiAWQqFFByZWVtcHRMb3dlclByaW9yaXR5GgAiAA==";
    assert_eq!(
        recorded(class),
        json!({
            "metadata": {"name": "high"},
            "value": -7,
            "description": "d",
            "preemptionPolicy": "PreemptLowerPriority",
        })
    );
    let review = "azhzAAoyChdhdXRob3JpemF0aW9uLms4cy5pby92MRIXU2VsZlN1YmplY3RBY2Nlc3NSZXZpZXcSRQoQCgASABoAIgAqADIAOABCAB\
                  InCiUKBmRlY29kZRIGY3JlYXRlGgAiACoEcG9kczIAOgdiaW5kaW5nGggIABIAGgAgABoAIgA=";
    assert_eq!(
        recorded(review)["spec"],
        json!({"resourceAttributes": {
            "namespace": "decode", "verb": "create", "resource": "pods", "name": "binding",
        }})
    );
}

#[test]
fn bodies_that_are_none() {
    for (body, wanted) in [
        (&b""[..], "empty data"),
        (b"k8s\0", "empty body"),
        (
            b"{}",
            "provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]",
        ),
        (b"k8s\0\x0a\x05", "unexpected EOF"),
        (
            b"k8s\0\x1b",
            "proto: wrong wireType = 3 for field ContentEncoding",
        ),
    ] {
        assert_eq!(open(body).unwrap_err(), wanted);
    }
    let pod = schema::of_kind("v1", "Pod").expect("the type of pods");
    for (raw, wanted) in [
        (&b"\x08\x01"[..], "proto: wrong wireType = 0 for field ObjectMeta"),
        (b"\x0a\x02\x0a\x09", "unexpected EOF"),
        (
            b"\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01",
            "proto: integer overflow",
        ),
        (b"\x00\x01", "proto: Pod: illegal tag 0 (wire type 0)"),
        (b"\x0c\x01", "proto: Pod: wiretype end group for non-group"),
        (
            b"\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01",
            "proto: negative length found during unmarshaling",
        ),
    ] {
        assert_eq!(decode(pod, raw).unwrap_err(), wanted, "{raw:?}");
    }
    // Fields that nobody knows are skipped, groups in groups included.
    assert_eq!(
        decode(pod, b"\xf3\x01\xfb\x01\x08\x01\xfc\x01\xf4\x01").map(|tree| tree.len()),
        Ok(0)
    );
    let deep = [0xf3, 0x01].repeat(10_000);
    assert!(decode(pod, &deep).is_err());
}

/// Writes a tree as protobuf, for the round trip alone.
fn encode(of: &Type, tree: &Value) -> Vec<u8> {
    let mut out = Vec::new();
    for (name, value) in tree.as_object().into_iter().flatten() {
        let Some(field) = of.field(name).filter(|field| !field.number.is_empty()) else {
            continue;
        };
        let mut inner = Vec::new();
        put_field(
            field.shape.pointee(),
            *field.number.last().expect("a number"),
            value,
            &mut inner,
        );
        for number in field.number.iter().rev().skip(1) {
            let mut outer = Vec::new();
            put_bytes(*number, &inner, &mut outer);
            inner = outer;
        }
        out.extend(inner);
    }
    out
}

fn put_varint(mut number: u64, out: &mut Vec<u8>) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

fn put_bytes(number: u32, bytes: &[u8], out: &mut Vec<u8>) {
    put_varint(u64::from(number) << 3 | 2, out);
    put_varint(bytes.len() as u64, out);
    out.extend(bytes);
}

fn put_number(number: u32, value: i64, out: &mut Vec<u8>) {
    put_varint(u64::from(number) << 3, out);
    put_varint(value as u64, out);
}

fn put_field(shape: &Shape, number: u32, value: &Value, out: &mut Vec<u8>) {
    let text = value.as_str().unwrap_or_default();
    match shape {
        Shape::Pointer(of) => put_field(of, number, value, out),
        Shape::List(of) => {
            for value in value.as_array().into_iter().flatten() {
                put_field(of, number, value, out);
            }
        }
        Shape::Map(of) => {
            for (key, value) in value.as_object().into_iter().flatten() {
                let mut entry = Vec::new();
                put_bytes(1, key.as_bytes(), &mut entry);
                if matches!(**of, Shape::List(_)) {
                    let mut items = Vec::new();
                    put_field(of, 1, value, &mut items);
                    put_bytes(2, &items, &mut entry);
                } else {
                    put_field(of, 2, value, &mut entry);
                }
                put_bytes(number, &entry, out);
            }
        }
        Shape::Object(id) => put_bytes(number, &encode(schema::get(*id), value), out),
        Shape::Bool => put_number(number, value.as_bool().unwrap_or_default().into(), out),
        Shape::Int32 | Shape::Int64 => put_number(number, value.as_i64().unwrap_or_default(), out),
        Shape::String => put_bytes(number, text.as_bytes(), out),
        Shape::Bytes => put_bytes(number, &STANDARD.decode(text).expect("base64"), out),
        Shape::Quantity => {
            let mut inner = Vec::new();
            put_bytes(1, text.as_bytes(), &mut inner);
            put_bytes(number, &inner, out);
        }
        Shape::IntOrString => {
            let mut inner = Vec::new();
            put_number(1, value.is_string().into(), &mut inner);
            put_number(2, value.as_i64().unwrap_or_default(), &mut inner);
            put_bytes(3, text.as_bytes(), &mut inner);
            put_bytes(number, &inner, out);
        }
        Shape::Time | Shape::MicroTime => {
            let mut inner = Vec::new();
            if let Ok(time) = text.parse::<jiff::Timestamp>() {
                put_number(1, time.as_second(), &mut inner);
                put_number(2, time.subsec_nanosecond().into(), &mut inner);
            }
            put_bytes(number, &inner, out);
        }
        Shape::Any => {
            let mut inner = Vec::new();
            put_bytes(1, value.to_string().as_bytes(), &mut inner);
            put_bytes(number, &inner, out);
        }
        Shape::Float64 | Shape::Duration => panic!("no kind has such a field"),
    }
}

#[test]
fn there_and_back() {
    let trees = [
        json!({"apiVersion": "v1", "kind": "Pod",
            "metadata": {"name": "a", "creationTimestamp": "2026-01-02T03:04:05Z", "labels": {"x": "y", "z": ""},
                "managedFields": [{"manager": "m", "fieldsV1": {"f:metadata": {}}}]},
            "spec": {
                "containers": [{"name": "c", "image": "i", "resources": {"limits": {"cpu": "500m", "memory": "1Gi"}},
                    "livenessProbe": {"httpGet": {"port": "web"}, "initialDelaySeconds": 3},
                    "env": [{"name": "E", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}}]}],
                "volumes": [{"name": "v", "emptyDir": {}}, {"name": "w", "configMap": {"name": "cm"}}],
                "priority": -5, "hostNetwork": true, "nodeSelector": {"a": "b"},
                "securityContext": {"supplementalGroups": [1, 2, -3]},
                "tolerations": [{"key": "k", "tolerationSeconds": 0}],
            },
            "status": {"phase": "Pending"}}),
        json!({"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": {"name": "l"},
            "spec": {"renewTime": "2026-01-02T03:04:05.123456Z", "leaseDurationSeconds": 40}}),
        json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, "data": {"k": "AAEC"}}),
        json!({"apiVersion": "authorization.k8s.io/v1", "kind": "SubjectAccessReview", "metadata": {},
            "spec": {"user": "u", "extra": {"k": ["a", "b"]}}, "status": {"allowed": false}}),
    ];
    for tree in trees {
        let text = |at: &str| tree[at].as_str().unwrap_or_default();
        let of = schema::of_kind(text("apiVersion"), text("kind")).expect("a known kind");
        let typed = |tree| schema::decode(of, tree, true).expect("a tree of its type");
        let mut back = decode(of, &encode(of, &tree)).expect("an object");
        for key in ["apiVersion", "kind"] {
            back.insert(key.into(), tree[key].clone());
        }
        let (wanted, got) = (typed(tree), typed(Value::Object(back)));
        assert!(wanted.strict.is_empty(), "{:?}", wanted.strict);
        assert_eq!(got.tree, wanted.tree);
    }
}

/// Packed numbers, which Kubernetes does not send and understands.
#[test]
fn packed_numbers() {
    let of = schema::all()
        .iter()
        .find(|of| of.name.ends_with(".PodSecurityContext"));
    let of = of.expect("the type of security contexts");
    let number = of.field("supplementalGroups").expect("groups").number[0];
    let mut raw = Vec::new();
    put_bytes(number, &[1, 2, 0x80, 1], &mut raw);
    put_number(number, 7, &mut raw);
    assert_eq!(
        decode(of, &raw).map(Value::Object),
        Ok(json!({"supplementalGroups": [1, 2, 128, 7]}))
    );
}

proptest! {
    /// Whatever the bytes, there is an answer.
    #[test]
    fn no_bytes_are_too_odd(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = open(&[PREFIX, &bytes[..]].concat());
        for of in schema::all() {
            if let Ok(tree) = decode(of, &bytes) {
                let _ = schema::decode(of, Value::Object(tree), true);
            }
        }
    }

    /// The same for bytes that begin well: a body of kubectl, with one byte changed and an end cut off.
    #[test]
    fn no_change_is_too_odd(at in 0_usize..200, byte in any::<u8>(), end in 0_usize..250) {
        let pod = json!({"metadata": {"name": "a"}, "spec": {"containers": [{"name": "c", "image": "i",
            "resources": {"limits": {"cpu": "1"}}}], "tolerations": [{"tolerationSeconds": 3}]}});
        let of = schema::of_kind("v1", "Pod").expect("the type of pods");
        let mut raw = encode(of, &pod);
        if let Some(changed) = raw.get_mut(at) {
            *changed = byte;
        }
        raw.truncate(end);
        if let Ok(tree) = decode(of, &raw) {
            let _ = schema::decode(of, Value::Object(tree), true);
        }
    }
}
