//! Commands on a real API server.
