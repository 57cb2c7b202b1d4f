//! Connecting to a device again and again: pauses with jitter, and patience with one that refuses us.

use std::time::Duration;

use runtime::{Backoff, utc_now};
use tokio_util::sync::CancellationToken;

use super::fault::HttpError;
use crate::device::Device;
use crate::health::DeviceState;
use crate::refusal::{LONGEST, LoginMark, Refusal};

/// Pauses after a lost connection.
const LOST_PAUSES: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(60));
/// Pauses after a refused password: devices lock an account after some five wrong ones in half an hour.
const REFUSED_PAUSES: (Duration, Duration) = (Duration::from_mins(10), LONGEST);
/// Pauses after a device has had enough of us: dead connections count with it for a while.
const CROWDED_PAUSES: (Duration, Duration) = (Duration::from_secs(30), Duration::from_mins(20));

/// What an earlier connection, perhaps of an earlier run, had heard.
const REFUSED_BEFORE: &str = "the device has refused this user and password a while ago; check both. It is asked \
                              again within an hour, or at once with other ones, so that it locks nobody out";

/// What is said to a device on one connection, and heard of it.
pub(crate) trait Session: Send {
    /// What stands for the device's address and our account there.
    fn login(&self) -> LoginMark;

    /// Connects and hears the device until the connection ends, or until `stop`. Then it says goodbye.
    fn hear(
        &mut self,
        device: &mut Device,
        stop: &CancellationToken,
    ) -> impl Future<Output = HttpError> + Send;
}

/// One session after the other until `stop`.
pub(crate) async fn stay_connected(
    mut session: impl Session,
    mut device: Device,
    stop: CancellationToken,
) {
    let pauses = |(first, cap)| Backoff::new(first, cap);
    let (mut lost, mut refused) = (pauses(LOST_PAUSES), pauses(REFUSED_PAUSES));
    if let Some((pause, times)) = device.refused(session.login(), utc_now()) {
        tell(&device, DeviceState::Refused { reason: REFUSED_BEFORE.to_owned() });
        refused = refused.after(times);
        stop.run_until_cancelled(tokio::time::sleep(pause)).await;
    }
    let mut crowded = pauses(CROWDED_PAUSES);
    while !stop.is_cancelled() {
        let before = device.health().get().counts.messages;
        let error = session.hear(&mut device, &stop).await;
        if device.health().get().counts.messages > before {
            lost.reset();
            refused.reset();
            crowded.reset();
            device.note_refusal(None);
        }
        if stop.is_cancelled() {
            break;
        }
        let reason = error.to_string();
        let (pause, state) = if error.is_refusal() {
            let pause = refused.next_delay();
            let refusal = Refusal::new(session.login(), refused.attempts(), (utc_now(), pause));
            device.note_refusal(Some(refusal));
            (pause, DeviceState::Refused { reason })
        } else if error.is_crowded() {
            (crowded.next_delay(), DeviceState::Offline { reason })
        } else {
            (lost.next_delay(), DeviceState::Offline { reason })
        };
        tell(&device, state);
        stop.run_until_cancelled(tokio::time::sleep(pause)).await;
    }
}

/// Notes what a device's adapter is doing, and says so in the log if that is news.
pub(crate) fn tell(device: &Device, state: DeviceState) {
    if !device.health().set(state) {
        return;
    }
    let name = device.name();
    match device.health().get().state {
        DeviceState::Connecting => {}
        DeviceState::Online => tracing::info!(device = name, "the device answers"),
        DeviceState::Offline { reason } => {
            tracing::warn!(device = name, reason, "the device does not answer; trying again");
        }
        DeviceState::Refused { reason } => {
            tracing::error!(device = name, reason, "the device refuses the login");
        }
    }
}
