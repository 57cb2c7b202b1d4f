//! From an order to a clip that messages name, with an eye that is played by the test.

use super::*;
use crate::evidence::{EvidenceStore, Limits, Originals};

const SECOND: Duration = Duration::from_secs(1);

fn clip_maker(folder: &std::path::Path) -> (ClipMaker, ClipWorker, ClipStore) {
    let limits = Limits { max_bytes: 1 << 30, min_free_bytes: 0, keep_for: SECOND * 86_400 };
    let files = Arc::new(EvidenceStore::open(&folder.join("evidence"), limits).unwrap());
    let seal = Originals::open_key(&folder.join("originals.key")).unwrap();
    let store = ClipStore::new(files, Arc::new(seal));
    let settings = ClipSettings { before: SECOND, after: SECOND, ring_bytes: 8 << 20 };
    let inference = eye::InferenceSettings {
        model_dir: folder.to_owned(),
        second_look_dir: None,
        second_look_heads: Vec::new(),
        charging_wire_dir: None,
        precision: detector::Precision::Auto,
        threads: std::num::NonZeroUsize::MIN,
        eyes: None,
        onnxruntime_file: None,
    };
    let desk = EyeDesk::new(1, &inference, None);
    let (clips, worker) = ClipMaker::open(settings, desk, store.clone()).unwrap();
    (clips, worker, store)
}

#[test]
fn a_clip_is_kept_and_named_without_an_address() {
    let folder = tempfile::tempdir().unwrap();
    let (clips, worker, store) = clip_maker(folder.path());
    let at = utc_now();
    clips.order("of nobody".to_owned(), "another", at);
    assert!(clips.lock().under_way.is_empty(), "a camera without footage has no clips");
    let footage = clips.admit("cam", CameraNumber(7));
    assert_eq!((footage.bytes, footage.span), (8 << 20, SECOND + ANALYSIS_DELAY));
    for alert in ["cut", "refused", "late"] {
        clips.order(alert.to_owned(), "cam", at);
    }
    let clip = Clip::new(b"mp4".to_vec(), (768, 576), at, SECOND * 2);
    clips.answers().answer(0, Ok(clip));
    clips.answers().answer(1, Err("the camera's ring holds no picture of that time".to_owned()));
    clips.answers().answer(99, Err("of nobody".to_owned()));
    let lasting = clips.clone();
    worker.stop();
    let state = lasting.lock();
    assert_eq!(state.finished.keys().collect::<Vec<_>>(), ["cut"]);
    assert_eq!(
        state.under_way.keys().collect::<Vec<_>>(),
        [&2],
        "one that is not whole is not kept"
    );
    let clip = state.finished.get("cut").unwrap();
    assert_eq!((clip.uri.as_deref(), clip.masked), (None, Masked::NOTHING));
    assert_eq!(clip.kind, EvidenceKind::Clip { duration: SECOND * 2 });
    assert_eq!(store.get(&clip.sha256).unwrap().as_deref(), Some(b"mp4".as_slice()));
}

#[test]
fn clips_of_a_camera_that_has_become_private_are_given_up() {
    let folder = tempfile::tempdir().unwrap();
    let (clips, worker, _) = clip_maker(folder.path());
    clips.admit("cam", CameraNumber(7));
    clips.admit("other", CameraNumber(8));
    clips.order("private".to_owned(), "cam", utc_now());
    clips.order("public".to_owned(), "other", utc_now());
    clips.forget("cam");
    for job in [0, 1] {
        let clip = Clip::new(b"mp4".to_vec(), (768, 576), utc_now(), SECOND);
        clips.answers().answer(job, Ok(clip));
    }
    worker.stop();
    assert_eq!(clips.lock().finished.keys().collect::<Vec<_>>(), ["public"]);
}
