//! Storage: volumes, claims and what drivers tell about them.

mod claim;
mod class;
mod csi;
mod migration;
mod persistent_volume;

pub use claim::PersistentVolumeClaim;
pub use class::{BindingMode, StorageClass, TopologyRequirement, TopologyTerm};
pub use csi::{CsiDriver, CsiNode, CsiNodeDriver, CsiStorageCapacity, VolumeAttachment};
pub use migration::{InTreeDisk, InTreePlugin};
pub use persistent_volume::{ClaimRef, CsiSource, PersistentVolume, VolumeSource};

use std::sync::Arc;

/// How a volume may be mounted, as one bit each; words that there are not share one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct AccessModes(u8);

const WORDS: [(&str, &str); 4] = [
    ("ReadWriteOnce", "RWO"),
    ("ReadOnlyMany", "ROX"),
    ("ReadWriteMany", "RWX"),
    ("ReadWriteOncePod", "RWOP"),
];

impl AccessModes {
    /// One pod at a time, in the whole cluster.
    pub const READ_WRITE_ONCE_POD: Self = Self(8);

    /// The modes among `words`.
    pub fn parse<'a>(words: impl IntoIterator<Item = &'a str>) -> Self {
        let bit = |word| WORDS.iter().position(|(have, _)| *have == word);
        let bits = words
            .into_iter()
            .map(|word| 1 << bit(word).unwrap_or(WORDS.len()));
        Self(bits.fold(0, |all, bit: u8| all | bit))
    }

    /// Whether all of `wanted` are there.
    pub const fn contain(self, wanted: Self) -> bool {
        self.0 & wanted.0 == wanted.0
    }

    /// As kubectl shows them, such as `RWO,ROX`.
    pub fn shown(self) -> String {
        let there = WORDS.iter().enumerate().filter(|(at, _)| self.0 & (1 << at) != 0);
        there.map(|(_, (_, short))| *short).collect::<Vec<_>>().join(",")
    }
}

/// The name that an annotation of old times gives a storage class, which wins over the field.
pub const CLASS_ANNOTATION: &str = "volume.beta.kubernetes.io/storage-class";

/// `Filesystem`, the mode where none is written.
pub const FILESYSTEM: &str = "Filesystem";

/// A claim's or volume's name for a set of parameters of its driver; empty where absent.
pub type AttributesClass = Arc<str>;
