//! The loopback HTTP server: health, metrics, evidence.
