//! Doors and sensors of four protocols, the real gateway, a real broker: alerts with what was measured, each
//! once, and nothing of a person anywhere.

pub(crate) mod field;
mod outputs;

use std::fs;
use std::path::Path;
use std::time::Duration;

use hw_sim::door::{Happening, What};
use rusqlite::Connection;
use serde_json::{Value, json};

use crate::house::half_machine;
use crate::street::{CAMERAS, Play, Setting, check_payloads, expect, plain};
use field::{CABINET, DOOR, Field, PANEL, SMOKE, alerts, opened, seen};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn doors_and_sensors_raise_alerts_that_say_what_was_measured_and_nothing_of_a_person() {
    let setting = Setting::new(&[]);
    let mut field = Field::begin(&setting.settings.config).await;
    setting.play(async |play| report(play, &mut field).await).await;
}

async fn report(play: &mut Play, field: &mut Field) -> Result<[&'static str; 0], String> {
    field.until_online(play).await?;
    field.door.happens(Happening::new(1, What::Granted));
    field.door.happens(Happening::new(1, What::Forced));
    field.set_leakage(3_501);
    field.publish(play, r#"{"point":"smoke","kind":"smoke","value":true}"#).await?;
    let answer = field.report_smoke().await;
    expect(answer, "the fire panel is answered")?;
    play.until_heard("four alerts", |journal| alerts(journal) == 4).await?;

    let forced = opened(play, DOOR, "door_forced_open")?;
    expect(forced["source"]["kind"] == "access_control", &format!("{forced:#}"))?;
    expect(forced["source"]["protocol"] == "isapi", "the protocol is told")?;
    expect(forced["measurement"]["point"] == "gate", "the point has its own name")?;
    expect(forced["geo"]["point"][0] == 117.1121, "the device's own place is told")?;
    expect(forced["grid"]["unit_code"] == "110117001003007", "and its own grid")?;
    let leakage = opened(play, CABINET, "residual_current_high")?;
    let measured = &leakage["measurement"];
    let is_whole = measured["quantity"] == "residual_current"
        && measured["unit"] == "mA"
        && measured["threshold"] == 300.0
        && measured["value"].as_f64().is_some_and(|value| (value - 350.1).abs() < 1e-6);
    expect(is_whole, &format!("what was measured: {measured:#}"))?;
    expect(leakage["priority"] == 1, "the rule's own priority")?;
    opened(play, SMOKE, "smoke_alarm")?;
    opened(play, PANEL, "smoke_alarm")?;
    check_payloads(&play.journal().receipts())?;

    field.set_leakage(400);
    play.until_heard("what is over is cleared", |journal| seen(journal, CABINET, "clear") == 1)
        .await?;
    field.tell_of_people(play).await?;
    private(play, field).await?;
    Ok([])
}

/// All that the run leaves: topics, log, page, metrics, files and databases.
async fn private(play: &mut Play, field: &Field) -> Result<(), String> {
    let of_person = |what: &str, bytes: &[u8]| {
        let found = field.person_in(bytes);
        expect(found.is_none(), &format!("{what} holds nothing of a person: {found:?}"))
    };
    for receipt in play.journal().receipts() {
        of_person("an alert", &receipt.payload)?;
    }
    for path in ["/", "/metrics"] {
        let page = play.page.get(path).await.map_err(|error| error.to_string())?;
        of_person(path, &page.body)?;
    }
    of_person("the log", &fs::read(play.work().join("gateway.log")).map_err(|e| e.to_string())?)?;
    let mut files = 0;
    let mut folders = vec![play.work().join("state")];
    while let Some(folder) = folders.pop() {
        for entry in folder.read_dir().map_err(|error| error.to_string())?.flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            files += 1;
            // SQLite writes its journals all the time; one may just be gone.
            let bytes = fs::read(&path).unwrap_or_default();
            of_person(&path.display().to_string(), &bytes)?;
            if path.extension().is_some_and(|kind| kind == "obs") {
                let bodies = archive::fuzz::bodies(bytes).map_err(|error| error.to_string())?;
                bodies.iter().try_for_each(|body| of_person("the observations", body))?;
            }
        }
    }
    expect(files > 1, "the gateway keeps a ledger and more")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_gateway_killed_between_an_event_and_its_acknowledgement_tells_it_once() {
    let setting = Setting::new(&[]);
    let mut field = Field::begin(&setting.settings.config).await;
    setting.play(async |play| be_killed(play, &mut field).await).await;
}

async fn be_killed(play: &mut Play, field: &mut Field) -> Result<[&'static str; 1], String> {
    field.until_online(play).await?;
    let ledger = play.work().join("state/ledger.sqlite3");
    let intruder = Connection::open(&ledger).map_err(|error| error.to_string())?;
    intruder.execute_batch("BEGIN IMMEDIATE").map_err(|error| error.to_string())?;
    field.publish(play, r#"{"point":"smoke","kind":"smoke","value":true}"#).await?;
    field.door.happens(Happening::new(1, What::Forced));
    play.until_page("the gateway has the event and cannot keep it", async |page| {
        page.metric("gridwhistle_ledger_refusals_total").await.is_ok_and(|count| count > 0.5)
    })
    .await?;
    play.until_page("the door's event was sent", async |_| field.door.delivered() >= 1).await?;
    expect(play.journal().is_empty(), "nothing was told before it is kept")?;
    play.running.kill_gateway().await.map_err(plain)?;
    intruder.execute_batch("ROLLBACK").map_err(|error| error.to_string())?;
    drop(intruder);
    let answered = field.report_smoke();
    play.running.start_gateway().map_err(plain)?;
    expect(answered.await, "the panel repeats its report until it is answered")?;
    play.until_heard("all three are told", |journal| alerts(journal) >= 3).await?;
    // Whatever is told twice would come with the door's next connection, and the panel's.
    field.door.break_off();
    let attaches = field.door.attaches();
    play.until_page("the door is heard again", async |_| field.door.attaches() > attaches).await?;
    play.go_on(Duration::from_secs(3)).await?;
    for (device, code) in
        [(SMOKE, "smoke_alarm"), (DOOR, "door_forced_open"), (PANEL, "smoke_alarm")]
    {
        opened(play, device, code)?;
    }
    expect(alerts(play.journal()) == 3, "each is told once")?;
    expect(play.journal().gaps().is_empty(), "no message is missing")?;
    Ok(["analysis pauses until the ledger can be written"])
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_door_says_again_after_a_kill_is_told_once() {
    let setting = Setting::new(&[]);
    let mut field = Field::begin(&setting.settings.config).await;
    setting.play(async |play| repeat(play, &mut field).await).await;
}

async fn repeat(play: &mut Play, field: &mut Field) -> Result<[&'static str; 0], String> {
    field.until_online(play).await?;
    for what in [What::Forced, What::Granted, What::Denied] {
        field.door.happens(Happening::new(1, what));
    }
    play.until_heard("the door is told of", |journal| alerts(journal) == 1).await?;
    field::until_counted(play, "signal", 3.0).await?;
    // What happened at a door is kept with its number as soon as it is judged.
    play.until_page("all three are judged", async |page| {
        page.metric("gridwhistle_signals_judged_total").await.is_ok_and(|count| count > 2.5)
    })
    .await?;
    play.running.kill_gateway().await.map_err(plain)?;
    let attaches = field.door.attaches();
    play.running.start_gateway().map_err(plain)?;
    play.until_page("the door is heard again", async |_| field.door.attaches() > attaches).await?;
    field::until_counted(play, "repeated", 3.0).await?;
    field.door.happens(Happening::new(1, What::Granted));
    field::until_counted(play, "signal", 1.0).await?;
    let counted = play.page.metric(&field::fate("signal")).await;
    expect(counted.is_ok_and(|count| count < 1.5), "only the new event is news")?;
    opened(play, DOOR, "door_forced_open")?;
    let told = play.journal().receipts().len();
    expect(alerts(play.journal()) == 1 && told == 1, &format!("{told} messages"))?;
    Ok([])
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_edit_of_one_device_touches_no_other() {
    let setting = Setting::new(&[]);
    let folder = setting.settings.config.join("devices");
    let mut field = Field::begin(&setting.settings.config).await;
    setting.play(async |play| edit(play, &mut field, &folder).await).await;
}

async fn edit(
    play: &mut Play,
    field: &mut Field,
    folder: &Path,
) -> Result<[&'static str; 1], String> {
    field.until_online(play).await?;
    field.set_leakage(3_501);
    play.until_heard("the leak is told", |journal| alerts(journal) == 1).await?;
    let (connections, attaches) = (field.cabinet.connections(), field.door.attaches());

    let cabinet = folder.join("cabinet-1.toml");
    let text = fs::read_to_string(&cabinet).map_err(|error| error.to_string())?;
    let write = |text: &str| fs::write(&cabinet, text).map_err(|error| error.to_string());
    write(&text.replace("above = 300.0", "above = \"much\""))?;
    let news = field.next_news(play).await?;
    let fault = "cabinet-1.toml:19:1: device cabinet-1: `above` must be a number, found a text";
    expect(news.faults.iter().any(|it| it.contains(fault)), &format!("{news:?}"))?;

    write(&text.replace("residual_current_high", "other"))?;
    let news = field.next_news(play).await?;
    expect(news.changes == ["device cabinet-1 judged by other rules"], &format!("{news:?}"))?;
    play.until_heard("the alert of the rule that is gone is closed", |journal| {
        seen(journal, CABINET, "close") == 1
    })
    .await?;
    expect(field.cabinet.connections() == connections, "its connection goes on")?;

    write(&text)?;
    field.next_news(play).await?;
    play.until_heard("the first rule tells it again", |journal| alerts(journal) >= 2).await?;
    fs::remove_file(&cabinet).map_err(|error| error.to_string())?;
    let news = field.next_news(play).await?;
    expect(news.changes == ["device cabinet-1 removed"], &format!("{news:?}"))?;
    play.until_heard("its alerts are closed and its status is taken back", |journal| {
        !journal.devices.contains_key(CABINET) && seen(journal, CABINET, "close") >= 2
    })
    .await?;
    let closed: Value = field::last(play, CABINET, "close")?;
    expect(closed["close_reason"] == json!("cancelled"), &format!("{closed:#}"))?;
    expect(field.door.attaches() == attaches, "the door's connection goes on")?;
    write(&text)?;
    let news = field.next_news(play).await?;
    expect(news.changes == ["device cabinet-1 added"], &format!("{news:?}"))?;
    play.until_heard("it is back", |journal| {
        journal.devices.get(CABINET).is_some_and(|device| device.is_online())
    })
    .await?;
    Ok(["configuration refused"])
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_alert_has_a_picture_of_the_camera_that_sees_the_door_or_says_that_there_is_none() {
    let _beside_one = half_machine().await;
    let mut setting = Setting::new(&CAMERAS[..1]);
    setting.settings.media = field::rare_key_frames(setting.work.path()).await;
    let config = setting.settings.config.clone();
    let mut field = Field::begin(&config).await;
    field::name_cameras(&config, setting.settings.ports.cameras);
    setting.play(async |play| see(play, &mut field).await).await;
}

async fn see(play: &mut Play, field: &mut Field) -> Result<[&'static str; 0], String> {
    field.until_online(play).await?;
    play.until_page("the camera is watched", async |page| {
        page.analysed(CAMERAS[0].id).await.is_ok_and(|count| count > 1.5)
    })
    .await?;
    field.door.happens(Happening::new(1, What::Forced));
    field.set_leakage(3_501);
    play.until_heard("both are told", |journal| {
        seen(journal, DOOR, "open") == 1 && seen(journal, CABINET, "open") == 1
    })
    .await?;
    let forced = opened(play, DOOR, "door_forced_open")?;
    expect(forced["witness"]["sight"] == "asked", "the alert has waited for no picture")?;
    play.until_heard("the door's alert is told again with its picture", |journal| {
        field::shown(journal).is_some()
    })
    .await?;
    let shown = field::shown(play.journal()).ok_or("it is gone")?;
    let secs = field::secs_between(&forced["times"]["opened"], &shown["times"]["sent"])?;
    play.note(&format!("the picture was told {secs:.2} s after the event"));
    let picture = &shown["evidence"][0];
    let is_masked = picture["masked"]["faces"].as_str().is_some_and(|it| it != "not_masked");
    let is_shown = shown["witness"]["sight"] == "shown" && picture["role"] == "report";
    expect(is_shown && is_masked, &format!("{shown:#}"))?;
    let sha256 = picture["sha256"].as_str().unwrap_or_default();
    let file = play.work().join(format!("state/evidence/{sha256}.jpg"));
    expect(file.is_file(), &format!("{} is kept", file.display()))?;
    let leakage = opened(play, CABINET, "residual_current_high")?;
    let says_so = leakage["description"]
        .as_str()
        .is_some_and(|it| it.contains(field::BLIND) && it.contains("离线，当前无画面"));
    expect(says_so && leakage["witness"]["sight"] == "offline", &format!("{leakage:#}"))?;
    play.until_heard("the door's alert is told again with the clip of that second", |journal| {
        field::clipped(journal).is_some()
    })
    .await?;
    let told = field::clipped(play.journal()).ok_or("it is gone")?;
    let items = told["evidence"].as_array().map(Vec::as_slice).unwrap_or_default();
    let clip = items.iter().find(|item| item["kind"] == "clip").ok_or("it names no clip")?;
    let from = field::secs_between(&clip["captured_at"], &forced["times"]["opened"])?;
    let lasts = clip["duration_s"].as_f64().unwrap_or_default();
    expect(from >= 0.0 && from <= lasts, &format!("the door opened {from} s into {clip:#}"))?;
    check_payloads(&play.journal().receipts())?;
    Ok([])
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_doors_alert_says_that_its_camera_sends_what_cannot_be_looked_at() {
    let _beside_one = half_machine().await;
    let setting = Setting::new(&CAMERAS[..1]);
    setting.configure("[camera_defaults]\nmax_picture_px = 10_000\nsilence_timeout_secs = 2\n");
    let mut field = Field::begin(&setting.settings.config).await;
    field::name_cameras(&setting.settings.config, setting.settings.ports.cameras);
    setting.play(async |play| see_nothing(play, &mut field).await).await;
}

async fn see_nothing(play: &mut Play, field: &mut Field) -> Result<[&'static str; 0], String> {
    field.until_online(play).await?;
    play.until_heard("the camera's pictures are too large", |journal| {
        journal.devices.get(CAMERAS[0].id).is_some_and(|device| device.status == "degraded")
    })
    .await?;
    field.door.happens(Happening::new(1, What::Forced));
    play.until_heard("it is told", |journal| seen(journal, DOOR, "open") == 1).await?;
    let forced = opened(play, DOOR, "door_forced_open")?;
    let told = forced["description"].as_str().unwrap_or_default();
    let says_so = told.contains(CAMERAS[0].id) && told.contains("画面无法看清");
    expect(says_so && forced["witness"]["sight"] == "blind", &format!("{forced:#}"))?;
    check_payloads(&play.journal().receipts())?;
    Ok([])
}
