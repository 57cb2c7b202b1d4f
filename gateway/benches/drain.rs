//! How fast a backlog leaves a gateway once its broker is back, beside the floor of the same run.
//!
//! The gateway is the real program with a ledger of 100,000 waiting alerts and no cameras. The
//! floor is what nobody can go below with this client library and this broker: the bare client,
//! publishing the same payloads from memory over TLS, `QoS` 1, with as many in flight, and no ledger.
//! Rounds alternate the two, because other programs want the processor, too.

use std::fs;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, bail, ensure};
use hw_sim::play::{Certificates, LoadBroker};
use ledger::{AlertRow, Entry, Ledger, OutgoingMessage};
use rumqttc::v5::mqttbytes::QoS;
use rumqttc::v5::mqttbytes::v5::Packet;
use rumqttc::v5::{AsyncClient, Event, MqttOptions};
use rumqttc::{NetworkOptions, TlsConfiguration, Transport};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

const MESSAGES: usize = 100_000;
const ROUNDS: usize = 5;
/// The gateway's default `window_messages`.
const WINDOW: u16 = delivery::Settings::WINDOW;
const TOPIC: &str = "cg/v1/110117/001/003/gw-bench/evt/access/checkpoint_gate_blocked";
const LOOK_EVERY: Duration = Duration::from_millis(50);
const PATIENCE: Duration = Duration::from_secs(300);

fn main() -> Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize()?;
    let work = tempfile::tempdir()?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let broker = runtime.block_on(LoadBroker::start(work.path()))?;
    let example = root.join("tests/golden/alert-v1/checkpoint_gate_blocked.open.json");
    let example: serde_json::Value = serde_json::from_str(&fs::read_to_string(example)?)?;
    let full = work.path().join("full");
    fill(&full, &example)?;
    let mut out = std::io::stdout().lock();
    writeln!(
        out,
        "{MESSAGES} waiting alerts of {} bytes to Mosquitto over TLS, QoS 1, {WINDOW} in flight",
        example.to_string().len()
    )?;
    writeln!(out, "{:>5} {:>9} {:>9} {:>6}  RSS MiB", "round", "floor/s", "gateway/s", "ratio")?;
    let mut ratios = Vec::new();
    for round in 1..=ROUNDS {
        let floor = runtime.block_on(floor(&broker, &example))?;
        let folder = work.path().join(format!("round-{round}"));
        let drained = drain(&root, &folder, &full, &broker)?;
        let [start, peak, end] = drained.rss_kib.map(|kib| f64::from(kib) / 1024.0);
        writeln!(
            out,
            "{round:>5} {floor:>9.0} {:>9.0} {:>6.3}  {start:.1} at the start, {peak:.1} at most, \
             {end:.1} at the end",
            drained.per_second,
            drained.per_second / floor,
        )?;
        ratios.push(drained.per_second / floor);
    }
    ratios.sort_by(f64::total_cmp);
    let median = ratios.get(ROUNDS / 2).copied().unwrap_or(f64::NAN);
    writeln!(out, "median ratio {median:.3}")?;
    Ok(())
}

/// Payload of the n-th alert.
fn payload(example: &serde_json::Value, number: usize) -> String {
    let mut alert = example.clone();
    if let Some(id) = alert.get_mut("alert_id") {
        *id = alert_id(number).into();
    }
    alert.to_string()
}

fn alert_id(number: usize) -> String {
    format!("01a200cf-5f00-7d41-88b5-{number:012}")
}

/// A state folder whose ledger holds the backlog.
fn fill(state: &Path, example: &serde_json::Value) -> Result<()> {
    fs::create_dir_all(state)?;
    let ledger = Ledger::open(&state.join("ledger.sqlite3"))?;
    let entries: Vec<Entry> = (0..MESSAGES)
        .map(|number| Entry {
            alert: AlertRow {
                alert_id: alert_id(number),
                dedupe_key: alert_id(number),
                device_id: "cam-0412".into(),
                seq: 1,
                state: "open".into(),
                updated_at_micros: 1_790_000_000_000_000,
            },
            message: OutgoingMessage {
                topic: TOPIC.into(),
                payload: payload(example, number).into_bytes(),
                retain: false,
            },
        })
        .collect();
    for some in entries.chunks(1000) {
        ledger.record(some, None)?;
    }
    Ok(ledger.seal()?)
}

/// Messages a second of the bare client.
async fn floor(broker: &LoadBroker, example: &serde_json::Value) -> Result<f64> {
    let payloads: Vec<String> = (0..MESSAGES).map(|number| payload(example, number)).collect();
    let mut options = MqttOptions::new("floor", "localhost", broker.tls_port);
    let mut network = NetworkOptions::new();
    network.set_tcp_nodelay(true);
    options.set_network_options(network);
    options.set_outgoing_inflight_upper_limit(WINDOW);
    options.set_transport(Transport::Tls(TlsConfiguration::Rustls(tls(&broker.certificates)?)));
    let (client, mut events) = AsyncClient::new(options, usize::from(WINDOW));
    while !matches!(events.poll().await?, Event::Incoming(Packet::ConnAck(_))) {}
    let began = Instant::now();
    let mut answered = 0;
    let mut waiting = payloads.into_iter();
    for first in waiting.by_ref().take(usize::from(WINDOW)) {
        client.publish(TOPIC, QoS::AtLeastOnce, false, first).await?;
    }
    while answered < MESSAGES {
        if let Event::Incoming(Packet::PubAck(_)) = events.poll().await? {
            answered += 1;
            if let Some(next) = waiting.next() {
                client.publish(TOPIC, QoS::AtLeastOnce, false, next).await?;
            }
        }
    }
    Ok(per_second(began.elapsed()))
}

