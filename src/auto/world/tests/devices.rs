//! Devices that pods get by their claims: they are gone for others from the decision on, until that is written or given back.

use super::*;
use crate::model::device::ResourceClaim;

const CLASS: &str = "gpu.example.com";

fn class() -> Change {
    let class = json!({"metadata": {"name": CLASS}, "spec": {"extendedResourceName": "example.com/gpu"}});
    Change::DeviceClass(WatchEvent::Listed(object(class)))
}

/// So many devices on n1.
fn devices(count: usize) -> Vec<Change> {
    let devices: Vec<Value> = (0..count)
        .map(|at| json!({"name": format!("gpu-{at}")}))
        .collect();
    let slice = json!({"metadata": {"name": "s"}, "spec": {
        "driver": "gpu.example.com", "nodeName": "n1",
        "pool": {"name": "n1", "generation": 1, "resourceSliceCount": 1}, "devices": devices,
    }});
    vec![class(), Change::ResourceSlice(WatchEvent::Listed(object(slice)))]
}

fn device_claim(name: &str) -> Value {
    json!({
        "metadata": {"name": name, "namespace": "default", "uid": name},
        "spec": {"devices": {"requests": [{"name": "one", "exactly": {
            "deviceClassName": CLASS, "allocationMode": "ExactCount", "count": 1,
        }}]}},
    })
}

/// The claim with the device, reserved for the pod.
fn allocated(mut claim: Value, device: &str, pod: &str) -> Value {
    claim["status"] = json!({
        "allocation": {"devices": {"results": [
            {"request": "one", "driver": "gpu.example.com", "pool": "n1", "device": device},
        ]}},
        "reservedFor": [{"resource": "pods", "name": pod, "uid": pod}],
    });
    claim
}

fn claiming(name: &str, claim: &str) -> Value {
    let mut pod = pod(name, "100m");
    pod["spec"]["resourceClaims"] = json!([{"name": "gpu", "resourceClaimName": claim}]);
    pod
}

/// With so many devices on n1, and a pod for each of `claims`, called as its claim.
fn with_claims(count: usize, claims: &[&str]) -> Scene {
    let mut others = devices(count);
    let listed = claims
        .iter()
        .map(|name| Change::ResourceClaim(WatchEvent::Listed(object(device_claim(name)))));
    others.extend(listed);
    let pods = claims.iter().map(|name| claiming(name, name)).collect();
    Scene::among(&[("n1", "8")], others, pods)
}

impl Scene {
    fn apply_claim(&mut self, claim: Value) {
        let change = Change::ResourceClaim(WatchEvent::Applied(object(claim)));
        self.world.take_in(vec![change], self.now);
    }

    fn delete_claim(&mut self, claim: Value) {
        let change = Change::ResourceClaim(WatchEvent::Deleted(object(claim)));
        self.world.take_in(vec![change], self.now);
    }

    /// The device that is to be allocated for the pod that was sent on its way.
    fn device(&self, pod: &str) -> String {
        let devices = &self.sent[pod]
            .preparation
            .as_ref()
            .expect("something to do")
            .devices;
        let extended = devices.extended.iter().map(|made| &made.allocation);
        let mut all = devices
            .reservations
            .iter()
            .filter_map(|one| one.allocation.as_ref())
            .chain(extended);
        let found = all.next().expect("an allocation").result["devices"]["results"][0]["device"].clone();
        found.as_str().expect("a name").to_owned()
    }

    fn claim(&self, name: &str) -> Arc<ResourceClaim> {
        let claims = &self.world.cluster.objects.device_claims;
        Arc::clone(claims.get("default", name).expect("it is there"))
    }

    /// The next pod fits nowhere for want of a device.
    fn lacks_a_device(&mut self, name: &str) {
        let failure = self.fails();
        assert_eq!(
            (&failure.pod.key, &*failure.blamed),
            (&key(name), &["DynamicResources"][..])
        );
    }

    /// Nobody is to be tried, however long one waits.
    fn nobody_is_woken(&mut self) {
        self.wait();
        assert!(self.next().is_none());
    }
}

#[test]
fn pods_with_devices_go_side_by_side_each_with_its_own() {
    let mut scene = with_claims(3, &["a", "b", "c", "d"]);
    let mut given: Vec<String> = Vec::new();
    for name in ["a", "b", "c"] {
        assert_eq!(scene.binds(), is(name, "n1"));
        given.push(scene.device(name));
    }
    given.sort();
    assert_eq!(given, ["gpu-0", "gpu-1", "gpu-2"]);
    scene.lacks_a_device("d");
    scene.nobody_is_woken();
}

#[test]
fn what_failed_gives_its_devices_back_and_wakes_who_waits_for_some() {
    let mut scene = with_claims(2, &["a", "b", "c"]);
    assert_eq!((scene.binds(), scene.binds()), (is("a", "n1"), is("b", "n1")));
    scene.lacks_a_device("c");
    let freed = scene.device("b");
    scene.not_bound("b");
    assert_eq!(
        scene.world.pending(),
        [1, 2, 0, 0],
        "c is not among the unschedulable any more"
    );
    scene.wait();
    let (first, second) = (scene.binds(), scene.fails());
    assert_eq!(scene.device(&first.0), freed);
    assert_ne!(key(&first.0), second.pod.key);
    assert_eq!(second.blamed, ["DynamicResources"]);
}

