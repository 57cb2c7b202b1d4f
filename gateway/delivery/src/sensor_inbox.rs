//! What sensors publish, on its way in: acknowledged once what follows from it is on disk.

use std::pin::Pin;

/// Takes what sensors publish beside the centre's messages.
///
/// Called on the publisher's thread, which goes on meanwhile: nothing here may wait, save the future.
pub trait SensorInbox: Send + Sync {
    /// What to subscribe to, whole filters; none as long as no sensor publishes here. May change: wake
    /// the publisher then.
    fn filters(&self) -> Vec<String>;

    /// Takes a message of any topic but the centre's, `retained` if the broker kept it from earlier. None if it is of
    /// no sensor.
    fn take(&self, topic: &str, payload: &[u8], retained: bool) -> Option<Taking>;
}

/// Completes when the broker may forget the message. Dropped, the broker sends it once more.
pub type Taking = Pin<Box<dyn Future<Output = ()> + Send>>;
