//! The brokers' configuration that ships, at work: a gateway speaks for itself alone and hears its
//! own cases alone; the centre hears all and speaks to all.

use std::fs;
use std::path::Path;
use std::process::Stdio;

use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::net::TcpStream;
use tokio::process::{Child, ChildStdout, Command};

use super::authority::Authority;
use super::{free_port, hasty, health_where, ledger, record, within};
use crate::{BrokerAddress, Health, Identity, Publisher, StatusBoard};

/// A broker under its shipped configuration, moved to a folder and a port of its own.
struct Guarded {
    folder: TempDir,
    port: u16,
    /// NATS's own protocol; Mosquitto has none.
    own_port: u16,
    /// Who speaks while the centre listens: a certificate may stand for one connection only.
    second_centre: &'static str,
    /// As Mosquitto's clients call it.
    version: &'static str,
    _server: Child,
}

impl Guarded {
    async fn mosquitto() -> Self {
        let (folder, port) = (certificates(), free_port());
        let text = shipped(
            "mosquitto/mosquitto.conf",
            folder.path(),
            &[
                ("listener 8883", &format!("user root\nlistener {port} 127.0.0.1")),
                ("/etc/mosquitto/acl", &file("mosquitto/acl")),
                ("/etc/mosquitto", &folder.path().display().to_string()),
                ("/var/lib/mosquitto", &folder.path().display().to_string()),
            ],
        );
        let server = spawn("mosquitto", &text);
        Self::accepting(folder, port, ("5", "centre-2"), server).await
    }

    async fn nats() -> Self {
        let (folder, port, own_port) = (certificates(), free_port(), free_port());
        let text = shipped(
            "nats/nats.conf",
            folder.path(),
            &[
                ("0.0.0.0:8883", &format!("127.0.0.1:{port}")),
                ("127.0.0.1:4222", &format!("127.0.0.1:{own_port}")),
                ("/etc/nats", &folder.path().display().to_string()),
                ("/var/lib/nats", &folder.path().display().to_string()),
            ],
        );
        let server = spawn("nats-server", &text);
        let broker = Self::accepting(folder, port, ("mqttv311", "centre"), server).await;
        Self { own_port, ..broker }
    }

    async fn accepting(
        folder: TempDir,
        port: u16,
        (version, second_centre): (&'static str, &'static str),
        server: Child,
    ) -> Self {
        within("the broker", async {
            while TcpStream::connect(("127.0.0.1", port)).await.is_err() {
                tokio::task::yield_now().await;
            }
        })
        .await;
        Self { folder, port, own_port: 0, second_centre, version, _server: server }
    }

    /// One of Mosquitto's clients, with `who`'s certificate.
    fn client(&self, program: &str, who: &str) -> Command {
        let file = |name: String| self.folder.path().join("certificates").join(name);
        let mut command = Command::new(program);
        command
            .args(["-V", self.version, "-h", "localhost", "-p", &self.port.to_string()])
            .arg("--cafile")
            .arg(file("ca.pem".into()))
            .arg("--cert")
            .arg(file(format!("{who}.pem")))
            .arg("--key")
            .arg(file(format!("{who}.key")))
            .args(["-q", "1"])
            .stderr(Stdio::null())
            .kill_on_drop(true);
        command
    }

    async fn publish(&self, who: &str, topic: &str, payload: &str) {
        let topic = format!("cg/v1/1/2/3/{topic}");
        let mut client = self.client("mosquitto_pub", who);
        // What is refused is answered, too: with a reason, or not even that.
        within("publishing", client.args(["-t", &topic, "-m", payload]).status()).await.unwrap();
    }

    /// A subscriber that hears what the centre publishes under `ready`.
    async fn listen(&self, who: &str, filters: &[&str], ready: &str) -> Ear {
        self.listen_in(who, &[], filters, ready).await
    }

    /// As [`Guarded::listen`], with more options of mosquitto_sub.
    async fn listen_in(&self, who: &str, more: &[&str], filters: &[&str], ready: &str) -> Ear {
        let mut ear = self.ear(who, more, filters);
        within("a subscription", async {
            tokio::select! {
                () = async { loop { self.publish(self.second_centre, ready, "ready").await } } => {}
                line = ear.lines.next_line() => assert!(line.unwrap().unwrap().ends_with("ready")),
            }
        })
        .await;
        ear
    }

