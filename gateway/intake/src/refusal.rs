//! That a device refused a login: it is left alone for a while, by the next run too, or it would lock the account.

use std::time::Duration;

use scene::CaptureTime;
use serde::{Deserialize, Serialize};

use crate::digest::digest;

/// No refusal keeps a login back for longer, whatever the clock shows.
pub(crate) const LONGEST: Duration = Duration::from_hours(1);

/// Stands for an address, a user and a password. So short that no password can be found by it: one that
/// is changed has the number of the old one once in 65,536 times, and then waits with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct LoginMark(u16);

impl LoginMark {
    /// The mark of this login.
    pub(crate) fn new(address: &str, user: &str, password: &str) -> Self {
        let [low, high, ..] =
            digest(&[address.as_bytes(), user.as_bytes(), password.as_bytes()]).to_le_bytes();
        Self(u16::from_le_bytes([low, high]))
    }
}

/// That a device refused a login.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Refusal {
    /// Which one.
    pub(crate) login: LoginMark,
    /// How often, one time after the other.
    pub(crate) times: u32,
    /// It is not asked again before then, in microseconds since 1970.
    until_us: i64,
}

impl Refusal {
    /// `login` was refused for the `times`th time at `now`, and waits for `pause`.
    pub(crate) fn new(login: LoginMark, times: u32, (now, pause): (CaptureTime, Duration)) -> Self {
        Self { login, times, until_us: now.after(pause).unix_micros() }
    }

    /// How long the device is still left alone with this login at `now`; none if it may be asked.
    pub(crate) fn pause(&self, login: LoginMark, now: CaptureTime) -> Option<Duration> {
        let left = CaptureTime::from_unix_micros(self.until_us).since(now).min(LONGEST);
        (self.login == login && !left.is_zero()).then_some(left)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refused_login_waits_and_another_one_does_not() {
        let at = |secs: i64| CaptureTime::from_unix_micros(secs * 1_000_000);
        let mark = |password| LoginMark::new("http://10.0.0.8/", "guard", password);
        let refusal = Refusal::new(mark("gate 8"), 1, (at(1_000), Duration::from_mins(10)));
        assert_eq!(refusal.pause(mark("gate 8"), at(1_000)), Some(Duration::from_mins(10)));
        assert_eq!(refusal.pause(mark("gate 8"), at(1_600)), None);
        assert_eq!(refusal.pause(mark("gate 7"), at(1_000)), None);
        let elsewhere = LoginMark::new("http://10.0.0.9/", "guard", "gate 8");
        assert_eq!(refusal.pause(elsewhere, at(1_000)), None);
    }

    #[test]
    fn a_clock_that_was_set_back_keeps_nobody_out_for_years() {
        let set_back = CaptureTime::from_unix_micros(0);
        let now = CaptureTime::from_unix_micros(1_790_000_000_000_000);
        let login = LoginMark::new("http://10.0.0.8/", "guard", "gate 8");
        let refusal = Refusal::new(login, 1, (now, Duration::from_mins(10)));
        assert_eq!(refusal.pause(login, set_back), Some(LONGEST));
    }
}
