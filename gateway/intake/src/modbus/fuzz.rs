//! Entry for fuzzers: one poll of a device in memory.

use std::sync::Arc;
use std::time::Duration;

use tokio::io::AsyncWriteExt as _;

use crate::device::Device;
use crate::mailbox::Mailbox;
use crate::modbus::line::Line;
use crate::modbus::poll::{Poll, Polled};
use crate::modbus::settings::Settings;

/// What the requests of one poll take at most, in bytes.
const MOST_REQUEST_BYTES: usize = 1024 * 1024;

/// Polls a device that has said `answers` already, and then says nothing more. Returns what the poll
/// came to, and how many signals it gave.
pub async fn poll_once(settings: Settings, answers: &[u8]) -> (String, usize) {
    let mailbox = Arc::new(Mailbox::default());
    let device = Device::new("fuzzed", Arc::clone(&mailbox));
    let (ours, mut theirs) = tokio::io::duplex(MOST_REQUEST_BYTES.max(answers.len()));
    if theirs.write_all(answers).await.is_err() || theirs.shutdown().await.is_err() {
        return ("no room".to_owned(), 0);
    }
    let deadline = settings.timeout;
    let mut poll = Poll::new(settings, device);
    poll.attach(Line::over(ours, deadline));
    let polled = match poll.once().await {
        Polled::Answered => "answered",
        Polled::Resting => "resting",
        Polled::Nothing(_) => "nothing",
    };
    (polled.to_owned(), mailbox.take(Duration::ZERO).len())
}
