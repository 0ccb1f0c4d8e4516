//! The cache: what the watches bring, in whatever order.

#[path = "model/cache.rs"]
mod cache;
#[path = "model/files.rs"]
mod files;
#[path = "model/quantities.rs"]
mod quantities;
