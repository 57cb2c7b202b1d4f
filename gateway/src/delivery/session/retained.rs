//! The retained messages of a session: the gateway's status, and each device's.

use tokio::time::Instant;

use super::super::status;
use super::super::window::OutOfStep;
use super::{Flight, Parcel, Session};

impl Session<'_> {
    /// What the gateway says of itself.
    fn send_birth(&mut self) -> Result<(), OutOfStep> {
        let settings = self.around.settings;
        let config = self.around.board.config();
        self.told_config = Some(config.as_ref().map_or(0, |(number, _)| *number));
        let config = config.map(|(_, news)| news);
        let birth = status::birth(self.around.session, &settings.version, config.as_ref());
        self.send_retained(settings.status_topic(), birth, None)
    }

    pub(super) fn send_retained(
        &mut self,
        topic: String,
        payload: Vec<u8>,
        parcel: Option<Parcel>,
    ) -> Result<(), OutOfStep> {
        let handed_over_at = Instant::now();
        self.connection.publish(&topic, payload, true)?;
        let parcel = parcel.unwrap_or(Parcel::Status { topic });
        self.window.admit(Flight { parcel, handed_over_at })
    }

    /// The birth comes first on each connection.
    pub(super) fn send_status(&mut self) -> Result<(), OutOfStep> {
        let config = self.around.board.config().map_or(0, |(number, _)| number);
        if self.told_config.is_none_or(|told| config > told)
            && self.window.room() > 0
            && !self.farewell_sent
        {
            self.send_birth()?;
        }
        while self.window.room() > 0 && !self.farewell_sent {
            let Some(post) = self.around.board.next_after(self.shown) else {
                break;
            };
            self.shown = post.number;
            let topic = self.around.settings.device_status_topic(&post.device_id);
            self.send_retained(topic, post.payload, None)?;
        }
        Ok(())
    }
}