fn per_second(elapsed: Duration) -> f64 {
    u32::try_from(MESSAGES).map_or(f64::NAN, f64::from) / elapsed.as_secs_f64()
}

fn tls(certificates: &Certificates) -> Result<Arc<rustls::ClientConfig>> {
    let mut authorities = rustls::RootCertStore::empty();
    authorities.add(CertificateDer::from_pem_file(&certificates.ca)?)?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?;
    Ok(Arc::new(builder.with_root_certificates(authorities).with_no_client_auth()))
}

struct Drained {
    per_second: f64,
    /// When the first message was taken over, at most, when the last one was.
    rss_kib: [u32; 3],
}

/// A gateway of its own, from its first acknowledged message to its last.
fn drain(root: &Path, folder: &Path, full: &Path, broker: &LoadBroker) -> Result<Drained> {
    let state = folder.join("state");
    fs::create_dir_all(&state)?;
    fs::copy(full.join("ledger.sqlite3"), state.join("ledger.sqlite3"))?;
    let page = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
    let config = write_config(root, folder, broker, page)?;
    let log = folder.join("gateway.log");
    let child = Command::new(env!("CARGO_BIN_EXE_gridwhistle"))
        .args(["run", "--config"])
        .arg(&config)
        .env("RUST_LOG", "warn")
        .stderr(fs::File::create(&log)?)
        .stdout(Stdio::null())
        .spawn()?;
    let mut gateway = Running(child);
    let pid = gateway.0.id();
    let deadline = Instant::now() + PATIENCE;
    let mut began: Option<(Instant, f64, u32)> = None;
    let mut peak = 0;
    loop {
        let acknowledged = acknowledged(page).unwrap_or(0.0);
        let now = Instant::now();
        if acknowledged > 0.0 {
            let rss = rss_kib(pid)?;
            peak = rss.max(peak);
            let (began_at, before, start) = *began.get_or_insert((now, acknowledged, rss));
            let all = u32::try_from(MESSAGES).map_or(f64::NAN, f64::from);
            if acknowledged >= all {
                let per_second = (acknowledged - before) / (now - began_at).as_secs_f64();
                return Ok(Drained { per_second, rss_kib: [start, peak, rss] });
            }
        }
        if let Some(status) = gateway.0.try_wait()? {
            bail!("the gateway ended with {status}: {}", fs::read_to_string(&log)?);
        }
        ensure!(now < deadline, "{acknowledged} of {MESSAGES} messages in {PATIENCE:?}");
        std::thread::sleep(LOOK_EVERY);
    }
}

struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself; then there is nothing to end.
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

fn rss_kib(pid: u32) -> Result<u32> {
    let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let number = line.and_then(|line| line.split_whitespace().next());
    number.ok_or(anyhow!("/proc/{pid}/status has changed"))?.parse().context("VmRSS")
}

/// What the gateway's page counts as taken over by the broker, its status messages not included.
fn acknowledged(page: SocketAddr) -> Result<f64> {
    let mut stream = TcpStream::connect(page)?;
    write!(stream, "GET /metrics HTTP/1.1\r\nHost: bench\r\nConnection: close\r\n\r\n")?;
    let mut text = String::new();
    stream.read_to_string(&mut text)?;
    let name = "gridwhistle_delivery_acknowledged_messages_total";
    let series = text.lines().filter(|line| line.starts_with(name));
    Ok(series.filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok()).sum())
}

fn write_config(
    root: &Path,
    folder: &Path,
    broker: &LoadBroker,
    page: SocketAddr,
) -> Result<PathBuf> {
    let Certificates { ca, gateway, gateway_key, .. } = &broker.certificates;
    let text = format!(
        "[gateway]\nid = \"gw-bench\"\ntest = true\n\
         area = {{ county = \"110117\", street = \"001\", community = \"003\" }}\n\
         [mqtt]\nurl = \"mqtts://localhost:{}\"\nca_file = \"{}\"\n\
         client_cert_file = \"{}\"\nclient_key_file = \"{}\"\nwindow_messages = {WINDOW}\n\
         [http]\nlisten = \"{page}\"\n[storage]\nstate_dir = \"state\"\n\
         [inference]\nmodel_dir = \"{}\"\nonnxruntime_file = \"{}\"\n",
        broker.tls_port,
        ca.display(),
        gateway.display(),
        gateway_key.display(),
        root.join("models/yolox-nano").display(),
        root.join(".ort/libonnxruntime.so").display(),
    );
    fs::write(folder.join("gateway.toml"), text)?;
    Ok(folder.to_owned())
}
