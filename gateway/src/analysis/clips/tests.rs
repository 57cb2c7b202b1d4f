//! From an order to a finished clip, with what a simulated camera sent.

use super::*;
use crate::evidence::clip_tests::recorded;
use crate::evidence::{EvidenceStore, Limits, Originals};

const SECOND: Duration = Duration::from_secs(1);

fn clip_maker(folder: &std::path::Path) -> (ClipMaker, ClipWorker, ClipStore) {
    let limits = Limits { max_bytes: 1 << 30, min_free_bytes: 0, keep_for: SECOND * 86_400 };
    let files = Arc::new(EvidenceStore::open(&folder.join("evidence"), limits).unwrap());
    let seal = Originals::open_key(&folder.join("originals.key")).unwrap();
    let store = ClipStore::new(files, Arc::new(seal));
    let settings = ClipSettings { before: SECOND, after: SECOND, ring_bytes: 8 << 20 };
    let (clips, worker) = ClipMaker::open(settings, store.clone()).unwrap();
    (clips, worker, store)
}

#[tokio::test]
async fn a_clip_is_written_once_its_time_has_passed_and_named_without_an_address() {
    let folder = tempfile::tempdir().unwrap();
    let (clips, worker, store) = clip_maker(folder.path());
    let ring = recorded("street-h264.mp4").await;
    let latest = ring.lock().latest_at().unwrap();
    clips.lock().rings.insert("cam".to_owned(), ring.clone());
    clips.order("early".to_owned(), "cam", latest.before(SECOND * 2));
    clips.order("of nobody".to_owned(), "another", latest.before(SECOND * 2));
    let waiting = |state: &mut State| !state.finished.contains_key("early");
    let (state, _) =
        clips.shared.changed.wait_timeout_while(clips.lock(), SECOND * 60, waiting).unwrap();
    let clip = state.finished.get("early").cloned().expect("a clip within a minute");
    drop(state);
    assert_eq!((clip.uri.as_deref(), clip.masked), (None, Masked::NOTHING));
    let EvidenceKind::Clip { duration } = clip.kind else { panic!("{clip:?}") };
    // From the key frame before; they come every two seconds.
    assert!(
        (SECOND * 2 - SECOND / 10..SECOND * 4 + SECOND / 10).contains(&duration),
        "{duration:?}"
    );
    let mp4 = store.get(&clip.sha256).unwrap().expect("it is kept");
    assert_eq!(mp4.len() as u64, clip.size_bytes);

    // One that is not whole yet waits, and an end of the gateway does not wait for it.
    clips.order("late".to_owned(), "cam", latest);
    assert_eq!(clips.lock().under_way.len(), 1);
    worker.stop();
    assert_eq!(clips.lock().finished.keys().collect::<Vec<_>>(), ["early"]);
}
