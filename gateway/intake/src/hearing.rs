//! What is kept of one device that is heard over HTTP: its points, its pace, its events without a number.

use scene::{CaptureTime, Reading, SignalKind};

use crate::device::{Device, Told};
use crate::health::Counted;
use crate::pace::MessagePace;
use crate::point_names::{KnownPoints, PointNames};
use crate::unnumbered::Unnumbered;

/// One thing that a device said of one of its points.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Heard {
    /// What the device calls the point.
    pub(crate) own_point: String,
    pub(crate) kind: SignalKind,
    pub(crate) reading: Reading,
    pub(crate) device_time: Option<CaptureTime>,
    /// Its number; none if the device gives none.
    pub(crate) serial: Option<u64>,
}

/// Kept over the device's connections.
#[derive(Debug)]
pub(crate) struct Hearing {
    names: PointNames,
    known: KnownPoints,
    unnumbered: Unnumbered,
    pub(crate) pace: MessagePace,
}

impl Hearing {
    pub(crate) fn new(names: PointNames) -> Self {
        let (known, unnumbered) = (KnownPoints::default(), Unnumbered::default());
        Self { names, known, unnumbered, pace: MessagePace::new() }
    }

    /// A new connection begins: what comes on it may be a repetition.
    pub(crate) fn begin(&mut self) {
        self.unnumbered = Unnumbered::default();
    }

    /// Passes on what was heard. `content` is what makes it another event than those of the same time.
    pub(crate) fn pass_on(
        &mut self,
        heard: &Heard,
        content: &[u64],
        device: &mut Device,
        arrived_at: CaptureTime,
    ) {
        let Heard { own_point, kind, reading, device_time, serial } = heard;
        let serial = serial.or_else(|| self.unnumbered.number(&(own_point, content), *device_time));
        let Some(point) = self.known.name(own_point, &self.names) else {
            device.fault("it invents points; name those that it has in `points`");
            return;
        };
        let told = Told {
            point: &point,
            kind: *kind,
            reading: *reading,
            device_time: *device_time,
            serial,
        };
        // What becomes of it needs no answer: the device waits for none. If it is lost, it is taken
        // again when the device repeats it. Values that cannot be are noted by the device.
        drop(device.report(&told, arrived_at));
    }

    /// A message that leads to no signal.
    pub(crate) fn pass_over(device: &Device) {
        device.count(Counted::Ignored);
    }
}
