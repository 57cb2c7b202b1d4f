//! Random scenes against a plain second reading of the rules, and laws that hold for all scenes.

use std::collections::BTreeMap;
use std::fmt::Write;

use proptest::collection::vec;
use proptest::prelude::{Strategy, any, prop_oneof, proptest};
use proptest::prop_assert_eq;

use super::script::{INTERVAL, Stage, standing};
use crate::alert::Action;

/// Of the rule and its life cycle, in seconds.
const DWELL: u64 = 30;
const TOLERANCE: u64 = 10;
const CLEAR: u64 = 20;
const REOPEN: u64 = 60;
const UPDATE: u64 = 600;

/// One picture: the seconds before it, whether these were blind, whether it shows the object.
type Picture = (u64, bool, bool);

/// What blind seconds are.
#[derive(Clone, Copy, PartialEq)]
enum Blind {
    Gap,
    Restart,
    StepBack,
}

/// What must be reported of one object at one place: (picture, action).
fn expected(pictures: &[Picture], kind: Blind) -> Vec<(usize, &'static str)> {
    let (mut time, mut watched, mut told) = (1_000_000, 0, 0); // never before zero
    let mut run: Option<(usize, u64)> = None; // first picture of the stay
    let mut ripe = false;
    let mut seen: Option<(usize, u64)> = None; // latest picture with the object
    let (mut open, mut cleared): (bool, Option<u64>) = (false, None);
    let mut met: (usize, u64) = (0, 0);
    let mut events = Vec::new();
    for (index, (span, blind, shown)) in pictures.iter().enumerate() {
        if *blind && kind == Blind::StepBack {
            time -= span;
            (told, cleared) = (told.min(time), cleared.map(|at: u64| at.min(time)));
        } else {
            time += span;
        }
        watched += if *blind { 0 } else { *span };
        if cleared.is_some_and(|at| time - at > REOPEN) {
            cleared = None;
            events.push((index, "close"));
        }
        let memory = |missed| match missed {
            1 if !ripe => 2 * TOLERANCE,
            _ if ripe => CLEAR,
            _ => TOLERANCE,
        };
        let is_gone = |last, at| index > last + 1 && watched - at > memory(index - last - 1);
        if seen.is_some_and(|(last, at)| is_gone(last, at)) {
            (run, ripe) = (None, false);
        }
        if *shown {
            let (first, since) = *run.get_or_insert((index, watched));
            seen = Some((index, watched));
            let positive = pictures[first..=index].iter().filter(|p| p.2).count();
            let total = index - first + 1;
            ripe |= watched - since >= DWELL && positive >= 3 && positive * 10 >= total * 6;
        }
        if *shown && ripe {
            met = (index, watched);
            let action = if open {
                (time - told >= UPDATE).then_some("update")
            } else if cleared.take().is_some() {
                Some("update")
            } else {
                Some("open")
            };
            open = true;
            if let Some(action) = action {
                events.push((index, action));
                told = time;
            }
        } else if open && watched - met.1 >= CLEAR && index - met.0 >= 3 {
            (open, cleared) = (false, Some(time));
            events.push((index, "clear"));
        }
    }
    events
}

/// What is reported of it.
fn reported(pictures: &[Picture], kind: Blind) -> Vec<(usize, &'static str)> {
    let mut stage = Stage::new(vec![standing()]);
    let mut events = Vec::new();
    for (index, (span, blind, shown)) in pictures.iter().enumerate() {
        // `show` has moved on by one interval already.
        stage.now = if index > 0 { stage.now.before(INTERVAL) } else { stage.now };
        if *blind {
            let word = match kind {
                Blind::Gap => '|',
                Blind::Restart => '!',
                Blind::StepBack => '<',
            };
            stage.play(&format!("{word}{span}"));
        } else {
            stage.now = stage.now.after(std::time::Duration::from_secs(*span));
        }
        let before = stage.messages.len();
        stage.show(if *shown { "A" } else { "." });
        events.extend(stage.messages[before..].iter().map(|alert| (index, alert.action.as_str())));
    }
    events
}

fn pictures() -> impl Strategy<Value = Vec<Picture>> {
    let picture = (1..=12_u64, any::<u8>(), any::<u8>());
    // Stays and absences of some length: with independent coin tosses nothing would stay for 30 s.
    let stretch = (vec(picture, 1..30), prop_oneof![0..=10_u8, 200..=255_u8]).prop_map(
        |(pictures, presence)| -> Vec<Picture> {
            pictures
                .into_iter()
                .map(|(span, gap, shown)| {
                    let blind = gap < 8;
                    (if blind { span * 20 } else { span }, blind, shown <= presence)
                })
                .collect()
        },
    );
    vec(stretch, 1..8).prop_map(|stretches| stretches.concat())
}

/// Scripts of several objects, gaps and restarts.
fn scripts() -> impl Strategy<Value = String> {
    let word = prop_oneof![
        6 => "(A|a|B|b|aB|bA|Ab|AB|aBc|C|AD|aD|DE|\\.)".prop_map(|word| word),
        1 => "[|!~<]".prop_map(|word| word),
    ];
    vec((word, 1..12_u32), 1..40).prop_map(|tokens| {
        tokens.into_iter().fold(String::new(), |mut script, (word, count)| {
            write!(script, "{word}{count} ").unwrap();
            script
        })
    })
}

proptest! {
    #[test]
    fn one_object_is_judged_as_the_oracle_does(pictures in pictures()) {
        prop_assert_eq!(reported(&pictures, Blind::Gap), expected(&pictures, Blind::Gap));
    }

    #[test]
    fn so_is_one_under_a_clock_that_steps_back(pictures in pictures()) {
        let kind = Blind::StepBack;
        prop_assert_eq!(reported(&pictures, kind), expected(&pictures, kind));
    }

    #[test]
    fn a_restart_is_nothing_but_a_gap(pictures in pictures()) {
        prop_assert_eq!(reported(&pictures, Blind::Restart), reported(&pictures, Blind::Gap));
    }

    #[test]
    fn actions_alternate_legally_and_numbers_have_no_holes(script in scripts()) {
        let mut stage = Stage::new(vec![standing()]);
        stage.play(&script);
        let mut latest: BTreeMap<_, (u32, &str)> = BTreeMap::new();
        let mut current = None;
        for alert in &stage.messages {
            let (seq, before) = latest.get(&alert.alert_id).copied().unwrap_or((0, "nothing"));
            let action = alert.action.as_str();
            let legal = match before {
                "nothing" => action == "open" && current.is_none(),
                "open" | "update" => matches!(action, "update" | "clear"),
                "clear" => matches!(action, "update" | "close"),
                _ => false,
            };
            assert!(legal, "{action} after {before} in\n{}", stage.log);
            assert_eq!(alert.seq, seq + 1);
            latest.insert(alert.alert_id, (alert.seq, action));
            current = (!matches!(alert.action, Action::Close(_))).then_some(alert.alert_id);
        }
    }
}
