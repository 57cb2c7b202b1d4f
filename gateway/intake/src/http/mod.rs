//! One long GET or POST to a device's web server: log-in, deadlines, and a stream of parts that never ends.

pub(crate) mod attempts;
pub(crate) mod body;
pub(crate) mod client;
pub(crate) mod delimiter;
pub(crate) mod fault;
pub(crate) mod listening;
mod looks;
pub(crate) mod multipart;
pub(crate) mod stream;
pub(crate) mod web_server;
mod whole_text;
mod wire;

pub use web_server::WebServer;
