//! Which client is tried next, and when: what worked for a camera is remembered, what hurts is not repeated.

use std::time::Duration;

use runtime::Backoff;
use tokio::time::Instant;

use crate::fault::SessionError;
use crate::learnt::{LONGEST_PAUSE, Learnt};
use crate::settings::Client;

/// A camera that the compatible client plays is given to the native one again after this long, at the next
/// connection: its firmware may have been renewed.
const NATIVE_AGAIN: Duration = Duration::from_hours(6);

/// Pauses after a refused password: cameras lock an account after some five wrong ones in half an hour.
const REFUSED_PAUSES: (Duration, Duration) = (Duration::from_mins(10), LONGEST_PAUSE);

/// Pauses after a log-in of which nobody can tell whether the password was wrong.
const UNSURE_PAUSES: (Duration, Duration) = (Duration::from_secs(30), Duration::from_mins(20));

/// Pauses after a session that did harm to others.
const HARMFUL_PAUSES: (Duration, Duration) = (Duration::from_secs(20), Duration::from_mins(10));

/// The pace of one camera's connections.
#[derive(Debug)]
pub(crate) struct Pace {
    wanted: Client,
    /// The compatible client is taken: since when, and whether it has shown a picture.
    compatible: Option<(Instant, bool)>,
    usual: Backoff,
    refused: Backoff,
    unsure: Backoff,
    /// The camera showed pictures since it last refused the password, so that it knew the password then.
    is_known: bool,
    harmful: Backoff,
}

impl Pace {
    /// A camera that is to be played by this client, and of which this is known.
    pub(crate) fn new(wanted: Client, before: Learnt, now: Instant) -> Self {
        let since = |age: Duration| now.checked_sub(age.min(NATIVE_AGAIN));
        let compatible = before.compatible.and_then(|(age, shown)| Some((since(age)?, shown)));
        Self {
            wanted,
            compatible,
            usual: Backoff::default(),
            refused: Backoff::new(REFUSED_PAUSES.0, REFUSED_PAUSES.1).after(before.refused),
            unsure: Backoff::new(UNSURE_PAUSES.0, UNSURE_PAUSES.1),
            is_known: false,
            harmful: Backoff::new(HARMFUL_PAUSES.0, HARMFUL_PAUSES.1).after(before.harmful),
        }
    }

    /// What the next process must know of it. The session has ended for `error`, and `pause` follows.
    pub(crate) fn learnt(&self, error: &SessionError, pause: Duration, now: Instant) -> Learnt {
        let must_wait = error.must_not_be_repeated() || is_harmful(error);
        Learnt {
            compatible: self.compatible.map(|(since, shown)| (now.duration_since(since), shown)),
            refused: self.refused.attempts(),
            harmful: self.harmful.attempts(),
            pause: if must_wait { pause } else { Duration::ZERO },
        }
    }

    /// The client for the next connection.
    pub(crate) fn client(&mut self, now: Instant) -> Client {
        match (self.wanted, self.compatible) {
            (Client::Auto, Some((since, _))) if now.duration_since(since) < NATIVE_AGAIN => {
                Client::Compatible
            }
            (Client::Auto, _) => {
                self.compatible = None;
                Client::Native
            }
            (wanted, _) => wanted,
        }
    }

    /// How long to wait after a session with `client` that ended for `error`, having shown pictures or not.
    pub(crate) fn pause(
        &mut self,
        client: Client,
        error: &SessionError,
        showed_pictures: bool,
        now: Instant,
    ) -> Duration {
        if showed_pictures {
            self.refused.reset();
            self.unsure.reset();
            self.usual.reset();
            self.is_known = true;
        }
        if self.wanted == Client::Auto {
            match (client, &mut self.compatible) {
                (Client::Native, compatible @ None) if error.other_client_may_play() => {
                    *compatible = Some((now, false));
                    return Duration::ZERO;
                }
                (Client::Compatible, Some((_, has_shown))) if showed_pictures => *has_shown = true,
                // It is no better: begin at the front the next time.
                (Client::Compatible, compatible @ Some((_, false))) => *compatible = None,
                _ => {}
            }
        }
        match error {
            // A password that was right a moment ago is tried once more before it is called wrong.
            SessionError::Credentials { .. } | SessionError::LoginAside { .. }
                if std::mem::take(&mut self.is_known) =>
            {
                self.unsure.next_delay()
            }
            error if error.is_refusal() => self.refused.next_delay(),
            // Each time three passwords were sent, and perhaps they were wrong.
            SessionError::LoginExpires if self.unsure.attempts() == 0 => self.unsure.next_delay(),
            SessionError::LoginExpires => self.refused.next_delay(),
            error if is_harmful(error) => self.harmful.next_delay(),
            _ => {
                if showed_pictures {
                    self.harmful.reset();
                }
                self.usual.next_delay()
            }
        }
    }
}

