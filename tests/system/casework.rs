//! A case goes round: the centre's feedback, out of order, twice and into a kill; a re-check that
//! finds the van still there, and one that finds the men gone; a false alarm; a command.

use std::ops::Range;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use hw_sim::judge::{BrokerAddress, Journal, Receipt};
use rumqttc::v5::mqttbytes::QoS;
use rumqttc::v5::mqttbytes::v5::{Filter, Packet, Publish};
use rumqttc::v5::{AsyncClient, Event, EventLoop, MqttOptions};
use rumqttc::{TlsConfiguration, Transport};
use serde_json::{Value, json};
use tokio::sync::mpsc;

use crate::house::half_machine;
use crate::street::{CAMERAS, Play, Setting, check_payloads, expect, plain, raised};

pub(crate) const VAN: &str = "fire_passage_blocked";
/// The two men at the lamp post of cam-02.
const MEN: &str = "other";
pub(crate) const FIRST: (&str, &str) = ("cam-01", VAN);
pub(crate) const SECOND: (&str, &str) = ("cam-02", VAN);
const THIRD: (&str, &str) = ("cam-02", MEN);
/// When nobody is at the lamp post: seconds of the recording, counted by eye.
const MEN_GONE: Range<f64> = 17.5..32.5;
const PREFIX: &str = "cg/v1/110117/001/003/gw-demo";
/// Answers take milliseconds; nothing waits for this when all is well.
const PATIENCE: Duration = Duration::from_secs(30);

/// The centre's end of the line.
pub(crate) struct Centre {
    client: AsyncClient,
    heard: mpsc::Receiver<(String, Value)>,
    /// Answers come at least once: what a killed gateway had sent, the next one sends again.
    known: Vec<Value>,
}

impl Centre {
    pub(crate) async fn open(broker: &BrokerAddress) -> Result<Self, String> {
        Self::hear(broker, "centre", &["case/+/ack", "cmd/+/res"]).await
    }

    /// Hears what is said under these topics of the gateway.
    async fn hear(broker: &BrokerAddress, name: &str, below: &[&str]) -> Result<Self, String> {
        let ca = std::fs::read(&broker.ca).map_err(|error| error.to_string())?;
        let mut options = MqttOptions::new(name, &broker.host, broker.port);
        let (certificate, key) = broker.identity.as_ref().ok_or("no certificate of the centre")?;
        let read = |path| std::fs::read(path).map_err(|error| error.to_string());
        let client_auth = Some((read(certificate)?, read(key)?));
        let tls = TlsConfiguration::Simple { ca, alpn: None, client_auth };
        options.set_transport(Transport::Tls(tls));
        let (client, events) = AsyncClient::new(options, 64);
        // A flood of answers must not hold up what is published meanwhile.
        let (tell, heard) = mpsc::channel(1024);
        tokio::spawn(listen(events, tell));
        let filter = |below: &&str| Filter::new(format!("{PREFIX}/{below}"), QoS::AtLeastOnce);
        let filters: Vec<Filter> = below.iter().map(filter).collect();
        client.subscribe_many(filters).await.map_err(|error| error.to_string())?;
        Ok(Self { client, heard, known: Vec::new() })
    }

    pub(crate) async fn publish(&self, topic: &str, payload: &Value) -> Result<(), String> {
        let (topic, payload) = (format!("{PREFIX}/{topic}"), payload.to_string());
        let sent = self.client.publish(topic, QoS::AtLeastOnce, false, payload).await;
        sent.map_err(|error| error.to_string())
    }

    pub(crate) async fn tell(&self, alert_id: &str, seq: u64, event: &str) -> Result<(), String> {
        self.tell_after(Duration::ZERO, (alert_id, seq), event).await
    }

    /// Looking again, if that is what the event asks for, begins after `settle`.
    async fn tell_after(
        &self,
        settle: Duration,
        (alert_id, seq): (&str, u64),
        event: &str,
    ) -> Result<(), String> {
        let settle_secs = settle.as_millis().div_ceil(1000);
        let message = json!({
            "spec": "cg.case/1", "msg_id": format!("01932f30-0000-7d00-8a00-{seq:012x}"),
            "alert_id": alert_id, "seq": seq, "event": event, "time": "2026-11-22T09:58:00+08:00",
            "case": { "system": "casesim", "rec_id": "R-7", "stage_name": "处置" },
            "verify": { "settle_s": settle_secs, "window_s": 10, "min_samples": 3 },
        });
        self.publish(&format!("case/{alert_id}"), &message).await
    }

