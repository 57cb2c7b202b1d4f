//! The latest state of the gateway and its devices, as retained topics tell it.

use std::collections::BTreeMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use runtime::{ClockState, rfc3339};
use scene::CaptureTime;
use serde::Serialize;
use tokio::sync::Notify;

use crate::rival_news::RivalNews;
use crate::sensor_status::SensorStatus;
use crate::settings::{Protocol, Settings};

/// How a camera is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum DeviceState {
    /// It delivers, and can be judged.
    Online,
    /// It delivers, but not what its rules need.
    Degraded,
    /// It does not deliver.
    Offline,
}

/// What the centre learns about one camera.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceStatus {
    /// How it is.
    pub state: DeviceState,
    /// Why it is not online, in words for a technician.
    pub reason: Option<String>,
    /// When its last analysed picture was taken.
    pub last_frame_at: Option<CaptureTime>,
}

#[derive(Serialize)]
struct DeviceStatusJson<'a> {
    status: DeviceState,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_frame: Option<String>,
}

impl DeviceStatus {
    fn to_json(&self) -> Vec<u8> {
        let last_frame = self.last_frame_at.map(rfc3339);
        let json =
            DeviceStatusJson { status: self.state, reason: self.reason.as_deref(), last_frame };
        // Strings and options only: this cannot fail.
        serde_json::to_vec(&json).unwrap_or_default()
    }
}

/// What became of the latest edit of the configuration, for the gateway's status topic.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ConfigNews {
    state: ConfigState,
    /// RFC 3339.
    at: String,
    /// Why it was refused, each with its place.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    faults: Vec<String>,
    /// What it changed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    changes: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum ConfigState {
    Applied,
    Refused,
}

/// Faults and changes that the status topic lists; the log has all.
const MOST_NEWS: usize = 20;

impl ConfigNews {
    /// In force since `at`.
    pub fn applied(at: CaptureTime, changes: Vec<String>) -> Self {
        Self::new(ConfigState::Applied, at, Vec::new(), changes)
    }

    /// Refused at `at`; the one before stays in force.
    pub fn refused(at: CaptureTime, faults: Vec<String>) -> Self {
        Self::new(ConfigState::Refused, at, faults, Vec::new())
    }

    fn new(
        state: ConfigState,
        at: CaptureTime,
        mut faults: Vec<String>,
        mut changes: Vec<String>,
    ) -> Self {
        faults.truncate(MOST_NEWS);
        changes.truncate(MOST_NEWS);
        Self { state, at: rfc3339(at), faults, changes }
    }
}

/// Whether the gateway's clock can be relied on, for the gateway's status topic.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ClockNews {
    believed: bool,
    /// When it was last set by more than a minute, by its new time: RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    set_at: Option<String>,
    /// By how much it was set then; negative: back.
    #[serde(skip_serializing_if = "Option::is_none")]
    set_by_secs: Option<i64>,
}

impl ClockNews {
    /// What is known of the clock.
    pub fn of(state: ClockState) -> Self {
        Self {
            believed: state.believed,
            set_at: state.set.map(|(at, _)| rfc3339(at)),
            set_by_secs: state.set.map(|(_, by_secs)| by_secs),
        }
    }
}

/// What keeps the processes that look at cameras from all else, for the gateway's status topic.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ConfinementNews {
    /// They open no file but those for names, time and libraries.
    pub files: bool,
    /// They take no TCP port by its number.
    pub ports: bool,
    /// They make no system call but those on a list.
    pub calls: bool,
    /// They hold no more memory than their cameras need.
    pub memory: bool,
    /// The release of the kernel, which decides what can be held.
    pub kernel: String,
}

/// News for the gateway's status topic: the latest of each sort.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct News {
    /// Numbered like a post; 0 before there is any.
    pub(super) number: u64,
    config: Option<ConfigNews>,
    clock: Option<ClockNews>,
    confinement: Option<ConfinementNews>,
    rival: Option<RivalNews>,
}

impl News {
    /// What fits where little does.
    pub(super) fn shortened(&self) -> Self {
        Self { config: None, rival: None, ..self.clone() }
    }
}

