//! The gate of one camera, shared by the session that fills it and the worker that empties it.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::access_unit::AccessUnit;
use crate::codec::Codec;
use crate::gop_gate::{GateCounts, GopGate, Run};
use crate::opening::Opening;
use crate::turns::LookPace;

/// Access units on their way from one camera's session to whichever worker analyses it.
#[derive(Debug)]
pub struct SharedGate {
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    gate: GopGate,
    codec: Codec,
    /// A digest of the parameter sets of the latest picture that had some.
    sets: Option<u64>,
}

impl SharedGate {
    /// An empty gate that holds at most `capacity_bytes` of undecoded access units.
    pub fn new(capacity_bytes: usize) -> Self {
        let gate = GopGate::new(capacity_bytes);
        Self { state: Mutex::new(State { gate, codec: Codec::H264, sets: None }) }
    }

    /// The session (re)connected: what was held belongs to the stream before it.
    pub fn restart(&self, codec: Codec) {
        let mut state = self.lock();
        (state.codec, state.sets) = (codec, None);
        state.gate.restart();
    }

    /// The codec of the stream that it holds.
    pub fn codec(&self) -> Codec {
        self.lock().codec
    }

    /// Takes one access unit in; true if a worker should come for a picture.
    pub fn offer(&self, unit: AccessUnit) -> bool {
        let mut state = self.lock();
        if unit.is_random_access_point {
            let mut digest = DefaultHasher::new();
            Opening::read(state.codec, &unit.data).sets.hash(&mut digest);
            let sets = Some(digest.finish());
            if state.sets.is_some() && state.sets != sets {
                state.gate.forget_sizes();
            }
            state.sets = sets;
        }
        state.gate.offer(unit)
    }

    /// What a worker should decode now, if anything.
    pub fn take(&self) -> Option<(Codec, Run)> {
        let mut state = self.lock();
        let run = state.gate.take()?;
        Some((state.codec, run))
    }

    /// Sets how often the rules want a picture.
    pub fn set_pace(&self, pace: LookPace) {
        self.lock().gate.set_pace(pace);
    }

    /// The picture that was looked at last shows that something has changed since the look before.
    pub fn saw_change(&self) {
        self.lock().gate.saw_change();
    }

    /// The decoder lost its reference pictures: hold everything back until a random access point.
    pub fn await_random_access_point(&self) {
        self.lock().gate.await_random_access_point();
    }

    /// What passed and what did not, since the start.
    pub fn counts(&self) -> GateCounts {
        self.lock().gate.counts()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // A panic while holding this lock cannot leave a half-made change: every method of the
        // gate finishes its bookkeeping before it returns.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
