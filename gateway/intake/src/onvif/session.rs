//! One subscription to a device's events, from the question for its clock to the end.

use std::collections::BTreeMap;
use std::time::Duration;

use bytes::Bytes;
use runtime::utc_now;
use scene::{CaptureTime, SignalKind};
use tokio::time::{Instant, sleep, timeout};
use tokio_util::sync::CancellationToken;
use url::Url;

use super::meaning::told;
use super::message::Message;
use super::reply::{Reply, read};
use super::security::token;
use super::soap::Call;
use crate::device::Device;
use crate::health::{Counted, DeviceState};
use crate::hearing::Hearing;
use crate::http::attempts::{Session, tell};
use crate::http::client::{Ask, Client};
use crate::http::fault::HttpError;
use crate::http::web_server::WebServer;
use crate::pace::Pace;
use crate::point_names::PointNames;
use crate::refusal::LoginMark;

/// The device waits this long for an event before it answers a pull with nothing.
const PULL: Duration = Duration::from_secs(20);
/// A subscription of two minutes is renewed each minute.
const RENEW_EVERY: Duration = Duration::from_mins(1);
/// How long the goodbye may take.
const GOODBYE: Duration = Duration::from_secs(2);
/// The longest answer, in bytes: 64 messages of 4 KiB.
const LONGEST_ANSWER: usize = 512 * 1024;
/// Pulls a second, and at once, of a device that does not wait for events.
const PULLS_EACH_SEC: f64 = 2.0;
const PULLS_AT_ONCE: f64 = 20.0;

const XML: &str = "application/soap+xml; charset=utf-8";

/// One device, over all its subscriptions.
#[derive(Debug)]
pub(super) struct PullPoint {
    client: Client,
    inputs: BTreeMap<String, SignalKind>,
    hearing: Hearing,
    pulls: Pace,
    /// The device's clock at one moment of ours.
    clock: Option<(CaptureTime, Instant)>,
    subscription: Option<Subscription>,
}

#[derive(Debug, Clone)]
struct Subscription {
    /// Path and query.
    target: String,
    address: String,
    parameters: String,
}

impl PullPoint {
    pub(super) fn new(
        web: WebServer,
        inputs: BTreeMap<String, SignalKind>,
        points: PointNames,
    ) -> Self {
        Self {
            client: Client::new(web),
            inputs,
            hearing: Hearing::new(points),
            pulls: Pace::new(PULLS_EACH_SEC, PULLS_AT_ONCE),
            clock: None,
            subscription: None,
        }
    }

    async fn listen(&mut self, device: &mut Device) -> Result<(), HttpError> {
        self.hearing.begin();
        self.subscription = None;
        let of_device = self.of_device();
        let reply = self.call(Call::GetSystemDateAndTime, &of_device, device).await?;
        if let Some(device_time) = reply.system_time {
            self.clock = Some((device_time, Instant::now()));
        }
        self.subscribe(&of_device, device).await?;
        let mut renew_at = Instant::now() + RENEW_EVERY;
        while let Some(subscription) = self.subscription.clone() {
            if Instant::now() >= renew_at {
                self.call(Call::Renew, &subscription, device).await?;
                renew_at = Instant::now() + RENEW_EVERY;
            }
            let reply = self.call(Call::PullMessages, &subscription, device).await?;
            let arrived_at = utc_now();
            device.beat(reply.current_time, arrived_at);
            tell(device, DeviceState::Online);
            if let Some(device_time) = reply.current_time {
                self.clock = Some((device_time, Instant::now()));
            }
            for message in &reply.messages {
                self.take(message, device, arrived_at).await;
            }
            sleep(self.pulls.wait_for(1)).await;
        }
        Ok(())
    }

    /// The device service, as something to talk to.
    fn of_device(&self) -> Subscription {
        let url = &self.client.server().url;
        Subscription { target: target(url), address: url.to_string(), parameters: String::new() }
    }

    async fn subscribe(
        &mut self,
        of_device: &Subscription,
        device: &Device,
    ) -> Result<(), HttpError> {
        // Some devices have one address for all services, and do not know this question.
        let events = match self.call(Call::GetCapabilities, of_device, device).await {
            Ok(reply) => reply.event_service.and_then(|it| self.on_same_host(&it)),
            Err(HttpError::Denied(_)) => None,
            Err(error) => return Err(error),
        };
        let events = events.unwrap_or_else(|| of_device.clone());
        let reply = self.call(Call::CreatePullPointSubscription, &events, device).await?;
        let missing = HttpError::Denied("it gave no address for the subscription");
        let mut subscription =
            reply.subscription.and_then(|it| self.on_same_host(&it)).ok_or(missing)?;
        subscription.parameters = reply.parameters;
        self.subscription = Some(subscription);
        Ok(())
    }