/// Where other threads post device states; the publisher reads the latest of each.
///
/// Not a queue: a state that was replaced before it could be sent is of no interest to anyone.
#[derive(Debug, Clone, Default)]
pub struct StatusBoard {
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    posts: Mutex<Posts>,
    changed: Notify,
}

#[derive(Debug, Default)]
struct Posts {
    /// Rises with every post.
    latest: u64,
    /// By where they are published, below the gateway's prefix.
    by_place: BTreeMap<String, Post>,
    news: News,
}

/// One device's or output's state, numbered in the order of posting over all of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Post {
    pub(super) number: u64,
    /// Below the gateway's prefix: `dev/cam-1/status`.
    pub(super) place: String,
    pub(super) payload: Vec<u8>,
}

impl StatusBoard {
    /// Shows this state from now on. The same state again changes nothing and sends nothing.
    pub fn post(&self, device_id: &str, status: &DeviceStatus) {
        self.show(device_place(device_id), status.to_json());
    }

    /// As [`StatusBoard::post`], for a door controller or sensor.
    pub fn post_sensor(&self, device_id: &str, status: &SensorStatus) {
        self.show(device_place(device_id), status.to_json());
    }

    /// Tells what became of the configuration.
    pub fn announce(&self, news: &ConfigNews) {
        self.tell(|told| told.config = Some(news.clone()));
    }

    /// Tells how far the gateway's clock can be relied on.
    pub fn announce_clock(&self, news: &ClockNews) {
        self.tell(|told| told.clock = Some(news.clone()));
    }

    /// Tells what holds the processes that look at cameras.
    pub fn announce_confinement(&self, news: &ConfinementNews) {
        self.tell(|told| told.confinement = Some(news.clone()));
    }

    /// Tells of another client with the same id. Told again, it changes nothing.
    pub(super) fn tell_rival(&self, client_id: &str, reason: &str) {
        if self.posts().news.rival.is_none() {
            self.tell(|told| told.rival = Some(RivalNews::now(client_id, reason)));
        }
    }

    /// There is none any more.
    pub(super) fn end_rival(&self) {
        self.tell(|told| told.rival = None);
    }

    fn tell(&self, change: impl FnOnce(&mut News)) {
        let mut posts = self.posts();
        posts.latest += 1;
        posts.news.number = posts.latest;
        change(&mut posts.news);
        self.shared.changed.notify_one();
    }

    /// The latest news.
    pub(super) fn news(&self) -> News {
        self.posts().news.clone()
    }

    /// Takes a device off that is no more: an empty payload ends what the broker retains
    /// (MQTT 5 §3.3.1.3), whichever run of the gateway posted it.
    pub fn withdraw(&self, device_id: &str) {
        self.show(device_place(device_id), Vec::new());
    }

    /// As [`StatusBoard::post`], for an output; `payload` is its state in JSON.
    pub fn post_output(&self, output_id: &str, payload: Vec<u8>) {
        self.show(output_place(output_id), payload);
    }

    /// As [`StatusBoard::withdraw`], for an output.
    pub fn withdraw_output(&self, output_id: &str) {
        self.show(output_place(output_id), Vec::new());
    }

    fn show(&self, place: String, payload: Vec<u8>) {
        let mut posts = self.posts();
        if posts.by_place.get(&place).is_some_and(|post| post.payload == payload) {
            return;
        }
        posts.latest += 1;
        let post = Post { number: posts.latest, place: place.clone(), payload };
        posts.by_place.insert(place, post);
        self.shared.changed.notify_one();
    }

    /// The first post numbered above `number`.
    pub(super) fn next_after(&self, number: u64) -> Option<Post> {
        let posts = self.posts();
        if posts.latest <= number {
            return None;
        }
        let later = posts.by_place.values().filter(|post| post.number > number);
        later.min_by_key(|post| post.number).cloned()
    }

    /// Completes when something was posted since it last completed. For one waiter.
    pub(super) async fn changed(&self) {
        self.shared.changed.notified().await;
    }

