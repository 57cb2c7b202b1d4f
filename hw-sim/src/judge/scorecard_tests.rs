//! Tests of the scorecard's arithmetic.

use expect_test::{Expect, expect};

use super::*;
use crate::judge::journal::{Raise, Receipt};
use crate::judge::score::RowKey;

fn secs(secs: f64) -> SignedDuration {
    SignedDuration::try_from_secs_f64(secs).unwrap()
}

fn raise() -> Raise {
    let message = serde_json::json!({
        "alert_id": "a", "seq": 1, "action": "open",
        "type": { "code": "other", "name": "其他" },
        "times": { "first_seen": "2026-11-22T09:10:03Z", "sent": "2026-11-22T09:10:03Z" },
        "source": { "gateway_id": "gw", "device_id": "cam-01" },
    });
    let receipt = Receipt::read(message.to_string().into()).unwrap();
    Raise { opened_at: receipt.message.opened_at(), receipt, cleared_at: None }
}

/// `camera event hits missed false duplicate late...`
fn row(line: &str) -> Row {
    let words: Vec<&str> = line.split(' ').collect();
    let count = |at: usize| words[at].parse::<usize>().unwrap();
    Row {
        key: RowKey {
            camera: words[0].to_owned(),
            zone: format!("{}.zone", words[0]),
            event: words[1].trim_matches('-').to_owned(),
        },
        truth: count(2) + count(3),
        received: count(2),
        missed: count(3),
        false_alerts: vec![raise(); count(4)],
        duplicates: vec![raise(); count(5)],
        lateness: words[6..].iter().map(|late| secs(late.parse().unwrap())).collect(),
        ..Row::default()
    }
}

/// The cameras of `rows`: those named in `composed` play a composed scene, all others a recording.
fn play(name: &str, composed: &[&str], rows: &[&str]) -> PlayedScenario {
    let cameras = rows.iter().map(|line| line.split(' ').next().unwrap());
    let played = cameras.map(|camera| {
        let composed = composed.contains(&camera);
        (camera.to_owned(), Played { composed, recorded: !composed, simulated: false })
    });
    PlayedScenario {
        name: name.to_owned(),
        title: format!("the {name}"),
        played: played.collect(),
        composed: composed.iter().map(|_| "a scene".to_owned()).collect(),
        camera_minutes: 1.5,
        score: Score { rows: rows.iter().map(|line| row(line)).collect(), ..Score::default() },
    }
}

fn check(plays: &[PlayedScenario], table: Expect) {
    table.assert_eq(&Scorecard::of(plays).table());
}

