//! What lies on the disk of how zones look, and what never does.

use scene::{CaptureTime, Point, Polygon};
use standing::{Picture, Settings, Workbench, ZoneLook, ZoneWatch};

use super::*;

const SIDE: usize = 64;
/// The brightness of the left half of every zone, and of the right half.
const HALVES: [u8; 2] = [52, 171];

fn polygon(corners: [(f32, f32); 4]) -> Polygon {
    Polygon::new(corners.map(|(x, y)| Point { x, y }).to_vec()).unwrap()
}

/// Of a zone that is the lower half of the picture.
fn reference(zone: &str) -> Reference {
    let rectangle = [(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)];
    let mut watch = ZoneWatch::new(polygon(rectangle), Settings::default());
    let pixels: Vec<u8> =
        (0..3 * SIDE * SIDE).map(|i| HALVES[usize::from(i / 3 % SIDE >= SIDE / 2)]).collect();
    for second in 0..12 {
        let picture = Picture::new(SIDE, SIDE, &pixels).unwrap();
        let time = CaptureTime::from_unix_micros(second * 1_000_000);
        watch.look(&ZoneLook { picture, time, moving: &[] }, &mut Workbench::default());
    }
    let zone =
        eye::StandingZone::new(zone, &polygon([(0.0, 0.5), (1.0, 0.5), (1.0, 1.0), (0.0, 1.0)]));
    Reference { zone, saved: watch.saved().unwrap(), is_anew: false }
}

fn open(folder: &Path, private: &PrivacyZones) -> ZoneFiles {
    let seal = Arc::new(Originals::open_key(&folder.join("originals.key")).unwrap());
    ZoneFiles::open(folder.join("zones"), seal, private.clone()).unwrap()
}

/// How many bytes of the references have this value, about.
fn count(references: &[Reference], value: u8) -> usize {
    let bytes = references.iter().flat_map(|it| &it.saved);
    bytes.filter(|byte| byte.abs_diff(value) <= 1).count()
}

#[test]
fn what_is_kept_comes_back_and_goes_with_its_camera() {
    let folder = tempfile::tempdir().unwrap();
    let files = open(folder.path(), &PrivacyZones::default());
    let kept = vec![reference("cam-01.a"), reference("cam-01.b")];
    for camera in ["cam-01", "cam-01.north"] {
        files.write(camera, &kept);
    }
    let next = open(folder.path(), &PrivacyZones::default());
    assert_eq!((next.read("cam-01"), next.read("cam-02")), (kept.clone(), Vec::new()));
    next.keep_only(|camera| camera != "cam-01");
    assert_eq!((next.read("cam-01"), next.read("cam-01.north")), (Vec::new(), kept));
    next.forget("cam-01.north");
    assert_eq!(next.read("cam-01.north"), Vec::new());
}

#[test]
fn whatever_becomes_of_a_file_it_is_whole_or_says_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let files = open(folder.path(), &PrivacyZones::default());
    let kept = vec![reference("cam-01.a")];
    files.write("cam-01", &kept);
    let path = folder.path().join("zones/cam-01.zones");
    let whole = std::fs::read(&path).unwrap();
    for at in (0..whole.len()).step_by(7).chain([1, 2, 3, 4, 5]) {
        let mut spoilt = whole.clone();
        spoilt[at] ^= 0x10;
        std::fs::write(&path, &spoilt).unwrap();
        assert_eq!(files.read("cam-01"), Vec::new(), "{at}");
        std::fs::write(&path, &whole[..at]).unwrap();
        assert_eq!(files.read("cam-01"), Vec::new(), "{at}");
    }
    std::fs::write(&path, &whole).unwrap();
    assert_eq!(files.read("cam-01"), kept);
    // The file of another camera.
    std::fs::copy(&path, folder.path().join("zones/cam-02.zones")).unwrap();
    assert_eq!(files.read("cam-02"), Vec::new());
}

#[test]
fn who_has_the_disk_and_not_the_key_sees_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let kept = vec![reference("cam-01.a")];
    let files = open(folder.path(), &PrivacyZones::default());
    files.write("cam-01", &kept);
    let bytes = std::fs::read(folder.path().join("zones/cam-01.zones")).unwrap();
    let row = [HALVES[0]; 16];
    assert!(kept[0].saved.windows(16).any(|it| it == row), "the picture is plain to see");
    assert!(!bytes.windows(16).any(|it| it == row));
    assert!(!String::from_utf8_lossy(&bytes).contains("cam-01.a"));
    std::fs::remove_file(folder.path().join("originals.key")).unwrap();
    let thief = open(folder.path(), &PrivacyZones::default());
    assert_eq!(thief.read("cam-01"), Vec::new());
}

#[test]
fn what_is_private_is_blank_before_it_is_kept_and_what_becomes_so_is_blank_from_then_on() {
    let folder = tempfile::tempdir().unwrap();
    let private = PrivacyZones::default();
    let files = open(folder.path(), &private);
    let whole = vec![reference("cam-01.a")];
    let half = SIDE * SIDE / 2;
    assert!(count(&whole, HALVES[0]) > half - 200 && count(&whole, HALVES[1]) > half - 200);
    files.write("cam-01", &whole);
    // The left half of the picture; the zone itself is its lower half.
    private.set("cam-01", vec![polygon([(0.0, 0.0), (0.5, 0.0), (0.5, 1.0), (0.0, 1.0)])]);
    files.blank("cam-01");
    private.set("cam-01", Vec::new());
    let kept = files.read("cam-01");
    assert!(count(&kept, HALVES[0]) < 20, "{}", count(&kept, HALVES[0]));
    assert!(count(&kept, HALVES[1]) > half - 600, "{}", count(&kept, HALVES[1]));
    assert!(kept[0].is_sound());
    // What is private elsewhere changes nothing.
    private.set("cam-01", vec![polygon([(0.0, 0.0), (1.0, 0.0), (1.0, 0.4), (0.0, 0.4)])]);
    files.write("cam-01", &whole);
    assert_eq!(files.read("cam-01"), whole);
}
