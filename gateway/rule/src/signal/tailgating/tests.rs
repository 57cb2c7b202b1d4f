//! What doors and a camera told at a checkpoint, and what must be concluded from it.

use std::time::Duration;

use expect_test::{Expect, expect};
use proptest::prelude::*;
use scene::{
    CaptureTime, Clock, ClockSource, DoorEvent, Reading, Signal, SignalKind, SignalSource,
    SignalValue,
};

use super::group::{Crossing, Grant, Window, pass};
use super::{CheckpointFacts, TailgatingSettings};
use crate::signal::{SignalRule, SignalRuleKind, SignalSettings, SignalVerdict};

const START: CaptureTime = CaptureTime::from_unix_micros(1_795_338_000_000_000);
const EAST: &str = "acs-1/east";
const WEST: &str = "acs-2/west";

fn ms(millis: u64) -> CaptureTime {
    START.after(Duration::from_millis(millis))
}

fn signal(point: &str, kind: SignalKind, reading: Reading, at: CaptureTime) -> Signal {
    let source = SignalSource { device: "kk-1".into(), point: point.into() };
    let clock = Clock { source: ClockSource::SenderReport, error_ms: None };
    Signal::new(source, kind, reading, at, clock).unwrap()
}

fn event(point: &str, event: DoorEvent, at: CaptureTime) -> Signal {
    signal(point, SignalKind::DoorEvent, Reading::Good(SignalValue::Code(event)), at)
}

fn crossed(people: f64, at: CaptureTime) -> Signal {
    signal("cam-1", SignalKind::Crossing, Reading::Good(SignalValue::Number(people)), at)
}

fn kind() -> SignalRuleKind {
    let doors = vec![(EAST.into(), "东门".to_owned()), (WEST.into(), "西门".to_owned())];
    let facts = CheckpointFacts { doors, has_line: true, ..CheckpointFacts::default() };
    TailgatingSettings::default().at_checkpoint(&facts).unwrap()
}

fn rule() -> SignalRule {
    SignalRule::new(&kind(), None, Duration::from_mins(5))
}

/// Plays signals in the order of their times, lets time pass up to `until`, and gives what was told.
fn told(rule: &mut SignalRule, mut signals: Vec<Signal>, until: CaptureTime) -> Vec<String> {
    signals.sort_by_key(Signal::captured_at);
    let mut told = Vec::new();
    let mut note = |rule: &SignalRule, verdict: SignalVerdict| {
        if let SignalVerdict::Met(found) = verdict {
            let at = found.since_at.since(START).as_millis();
            told.push(format!("{at} ms: {}", rule.describe(&found)));
        }
    };
    for signal in &signals {
        while let Some(due_at) = rule.wake_at().filter(|at| *at < signal.captured_at()) {
            let verdict = rule.pass_time(due_at);
            note(rule, verdict);
        }
        let verdict = rule.hear(signal);
        note(rule, verdict);
    }
    while let Some(due_at) = rule.wake_at().filter(|at| *at <= until) {
        let verdict = rule.pass_time(due_at);
        note(rule, verdict);
    }
    let verdict = rule.pass_time(until);
    note(rule, verdict);
    told
}

fn check(signals: Vec<Signal>, expected: &Expect) {
    expected.assert_eq(&told(&mut rule(), signals, ms(120_000)).join("\n"));
}

use DoorEvent::{AccessDenied, AccessGranted, ExitRequest, FireRelease};

#[test]
fn one_credential_and_three_people_are_told_with_the_door() {
    let signals = vec![
        event(EAST, AccessGranted, ms(10_000)),
        crossed(1.0, ms(12_000)),
        crossed(2.0, ms(13_500)),
    ];
    check(signals, &expect!["12000 ms: 东门门禁放行1人、进入3人"]);
}

#[test]
fn as_many_credentials_as_people_are_no_incident() {
    let signals = vec![
        event(EAST, AccessGranted, ms(10_000)),
        event(WEST, AccessGranted, ms(11_000)),
        crossed(2.0, ms(13_000)),
        event(EAST, AccessGranted, ms(30_000)),
        crossed(1.0, ms(40_000)),
        event(EAST, AccessGranted, ms(52_000)),
        crossed(1.0, ms(50_000)),
    ];
    check(signals, &expect![""]);
}

