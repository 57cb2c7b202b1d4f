//! Pictures, gaps and restarts come back as they were told.

use archive::{Entry, Replay};
use proptest::prelude::*;
use scene::track::{Track, TrackId, TrackState};
use scene::{
    BoundingBox, Cable, CableLook, CableSight, CaptureTime, Class, Clock, ClockSource, CropLook,
    Observation, ObservationGap, Point, StandingLook, StandingThing,
};
use tempfile::tempdir;

use crate::script::{
    CAMERA, Kept, NOON, observation, open, record_car, replay, secs, seen_at, times, track,
};

#[test]
fn a_scene_comes_back_with_its_gap_and_its_restart() {
    let folder = tempdir().unwrap();
    let archive = open(folder.path());
    let [t0, t1, t2, t9] = [0, 1, 2, 9].map(|second| NOON.after(secs(second)));
    let car = track(1, "car", t0);
    let lost = seen_at(&track(2, "person", t0), t0, 4);
    let walker = Track {
        bbox: BoundingBox { left: 0.5, top: 0.5, right: 0.625, bottom: 1.0 },
        state: TrackState::Tentative,
        hits: 1,
        ..track(3, "person", t1)
    };
    let gap = ObservationGap { from: t1, to: t2 };
    let mut recorder = archive.recorder(CAMERA);
    recorder.record(&observation(t0), std::slice::from_ref(&car)).unwrap();
    recorder.record(&observation(t1), &[seen_at(&car, t1, 3), lost, walker.clone()]).unwrap();
    recorder.gap(&gap).unwrap();
    let believed = Track {
        class: Class::new("dog"),
        score: 0.9025,
        state: TrackState::Confirmed,
        still_since: t2,
        ..seen_at(&walker, t2, 2)
    };
    recorder.record(&observation(t2), std::slice::from_ref(&believed)).unwrap();
    recorder.flush().unwrap();
    let mut recorder = archive.recorder(CAMERA);
    recorder.record(&observation(t9), &[]).unwrap();
    recorder.flush().unwrap();

    let expected = vec![
        Kept::Restart,
        Kept::Picture(observation(t0), vec![car.clone()]),
        Kept::Picture(observation(t1), vec![seen_at(&car, t1, 3), walker]),
        Kept::Gap(gap),
        Kept::Picture(observation(t2), vec![believed]),
        Kept::Restart,
        Kept::Picture(observation(t9), vec![]),
    ];
    assert_eq!(replay(folder.path()), (expected, 0));
    assert_eq!(archive::cameras(folder.path()).unwrap(), [CAMERA]);
    let on_disk = std::fs::metadata(folder.path().join("cam-01/20260722.obs")).unwrap().len();
    assert_eq!(archive.bytes(), on_disk);
}

#[test]
fn what_newly_stands_in_zones_comes_back_and_costs_nothing_while_it_stands() {
    let thing = |since| StandingThing {
        bounds: BoundingBox { left: 0.25, top: 0.5, right: 0.5, bottom: 0.75 },
        foot: vec![0.75, 0.625],
        since,
        looks: 8,
        sure: 0.9025,
    };
    let edge = BoundingBox { left: 0.0, top: 0.5, right: 0.25, bottom: 1.0 };
    let look = |zone: &str, is_known: bool, things| StandingLook {
        zone: zone.into(),
        known_since: is_known.then(|| NOON.before(secs(86_400))),
        unsure: if is_known { vec![edge] } else { Vec::new() },
        things,
        gone: if zone == "cam-01.door" { vec![edge] } else { Vec::new() },
    };
    let folder = tempdir().unwrap();
    let mut recorder = open(folder.path()).recorder(CAMERA);
    let mut told = Vec::new();
    for second in 0..600 {
        let at = NOON.after(secs(second));
        let standing = match second {
            0..10 => vec![look("cam-01.lane", false, vec![]), look("cam-01.door", true, vec![])],
            10..590 => vec![look("cam-01.lane", true, vec![thing(NOON), thing(NOON)])],
            _ => Vec::new(),
        };
        let picture = Observation { standing, ..observation(at) };
        recorder.record(&picture, &[]).unwrap();
        told.push(Kept::Picture(picture, vec![]));
    }
    recorder.flush().unwrap();
    let (kept, damaged) = replay(folder.path());
    assert_eq!((&kept[1..], damaged), (&told[..], 0));
    // Each minute's block says all of it once: two looks, a place, and a thing twice.
    assert!(recorder.totals().bytes < 120 * 10, "{:?}", recorder.totals());
}

