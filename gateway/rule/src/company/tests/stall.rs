//! A person with goods where nobody may sell: one minute, 20 s alone tolerated, half the pictures.

use std::time::Duration;

use scene::{Class, GroundPlane, Thresholds, UNKNOWN_OBJECT};

use super::script::{Stage, check};
use crate::kind::stall::StallSettings;
use crate::{KindSettings, Likelihood};

fn vending() -> StallSettings {
    let goods = ["umbrella", "table", "car"].map(Class::new);
    StallSettings {
        dwell: Duration::from_secs(60),
        gap_tolerance: Duration::from_secs(20),
        ..StallSettings::new(goods.to_vec())
    }
}

/// The pictures, counted from 0, that met the rule.
fn met(script: &str) -> Vec<usize> {
    let answers = Stage::new(&vending()).play(script).answers;
    answers.match_indices('*').map(|(picture, _)| picture).collect()
}

#[test]
fn somebody_with_goods_from_the_first_picture_on() {
    check(&vending(), &[("UP14", "????????????**")]);
}

#[test]
fn goods_of_no_class_are_goods_if_the_rule_says_so() {
    let any = StallSettings { unknown_goods: true, ..vending() };
    assert!(any.needs_standing() && any.sought().unwrap().unknown);
    check(
        &any,
        &[
            ("GP14", "????????????**"),
            ("G20", "--------------------"),
            ("Gp20", "--------------------"),
            // The next eye learns the zone: what stood there is taken to stand there still.
            ("GP5 ZP8 GP1", "????????????**"),
            ("GP5 HP8 GP1", "????????????**"),
            ("GP5 P9", "?????????-----"),
            ("GP6 ! ZP2 GP6", "????????????**"),
            // It takes longer than the tolerated gap.
            ("GP4 ! ZP9 GP1", "????????????**"),
        ],
    );
    check(&vending(), &[("GP14", "--------------")]);
    let class = Class::new(UNKNOWN_OBJECT);
    assert!(any.counts(&class) && !vending().counts(&class));
    // The eye is sure of them by 0.8.
    for (least, answers) in [(0.8, "????????????**"), (0.9, "--------------")] {
        let min_score = Thresholds::default().with(class.clone(), least);
        check(&StallSettings { min_score, ..any.clone() }, &[("GP14", answers)]);
    }
}

#[test]
fn goods_or_people_alone_are_no_stall() {
    check(&vending(), &[("U20", "--------------------"), ("P20", "--------------------")]);
    check(&vending(), &[("Up20", "--------------------"), ("uP20", "--------------------")]);
}

#[test]
fn sellers_take_turns_and_customers_come_and_go() {
    assert_eq!(met("UP4 UPQ2 UQ3 UQR2 UR2"), [12]);
    assert_eq!(met("UP3 U UQ3 U2 UR4"), [12], "alone for a moment between two");
}

#[test]
fn the_goods_may_be_missed_or_change_their_track() {
    assert_eq!(met("UP3 P2 UP3 P UP4"), [12]);
    assert_eq!(met("UP4 VP5 . VP3"), [12]);
}

#[test]
fn passers_by_do_not_make_a_stall_of_a_parked_car() {
    // Another one every twenty seconds, for ten minutes.
    assert_eq!(met(&"CA C3 CB C3 ".repeat(15)), Vec::<usize>::new());
    // Half the time somebody, one after another, each for a picture: still less than half.
    assert_eq!(met(&"CA C CB C2 ".repeat(24)), Vec::<usize>::new());
}

#[test]
fn a_row_of_passers_by_is_nobody_who_stays_however_dense() {
    // Somebody is always near, but never the same one, nor at the same place.
    assert_eq!(met(&"UJ UK UL UM ".repeat(30)), Vec::<usize>::new());
    let any = StallSettings { unknown_goods: true, ..vending() };
    let passed = Stage::new(&any).play(&"GJ GK GL GM ".repeat(30));
    assert!(!passed.answers.contains('*'), "{}", passed.answers);
    // One of them stays, or walks to and fro.
    assert_eq!(met(&"UPJ UPK UPL UPM ".repeat(4)), [12, 13, 14, 15]);
    assert_eq!(met("UN14"), [12, 13]);
    // Who stays from the middle on is waited for.
    assert_eq!(met(&format!("{} UP12", "UJ UK UL UM ".repeat(3))), [21, 22, 23]);
    assert_eq!(met("UPJ UPK UPL UPM ! UP9").first(), Some(&12));
}

#[test]
fn who_opens_where_others_passed_is_counted_from_then_on() {
    let script = format!("{} CA13", "CA C3 CB C3 ".repeat(15));
    let settings = vending();
    let stage = Stage::new(&settings).play(&script);
    assert_eq!(stage.answers.find('*'), Some(120 + 12));
    assert_eq!(stage.finding.unwrap().pictures_total, 13);
}

#[test]
fn it_ends_soon_after_the_seller_has_left_however_many_still_pass() {
    let script = format!("UP240 {}", "UQ U3 UR U3 ".repeat(15));
    let met = met(&script);
    let ends = *met.last().unwrap();
    // Twenty minutes of selling buy no more than three of passers-by.
    assert!((240..=276).contains(&ends), "{ends}");
}