#[test]
fn the_watches_take_over_from_what_is_assumed_without_a_gap() {
    let mut scene = with_claims(1, &["a", "b"]);
    assert_eq!(scene.binds(), is("a", "n1"));
    scene.lacks_a_device("b");
    // A watch that is behind brings the claim as it was, with an owner more.
    let mut owned = device_claim("a");
    owned["metadata"]["ownerReferences"] =
        json!([{"kind": "Job", "name": "j", "uid": "j", "controller": true}]);
    scene.apply_claim(owned.clone());
    assert!(scene.claim("a").pending && scene.claim("a").controllers.len() == 1);
    // So does one that has to begin again.
    let list = vec![
        Change::ResourceClaim(WatchEvent::Restarted),
        Change::ResourceClaim(WatchEvent::Listed(object(owned.clone()))),
        Change::ResourceClaim(WatchEvent::Listed(object(device_claim("b")))),
        Change::ResourceClaim(WatchEvent::Synced),
    ];
    scene.world.take_in(list, scene.now);
    assert!(scene.claim("a").pending);
    scene.nobody_is_woken();
    // The pod's watch is quicker than that of claims.
    scene.apply(on(claiming("a", "a"), "n1"));
    scene.bound("a");
    assert!(scene.claim("a").pending);
    scene.nobody_is_woken();
    scene.apply_claim(allocated(owned.clone(), "gpu-0", "a"));
    let claim = scene.claim("a");
    assert!(!claim.pending && claim.allocation.is_some() && *claim.reserved_for[0] == *"a");
    assert!(!scene.world.assumed.has("a") && scene.world.under_way.is_empty());
    scene.nobody_is_woken();
    // From now on the watches say what is.
    scene.apply_claim(owned);
    scene.wait();
    assert_eq!(scene.binds(), is("b", "n1"));
}

#[test]
fn what_an_earlier_attempt_wrote_and_took_back_does_not_end_what_is_assumed() {
    let mut scene = with_claims(1, &["a", "b"]);
    assert_eq!(scene.binds(), is("a", "n1"));
    scene.not_bound("a");
    scene.wait();
    assert!(["a", "b"].contains(&&*scene.binds().0));
    let (on_its_way, left_out) = if scene.world.counts(&key("a")) {
        ("a", "b")
    } else {
        ("b", "a")
    };
    scene.lacks_a_device(left_out);
    // The watch is behind, and tells of what was done and undone since.
    scene.apply_claim(allocated(device_claim(on_its_way), "gpu-0", on_its_way));
    scene.apply_claim(device_claim(on_its_way));
    assert!(scene.claim(on_its_way).pending);
    scene.wait();
    if let Some(Attempt::Bind(binding)) = scene.next() {
        panic!("{} gets it, too", binding.pod.key);
    }
}

#[test]
fn a_claim_that_is_shared_is_waited_for_until_it_is_written() {
    let listed = Change::ResourceClaim(WatchEvent::Listed(object(device_claim("shared"))));
    let mut others = devices(2);
    others.push(listed);
    let pods = vec![claiming("a", "shared"), claiming("b", "shared")];
    let mut scene = Scene::among(&[("n1", "8")], others, pods);
    assert_eq!(scene.binds(), is("a", "n1"));
    let failure = scene.fails();
    assert_eq!(
        (&failure.pod.key, &*failure.blamed),
        (&key("b"), &["DynamicResources"][..])
    );
    let why = "resource claim default/shared is in the process of being allocated";
    assert!(failure.message.contains(why), "{}", failure.message);
    scene.nobody_is_woken();
    let device = scene.device("a");
    scene.apply_claim(allocated(device_claim("shared"), &device, "a"));
    scene.wait();
    assert_eq!(scene.binds(), is("b", "n1"));
    let preparation = scene.sent["b"]
        .preparation
        .as_ref()
        .expect("it is to be reserved");
    assert_eq!(preparation.devices.reservations.len(), 1);
    assert_eq!(
        preparation.devices.reservations[0].allocation, None,
        "it has what it has"
    );
}

#[test]
fn a_claim_that_could_not_be_written_is_another_pods_to_allocate() {
    let listed = Change::ResourceClaim(WatchEvent::Listed(object(device_claim("shared"))));
    let mut others = devices(1);
    others.push(listed);
    let pods = vec![claiming("a", "shared"), claiming("b", "shared")];
    let mut scene = Scene::among(&[("n1", "8")], others, pods);
    assert_eq!(scene.binds(), is("a", "n1"));
    assert_eq!(scene.fails().pod.key, key("b"));
    scene.not_bound("a");
    assert!(scene.claim("shared").allocation.is_none());
    scene.wait();
    let (first, second) = (scene.binds(), scene.fails());
    assert_ne!(key(&first.0), second.pod.key);
    assert_eq!(scene.device(&first.0), "gpu-0");
}