    /// The next answer that is not a copy.
    async fn answer(&mut self) -> Result<(String, Value), String> {
        loop {
            let answer = tokio::time::timeout(PATIENCE, self.heard.recv()).await;
            let answer = answer.map_err(|_| "expected an answer in time".to_owned())?;
            let (topic, answer) = answer.ok_or("the line is cut".to_owned())?;
            if !self.known.contains(&answer) {
                self.known.push(answer.clone());
                return Ok((topic, answer));
            }
        }
    }

    /// What became of the next message about this alert, whatever else is answered.
    async fn results_of(&mut self, alert_id: &str) -> Result<[String; 1], String> {
        loop {
            let (topic, answer) = self.answer().await?;
            if topic.contains(alert_id) {
                let result = answer["result"].as_str().unwrap_or("?");
                return Ok([format!("{} {result}", answer["seq"])]);
            }
        }
    }

    /// What became of as many messages.
    pub(crate) async fn results(&mut self, count: usize) -> Result<Vec<String>, String> {
        let mut results = Vec::new();
        while results.len() < count {
            let (_, answer) = self.answer().await?;
            results.push(format!("{} {}", answer["seq"], answer["result"].as_str().unwrap_or("?")));
        }
        Ok(results)
    }
}

/// What the gateway says of itself, once it is `wanted`.
pub(crate) async fn gateway_status(
    broker: &BrokerAddress,
    wanted: impl Fn(&Value) -> bool,
) -> Result<Value, String> {
    let mut listener = Centre::hear(broker, "status-listener", &["status"]).await?;
    loop {
        let (_, status) = listener.answer().await?;
        if wanted(&status) {
            return Ok(status);
        }
    }
}

async fn listen(mut events: EventLoop, tell: mpsc::Sender<(String, Value)>) {
    while let Ok(event) = events.poll().await {
        if let Event::Incoming(Packet::Publish(Publish { topic, payload, .. })) = event {
            let topic = String::from_utf8_lossy(&topic).into_owned();
            let payload = serde_json::from_slice(&payload).unwrap_or_default();
            if tell.send((topic, payload)).await.is_err() {
                return;
            }
        }
    }
}

pub(crate) fn messages(
    journal: &Journal,
    (camera, kind): (&str, &str),
    action: &str,
) -> Vec<Value> {
    let of_camera = |receipt: &&Receipt| {
        let message = &receipt.message;
        message.kind.code == kind && message.source.device_id == camera && message.action == action
    };
    let receipts = journal.receipts().into_iter().filter(of_camera);
    receipts.filter_map(|receipt| serde_json::from_slice(&receipt.payload).ok()).collect()
}