#[test]
fn scores_add_up_by_incident_type() {
    let street = play(
        "street",
        &[],
        &[
            "cam-01 fire_lane_blocked 2 1 0 0 1.0 -3.0",
            "cam-02 other 2 0 1 1 0.5 1.5",
            "cam-03 - 0 0 0 0",
        ],
    );
    let lane = play("lane", &["cam-01"], &["cam-01 fire_lane_blocked 1 0 0 0 2.0"]);
    check(
        &[street, lane],
        expect![[r#"
            scenario  scenes    camera-min  truth  hits  false  agrees  sound
            street    recorded         1.5      5     4      2      NO    yes
            lane      COMPOSED         1.5      1     1      0     yes    yes

            incident type      scenes               truth  hits  misses  false  precision  recall  late s, median  worst
            fire_lane_blocked  recorded + composed      4     3       1      0       1.00    0.75            +1.0   -3.0
            other              recorded                 2     2       0      2       0.50    1.00            +1.0   +1.5
            Mean precision 0.75, mean recall 0.88; 2 false alerts in 3.0 camera-minutes.
            Composed scenes are recordings with cut-outs, drawn things or camera faults laid in. They are not real incidents.
        "#]],
    );
}

#[test]
fn silence_where_nothing_is_due_has_no_ratio() {
    check(
        &[play("quiet", &[], &["cam-01 - 0 0 0 0"])],
        expect![[r#"
            scenario  scenes    camera-min  truth  hits  false  agrees  sound
            quiet     recorded         1.5      0     0      0     yes    yes

            incident type  scenes  truth  hits  misses  false  precision  recall  late s, median  worst
            Mean precision -, mean recall -; 0 false alerts in 1.5 camera-minutes.
        "#]],
    );
}

#[test]
fn what_only_raises_false_alerts_has_a_precision_and_no_recall() {
    check(
        &[play("quiet", &[], &["cam-01 other 0 0 2 0"])],
        expect![[r#"
            scenario  scenes    camera-min  truth  hits  false  agrees  sound
            quiet     recorded         1.5      0     0      2      NO    yes

            incident type  scenes    truth  hits  misses  false  precision  recall  late s, median  worst
            other          recorded      0     0       0      2       0.00       -               -      -
            Mean precision 0.00, mean recall -; 2 false alerts in 1.5 camera-minutes.
        "#]],
    );
}

#[test]
fn what_is_missed_has_a_recall_and_no_precision() {
    check(
        &[play("lane", &["cam-01"], &["cam-01 other 0 3 0 0"])],
        expect![[r#"
            scenario  scenes    camera-min  truth  hits  false  agrees  sound
            lane      COMPOSED         1.5      3     0      0      NO    yes

            incident type  scenes    truth  hits  misses  false  precision  recall  late s, median  worst
            other          composed      3     0       3      0          -    0.00               -      -
            Mean precision -, mean recall 0.00; 0 false alerts in 1.5 camera-minutes.
            Composed scenes are recordings with cut-outs, drawn things or camera faults laid in. They are not real incidents.
        "#]],
    );
}

#[test]
fn a_play_that_the_gateway_could_not_follow_proves_nothing() {
    let mut busy = play("busy", &[], &["cam-01 other 1 0 0 0 1.0"]);
    busy.score.impaired.insert("cam-01".to_owned(), "degraded: overloaded".to_owned());
    assert!(!Scorecard::of(&[busy.clone()]).agrees());
    check(
        &[busy],
        expect![[r#"
        scenario  scenes    camera-min  truth  hits  false  agrees  sound
        busy      recorded         1.5      1     1      0     yes     NO

        incident type  scenes    truth  hits  misses  false  precision  recall  late s, median  worst
        other          recorded      1     1       0      0       1.00    1.00            +1.0   +1.0
        Mean precision 1.00, mean recall 1.00; 0 false alerts in 1.5 camera-minutes.
        busy proves nothing, because the gateway could not analyse these cameras in time: cam-01
    "#]],
    );
}

#[test]
fn doors_and_what_a_camera_sees_beside_them_are_told_as_what_they_are() {
    let text = r#"title = "a gate and a checkpoint"
duration_secs = 60
in_step_with = "cam-01"
device = [
    { id = "gate", kind = "isapi", port = 18601 },
    { id = "checkpoint-1", kind = "checkpoint" },
]
happening = [{ device = "gate", what = "forced", at_secs = [3.0] }]
[[camera]]
id = "cam-01"
clip = "street-h264.mp4"
playback = "once"
start_offset_secs = 0.0
"#;
    let scenario = Scenario::parse(text, Path::new("gate.toml")).unwrap();
    let mut gate = PlayedScenario::announce(Path::new("gate.toml"), &scenario);
    let rows = ["gate door_forced_open 1 0 0 0 0.5", "checkpoint-1 door_tailgating 1 0 0 0 1.0"];
    gate.score.rows = rows.iter().map(|line| row(line)).collect();
    check(
        &[gate],
        expect![[r#"
        scenario  scenes                        camera-min  truth  hits  false  agrees  sound
        gate      recorded + simulated devices         1.0      2     2      0     yes    yes

        incident type     scenes                        truth  hits  misses  false  precision  recall  late s, median  worst
        door_forced_open  simulated devices                 1     1       0      0       1.00    1.00            +0.5   +0.5
        door_tailgating   recorded + simulated devices      1     1       0      0       1.00    1.00            +1.0   +1.0
        Mean precision 1.00, mean recall 1.00; 0 false alerts in 1.0 camera-minutes.
        Simulated devices are programs that speak as doors and sensors do. No real device was there.
    "#]],
    );
}

#[test]
fn a_program_reads_the_same() {
    let lane = play("lane", &["cam-01"], &["cam-01 fire_lane_blocked 1 1 0 0 2.0"]);
    let json = serde_json::to_string_pretty(&Scorecard::of(&[lane])).unwrap();
    expect![[r#"
        {
          "scenarios": [
            {
              "name": "lane",
              "title": "the lane",
              "scenes": "COMPOSED",
              "composed": [
                "a scene"
              ],
              "camera_minutes": 1.5,
              "truth": 2,
              "hits": 1,
              "false_alerts": 0,
              "agrees": false,
              "impaired": {}
            }
          ],
          "types": [
            {
              "event": "fire_lane_blocked",
              "scenes": "composed",
              "truth": 2,
              "hits": 1,
              "misses": 1,
              "false_alerts": 0,
              "precision": 1.0,
              "recall": 0.5,
              "late_median_secs": 2.0,
              "late_worst_secs": 2.0
            }
          ],
          "mean_precision": 1.0,
          "mean_recall": 0.5,
          "camera_minutes": 1.5
        }"#]]
    .assert_eq(&json);
}
