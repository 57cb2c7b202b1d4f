//! A simulated door controller: it remembers what happened and tells it to who listens.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use jiff::Timestamp;
use tokio::net::TcpListener;
use tokio_util::task::AbortOnDropHandle;

use super::account::Account;
use super::habits::Habits;
use super::happening::Happening;
use super::listener::{Door, serve};
use super::shared::Shared;
use super::tongue::Tongue;

/// A running door controller. Ended on drop.
#[derive(Debug)]
pub struct DoorController {
    address: SocketAddr,
    door: Arc<Door>,
    _task: AbortOnDropHandle<()>,
}

impl DoorController {
    /// Serves on `address`; port 0 takes any free port. Without an account anybody may listen.
    ///
    /// # Errors
    /// If it cannot listen there.
    pub async fn serve(
        address: SocketAddr,
        tongue: impl Tongue,
        habits: Habits,
        account: Option<Account>,
    ) -> io::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        let door = Arc::new(Door {
            tongue: Box::new(tongue),
            habits,
            account,
            shared: Shared::new(),
            started_at: Timestamp::now(),
        });
        let task = tokio::spawn(accept(listener, Arc::clone(&door)));
        Ok(Self { address, door, _task: AbortOnDropHandle::new(task) })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its account.
    #[must_use]
    pub fn account(&self) -> Option<&Account> {
        self.door.account.as_ref()
    }

    /// Something happens. Who listens is told; if nobody does, it is told to the next listener.
    pub fn happens(&self, happening: Happening) {
        let now = self.door.now();
        let has_one_number = self.door.habits.has_one_number;
        self.door.shared.change(|state| {
            if has_one_number {
                state.next_serial = 0;
            }
            state.remember(happening, now);
        });
    }

    /// Half of the next event is sent, and then the connection breaks.
    pub fn cut_next(&self) {
        self.door.shared.change(|state| state.cuts_next = true);
    }

    /// All connections break.
    pub fn break_off(&self) {
        self.door.shared.change(|state| state.broken_before = state.attaches);
    }

    /// All connections stay open, and nothing is said on them any more.
    pub fn fall_silent(&self) {
        self.door.shared.change(|state| state.silent_before = state.attaches);
    }

    /// It starts again: all connections break, its clock goes on where it would be half a minute
    /// later, and it counts its events from 1.
    pub fn reboot(&self) {
        self.door.shared.change(|state| {
            state.broken_before = state.attaches;
            state.next_serial = 0;
            state.reboots += 1;
        });
    }

    /// How many listen at the moment.
    #[must_use]
    pub fn listeners(&self) -> usize {
        self.door.shared.lock().listeners
    }

    /// How many were let in to listen so far.
    #[must_use]
    pub fn attaches(&self) -> usize {
        self.door.shared.lock().attaches
    }

    /// How many events some listener has got, as far as the door can tell.
    #[must_use]
    pub fn delivered(&self) -> usize {
        self.door.shared.lock().delivered
    }
}

async fn accept(listener: TcpListener, door: Arc<Door>) {
    // Ended with the door, so that no connection outlives it.
    let mut visitors = tokio::task::JoinSet::new();
    loop {
        let Ok((stream, _)) = listener.accept().await else { continue };
        visitors.spawn(serve(stream, Arc::clone(&door)));
        while visitors.try_join_next().is_some() {}
    }
}