#[test]
fn what_a_second_look_saw_comes_back_with_its_picture_alone() {
    let place = BoundingBox { left: 0.25, top: 0.5, right: 0.5, bottom: 0.75 };
    let folder = tempdir().unwrap();
    let mut recorder = open(folder.path()).recorder(CAMERA);
    let mut told = Vec::new();
    for second in 0..90 {
        let crops = match second {
            10 | 70 => vec![
                CropLook { place, stall: Some(0.9325) },
                CropLook { place, stall: None },
                CropLook { place, stall: Some(1.0) },
            ],
            _ => Vec::new(),
        };
        let picture = Observation { crops, ..observation(NOON.after(secs(second))) };
        recorder.record(&picture, &[]).unwrap();
        told.push(Kept::Picture(picture, vec![]));
    }
    recorder.flush().unwrap();
    let (kept, damaged) = replay(folder.path());
    assert_eq!((&kept[1..], damaged), (&told[..], 0));
}

#[test]
fn what_a_look_for_cables_saw_comes_back_with_its_picture_alone() {
    let place = BoundingBox { left: 0.25, top: 0.5, right: 0.5, bottom: 0.75 };
    let path =
        vec![Point { x: 0.5, y: 0.5 }, Point { x: 0.625, y: 0.25 }, Point { x: 1.0, y: 0.0 }];
    let cable = Cable { score: 0.9725, length_px: 412, path };
    let folder = tempdir().unwrap();
    let mut recorder = open(folder.path()).recorder(CAMERA);
    let mut told = Vec::new();
    let sights = [
        CableSight::NoReference,
        CableSight::Unaligned,
        CableSight::Hidden,
        CableSight::Seen(Vec::new()),
        CableSight::Seen(vec![cable.clone()]),
        CableSight::Seen(vec![cable.clone(), cable]),
    ];
    for (second, sight) in (0..).zip(sights.into_iter().flat_map(|it| [Some(it), None])) {
        let cables = sight.map(|sight| CableLook { place, sight }).into_iter().collect();
        let picture = Observation { cables, ..observation(NOON.after(secs(second))) };
        recorder.record(&picture, &[]).unwrap();
        told.push(Kept::Picture(picture, vec![]));
    }
    recorder.flush().unwrap();
    let (kept, damaged) = replay(folder.path());
    assert_eq!((&kept[1..], damaged), (&told[..], 0));
}

#[test]
fn a_look_that_no_reader_takes_costs_nothing_else() {
    let thing = StandingThing {
        bounds: BoundingBox { left: 0.25, top: 0.5, right: 0.5, bottom: 0.75 },
        foot: vec![0.75],
        since: NOON,
        looks: 8,
        sure: 0.9025,
    };
    let sound = StandingLook { things: vec![thing.clone()], ..look("cam-01.lane") };
    let many_parts = StandingThing { foot: vec![0.5; 100], ..thing.clone() };
    let unreadable = [
        look(&"z".repeat(257)),
        StandingLook { unsure: vec![thing.bounds; 100], ..look("cam-01.door") },
        StandingLook { things: vec![thing; 100], ..look("cam-01.door") },
        StandingLook { things: vec![many_parts], ..look("cam-01.door") },
    ];
    let folder = tempdir().unwrap();
    let mut recorder = open(folder.path()).recorder(CAMERA);
    let standing = unreadable.into_iter().chain([sound.clone()]).collect();
    recorder.record(&Observation { standing, ..observation(NOON) }, &[]).unwrap();
    recorder.flush().unwrap();
    let expected = Observation { standing: vec![sound], ..observation(NOON) };
    assert_eq!(replay(folder.path()), (vec![Kept::Restart, Kept::Picture(expected, vec![])], 0));
}

fn look(zone: &str) -> StandingLook {
    let zone = zone.into();
    let (unsure, things, gone) = (Vec::new(), Vec::new(), Vec::new());
    StandingLook { zone, known_since: Some(NOON), unsure, things, gone }
}

#[test]
fn a_standing_object_costs_nearly_nothing() {
    let folder = tempdir().unwrap();
    let mut recorder = open(folder.path()).recorder(CAMERA);
    record_car(&mut recorder, NOON, 3600);
    recorder.flush().unwrap();
    let totals = recorder.totals();
    assert_eq!((totals.pictures, totals.dropped), (3600, 0));
    assert!(totals.bytes < 3600 * 2, "{totals:?}");
    let (kept, _) = replay(folder.path());
    assert_eq!(times(&kept), (0..3600).collect::<Vec<_>>());
}

#[test]
fn a_day_and_a_span_end_where_they_should() {
    let folder = tempdir().unwrap();
    let mut recorder = open(folder.path()).recorder(CAMERA);
    let midnight = NOON.after(secs(12 * 3600));
    record_car(&mut recorder, midnight.before(secs(5)), 10);
    recorder.flush().unwrap();
    let mut names: Vec<_> = std::fs::read_dir(folder.path().join(CAMERA))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert_eq!(names, ["20260722.obs", "20260723.obs"]);
    let (kept, damaged) = replay(folder.path());
    assert_eq!(times(&kept), (43_195..43_205).collect::<Vec<_>>());
    assert_eq!((kept.len(), damaged), (11, 0), "a new day is no gap and no restart");

    let span = midnight.before(secs(2))..midnight.after(secs(3));
    let mut replay = Replay::open(folder.path(), CAMERA, span).unwrap();
    let mut pictures = 0;
    while let Some(entry) = replay.next_entry().unwrap() {
        pictures += u32::from(matches!(entry, Entry::Picture { .. }));
    }
    assert_eq!(pictures, 5);
}

