//! Which message of ours each unanswered packet id stands for. Pure.
//!
//! A window lives as long as one connection: packet ids mean nothing beyond it.

use std::collections::VecDeque;

#[cfg(test)]
mod tests;

/// At most `capacity` messages between the oldest unanswered one and the newest.
///
/// Contiguous on purpose: an unanswered old message holds the window, so a packet id cannot come
/// round while it is in use, even if the broker answers out of order.
#[derive(Debug)]
pub(super) struct Window<T> {
    capacity: usize,
    slots: VecDeque<Slot<T>>,
}

#[derive(Debug)]
struct Slot<T> {
    /// Gone once answered; the slot itself goes when all before it are answered.
    message: Option<T>,
    /// Given by the client when it writes the packet.
    packet_id: Option<u16>,
}

/// The client and this window no longer agree: only a new connection helps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum WindowError {
    /// More was admitted than there is room for.
    #[error("the send window is full")]
    Full,
    /// The client takes no more: the broker sends more than it may, or writes are held up.
    #[error("the client's queue has no room for {0}")]
    QueueFull(&'static str),
    /// A packet was written that was never admitted.
    #[error("packet {0} was sent without being admitted")]
    NotAdmitted(u16),
    /// A packet id was given again while its first use is unanswered.
    #[error("packet id {0} is in use")]
    InUse(u16),
    /// An answer to nothing.
    #[error("the broker answered packet {0}, which is not waiting")]
    NotWaiting(u16),
    /// A second CONNACK.
    #[error("the broker accepted the connection twice")]
    Twice,
    /// An answer of the wrong kind, such as SUBACK to a message.
    #[error("the broker gave packet {0} an answer to something else")]
    Mismatched(u16),
}

impl<T> Window<T> {
    /// For up to `capacity` unanswered messages.
    pub(super) fn new(capacity: usize) -> Self {
        Self { capacity, slots: VecDeque::with_capacity(capacity) }
    }

    /// How many more messages may be admitted now.
    pub(super) fn room(&self) -> usize {
        self.capacity.saturating_sub(self.slots.len())
    }

    /// Whether nothing waits for an answer.
    pub(super) fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }

    /// The message that has waited longest for its answer.
    pub(super) fn oldest(&self) -> Option<&T> {
        self.slots.front().and_then(|slot| slot.message.as_ref())
    }

    /// Takes in a message that is about to be handed to the client.
    pub(super) fn admit(&mut self, message: T) -> Result<(), WindowError> {
        if self.room() == 0 {
            return Err(WindowError::Full);
        }
        self.slots.push_back(Slot { message: Some(message), packet_id: None });
        Ok(())
    }

    /// The client wrote its next packet with this id: it is the oldest admitted one without.
    pub(super) fn sent(&mut self, packet_id: u16) -> Result<(), WindowError> {
        if self.unanswered(packet_id).is_some() {
            return Err(WindowError::InUse(packet_id));
        }
        let slot = self.slots.iter_mut().find(|slot| slot.packet_id.is_none());
        slot.ok_or(WindowError::NotAdmitted(packet_id))?.packet_id = Some(packet_id);
        Ok(())
    }

    /// The broker answered this packet: gives its message back and moves on.
    pub(super) fn answered(&mut self, packet_id: u16) -> Result<T, WindowError> {
        let message = self.unanswered(packet_id).and_then(|slot| slot.message.take());
        while self.slots.front().is_some_and(|slot| slot.message.is_none()) {
            self.slots.pop_front();
        }
        message.ok_or(WindowError::NotWaiting(packet_id))
    }

    fn unanswered(&mut self, packet_id: u16) -> Option<&mut Slot<T>> {
        self.slots
            .iter_mut()
            .find(|slot| slot.packet_id == Some(packet_id) && slot.message.is_some())
    }
}
