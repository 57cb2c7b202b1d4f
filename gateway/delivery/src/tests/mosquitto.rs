//! Delivery against Mosquitto over TLS: restarts under load, certificates, speed.

use std::collections::BTreeMap;
use std::process::Stdio;
use std::time::Duration;

use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::net::{TcpListener, TcpStream};
use tokio::process::{Child, ChildStdout, Command};
use tokio::sync::watch;

use super::authority::Authority;
use super::{free_port, hasty, health_where, ledger, trouble, within};
use crate::{BrokerAddress, Identity, Publisher, Settings, StatusBoard};

const GRACE: Duration = Duration::from_secs(60);

/// A folder with an authority, a broker certificate for `localhost` and a client's, and room for
/// a Mosquitto with two listeners: TLS for the gateway, plain for the subscriber.
pub(super) struct Site {
    folder: TempDir,
    pub(super) tls_port: u16,
    pub(super) plain_port: u16,
}

impl Site {
    pub(super) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let authority = Authority::new();
        std::fs::write(folder.path().join("ca.pem"), authority.certificate()).unwrap();
        authority.sign(folder.path(), "localhost", "broker");
        authority.sign(folder.path(), "gw-01", "gateway");
        std::fs::write(folder.path().join("other-ca.pem"), Authority::new().certificate()).unwrap();
        Self { folder, tls_port: free_port(), plain_port: free_port() }
    }

    pub(super) fn folder(&self) -> &std::path::Path {
        self.folder.path()
    }

    pub(super) fn file(&self, name: &str) -> std::path::PathBuf {
        self.folder.path().join(name)
    }

    /// Starts the broker and waits until it listens.
    pub(super) async fn start(&self, require_client_certificate: bool) -> Child {
        self.start_with(require_client_certificate, "").await
    }

    /// The same, with these lines more for all listeners.
    pub(super) async fn start_with(&self, require_client_certificate: bool, more: &str) -> Child {
        let file = |name| self.file(name).display().to_string();
        let config = format!(
            "user root\nper_listener_settings false\nallow_anonymous true\npersistence false\n\
             log_dest stderr\nmax_queued_messages 0\n{more}\n\
             listener {} 127.0.0.1\n\
             listener {} 127.0.0.1\ncafile {}\ncertfile {}\nkeyfile {}\n\
             require_certificate {require_client_certificate}\n",
            self.plain_port,
            self.tls_port,
            file("ca.pem"),
            file("broker.pem"),
            file("broker.key"),
        );
        std::fs::write(self.file("mosquitto.conf"), config).unwrap();
        let path = std::env::var("PATH").unwrap_or_default();
        let mut broker = Command::new("mosquitto")
            .env("PATH", format!("{path}:/usr/sbin:/usr/local/sbin"))
            .args(["-c".as_ref(), self.file("mosquitto.conf").as_os_str()])
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("mosquitto is installed");
        let mut log = BufReader::new(broker.stderr.take().unwrap()).lines();
        within("mosquitto running", async {
            let mut said = String::new();
            while !said.ends_with(" running") {
                let line = log.next_line().await.unwrap();
                said += &format!("\n{}", line.unwrap_or_else(|| panic!("mosquitto ended:{said}")));
            }
        })
        .await;
        tokio::spawn(async move { while let Ok(Some(_)) = log.next_line().await {} });
        broker
    }

    pub(super) fn settings(&self, port: u16) -> Settings {
        let mut settings = hasty(BrokerAddress { tls: true, host: "localhost".into(), port });
        settings.ca_file = Some(self.file("ca.pem"));
        settings.window = 64;
        settings
    }

    /// Leaves a retained message at the broker.
    pub(super) async fn retain(&self, topic: &str, payload: &str) {
        let port = self.plain_port.to_string();
        let published = Command::new("mosquitto_pub")
            .args(["-h", "127.0.0.1", "-p", &port, "-r", "-q", "1", "-t", topic, "-m", payload])
            .status();
        assert!(within("marker", published).await.expect("mosquitto_pub is installed").success());
    }

    /// An independent subscriber to all alerts and `more`, subscribed.
    pub(super) async fn subscribe(&self, more: &[&str]) -> (Child, Lines<BufReader<ChildStdout>>) {
        let port = self.plain_port.to_string();
        // A retained message comes as soon as the subscription is made.
        self.retain("evt/ready", "ready").await;
        let mut subscriber = Command::new("mosquitto_sub")
            .args(["-h", "127.0.0.1", "-p", &port, "-V", "5", "-q", "0"])
            .args(more.iter().flat_map(|filter| ["-t", filter]))
            .args(["-t", "evt/#", "-F", "got %t %p"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .expect("mosquitto_sub is installed");
        let mut lines = BufReader::new(subscriber.stdout.take().unwrap()).lines();
        within("subscription", async {
            while lines.next_line().await.unwrap().unwrap() != "got evt/ready ready" {}
        })
        .await;
        (subscriber, lines)
    }
}

/// A door between gateway and broker that the test opens and shuts; bytes pass untouched, so TLS
/// is between the two ends.
async fn door(to_port: u16) -> (u16, watch::Sender<bool>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let (sender, is_open) = watch::channel(true);
    tokio::spawn(async move {
        while let Ok((mut near, _)) = listener.accept().await {
            let mut is_open = is_open.clone();
            if !*is_open.borrow_and_update() {
                continue;
            }
            let Ok(mut far) = TcpStream::connect(("127.0.0.1", to_port)).await else {
                continue;
            };
            tokio::spawn(async move {
                tokio::select! {
                    _ = tokio::io::copy_bidirectional(&mut near, &mut far) => {}
                    _ = is_open.changed() => {}
                }
            });
        }
    });
    (port, sender)
}

/// What a subscriber saw: payload → how often, and the order of first sightings per topic.
#[derive(Default)]
pub(super) struct Seen {
    pub(super) times: BTreeMap<u32, u32>,
    last_by_topic: BTreeMap<String, u32>,
    out_of_order: u32,
    /// What the gateway said of itself.
    pub(super) statuses: Vec<String>,
}

impl Seen {
    fn take(&mut self, line: &str) {
        let Some(("got", message)) = line.split_once(' ') else {
            return;
        };
        if message == "evt/ready ready" {
            return; // the first subscriber, back after the restart
        }
        let (topic, number) = message.split_once(' ').unwrap();
        if topic.ends_with("/status") {
            self.statuses.push(number.to_owned());
            return;
        }
        let number: u32 = number.trim_end().parse().unwrap();
        let times = self.times.entry(number).or_default();
        *times += 1;
        if *times == 1 {
            let last = self.last_by_topic.insert(topic.to_owned(), number);
            self.out_of_order += u32::from(last.is_some_and(|last| last > number));
        }
    }

    pub(super) async fn read_until(
        &mut self,
        lines: &mut Lines<BufReader<ChildStdout>>,
        different: usize,
    ) {
        within("messages at the subscriber", async {
            while self.times.len() < different {
                self.take(&lines.next_line().await.unwrap().expect("subscriber ended"));
            }
        })
        .await;
    }
}

pub(super) fn fill(ledger: &ledger::Ledger, numbers: std::ops::Range<usize>) {
    let padding = " ".repeat(600);
    let messages: Vec<_> = numbers
        .map(|number| (format!("evt/{}", number % 5), format!("{number}{padding}")))
        .collect();
    let messages: Vec<_> =
        messages.iter().map(|(topic, payload)| (topic.as_str(), payload.as_str())).collect();
    super::record(ledger, &messages);
}

#[tokio::test]
async fn a_broker_killed_under_load_loses_nothing() {
    const MESSAGES: usize = 2_000;
    let site = Site::new();
    let mut broker = site.start(false).await;
    let (_first, mut first_lines) = site.subscribe(&[]).await;
    let (port, open) = door(site.tls_port).await;
    let (_folder, ledger) = ledger();
    fill(&ledger, 0..MESSAGES);
    let handle =
        Publisher::spawn(site.settings(port), ledger.clone(), StatusBoard::default(), None)
            .unwrap();

    let mut seen = Seen::default();
    seen.read_until(&mut first_lines, MESSAGES / 3).await;
    broker.kill().await.unwrap(); // SIGKILL
    // Mosquitto hands a message to connected subscribers before it acknowledges it, so what the
    // first subscriber has or will still read is all that was acknowledged. Messages that come
    // before a subscriber is back would be lost by nobody's fault: the door stays shut until then.
    open.send_replace(false);
    let down = health_where(handle.health(), "down", |now| now.connected_since.is_none()).await;
    assert!(down.trouble.is_some());
    let _broker = site.start(false).await;
    let (_second, mut second_lines) = site.subscribe(&[]).await;
    open.send_replace(true);

    within("the rest", async {
        while seen.times.len() < MESSAGES {
            let line = tokio::select! {
                line = first_lines.next_line() => line,
                line = second_lines.next_line() => line,
            };
            seen.take(&line.unwrap().expect("subscriber ended"));
        }
    })
    .await;
    let drained = within("shutdown", handle.shutdown(GRACE)).await.unwrap();
    assert_eq!(drained.left, 0);
    assert_eq!(seen.times.keys().copied().max(), Some(1_999));
}

#[tokio::test]
async fn an_unhurt_broker_gets_each_message_once_and_in_order() {
    let site = Site::new();
    let _broker = site.start(false).await;
    let (_subscriber, mut lines) = site.subscribe(&[]).await;
    let (_folder, ledger) = ledger();
    fill(&ledger, 0..500);
    let settings = site.settings(site.tls_port);
    let handle = Publisher::spawn(settings, ledger.clone(), StatusBoard::default(), None).unwrap();
    let drained = within("shutdown", handle.shutdown(GRACE)).await.unwrap();
    assert_eq!(drained.left, 0);
    let mut seen = Seen::default();
    seen.read_until(&mut lines, 500).await;
    assert_eq!(seen.out_of_order, 0);
    assert!(seen.times.values().all(|times| *times == 1));
}

#[tokio::test]
async fn tls_faults_name_the_file_or_the_name_at_fault() {
    let site = Site::new();
    let _broker = site.start(true).await;
    let (_folder, ledger) = ledger();
    let identity =
        || Identity { cert_file: site.file("gateway.pem"), key_file: site.file("gateway.key") };
    let spawn = |settings| Publisher::spawn(settings, ledger.clone(), StatusBoard::default(), None);

    let mut settings = site.settings(site.tls_port);
    settings.identity = Some(identity());
    let handle = spawn(settings.clone()).unwrap();
    health_where(handle.health(), "connected", |now| now.connected_since.is_some()).await;
    drop(handle);

    settings.ca_file = Some(site.file("other-ca.pem"));
    let text = trouble(spawn(settings.clone()).unwrap().health()).await;
    assert!(
        text.contains("not signed by an authority in") && text.contains("other-ca.pem"),
        "{text}"
    );

    settings.ca_file = Some(site.file("ca.pem"));
    settings.broker.host = "127.0.0.1".into();
    let text = trouble(spawn(settings.clone()).unwrap().health()).await;
    assert!(text.contains("does not hold the name 127.0.0.1"), "{text}");

    settings.broker.host = "localhost".into();
    settings.identity = None;
    let text = trouble(spawn(settings.clone()).unwrap().health()).await;
    assert!(text.contains("client certificate"), "{text}");

    let refused = |settings: &Settings| spawn(settings.clone()).unwrap_err().to_string();
    settings.identity = Some(Identity { key_file: site.file("broker.key"), ..identity() });
    let text = refused(&settings);
    assert!(text.contains("gateway.pem") && text.contains("broker.key"), "{text}");
    settings.identity = Some(Identity { key_file: site.file("ca.pem"), ..identity() });
    assert!(refused(&settings).contains("no usable private key"), "{}", refused(&settings));
    settings.ca_file = Some(site.file("gateway.key"));
    assert!(refused(&settings).contains("no usable certificate"), "{}", refused(&settings));
    settings.ca_file = Some(site.file("missing.pem"));
    assert!(refused(&settings).contains("cannot read"), "{}", refused(&settings));
    settings.ca_file = None;
    assert!(refused(&settings).contains("ca_file must name"), "{}", refused(&settings));
}
