//! An alert that moves something: coils of a real Modbus device, and a topic, by the real gateway and its guard.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;

use hw_sim::field::modbus::{Slave, Table};
use hw_sim::judge::Journal;
use rusqlite::Connection;
use tokio::process::Command;

use super::field::{CABINET, Field, PANEL, seen};
use crate::house::gridwhistle;
use crate::street::{Play, Setting, expect, plain};

const UNIT: u8 = 1;
const COIL: u16 = 8;
const PERSONS: [&str; 2] = ["张三", "李四"];

fn output_toml(address: SocketAddr, hold_secs: u32) -> String {
    format!(
        "mode = \"live\"\naction = \"lift_hold\"\nprotocol = \"modbus\"\nurl = \"tcp://{address}\"\n\
         unit_id = {UNIT}\ncoil = {COIL}\ncoil_count = 2\nhold_secs = {hold_secs}\npause_secs = 10\n\
         fire_devices = [\"door-1\"]\n\n[[trigger]]\ntype = \"residual_current_high\"\ndevice = \"{CABINET}\"\n"
    )
}

/// The lift's relay, and all that lets an alert move it.
async fn begin(config: &Path) -> Slave {
    let relay = Slave::start(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).await.expect("it serves");
    // As an earlier gateway may have left it.
    (COIL..COIL + 2).for_each(|coil| relay.set(UNIT, Table::Coil, coil, 1));
    let folder = config.join("outputs");
    fs::create_dir(&folder).expect("made");
    fs::write(folder.join("lift-1.toml"), output_toml(relay.address(), 60)).expect("written");
    let topic = output_toml(relay.address(), 60)
        .lines()
        .filter(|line| !["url", "unit_id", "coil", "fire"].iter().any(|key| line.starts_with(key)))
        .collect::<Vec<_>>()
        .join("\n");
    let topic = topic.replace("\"modbus\"", "\"mqtt\"").replace("lift_hold", "voice_warning");
    fs::write(folder.join("voice-1.toml"), topic).expect("written");
    let persons = config.join("approvals/persons");
    fs::create_dir_all(&persons).expect("made");
    for person in PERSONS {
        let key = config.join(format!("{person}.key"));
        run("openssl", &["genpkey", "-algorithm", "ed25519", "-out", &key.display().to_string()])
            .await;
        let public = persons.join(format!("{person}.pem")).display().to_string();
        run("openssl", &["pkey", "-in", &key.display().to_string(), "-pubout", "-out", &public])
            .await;
    }
    relay
}

async fn run(program: &str, arguments: &[&str]) {
    let done = Command::new(program).args(arguments).output().await.expect("it starts");
    assert!(done.status.success(), "{program}: {}", String::from_utf8_lossy(&done.stderr));
}

fn approve(config: &Path, output: &str, person: &str) {
    let (key, config) = (config.join(format!("{person}.key")), config.display().to_string());
    let key = key.display().to_string();
    let done =
        gridwhistle(&["approve", output, "--person", person, "--key", &key, "--config", &config]);
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
}

fn is_on(relay: &Slave) -> bool {
    (COIL..COIL + 2).all(|coil| relay.value(UNIT, Table::Coil, coil) == Some(1))
}

fn is_off(relay: &Slave) -> bool {
    (COIL..COIL + 2).all(|coil| relay.value(UNIT, Table::Coil, coil) == Some(0))
}

/// What the history says that an output did, in order.
fn noted(ledger: &Path, output: &str) -> Result<Vec<(String, String)>, String> {
    let told = |error: rusqlite::Error| error.to_string();
    let ledger = Connection::open(ledger).map_err(told)?;
    let asked = "SELECT body FROM history WHERE kind = 'output' ORDER BY number";
    let mut statement = ledger.prepare(asked).map_err(told)?;
    let bodies = statement.query_map([], |row| row.get::<_, Vec<u8>>(0)).map_err(told)?;
    let bodies: Vec<Vec<u8>> = bodies.collect::<Result<_, _>>().map_err(told)?;
    let notes = bodies.iter().map(|body| serde_json::from_slice(body).unwrap_or_default());
    Ok(notes
        .filter(|note: &serde_json::Value| note["output"] == output)
        .map(|note| {
            let text = |key: &str| note[key].as_str().unwrap_or_default().to_owned();
            (text("what"), text("reason"))
        })
        .collect())
}

