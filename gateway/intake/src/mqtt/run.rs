//! Who has not been heard for too long: nothing but a clock shows that.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, interval};
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
    let began = Instant::now();
    let mut looks = interval(LOOK_EVERY);
    loop {
        looks.tick().await;
        for home in inbox.homes() {
            if home.health.silent_for().unwrap_or_else(|| began.elapsed()) > home.silent_after {
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

#[cfg(test)]
mod tests {
    use scene::CaptureTime;

    use super::*;
    use crate::device::Device;
    use crate::mailbox::Mailbox;
    use crate::mqtt::settings::{DeviceSettings, Settings, Way};

    #[tokio::test(start_paused = true)]
    async fn a_wall_clock_that_is_set_silences_nobody_and_hides_no_silence() {
        let hour = Duration::from_hours(1);
        let of_device = |device: &str| DeviceSettings {
            device: device.to_owned(),
            way: Way::Json,
            points: Vec::new(),
            silent_after: hour,
        };
        let devices = ["in-1970", "in-2100"];
        let settings = Settings { prefix: "cg".to_owned(), devices: devices.map(of_device).into() };
        let mailbox = Arc::new(Mailbox::default());
        let mut devices = devices.map(|name| Device::new(name, Arc::clone(&mailbox)));
        // What the wall clock said then: since, it was set by decades.
        devices[0].beat(None, CaptureTime::from_unix_micros(0));
        devices[1].beat(None, CaptureTime::from_unix_micros(4_102_444_800_000_000));
        let healths = devices.each_ref().map(Device::health);
        assert!(healths.iter().all(|health| health.set(DeviceState::Online)));
        let inbox = Arc::new(Inbox::new(settings, devices.into()));
        let stop = CancellationToken::new();
        let watch = tokio::spawn(run(inbox, stop.clone()));
        let states = || healths.each_ref().map(|health| health.get().state == DeviceState::Online);
        tokio::time::sleep(hour / 2).await;
        assert_eq!(states(), [true; 2], "they were heard half an hour ago");
        tokio::time::sleep(hour).await;
        assert_eq!(states(), [false; 2], "they are silent");
        stop.cancel();
        watch.await.unwrap();
    }
}
