//! The thread that owns the cluster cache and the queue.
