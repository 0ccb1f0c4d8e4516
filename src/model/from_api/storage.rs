//! Storage: volumes, claims and what drivers tell about them.

mod claim;
mod class;
mod csi;
mod disk;
mod persistent_volume;

pub use claim::PersistentVolumeClaimObject;
pub use class::StorageClassObject;
pub use csi::{CsiDriverObject, CsiNodeObject, CsiStorageCapacityObject, VolumeAttachmentObject};
pub use disk::{AwsDiskObject, AzureDiskObject, DiskObjects, GceDiskObject, PresentObject, VolumeIdObject};
pub use persistent_volume::PersistentVolumeObject;

use std::sync::Arc;

use super::resource_list::{QuantityText, ResourceList};
use crate::model::fault::{Concern, Fault};
use crate::model::quantity::Quantity;

/// The quantity `text` at `field` of `object`; what cannot be read goes to `faults`.
fn quantity(
    text: Option<&QuantityText>,
    field: &str,
    object: &dyn Fn() -> Arc<str>,
    faults: &mut Vec<Fault>,
) -> Option<Quantity> {
    let text = text?;
    match text.0.parse() {
        Ok(quantity) => Some(quantity),
        Err(error) => {
            faults.push(fault(object, field, format!("'{}': {error}", text.0)));
            None
        }
    }
}

fn fault(object: &dyn Fn() -> Arc<str>, field: &str, message: String) -> Fault {
    Fault {
        object: object(),
        concern: Concern::Storage,
        field: field.to_owned(),
        message,
    }
}

/// The `storage` of a resource list.
fn storage(list: Option<&ResourceList>) -> Option<&QuantityText> {
    list?.get("storage")
}
