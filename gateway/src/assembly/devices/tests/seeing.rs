//! What an alert says of the camera that sees the door, and when.

use std::time::Instant;

use incident::alert::{Evidence, EvidenceKind, EvidenceRole, Masked, Masking};
use rule::Slug;
use runtime::utc_now;
use scene::DoorEvent::{AccessGranted, ForcedOpen};

use super::house::{House, comes};

fn picture() -> Evidence {
    Evidence {
        id: Slug::new("snapshot").unwrap(),
        role: EvidenceRole::Update,
        kind: EvidenceKind::Snapshot,
        uri: None,
        mime: "image/jpeg".to_owned(),
        sha256: "ab".repeat(32),
        size_bytes: 7,
        width_px: 768,
        height_px: 576,
        captured_at: utc_now(),
        masked: Masked { faces: Masking::NoneFound, plates: Masking::NoneFound, zones: false },
        expires_at: None,
        original_held: false,
    }
}

#[tokio::test]
async fn an_alert_waits_for_no_picture_and_is_told_again_with_it() {
    let mut house = House::begin();
    house.show_camera();
    assert!(house.happens(ForcedOpen).is_kept().await, "before any picture");
    let messages = house.messages();
    assert_eq!((messages.len(), &messages[0]["witness"]["sight"]), (1, &"asked".into()));
    assert_eq!(house.answer(&Ok(picture())), 1, "the camera was asked");
    assert!(comes(|| house.messages().len() == 2), "it is told again");
    let told = &house.messages()[1];
    assert_eq!((&told["action"], &told["state"]), (&"update".into(), &"open".into()));
    assert_eq!(told["witness"]["sight"], "shown");
    assert_eq!(told["evidence"][0]["id"], "report-2");
    assert_eq!(told["evidence"][0]["role"], "report");
    assert!(house.happens(AccessGranted).is_kept().await);
    assert_eq!(house.messages().len(), 2, "and not once more");
    house.stop();
}

#[tokio::test]
async fn an_alert_says_at_once_that_its_camera_shows_nothing() {
    let mut house = House::begin();
    assert!(house.happens(ForcedOpen).is_kept().await);
    let messages = house.messages();
    assert_eq!((messages.len(), &messages[0]["witness"]["sight"]), (1, &"unknown".into()));
    let description = messages[0]["description"].as_str().unwrap();
    let words = "；关联摄像机cam-01未接入本网关，无画面，未能取得现场照片";
    assert!(description.ends_with(words), "{description}");
    house.stop();
}

#[tokio::test]
async fn an_alert_says_within_two_seconds_that_no_picture_came() {
    let mut house = House::begin();
    house.show_camera();
    let begun_at = Instant::now();
    assert!(house.happens(ForcedOpen).is_kept().await);
    assert!(comes(|| house.messages().len() == 2));
    assert!(begun_at.elapsed().as_secs() < 4, "{:?}", begun_at.elapsed());
    let told = &house.messages()[1];
    assert_eq!((&told["witness"]["sight"], &told["evidence"]), (&"late".into(), &().into()));
    assert!(told["description"].as_str().unwrap().contains("未及时传回画面"), "{told:#}");
    assert_eq!(house.answer(&Ok(picture())), 1, "now it comes");
    assert!(comes(|| house.messages().len() == 3), "and is told of after all");
    let told = &house.messages()[2];
    assert_eq!(
        (&told["witness"]["sight"], &told["evidence"][0]["role"]),
        (&"shown".into(), &"report".into())
    );
    assert!(!told["description"].as_str().unwrap().contains("未及时传回画面"), "{told:#}");
    house.stop();
}

#[tokio::test]
async fn a_restart_ends_the_waiting_for_a_picture() {
    let mut house = House::begin();
    house.show_camera();
    assert!(house.happens(ForcedOpen).is_kept().await);
    let house = house.killed();
    assert!(comes(|| house.messages().len() == 2), "the next run says that there is none");
    assert_eq!(house.messages()[1]["witness"]["sight"], "late");
    house.stop();
}
