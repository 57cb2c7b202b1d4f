//! The bookkeeping never grants more than its terms, and never withholds what they grant for long.

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;

const DAY_SECS: f64 = 86_400.0;

fn terms() -> impl Strategy<Value = Terms> {
    (1_u64..1_000, 1_u64..1_000_000_000).prop_map(|(burst, a_day)| Terms { burst, a_day })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..Default::default() })]

    #[test]
    fn no_stretch_of_time_gets_more_than_the_burst_and_its_share_of_the_day(
        terms in terms(),
        asked in vec((0_u64..30_000_000_000, 0_u64..1_200), 1..60),
    ) {
        let start = Instant::now();
        let mut allowance = Allowance::new(terms, start);
        let (mut now, mut granted) = (start, Vec::new());
        for (micros, amount) in asked {
            now += Duration::from_micros(micros);
            if allowance.covers(amount, now) {
                allowance.spend(amount);
                granted.push((now, amount));
            }
        }
        for (first, (from, _)) in granted.iter().enumerate() {
            let mut sum = 0;
            for (at, amount) in &granted[first..] {
                sum += amount;
                let days = at.duration_since(*from).as_secs_f64() / DAY_SECS;
                #[expect(clippy::cast_precision_loss, reason = "far below 2^53")]
                let most = terms.burst as f64 + days * terms.a_day as f64 + 1.0;
                #[expect(clippy::cast_precision_loss, reason = "far below 2^53")]
                let sum = sum as f64;
                prop_assert!(sum <= most, "{sum} in {days} days, {terms:?}");
            }
        }
    }

    #[test]
    fn however_often_it_is_asked_it_fills_again(terms in terms(), looks in 1_u32..2_000) {
        let start = Instant::now();
        let mut allowance = Allowance::new(terms, start);
        allowance.spend(terms.burst);
        prop_assert!(!allowance.covers(1, start));
        // Twice the time it takes, looked at all the while: looking may cost a microsecond each.
        #[expect(clippy::cast_precision_loss, reason = "far below 2^53")]
        let full_after = DAY_SECS * terms.burst as f64 / terms.a_day as f64;
        let whole = Duration::from_secs_f64(2.0 * full_after) + Duration::from_millis(10);
        for look in 1..=looks {
            allowance.covers(1, start + whole * look / looks);
        }
        prop_assert!(allowance.is_full(start + whole));
    }

    #[test]
    fn made_up_names_get_no_more_than_all_together_and_cost_no_memory(
        names in vec("[a-z]{1,8}", 1..400),
    ) {
        let now = Instant::now();
        let (each, all) = (Terms { burst: 3, a_day: 1 }, Terms { burst: 100, a_day: 1 });
        let mut senders = Senders::new(each, all, now);
        let admitted = names.iter().filter(|name| senders.admit(name, now)).count();
        prop_assert!(admitted <= 100);
        prop_assert!(senders.by_name.len() <= MOST_SENDERS + 1);
    }
}

#[test]
fn one_sender_does_not_silence_another() {
    let now = Instant::now();
    let (each, all) = (Terms { burst: 10, a_day: 10 }, Terms { burst: 1_000, a_day: 10 });
    let mut senders = Senders::new(each, all, now);
    assert_eq!((0..500).filter(|_| senders.admit("loud", now)).count(), 10);
    assert!(senders.admit("quiet", now));
    let later = now + Duration::from_hours(24);
    assert_eq!((0..500).filter(|_| senders.admit("loud", later)).count(), 10);
}

#[test]
fn what_comes_too_often_is_told_once_with_its_count() {
    let (now, mut telling) = (Instant::now(), Telling::default());
    assert_eq!(telling.happened(now), Some(1));
    for _ in 0..999 {
        assert_eq!(telling.happened(now + TELL_EVERY / 2), None);
    }
    assert_eq!(telling.happened(now + TELL_EVERY), Some(1_000));
}
