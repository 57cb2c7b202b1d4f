//! Windows of hours, and what they hold.

use jiff::civil::{date, datetime};
use proptest::prelude::*;

use super::{Calendar, Hours};

/// National day 2026: off from Thursday 1 to Wednesday 7 October, Saturday 10 October worked.
fn calendar() -> Calendar {
    let holidays = (1..=7).map(|day| date(2026, 10, day));
    Calendar::new(holidays, [date(2026, 10, 10)]).unwrap()
}

#[track_caller]
fn check(windows: &[&str], inside: &[(i8, i8, i8)], outside: &[(i8, i8, i8)]) {
    let hours = Hours::parse(windows).unwrap();
    let at = |&(day, hour, minute): &(i8, i8, i8)| datetime(2026, 10, day, hour, minute, 59, 0);
    for moment in inside {
        assert!(hours.contain(at(moment), &calendar()), "{windows:?} lacks {moment:?}");
    }
    for moment in outside {
        assert!(!hours.contain(at(moment), &calendar()), "{windows:?} holds {moment:?}");
    }
}

#[test]
fn a_window_holds_its_first_minute_and_not_its_end() {
    check(&["daily 18:00-23:00"], &[(8, 18, 0), (8, 22, 59)], &[(8, 17, 59), (8, 23, 0)]);
    check(&["daily 00:00-24:00"], &[(8, 0, 0), (8, 23, 59)], &[]);
    check(&["daily 20:00-00:00"], &[(8, 20, 0), (8, 23, 59)], &[(8, 19, 59), (9, 0, 0)]);
}

#[test]
fn a_window_past_midnight_belongs_to_the_day_on_which_it_starts() {
    // 16 October is a Friday.
    let inside = [(16, 22, 0), (16, 23, 59), (17, 0, 0), (17, 5, 59)];
    check(&["Fri 22:00-06:00"], &inside, &[(16, 5, 59), (17, 6, 0), (17, 22, 0)]);
}

#[test]
fn weekdays_hold_whatever_the_calendar_says_and_workdays_do_not() {
    // 12 to 18 October: an ordinary week from Monday on.
    check(&["Mon-Fri 08:00-18:00"], &[(12, 9, 0), (16, 9, 0), (1, 9, 0)], &[(17, 9, 0)]);
    check(&["Sat-Mon 08:00-18:00"], &[(17, 9, 0), (18, 9, 0), (12, 9, 0)], &[(13, 9, 0)]);
    check(&["Tue, Thu 08:00-18:00"], &[(13, 9, 0), (15, 9, 0)], &[(14, 9, 0)]);
    check(&["workday 08:00-18:00"], &[(12, 9, 0), (10, 9, 0)], &[(1, 9, 0), (11, 9, 0)]);
    check(&["weekend 08:00-18:00"], &[(11, 9, 0), (17, 9, 0)], &[(10, 9, 0), (3, 9, 0)]);
    check(&["holiday 08:00-18:00"], &[(1, 9, 0), (3, 9, 0)], &[(8, 9, 0), (11, 9, 0)]);
}

#[test]
fn several_windows_add_up() {
    let windows = ["workday 07:00-09:00", "workday 17:00-19:00", "holiday 10:00-12:00"];
    check(&windows, &[(12, 8, 0), (12, 18, 0), (2, 11, 0)], &[(12, 11, 0), (2, 8, 0)]);
}

#[test]
fn what_is_no_window_is_refused_with_its_reason() {
    let refused = |text: &str| Hours::parse(&[text]).unwrap_err().reason;
    assert_eq!(refused("18:00-23:00"), "days or hours are missing");
    assert_eq!(refused("Mo 18:00-23:00"), "`Mo` is no day");
    assert_eq!(refused("Mon 18:00"), "`18:00` has no `-`");
    assert_eq!(refused("Mon 18-23"), "`18` is no time of day from 00:00 to 24:00");
    assert_eq!(refused("Mon 24:01-25:00"), "`24:01` is no time of day from 00:00 to 24:00");
    assert_eq!(refused("Mon 24:00-06:00"), "a window cannot start at 24:00");
    let empty = "it ends when it starts; a whole day is 00:00-24:00";
    assert_eq!(refused("Mon 08:00-08:00"), empty);
    let both = Calendar::new([date(2026, 10, 1)], [date(2026, 10, 1)]).unwrap_err();
    assert_eq!(both.to_string(), "2026-10-01 is both a holiday and a working day: write it once");
}

proptest! {
    #[test]
    fn a_window_and_its_complement_share_no_minute_and_miss_none(
        from in 0_u16..1440, length in 1_u16..1440, day in 2_i8..29, minute in 0_u16..1440,
    ) {
        let to = (from + length) % 1440;
        let text = |from: u16, to: u16| {
            format!("daily {:02}:{:02}-{:02}:{:02}", from / 60, from % 60, to / 60, to % 60)
        };
        let at = datetime(2026, 11, day, 0, 0, 0, 0) + jiff::Span::new().minutes(minute);
        let contain = |text: String| Hours::parse(&[text]).unwrap().contain(at, &calendar());
        prop_assert_ne!(contain(text(from, to)), contain(text(to, from)));
    }
}
