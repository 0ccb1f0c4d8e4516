//! Devices: what pods claim, and what drivers offer.

mod claim;
mod class;
mod request;
mod slice;
mod taint;

pub use claim::{
    AllocatedDevice, Allocation, BindingFailed, ClaimOwner, DeviceCondition, DeviceStatus, ResourceClaim,
};
pub use class::DeviceClass;
pub use request::{
    AllocationMode, Alternative, Ask, ClaimConfig, Constraint, ConstraintKind, DeviceRequest, RequestKind,
    Selector,
};
pub use slice::{
    AttributeValue, CounterSet, Counters, Device, DeviceCapacity, Reach, RequestPolicy, ResourceSlice,
    ValidRange,
};
pub use taint::{DeviceTaint, DeviceTaintRule, DeviceToleration, TaintEffect};
