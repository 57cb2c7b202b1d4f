//! Who has not been heard for too long: nothing but a clock shows that.

use std::sync::Arc;
use std::time::Duration;

use runtime::utc_now;
use tokio::time::interval;
use tokio_util::sync::CancellationToken;

use crate::health::DeviceState;
use crate::mqtt::inbox::Inbox;

/// How often the devices are looked at.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Notes in the health of each device when it falls silent, until `stop`. Signals are not its affair:
/// rules wait for signs of life themselves.
pub async fn run(inbox: Arc<Inbox>, stop: CancellationToken) {
    let _stopped = stop.run_until_cancelled(keep_looking(&inbox)).await;
}

async fn keep_looking(inbox: &Inbox) {
    let began_at = utc_now();
    let mut looks = interval(LOOK_EVERY);
    loop {
        looks.tick().await;
        let now = utc_now();
        for home in inbox.homes() {
            let heard_at = home.health.get().heard_at.unwrap_or(began_at);
            if now.since(heard_at) > home.silent_after {
                let reason = format!(
                    "no message for {:?}. Check the sensor's power and network, and its login at \
                     the broker",
                    home.silent_after
                );
                home.health.set(DeviceState::Offline { reason });
            }
        }
    }
}
