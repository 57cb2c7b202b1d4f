//! Every order of sending, answering and misbehaving, up to a depth, against the plain promise.

use super::{Window, WindowError};

/// What may happen next.
#[derive(Debug, Clone, Copy)]
enum Move {
    Admit,
    /// The client writes the next admitted message, giving ids round as `rumqttc` does.
    Send,
    /// The broker answers this packet id, whether or not that makes sense.
    Answer(u16),
    /// The connection breaks; a new window begins at the oldest message not taken over.
    Reconnect,
}

/// A sender over a window of `capacity`: messages 0, 1, 2 … must all be taken over in the end.
#[derive(Debug)]
struct Sender {
    capacity: u16,
    window: Window<u32>,
    /// Messages taken over by the broker.
    taken: Vec<u32>,
    next_message: u32,
    admitted_unsent: Vec<u32>,
    /// What the wire says each unanswered id means.
    on_wire: Vec<(u16, u32)>,
    last_packet_id: u16,
}

impl Sender {
    fn new(capacity: u16) -> Self {
        Self {
            capacity,
            window: Window::new(usize::from(capacity)),
            taken: Vec::new(),
            next_message: 0,
            admitted_unsent: Vec::new(),
            on_wire: Vec::new(),
            last_packet_id: 0,
        }
    }

    fn make(&mut self, step: Move) {
        match step {
            Move::Admit => self.admit(),
            Move::Send => self.send(),
            Move::Answer(packet_id) => self.answer(packet_id),
            Move::Reconnect => self.reconnect(),
        }
        self.check();
    }

    fn admit(&mut self) {
        if self.window.room() == 0 {
            assert_eq!(self.window.admit(99), Err(WindowError::Full));
            return;
        }
        self.window.admit(self.next_message).unwrap();
        self.admitted_unsent.push(self.next_message);
        self.next_message += 1;
        while self.taken.contains(&self.next_message) {
            self.next_message += 1;
        }
    }

    fn send(&mut self) {
        let next_id = self.last_packet_id % self.capacity + 1;
        if self.admitted_unsent.is_empty() {
            let in_use = self.on_wire.iter().any(|(id, _)| *id == next_id);
            let expected = if in_use {
                WindowError::InUse(next_id)
            } else {
                WindowError::NotAdmitted(next_id)
            };
            assert_eq!(self.window.sent(next_id), Err(expected));
            return;
        }
        // The point of the contiguous window: the id that comes round is never in use.
        self.window.sent(next_id).unwrap();
        self.on_wire.push((next_id, self.admitted_unsent.remove(0)));
        self.last_packet_id = next_id;
    }

    fn answer(&mut self, packet_id: u16) {
        let place = self.on_wire.iter().position(|(id, _)| *id == packet_id);
        let expected = place.map(|place| self.on_wire.remove(place).1);
        let answered = self.window.answered(packet_id);
        assert_eq!(answered, expected.ok_or(WindowError::NotWaiting(packet_id)));
        self.taken.extend(answered.ok());
    }

    fn reconnect(&mut self) {
        self.window = Window::new(usize::from(self.capacity));
        self.on_wire.clear();
        self.admitted_unsent.clear();
        self.last_packet_id = 0;
        self.next_message = (0..).find(|message| !self.taken.contains(message)).unwrap();
    }

    fn check(&self) {
        let waiting = self.admitted_unsent.iter().chain(self.on_wire.iter().map(|(_, m)| m));
        let oldest = waiting.min().copied();
        assert_eq!(self.window.oldest().copied(), oldest);
        assert_eq!(self.window.is_empty(), oldest.is_none());
        let mut taken = self.taken.clone();
        taken.sort_unstable();
        taken.dedup();
        assert_eq!(taken.len(), self.taken.len(), "taken over twice: {:?}", self.taken);
    }

    /// A broker that behaves from here on gets everything.
    fn finish(&mut self, messages: u32) {
        self.make(Move::Reconnect);
        while self.taken.len() < messages as usize {
            self.make(Move::Admit);
            self.make(Move::Send);
            let (packet_id, _) = self.on_wire[0];
            self.make(Move::Answer(packet_id));
        }
    }
}

/// All sequences of `depth` moves.
fn explore(capacity: u16, depth: u32) -> usize {
    let mut moves = vec![Move::Admit, Move::Send, Move::Reconnect];
    moves.extend((1..=capacity).map(Move::Answer));
    let orders = moves.len().pow(depth);
    for mut order in 0..orders {
        let mut sender = Sender::new(capacity);
        for _ in 0..depth {
            sender.make(moves[order % moves.len()]);
            order /= moves.len();
        }
        sender.finish(depth + 1);
    }
    orders
}

#[test]
fn every_order_of_moves_keeps_the_promise() {
    let orders = explore(1, 7) + explore(2, 7) + explore(3, 6);
    assert!(orders > 100_000);
}

#[test]
fn an_unanswered_old_message_holds_the_window() {
    let mut window = Window::new(3);
    for message in 0..3 {
        window.admit(message).unwrap();
        window.sent(message + 1).unwrap();
    }
    window.answered(2).unwrap();
    window.answered(3).unwrap();
    assert_eq!(window.room(), 0);
    window.answered(1).unwrap();
    assert_eq!(window.room(), 3);
}
