//! The demo scene in short, with the broker away and the gateway killed in the middle.

use std::collections::BTreeSet;
use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use hw_sim::judge::{Journal, Raise};
use hw_sim::play::{Production, Stage, Watched};
use hw_sim::scenario::Scenario;
use tokio_util::sync::CancellationToken;

use crate::house::{GATEWAY, StreetCamera, free_ports, media, root, write_config};

/// Long enough for a debug build on two busy cores; nothing waits for it when all is well.
const PATIENCE: Duration = Duration::from_secs(90);

const CAMERAS: [StreetCamera; 2] = [
    StreetCamera { id: "cam-01", transport: "udp", digest: false, watches_lamp: false },
    StreetCamera { id: "cam-02", transport: "tcp", digest: true, watches_lamp: true },
];

fn raised(journal: &Journal, event: &str) -> usize {
    journal.raises().iter().filter(|raise| raise.receipt.message.kind.code == event).count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_broker_outage_and_a_killed_gateway_lose_and_double_nothing() {
    let work = tempfile::tempdir().expect("a temporary folder");
    let ports = free_ports();
    let config = write_config(work.path(), ports, &CAMERAS);
    let scenario = Scenario::load(&root().join("hw-sim/scenarios/street-short.toml"));
    let production = Production {
        scenario: scenario.expect("the scenario is sound"),
        media: media(),
        gateway: GATEWAY.into(),
        config,
        work: work.path().to_owned(),
        ports,
    };
    let mut out = Vec::new();
    let played = play(production, &mut out).await;
    let log = fs::read_to_string(work.path().join("gateway.log")).unwrap_or_default();
    let told = String::from_utf8_lossy(&out);
    if let Err(reason) = played {
        panic!("{reason}\n--- heard\n{told}\n--- gateway.log\n{log}");
    }
}

async fn play(production: Production, out: &mut Vec<u8>) -> Result<(), String> {
    let plain = |error: hw_sim::play::PlayError| error.to_string();
    let interrupt = CancellationToken::new();
    let mut stage = Stage::set(production, interrupt, out).await.map_err(plain)?;

    let both_vans = |journal: &Journal| raised(journal, "fire_passage_blocked") == 2;
    let watched = stage.watch(PATIENCE, out, both_vans).await.map_err(plain)?;
    expect(watched == Watched::Met, "both vans are reported")?;
    let raises = stage.journal().raises();
    for raise in &raises {
        check_evidence(raise)?;
    }

    // The gateway dies with two alerts open, and comes back while nobody takes its messages.
    stage.broker.stop().await.map_err(plain)?;
    stage.kill_gateway().await.map_err(plain)?;
    stage.start_gateway().map_err(plain)?;
    stage.watch(Duration::from_secs(3), out, |_| false).await.map_err(plain)?;
    stage.broker.restart().await.map_err(plain)?;

    let lamp = |journal: &Journal| raised(journal, "other") == 1;
    let watched = stage.watch(PATIENCE, out, lamp).await.map_err(plain)?;
    expect(watched == Watched::Met, "the two men at the lamp post are reported")?;
    // Whatever is repeated or invented now would come within two sampling intervals.
    stage.watch(Duration::from_secs(6), out, |_| false).await.map_err(plain)?;

    let score = stage.score();
    expect(score.agrees(), &format!("truth and alerts agree: {score:#?}"))?;
    let ids: BTreeSet<String> = stage
        .journal()
        .raises()
        .iter()
        .map(|raise| raise.receipt.message.alert_id.clone())
        .collect();
    expect(ids.len() == 3, &format!("three alerts in all: {ids:?}"))?;
    stage.strike().await.map_err(plain)
}

fn expect(holds: bool, what: &str) -> Result<(), String> {
    if holds { Ok(()) } else { Err(format!("expected that {what}")) }
}

/// Fetches the alert's picture as the command centre would, and holds it to its digest.
fn check_evidence(raise: &Raise) -> Result<(), String> {
    let evidence = raise.receipt.message.evidence.first().ok_or("the alert has no picture")?;
    let uri = evidence.uri.as_deref().ok_or("the picture has no address")?;
    let rest = uri.strip_prefix("http://").ok_or(format!("{uri} is not http"))?;
    let (host, path) = rest.split_once('/').ok_or(format!("{uri} has no path"))?;
    let fetch = || -> std::io::Result<Vec<u8>> {
        let mut stream = TcpStream::connect(host)?;
        write!(stream, "GET /{path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n")?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer)?;
        Ok(answer)
    };
    let answer = fetch().map_err(|error| format!("{uri}: {error}"))?;
    let head_end = answer.windows(4).position(|bytes| bytes == b"\r\n\r\n");
    let body = head_end.and_then(|end| answer.get(end + 4..)).ok_or("no HTTP answer")?;
    expect(answer.starts_with(b"HTTP/1.1 200"), &format!("{uri} is served"))?;
    let digest: String = <sha2::Sha256 as sha2::Digest>::digest(body)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    expect(digest == evidence.sha256, "the picture is the one that the alert names")
}