    /// A subscriber that may not be connected yet.
    fn ear(&self, who: &str, more: &[&str], filters: &[&str]) -> Ear {
        let filters = filters.iter().flat_map(|filter| ["-t", filter]);
        let mut child = self
            .client("mosquitto_sub", who)
            .args(more)
            .args(filters)
            .args(["-F", "%t %p"])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Ear { _child: child, lines }
    }
}

struct Ear {
    _child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Ear {
    /// What is heard up to this payload, without the marks of readiness.
    async fn until(&mut self, last: &str) -> Vec<String> {
        let mut heard = Vec::new();
        within(last, async {
            while !heard.last().is_some_and(|line: &String| line.ends_with(last)) {
                let line = self.lines.next_line().await.unwrap().expect("the subscriber goes on");
                heard.extend(Some(line).filter(|line| !line.ends_with("ready")));
            }
        })
        .await;
        heard
    }
}

fn file(name: &str) -> String {
    format!("{}/../../config/broker/{name}", env!("CARGO_MANIFEST_DIR"))
}

/// Writes a shipped file with these changes, each of which must find its place.
fn shipped(name: &str, folder: &Path, changes: &[(&str, &str)]) -> std::path::PathBuf {
    let mut text = fs::read_to_string(file(name)).unwrap();
    for (from, to) in changes {
        assert!(text.contains(from), "{name}: {from}");
        text = text.replace(from, to);
    }
    let path = folder.join("broker.conf");
    fs::write(&path, text).unwrap();
    path
}

fn certificates() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let certificates = folder.path().join("certificates");
    fs::create_dir(&certificates).unwrap();
    let authority = Authority::new();
    fs::write(certificates.join("ca.pem"), authority.certificate()).unwrap();
    authority.sign(&certificates, "localhost", "broker");
    for who in ["gw-1", "gw-2", "centre", "centre-2", "smoke-1"] {
        authority.sign(&certificates, who, who);
    }
    folder
}

fn spawn(program: &str, config: &Path) -> Child {
    let path = std::env::var("PATH").unwrap_or_default();
    Command::new(program)
        .env("PATH", format!("{path}:/usr/sbin:/usr/local/sbin"))
        .arg("-c")
        .arg(config)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .unwrap_or_else(|_| panic!("{program} is installed"))
}

#[tokio::test]
async fn a_gateway_speaks_for_itself_alone_and_hears_its_own_cases_alone() {
    for broker in [Guarded::mosquitto().await, Guarded::nats().await] {
        let mut centre = broker.listen("centre", &["cg/v1/#"], "gw-1/case/0").await;
        for forged in ["status", "evt/fire_safety/other", "alert/1", "case/1", "case/1/ack"] {
            broker.publish("gw-1", &format!("gw-2/{forged}"), "forged").await;
        }
        broker.publish("gw-1", "gw-1/case/1", "told by itself").await;
        broker.publish("gw-1", "gw-1/cmd/1", "told by itself").await;
        broker.publish("gw-1", "gw-1/case/1/ack", "answered").await;
        broker.publish("gw-1", "gw-1/cmd/1/res", "done").await;
        broker.publish("gw-1", "gw-1/dev/cam-1/status", "online").await;
        broker.publish("gw-1", "gw-1/evt/fire_safety/other", "true").await;
        let heard = centre.until("true").await;
        let payloads: Vec<&str> =
            heard.iter().filter_map(|line| line.split_once(' ')).map(|(_, text)| text).collect();
        assert_eq!(payloads, ["answered", "done", "online", "true"], "{}", broker.version);

        let cases = ["cg/v1/+/+/+/gw-1/case/+", "cg/v1/+/+/+/gw-2/case/+", "cg/v1/+/+/+/+/evt/#"];
        let mut gateway = broker.listen("gw-1", &cases, "gw-1/case/0").await;
        broker.publish(broker.second_centre, "gw-2/case/1", "another's").await;
        broker.publish("gw-2", "gw-2/evt/fire_safety/other", "another's alert").await;
        broker.publish(broker.second_centre, "gw-1/case/1", "its own").await;
        assert_eq!(
            gateway.until("its own").await,
            ["cg/v1/1/2/3/gw-1/case/1 its own"],
            "{}",
            broker.version
        );
    }
}