    /// An address that the device gave, on the host by which we know it: behind a router it knows
    /// another one of itself.
    fn on_same_host(&self, address: &str) -> Option<Subscription> {
        let url = self.client.server().url.join(address).ok()?;
        Some(Subscription {
            target: target(&url),
            address: address.to_owned(),
            parameters: String::new(),
        })
    }

    async fn call(
        &mut self,
        call: Call,
        at: &Subscription,
        device: &Device,
    ) -> Result<Reply, HttpError> {
        let step = self.client.server().step_timeout;
        let patience = if call == Call::PullMessages { step + PULL } else { step };
        let security = self.security(call).unwrap_or_default();
        let envelope = call.envelope(&at.address, &at.parameters, &security);
        let post = Some((XML, Bytes::from(envelope)));
        let ask = Ask { target: &at.target, post, patience };
        let answer = self.client.ask(&ask).await.map_err(|error| match error {
            // It names no other way to log in: it refuses the one that it was given.
            HttpError::UnknownScheme { .. } if !security.is_empty() => {
                HttpError::Refused { status: 401 }
            }
            error => error,
        })?;
        let status = answer.status;
        let body = answer.body.whole(LONGEST_ANSWER, Instant::now() + step).await?;
        let body = body.ok_or(HttpError::Timeout { step: "the request", limit: step })?;
        let reply = match read(&String::from_utf8_lossy(&body)) {
            Ok(reply) => reply,
            Err(_) if status != 200 => return Err(HttpError::Status { status }),
            Err(fault) => {
                device.fault(fault);
                return Err(HttpError::OtherKind { expected: "answer of an ONVIF device" });
            }
        };
        match (status, reply.is_fault) {
            (_, true) if reply.is_unauthorized && security.is_empty() => {
                Err(HttpError::NoCredentials)
            }
            (_, true) if reply.is_unauthorized => Err(HttpError::Refused { status }),
            (_, true) => Err(HttpError::Denied(refusal(call))),
            (200 | 202, false) => Ok(reply),
            _ => Err(HttpError::Status { status }),
        }
    }

    /// Who asks, dated by the device's clock.
    fn security(&self, call: Call) -> Option<String> {
        if call == Call::GetSystemDateAndTime {
            return None; // Anybody may ask for it (Core Specification §8.3.5).
        }
        let credentials = self.client.server().credentials.as_ref()?;
        let now = self.clock.map_or_else(utc_now, |(time, at)| time.after(at.elapsed()));
        token(credentials, now)
    }

    async fn take(&mut self, message: &Message, device: &mut Device, arrived_at: CaptureTime) {
        if !self.hearing.pace.admits().await {
            device.count(Counted::Flooded);
            return;
        }
        let fact = message.fact();
        // The first messages of a subscription tell what is so, and only that.
        let is_known = message.is_initial && fact.is_some_and(|fact| device.knows(fact));
        match told(message, &self.inputs) {
            Some(_) if is_known => device.count(Counted::Repeated),
            Some(heard) => {
                let content = [message.topic as u64, message.state.map_or(0, |it| it as u64 + 1)];
                self.hearing.pass_on(&heard, &content, device, arrived_at);
            }
            None => {
                fact.into_iter().for_each(|fact| device.note(fact));
                Hearing::pass_over(device);
            }
        }
    }

    /// Ends the subscription: a device allows few.
    async fn say_goodbye(&mut self, device: &Device) {
        if let Some(subscription) = self.subscription.take() {
            let goodbye = self.call(Call::Unsubscribe, &subscription, device);
            // If it does not hear this, it forgets the subscription after two minutes.
            drop(timeout(GOODBYE, goodbye).await);
        }
    }
}

impl Session for PullPoint {
    fn login(&self) -> LoginMark {
        self.client.server().login()
    }

    async fn hear(&mut self, device: &mut Device, stop: &CancellationToken) -> HttpError {
        let heard = stop.run_until_cancelled(self.listen(device)).await;
        if stop.is_cancelled() {
            self.say_goodbye(device).await;
        }
        self.client.hang_up();
        heard.and_then(Result::err).unwrap_or(HttpError::Ended)
    }
}

fn target(url: &Url) -> String {
    let query = url.query().map(|query| format!("?{query}")).unwrap_or_default();
    format!("{}{query}", url.path())
}

fn refusal(call: Call) -> &'static str {
    match call {
        Call::GetSystemDateAndTime | Call::GetCapabilities => {
            "it does not know the question for its services; check `url`"
        }
        Call::CreatePullPointSubscription => {
            "it gives no subscription; it may have too many, or no events"
        }
        Call::PullMessages | Call::Renew | Call::Unsubscribe => {
            "it has forgotten the subscription; a new one follows"
        }
    }
}
