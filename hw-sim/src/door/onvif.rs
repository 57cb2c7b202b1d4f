//! A simulated ONVIF door: device service, event service, pull points (Core Specification §8, §9).

use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::time::{Instant, timeout_at};
use tokio_util::task::AbortOnDropHandle;

use super::clock::DoorClock;
use super::element::{has, inside};
use super::happening::Happening;
use super::onvif_events::{Properties, Told, of};
use super::onvif_replies as replies;
use super::username_token::Tokens;
use super::web::{Conversation, Request};
use crate::camera::digest::Credentials;

/// How an ONVIF door behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OnvifHabits {
    /// Its clock. Requests dated by another one are refused.
    pub clock: DoorClock,
    /// Subscriptions at once.
    pub most_subscriptions: usize,
    /// How long a subscription lives that is not renewed.
    pub term: Duration,
    /// Whether it answers the question for its services.
    pub knows_services: bool,
}

impl Default for OnvifHabits {
    fn default() -> Self {
        let term = Duration::from_secs(120);
        Self { clock: DoorClock::Right, most_subscriptions: 2, term, knows_services: true }
    }
}

/// A running ONVIF door. Ended on drop.
#[derive(Debug)]
pub struct OnvifDoor {
    address: SocketAddr,
    device: Arc<Device>,
    _task: AbortOnDropHandle<()>,
}

#[derive(Debug)]
struct Device {
    address: SocketAddr,
    habits: OnvifHabits,
    credentials: Credentials,
    started_at: Timestamp,
    state: Mutex<State>,
    changed: watch::Sender<u64>,
}

#[derive(Debug, Default)]
struct State {
    tokens: Tokens,
    properties: Properties,
    subscriptions: BTreeMap<u32, Subscription>,
    made: u32,
    renewed: u32,
    ended: u32,
    wrong: u32,
    /// Requests are read and not answered.
    is_silent: bool,
    /// What happened while nobody had subscribed.
    unheard: Vec<Told>,
}

#[derive(Debug)]
struct Subscription {
    ends_at: Instant,
    /// Messages that wait, and whether they tell the state at the begin.
    waiting: VecDeque<(Told, bool)>,
}

impl OnvifDoor {
    /// Serves on `address`; port 0 takes any free port.
    ///
    /// # Errors
    /// If it cannot listen there.
    pub async fn serve(
        address: SocketAddr,
        credentials: Credentials,
        habits: OnvifHabits,
    ) -> io::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        let device = Arc::new(Device {
            address,
            habits,
            credentials,
            started_at: Timestamp::now(),
            state: Mutex::default(),
            changed: watch::Sender::new(0),
        });
        let task = tokio::spawn(accept(listener, Arc::clone(&device)));
        Ok(Self { address, device, _task: AbortOnDropHandle::new(task) })
    }

    /// The address of its device service.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}/onvif/device_service", self.address)
    }

    /// Something happens.
    pub fn happens(&self, happening: Happening) {
        let told = of(happening, self.device.now());
        self.device.change(|state| {
            for told in told {
                state.properties.note(&told);
                if state.subscriptions.is_empty() && !told.is_property {
                    state.unheard.push(told);
                    continue;
                }
                for subscription in state.subscriptions.values_mut() {
                    subscription.waiting.push_back((told.clone(), false));
                }
            }
        });
    }

    /// It starts again: it forgets its subscriptions, and nothing else.
    pub fn reboot(&self) {
        self.device.change(|state| state.subscriptions.clear());
    }

    /// Whether it answers nothing from now on.
    pub fn be_silent(&self, is_silent: bool) {
        self.device.change(|state| state.is_silent = is_silent);
    }

    /// How many subscriptions there are.
    #[must_use]
    pub fn subscriptions(&self) -> usize {
        self.device.lock().subscriptions.len()
    }

    /// How often a subscription was renewed, and how often one was ended by who had it.
    #[must_use]
    pub fn renewed_and_ended(&self) -> (u32, u32) {
        let state = self.device.lock();
        (state.renewed, state.ended)
    }

    /// Requests whose password, time or nonce was wrong.
    #[must_use]
    pub fn wrong(&self) -> u32 {
        self.device.lock().wrong
    }
}

async fn accept(listener: TcpListener, device: Arc<Device>) {
    let mut visitors = tokio::task::JoinSet::new();
    loop {
        let Ok((stream, _)) = listener.accept().await else { continue };
        visitors.spawn(serve(stream, Arc::clone(&device)));
        while visitors.try_join_next().is_some() {}
    }
}