#[test]
fn a_claim_that_another_scheduler_allocates_is_what_it_says() {
    let mut scene = with_claims(2, &["a", "b", "c"]);
    assert_eq!(scene.binds(), is("a", "n1"));
    let (ours, theirs) = match &*scene.device("a") {
        "gpu-0" => ("gpu-0", "gpu-1"),
        _ => ("gpu-1", "gpu-0"),
    };
    scene.apply_claim(allocated(device_claim("a"), theirs, "somebody"));
    assert!(!scene.claim("a").pending);
    // What we had chosen is not written, and free.
    assert_eq!(scene.binds(), is("b", "n1"));
    assert_eq!(scene.device("b"), ours);
    scene.lacks_a_device("c");
}

#[test]
fn a_pod_is_judged_again_as_if_it_had_taken_nothing() {
    let mut scene = with_claims(1, &["a", "b"]);
    assert_eq!(scene.binds(), is("a", "n1"));
    let judged = scene
        .world
        .judge(&key("a"), scene.now)
        .expect("it waits, in truth");
    assert_eq!(judged.trace.feasible.len(), 1, "its own device is not in its way");
    assert!(scene.claim("a").pending);
    scene.lacks_a_device("b");
    scene.nobody_is_woken();
    let unready = |scene: &mut Scene| {
        let judged = scene
            .world
            .judge(&key("a"), scene.now)
            .expect("it waits, in truth");
        let prepared = judged.trace.prepared(judged.trace.feasible[0]);
        prepared.iter().filter(|prepared| !prepared.is_ready()).count()
    };
    assert_eq!(
        unready(&mut scene),
        1,
        "the watch has not brought what was written"
    );
    scene.apply_claim(allocated(device_claim("a"), "gpu-0", "a"));
    assert_eq!(unready(&mut scene), 0);
    scene.nobody_is_woken();
}

#[test]
fn a_pod_that_is_gone_keeps_its_devices_as_long_as_something_is_written_for_it() {
    let mut scene = with_claims(1, &["a", "b"]);
    assert_eq!(scene.binds(), is("a", "n1"));
    scene.lacks_a_device("b");
    scene.delete(claiming("a", "a"));
    assert!(scene.claim("a").pending);
    scene.nobody_is_woken();
    scene.not_bound("a");
    scene.wait();
    assert_eq!(scene.binds(), is("b", "n1"));
    // This one was bound, and is gone before the watch of claims said anything.
    scene.apply(claiming("c", "a"));
    scene.lacks_a_device("c");
    scene.bound("b");
    scene.apply(on(claiming("b", "b"), "n1"));
    scene.nobody_is_woken();
    scene.delete(on(claiming("b", "b"), "n1"));
    assert!(scene.world.under_way.is_empty() && scene.claim("b").allocation.is_none());
    scene.wait();
    assert_eq!(scene.binds(), is("c", "n1"));
}

#[test]
fn devices_that_stand_for_extended_resources_are_given_once() {
    let asking = |name: &str| {
        let mut pod = pod(name, "100m");
        let resources = json!({"cpu": "100m", "example.com/gpu": "1"});
        pod["spec"]["containers"][0]["resources"] = json!({"requests": resources, "limits": resources});
        pod
    };
    let pods = ["a", "b", "c"].map(asking).to_vec();
    let mut scene = Scene::among(&[("n1", "8")], devices(2), pods);
    assert_eq!((scene.binds(), scene.binds()), (is("a", "n1"), is("b", "n1")));
    let (first, second) = (scene.device("a"), scene.device("b"));
    assert_ne!(first, second);
    scene.lacks_a_device("c");
    // The claim is made, and gets its device; the one that stood for it is gone then.
    let mut made = device_claim("a-extended-resources-x");
    made["metadata"]["annotations"] = json!({"resource.kubernetes.io/extended-resource-claim": "true"});
    made["metadata"]["ownerReferences"] =
        json!([{"apiVersion": "v1", "kind": "Pod", "name": "a", "uid": "a", "controller": true}]);
    let claims = |scene: &Scene| scene.world.cluster.objects.device_claims.iter().count();
    scene.apply_claim(made.clone());
    assert_eq!(claims(&scene), 3, "it has no device yet");
    scene.apply_claim(allocated(made.clone(), &first, "a"));
    assert_eq!(claims(&scene), 2);
    // A list of all that is there leaves alone what is not there yet.
    let list = vec![
        Change::ResourceClaim(WatchEvent::Restarted),
        Change::ResourceClaim(WatchEvent::Listed(object(allocated(made.clone(), &first, "a")))),
        Change::ResourceClaim(WatchEvent::Synced),
    ];
    scene.world.take_in(list, scene.now);
    assert_eq!(claims(&scene), 2);
    scene.nobody_is_woken();
    scene.bound("a");
    scene.apply(on(asking("a"), "n1"));
    scene.delete(on(asking("a"), "n1"));
    scene.delete_claim(made);
    scene.wait();
    assert_eq!(scene.binds(), is("c", "n1"));
    assert_eq!(scene.device("c"), first);
}
