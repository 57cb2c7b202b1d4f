//! Faults of the camera on a recorded street: people walk, the camera is turned, covered, blurred.

#![expect(clippy::unwrap_used, reason = "a test that can not go on fails")]

mod site;

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use incident::{Assessor, IncidentTypes, Input, LifecycleSettings, RuleSettings};
use rule::Zone;
use rule::kind::view_fault::{ViewFault, ViewFaultSettings};
use scene::{Appearance, CaptureTime, Clock, ClockSource, Observation, Point, Polygon};
use site::{camera, slug};

const WIDTH: usize = 512;
const HEIGHT: usize = 576;
const PICTURES: usize = 30;
/// The clip's; the camera is taken to see two thirds of it, which leave a third to turn to.
const CLIP_WIDTH: usize = 768;
const SOUND: &str = "crop=512:576:0:0";
/// As the clip is coded: as many bits a pixel, a key picture every 2 s. For 14 s.
const CODED: &str = "-r 25 -frames:v 350 -pix_fmt yuv420p -c:v libx264 -threads 1 -preset veryfast \
    -profile:v baseline -bf 0 -g 50 -keyint_min 50 -sc_threshold 0 -b:v 1000k -maxrate 1333k \
    -bufsize 1000k -f h264 -";
/// Its pictures in the first seconds, in which the encoder's rate control settles.
const SETTLING: usize = 2;

/// What ffmpeg makes of `input`.
fn ffmpeg(arguments: &str, input: Vec<u8>) -> Vec<u8> {
    let mut command = Command::new("ffmpeg");
    command.args("-nostdin -v error".split(' ')).args(arguments.split_whitespace());
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let feeder = std::thread::spawn(move || stdin.write_all(&input));
    let output = child.wait_with_output().unwrap();
    // It may have read all it wants before the end.
    let _unread = feeder.join().unwrap();
    assert!(output.status.success(), "ffmpeg {arguments}");
    output.stdout
}

/// One gray picture a second of the clip.
fn clip() -> Vec<u8> {
    let clip = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.media/street-h264.mp4");
    assert!(clip.exists(), "{} is missing: run `make setup`", clip.display());
    let arguments =
        format!("-t {PICTURES} -i {} -vf fps=1 -pix_fmt gray -f rawvideo -", clip.display());
    ffmpeg(&arguments, Vec::new())
}

/// Arguments that say what is piped in.
fn pictures() -> String {
    format!("-f rawvideo -pix_fmt gray -video_size {CLIP_WIDTH}x{HEIGHT} -framerate 1 -i -")
}

/// The looks of the clip's pictures after a filter.
fn looks(clip: &[u8], filter: &str) -> Vec<Appearance> {
    let arguments = format!("{} -vf {filter} -pix_fmt gray -f rawvideo -", pictures());
    looks_at(&ffmpeg(&arguments, clip.to_vec()))
}

/// The looks of the clip's first picture, shown for 12 s, after a filter and a camera's encoder.
fn still(clip: &[u8], filter: &str) -> Vec<Appearance> {
    let shown = format!("loop=loop=-1:size=1,setpts=N/25/TB,fps=25,{filter}");
    let first = clip[..CLIP_WIDTH * HEIGHT].to_vec();
    let coded = ffmpeg(&format!("{} -vf {shown} {CODED}", pictures()), first);
    let decode = "-f h264 -framerate 25 -i - -vf fps=1 -pix_fmt gray -f rawvideo -";
    looks_at(&ffmpeg(decode, coded)).split_off(SETTLING)
}

fn looks_at(pictures: &[u8]) -> Vec<Appearance> {
    let planes = pictures.chunks_exact(WIDTH * HEIGHT);
    planes.map(|plane| Appearance::of_luma(plane, WIDTH, HEIGHT, WIDTH).unwrap()).collect()
}

fn assessor(fault: ViewFault) -> Assessor {
    let corners = [(0.0, 0.0), (1.0, 0.0), (1.0, 1.0)].map(|(x, y)| Point { x, y });
    let types = IncidentTypes::parse(IncidentTypes::STANDARD).unwrap();
    let rule = RuleSettings {
        id: slug("view"),
        zone: Zone { id: slug("all"), polygon: Polygon::new(corners.to_vec()).unwrap() },
        incident: types.get("fire_passage_blocked").unwrap().clone(),
        kind: ViewFaultSettings { fault, dwell: Duration::from_secs(30) }.into(),
        lifecycle: LifecycleSettings::default(),
        schedule: rule::schedule::Schedule::default(),
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
        let observation = Observation {
            captured_at,
            clock,
            detections: Vec::new(),
            appearance,
            standing: Vec::new(),
            crops: Vec::new(),
            cables: Vec::new(),
        };
        alerts += assessor.assess(Input::Picture(&observation, &[])).len();
        captured_at = captured_at.after(Duration::from_secs(5));
    }
    alerts
}

#[test]
fn each_fault_is_told_from_the_others_and_from_a_sound_view() {
    use ViewFault::{Blurred, Covered, Dark, Frozen, Turned};
    let clip = clip();
    let sound = looks(&clip, SOUND);
    assert_eq!(sound.len(), PICTURES);
    let seen = |filter: &str| looks(&clip, &format!("{SOUND},{filter}"));
    let cases = [
        ("as before", sound.clone(), None),
        ("infrared", seen("lutyuv=y=110+val/3"), None),
        ("dusk", seen("lutyuv=y=20+val/5"), None),
        ("a lorry over a third", seen("drawbox=w=170:c=gray:t=fill"), None),
        ("nothing moves", still(&clip, &format!("{SOUND},noise=c0s=3:c0f=t")), None),
        ("turned", looks(&clip, "crop=512:576:256:0"), Some(Turned)),
        ("upside down", seen("vflip"), Some(Turned)),
        ("out of focus", seen("boxblur=6"), Some(Blurred)),
        ("a hand", seen("boxblur=120:3,lutyuv=y=60+val/6"), Some(Covered)),
        ("night", seen("lutyuv=y=16+val/40"), Some(Dark)),
        ("the same picture", vec![sound[0].clone(); PICTURES], Some(Frozen)),
        ("the same picture, coded again", still(&clip, SOUND), Some(Frozen)),
    ];
    for (name, looks, of) in &cases {
        assert!(looks.len() >= 12, "{name}: {} pictures", looks.len());
        for fault in [Covered, Turned, Blurred, Dark, Frozen] {
            let expected = usize::from(*of == Some(fault));
            let found = alerts(fault, &[&sound, looks]);
            assert_eq!(found, expected, "{name} as {fault:?}");
        }
    }
}
