//! Volumes that pods get by their claims: they are gone for others from the decision on, until that is written or given back.

use super::*;

fn storage_class(provisioner: &str) -> Change {
    let class = json!({
        "metadata": {"name": "wait"}, "provisioner": provisioner, "volumeBindingMode": "WaitForFirstConsumer",
    });
    Change::StorageClass(WatchEvent::Listed(object(class)))
}

fn volume(name: &str) -> Value {
    json!({
        "metadata": {"name": name},
        "spec": {"storageClassName": "wait", "capacity": {"storage": "1Gi"}, "accessModes": ["ReadWriteOnce"]},
        "status": {"phase": "Available"},
    })
}

fn volume_claim(name: &str) -> Value {
    json!({
        "metadata": {"name": name, "namespace": "default", "uid": name},
        "spec": {
            "storageClassName": "wait", "accessModes": ["ReadWriteOnce"],
            "resources": {"requests": {"storage": "1Gi"}},
        },
    })
}

fn storing(name: &str, claim: &str) -> Value {
    let mut pod = pod(name, "100m");
    pod["spec"]["volumes"] = json!([{"name": "data", "persistentVolumeClaim": {"claimName": claim}}]);
    pod
}

/// With these nodes, volumes, claims, and pods with the claim of each.
fn with_volumes(nodes: &[&str], volumes: &[&str], claims: &[&str], pods: &[(&str, &str)]) -> Scene {
    let provisioner = if volumes.is_empty() {
        "disk.example.com"
    } else {
        "kubernetes.io/no-provisioner"
    };
    let mut others = vec![storage_class(provisioner)];
    let listed = volumes
        .iter()
        .map(|name| Change::PersistentVolume(WatchEvent::Listed(object(volume(name)))));
    others.extend(listed);
    let listed = claims
        .iter()
        .map(|name| Change::PersistentVolumeClaim(WatchEvent::Listed(object(volume_claim(name)))));
    others.extend(listed);
    let pods = pods.iter().map(|(name, claim)| storing(name, claim)).collect();
    let nodes: Vec<_> = nodes.iter().map(|name| (*name, "8")).collect();
    Scene::among(&nodes, others, pods)
}

impl Scene {
    fn apply_volume(&mut self, volume: Value) {
        let change = Change::PersistentVolume(WatchEvent::Applied(object(volume)));
        self.world.take_in(vec![change], self.now);
    }

    /// The volume that the pod's claim is to be bound to.
    fn volume(&self, pod: &str) -> String {
        let volumes = &self.sent[pod]
            .preparation
            .as_ref()
            .expect("something to do")
            .volumes;
        volumes.bindings[0].volume.to_string()
    }
}

#[test]
fn volumes_are_given_to_one_claim_each() {
    let pods = [("a", "a"), ("b", "b"), ("c", "c")];
    let mut scene = with_volumes(&["n1"], &["v1", "v2"], &["a", "b", "c"], &pods);
    assert_eq!((scene.binds(), scene.binds()), (is("a", "n1"), is("b", "n1")));
    let (first, second) = (scene.volume("a"), scene.volume("b"));
    assert_ne!(first, second);
    let failure = scene.fails();
    assert_eq!(
        (&failure.pod.key, &*failure.blamed),
        (&key("c"), &["VolumeBinding"][..])
    );
    // A watch that is behind brings a volume as it was, with a label more; c is tried again, and in vain.
    let mut labelled = volume(&first);
    labelled["metadata"]["labels"] = json!({"x": "y"});
    scene.apply_volume(labelled);
    scene.wait();
    assert_eq!(scene.fails().pod.key, key("c"));
    scene.not_bound("b");
    scene.wait();
    let (third, fourth) = (scene.binds(), scene.fails());
    assert_eq!(scene.volume(&third.0), second);
    assert_ne!(key(&third.0), fourth.pod.key);
    // The other is bound in earnest.
    let mut bound = volume(&first);
    bound["spec"]["claimRef"] = json!({"namespace": "default", "name": "a", "uid": "a"});
    scene.apply_volume(bound);
    scene.apply(on(storing("a", "a"), "n1"));
    scene.bound("a");
    assert!(!scene.world.assumed.has("a"));
}

#[test]
fn who_uses_the_claim_as_well_goes_by_the_volume_that_it_is_to_get() {
    let pods = [("a", "shared"), ("b", "shared"), ("c", "own")];
    let mut scene = with_volumes(&["n1"], &["v1"], &["shared", "own"], &pods);
    assert_eq!((scene.binds(), scene.binds()), (is("a", "n1"), is("b", "n1")));
    assert_eq!(
        (&*scene.volume("a"), &*scene.volume("b")),
        ("v1", "v1"),
        "both wait until it is bound"
    );
    assert_eq!(scene.fails().pod.key, key("c"));
    scene.not_bound("a");
    scene.delete(storing("a", "shared"));
    scene.wait();
    assert!(scene.next().is_none(), "it is b's still");
    scene.not_bound("b");
    scene.delete(storing("b", "shared"));
    scene.wait();
    assert_eq!(scene.binds(), is("c", "n1"));
}

#[test]
fn who_uses_a_claim_whose_volume_is_being_made_goes_to_its_node() {
    let nodes = ["n1", "n2", "n3", "n4"];
    let pods = ["a", "b", "c", "d", "e", "f"].map(|name| (name, "shared"));
    let mut scene = with_volumes(&nodes, &[], &["shared"], &pods);
    let (_, node) = scene.binds();
    for (name, _) in &pods[1..] {
        assert_eq!(scene.binds(), is(name, &node));
        let volumes = &scene.sent[*name]
            .preparation
            .as_ref()
            .expect("it waits, too")
            .volumes;
        assert_eq!(volumes.provisions.len(), 1);
    }
    for (name, _) in pods {
        scene.not_bound(name);
    }
    let claim = scene
        .world
        .cluster
        .objects
        .claims
        .get("default", "shared")
        .expect("it is there");
    assert_eq!(claim.selected_node, None, "it may go anywhere again");
}
