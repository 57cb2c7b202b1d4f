//! What holds for every case, whatever happens to it.

use std::collections::BTreeMap;
use std::time::Duration;

use contract::Contract;
use proptest::prelude::*;

use super::town::{PROFILES, Scene, Town, gateway, noon, profile, share};
use crate::centre::alert::Verdict;
use crate::centre::case::TimelineEntry;
use crate::centre::chance::{Delay, SeededRandom};
use crate::centre::profile::Fate;

const SCHEMA: &str = include_str!("case-feedback.schema.json");
const CODES: [&str; 5] =
    ["ebike_upstairs", "exposed_garbage", "street_bbq", "fire_lane_blocked", "smoke_alarm"];

fn verdict() -> impl Strategy<Value = Option<Verdict>> {
    prop_oneof![
        Just(Some(Verdict::Passed)),
        Just(Some(Verdict::Failed)),
        Just(Some(Verdict::Inconclusive)),
        Just(None),
    ]
}

fn fate() -> impl Strategy<Value = Fate> {
    let any_share = || prop_oneof![Just(0.0), 0.0..0.5, Just(1.0)].prop_map(share);
    (any_share(), any_share(), any_share(), any_share(), any_share()).prop_map(
        |(merged, returned, postponed, cancelled, false_close)| Fate {
            merged,
            returned,
            postponed,
            cancelled,
            false_close,
            false_close_again: false_close,
            false_alarm: share(0.05),
            rejected: share(0.05),
        },
    )
}

/// What a gateway does while the centre works.
#[derive(Debug, Clone)]
struct Deed {
    code: usize,
    repeats: u32,
    /// When its scene is cleared, in hours; 0 means never.
    clears: u32,
    verdicts: Vec<Option<Verdict>>,
}

fn deed() -> impl Strategy<Value = Deed> {
    let verdicts = proptest::collection::vec(verdict(), 1..5);
    (0..CODES.len(), 0..8u32, 0..30u32, verdicts)
        .prop_map(|(code, repeats, clears, verdicts)| Deed { code, repeats, clears, verdicts })
}

/// All of a town's alerts at once, until nothing more happens.
fn play(town: &mut Town, deeds: &[Deed]) -> Result<(), TestCaseError> {
    let mut scenes: BTreeMap<String, (Scene, Deed, usize)> = BTreeMap::new();
    for (number, deed) in (1..).zip(deeds) {
        let mut scene = Scene::new(number, CODES[deed.code]);
        scene.repeat_count = deed.repeats;
        let opened = scene.alert("open", None);
        town.take_alert(opened);
        scenes.insert(scene.alert_id.clone(), (scene, deed.clone(), 0));
    }
    for _ in 0..20_000 {
        let Some(sent) = town.step() else { return Ok(()) };
        for (scene, deed, _) in scenes.values_mut() {
            let hour = town.now.duration_since(noon()).as_hours();
            if deed.clears > 0 && hour >= i64::from(deed.clears) && scene.state == "open" {
                let cleared = scene.alert("clear", None);
                town.register.take_alert(cleared, gateway(), town.now);
            }
        }
        for feedback in sent {
            let (scene, deed, asked) = scenes.get_mut(&feedback.alert_id).unwrap();
            if feedback.verify.as_ref().is_some_and(|verify| verify.mode == "auto") {
                let verdict = deed.verdicts[*asked % deed.verdicts.len()];
                *asked += 1;
                if let Some(verdict) = verdict {
                    let alert = scene.alert("verify", Some((&feedback.msg_id, verdict)));
                    town.register.take_alert(alert, gateway(), town.now);
                }
            }
        }
    }
    Err(TestCaseError::fail("some case never ends"))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    /// Every case ends. Its feedback follows the schema and is numbered without a gap. A whistle is
    /// only upgraded. All feedback is answered. The same seed gives the same feedback.
    #[test]
    fn every_case_ends_in_order(
        city in 0..PROFILES.len(),
        seed in any::<u64>(),
        fate in fate(),
        deeds in proptest::collection::vec(deed(), 1..5),
    ) {
        let mut profile = profile(PROFILES[city]);
        profile.seed = seed;
        profile.fate = fate;
        let mut town = Town::new(profile.clone());
        play(&mut town, &deeds)?;
        let report = town.register.report();
        prop_assert_eq!(report.open, 0, "{}", report);
        prop_assert!(report.is_answered(), "{}", report);
        let published = Contract::new(SCHEMA);
        let mut numbers: BTreeMap<&str, Vec<u64>> = BTreeMap::new();
        let mut highest = BTreeMap::new();
        for sent in &town.sent {
            let json = serde_json::to_value(sent).unwrap();
            let judged = published.check(&json);
            prop_assert!(judged.is_ok(), "{}: {:?}", json, judged);
            numbers.entry(&sent.alert_id).or_default().push(sent.seq);
        }
        for case in town.register.cases() {
            for (_, entry) in case.timeline() {
                let TimelineEntry::Sent(sent) = entry else { continue };
                if let Some(whistle) = &sent.whistle {
                    let before = highest.insert(&sent.alert_id, whistle.level);
                    prop_assert_eq!(whistle.upgraded_from, before);
                    prop_assert!(before < Some(whistle.level));
                }
            }
        }
        for (alert_id, mut seqs) in numbers {
            seqs.sort_unstable();
            seqs.dedup();
            let all = 1..=u64::try_from(seqs.len()).unwrap();
            prop_assert!(seqs.iter().copied().eq(all), "{}: {:?}", alert_id, seqs);
        }
        let mut again = Town::new(profile);
        play(&mut again, &deeds)?;
        prop_assert_eq!(again.sent, town.sent);
    }

    /// No delay is longer than its cap, and half of them are no longer than the median.
    #[test]
    fn delays_keep_their_cap_and_median(seed in any::<u64>(), sigma in 0.1..1.5f64) {
        for spread in [
            "kind = \"exponential\"".to_owned(),
            format!("kind = \"log_normal\"\nsigma = {sigma}"),
        ] {
            let delay: Delay =
                toml::from_str(&format!("{spread}\nmedian_secs = 10\ncap_secs = 40")).unwrap();
            let mut random = SeededRandom::new(seed, "delay");
            let mut drawn: Vec<Duration> = (0..400).map(|_| delay.draw(&mut random)).collect();
            drawn.sort_unstable();
            prop_assert!(drawn[399] <= Duration::from_secs(40));
            let median = drawn[200].as_secs_f64();
            prop_assert!((6.0..15.0).contains(&median), "{}", median);
        }
    }
}
