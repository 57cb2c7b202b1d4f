//! What gateway and eye say to each other, if one of them has fallen to a stranger.

use std::collections::BTreeMap;

use eye::{Order, ProtocolError, Report, ReportReader, read_order};
use fuzz::Executor;
use scene::Class;

/// What an eye reports: read, and its observation believed or not.
pub(super) fn report() -> Executor {
    let class = |name: &str| (name.to_owned(), Class::new(name));
    let classes = BTreeMap::from([class("car"), class("person")]);
    Executor::each(move |sent| {
        let (mut words, mut reports) = (Vec::new(), ReportReader::new(sent));
        loop {
            match reports.read() {
                Ok(Some(Report::Observed { sight, .. })) => {
                    let said = sight.observation(&classes);
                    words.push(said.map_or_else(|it| it.to_string(), |_| "believed".to_owned()));
                }
                Ok(Some(report)) => words.push(name_of(&report)),
                Ok(None) => break,
                Err(error) => {
                    words.push(kind(&error).to_owned());
                    break;
                }
            }
        }
        words.truncate(4);
        words.join(" ")
    })
}

/// What the gateway orders, which an eye reads.
pub(super) fn order() -> Executor {
    Executor::each(|mut sent| {
        let mut words = Vec::new();
        loop {
            match read_order(&mut sent) {
                Ok(Some(order)) => words.push(name_of(&order)),
                Ok(None) => break,
                Err(error) => {
                    words.push(kind(&error).to_owned());
                    break;
                }
            }
        }
        words.truncate(4);
        words.join(" ")
    })
}

fn name_of(message: &impl std::fmt::Debug) -> String {
    let text = format!("{message:?}");
    text.split(['(', '{', ' ']).next().unwrap_or_default().to_owned()
}

fn kind(error: &ProtocolError) -> &'static str {
    match error {
        ProtocolError::Socket(_) => "socket",
        ProtocolError::TooLong(_) => "too long",
        ProtocolError::Nonsense(_) => "nonsense",
        ProtocolError::Stray => "stray",
    }
}

/// Good inputs: a few of all that is said. Written again by `UPDATE_EXPECT=1`.
#[test]
fn the_corpus_holds_what_is_said() {
    let corpus = super::repository().join("tests/fuzz/corpus");
    for (name, said) in [("eye-report/session", reports()), ("eye-order/session", orders())] {
        let path = corpus.join(name);
        if std::env::var_os("UPDATE_EXPECT").is_some() {
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(&path, &said).unwrap();
        }
        assert_eq!(std::fs::read(&path).unwrap(), said, "{name}: run with UPDATE_EXPECT=1");
    }
}

fn reports() -> Vec<u8> {
    use eye::{CameraNumber, Clip, Masked, Masking, Sample, SampleValue, Shot, Sight};
    use scene::{Appearance, BoundingBox, CaptureTime, Clock, ClockSource, Detection};
    use scene::{CropLook, Observation, StandingLook, StandingThing};
    use std::time::Duration;

    let at = CaptureTime::from_unix_micros(1_790_000_000_000_000);
    let bbox = BoundingBox { left: 0.1, top: 0.2, right: 0.5, bottom: 1.0 };
    let observation = Observation {
        captured_at: at,
        clock: Clock { source: ClockSource::Arrival, error_ms: None },
        detections: vec![Detection { class: Class::new("car"), score: 0.5, bbox }],
        appearance: Appearance::of_luma(&[90; 64 * 36], 64, 36, 64),
        standing: vec![StandingLook {
            zone: "cam-01.lane".into(),
            known_since: Some(at),
            unsure: vec![bbox],
            things: vec![StandingThing {
                bounds: bbox,
                foot: vec![1.0, 0.75],
                since: at,
                looks: 8,
                sure: 0.75,
            }],
            gone: vec![bbox],
        }],
        crops: vec![CropLook { place: bbox, stall: Some(0.5) }],
    };
    let (camera, second) = (CameraNumber(3), Duration::from_secs(1));
    let sight = Sight::new(
        camera,
        &observation,
        second,
        camera::GateCounts::default(),
        eye::PictureSize::square(64, 36),
    );
    let masked = Masked { faces: Masking::Blurred, plates: Masking::NoneFound, zones: false };
    let jpeg = vec![0xff, 0xd8, 0xff];
    let shot = Shot { jpeg, masked, original: None, size_px: (64, 36), took: second };
    let clip = Clip::new(b"ftyp".to_vec(), (64, 36), at, second);
    let labels = vec![("camera".to_owned(), "cam-01".to_owned())];
    let sample = |value| Sample { name: "gridwhistle_x".to_owned(), labels: labels.clone(), value };
    let samples = vec![sample(SampleValue::Counter(7)), sample(SampleValue::Gauge(0.5))];
    let mut bytes = Vec::new();
    let writer = eye::ReportWriter::new(&mut bytes);
    [
        Report::Observed { lane: 1, sight: Box::new(sight) },
        Report::Shown { lane: 1, shot: Ok(shot) },
        Report::Shown { lane: 1, shot: Err("no".to_owned()) },
        Report::Clip { job: 9, clip: Ok(clip) },
        Report::Stumbled { camera, reason: "dark".to_owned() },
        Report::Refers { camera, reference: reference() },
        Report::TooSmall {
            camera,
            zone: eye::SmallZone { zone: reference().zone, size_px: (24, 80) },
        },
        Report::Measured(samples),
    ]
    .iter()
    .for_each(|report| writer.send(report).unwrap());
    bytes
}

#[cfg(test)]
fn reference() -> eye::Reference {
    use scene::{Point, Polygon};

    let corner = |x, y| Point { x, y };
    let zone = Polygon::new(vec![corner(0.0, 0.0), corner(1.0, 0.0), corner(1.0, 1.0)]).unwrap();
    let zone = eye::StandingZone::new("cam-01.lane", &zone);
    eye::Reference { zone, saved: b"GWST".to_vec(), is_anew: true }
}

fn orders() -> Vec<u8> {
    use eye::{CameraNumber, ClipOrder, ShotRequest};
    use scene::{CaptureTime, Point, Polygon};
    use std::time::Duration;

    let camera = CameraNumber(3);
    let at = CaptureTime::from_unix_micros(1_790_000_000_000_000);
    let corner = |x, y| Point { x, y };
    let zone = Polygon::new(vec![corner(0.0, 0.0), corner(1.0, 0.0), corner(1.0, 1.0)]).unwrap();
    let request = ShotRequest::new(&[zone.bounds()], std::slice::from_ref(&zone), true);
    let clip = ClipOrder::new(9, camera, (at, at), Duration::from_secs(1));
    let mut bytes = Vec::new();
    [
        Order::Show { lane: 1, request },
        Order::LetGo { lane: 1 },
        Order::CutClip(clip),
        Order::Refer { camera, reference: reference() },
        Order::Free { camera, zone: "cam-01.lane".to_owned() },
        Order::ForgetFootage(camera),
        Order::TakeOut(camera),
        Order::Stop,
    ]
    .iter()
    .for_each(|order| eye::write_order(&mut bytes, order).unwrap());
    bytes
}
