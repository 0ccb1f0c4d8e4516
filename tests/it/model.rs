//! The cache: what the watches bring, in whatever order.

mod cache;
mod files;
mod groups;
mod quantities;
