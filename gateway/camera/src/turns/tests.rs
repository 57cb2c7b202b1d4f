//! Turns by tables, and what they promise whatever the sizes are said to tell.

use proptest::prelude::*;

use super::*;

fn at(millis: i64) -> CaptureTime {
    CaptureTime::from_unix_micros(1_000_000_000 + millis * 1000)
}

fn pace(interval_secs: u64, longest_secs: u64) -> LookPace {
    let longest = Some(Duration::from_secs(longest_secs));
    LookPace { interval: Duration::from_secs(interval_secs), longest }
}

/// When looks are taken, in seconds, at a camera with a key frame every two seconds, and what all turns became.
fn looks(pace: LookPace, secs: i64, activity: impl Fn(i64) -> Activity) -> (Vec<i64>, Vec<Turn>) {
    let (mut turns, mut looks, mut all) = (Turns::new(pace), Vec::new(), Vec::new());
    for key in 0..secs / 2 {
        let offer = Offer { at: at(key * 2000), is_key: true, gop: Some(Duration::from_secs(2)) };
        let turn = turns.judge(offer, activity(key * 2));
        if turn.is_look() {
            looks.push(key * 2);
        }
        all.push(turn);
    }
    (looks, all)
}

#[test]
fn while_nothing_happens_looks_are_left_out_for_the_longest_time_and_no_longer() {
    let (seen, turns) = looks(pace(10, 30), 100, |_| Activity::Quiet);
    assert_eq!(seen, [0, 30, 60, 90]);
    assert_eq!(turns.iter().filter(|turn| **turn == Turn::LeftOut).count(), 6);
    assert_eq!(looks(pace(30, 60), 200, |_| Activity::Quiet).0, [0, 60, 120, 180]);
    assert_eq!(looks(pace(20, 50), 100, |_| Activity::Quiet).0, [0, 40, 80], "60 would be late");
}

#[test]
fn where_sizes_tell_nothing_or_may_not_be_asked_every_turn_is_a_look() {
    assert_eq!(looks(pace(10, 60), 50, |_| Activity::Unsure).0, [0, 10, 20, 30, 40]);
    let off = LookPace { longest: None, ..pace(10, 60) };
    assert_eq!(looks(off, 50, |_| Activity::Quiet).0, [0, 10, 20, 30, 40]);
    assert_eq!(looks(off, 50, |_| Activity::Began).0, [0, 10, 20, 30, 40]);
}

#[test]
fn what_begins_is_looked_at_with_the_next_key_frame_and_what_goes_on_at_the_usual_pace() {
    let begins = |secs| if secs >= 13 { Activity::Began } else { Activity::Quiet };
    let (seen, turns) = looks(pace(10, 30), 60, begins);
    assert_eq!(seen, [0, 14, 24, 34, 44, 54], "no more often than at the usual pace");
    assert_eq!(turns[7], Turn::Hastened);
    let (mut turns, quiet) = (Turns::new(pace(10, 30)), Activity::Quiet);
    let offer = |millis| Offer { at: at(millis), is_key: false, gop: None };
    assert_eq!(turns.judge(offer(0), quiet), Turn::Due);
    assert_eq!(turns.judge(offer(4000), Activity::Began), Turn::Waits, "it would cost a group");
}

#[test]
fn a_pace_that_becomes_faster_holds_at_once() {
    let mut turns = Turns::new(pace(30, 60));
    let offer = |millis| Offer { at: at(millis), is_key: true, gop: None };
    assert_eq!(turns.judge(offer(0), Activity::Quiet), Turn::Due);
    assert_eq!(turns.judge(offer(30_000), Activity::Quiet), Turn::LeftOut);
    turns.set_pace(LookPace { interval: Duration::from_secs(1), longest: None });
    assert_eq!(turns.judge(offer(31_000), Activity::Quiet), Turn::Due);
}

#[test]
fn turns_that_come_late_add_up_to_nothing() {
    // Pictures at 25 a second that come 7 ms later each time, and no key frames.
    let (mut turns, mut seen) = (Turns::new(pace(1, 3)), Vec::new());
    for picture in 0..250 {
        let millis = picture * 47;
        let offer = Offer { at: at(millis), is_key: false, gop: None };
        if turns.judge(offer, Activity::Quiet).is_look() {
            seen.push(millis);
        }
    }
    assert!(seen.windows(2).all(|pair| (2960..=3047).contains(&(pair[1] - pair[0]))), "{seen:?}");
}

proptest! {
    /// Whatever the sizes are said to tell, whenever pictures come: no look is later than the longest time after
    /// the one before, and the picture that then comes.
    #[test]
    fn no_look_is_later_than_the_rules_bear(
        interval in 1_u64..60,
        times in 1_u64..5,
        pictures in prop::collection::vec((20_i64..2000, any::<bool>(), 0_u8..3), 1..600),
    ) {
        let mut turns = Turns::new(pace(interval, interval * times));
        let (mut now, mut before, mut looked) = (0_i64, 0, 0_i64);
        for (step, is_key, said) in pictures {
            now += step;
            let said = [Activity::Quiet, Activity::Began, Activity::Unsure][usize::from(said)];
            let offer = Offer { at: at(now), is_key, gop: Some(Duration::from_secs(2)) };
            if turns.judge(offer, said).is_look() {
                looked = now;
            } else {
                let limit = i64::try_from(interval * times * 1000).unwrap();
                prop_assert!(now - looked < limit || before == 0, "{} ms", now - looked);
            }
            before = now;
        }
    }
}
