//! What must hold whatever a device says.

use proptest::prelude::*;

use super::super::SignalVerdict;
use super::super::stage::Stage;

/// Every kind, with the point that it judges.
const RULES: [(&str, &str, Option<&str>); 8] = [
    ("flag", r#"{"signal": "door_contact", "hold_secs": 40}"#, Some("door-1")),
    ("flag", r#"{"signal": "smoke"}"#, Some("door-1")),
    ("limit", r#"{"signal": "residual_current", "above": 300, "hold_secs": 30}"#, Some("door-1")),
    ("event", r#"{"events": ["access_denied"], "count": 2, "within_secs": 60}"#, Some("door-1")),
    ("forced", "{}", Some("door-1")),
    ("silent", r#"{"after_secs": 70}"#, None),
    ("silent", r#"{"after_secs": 70}"#, Some("door-1")),
    ("absent", r#"{"within_secs": 90}"#, None),
];

fn words() -> impl Strategy<Value = Vec<(u64, &'static str)>> {
    let word = prop::sample::select(vec![
        "open", "shut", "open?", "smoke", "air", "mA500", "mA100", "mA500?", "bad", "granted",
        "denied", "denied?", "exit", "fire", "+", "+", "+", "-", "-", "gone", "free", "locked",
        "rest", "<",
    ]);
    prop::collection::vec((0_u64..50, word), 1..60)
}

/// The script of these words, each so many seconds after the one before; `!` before the chosen ones.
fn script(words: &[(u64, &str)], restarts: &[usize]) -> String {
    let mut now = 1_000;
    let mut script = String::new();
    for (index, (after, word)) in words.iter().enumerate() {
        if *word == "<" {
            now -= 30;
        } else {
            now += after;
        }
        if restarts.contains(&index) {
            // It stops and starts at once: a time in which nobody listens does change conclusions.
            script += &format!("{now}:- {now}:! {now}:- ");
        }
        script += &format!("{now}:{word} ");
    }
    script
}

/// What was concluded from what was said; not at moments when somebody asked, or something was due.
fn told(stage: &Stage) -> Vec<&str> {
    stage.log.lines().filter(|line| !line.contains(" - ") && !line.contains(" due ")).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn a_restart_at_any_point_changes_no_conclusion(
        words in words(),
        restarts in prop::collection::vec(0_usize..60, 1..4),
        rule in 0_usize..RULES.len(),
    ) {
        let (name, terms, point) = RULES[rule];
        let with = script(&words, &restarts);
        // The same moments, without the restarts.
        let without = with.replace(":! ", ":- ");
        let mut restarted = Stage::at_point(name, terms, point);
        let mut steady = Stage::at_point(name, terms, point);
        restarted.play(&with);
        steady.play(&without);
        prop_assert_eq!(told(&restarted), told(&steady));
    }

    #[test]
    fn no_order_of_bad_and_doubtful_readings_opens_anything(
        words in prop::collection::vec(
            (1_u64..50, prop::sample::select(vec!["bad", "open?", "smoke?", "mA500?", "denied?", "+", "-"])),
            1..60,
        ),
        rule in 0_usize..5,
    ) {
        let (name, terms, point) = RULES[rule];
        let mut stage = Stage::at_point(name, terms, point);
        stage.play(&script(&words, &[]));
        let is_met = |verdict: &SignalVerdict| matches!(verdict, SignalVerdict::Met(_));
        prop_assert!(!stage.verdicts.iter().any(is_met), "{}", stage.log);
    }

    #[test]
    fn whoever_asks_more_often_hears_the_same(
        words in words(),
        rule in 0_usize..RULES.len(),
    ) {
        let words: Vec<_> = words.into_iter().filter(|(_, word)| !["<", "rest"].contains(word)).collect();
        let (name, terms, point) = RULES[rule];
        let (mut seldom, mut often) =
            (Stage::at_point(name, terms, point), Stage::at_point(name, terms, point));
        let script = script(&words, &[]);
        seldom.play(&script);
        let mut asked = String::new();
        let mut now = 0;
        for token in script.split_whitespace() {
            let secs: u64 = token.split_once(':').unwrap().0.parse().unwrap();
            if now > 0 {
                (now + 1..secs).step_by(7).for_each(|between| asked += &format!("{between}:- "));
            }
            now = secs;
            asked += token;
            asked.push(' ');
        }
        often.play(&asked);
        prop_assert_eq!(told(&seldom), told(&often));
    }
}
