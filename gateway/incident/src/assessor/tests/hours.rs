//! Rules that rest, classes that are legal for some hours, and days that reach their cap.
//! Stories begin on Sunday 2026-11-22 at 09:10.

use std::sync::Arc;
use std::time::Duration;

use expect_test::{Expect, expect};
use scene::Class;

use super::script::{START, Stage, standing};
use crate::RuleSettings;
use rule::Phase;
use rule::kind::standing::StandingSettings;
use rule::{schedule::Allowance, schedule::Calendar, schedule::Hours, schedule::Schedule};

fn hours(text: &str) -> Hours {
    Hours::parse(&[text]).unwrap()
}

fn within(text: &str) -> RuleSettings {
    let schedule = Schedule { hours: Some(hours(text)), ..Schedule::default() };
    RuleSettings { schedule, ..standing() }
}

fn legal(class: &str, text: &str) -> RuleSettings {
    let allowed = vec![Allowance { classes: vec![Class::new(class)], hours: hours(text) }];
    RuleSettings { schedule: Schedule { allowed, ..Schedule::default() }, ..standing() }
}

fn capped(daily_cap: u32) -> RuleSettings {
    let mut rule = standing();
    rule.lifecycle.daily_cap = daily_cap;
    rule.lifecycle.reopen_after = Duration::from_secs(5);
    rule
}

fn check(rule: RuleSettings, script: &str, expected: &Expect) {
    let mut stage = Stage::new(vec![rule]);
    stage.play(script);
    expected.assert_eq(&stage.log);
}

