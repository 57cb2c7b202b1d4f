//! Alerts fall due while the broker is away, and the gateway that holds them is killed.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::time::Duration;

use hw_sim::judge::{Receipt, Score};
use hw_sim::play::Certificates;

use crate::house::{gridwhistle, half_machine};
use crate::page::fetch_with_token;
use crate::street::{CAMERAS, Play, Setting, check_payloads, expect, plain, raised};

const VAN: &str = "fire_passage_blocked";
/// The two men at the lamp post.
const MEN: &str = "other";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_broker_outage_and_a_killed_gateway_lose_and_double_nothing() {
    let _beside_one = half_machine().await;
    Setting::new(&CAMERAS).play(direct).await;
}

async fn direct(play: &mut Play) -> Result<[&'static str; 0], String> {
    play.until_page("the gateway is connected", async |page| {
        page.delivering().await.is_some_and(|(delivering, _)| delivering)
    })
    .await?;
    play.running.broker.stop().await.map_err(plain)?;
    play.until_page("the reports of both vans wait", async |page| page.waiting().await == Some(2))
        .await?;
    let (delivering, reason) = play.page.delivering().await.ok_or("no page")?;
    expect(!delivering && reason.contains("localhost"), &format!("health says so: {reason}"))?;
    expect(play.journal().is_empty(), "nothing was published before the outage")?;

    play.running.kill_gateway().await.map_err(plain)?;
    play.running.start_gateway().map_err(plain)?;
    play.until_page("both still wait after the kill", async |page| page.waiting().await == Some(2))
        .await?;
    play.until_page("the men's report waits behind them", async |page| {
        page.waiting().await == Some(3)
    })
    .await?;
    expect(play.journal().is_empty(), "nobody took anything meanwhile")?;

    play.running.broker.restart().await.map_err(plain)?;
    play.until_heard("all three reports arrive", |journal| {
        raised(journal, VAN) == 2 && raised(journal, MEN) == 1
    })
    .await?;
    play.until_page("the outbox is empty", async |page| page.waiting().await == Some(0)).await?;
    // Whatever is repeated or invented now would come within two sampling intervals.
    play.go_on(Duration::from_secs(6)).await?;

    judge(&play.running.score())?;
    let receipts = play.journal().receipts();
    check_payloads(&receipts)?;
    let opened: Vec<&&Receipt> =
        receipts.iter().filter(|receipt| receipt.message.action == "open").collect();
    let kinds: Vec<&str> = opened.iter().map(|open| open.message.kind.code.as_str()).collect();
    expect(kinds == [VAN, VAN, MEN], &format!("they come in the order of old: {kinds:?}"))?;
    let ids: BTreeSet<&str> =
        receipts.iter().map(|receipt| receipt.message.alert_id.as_str()).collect();
    expect(ids.len() == 3, &format!("three alerts in all: {ids:?}"))?;
    expect(opened.iter().all(|open| open.message.seq == 1), "each begins with message 1")?;
    for open in opened {
        check_evidence(open, play.running.broker.certificates()).await?;
        check_signature(open, play.running.config())?;
    }
    Ok([])
}

fn judge(score: &Score) -> Result<(), String> {
    expect(score.agrees(), &format!("truth and alerts agree: {score:#?}"))?;
    // The broker was never there while a message was under way: no excuse for a second copy.
    expect(score.redelivered == 0, &format!("nothing comes twice: {score:#?}"))
}

/// Verifies the alert as the command centre would, and that a changed one is found out.
fn check_signature(receipt: &Receipt, config: &Path) -> Result<(), String> {
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let (key, alert) = (folder.path().join("gateway.pub"), folder.path().join("alert.json"));
    let shown = |path: &Path| path.display().to_string();
    let pem = gridwhistle(&["key", "--config", &shown(config)]);
    expect(pem.status.success(), &format!("there is a key: {pem:?}"))?;
    let verify = |payload: &[u8]| -> Result<Option<i32>, String> {
        fs::write(&key, &pem.stdout)
            .and_then(|()| fs::write(&alert, payload))
            .map_err(|e| e.to_string())?;
        Ok(gridwhistle(&["verify", &shown(&alert), "--key", &shown(&key)]).status.code())
    };
    expect(verify(&receipt.payload)? == Some(0), "the alert is as it was signed")?;
    let text = String::from_utf8_lossy(&receipt.payload);
    let changed = text.replacen("\"action\":\"open\"", "\"action\":\"close\"", 1);
    expect(verify(changed.as_bytes())? == Some(65), "a changed alert is not")
}

/// Fetches the alert's picture as the command centre would, and holds it to its digest.
async fn check_evidence(receipt: &Receipt, certificates: &Certificates) -> Result<(), String> {
    let evidence = receipt.message.evidence.first().ok_or("the alert has no picture")?;
    let uri = evidence.uri.as_deref().ok_or("the picture has no address")?;
    let rest = uri.strip_prefix("https://127.0.0.1:").ok_or(format!("{uri} is not https"))?;
    let (port, path) = rest.split_once('/').ok_or(format!("{uri} has no path"))?;
    let (port, path) = (port.parse().map_err(|_| format!("{uri}: no port"))?, format!("/{path}"));
    let tokens = fs::read_to_string(&certificates.evidence_tokens).map_err(|e| e.to_string())?;
    let token = tokens.trim().strip_prefix("judge:").ok_or("no token")?;
    let fetch = |token| fetch_with_token((port, &path), token, &certificates.ca);
    let answer = fetch("guessed").await.map_err(|e| format!("{uri}: {e}"))?;
    expect(answer.status == 401, &format!("{uri} is not for everybody"))?;
    let answer = fetch(token).await.map_err(|e| format!("{uri}: {e}"))?;
    expect(answer.status == 200, &format!("{uri} is served"))?;
    let digest = hex::encode(<sha2::Sha256 as sha2::Digest>::digest(&answer.body));
    expect(digest == evidence.sha256, "the picture is the one that the alert names")
}
