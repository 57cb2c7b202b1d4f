//! Three NATS servers that form one broker: JetStream keeps every message on three disks, and MQTT
//! 3.1.1 clients may connect to any of them.

use std::fs;
use std::io::ErrorKind;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::process::Command;
use tokio::time::{Instant, sleep};

use super::error::PlayError;
use super::ports::unused_port;
use super::process::Process;

/// Debian installs it in a folder that only root's PATH holds.
const PROGRAMS: [&str; 2] = ["nats-server", "/usr/sbin/nats-server"];
const NODES: usize = 3;
const START_TIMEOUT: Duration = Duration::from_secs(20);
const LOOK_INTERVAL: Duration = Duration::from_millis(50);

/// A cluster of our own. Killed on drop.
#[derive(Debug)]
pub struct NatsCluster {
    nodes: Vec<Node>,
}

#[derive(Debug)]
struct Node {
    name: String,
    mqtt_port: u16,
    monitor_port: u16,
    config: PathBuf,
    log: PathBuf,
    /// `None` while it is down.
    process: Option<Process>,
}

impl NatsCluster {
    /// Starts three servers with their files in `work`, and waits until they have elected a leader
    /// and all accept MQTT clients.
    ///
    /// # Errors
    /// If nats-server is missing, one ends by itself or they do not become a cluster.
    pub async fn start(work: &Path) -> Result<Self, PlayError> {
        let mut routes = Vec::new();
        for _ in 0..NODES {
            routes.push(unused_port()?);
        }
        let mut nodes = Vec::new();
        for (number, route_port) in (1..).zip(&routes) {
            nodes.push(Node::start(&work.join(format!("nats-{number}")), *route_port, &routes)?);
        }
        let mut cluster = Self { nodes };
        cluster.await_leader().await?;
        Ok(cluster)
    }

    /// The TCP ports on 127.0.0.1 on which the nodes accept MQTT clients.
    #[must_use]
    pub fn mqtt_ports(&self) -> Vec<u16> {
        self.nodes.iter().map(|node| node.mqtt_port).collect()
    }

    /// Ends the node with this MQTT port with SIGKILL.
    ///
    /// # Errors
    /// If it cannot be signalled.
    pub async fn kill(&mut self, mqtt_port: u16) -> Result<(), PlayError> {
        for node in self.nodes.iter_mut().filter(|node| node.mqtt_port == mqtt_port) {
            if let Some(mut process) = node.process.take() {
                process.kill().await?;
            }
        }
        Ok(())
    }

    /// Starts all nodes that are down, and waits until the cluster is complete.
    ///
    /// # Errors
    /// As [`NatsCluster::start`].
    pub async fn heal(&mut self) -> Result<(), PlayError> {
        for node in &mut self.nodes {
            if node.process.is_none() {
                node.process = Some(spawn(&node.config, &node.log)?);
            }
        }
        self.await_leader().await.map(drop)
    }

    /// The MQTT port of the node that leads the cluster's metadata, which says who keeps which
    /// stream.
    ///
    /// # Errors
    /// As [`NatsCluster::start`].
    pub async fn meta_leader(&mut self) -> Result<u16, PlayError> {
        let leader = self.await_leader().await?;
        let found = self.nodes.iter().find(|node| node.name == leader);
        Ok(found.map_or(0, |node| node.mqtt_port))
    }

    /// Waits until every node knows the leader.
    async fn await_leader(&mut self) -> Result<String, PlayError> {
        let deadline = Instant::now() + START_TIMEOUT;
        loop {
            let mut leaders = Vec::new();
            for node in &mut self.nodes {
                leaders.extend(node.leader().await?);
            }
            if leaders.len() == NODES
                && let Some(leader) = leaders.pop()
            {
                return Ok(leader);
            }
            if let Some(node) = self.nodes.first()
                && Instant::now() > deadline
            {
                let (port, log) = (node.mqtt_port, node.log.clone());
                return Err(PlayError::BrokerSilent { port, log });
            }
            sleep(LOOK_INTERVAL).await;
        }
    }
}

impl Node {
    fn start(store: &Path, route_port: u16, routes: &[u16]) -> Result<Self, PlayError> {
        let in_store = |source| PlayError::File { path: store.to_owned(), source };
        fs::create_dir_all(store).map_err(in_store)?;
        let name = store.file_name().map_or_else(String::new, |n| n.to_string_lossy().into_owned());
        let (client_port, mqtt_port, monitor_port) =
            (unused_port()?, unused_port()?, unused_port()?);
        let config = store.join("nats.conf");
        let log = store.join("nats.log");
        let routes: Vec<String> =
            routes.iter().map(|port| format!("nats://127.0.0.1:{port}")).collect();
        let text = format!(
            "server_name: {name}\nlisten: \"127.0.0.1:{client_port}\"\n\
             http: \"127.0.0.1:{monitor_port}\"\n\
             jetstream {{ store_dir: \"{}\", max_mem: 64MB, max_file: 1GB }}\n\
             cluster {{ name: city, listen: \"127.0.0.1:{route_port}\", routes: [{}] }}\n\
             mqtt {{ listen: \"127.0.0.1:{mqtt_port}\", stream_replicas: {NODES}, \
             ack_wait: \"5s\", max_ack_pending: 1000 }}\n",
            store.display(),
            routes.join(", "),
        );
        fs::write(&config, text).map_err(in_store)?;
        let process = Some(spawn(&config, &log)?);
        Ok(Self { name, mqtt_port, monitor_port, config, log, process })
    }

    /// The leader's name as this node knows it, once it accepts clients; an error if it has ended.
    async fn leader(&mut self) -> Result<Option<String>, PlayError> {
        let Some(process) = &mut self.process else { return Ok(None) };
        process.check_alive()?;
        let answer = fetch(self.monitor_port, "/jsz").await;
        let leader = answer.and_then(|answer| {
            answer.pointer("/meta_cluster/leader").and_then(|name| name.as_str().map(str::to_owned))
        });
        let accepts_clients =
            TcpStream::connect((Ipv4Addr::LOCALHOST, self.mqtt_port)).await.is_ok();
        Ok(leader.filter(|name| accepts_clients && !name.is_empty()))
    }
}

fn spawn(config: &Path, log: &Path) -> Result<Process, PlayError> {
    for program in PROGRAMS {
        match Process::start(Command::new(program).arg("-c").arg(config), log) {
            Err(PlayError::Start { source, .. }) if source.kind() == ErrorKind::NotFound => {}
            other => return other,
        }
    }
    Err(PlayError::NoNats)
}

/// What a node's monitoring page says, once it answers.
async fn fetch(port: u16, path: &str) -> Option<serde_json::Value> {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await.ok()?;
    let request = format!("GET {path} HTTP/1.0\r\n\r\n");
    stream.write_all(request.as_bytes()).await.ok()?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.ok()?;
    let answer = String::from_utf8(answer).ok()?;
    serde_json::from_str(answer.split_once("\r\n\r\n")?.1).ok()
}
