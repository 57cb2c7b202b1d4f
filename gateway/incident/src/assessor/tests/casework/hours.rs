//! Cases of rules that rest, or for which a class is legal at some hours. Stories begin on Sunday at
//! 09:10.

use expect_test::{Expect, expect};

use super::super::script::standing;
use super::script::Court;
use crate::RuleSettings;
use crate::schedule::{Hours, Schedule};

fn within(hours: &str) -> RuleSettings {
    let schedule = Schedule { hours: Some(Hours::parse(&[hours]).unwrap()), ..Schedule::default() };
    RuleSettings { schedule, ..standing() }
}

fn check(rule: RuleSettings, script: &str, expected: &Expect) {
    let mut court = Court::of(rule);
    court.play(script);
    expected.assert_eq(&court.log);
}

#[test]
fn hours_that_end_during_a_check_clear_after_its_verdict() {
    check(
        within("Sun 09:00-09:11"),
        "sA*40s +handled sA*100s",
        &expect![[r#"
            30s open open - case -
            43s update verifying - case handled
            98s verify verified_present - case handled: failed still_present round 1 12/12 again in 60s [report+verify]
            101s clear cleared - case handled
        "#]],
    );
}
