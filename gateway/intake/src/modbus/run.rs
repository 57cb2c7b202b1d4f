//! The task of one Modbus device: polls, and pauses that grow while nobody answers.

use runtime::Backoff;
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use crate::device::Device;
use crate::health::DeviceState;
use crate::modbus::poll::{Poll, Polled};
use crate::modbus::settings::Settings;

/// Polls one device until `stop`.
pub async fn run(settings: Settings, device: Device, stop: CancellationToken) {
    let poll = Poll::new(settings, device);
    // A poll that is cut off in the middle leaves nothing that would have to be put in order.
    let _stopped = stop.run_until_cancelled(keep_polling(poll)).await;
}

async fn keep_polling(mut poll: Poll) {
    let mut backoff = Backoff::default();
    loop {
        let began_at = Instant::now();
        let polled = poll.once().await;
        let interval = poll.settings.poll_interval;
        let pause = match polled {
            Polled::Answered => {
                backoff.reset();
                note(&poll.device, DeviceState::Online);
                interval
            }
            Polled::Resting => interval,
            Polled::Nothing(reason) => {
                note(&poll.device, DeviceState::Offline { reason });
                backoff.next_delay().max(interval)
            }
        };
        // A poll that took longer than the interval is followed by the next one at once.
        sleep_until(began_at + pause).await;
    }
}

fn note(device: &Device, state: DeviceState) {
    let name = device.name();
    let health = device.health();
    if !health.set(state) {
        return;
    }
    match health.get().state {
        DeviceState::Offline { reason } => warn!(device = name, "the device is offline: {reason}"),
        _ => info!(device = name, "the device answers"),
    }
}