    fn posts(&self) -> MutexGuard<'_, Posts> {
        self.shared.posts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Where a device's status is published, below the gateway's prefix.
pub(super) fn device_place(device_id: &str) -> String {
    format!("dev/{device_id}/status")
}

/// The same of an output's state.
pub(super) fn output_place(output_id: &str) -> String {
    format!("out/{output_id}")
}

/// Told on every connection, and whenever there is news.
pub(super) fn birth(session: &str, settings: &Settings, news: &News) -> Vec<u8> {
    let protocol = match settings.protocol {
        Protocol::V5 => "5",
        Protocol::V311 => "3.1.1",
    };
    let mut json = serde_json::json!({
        "online": true, "session": session, "schema": ["cg.alert/1", "cg.case/1"],
        "version": settings.version, "protocol": protocol,
        "encrypted": settings.broker.tls,
    });
    if let Some(key) = &settings.signing_key {
        json["signing_key"] = serde_json::json!(key);
    }
    if let Some(config) = &news.config {
        json["config"] = serde_json::json!(config);
    }
    if let Some(clock) = &news.clock {
        json["clock"] = serde_json::json!(clock);
    }
    if let Some(confinement) = &news.confinement {
        json["confinement"] = serde_json::json!(confinement);
    }
    if let Some(rival) = &news.rival {
        json["rival"] = serde_json::json!(rival);
    }
    json.to_string().into_bytes()
}

/// Told by the broker when the connection breaks.
pub(super) const LAST_WILL: &[u8] = br#"{"online":false,"reason":"lwt"}"#;

/// Told at an orderly end.
pub(super) const SHUTDOWN: &[u8] = br#"{"online":false,"reason":"shutdown"}"#;

/// A fresh UUID for one run of the gateway: a new one tells the centre of a restart.
pub(super) fn new_session() -> String {
    let random = RandomState::new();
    let mut bytes = [0; 16];
    for (index, half) in bytes.chunks_exact_mut(8).enumerate() {
        half.copy_from_slice(&random.hash_one(index).to_le_bytes());
    }
    uuid::Builder::from_random_bytes(bytes).into_uuid().to_string()
}

#[cfg(test)]
mod tests {
    use super::{DeviceState, DeviceStatus, StatusBoard};
    use scene::CaptureTime;

    #[test]
    fn only_the_latest_state_of_each_device_is_shown() {
        let board = StatusBoard::default();
        let status = |state| DeviceStatus { state, reason: None, last_frame_at: None };
        board.post("cam-1", &status(DeviceState::Online));
        board.post("cam-2", &status(DeviceState::Online));
        board.post("cam-1", &status(DeviceState::Offline));
        board.post("cam-1", &status(DeviceState::Offline));
        let first = board.next_after(0).unwrap();
        assert_eq!((first.number, first.place.as_str()), (2, "dev/cam-2/status"));
        let second = board.next_after(first.number).unwrap();
        assert_eq!((second.number, second.place.as_str()), (3, "dev/cam-1/status"));
        assert_eq!(second.payload, br#"{"status":"offline"}"#);
        assert_eq!(board.next_after(3), None);
    }

    #[test]
    fn a_withdrawn_device_is_taken_off_even_if_an_earlier_run_posted_it() {
        let board = StatusBoard::default();
        board.withdraw("cam-1");
        board.withdraw("cam-1");
        let taken_off = board.next_after(0).unwrap();
        assert_eq!((taken_off.number, taken_off.place.as_str()), (1, "dev/cam-1/status"));
        assert!(taken_off.payload.is_empty());
        let online = DeviceStatus { state: DeviceState::Online, reason: None, last_frame_at: None };
        board.post("cam-1", &online);
        assert_eq!(board.next_after(1).unwrap().payload, br#"{"status":"online"}"#);
        // An output may be called as a camera is.
        board.post_output("cam-1", b"{}".to_vec());
        assert_eq!(board.next_after(2).unwrap().place, "out/cam-1");
        assert_eq!(board.next_after(1).unwrap().payload, br#"{"status":"online"}"#);
    }

    #[test]
    fn a_technician_reads_why_and_since_when() {
        let status = DeviceStatus {
            state: DeviceState::Degraded,
            reason: Some("no sender report".into()),
            last_frame_at: Some(CaptureTime::from_unix_micros(1_790_000_000_500_000)),
        };
        assert_eq!(
            String::from_utf8(status.to_json()).unwrap(),
            r#"{"status":"degraded","reason":"no sender report","last_frame":"2026-09-21T14:13:20.5Z"}"#
        );
    }
}
