//! Simulated cameras, and an independent judge of the alerts that a gateway raises over them.
