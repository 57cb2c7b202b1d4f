//! From an order to a clip, with what a simulated camera sent.

use std::os::unix::net::UnixStream;

use super::*;
use crate::child::seats::Seats;
use crate::clip_tests::recorded;
use crate::logbook::Logbook;
use crate::protocol::{CameraNumber, ReportReader};

const SECOND: Duration = Duration::from_secs(1);
const CAMERA: CameraNumber = CameraNumber(4);

/// The next clip that is reported.
fn next_clip(from: &mut UnixStream) -> (u64, Result<Clip, String>) {
    match ReportReader::new(from).read().unwrap() {
        Some(Report::Clip { job, clip }) => (job, clip),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_clip_is_cut_once_its_time_has_passed_or_its_camera_is_silent() {
    let (reports, mut heard) = UnixStream::pair().unwrap();
    let clips = Clips::new(Reports::by(reports));
    let (worker, page) = (clips.clone(), Logbook::create(1).unwrap().clips_page());
    let thread = std::thread::spawn(move || worker.work(&page));
    let ring = recorded("street-h264.mp4").await;
    let latest = ring.lock().latest_at().unwrap();
    let filling = ring.clone();
    let seats = Seats::default();
    let seat = seats.with_ring(CAMERA, ring);
    let order = |job, around: CaptureTime, patience| {
        let span = (around.before(SECOND), around.after(SECOND));
        ClipOrder::new(job, CAMERA, span, patience)
    };

    clips.order(&order(1, latest.before(SECOND * 2), SECOND * 600), Some(Arc::clone(&seat)));
    let (job, clip) = next_clip(&mut heard);
    let clip = clip.unwrap();
    // From the key frame before; they come every two seconds.
    let usual = SECOND * 2 - SECOND / 10..SECOND * 4 + SECOND / 10;
    assert!(job == 1 && usual.contains(&clip.duration), "{job} {:?}", clip.duration);
    assert_eq!(&clip.mp4[4..8], b"ftyp");

    // Its end never comes, because the camera is silent: after a while it is cut from what there is.
    clips.order(&order(2, latest, Duration::ZERO), Some(Arc::clone(&seat)));
    let (job, clip) = next_clip(&mut heard);
    assert!(job == 2 && clip.unwrap().duration < usual.end);

    clips.order(&order(3, latest, SECOND * 600), None);
    assert_eq!(next_clip(&mut heard), (3, Err("the camera keeps no footage".to_owned())));

    // Part of the picture becomes private while the clip is under way.
    clips.order(&order(4, latest, SECOND * 600), Some(Arc::clone(&seat)));
    seat.forget_footage();
    let (job, clip) = next_clip(&mut heard);
    assert_eq!((job, clip), (4, Err("part of the picture has become private".to_owned())));
    let session_has = filling.lock();
    let held = (session_has.held_bytes(), session_has.latest_at());
    assert_eq!(held, (0, None), "nor does the session keep what it has filled");
    drop(session_has);

    clips.close();
    thread.join().unwrap();
}
