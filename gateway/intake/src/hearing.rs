//! What is kept of one device that is heard over HTTP: its points, its pace, its events without a number.

use scene::{CaptureTime, Reading, SignalKind};

use crate::device::{Device, Told};
use crate::facts::Fact;
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
    /// What is so from then on, if the device begins each connection with what is so.
    pub(crate) fact: Option<Fact>,
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
        device: &Device,
        arrived_at: CaptureTime,
    ) {
        let Heard { own_point, kind, reading, device_time, serial, fact } = heard;
        // Firmware that does not count writes 0.
        let serial = serial.filter(|serial| *serial != 0);
        let content: Vec<u8> = content.iter().flat_map(|it| it.to_be_bytes()).collect();
        let (kind_name, value) = (kind.to_string(), reading.value().map(|value| value.to_string()));
        let said: [&[u8]; 5] = [
            own_point.as_bytes(),
            &content,
            kind_name.as_bytes(),
            &[u8::from(value.is_some())],
            value.as_deref().unwrap_or_default().as_bytes(),
        ];
        let serial = serial.or_else(|| self.unnumbered.number(&said, *device_time));
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
        drop(device.report_with(&told, *fact, arrived_at));
    }

    /// A message that leads to no signal.
    pub(crate) fn pass_over(device: &Device) {
        device.count(Counted::Ignored);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use scene::{CaptureTime, DoorEvent, Reading, SignalKind, SignalValue};

    use super::{Heard, Hearing};
    use crate::device::Device;
    use crate::mailbox::Mailbox;
    use crate::point_names::PointNames;

    #[test]
    fn events_of_a_device_that_always_writes_0_are_not_lost() {
        let mailbox = Arc::new(Mailbox::default());
        let panel = Device::new("panel-7", Arc::clone(&mailbox));
        let mut hearing = Hearing::new(PointNames::default());
        let at = CaptureTime::from_unix_micros(1_761_112_552_000_000);
        let mut hear = |device_time, count| {
            let reading = Reading::Good(SignalValue::Code(DoorEvent::AccessGranted));
            let (own_point, kind) = ("door-1".to_owned(), SignalKind::DoorEvent);
            let heard =
                Heard { own_point, kind, reading, device_time, serial: Some(0), fact: None };
            hearing.begin();
            (0..count).for_each(|_| hearing.pass_on(&heard, &[], &panel, at));
            mailbox.take(Duration::ZERO).into_iter().map(|it| it.voucher.kept()).count()
        };
        assert_eq!(hear(Some(at), 2), 2, "two in one second");
        assert_eq!(hear(Some(at), 2), 0, "both again, over another connection");
        assert_eq!(hear(None, 3), 3, "nothing tells one from the other");
    }

    #[test]
    fn what_is_repeated_in_part_is_known_by_its_value() {
        let mailbox = Arc::new(Mailbox::default());
        let panel = Device::new("panel-7", Arc::clone(&mailbox));
        let mut hearing = Hearing::new(PointNames::default());
        let at = CaptureTime::from_unix_micros(1_761_112_552_000_000);
        let mut hear = |states: &[bool]| {
            hearing.begin();
            for is_open in states {
                let reading = Reading::Good(SignalValue::Flag(*is_open));
                let (own_point, kind) = ("door-1".to_owned(), SignalKind::DoorContact);
                let heard = Heard {
                    own_point,
                    kind,
                    reading,
                    device_time: Some(at),
                    serial: None,
                    fact: None,
                };
                hearing.pass_on(&heard, &[1], &panel, at);
            }
            mailbox.take(Duration::ZERO).into_iter().map(|it| it.voucher.kept()).count()
        };
        assert_eq!(hear(&[true, false]), 2, "opened and closed in one second");
        assert_eq!(hear(&[false]), 0, "the latest again, over another connection");
    }
}
