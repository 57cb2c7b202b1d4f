//! Delivery against one NATS server, which speaks MQTT 3.1.1 only: what is retained, and what waits
//! for a gateway that is away, also when the server is killed.

use std::process::{Output, Stdio};
use std::time::Duration;

use tempfile::TempDir;
use tokio::net::TcpStream;
use tokio::process::{Child, Command};

use super::inbox::diary;
use super::{hasty, health_where, ledger, within};
use crate::{BrokerAddress, Protocol, Publisher, Settings, StatusBoard};

const GRACE: Duration = Duration::from_secs(30);
const STATUS: &str = "cg/v1/a/b/c/gw-01/status";

struct Nats {
    folder: TempDir,
    port: u16,
    server: Child,
}

impl Nats {
    async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (port, client_port) = (super::free_port(), super::free_port());
        let config = format!(
            "server_name: alone\nlisten: \"127.0.0.1:{client_port}\"\n\
             jetstream {{ store_dir: \"{}\", max_mem: 16MB, max_file: 64MB }}\n\
             mqtt {{ listen: \"127.0.0.1:{port}\", ack_wait: \"5s\" }}\n",
            folder.path().display()
        );
        std::fs::write(folder.path().join("nats.conf"), config).unwrap();
        let server = spawn(&folder);
        let nats = Self { folder, port, server };
        nats.accepts().await;
        nats
    }

    async fn accepts(&self) {
        within("NATS", async {
            while TcpStream::connect(("127.0.0.1", self.port)).await.is_err() {
                tokio::task::yield_now().await;
            }
        })
        .await;
    }

    /// SIGKILL, and a new one over the same files.
    async fn replace(&mut self) {
        self.server.kill().await.unwrap();
        self.server = spawn(&self.folder);
        self.accepts().await;
    }

    fn settings(&self) -> Settings {
        let broker = BrokerAddress { tls: false, host: "127.0.0.1".into(), port: self.port };
        let mut settings = hasty(broker);
        settings.protocol = Protocol::V311;
        settings.window = 64;
        settings
    }

    /// Runs one of Mosquitto's clients to its end.
    async fn client(&self, program: &str, args: &[&str]) -> Output {
        let port = self.port.to_string();
        let mut command = Command::new(program);
        command.args(["-V", "mqttv311", "-h", "127.0.0.1", "-p", &port, "-q", "1"]).args(args);
        let output = within(program, command.kill_on_drop(true).output()).await.unwrap();
        assert!(output.status.success(), "{program} {args:?}: {output:?}");
        output
    }

    /// The retained message of a topic.
    async fn retained(&self, topic: &str) -> String {
        let output = self.client("mosquitto_sub", &["-t", topic, "-C", "1", "-W", "50"]).await;
        String::from_utf8(output.stdout).unwrap()
    }
}

fn spawn(folder: &TempDir) -> Child {
    let path = std::env::var("PATH").unwrap_or_default();
    Command::new("nats-server")
        .env("PATH", format!("{path}:/usr/sbin:/usr/local/sbin"))
        .arg("-c")
        .arg(folder.path().join("nats.conf"))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .expect("nats-server is installed")
}

#[tokio::test]
async fn nats_takes_all_keeps_the_status_and_what_comes_for_a_gateway_that_is_away() {
    let mut nats = Nats::start().await;
    let (_folder, ledger) = ledger();
    let messages: Vec<String> = (0..100).map(|number| number.to_string()).collect();
    let messages: Vec<(&str, &str)> = messages
        .iter()
        .map(|payload| ("cg/v1/a/b/c/gw-01/evt/city_appearance/other", payload.as_str()))
        .collect();
    super::record(&ledger, &messages);
    let (inbox, lines) = diary(&ledger);
    let board = StatusBoard::default();
    let handle = Publisher::spawn(nats.settings(), ledger.clone(), board, inbox).unwrap();
    health_where(handle.health(), "connected", |now| now.connected_since.is_some()).await;
    assert!(nats.retained(STATUS).await.contains(r#""online":true"#));
    assert_eq!(within("shutdown", handle.shutdown(GRACE)).await.unwrap().left, 0);
    assert_eq!(nats.retained(STATUS).await, "{\"online\":false,\"reason\":\"shutdown\"}\n");
    assert_eq!(lines.try_iter().count(), 0);

    let topic = "cg/v1/a/b/c/gw-01/case/a-1";
    nats.client("mosquitto_pub", &["-t", topic, "-m", "while away"]).await;
    nats.replace().await;
    let (inbox, lines) = diary(&ledger);
    let board = StatusBoard::default();
    let handle = Publisher::spawn(nats.settings(), ledger.clone(), board, inbox).unwrap();
    let line = within("feedback", tokio::task::spawn_blocking(move || lines.recv())).await;
    assert_eq!(line.unwrap().unwrap(), r#"case/a-1 "while away" false"#);
    assert_eq!(within("shutdown", handle.shutdown(GRACE)).await.unwrap().left, 0);
}
