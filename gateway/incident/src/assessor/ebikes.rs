//! The e-bikes that cameras see beside a device.

use std::collections::BTreeMap;
use std::time::Duration;

use scene::{CaptureTime, Reading, Signal, SignalKind, SignalValue};

use crate::lifecycle::beside::Beside;

/// What a camera told holds for so long: it tells again all the time, unless it is away.
const TOLD_HOLDS: Duration = Duration::from_mins(1);

/// What each camera told last.
#[derive(Debug, Default)]
pub(super) struct Ebikes(BTreeMap<String, Told>);

#[derive(Debug)]
struct Told {
    at: CaptureTime,
    stands: bool,
    has_wire: bool,
}

impl Ebikes {
    /// No camera has told of any.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Takes in a signal; whether it is about an e-bike.
    pub(super) fn hear(&mut self, signal: &Signal) -> bool {
        let (kind, at) = (signal.kind(), signal.captured_at());
        if !matches!(kind, SignalKind::Ebike | SignalKind::ChargingWire) {
            return false;
        }
        let camera = signal.source().point.to_string();
        let told = self.0.entry(camera).or_insert(Told { at, stands: false, has_wire: false });
        told.at = at;
        let is_so = signal.reading() == Reading::Good(SignalValue::Flag(true));
        *(if kind == SignalKind::Ebike { &mut told.stands } else { &mut told.has_wire }) = is_so;
        true
    }

    /// The e-bike that stands beside the device at `now`: one with a wire before others.
    pub(super) fn beside(&self, now: CaptureTime) -> Option<Beside> {
        let holds = |told: &Told| told.stands && now.since(told.at) <= TOLD_HOLDS;
        let standing = self.0.iter().filter(|(_, told)| holds(told));
        let (camera, told) = standing.max_by_key(|(_, told)| told.has_wire)?;
        Some(Beside { camera: camera.clone(), wire: told.has_wire })
    }
}
