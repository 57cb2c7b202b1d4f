//! How feedback travels to a gateway.

/// How a case's feedback reaches its gateway.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Channel {
    /// By MQTT, under the gateway's topic prefix.
    Gateway(String),
    /// As notices that the gateway fetches.
    Notices,
}