pub(crate) fn alert_id(journal: &Journal, subject: (&str, &str)) -> Result<String, String> {
    let opened = messages(journal, subject, "open");
    let id = opened.first().and_then(|open| open["alert_id"].as_str());
    id.map(str::to_owned).ok_or(format!("{subject:?} has raised nothing"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_case_goes_round_and_a_kill_does_not_stop_it() {
    let _beside_one = half_machine().await;
    Setting::new(&CAMERAS).play(direct).await;
}

/// The ledger may grow by this much while 18 MB come in: pages of the strays and of their answers.
const MOST_GROWTH_BYTES: u64 = 4 << 20;

/// Tells the gateway of 300 alerts that it has never raised, in 60 KB each. Gives the evidence that
/// there was before.
async fn flood(play: &Play, centre: &Centre) -> Result<Vec<PathBuf>, String> {
    let state = play.work().join("state");
    let files = || -> Result<Vec<PathBuf>, String> {
        let entries = std::fs::read_dir(state.join("evidence")).map_err(|e| e.to_string())?;
        let whole = |path: &PathBuf| path.extension().is_none_or(|it| it != "part");
        Ok(entries.flatten().map(|entry| entry.path()).filter(whole).collect())
    };
    let size = || -> u64 {
        let names = ["ledger.sqlite3", "ledger.sqlite3-wal"];
        let sizes = names.map(|name| state.join(name).metadata().map_or(0, |file| file.len()));
        sizes.iter().sum()
    };
    let (before, kept) = (size(), files()?);
    for number in 0..300 {
        let id = format!("01932f10-7a10-7b00-8a00-{number:012x}");
        let message = json!({ "spec": "cg.case/1", "alert_id": id, "padding": "x".repeat(60_000) });
        centre.publish(&format!("case/{id}"), &message).await?;
    }
    let taken = |count: f64| count > 299.5;
    let began = std::time::Instant::now();
    while !play
        .page
        .metric("gridwhistle_case_feedback_total{result=\"invalid\"}")
        .await
        .is_ok_and(taken)
    {
        expect(began.elapsed() < PATIENCE, "all of it is read")?;
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let grown = size().saturating_sub(before);
    expect(grown < MOST_GROWTH_BYTES, &format!("18 MB leave little, not {grown} bytes"))?;
    Ok(kept)
}

async fn direct(play: &mut Play) -> Result<[&'static str; 0], String> {
    let mut centre = Centre::open(&play.running.broker.address()).await?;
    play.until_heard("both vans are reported", |journal| raised(journal, VAN) == 2).await?;
    let (first, second) = (alert_id(play.journal(), FIRST)?, alert_id(play.journal(), SECOND)?);

    for (seq, event) in [(1, "received"), (3, "dispatched"), (2, "accepted"), (1, "received")] {
        centre.tell(&first, seq, event).await?;
    }
    let results = centre.results(4).await?;
    let due = ["1 applied", "3 applied", "2 stale", "1 duplicate"];
    expect(results == due, &format!("each is answered as it came: {results:?}"))?;

    let kept = flood(play, &centre).await?;
    centre.tell(&first, 4, "press").await?;
    let results = centre.results_of(&first).await?;
    expect(results == ["4 applied"], &format!("nobody else is silenced: {results:?}"))?;
    expect(kept.iter().all(|path| path.exists()), "no evidence pays for a flood")?;

    centre.tell(&second, 1, "false_alarm").await?;
    let results = centre.results(1).await?;
    play.running.kill_gateway().await.map_err(plain)?;
    expect(results == ["1 applied"], &format!("the false alarm is taken: {results:?}"))?;
    play.running.start_gateway().map_err(plain)?;
    play.until_heard("the false alarm is closed after the kill", |journal| {
        !messages(journal, SECOND, "close").is_empty()
    })
    .await?;
    let closed = messages(play.journal(), SECOND, "close");
    expect(closed[0]["close_reason"] == "false_alarm", "as what it was")?;
    check_label(play, &second)?;

    recheck(play, &mut centre, &first).await?;
    passes(play, &mut centre).await?;

    centre.publish("cmd/s-1", &json!({ "command": "snapshot", "camera": "cam-02" })).await?;
    let (topic, answer) = centre.answer().await?;
    expect(topic.ends_with("cmd/s-1/res") && answer["result"] == "done", &answer.to_string())?;
    expect(
        answer["evidence"]["sha256"].as_str().is_some_and(|it| it.len() == 64),
        "with a picture",
    )?;

    centre.tell(&first, 6, "closed").await?;
    play.until_heard("the case is closed", |journal| !messages(journal, FIRST, "close").is_empty())
        .await?;
    let closed = messages(play.journal(), FIRST, "close");
    expect(closed[0]["close_reason"] == "case_closed", "by the case system")?;
    expect(closed[0]["verification"]["result"] == "failed", "though the van is still there")?;
    expect(messages(play.journal(), SECOND, "open").len() == 1, "the false alarm is muted")?;
    check_payloads(&play.journal().receipts())?;
    Ok([])
}

/// It is said to be handled, and the van still stands there.
async fn recheck(play: &mut Play, centre: &mut Centre, alert_id: &str) -> Result<(), String> {
    centre.tell(alert_id, 5, "handled").await?;
    centre.tell(alert_id, 5, "handled").await?;
    let results = centre.results(2).await?;
    expect(results == ["5 applied", "5 duplicate"], &format!("heard once: {results:?}"))?;
    let message = verdict(play, FIRST).await?;
    let found = &message["verification"];
    expect(found["result"] == "failed", &format!("the van is still there: {found:#}"))?;
    expect(found["reason"] == "still_present", &format!("where it was: {found:#}"))?;
    expect(message["case"]["stage"] == "handled", "the case is echoed")?;
    expect(message["ext"]["stage_name"] == "处置", "as the city calls it")
}

/// It is said to be handled, and the men are gone by the time that is looked.
async fn passes(play: &mut Play, centre: &mut Centre) -> Result<(), String> {
    play.until_heard("the men are reported", |journal| raised(journal, MEN) > 0).await?;
    let alert_id = alert_id(play.journal(), THIRD)?;
    let settle = until_clip(play, THIRD.0, MEN_GONE)?;
    centre.tell_after(settle, (&alert_id, 1), "handled").await?;
    let message = verdict(play, THIRD).await?;
    let found = &message["verification"];
    expect(found["result"] == "passed", &format!("the men are gone: {found:#}"))?;
    expect(found["reason"] == "scene_clear", &format!("and were seen to be: {found:#}"))?;
    expect(message["state"] == "verified_clear", &format!("{message:#}"))?;
    centre.tell(&alert_id, 2, "closed").await?;
    play.until_heard("the men's case is closed", |journal| {
        !messages(journal, THIRD, "close").is_empty()
    })
    .await?;
    let results = centre.results(2).await?;
    expect(results == ["1 applied", "2 applied"], &format!("both are taken: {results:?}"))?;
    let closed = messages(play.journal(), THIRD, "close");
    expect(closed[0]["close_reason"] == "case_closed", "by the case system")?;
    expect(closed[0]["verification"]["result"] == "passed", "after the camera agreed")
}

/// The message of a re-check on real pictures, with those of before and after.
async fn verdict(play: &mut Play, subject: (&str, &str)) -> Result<Value, String> {
    play.until_heard("the re-check has a verdict", |journal| {
        !messages(journal, subject, "verify").is_empty()
    })
    .await?;
    let message = messages(play.journal(), subject, "verify").swap_remove(0);
    let found = &message["verification"];
    expect(found["samples"].as_u64() >= Some(3), &format!("{found:#}"))?;
    expect(found["scene_match"].as_f64() >= Some(0.8), &format!("{found:#}"))?;
    let roles: Vec<&str> = message["evidence"]
        .as_array()
        .into_iter()
        .flatten()
        .filter(|evidence| evidence["kind"] == "snapshot")
        .filter_map(|evidence| evidence["role"].as_str())
        .collect();
    expect(roles == ["report", "verify"], &format!("before and after: {roles:?}"))?;
    Ok(message)
}

/// How long until the camera's recording is within `span`, with time enough to look at it.
fn until_clip(play: &Play, camera: &str, span: Range<f64>) -> Result<Duration, String> {
    const LOOK_SECS: f64 = 12.0;
    let timeline = play.running.cameras.handle().timeline(camera).ok_or("no such camera")?;
    let zero_at = timeline.clip_zero_at().ok_or("the recording has not begun")?;
    let played = SystemTime::now().duration_since(zero_at).map_err(|error| error.to_string())?;
    let length = timeline.clip_duration().as_secs_f64();
    let place = played.as_secs_f64() % length;
    let wait = match place {
        early if early < span.start => span.start - early,
        within if within + LOOK_SECS < span.end => 0.0,
        late => length - late + span.start,
    };
    Ok(Duration::from_secs_f64(wait))
}

fn check_label(play: &Play, alert_id: &str) -> Result<(), String> {
    let folder = play.work().join("state/labels").join(alert_id);
    let label = std::fs::read_to_string(folder.join("label.json")).map_err(|e| e.to_string())?;
    let label: Value = serde_json::from_str(&label).map_err(|error| error.to_string())?;
    expect(label["verdict"] == "false_alarm", &format!("the label says so: {label:#}"))?;
    let picture = label["pictures"][0]["sha256"].as_str().ok_or("the label has no picture")?;
    expect(folder.join(format!("{picture}.jpg")).is_file(), "its picture lies beside it")
}
