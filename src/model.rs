//! Values: what scheduling reads of a cluster, and the cache that holds it.
