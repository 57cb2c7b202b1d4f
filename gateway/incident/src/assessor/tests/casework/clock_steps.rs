//! The clock is set while a rule is muted, while a check waits or is under way, and while a case is pending:
//! all comes when it would have come.

use super::script::Court;

/// In seconds: ahead and back, by little and by much.
const STEPS: [i64; 6] = [10, -10, 3_600, -3_600, 40 * 86_400, -40 * 86_400];

/// What is played with a step between any two of its words.
const SCRIPTS: [&str; 7] = [
    "~300 sA*60s sA*60s sA*60s sA*300s",
    "sA*40s +false_alarm sA*100s sA*100s !10 sA*100s sA*400s",
    "sA*40s +merged sA*100s |30 s*60s sA*60s",
    "sA*40s +received +handled sA*10s s*10s s*60s",
    "sA*40s +received +handled sA*60s sA*60s sA*60s s*120s +closed s*30s",
    "sA*40s +received +2:accepted s*200s +dispatched s*60s +closed",
    "sA*40s |60 s*100s |200 s*60s",
];

/// The log of `script` if the clock is set by `secs` behind its first `words` words.
fn played(script: &str, words: usize, secs: i64) -> String {
    let mut court = Court::new();
    let tokens: Vec<&str> = script.split_whitespace().collect();
    let (before, after) = tokens.split_at(words);
    court.play(&before.join(" "));
    court.set_clock(secs * 1_000_000);
    court.play(&after.join(" "));
    court.log
}

#[test]
fn a_step_of_the_clock_ends_no_silence_and_no_check_early_or_late() {
    for script in SCRIPTS {
        for words in 1..script.split_whitespace().count() {
            let expected = played(script, words, 0);
            for secs in STEPS {
                let found = played(script, words, secs);
                assert_eq!(found, expected, "{script:?}, set by {secs} s behind {words} words");
            }
        }
    }
}
