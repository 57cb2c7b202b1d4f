//! How many requests are answered in a second: of each holder of a token, and of strangers by address.

use std::net::IpAddr;
use std::num::NonZeroU32;

use governor::{DefaultDirectRateLimiter, DefaultKeyedRateLimiter, Quota, RateLimiter};

/// All that come from one address without a token get a tenth of what one holder gets.
const STRANGERS_SHARE: u32 = 10;

/// Addresses that are told apart at a time; strangers beyond them share one pace.
const MOST_ADDRESSES: usize = 4096;

/// What is let through. Nobody's pace is anybody else's, but for a crowd of strangers.
pub(super) struct Pace {
    holders: DefaultKeyedRateLimiter<String>,
    strangers: DefaultKeyedRateLimiter<IpAddr>,
    crowd: DefaultDirectRateLimiter,
}

impl Pace {
    /// This many requests a second for each holder; twice as many in a burst.
    pub(super) fn new(per_sec: u32) -> Self {
        Self {
            holders: RateLimiter::keyed(quota(per_sec)),
            strangers: RateLimiter::keyed(quota(per_sec / STRANGERS_SHARE)),
            crowd: RateLimiter::direct(quota(per_sec)),
        }
    }

    /// The holders are those of the token files, so they are few.
    pub(super) fn admits_holder(&self, name: &String) -> bool {
        self.holders.check_key(name).is_ok()
    }

    pub(super) fn admits_stranger(&self, from: IpAddr) -> bool {
        if self.strangers.len() >= MOST_ADDRESSES {
            // Those whose pace is full again.
            self.strangers.retain_recent();
        }
        match self.strangers.len() < MOST_ADDRESSES {
            true => self.strangers.check_key(&from).is_ok(),
            false => self.crowd.check().is_ok(),
        }
    }
}

fn quota(per_sec: u32) -> Quota {
    let of = |count: u32| NonZeroU32::new(count).unwrap_or(NonZeroU32::MIN);
    Quota::per_second(of(per_sec)).allow_burst(of(per_sec).saturating_mul(of(2)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_uses_up_what_is_anothers() {
        let pace = Pace::new(50);
        let address = |number: u32| IpAddr::from(number.to_be_bytes());
        let admitted = (0..1000).filter(|_| pace.admits_stranger(address(1))).count();
        assert!((10..20).contains(&admitted), "{admitted}");
        assert!(pace.admits_stranger(address(2)));
        let admitted = (0..1000).filter(|_| pace.admits_holder(&"centre".to_owned())).count();
        assert!((100..150).contains(&admitted), "{admitted}");
        assert!(pace.admits_holder(&"street".to_owned()));
    }

    #[test]
    fn a_crowd_of_addresses_takes_bounded_memory() {
        let pace = Pace::new(50);
        let address = |number: u32| IpAddr::from(number.to_be_bytes());
        let admitted = (0..20_000).filter(|number| pace.admits_stranger(address(*number))).count();
        assert!(pace.strangers.len() <= MOST_ADDRESSES);
        assert!(admitted < 20_000, "{admitted}");
        assert!(pace.admits_holder(&"centre".to_owned()));
    }
}
