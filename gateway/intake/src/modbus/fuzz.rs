//! Entry for fuzzers: one poll of a device in memory.

use std::sync::Arc;
use std::time::Duration;

use scene::Reading;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream};

use crate::device::Device;
use crate::mailbox::Mailbox;
use crate::modbus::line::Line;
use crate::modbus::poll::{Poll, Polled};
use crate::modbus::settings::Settings;

/// The head of an answer up to its length.
const LENGTH_ENDS: usize = 6;

/// Polls a device that answers each request by the next of `answers`, one after another as their
/// lengths say, and then hangs up. Returns what the poll came to, and how many signals it gave
/// that are not bad.
pub async fn poll_once(settings: Settings, answers: &[u8]) -> (String, usize) {
    let mailbox = Arc::new(Mailbox::default());
    let device = Device::new("fuzzed", Arc::clone(&mailbox));
    let (ours, theirs) = tokio::io::duplex(128 * 1024);
    let deadline = settings.timeout;
    let mut poll = Poll::new(settings, device);
    poll.attach(Line::over(ours, deadline));
    let once = async {
        let polled = poll.once().await;
        // The other end waits for the next request, or for the end.
        drop(poll);
        polled
    };
    let (polled, ()) = tokio::join!(once, answer(theirs, answers));
    let polled = match polled {
        Polled::Answered => "answered",
        Polled::Resting => "resting",
        Polled::Nothing(_) => "nothing",
    };
    let posted = mailbox.take(Duration::ZERO);
    let good = posted.iter().filter(|posted| posted.signal.reading() != Reading::Bad).count();
    (polled.to_owned(), good)
}

async fn answer(mut wire: DuplexStream, mut answers: &[u8]) {
    let mut request = [0; 64];
    while wire.read(&mut request).await.is_ok_and(|count| count > 0) {
        let length = match answers {
            [_, _, _, _, high, low, ..] => usize::from(u16::from_be_bytes([*high, *low])),
            _ => 0,
        };
        let (next, rest) = answers.split_at(answers.len().min(LENGTH_ENDS + length));
        answers = rest;
        if next.is_empty() || wire.write_all(next).await.is_err() {
            return;
        }
    }
}
