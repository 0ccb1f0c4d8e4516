//! Volumes: whether they are to be had, and what becomes of them when their claim is gone.

use serde_json::Value;

use super::{
    PROVISIONER, VOLUME_PROTECTION, add_finalizer, binding::set_volume_phase, drop_finalizers, has_finalizer,
    post_volume,
};
use crate::demo::{
    kinds::{Table, storage::VOLUME},
    life::World,
    object::{Key, Object, str_at},
};

/// Looks at one volume.
pub(super) fn look(key: &Key, world: &World) {
    let Some(volume) = world.store.get(Table::Volumes, key) else {
        return;
    };
    let tree = volume.tree();
    let phase = str_at(&tree, "/status/phase");
    if volume.deleting {
        let claimed = phase == "Bound" && claim_of(&tree, world).is_some();
        if !claimed {
            drop_finalizers(&VOLUME, key, &[PROVISIONER, VOLUME_PROTECTION], world);
        }
        if claimed || world.store.get(Table::Volumes, key).is_none() {
            return;
        }
    } else if !has_finalizer(&tree, VOLUME_PROTECTION) {
        add_finalizer(&VOLUME, key, VOLUME_PROTECTION, world);
        return;
    }
    if str_at(&tree, "/spec/claimRef/uid").is_empty() {
        if phase != "Available" {
            set_volume_phase(key, "Available", world);
        }
    } else if claim_of(&tree, world).is_some() {
        if phase != "Bound" && is_bound(&tree, world) {
            set_volume_phase(key, "Bound", world);
        }
    } else {
        release(&volume, &tree, world);
    }
}

/// The claim that the volume is for, where it is there and no other of its name.
fn claim_of(volume: &Value, world: &World) -> Option<Value> {
    let key = Key::new(
        str_at(volume, "/spec/claimRef/namespace"),
        str_at(volume, "/spec/claimRef/name"),
    );
    let claim = world.store.get(Table::Claims, &key)?;
    (str_at(volume, "/spec/claimRef/uid") == &*claim.uid).then(|| claim.tree())
}

fn is_bound(volume: &Value, world: &World) -> bool {
    claim_of(volume, world)
        .is_some_and(|claim| str_at(&claim, "/spec/volumeName") == str_at(volume, "/metadata/name"))
}

/// The claim is gone.
fn release(volume: &Object, tree: &Value, world: &World) {
    if !matches!(str_at(tree, "/status/phase"), "Released" | "Failed") {
        // What is written is seen, and looked at again.
        set_volume_phase(&volume.key, "Released", world);
        return;
    }
    if str_at(tree, "/spec/persistentVolumeReclaimPolicy") != "Delete" || volume.deleting {
        return;
    }
    if tree
        .pointer("/metadata/annotations/pv.kubernetes.io~1provisioned-by")
        .is_some()
    {
        world.delete(&VOLUME, volume, None);
    } else if str_at(tree, "/status/phase") != "Failed" {
        set_volume_phase(&volume.key, "Failed", world);
        let text = format!(
            "error getting deleter volume plugin for volume {:?}: no deletable volume plugin matched",
            volume.key.name
        );
        post_volume(volume, world, "Warning", ("VolumeFailedDelete", &text));
    }
}