#[test]
fn a_clock_that_steps_back_loses_no_picture() {
    let folder = tempdir().unwrap();
    let mut recorder = open(folder.path()).recorder(CAMERA);
    record_car(&mut recorder, NOON, 3);
    let back = NOON.before(secs(2));
    // A new tracker counts from 1 again: the same number is another car now.
    let other = track(7, "car", back);
    recorder.record(&observation(back), std::slice::from_ref(&other)).unwrap();
    record_car(&mut recorder, back.after(secs(1)), 2);
    recorder.flush().unwrap();
    let (kept, damaged) = replay(folder.path());
    assert_eq!((times(&kept), damaged), (vec![0, 1, 2, -2, -1, 0], 0));
    assert_eq!(kept[4], Kept::Picture(observation(back), vec![other]));
}

/// What the file can say of a track, and so what must come back.
fn rounded(track: &Track) -> Track {
    let edge = |edge: f32| (edge * 4096.0).round() / 4096.0;
    let BoundingBox { left, top, right, bottom } = track.bbox;
    let [left, top, right, bottom] = [left, top, right, bottom].map(edge);
    #[expect(clippy::cast_possible_truncation, reason = "a whole number up to 200")]
    let steps = (f64::from(track.score) * 200.0 + 1e-4).floor() as f32;
    let score = (steps + 0.5) / 200.0;
    Track { bbox: BoundingBox { left, top, right, bottom }, score: score.min(1.0), ..track.clone() }
}

prop_compose! {
    fn any_track()(
        id in 1..6_u64,
        class in prop::sample::select(vec!["person", "car", "网格"]),
        edges in prop::array::uniform4(-0.1_f32..1.1),
        score in 0.0_f32..0.999,
        times in (0..3_u64, 0..3_u64),
        hits in prop_oneof![Just(u32::MAX), 1..4_u32],
        believed: bool,
    ) -> Drawn {
        let [left, top, right, bottom] = edges;
        let state = if believed { TrackState::Confirmed } else { TrackState::Tentative };
        let bbox = BoundingBox { left, top, right, bottom };
        let (id, class) = (TrackId(id), Class::new(class));
        let at = NOON;
        let track = Track {
            id, class, bbox, score, state, hits,
            first_seen_at: at, last_seen_at: at, still_since: at,
        };
        (track, times)
    }
}

/// A track, and the seconds by which its times lie apart.
type Drawn = (Track, (u64, u64));

fn any_clock() -> impl Strategy<Value = Clock> {
    let source = prop::sample::select(vec![ClockSource::Arrival, ClockSource::SenderReport]);
    (source, prop::option::of(0..3_u32)).prop_map(|(source, error_ms)| Clock { source, error_ms })
}

fn any_picture() -> impl Strategy<Value = (i64, Clock, Vec<Drawn>, bool)> {
    let step =
        prop_oneof![4 => Just(200_000_i64), 2 => 0..90_000_000_i64, 1 => -100_000_000..0_i64];
    (step, any_clock(), prop::collection::vec(any_track(), 0..6), prop::bool::weighted(0.1))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn whatever_is_recorded_comes_back(
        pictures in prop::collection::vec(any_picture(), 1..40),
        repeats in 1..4_u32,
    ) {
        let folder = tempdir().unwrap();
        let mut recorder = open(folder.path()).recorder(CAMERA);
        let mut expected = vec![Kept::Restart];
        let mut micros = NOON.unix_micros();
        for (step, clock, tracks, blind) in pictures {
            let mut tracks: Vec<_> = tracks;
            tracks.sort_by_key(|(track, _)| track.id);
            tracks.dedup_by_key(|(track, _)| track.id);
            for repeat in 0..repeats {
                let from = CaptureTime::from_unix_micros(micros);
                micros += if repeat == 0 { step } else { 200_000 };
                let at = CaptureTime::from_unix_micros(micros);
                if blind && at > from {
                    let gap = ObservationGap { from, to: at };
                    recorder.gap(&gap).unwrap();
                    expected.push(Kept::Gap(gap));
                }
                let tracks: Vec<Track> = tracks
                    .iter()
                    .map(|(track, (first, still))| Track {
                        first_seen_at: NOON.before(secs(*first)),
                        still_since: NOON.after(secs(*still)),
                        hits: track.hits.saturating_add(repeat),
                        last_seen_at: at,
                        ..track.clone()
                    })
                    .collect();
                let observation = Observation { clock, ..observation(at) };
                recorder.record(&observation, &tracks).unwrap();
                expected.push(Kept::Picture(observation, tracks.iter().map(rounded).collect()));
            }
        }
        recorder.flush().unwrap();
        prop_assert_eq!(replay(folder.path()), (expected, 0));
    }
}
