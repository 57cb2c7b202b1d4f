//! Files that can be a camera's clip, and files that cannot.

use std::fs;
use std::time::Duration;

use hw_sim::camera::{Clip, Codec};

use crate::recording::{h264, h265, record};

#[test]
fn a_clip_knows_its_pictures() {
    for (clip, codec) in [(h264(), Codec::H264), (h265(), Codec::H265)] {
        assert_eq!((clip.codec(), clip.size_px()), (codec, (320, 240)));
        assert_eq!(clip.duration(), Duration::from_secs(2));
        assert!((clip.pictures_per_sec() - 25.0).abs() < 1e-9);
        assert_eq!(clip.access_units().len(), 50);
        for (index, unit) in (0..).zip(clip.access_units()) {
            assert_eq!(unit.is_key_frame(), index % 25 == 0, "{codec:?} {index}");
            assert_eq!(unit.captured_at(), Duration::from_millis(40) * index);
        }
    }
}

fn refusal(path: &std::path::Path) -> String {
    Clip::open(path).expect_err("it is not a clip").to_string()
}

const SCENE: &str = "-f lavfi -i testsrc2=size=320x240:rate=25:duration=1 -pix_fmt yuv420p";

#[test]
fn what_is_not_a_clip_is_refused_by_name_and_reason() {
    let (_folder, path) = record("cut.mp4", &format!("{SCENE} -c:v libx264 -movflags +faststart"));
    let whole = fs::read(&path).unwrap();
    fs::write(&path, &whole[..whole.len() * 2 / 3]).unwrap();
    let message = refusal(&path);
    assert!(message.contains("cut.mp4 is damaged"), "{message}");

    let (_folder, path) = record("open.mp4", &format!("{SCENE} -c:v libx264"));
    let whole = fs::read(&path).unwrap();
    fs::write(&path, &whole[..whole.len() * 2 / 3]).unwrap();
    assert!(refusal(&path).contains("open.mp4 is damaged"), "{}", refusal(&path));

    let (_folder, path) = record("old.mp4", &format!("{SCENE} -c:v mpeg4"));
    assert!(refusal(&path).contains("no H.264 or H.265"), "{}", refusal(&path));

    let (_folder, path) = record("old.avi", &format!("{SCENE} -c:v mpeg4"));
    assert!(refusal(&path).contains("not an MP4"), "{}", refusal(&path));

    assert!(refusal("/no/such/clip.mp4".as_ref()).contains("/no/such/clip.mp4"));
}

#[test]
fn a_clip_begins_with_a_key_frame() {
    let (_folder, whole) = record("whole.mp4", &format!("{SCENE} -c:v libx264 -bf 0 -g 10"));
    let input = format!("-i {} -c copy -bsf:v noise=drop=eq(n\\,0)", whole.display());
    let (_folder, path) = record("headless.mp4", &input);
    assert!(refusal(&path).contains("does not begin with a key frame"), "{}", refusal(&path));
}

#[test]
fn pictures_sent_out_of_order_are_never_sent_before_they_are_captured() {
    let codec = "-c:v libx264 -preset veryfast -bf 2 -b_strategy 0 -g 25";
    let (_folder, path) = record("b-frames.mp4", &format!("{SCENE} {codec}"));
    let clip = Clip::open(&path).unwrap();
    let captured: Vec<Duration> =
        clip.access_units().iter().map(|unit| unit.captured_at()).collect();
    assert!(!captured.is_sorted(), "the clip has B frames");
    for (order, captured_at) in (0..).zip(&captured) {
        // At 25 a second, the picture sent as number `order` is due a whole delay after that.
        let sent_at = Duration::from_millis(40) * (order + 2);
        assert!(*captured_at <= sent_at, "{order}: {captured_at:?}");
    }
}
