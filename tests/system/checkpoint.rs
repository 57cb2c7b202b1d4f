//! A checkpoint whole: a recorded street whose people cross a line, a simulated door, the real gateway and a
//! real broker.

mod clocks;
mod guard;
mod life;
mod smoke;

use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::time::Duration;

use hw_sim::door::{BoundaryStyle, DoorController, Habits, Happening, Isapi, What, Writing};
use hw_sim::field::modbus::{Slave, Table};
use hw_sim::judge::{AlertMessage, Journal};
use serde_json::Value;

use crate::house::whole_machine;
use crate::street::{Play, Setting, check_payloads, expect};

const DOOR: &str = "door-1";
const CHECKPOINT: &str = "kk-1";
const CAMERA: &str = "cam-01";
const CABINET: &str = "cabinet-1";

const TAILGATING: &str = "door_tailgating";
const EBIKE: &str = "ebike_upstairs";
const LEAK: &str = "residual_current_high";

/// Two people leave the picture at 5 s and 7 s of the play, one at 41 s, one at 58 s.
const SCENARIO: &str = "crossing";
/// All of them have left by then.
const ALL_HAVE_LEFT: Duration = Duration::from_secs(60);

async fn begin(config: &Path) -> DoorController {
    begin_as(config, CHECKPOINT_TOML).await
}

/// A door at a checkpoint with this file.
async fn begin_as(config: &Path, checkpoint: &str) -> DoorController {
    let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let firmware = Isapi::new(BoundaryStyle::Quoted, Writing::Json);
    let habits = Habits { beat_every: Duration::from_millis(500), ..Habits::default() };
    let door = DoorController::serve(any, firmware, habits, None).await.expect("it serves");
    for (folder, id, text) in [
        ("devices", DOOR, door_toml(door.address())),
        ("checkpoints", CHECKPOINT, checkpoint.to_owned()),
    ] {
        fs::create_dir(config.join(folder)).expect("made");
        fs::write(config.join(folder).join(format!("{id}.toml")), text).expect("written");
    }
    door
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_who_pass_on_one_credential_are_told_with_pictures_and_who_has_his_own_is_not() {
    let _alone = whole_machine().await;
    let setting = Setting::of(SCENARIO, &["cam-01.toml"]);
    // What the checkpoint judges raises no alert of the camera's own, and the other rule rests.
    let silent = "id = \"one-leaves\"\ntype = \"door_tailgating\"";
    setting.rewrite("cam-01.toml", ("id = \"one-leaves\"\ntype = \"other\"", silent));
    let resting = "id = \"two-leave\"\nhours = [\"Mon 00:00-00:01\"]";
    setting.rewrite("cam-01.toml", ("id = \"two-leave\"", resting));
    let door = begin(&setting.settings.config).await;
    setting.play(async |play| pass(play, &door).await).await;
}

async fn pass(play: &mut Play, door: &DoorController) -> Result<[&'static str; 0], String> {
    play.until_heard("door and checkpoint are heard", |journal| {
        let is_online = |id| journal.devices.get(id).is_some_and(|device| device.is_online());
        is_online(DOOR) && is_online(CHECKPOINT)
    })
    .await?;
    play.until_page("the camera is watched", async |page| {
        page.analysed(CAMERA).await.is_ok_and(|count| count > 0.5)
    })
    .await?;
    door.happens(Happening::new(1, What::Granted));
    play.until_heard("the two are told", |journal| count(journal, TAILGATING, "open") == 1).await?;
    check_alert(play)?;

    // Who comes next has a credential, whenever he comes.
    let mut passed = Duration::ZERO;
    while passed < ALL_HAVE_LEFT {
        door.happens(Happening::new(1, What::Granted));
        let pause = Duration::from_secs(4);
        play.go_on(pause).await?;
        passed += pause;
    }
    expect(count(play.journal(), TAILGATING, "open") == 1, "nobody else is reported")?;
    expect(count(play.journal(), TAILGATING, "update") == 0, "nobody else is told")?;
    Ok([])
}

/// The one alert that there is.
fn check_alert(play: &Play) -> Result<(), String> {
    let alert = only(play, TAILGATING, "open")?;
    let told = alert["description"].as_str().unwrap_or_default();
    expect(told.contains("东门门禁放行1人、进入2人"), &format!("{alert:#}"))?;
    expect(alert["source"]["device_id"] == CHECKPOINT, "it is the checkpoint's")?;
    let measured = &alert["measurement"];
    let is_whole = measured["quantity"] == "crossing"
        && measured["value"] == 2.0
        && measured["threshold"] == 1.0;
    expect(is_whole, &format!("what was counted: {measured:#}"))?;
    expect(alert["grid"]["unit_code"] == "110117001003007", "its own grid")?;
    expect(alert["geo"]["point"][0] == 117.1131, "its own place")?;
    let pictures = alert["evidence"].as_array().cloned().unwrap_or_default();
    expect(!pictures.is_empty(), &format!("it has pictures of the crossing: {alert:#}"))?;
    for picture in &pictures {
        let is_masked = picture["masked"]["faces"].as_str().is_some_and(|it| it != "not_masked");
        expect(is_masked, &format!("{picture:#}"))?;
        let sha256 = picture["sha256"].as_str().unwrap_or_default();
        let file = play.work().join(format!("state/evidence/{sha256}.jpg"));
        expect(file.is_file(), &format!("{} is kept", file.display()))?;
    }
    let receipts = play.journal().receipts();
    expect(receipts.len() == 1, "there is no other alert")?;
    check_payloads(&receipts)
}

/// A bicycle in a corridor, which its rule calls an e-bike, and a cabinet beside it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn current_that_leaks_beside_an_e_bike_is_one_incident_that_names_both() {
    let _alone = whole_machine().await;
    let setting = Setting::of("prohibited", &["cam-01.toml"]);
    let cabinet = Slave::start((Ipv4Addr::LOCALHOST, 0).into()).await.expect("it serves");
    cabinet.set(1, Table::Input, 0, 400);
    let config = &setting.settings.config;
    for (folder, id, text) in [
        ("devices", CABINET, cabinet_toml(cabinet.address())),
        ("checkpoints", CHECKPOINT, BESIDE_TOML.to_owned()),
    ] {
        fs::create_dir(config.join(folder)).expect("made");
        fs::write(config.join(folder).join(format!("{id}.toml")), text).expect("written");
    }
    setting.play(async |play| leak(play, &cabinet).await).await;
}