#[test]
fn who_crosses_outside_the_window_has_no_credential() {
    let late = vec![event(EAST, AccessGranted, ms(10_000)), crossed(1.0, ms(20_001))];
    check(late, &expect!["20001 ms: 东门、西门门禁放行0人、进入1人"]);
    let early = vec![event(EAST, AccessGranted, ms(12_001)), crossed(1.0, ms(10_000))];
    check(early, &expect!["10000 ms: 东门、西门门禁放行0人、进入1人"]);
}

#[test]
fn a_refusal_and_the_button_inside_let_nobody_in() {
    let signals = vec![
        event(EAST, AccessDenied, ms(10_000)),
        event(EAST, ExitRequest, ms(10_500)),
        crossed(1.0, ms(12_000)),
    ];
    check(signals, &expect!["12000 ms: 东门、西门门禁放行0人、进入1人"]);
}

#[test]
fn people_3_s_apart_are_one_group_and_others_are_two() {
    let signals = vec![
        event(EAST, AccessGranted, ms(10_000)),
        crossed(2.0, ms(11_000)),
        crossed(1.0, ms(14_000)),
        crossed(1.0, ms(17_001)),
    ];
    let both = expect![[r#"
        11000 ms: 东门门禁放行1人、进入3人
        17001 ms: 东门、西门门禁放行0人、进入1人"#]];
    check(signals, &both);
}

#[test]
fn who_may_have_been_seen_twice_is_told_and_not_counted() {
    let unsure = |at| {
        let twice = Reading::Uncertain(SignalValue::Number(1.0));
        signal("cam-1", SignalKind::Crossing, twice, at)
    };
    let alone =
        vec![event(EAST, AccessGranted, ms(10_000)), crossed(1.0, ms(12_000)), unsure(ms(12_400))];
    check(alone, &expect![""]);
    let beside =
        vec![event(EAST, AccessGranted, ms(10_000)), crossed(2.0, ms(12_000)), unsure(ms(12_400))];
    check(beside, &expect!["12000 ms: 东门门禁放行1人、进入2人，另有1人次未能确认"]);
}

#[test]
fn after_a_fire_release_everybody_may_pass() {
    let signals = vec![event(EAST, FireRelease, ms(1_000)), crossed(5.0, ms(12_000))];
    check(signals, &expect![""]);
}

#[test]
fn a_credential_told_late_still_counts() {
    let mut rule = rule();
    rule.hear(&crossed(1.0, ms(12_000)));
    assert_eq!(rule.pass_time(ms(19_000)), SignalVerdict::Candidate, "it waits");
    rule.hear(&event(EAST, AccessGranted, ms(11_000)));
    assert!(told(&mut rule, Vec::new(), ms(60_000)).is_empty());
}

#[test]
fn nothing_is_concluded_while_a_controller_is_gone() {
    let gone = |is_there| Reading::Good(SignalValue::Flag(is_there));
    let mut rule = rule();
    let point = "acs-1/device";
    let beat = |is_there, at| signal(point, SignalKind::Heartbeat, gone(is_there), at);
    let signals = vec![beat(false, ms(5_000)), crossed(3.0, ms(12_000)), beat(true, ms(60_000))];
    assert!(told(&mut rule, signals, ms(90_000)).is_empty());
    let after = vec![crossed(1.0, ms(100_000))];
    assert_eq!(told(&mut rule, after, ms(130_000)).len(), 1, "it judges again");
}

#[test]
fn a_restart_keeps_who_waits_to_be_judged_unless_nobody_listened() {
    for (was_deaf, expected) in [(false, 1), (true, 0)] {
        let mut rule = rule();
        rule.hear(&event(EAST, AccessGranted, ms(10_000)));
        rule.hear(&crossed(2.0, ms(12_000)));
        let memory = rule.memory().unwrap();
        let mut next = SignalRule::new(&kind(), None, Duration::from_mins(5));
        assert!(next.restore(&memory, was_deaf));
        assert_eq!(told(&mut next, Vec::new(), ms(60_000)).len(), expected, "{was_deaf}");
    }
}

/// The rule in its next run, which began at `at`; nobody listened since the latest time it was told of.
fn after_a_kill(rule: &SignalRule, at: CaptureTime) -> SignalRule {
    let mut next = SignalRule::new(&kind(), None, Duration::from_mins(5));
    assert!(next.restore(&rule.memory().unwrap(), true));
    let verdict = next.pass_time(at);
    assert!(!matches!(verdict, SignalVerdict::Met(_)), "what a door says late has time to come");
    next
}

#[test]
fn a_group_that_was_over_before_a_kill_is_judged_once_after_it() {
    for (granted, late, expected) in
        [(1, 0, vec!["12000 ms: 东门门禁放行1人、进入2人"]), (1, 1, vec![]), (2, 0, vec![])]
    {
        let mut rule = rule();
        for at in 0..granted {
            rule.hear(&event(EAST, AccessGranted, ms(10_000 + at)));
        }
        rule.hear(&crossed(2.0, ms(12_000)));
        rule.pass_time(ms(16_000));
        let mut next = after_a_kill(&rule, ms(40_000));
        for at in 0..late {
            next.hear(&event(EAST, AccessGranted, ms(11_000 + at)));
        }
        assert_eq!(told(&mut next, Vec::new(), ms(60_000)), expected, "{granted} {late}");
        let mut third = after_a_kill(&next, ms(100_000));
        assert!(told(&mut third, Vec::new(), ms(130_000)).is_empty(), "it is told once");
    }
}

#[test]
fn who_may_owe_it_to_a_credential_of_a_time_that_nobody_heard_is_not_reported() {
    // From 12 s to 40 s the gateway is away.
    for (crossed_at, expected) in [(11_000, 0), (41_000, 0), (49_000, 0), (51_000, 1)] {
        let mut rule = rule();
        rule.hear(&event(EAST, AccessDenied, ms(5_000)));
        if crossed_at < 12_000 {
            rule.hear(&crossed(1.0, ms(crossed_at)));
        }
        rule.pass_time(ms(12_000));
        let mut next = after_a_kill(&rule, ms(40_000));
        let after = (crossed_at > 12_000).then(|| crossed(1.0, ms(crossed_at)));
        let found = told(&mut next, after.into_iter().collect(), ms(90_000));
        assert_eq!(found.len(), expected, "{crossed_at} ms");
    }
    let mut rule = rule();
    let beat = |is_there, at| {
        let reading = Reading::Good(SignalValue::Flag(is_there));
        signal("acs-1/device", SignalKind::Heartbeat, reading, at)
    };
    let away = vec![
        beat(true, ms(1_000)),
        beat(false, ms(5_000)),
        beat(true, ms(60_000)),
        crossed(1.0, ms(65_000)),
    ];
    assert!(told(&mut rule, away, ms(90_000)).is_empty(), "its controller was away");
}

#[test]
fn a_credential_of_before_the_hours_lets_in_who_crosses_in_them() {
    let mut rule = rule();
    rule.hear(&event(EAST, AccessGranted, ms(10_000)));
    rule.rest(ms(11_000));
    assert!(told(&mut rule, vec![crossed(1.0, ms(13_000))], ms(60_000)).is_empty());
}

/// Lone passers-by, two minutes apart, whose crossing comes `skew_ms` later than the walk says.
fn lone(pairs: u64, skew_ms: i64, dawdle_ms: impl Fn(u64) -> i64) -> Vec<Signal> {
    (0..pairs)
        .flat_map(|pair| {
            let at = ms(60_000 + pair * 120_000);
            let after = 2_000 + skew_ms + dawdle_ms(pair);
            [event(EAST, AccessGranted, at), crossed(1.0, at.moved(after * 1_000))]
        })
        .collect()
}

#[test]
fn a_camera_that_is_15_s_ahead_is_corrected_once_five_pairs_agree() {
    let mut rule = rule();
    let until = ms(60_000 + 8 * 120_000);
    let early = told(&mut rule, lone(8, 15_000, |_| 0), until);
    assert_eq!(rule.clock_skew_micros(), Some(15_000_000));
    assert!(early.len() <= 6, "before that it cannot know: {early:?}");
    let at = 60_000 + 9 * 120_000;
    let alone = vec![event(EAST, AccessGranted, ms(at)), crossed(1.0, ms(at + 17_000))];
    assert!(told(&mut rule, alone, ms(at + 100_000)).is_empty());
    let at = at + 120_000;
    let two = vec![event(EAST, AccessGranted, ms(at)), crossed(2.0, ms(at + 17_000))];
    let found = told(&mut rule, two, ms(at + 100_000)).join("\n");
    assert!(
        found.ends_with("东门门禁放行1人、进入2人；摄像机时钟比门禁快15.0秒，已校正"),
        "{found}"
    );
}

/// The most people who can be let in, by augmenting paths: an oracle that shares nothing with the rule.
fn most_matched(crossings: &[i64], grants: &[i64], (ahead, follow): (i64, i64)) -> usize {
    fn augment(
        person: usize,
        fits: &dyn Fn(usize, usize) -> bool,
        taken: &mut [Option<usize>],
        tried: &mut [bool],
    ) -> bool {
        for grant in 0..taken.len() {
            if !fits(person, grant) || std::mem::replace(&mut tried[grant], true) {
                continue;
            }
            if taken[grant].is_none_or(|other| augment(other, fits, taken, tried)) {
                taken[grant] = Some(person);
                return true;
            }
        }
        false
    }
    let fits = |person: usize, grant: usize| {
        let between = crossings[person] - grants[grant];
        (-ahead..=follow).contains(&between)
    };
    let mut taken = vec![None; grants.len()];
    (0..crossings.len())
        .filter(|person| augment(*person, &fits, &mut taken, &mut vec![false; grants.len()]))
        .count()
}

proptest! {
    #[test]
    fn no_other_choice_of_credentials_lets_more_people_in(
        mut crossings in prop::collection::vec(0_i64..40, 0..12),
        mut grants in prop::collection::vec(0_i64..40, 0..12),
        ahead in 0_i64..6,
        follow in 1_i64..15,
        skew in -20_i64..20,
    ) {
        crossings.sort_unstable();
        grants.sort_unstable();
        let at = |secs: i64| START.moved(secs * 1_000_000);
        let group: Vec<Crossing> = crossings
            .iter()
            .map(|secs| Crossing {
                crossed_at_us: at(*secs + skew).into(),
                people: 1,
                is_unsure: false,
            })
            .collect();
        let mut left: Vec<Grant> = grants
            .iter()
            .map(|secs| Grant { granted_at_us: at(*secs).into(), door: EAST.to_owned() })
            .collect();
        let window = Window {
            ahead: Duration::from_secs(ahead.unsigned_abs()),
            follow: Duration::from_secs(follow.unsigned_abs()),
        };
        let passed = pass(&group, &mut left, window, skew * 1_000_000);
        let most = most_matched(&crossings, &grants, (ahead, follow));
        prop_assert_eq!(passed.granted as usize, most);
        prop_assert_eq!(passed.entered as usize, crossings.len());
        prop_assert_eq!(left.len(), grants.len() - most);
    }

    #[test]
    fn a_third_of_stray_pairs_does_not_move_the_skew(
        skew_ms in -15_000_i64..15_000,
        strays in prop::collection::vec((0_u64..15, -2_500_i64..2_500), 0..5),
        tremble in prop::collection::vec(-400_i64..400, 15),
    ) {
        let mut rule = rule();
        let dawdle = |pair: u64| {
            let stray = strays.iter().find(|(at, _)| *at == pair).map(|(_, by)| *by);
            stray.unwrap_or(tremble[usize::try_from(pair).unwrap()])
        };
        told(&mut rule, lone(15, skew_ms, dawdle), ms(60_000 + 15 * 120_000));
        let measured = rule.clock_skew_micros().unwrap() / 1_000;
        prop_assert!((measured - skew_ms).abs() <= 400, "{} of {}", measured, skew_ms);
    }

    #[test]
    fn whoever_has_a_credential_is_never_reported(
        walks in prop::collection::vec((0_u64..3_000, 200_u64..9_000), 1..30),
    ) {
        let mut at = 0;
        let mut signals = Vec::new();
        for (pause, walk) in walks {
            at += pause;
            signals.push(event(EAST, AccessGranted, ms(at)));
            signals.push(crossed(1.0, ms(at + walk)));
        }
        prop_assert_eq!(told(&mut rule(), signals, ms(at + 60_000)), Vec::<String>::new());
    }
}
