//! Storage: volumes, claims and what drivers tell about them.

use std::sync::Arc;

/// A PersistentVolume.
#[derive(Clone, Debug, PartialEq)]
pub struct PersistentVolume {
    /// Its name.
    pub name: Arc<str>,
}

/// A PersistentVolumeClaim.
#[derive(Clone, Debug, PartialEq)]
pub struct PersistentVolumeClaim {
    /// Its name.
    pub name: Arc<str>,
}

/// A StorageClass.
#[derive(Clone, Debug, PartialEq)]
pub struct StorageClass {
    /// Its name.
    pub name: Arc<str>,
}

/// A CSINode: the drivers on a node.
#[derive(Clone, Debug, PartialEq)]
pub struct CsiNode {
    /// Its name.
    pub name: Arc<str>,
}

/// A CSIDriver.
#[derive(Clone, Debug, PartialEq)]
pub struct CsiDriver {
    /// Its name.
    pub name: Arc<str>,
}

/// A CSIStorageCapacity.
#[derive(Clone, Debug, PartialEq)]
pub struct CsiStorageCapacity {
    /// Its name.
    pub name: Arc<str>,
}

/// A VolumeAttachment.
#[derive(Clone, Debug, PartialEq)]
pub struct VolumeAttachment {
    /// Its name.
    pub name: Arc<str>,
}
