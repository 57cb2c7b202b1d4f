//! The signals of a door or sensor come back exactly, whatever the order of their times.

use scene::{
    CaptureTime, Clock, ClockSource, DoorEvent, Reading, Signal, SignalKind, SignalSource,
    SignalValue,
};
use tempfile::tempdir;

use crate::script::{CAMERA, Kept, NOON, open, replay, secs};

const BY_DEVICE: Clock = Clock { source: ClockSource::SenderReport, error_ms: Some(40) };
const BY_ARRIVAL: Clock = Clock { source: ClockSource::Arrival, error_ms: None };

pub(super) fn signal(
    point: &str,
    kind: SignalKind,
    reading: Reading,
    (at, clock): (CaptureTime, Clock),
) -> Signal {
    let source = SignalSource { device: CAMERA.into(), point: point.into() };
    Signal::new(source, kind, reading, at, clock).unwrap()
}

/// One of each form and quality, the times of two points crossing.
pub(super) fn all_forms() -> Vec<Signal> {
    use Reading::{Bad, Good, Uncertain};
    use SignalValue::{Code, Flag, Number};
    let at = |second| NOON.after(secs(second));
    vec![
        signal("door-1", SignalKind::DoorContact, Good(Flag(true)), (at(0), BY_DEVICE)),
        signal("door-1", SignalKind::DoorEvent, Good(Code(DoorEvent::Duress)), (at(9), BY_DEVICE)),
        signal("box", SignalKind::ResidualCurrent, Good(Number(312.456_789)), (at(4), BY_ARRIVAL)),
        signal("box", SignalKind::Temperature, Uncertain(Number(-40.5)), (at(5), BY_ARRIVAL)),
        signal("door-1", SignalKind::Lock, Uncertain(Flag(false)), (at(4), BY_DEVICE)),
        signal("box", SignalKind::WaterLevel, Bad, (at(59), BY_ARRIVAL)),
        signal(
            "box",
            SignalKind::WaterLevel,
            Good(Number(f64::MIN_POSITIVE)),
            (at(75), BY_ARRIVAL),
        ),
    ]
}

#[test]
fn signals_come_back_exactly_and_in_the_order_in_which_they_came() {
    let folder = tempdir().unwrap();
    let mut recorder = open(folder.path()).recorder(CAMERA);
    let signals = all_forms();
    signals.iter().for_each(|signal| recorder.signal(signal).unwrap());
    recorder.flush().unwrap();
    assert_eq!(recorder.totals().pictures, 7);
    let told: Vec<Kept> = signals.into_iter().map(Kept::Signal).collect();
    let (mut kept, damaged) = replay(folder.path());
    assert_eq!(kept.remove(0), Kept::Restart);
    assert_eq!((kept, damaged), (told, 0));
}

#[test]
fn a_quiet_point_costs_a_dozen_bytes() {
    let folder = tempdir().unwrap();
    let mut recorder = open(folder.path()).recorder(CAMERA);
    for second in 0..3_600 {
        let reading = Reading::Good(SignalValue::Number(28.0));
        let when = (NOON.after(secs(second)), BY_ARRIVAL);
        recorder.signal(&signal("box", SignalKind::ResidualCurrent, reading, when)).unwrap();
    }
    recorder.flush().unwrap();
    let bytes = recorder.totals().bytes;
    assert!(bytes < 3_600 * 12, "{bytes} bytes for an hour of readings each second");
}