#[test]
fn a_dwell_begins_with_the_hours_of_its_rule() {
    // Pictures 5 s apart: hours begin with the thirteenth.
    check(
        within("Sun 09:11-10:00"),
        "A30",
        &expect![[r#"
            90s open alert 1 seq 1: 1 for 30s, 7/7 pictures
        "#]],
    );
}

#[test]
fn the_end_of_the_hours_clears_and_later_closes() {
    check(
        within("Sun 09:00-09:11"),
        "A30",
        &expect![[r#"
            30s open alert 1 seq 1: 1 for 30s, 7/7 pictures
            60s clear alert 1 seq 2: 1 for 55s, 12/12 pictures
            125s close alert 1 seq 3: 1 for 55s, 12/12 pictures
        "#]],
    );
}

#[test]
fn a_resting_rule_wants_no_picture() {
    let mut stage = Stage::new(vec![within("Sun 09:00-09:11")]);
    stage.play("A5");
    assert!(stage.assessor.sampling().interval < Duration::from_mins(1));
    stage.play("A10");
    assert_eq!(stage.assessor.sampling().interval, Duration::MAX);
    let rule = stage.rules[0].build().unwrap();
    assert!(rule.sampling(Phase::Idle).interval < Duration::from_mins(1));
}

#[test]
fn hours_survive_a_restart() {
    check(
        within("Sun 09:11-10:00"),
        "A14 !0 A20",
        &expect![[r#"
            95s open alert 1 seq 1: 1 for 30s, 8/8 pictures
        "#]],
    );
}

#[test]
fn a_class_that_is_legal_now_does_not_count() {
    check(legal("car", "daily 00:00-24:00"), "A30", &expect![[""]]);
    check(
        legal("truck", "daily 00:00-24:00"),
        "A10",
        &expect![[r#"
            30s open alert 1 seq 1: 1 for 30s, 7/7 pictures
        "#]],
    );
    check(
        legal("car", "daily 08:00-09:11"),
        "A30",
        &expect![[r#"
            90s open alert 1 seq 1: 1 for 30s, 7/7 pictures
        "#]],
    );
}

#[test]
fn a_holiday_is_what_the_calendar_says() {
    let mut rule = within("holiday 00:00-24:00");
    check(rule.clone(), "A10", &expect![[""]]);
    let day = jiff::civil::date(2026, 11, 22);
    rule.schedule.calendar = Arc::new(Calendar::new([day], []).unwrap());
    check(
        rule,
        "A10",
        &expect![[r#"
            30s open alert 1 seq 1: 1 for 30s, 7/7 pictures
        "#]],
    );
}

#[test]
fn beyond_the_daily_cap_one_summary_counts_the_rest() {
    let mut stage = Stage::new(vec![capped(2)]);
    // Five incidents, each seen for 35 s and gone for 45 s; the fifth lasts.
    stage.play("A8 .8 A8 .8 A8 .8 A8 .8 A130");
    let told: Vec<String> = stage.log.lines().map(str::to_owned).collect();
    let opened = told.iter().filter(|line| line.contains("open")).count();
    assert_eq!(opened, 3, "{told:#?}");
    let last = stage.messages.last().unwrap();
    let summary = last.dedupe.summary.unwrap();
    assert_eq!((summary.daily_cap, summary.occurrences), (2, 3));
    assert!(last.description.ends_with("达到每日上限，其后3起合并于本条"), "{}", last.description);
    assert!(stage.messages.iter().filter(|alert| alert.dedupe.summary.is_some()).count() == 2);
}

#[test]
fn a_summary_ends_with_its_day_even_after_a_restart() {
    check(
        capped(1),
        // 53 000 s on, it is 23:53; 1 000 s later a new day.
        "A8 .8 |53000 A8 .8 !0 A8 |1000 A8 .8",
        &expect![[r#"
            30s open alert 1 seq 1: 1 for 30s, 7/7 pictures
            55s clear alert 1 seq 2: 1 for 35s, 8/8 pictures
            65s close alert 1 seq 3: 1 for 35s, 8/8 pictures
            53110s open alert 2 seq 1: 1 for 30s, 7/7 pictures
            54200s close alert 2 seq 2: 1 for 35s, 8/8 pictures
            54200s open alert 3 seq 1: 1 for 35s, 9/9 pictures
            54255s clear alert 3 seq 2: 1 for 70s, 16/16 pictures
            54265s close alert 3 seq 3: 1 for 70s, 16/16 pictures
        "#]],
    );
}

/// Days of a parked car, one look a minute: out of sight from one to six at night, when the gateway
/// is restarted, too. `gone_at_noon` takes it away for the fourth day's lunch.
fn days_parked(gone_at_noon: bool) -> Vec<u64> {
    let mut rule = standing();
    rule.kind = StandingSettings {
        gap_tolerance: Duration::from_hours(6),
        min_share: 0.5,
        ..StandingSettings::new(vec![Class::new("car")], Duration::from_hours(72))
    }
    .into();
    rule.lifecycle.clear_after = Duration::from_hours(6);
    let mut stage = Stage::new(vec![rule]);
    let mut opened_after = Vec::new();
    for minute in 0..5 * 24 * 60 {
        stage.now = START.after(Duration::from_mins(minute));
        // Stories begin at ten past nine.
        let (day, hour) = (minute / 1440, (minute + 9 * 60 + 10) / 60 % 24);
        let at_lunch = gone_at_noon && day == 2 && (12..14).contains(&hour);
        if hour == 3 && minute % 60 == 0 {
            stage.restart(Duration::ZERO);
        }
        // Driving off is seen: the car is elsewhere in the picture.
        stage.show(if at_lunch {
            "a"
        } else if (1..6).contains(&hour) {
            "."
        } else {
            "A"
        });
        let known = opened_after.len();
        if stage.messages.iter().filter(|alert| alert.seq == 1).count() > known {
            opened_after.push(minute / 60);
        }
    }
    opened_after
}

#[test]
fn a_dwell_of_days_outlasts_nights_and_restarts_and_ends_with_a_drive() {
    // A restart costs the minute around it: watched time, not wall-clock time, must reach 72 h.
    assert_eq!(days_parked(false), [72]);
    assert_eq!(days_parked(true), Vec::<u64>::new());
}
