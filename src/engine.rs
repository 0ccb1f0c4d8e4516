//! The thread that owns the cluster cache and the queue.
//!
//! Changes come in, [`View`]s go out; both are plain values through channels. Decisions are made here and nowhere
//! else while the program runs, so that a burst of changes never delays a key.

pub mod view;

pub use view::View;
