//! Faults of the camera on a recorded street: people walk, the camera is turned, covered, blurred.

#![expect(clippy::unwrap_used, reason = "a test that can not go on fails")]

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use incident::rule::{SceneSettings, ViewFault};
use incident::{
    Assessor, CameraProfile, Grid, GridLevel, GridStep, IncidentTypes, LifecycleSettings, Model,
    Place, RuleKind, RuleSettings, Slug, Zone,
};
use jiff::tz::Offset;
use scene::{Appearance, CaptureTime, Clock, ClockSource, Observation, Point, Polygon};

const WIDTH: usize = 512;
const HEIGHT: usize = 576;
const PICTURES: usize = 30;
/// What the camera is taken to see: two thirds of the clip, which leave a third to turn to.
const SOUND: &str = "crop=512:576:0:0";

/// One look a second of the clip, through an ffmpeg filter.
fn looks(filter: &str) -> Vec<Appearance> {
    let clip = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.media/street-h264.mp4");
    assert!(clip.exists(), "{} is missing: run `make setup`", clip.display());
    let output = Command::new("ffmpeg")
        .args(["-v", "error", "-t", &PICTURES.to_string(), "-i"])
        .arg(clip)
        .args(["-vf", &format!("fps=1,{filter}")])
        .args(["-f", "rawvideo", "-pix_fmt", "gray", "-"])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let planes = output.stdout.chunks_exact(WIDTH * HEIGHT);
    planes.map(|plane| Appearance::of_luma(plane, WIDTH, HEIGHT, WIDTH).unwrap()).collect()
}

fn slug(text: &str) -> Slug {
    Slug::new(text).unwrap()
}

fn camera() -> CameraProfile {
    let path = vec![GridStep { level: GridLevel::Unit, code: "1".to_owned(), name: None }];
    CameraProfile {
        gateway_id: slug("gw"),
        gateway_version: "0".to_owned(),
        camera_id: slug("cam"),
        utc_offset: Offset::constant(8),
        grid: Grid::new(None, None, path, None).unwrap(),
        place: Place::new(117.1, 40.1, 5.0, None).unwrap(),
        ground: None,
        grid_map: None,
        gcj02: false,
        model: Model { name: "m".to_owned(), version: "1".to_owned(), sha256: None },
        test: true,
    }
}

fn assessor(fault: ViewFault) -> Assessor {
    let corners = [(0.0, 0.0), (1.0, 0.0), (1.0, 1.0)].map(|(x, y)| Point { x, y });
    let types = IncidentTypes::parse(IncidentTypes::STANDARD).unwrap();
    let rule = RuleSettings {
        id: slug("view"),
        zone: Zone { id: slug("all"), polygon: Polygon::new(corners.to_vec()).unwrap() },
        incident: types.get("fire_passage_blocked").unwrap().clone(),
        kind: RuleKind::Scene(SceneSettings { fault, dwell: Duration::from_secs(30) }),
        lifecycle: LifecycleSettings::default(),
        schedule: incident::schedule::Schedule::default(),
    };
    Assessor::new(camera(), vec![rule]).unwrap()
}

/// How many alerts one learned view and then another raise, one look every five seconds.
fn alerts(fault: ViewFault, looks: &[&[Appearance]]) -> usize {
    let mut assessor = assessor(fault);
    let mut captured_at = CaptureTime::from_unix_micros(1_795_309_800_000_000);
    let mut alerts = 0;
    for look in looks.iter().copied().flatten() {
        let clock = Clock { source: ClockSource::Arrival, error_ms: None };
        let appearance = Some(look.clone());
        let observation = Observation { captured_at, clock, detections: Vec::new(), appearance };
        alerts += assessor.assess(&observation, &[]).len();
        captured_at = captured_at.after(Duration::from_secs(5));
    }
    alerts
}

#[test]
fn each_fault_is_told_from_the_others_and_from_a_sound_view() {
    use ViewFault::{Blurred, Covered, Dark, Frozen, Turned};
    let sound = looks(SOUND);
    assert_eq!(sound.len(), PICTURES);
    let first = vec![sound[0].clone(); PICTURES];
    let cases = [
        ("as before", sound.clone(), None),
        ("infrared", looks(&format!("{SOUND},lutyuv=y=110+val/3")), None),
        ("dusk", looks(&format!("{SOUND},lutyuv=y=20+val/5")), None),
        ("a lorry over a third", looks(&format!("{SOUND},drawbox=w=170:c=gray:t=fill")), None),
        ("turned", looks("crop=512:576:256:0"), Some(Turned)),
        ("upside down", looks(&format!("{SOUND},vflip")), Some(Turned)),
        ("out of focus", looks(&format!("{SOUND},boxblur=6")), Some(Blurred)),
        ("a hand", looks(&format!("{SOUND},boxblur=120:3,lutyuv=y=60+val/6")), Some(Covered)),
        ("night", looks(&format!("{SOUND},lutyuv=y=16+val/40")), Some(Dark)),
        ("the same picture", first, Some(Frozen)),
    ];
    for (name, looks, of) in &cases {
        for fault in [Covered, Turned, Blurred, Dark, Frozen] {
            let expected = usize::from(*of == Some(fault));
            let found = alerts(fault, &[&sound, looks]);
            assert_eq!(found, expected, "{name} as {fault:?}");
        }
    }
}