/// Whether the session cost other cameras something.
fn is_harmful(error: &SessionError) -> bool {
    matches!(
        error,
        SessionError::Flood { .. } | SessionError::Greedy | SessionError::Panicked { .. }
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOTHING: Learnt =
        Learnt { compatible: None, refused: 0, harmful: 0, pause: Duration::ZERO };

    const UNPLAYABLE: SessionError = SessionError::Unplayable { client: Client::Native };

    #[test]
    fn what_plays_is_remembered_and_the_native_client_gets_another_chance_much_later() {
        let start = Instant::now();
        let mut pace = Pace::new(Client::Auto, NOTHING, start);
        assert_eq!(pace.client(start), Client::Native);
        assert_eq!(pace.pause(Client::Native, &UNPLAYABLE, false, start), Duration::ZERO);
        assert_eq!(pace.client(start), Client::Compatible);
        for _ in 0..3 {
            pace.pause(Client::Compatible, &SessionError::Ended, true, start);
            assert_eq!(pace.client(start), Client::Compatible);
        }
        assert_eq!(pace.client(start + NATIVE_AGAIN), Client::Native);
    }

    #[test]
    fn a_client_that_is_no_better_is_not_kept_and_not_tried_in_a_hurry() {
        let now = Instant::now();
        let mut pace = Pace::new(Client::Auto, NOTHING, now);
        pace.pause(Client::Native, &UNPLAYABLE, false, now);
        let failed = SessionError::Unplayable { client: Client::Compatible };
        assert!(pace.pause(Client::Compatible, &failed, false, now) >= Duration::from_millis(500));
        assert_eq!(pace.client(now), Client::Native);
    }

    #[test]
    fn a_chosen_client_stays() {
        let now = Instant::now();
        let mut pace = Pace::new(Client::Native, NOTHING, now);
        assert!(pace.pause(Client::Native, &UNPLAYABLE, false, now) > Duration::ZERO);
        assert_eq!(pace.client(now), Client::Native);
    }

    #[test]
    fn a_refused_password_waits_for_minutes_and_pictures_never_lengthen_a_pause() {
        let now = Instant::now();
        let mut pace = Pace::new(Client::Auto, NOTHING, now);
        let refused = SessionError::Credentials { status: 401 };
        for _ in 0..5 {
            let pause = pace.pause(Client::Native, &refused, false, now);
            assert!(
                pause >= Duration::from_mins(5) && pause <= Duration::from_mins(40),
                "{pause:?}"
            );
        }
        for _ in 0..20 {
            let pause = pace.pause(Client::Native, &SessionError::Ended, true, now);
            assert!(pause <= Duration::from_secs(1), "{pause:?}");
        }
        // It was right a moment ago: once more soon, then not for minutes.
        let soon = pace.pause(Client::Native, &refused, false, now);
        assert!(soon <= Duration::from_secs(30), "{soon:?}");
        let late = pace.pause(Client::Native, &refused, false, now);
        assert!(late >= Duration::from_mins(5), "{late:?}");
    }

    #[test]
    fn what_was_learnt_outlives_the_process() {
        let start = Instant::now();
        let mut pace = Pace::new(Client::Auto, NOTHING, start);
        pace.pause(Client::Native, &UNPLAYABLE, false, start);
        pace.pause(Client::Compatible, &SessionError::Ended, true, start);
        let refused = SessionError::Credentials { status: 401 };
        // The first is believed to be a log-in that expired.
        let pauses = [(); 3].map(|()| pace.pause(Client::Compatible, &refused, false, start));
        let learnt = pace.learnt(&refused, pauses[2], start);

        // Its process dies; two minutes pass.
        let minutes = Duration::from_mins(2);
        let (learnt, later) = (learnt.aged(minutes), start + minutes);
        assert_eq!(learnt.pause, pauses[2] - minutes, "it is not asked again before its time");
        let mut next = Pace::new(Client::Auto, learnt, later);
        assert_eq!(next.client(later), Client::Compatible, "what played is tried first");
        assert_eq!(next.client(start + NATIVE_AGAIN), Client::Native, "for as long as before");
        let third = next.pause(Client::Compatible, &refused, false, later);
        assert!(third >= LONGEST_PAUSE / 2, "the pauses go on growing: {third:?}");
        // A camera that is merely away is looked for at once.
        assert_eq!(next.learnt(&SessionError::Ended, minutes, later).pause, Duration::ZERO);
    }

    #[test]
    fn no_camera_is_left_alone_for_ever_by_what_a_fallen_process_says() {
        let said = Learnt { pause: Duration::MAX, refused: u32::MAX, ..NOTHING };
        assert_eq!(said.aged(Duration::ZERO).pause, LONGEST_PAUSE);
        let said = Learnt { compatible: Some((Duration::MAX, true)), ..said };
        let mut pace = Pace::new(Client::Auto, said.aged(Duration::MAX), Instant::now());
        assert_eq!(pace.client(Instant::now()), Client::Native);
    }
}
