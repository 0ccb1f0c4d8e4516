//! The scheduling cycle as a pure function of cluster, pod and profile.
