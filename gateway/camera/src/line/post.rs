//! One POST of a tunnel: a connection that carries requests to a camera, and what is heard on it.

use std::io;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::{Instant, timeout_at};

use super::head::{Head, USER_AGENT};
use super::http::{self, HeadReading};
use super::network::AnyWire;
use crate::fault::SessionError;

/// A web server that refuses a POST says so within this time.
const REFUSAL_LIMIT: Duration = Duration::from_secs(1);

/// A connection that carries requests.
pub(super) struct Post {
    wire: AnyWire,
    answer: HeadReading,
    is_answered: bool,
    /// What it carried last.
    pub(super) carried: String,
    /// When its head was sent.
    pub(super) asked_at: Instant,
}

/// What is heard on a POST.
#[derive(Debug)]
pub(super) enum Word {
    /// Nothing that matters.
    None,
    /// The camera takes it: it goes on reading, or ends the connection.
    Granted,
    /// The camera ended it.
    End,
    /// The camera broke it off, and left something unread.
    BreakOff,
    /// The camera does not simply go on reading, or says why it ends it.
    Answer(Head),
    /// What came is no answer.
    Nonsense(SessionError),
}

impl Post {
    /// Sends its head.
    pub(super) async fn begin(mut wire: AnyWire, head: &[u8]) -> io::Result<Self> {
        let asked_at = Instant::now();
        send_all(&mut wire, head).await?;
        let answer = HeadReading::default();
        Ok(Self { wire, answer, is_answered: false, carried: String::new(), asked_at })
    }

    /// The same when `message` has gone.
    pub(super) async fn carry(mut self, message: &str) -> io::Result<Self> {
        if !message.is_empty() {
            message.clone_into(&mut self.carried);
            send_all(&mut self.wire, message.as_bytes()).await?;
        }
        Ok(self)
    }

    /// Whether the camera may still refuse it, as far as is known.
    pub(super) fn may_be_refused(&self) -> bool {
        !self.is_answered && self.asked_at.elapsed() < REFUSAL_LIMIT
    }

    /// The camera has done what was asked here.
    pub(super) fn was_taken(&mut self) {
        self.is_answered = true;
    }

    /// Waits for a word, of which there is seldom one, or until it will hardly be refused any more; gives the
    /// word's length, too. Nothing is lost if this is dropped.
    pub(super) async fn hear(&mut self) -> (usize, Word) {
        let may_be_refused = self.may_be_refused();
        let reading = self.wire.read_buf(&mut self.answer.buffer);
        let read = match may_be_refused {
            true => timeout_at(self.asked_at + REFUSAL_LIMIT, reading).await,
            false => Ok(reading.await),
        };
        let Ok(read) = read else { return (0, Word::None) };
        let count = match read {
            Ok(count @ 1..) => count,
            Ok(0) => return (0, Word::End),
            Err(_) => return (0, Word::BreakOff),
        };
        if self.is_answered {
            self.answer.buffer.clear();
            return (count, Word::None);
        }
        let word = match self.answer.next() {
            Ok(None) => Word::None,
            Ok(Some(head)) if matches!(http::status(&head), 200..=299) => {
                self.is_answered = true;
                Word::Granted
            }
            Ok(Some(head)) => Word::Answer(head),
            Err(error) => Word::Nonsense(error),
        };
        (count, word)
    }
}

async fn send_all(wire: &mut AnyWire, bytes: &[u8]) -> io::Result<()> {
    wire.write_all(bytes).await?;
    wire.flush().await
}

/// A message as a POST carries it.
pub(super) fn body_of(message: &[u8]) -> String {
    STANDARD.encode(unpadded(message))
}

/// The message with as many spaces in it as make its Base64 end without padding, which is the end of all for
/// some decoders (RFC 2045 §6.8). They follow our name, or else the last header.
fn unpadded(message: &[u8]) -> Vec<u8> {
    let missing = message.len().next_multiple_of(3) - message.len();
    let name = memchr::memmem::find(message, USER_AGENT.as_bytes());
    let last = message.len().saturating_sub(b"\r\n\r\n".len());
    let (before, after) = message.split_at(name.map_or(last, |at| at + USER_AGENT.len()));
    [before, " ".repeat(missing).as_bytes(), after].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_message_needs_padding_and_none_changes_its_meaning() {
        for more in ["", "a", "ab", "abc"] {
            let request = format!("PLAY * RTSP/1.0\r\n{USER_AGENT}\r\nX: {more}\r\n\r\n");
            let answer = format!("RTSP/1.0 200 OK\r\nCSeq: 1{more}\r\n\r\n");
            for message in [request, answer] {
                let sent = unpadded(message.as_bytes());
                assert!(!STANDARD.encode(&sent).contains('='), "{message}");
                assert_eq!(Head::parse(&sent), Head::parse(message.as_bytes()));
            }
        }
    }
}
