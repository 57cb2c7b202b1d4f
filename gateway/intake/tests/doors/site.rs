//! A site: one device that is heard, and what came of it.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use hw_sim::camera::Credentials as Account;
use hw_sim::door::{DoorController, Habits, Happening, Scheme, Tongue, What};
use intake::{
    DEVICE_POINT, Device, DeviceHealth, DeviceMemory, DeviceState, HealthSnapshot, Mailbox,
    WebServer,
};
use scene::{Reading, Signal};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use trust::Credentials;

pub(crate) const USER: &str = "guard";
pub(crate) const PASSWORD: &str = "gate 7";

/// Any free port of this machine alone.
pub(crate) const ANY: SocketAddr =
    SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 0);

/// A device that is heard.
pub(crate) struct Site {
    mailbox: Arc<Mailbox>,
    health: DeviceHealth,
    stop: CancellationToken,
    task: JoinHandle<()>,
    /// Whether what was taken out of the mailbox is kept on disk.
    pub(crate) keeps: bool,
    /// All signals but signs of life, in their order.
    pub(crate) signals: Vec<Signal>,
    pub(crate) beats: usize,
}

impl Site {
    /// Begins to hear a device with `run`.
    pub(crate) fn hear<F>(run: impl FnOnce(Device, CancellationToken) -> F) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        Self::hear_again(DeviceMemory::default(), run)
    }

    /// Begins to hear a device of which this is remembered.
    pub(crate) fn hear_again<F>(
        memory: DeviceMemory,
        run: impl FnOnce(Device, CancellationToken) -> F,
    ) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let (mailbox, stop) = (Arc::new(Mailbox::default()), CancellationToken::new());
        let device = Device::new("gate", Arc::clone(&mailbox)).with_memory(memory);
        let health = device.health();
        let task = tokio::spawn(run(device, stop.clone()));
        Self { mailbox, health, stop, task, keeps: true, signals: Vec::new(), beats: 0 }
    }

    /// How the device is.
    pub(crate) fn health(&self) -> HealthSnapshot {
        self.health.get()
    }

    /// Why it does not answer.
    pub(crate) fn reason(&self) -> String {
        match self.health().state {
            DeviceState::Offline { reason } | DeviceState::Refused { reason } => reason,
            state => format!("{state:?}"),
        }
    }

    /// Takes what has come.
    pub(crate) fn collect(&mut self) {
        for posted in self.mailbox.take(Duration::ZERO) {
            if self.keeps {
                posted.voucher.kept();
            }
            if &*posted.signal.source().point == DEVICE_POINT
                && posted.signal.kind() == scene::SignalKind::Heartbeat
            {
                self.beats += 1;
            } else if self.keeps {
                self.signals.push(posted.signal);
            }
        }
    }

    /// Waits until `is_so`.
    pub(crate) async fn until(&mut self, what: &str, mut is_so: impl FnMut(&Self) -> bool) {
        for _ in 0..200_000 {
            self.collect();
            if is_so(self) {
                return;
            }
            pass(Duration::from_millis(10)).await;
        }
        panic!("never {what}: {:?}, {} signals", self.health(), self.signals.len());
    }

    /// Waits until so many signals have come, and a while longer for one too many.
    pub(crate) async fn hears(&mut self, count: usize) -> Vec<String> {
        self.until("as many signals", |site| site.signals.len() >= count).await;
        for _ in 0..50 {
            pass(Duration::from_millis(10)).await;
            self.collect();
        }
        self.signals.iter().map(word).collect()
    }

    /// Ends it, and waits until it has ended.
    pub(crate) async fn end(self) {
        self.stop.cancel();
        self.task.await.expect("the adapter ends well");
    }
}

/// Lets time pass: in steps, so that no limit of an adapter is missed because this machine was busy.
pub(crate) async fn pass(span: Duration) {
    let end = tokio::time::Instant::now() + span;
    while tokio::time::Instant::now() < end {
        // While a thread works no time is skipped, and bytes get to the other end of their connection.
        let breath = || std::thread::sleep(Duration::from_micros(200));
        tokio::task::spawn_blocking(breath).await.expect("it only waits");
        tokio::time::sleep_until(end.min(tokio::time::Instant::now() + STEP)).await;
    }
}

/// The longest step: a fraction of the shortest limit.
const STEP: Duration = Duration::from_secs(1);

/// A signal in words.
pub(crate) fn word(signal: &Signal) -> String {
    let value = match signal.reading() {
        Reading::Good(value) | Reading::Uncertain(value) => value.to_string(),
        Reading::Bad => "bad".to_owned(),
    };
    format!("{} {} {value}", signal.source().point, signal.kind())
}

/// Whoever may listen to simulated doors.
pub(crate) fn account(scheme: Scheme) -> hw_sim::door::Account {
    hw_sim::door::Account::new(Account::new(USER, PASSWORD), scheme)
}

/// A door that asks for the password by digest.
pub(crate) async fn door(tongue: impl Tongue, habits: Habits) -> DoorController {
    let door = DoorController::serve(ANY, tongue, habits, Some(account(Scheme::Md5))).await;
    door.expect("the door listens on loopback")
}

/// The web server of a door, with the right password.
pub(crate) fn web(door: &DoorController) -> WebServer {
    let url = format!("http://{}/", door.address()).parse().expect("an address is a URL");
    let credentials = Credentials { user: USER.to_owned(), password: PASSWORD.to_owned() };
    WebServer { credentials: Some(credentials), ..WebServer::new(url) }
}

/// One of each kind, and what comes of them.
pub(crate) const STORY: [(Happening, &str); 9] = [
    (Happening::new(1, What::Granted), "door-1 door_event access_granted"),
    (Happening::new(1, What::Opened), "door-1 door_contact true"),
    (Happening::new(2, What::Denied), "door-2 door_event access_denied"),
    (Happening::new(1, What::Closed), "door-1 door_contact false"),
    (Happening::new(2, What::Forced), "door-2 door_event forced_open"),
    (Happening::new(2, What::Held), "door-2 door_event held_open"),
    (Happening::new(1, What::Duress), "door-1 door_event duress"),
    (Happening::new(1, What::Tampered), "device tamper true"),
    (Happening::new(1, What::TamperEnded), "device tamper false"),
];

/// What comes of the story.
pub(crate) fn told() -> Vec<String> {
    STORY.map(|(_, told)| told.to_owned()).to_vec()
}
