//! What all devices of the run have in common.

use futures::future::BoxFuture;

use super::account::Told;

/// Orders to one device that wait at most: more than a run has events and troubles for it.
pub(super) const WAITING: usize = 4_096;

/// What goes wrong with one device, or its line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Trouble {
    /// Its connections end.
    Cut,
    /// Nothing gets through for a while, and nobody is told.
    Stall,
    /// The next thing that it says breaks off in the middle.
    Half,
    /// It starts again.
    Reboot,
    /// It says nothing more on the connections that it has.
    FallSilent,
}

/// One device.
pub(super) trait Stand: Send {
    /// Its name in every alert.
    fn id(&self) -> &str;

    /// Whether the gateway is the one who calls.
    fn is_asked(&self) -> bool {
        true
    }

    /// Its file for the gateway.
    fn file(&self, points: usize) -> String;

    /// Its next event, number `number` from 0, happens: it is noted in `told` once it counts.
    fn happen(&mut self, number: usize, told: &Told);

    /// Something goes wrong with it.
    fn suffer(&mut self, trouble: Trouble) -> BoxFuture<'_, ()>;

    /// Its line is well again.
    fn recover(&mut self);
}
