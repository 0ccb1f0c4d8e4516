//! The API server: connecting, watching, binding, events, preflight.