async fn leak(play: &mut Play, cabinet: &Slave) -> Result<[&'static str; 0], String> {
    play.until_heard("the e-bike is told", |journal| count(journal, EBIKE, "open") == 1).await?;
    cabinet.set(1, Table::Input, 0, 3_501);
    play.until_heard("the leak is told", |journal| count(journal, LEAK, "open") == 1).await?;
    let joint = only(play, LEAK, "open")?;
    let told = joint["description"].as_str().unwrap_or_default();
    expect(told.contains("剩余电流") && told.contains("电动自行车"), &format!("{joint:#}"))?;
    expect(joint["priority"] == 1, "it is more urgent than either")?;
    play.until_heard("the e-bike's alert is over", |journal| count(journal, EBIKE, "close") == 1)
        .await?;
    let merged = only(play, EBIKE, "close")?;
    expect(merged["close_reason"] == "merged", &format!("{merged:#}"))?;
    let into = &merged["dedupe"]["merged_into"];
    expect(into == &joint["alert_id"], "it names the joint one")?;
    // The e-bike stands for a while, and is told of by no alert of its own.
    play.go_on(Duration::from_secs(5)).await?;
    expect(count(play.journal(), EBIKE, "open") == 1, "no other alert of the e-bike opens")?;
    check_payloads(&play.journal().receipts())?;
    Ok([])
}

fn count(journal: &Journal, code: &str, action: &str) -> usize {
    let receipts = journal.receipts();
    let is_it = |message: &AlertMessage| message.kind.code == code && message.action == action;
    receipts.iter().filter(|receipt| is_it(&receipt.message)).count()
}

/// The one message of this action and type.
fn only(play: &Play, code: &str, action: &str) -> Result<Value, String> {
    let receipts = play.journal().receipts();
    let is_it = |message: &AlertMessage| message.kind.code == code && message.action == action;
    let found: Vec<_> = receipts.iter().filter(|receipt| is_it(&receipt.message)).collect();
    let [receipt] = found.as_slice() else { return Err(format!("{} of {code}", found.len())) };
    serde_json::from_slice(&receipt.payload).map_err(|error| error.to_string())
}

const BESIDE_TOML: &str = r#"camera = "cam-01"
sensors = ["cabinet-1"]
place = { longitude = 117.1131, latitude = 40.1441, accuracy_metres = 5.0 }
"#;

fn cabinet_toml(address: SocketAddr) -> String {
    format!(
        r#"protocol = "modbus"
url = "tcp://{address}"
poll_interval_secs = 0.2
place = {{ longitude = 117.1121, latitude = 40.1441, accuracy_metres = 5.0 }}

[[point]]
id = "leakage"
kind = "residual_current"
table = "input"
address = 0
scale = 0.1

[[rule]]
type = "residual_current_high"
point = "leakage"
hold_secs = 1
"#
    )
}

const CHECKPOINT_TOML: &str = r#"name = "东门卡口"
doors = ["door-1/gate"]
camera = "cam-01"
line = "one-leaves"

[place]
longitude = 117.1131
latitude = 40.1441
accuracy_metres = 5.0

[grid]
unit_code = "110117001003007"
path = [{ level = "street", code = "110117001" }]
"#;

fn door_toml(address: SocketAddr) -> String {
    format!(
        r#"protocol = "isapi"
url = "http://{address}"
place = {{ longitude = 117.1121, latitude = 40.1441, accuracy_metres = 5.0 }}

[[point]]
id = "gate"
name = "东门"
door = 1

[[rule]]
type = "door_forced_open"
point = "gate"
"#
    )
}
