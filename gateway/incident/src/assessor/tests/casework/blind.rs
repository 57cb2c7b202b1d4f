//! Re-checks on cameras that see nothing, or nothing for too long.

use std::fmt::Write;

use expect_test::expect;

use super::script::{Court, check};

#[test]
fn never_a_verdict_on_a_blind_camera() {
    let blind = ["t", "tA", "d", "dA", "c", "b", ".", "sL"];
    let log: String = blind
        .map(|shown| {
            let mut court = Court::new();
            court.play(&format!("sA*40s +handled s*20s {shown}*60s"));
            let found = court.alerts.last().unwrap().verification.clone().unwrap();
            let (result, reason) = (found.result, found.reason.unwrap());
            let alike = found.scene_match.map_or("-".to_owned(), |share| format!("{share:.1}"));
            format!("{shown}: {result:?} {reason:?}, {} samples, match {alike}\n", found.samples)
        })
        .concat();
    expect![[r#"
        t: Inconclusive CameraMoved, 0 samples, match 0.4
        tA: Inconclusive CameraMoved, 0 samples, match 0.4
        d: Inconclusive LowLight, 0 samples, match -
        dA: Inconclusive LowLight, 0 samples, match -
        c: Inconclusive Occluded, 0 samples, match -
        b: Inconclusive Occluded, 0 samples, match -
        .: Inconclusive Occluded, 0 samples, match -
        sL: Inconclusive Occluded, 0 samples, match 1.0
    "#]]
    .assert_eq(&log);
}

/// Asks for a check at once, which looks for two minutes.
const HANDLED: &str = "+handled{\"verify\":{\"settle_s\":0,\"window_s\":120}}";

#[test]
fn what_was_seen_for_less_than_half_of_the_window_decides_nothing() {
    let stories = [
        // The stream dies, and is back for the end or not.
        "s*55s |120",
        "sA*55s |120",
        "s*55s |75 s*60s",
        "s*20s |70 s*60s",
        "|70 s*60s",
        // The lens is covered, the light goes, the camera is turned, a lorry stands before it.
        "s*55s c*80s",
        "s*30s d*65s s*60s",
        "sA*55s t*80s",
        "s*25s sL*68s s*60s",
    ];
    let mut log = String::new();
    for story in stories {
        let mut court = Court::new();
        court.play(&format!("sA*40s {HANDLED} {story}"));
        let found = court.alerts.iter().find_map(|alert| alert.verification.clone()).unwrap();
        let (samples, result, reason) = (found.samples, found.result, found.reason.unwrap());
        writeln!(log, "{story}: {result:?} {reason:?}, {samples} samples").unwrap();
    }
    expect![[r#"
        s*55s |120: Inconclusive CameraOffline, 11 samples
        sA*55s |120: Inconclusive CameraOffline, 11 samples
        s*55s |75 s*60s: Inconclusive CameraOffline, 11 samples
        s*20s |70 s*60s: Inconclusive CameraOffline, 11 samples
        |70 s*60s: Inconclusive CameraOffline, 12 samples
        s*55s c*80s: Inconclusive Occluded, 11 samples
        s*30s d*65s s*60s: Inconclusive LowLight, 12 samples
        sA*55s t*80s: Inconclusive CameraMoved, 11 samples
        s*25s sL*68s s*60s: Inconclusive Occluded, 11 samples
    "#]]
    .assert_eq(&log);
}

#[test]
fn what_was_seen_now_and_then_decides() {
    check(
        &format!("sA*40s {HANDLED} s*35s |55 s*60s"),
        &expect![[r#"
        30s open open - case -
        43s update verifying - case handled
        164s verify verified_clear - case handled: passed scene_clear round 1 0/14 again never [report+verify]
    "#]],
    );
    check(
        &format!("sA*40s {HANDLED} sA*35s c*50s sA*60s"),
        &expect![[r#"
        30s open open - case -
        43s update verifying - case handled
        166s verify verified_present - case handled: failed still_present round 1 15/15 again in 60s [report+verify]
    "#]],
    );
}

#[test]
fn the_pictures_of_a_faster_rule_do_not_count_more() {
    let mut court = Court::new();
    court.play("sA*40s +handled s*25s");
    court.play_every("sA*2s", 0.1);
    court.play("s*40s");
    expect![[r#"
        30s open open - case -
        43s update verifying - case handled
        97s verify verified_clear - case handled: passed scene_clear round 1 1/11 again never [report+verify]
    "#]].assert_eq(&court.log);
}
