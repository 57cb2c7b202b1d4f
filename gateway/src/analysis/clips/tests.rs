//! From an order to a clip that is told, with what a simulated camera sent.

use super::*;
use crate::evidence::Limits;
use crate::evidence::clip_tests::recorded;

const SECOND: Duration = Duration::from_secs(1);

fn desk(folder: &std::path::Path) -> (ClipDesk, ClipWorker, Arc<EvidenceStore>) {
    let limits = Limits { max_bytes: 1 << 30, min_free_bytes: 0, keep_for: SECOND * 86_400 };
    let store = Arc::new(EvidenceStore::open(folder, limits).unwrap());
    let settings = ClipSettings { before: SECOND, after: SECOND, ring_bytes: 8 << 20 };
    let (desk, worker) = ClipDesk::open(settings, Arc::clone(&store)).unwrap();
    (desk, worker, store)
}

#[tokio::test]
async fn a_clip_is_written_once_its_time_has_passed_and_told_without_an_address() {
    let folder = tempfile::tempdir().unwrap();
    let (desk, worker, store) = desk(folder.path());
    let ring = recorded("street-h264.mp4").await;
    let latest = ring.lock().latest_at().unwrap();
    desk.lock().rings.insert("cam".to_owned(), ring.clone());
    desk.order("early".to_owned(), "cam", latest.before(SECOND * 2));
    desk.order("of nobody".to_owned(), "another", latest.before(SECOND * 2));
    let told = |id: &str| desk.lock().told.get(id).cloned();
    let deadline = Instant::now() + SECOND * 60;
    let clip = loop {
        if let Some(clip) = told("early") {
            break clip;
        }
        assert!(Instant::now() < deadline, "no clip");
        tokio::time::sleep(SECOND / 20).await;
    };
    assert_eq!((clip.uri.as_deref(), clip.masked), (None, Masked::NOTHING));
    let EvidenceKind::Clip { duration } = clip.kind else { panic!("{clip:?}") };
    // From the key frame before; they come every two seconds.
    assert!(
        (SECOND * 2 - SECOND / 10..SECOND * 4 + SECOND / 10).contains(&duration),
        "{duration:?}"
    );
    let file = store.find(FileKind::Clip, &clip.sha256).expect("it is kept");
    assert_eq!(std::fs::metadata(file).unwrap().len(), clip.size_bytes);

    // One that is not whole yet waits, and an end of the gateway does not wait for it.
    desk.order("late".to_owned(), "cam", latest);
    assert_eq!(desk.lock().under_way.len(), 1);
    worker.stop();
    assert!(told("late").is_none() && told("of nobody").is_none());
}
