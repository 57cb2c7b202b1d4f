//! One visitor of a simulated door, from the request to the end of its connection.

use std::io;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep_until};

use super::account::{Account, Admission};
use super::habits::Habits;
use super::shared::Shared;
use super::tongue::{Remembered, Tongue};
use super::web::Conversation;

/// How long a reboot takes. Nobody has to wait for it: the clock is put forward.
const REBOOT_SECS: i64 = 30;

/// A door: what it says, how it behaves, what it remembers.
#[derive(Debug)]
pub(super) struct Door {
    pub(super) tongue: Box<dyn Tongue>,
    pub(super) habits: Habits,
    pub(super) account: Option<Account>,
    pub(super) shared: Shared,
    pub(super) started_at: Timestamp,
}

impl Door {
    /// What its clock shows.
    pub(super) fn now(&self) -> Timestamp {
        let shown = self.habits.clock.now(self.started_at);
        let rebooting = SignedDuration::from_secs(self.shared.lock().reboots * REBOOT_SECS);
        shown.saturating_add(rebooting).unwrap_or(shown)
    }
}

/// Serves one connection to its end.
pub(super) async fn serve(stream: TcpStream, door: Arc<Door>) {
    let mut conversation = Conversation::new(stream);
    // A visitor that goes away is no fault.
    drop(converse(&mut conversation, &door).await);
}

async fn converse(conversation: &mut Conversation, door: &Arc<Door>) -> io::Result<()> {
    while let Some(request) = conversation.next().await? {
        let admission = door.account.as_ref().map(|account| account.admit(&request));
        if let Some(Admission::Asked(how)) = admission {
            conversation.answer("401 Unauthorized", &how, b"<userCheck/>").await?;
            continue;
        }
        if request.method != "GET" || request.path() != door.tongue.path() {
            conversation.answer("404 Not Found", "", b"").await?;
            continue;
        }
        let Some(listener) = Listener::attach(door) else {
            conversation.answer("400 Bad Request", "", b"Error\r\nBad Request!\r\n").await?;
            continue;
        };
        return listener.hold(&mut conversation.stream).await;
    }
    Ok(())
}

/// Somebody who listens.
#[derive(Debug)]
struct Listener {
    door: Arc<Door>,
    number: usize,
    /// The next event to be told.
    next: usize,
}

impl Listener {
    /// None if too many listen already.
    fn attach(door: &Arc<Door>) -> Option<Self> {
        let mut state = door.shared.lock();
        if state.listeners >= door.habits.most_listeners {
            return None;
        }
        state.listeners += 1;
        state.attaches += 1;
        let next = state.delivered.saturating_sub(door.habits.repeats);
        Some(Self { door: Arc::clone(door), number: state.attaches, next })
    }

    async fn hold(mut self, stream: &mut TcpStream) -> io::Result<()> {
        let head = format!("HTTP/1.1 200 OK\r\n{}\r\n", self.door.tongue.headers());
        stream.write_all(head.as_bytes()).await?;
        let mut changes = self.door.shared.changes();
        let mut beat_at = Instant::now();
        let mut rubbish = [0; 64];
        loop {
            changes.borrow_and_update();
            if self.is_broken() {
                return Ok(());
            }
            let is_silent = self.is_silent();
            if !is_silent && let Some(event) = self.next_event() {
                if self.tell(&event, stream).await? {
                    return Ok(());
                }
                continue;
            }
            tokio::select! {
                _ = changes.changed() => {}
                () = sleep_until(beat_at), if !is_silent => {
                    stream.write_all(&self.door.tongue.beat(self.door.now())).await?;
                    beat_at = Instant::now() + self.door.habits.beat_every;
                }
                read = stream.read(&mut rubbish) => {
                    if read? == 0 {
                        return Ok(());
                    }
                }
            }
        }
    }

    fn is_broken(&self) -> bool {
        self.number <= self.door.shared.lock().broken_before
    }

    fn is_silent(&self) -> bool {
        self.number <= self.door.shared.lock().silent_before
    }

    fn next_event(&self) -> Option<Remembered> {
        self.door.shared.lock().history.get(self.next).copied()
    }

    /// Tells an event; true if the connection is cut in its middle.
    async fn tell(&mut self, event: &Remembered, stream: &mut TcpStream) -> io::Result<bool> {
        let bytes = self.door.tongue.event(event);
        let is_cut = std::mem::take(&mut self.door.shared.lock().cuts_next);
        if is_cut {
            stream.write_all(bytes.get(..bytes.len() / 3).unwrap_or_default()).await?;
            return Ok(true);
        }
        stream.write_all(&bytes).await?;
        self.next += 1;
        let mut state = self.door.shared.lock();
        state.delivered = state.delivered.max(self.next);
        Ok(false)
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.door.shared.lock().listeners -= 1;
    }
}
