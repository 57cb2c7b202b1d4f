//! A device that is asked once and tells its events in parts from then on.

use tokio_util::sync::CancellationToken;

use super::attempts::{Session, tell};
use super::client::{Ask, Client};
use super::fault::HttpError;
use super::multipart::Part;
use super::stream::PartStream;
use super::web_server::WebServer;
use crate::device::Device;
use crate::health::{Counted, DeviceState};
use crate::hearing::Hearing;
use crate::point_names::PointNames;
use crate::refusal::LoginMark;

/// A protocol of that kind: what it asks, and what its texts mean.
pub(crate) trait Texts: Send {
    /// Path and query of the one request.
    fn target(&self) -> &str;

    /// Takes one text of the stream.
    fn take(&self, text: &[u8], hearing: &mut Hearing, device: &mut Device);
}

/// One device, over all its connections.
#[derive(Debug)]
pub(crate) struct Listening<T> {
    client: Client,
    hearing: Hearing,
    texts: T,
}

impl<T: Texts> Listening<T> {
    pub(crate) fn new(server: WebServer, points: PointNames, texts: T) -> Self {
        Self { client: Client::new(server), hearing: Hearing::new(points), texts }
    }

    async fn listen(&mut self, device: &mut Device) -> Result<(), HttpError> {
        self.hearing.begin();
        let server = self.client.server();
        let (patience, limit) = (server.step_timeout, server.silence_timeout);
        let ask = Ask { target: self.texts.target(), post: None, patience };
        let answer = self.client.ask(&ask).await?;
        if answer.status != 200 {
            return Err(HttpError::Status { status: answer.status });
        }
        let kind = answer.content_type.get(..10).unwrap_or_default();
        if !kind.eq_ignore_ascii_case(b"multipart/") {
            return Err(HttpError::OtherKind { expected: "stream of events" });
        }
        let mut stream = PartStream::new(&answer.content_type, answer.body, limit);
        loop {
            let part = stream.next().await?;
            tell(device, DeviceState::Online);
            if !self.hearing.pace.admits().await {
                device.count(Counted::Flooded);
                continue;
            }
            match part {
                Part::Text(text) => self.texts.take(&text, &mut self.hearing, device),
                // A picture belongs to the part before it. Nobody here looks at faces.
                Part::Other => Hearing::pass_over(device),
                Part::TooLong => device.fault("a part of the stream is longer than any event"),
            }
        }
    }
}

impl<T: Texts> Session for Listening<T> {
    fn login(&self) -> LoginMark {
        self.client.server().login()
    }

    async fn hear(&mut self, device: &mut Device, stop: &CancellationToken) -> HttpError {
        let heard = stop.run_until_cancelled(self.listen(device)).await;
        // The device is not left with a dead connection: it may allow few.
        self.client.hang_up();
        heard.and_then(Result::err).unwrap_or(HttpError::Ended)
    }
}