#[test]
fn a_single_false_detection_is_forgotten() {
    check(&vending(), &[("U UP U5", "-?????-"), (". UP .5", "-?????-")]);
}

#[test]
fn goods_within_reach_of_each_other_are_one_stall() {
    let settings = vending();
    let stage = Stage::new(&settings).play("UTP14");
    let finding = stage.finding.as_ref().unwrap();
    assert_eq!(finding.count, 1);
    assert_eq!(stage.subjects(), ["table 2", "umbrella 1", "person 3"]);
    assert_eq!(stage.rule.describe(finding), "疑似占道摆摊（1人、1伞、1件其他物品、1分钟）");
    let stage = Stage::new(&settings).play("UPCA14");
    let finding = stage.finding.as_ref().unwrap();
    assert_eq!(finding.count, 2);
    assert_eq!(stage.rule.describe(finding), "疑似占道摆摊2处（2人、1伞、1辆汽车、1分钟）");
}

#[test]
fn goods_of_no_class_are_told_by_the_ground_that_they_cover() {
    let any = StallSettings { unknown_goods: true, ..vending() };
    let told = |ground, script| {
        let mut stage = Stage::new(&any);
        stage.ground = ground;
        let stage = stage.play(script);
        stage.rule.describe(stage.finding.as_ref().unwrap())
    };
    // Seen from above: the picture is 10 m wide and 20 m long.
    let above = GroundPlane::from_homography([10.0, 0.0, 0.0, 0.0, -20.0, 20.0, 0.0, 0.0, 1.0]);
    assert_eq!(told(Some(above), "GPQ14"), "疑似占道摆摊（2人、货物0.5㎡、1分钟）");
    assert_eq!(told(None, "GP120"), "疑似占道摆摊（1人、货物占区域1%、9分钟）");
    // In the end somebody hides the goods, and the umbrella stands.
    assert_eq!(told(None, "GUP14 UP"), "疑似占道摆摊（1人、1伞、1分钟）");
}

#[test]
fn a_restart_a_gap_and_a_step_back_cost_no_dwell() {
    for pause in ["!", "|3600", "<3600", "! <60"] {
        assert_eq!(met(&format!("UP6 {pause} VQ7")), [12], "{pause}");
    }
}

#[test]
fn what_was_earned_before_a_restart_is_not_forgotten() {
    assert_eq!(met("UP12 ! U3 UP"), [15], "the credit is remembered");
}

#[test]
fn settings_out_of_range_are_named() {
    let setting = |settings: StallSettings| settings.fault().map(|(setting, _)| setting);
    assert_eq!(setting(StallSettings::new(vec![Class::new("umbrella")])), None);
    assert_eq!(setting(StallSettings { sellers: Vec::new(), ..vending() }), Some("sellers"));
    assert_eq!(setting(StallSettings { goods: Vec::new(), ..vending() }), Some("goods"));
    assert_eq!(setting(StallSettings { min_share: 0.0, ..vending() }), Some("min_share"));
}

/// The pictures of a script in which whoever looks twice tells that, or nobody looks.
fn looked_at<'a>(
    settings: &'a StallSettings,
    tells: Option<Option<f32>>,
    script: &str,
) -> Stage<'a> {
    let mut stage = Stage::new(settings);
    stage.tells = tells;
    stage.play(script)
}

#[test]
fn a_second_look_says_how_likely_a_stall_is() {
    let usual = vending();
    let stage = looked_at(&usual, Some(Some(0.93)), "UP14");
    assert_eq!(stage.answers, "????????????**");
    let finding = stage.finding.unwrap();
    assert_eq!(finding.likelihood, Some(Likelihood::Of(0.93)));
    expect_test::expect!["疑似占道摆摊（1人、1伞、摊位可能性0.93、1分钟）"]
        .assert_eq(&stage.rule.describe(&finding));
    // Asked for from the fourth picture on, a quarter of the dwell, and then every 7.5 s: each third picture.
    assert_eq!(stage.asked, 4);
    let small = looked_at(&usual, Some(None), "UP14").finding.unwrap();
    assert_eq!(small.likelihood, Some(Likelihood::TooSmall));
    expect_test::expect!["疑似占道摆摊（1人、1伞、目标过小无法判别摊位、1分钟）"]
        .assert_eq(&stage.rule.describe(&small));
    assert_eq!(looked_at(&usual, None, "UP14").finding.unwrap().likelihood, None);
}

#[test]
fn a_rule_may_say_how_likely_a_stall_must_be() {
    let likely = StallSettings { min_likelihood: Some(0.5), ..vending() };
    let answers = |tells, script: &str| looked_at(&likely, tells, script).answers;
    assert_eq!(answers(Some(Some(0.5)), "UP14"), "????????????**");
    assert_eq!(answers(Some(Some(0.45)), "UP14"), "??????????????");
    // What is too small to tell, or whom nobody looks at, is judged without.
    assert_eq!(answers(Some(None), "UP14"), "????????????**");
    assert_eq!(answers(None, "UP14"), "????????????**");
    // After a restart the next picture tells.
    assert_eq!(answers(Some(Some(0.9)), "UP13 ! UP3"), "????????????*?**");
    let setting = StallSettings { min_likelihood: Some(0.0), ..vending() };
    assert_eq!(setting.fault().map(|(name, _)| name), Some("min_likelihood"));
}