/// Whether the broker told the latest state of an output last.
fn says(journal: &Journal, output: &str, state: &str) -> bool {
    let told = journal.outputs.get(output).and_then(|states| states.last());
    told.is_some_and(|told| told.status == state)
}

async fn until_state(play: &mut Play, output: &str, state: &str) -> Result<(), String> {
    let expected = format!("<tr><td>{output}<td>");
    let word = format!(">{state}</span>");
    play.until_page(&format!("{output} is {state}"), async |page| {
        let Ok(shown) = page.get("/").await else { return false };
        let shown = String::from_utf8_lossy(&shown.body).into_owned();
        shown
            .split("<tr>")
            .any(|row| format!("<tr>{row}").starts_with(&expected) && row.contains(&word))
    })
    .await
    .map(drop)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_alert_moves_what_two_persons_approved_and_lets_go_of_it_whatever_happens() {
    let setting = Setting::new(&[]);
    let config = setting.settings.config.clone();
    let mut field = Field::begin(&config).await;
    let relay = begin(&config).await;
    setting.play(async |play| move_lift(play, (&mut field, &relay), &config).await).await;
}

async fn move_lift(
    play: &mut Play,
    (field, relay): (&mut Field, &Slave),
    config: &Path,
) -> Result<[&'static str; 0], String> {
    field.until_online(play).await?;
    // One person is not enough, and the device is not even asked.
    approve(config, "lift-1", PERSONS[0]);
    until_state(play, "lift-1", "unapproved").await?;
    expect(is_on(relay) && relay.requests() == 0, "nothing is done without two persons")?;
    for (output, person) in [("lift-1", 1), ("voice-1", 0), ("voice-1", 1)] {
        approve(config, output, PERSONS[person]);
    }
    until_state(play, "lift-1", "released").await?;
    until_state(play, "voice-1", "released").await?;
    expect(is_off(relay), "what an earlier gateway left is let go")?;

    field.set_leakage(3_501);
    play.until_page("the lift is held", async |_| is_on(relay)).await?;
    play.until_heard("both are held", |journal| {
        ["lift-1", "voice-1"].iter().all(|output| says(journal, output, "held"))
    })
    .await?;
    let spoken = play.journal().outputs["voice-1"].last().cloned();
    let is_bounded = spoken.is_some_and(|it| it.release_at.is_some() && it.alert_id.is_some());
    expect(is_bounded, "who speaks is told until when, and why")?;
    play.running.kill_gateway().await.map_err(plain)?;
    play.until_page("the guard of a killed gateway lets go", async |_| is_off(relay)).await?;
    play.running.start_gateway().map_err(plain)?;
    play.until_heard("the next gateway says that nothing is held", |journal| {
        ["lift-1", "voice-1"].iter().all(|output| says(journal, output, "released"))
    })
    .await?;

    // The alert is over, the next one is held again, and fire ends that.
    field.set_leakage(400);
    play.until_heard("the alert is cleared", |journal| seen(journal, CABINET, "clear") == 1)
        .await?;
    field.set_leakage(3_501);
    play.until_page("the lift is held again", async |_| is_on(relay)).await?;
    until_state(play, "lift-1", "held").await?;
    expect(field.report_smoke().await, "the fire panel is answered")?;
    play.until_page("fire lets go", async |_| is_off(relay)).await?;
    until_state(play, "lift-1", "blocked").await?;
    let ledger = play.work().join("state/ledger.sqlite3");
    let told = noted(&ledger, "lift-1")?;
    let whats: Vec<&str> = told.iter().map(|(what, _)| what.as_str()).collect();
    expect(whats.starts_with(&["ordered", "held", "ordered", "held"]), &format!("{told:?}"))?;
    play.until_page("the history says why", async |_| {
        noted(&ledger, "lift-1").is_ok_and(|told| {
            told.last().is_some_and(|(what, why)| what == "released" && why.contains(PANEL))
        })
    })
    .await?;

    // An edit voids both approvals.
    let edited = output_toml(relay.address(), 61);
    fs::write(config.join("outputs/lift-1.toml"), edited).map_err(|error| error.to_string())?;
    until_state(play, "lift-1", "unapproved").await?;
    Ok([])
}