#[tokio::test]
async fn a_sensor_speaks_for_itself_alone() {
    for broker in [Guarded::mosquitto().await, Guarded::nats().await] {
        let filters = ["cg/v1/+/+/+/gw-1/in/+", "cg/v1/+/+/+/gw-1/case/+"];
        let mut gateway = broker.listen("gw-1", &filters, "gw-1/case/0").await;
        for forged in ["gw-1/in/smoke-2", "gw-1/case/1", "gw-1/evt/fire_safety/smoke_alarm"] {
            broker.publish("smoke-1", forged, "forged").await;
        }
        broker.publish("gw-2", "gw-1/in/smoke-1", "forged").await;
        broker.publish("smoke-1", "gw-1/in/smoke-1", "smoke").await;
        let heard = gateway.until("smoke").await;
        assert_eq!(heard, ["cg/v1/1/2/3/gw-1/in/smoke-1 smoke"], "{}", broker.version);
    }
}

#[tokio::test]
async fn nobody_takes_over_what_waits_for_the_centre() {
    let broker = Guarded::mosquitto().await;
    let session = ["-c", "-i", "centre-app", "-x", "3600"];
    let centre = broker.listen_in("centre", &session, &["cg/v1/#"], "gw-1/case/0").await;
    drop(centre);
    broker.publish("gw-1", "gw-1/evt/fire_safety/other", "while it is away").await;
    let mut thief = broker.client("mosquitto_pub", "gw-2");
    let thief = thief.args(["-i", "centre-app", "-t", "cg/v1/1/2/3/gw-2/status", "-m", "a thief"]);
    within("the takeover", thief.status()).await.unwrap();
    broker.publish("gw-1", "gw-1/evt/fire_safety/other", "the end").await;
    let mut centre = broker.ear("centre", &session, &["cg/v1/#"]);
    let heard = centre.until("the end").await;
    assert!(heard.iter().any(|line| line.ends_with("while it is away")), "{heard:?}");
}

#[tokio::test]
async fn a_servers_own_port_is_no_way_in() {
    let broker = Guarded::nats().await;
    for user in ["CN=centre", "CN=gw-1"] {
        let mut line = within("the port", async {
            loop {
                match TcpStream::connect(("127.0.0.1", broker.own_port)).await {
                    Ok(line) => break line,
                    Err(_not_yet) => tokio::task::yield_now().await,
                }
            }
        })
        .await;
        let connect = format!("CONNECT {{\"user\":\"{user}\",\"pass\":\"\"}}\r\nPING\r\n");
        line.write_all(connect.as_bytes()).await.unwrap();
        let mut answer = String::new();
        within("an answer", line.read_to_string(&mut answer)).await.unwrap();
        assert!(answer.contains("Authorization Violation"), "{user}: {answer}");
    }
}

#[tokio::test]
async fn a_gateway_with_anothers_topics_learns_that_it_may_not() {
    let broker = Guarded::mosquitto().await;
    let file = |name| broker.folder.path().join("certificates").join(name);
    let address = BrokerAddress { tls: true, host: "localhost".into(), port: broker.port };
    let mut settings = hasty(address);
    settings.ca_file = Some(file("ca.pem"));
    settings.identity = Some(Identity { cert_file: file("gw-1.pem"), key_file: file("gw-1.key") });
    let (_folder, ledger) = ledger();
    record(&ledger, &[("cg/v1/1/2/3/gw-2/evt/fire_safety/other", "alert")]);
    let handle = Publisher::spawn(settings, ledger.clone(), StatusBoard::default(), None).unwrap();
    let refused = |now: &Health| {
        now.trouble
            .as_ref()
            .is_some_and(|text| text.contains("it does not allow this gateway to do that"))
    };
    health_where(handle.health(), "refused", refused).await;
    assert_eq!(ledger.depth().unwrap().messages, 1, "kept");
}