async fn serve(stream: TcpStream, device: Arc<Device>) {
    let mut conversation = Conversation::new(stream);
    // A visitor that goes away is no fault.
    while let Ok(Some(request)) = conversation.next().await {
        let answer = device.answer(&request).await;
        if device.lock().is_silent {
            continue;
        }
        let (status, body) = answer;
        let headers = "Content-Type: application/soap+xml; charset=utf-8\r\n";
        if conversation.answer(status, headers, body.as_bytes()).await.is_err() {
            return;
        }
    }
}

impl Device {
    async fn answer(&self, request: &Request) -> (&'static str, String) {
        let text = String::from_utf8_lossy(&request.body).into_owned();
        let body = inside(&text, "Body").unwrap_or_default();
        if has(body, "GetSystemDateAndTime") {
            return replies::system_time(self.now());
        }
        if !self.admits(&text) {
            return replies::fault("ter:NotAuthorized", "401 Unauthorized");
        }
        let path = request.path();
        let number = path.strip_prefix("/onvif/pull/").and_then(|it| it.parse::<u32>().ok());
        if has(body, "GetServices") || has(body, "GetCapabilities") {
            return if self.habits.knows_services {
                replies::services(self.address, has(body, "GetServices"))
            } else {
                replies::fault("ter:ActionNotSupported", "400 Bad Request")
            };
        }
        if has(body, "CreatePullPointSubscription") {
            return self.subscribe();
        }
        let Some(number) = number.filter(|number| self.lives(*number)) else {
            return replies::fault("ter:InvalidArgVal", "400 Bad Request");
        };
        if has(body, "PullMessages") {
            return self.pull(number).await;
        }
        if has(body, "Renew") {
            self.change(|state| state.renewed += 1);
            self.prolong(number);
            return replies::renewed(self.now());
        }
        if has(body, "Unsubscribe") {
            self.change(|state| {
                state.subscriptions.remove(&number);
                state.ended += 1;
            });
            return replies::ended();
        }
        replies::fault("ter:ActionNotSupported", "400 Bad Request")
    }

    fn admits(&self, text: &str) -> bool {
        let now = self.now();
        let mut state = self.lock();
        let is_right = state.tokens.admit(text, &self.credentials, now);
        state.wrong += u32::from(!is_right);
        is_right
    }

    fn subscribe(&self) -> (&'static str, String) {
        let mut state = self.lock();
        state.subscriptions.retain(|_, it| it.ends_at > Instant::now());
        if state.subscriptions.len() >= self.habits.most_subscriptions {
            return replies::fault("ter:MaxNotifyLimitReached", "400 Bad Request");
        }
        state.made += 1;
        let number = state.made;
        let mut waiting: VecDeque<(Told, bool)> =
            state.properties.all().into_iter().map(|told| (told, true)).collect();
        waiting.extend(std::mem::take(&mut state.unheard).into_iter().map(|told| (told, false)));
        let ends_at = Instant::now() + self.habits.term;
        state.subscriptions.insert(number, Subscription { ends_at, waiting });
        replies::subscribed(self.address, number, self.now())
    }

    /// Waits for messages, up to 10 s.
    async fn pull(&self, number: u32) -> (&'static str, String) {
        let mut changes = self.changed.subscribe();
        let deadline = Instant::now() + Duration::from_secs(10);
        loop {
            changes.borrow_and_update();
            let messages = self.take(number);
            let is_over = timeout_at(deadline, async {
                if messages.is_empty() {
                    drop(changes.changed().await);
                }
            });
            if is_over.await.is_err() || !messages.is_empty() || !self.lives(number) {
                return replies::messages(&messages, self.now());
            }
        }
    }

    fn take(&self, number: u32) -> Vec<String> {
        let mut state = self.lock();
        let Some(subscription) = state.subscriptions.get_mut(&number) else { return Vec::new() };
        let count = subscription.waiting.len().min(10);
        subscription.waiting.drain(..count).map(|(told, is_initial)| told.xml(is_initial)).collect()
    }

    fn lives(&self, number: u32) -> bool {
        self.lock().subscriptions.get(&number).is_some_and(|it| it.ends_at > Instant::now())
    }

    fn prolong(&self, number: u32) {
        if let Some(subscription) = self.lock().subscriptions.get_mut(&number) {
            subscription.ends_at = Instant::now() + self.habits.term;
        }
    }

    fn now(&self) -> Timestamp {
        self.habits.clock.now(self.started_at)
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.lock());
        self.changed.send_modify(|version| *version += 1);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
