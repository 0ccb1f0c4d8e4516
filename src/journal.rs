//! The journal: who placed what where, when and why, what was sent and what was answered.
//!
//! A file of JSON lines in the state directory that only grows. Nothing that changes the cluster is sent before the line
//! that tells of it is on the disk, so that after a crash at any instant the journal names all that may have been done:
//! `berth journal` then asks the cluster what was.

pub mod adoptions;
pub mod entry;
pub mod file;
pub mod story;

pub use adoptions::{Adoption, adoptions};
pub use entry::{Adopted, Begun, Effect, Entry, Outcome, Step};
pub use file::File;
pub use story::Story;

use std::fmt;
use std::io;

/// Where entries go.
pub trait Record: Send + Sync + fmt::Debug {
    /// Takes `entry`: when this returns, it outlives a crash.
    ///
    /// # Errors
    /// Where it could not be written, or not for good.
    fn write(&self, entry: &Entry) -> Result<(), io::Error>;

    /// The entries, oldest first, and how many lines could not be read.
    ///
    /// # Errors
    /// Where they cannot be had.
    fn read(&self) -> Result<(Vec<Entry>, usize), io::Error>;

    /// Whether anything is kept at all.
    fn keeps(&self) -> bool {
        true
    }
}

/// Where nothing is kept: for demonstrations, and where a person wants none.
#[derive(Clone, Copy, Debug, Default)]
pub struct Nowhere;

impl Record for Nowhere {
    fn write(&self, _: &Entry) -> Result<(), io::Error> {
        Ok(())
    }

    fn read(&self) -> Result<(Vec<Entry>, usize), io::Error> {
        Ok((Vec::new(), 0))
    }

    fn keeps(&self) -> bool {
        false
    }
}

/// Where entries would go, were there a place: whatever is to be written is refused with this text.
#[derive(Clone, Debug)]
pub struct NoPlace(pub String);

impl Record for NoPlace {
    fn write(&self, _: &Entry) -> Result<(), io::Error> {
        Err(io::Error::other(self.0.clone()))
    }

    fn read(&self) -> Result<(Vec<Entry>, usize), io::Error> {
        Err(io::Error::other(self.0.clone()))
    }
}
