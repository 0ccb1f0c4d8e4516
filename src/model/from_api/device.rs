//! Devices: what pods claim, and what drivers offer (`resource.k8s.io/v1`).

mod claim;
mod class;
mod slice;
mod taint;
mod values;

pub use claim::{AllocationObject, ResourceClaimObject};
pub use class::DeviceClassObject;
pub use slice::ResourceSliceObject;
pub use taint::DeviceTaintRuleObject;
