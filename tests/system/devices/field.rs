//! A door, a cabinet, a smoke detector and a fire panel, each simulated, and what the broker hears of them.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::time::Duration;

use hw_sim::door::{
    BoundaryStyle, DoorController, Habits, Happening, Isapi, PERSONAL, What, Writing,
};
use hw_sim::field::gb26875::{Answer, Form, Transmitter, component};
use hw_sim::field::modbus::{Slave, Table};
use hw_sim::judge::{ConfigNews, Journal};
use hw_sim::play::{SENSOR, unused_port};
use jiff::Zoned;
use jiff::tz::TimeZone;
use serde_json::Value;
use tokio::process::Command;

use crate::house::media;
use crate::street::{CAMERAS, Play, expect};

pub(super) const DOOR: &str = "door-1";
pub(super) const CABINET: &str = "cabinet-1";
/// The name in its certificate.
pub(crate) const SMOKE: &str = SENSOR;
pub(super) const PANEL: &str = "panel-1";

/// A camera that nobody serves.
pub(super) const BLIND: &str = "cam-09";

/// Said by a sensor that says more than it should.
const NAMED: &str = "张晓明-13800138000";

/// The address on the panel's display.
const ADDRESS: &str = "110105000001";

/// What the devices are, and where.
pub(super) struct Field {
    pub(super) door: DoorController,
    pub(super) cabinet: Slave,
    panel: Transmitter,
}

impl Field {
    /// Starts the devices, and tells the gateway of them in its folder.
    pub(super) async fn begin(config: &Path) -> Self {
        let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let firmware = Isapi::new(BoundaryStyle::Quoted, Writing::Json);
        let habits =
            Habits { repeats: 3, beat_every: Duration::from_millis(500), ..Habits::default() };
        let door = DoorController::serve(any, firmware, habits, None).await.expect("it serves");
        let cabinet = Slave::start(any).await.expect("it serves");
        cabinet.set(1, Table::Input, 0, 400);
        let port = unused_port().expect("a free port");
        let listen = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let panel = Transmitter::new(listen, ADDRESS, Form::Binary);
        let folder = config.join("devices");
        fs::create_dir(&folder).expect("made");
        for (id, text) in [
            (DOOR, door_toml(door.address())),
            (CABINET, cabinet_toml(cabinet.address())),
            (SMOKE, SMOKE_TOML.to_owned()),
            (PANEL, panel_toml(listen)),
        ] {
            fs::write(folder.join(format!("{id}.toml")), text).expect("written");
        }
        Self { door, cabinet, panel }
    }

    /// Waits until door and cabinet are heard, and the broker is connected.
    pub(super) async fn until_online(&self, play: &mut Play) -> Result<(), String> {
        play.until_heard("door and cabinet are online", |journal| {
            [DOOR, CABINET]
                .iter()
                .all(|id| journal.devices.get(*id).is_some_and(|device| device.is_online()))
        })
        .await?;
        // The sensor is subscribed to before its first message is published.
        play.until_page("the gateway is connected", async |page| {
            page.delivering().await.is_some_and(|(delivering, _)| delivering)
        })
        .await?;
        Ok(())
    }

    /// In tenths of a milliampere.
    pub(super) fn set_leakage(&self, tenths: u16) {
        self.cabinet.set(1, Table::Input, 0, tenths);
    }

    /// Publishes as the sensor.
    pub(super) async fn publish(&self, play: &Play, payload: &str) -> Result<(), String> {
        publish(play, payload).await
    }

    /// Reports smoke until it is answered. Whether it was confirmed.
    pub(super) async fn report_smoke(&mut self) -> bool {
        let now = Zoned::now().with_time_zone(TimeZone::fixed(jiff::tz::offset(8))).datetime();
        let time = self.panel.time(now);
        let frame = self.panel.frame(now, &component(1, 65_537, 2, "hall", time));
        self.panel.report(&frame).await.0 == Answer::Confirmed
    }

    /// Every device says who passed, as bad ones do.
    pub(super) async fn tell_of_people(&self, play: &mut Play) -> Result<(), String> {
        for what in [What::Granted, What::Denied, What::Duress, What::Tampered] {
            self.door.happens(Happening::new(1, what));
        }
        let named = format!(r#"{{"point":"smoke","kind":"smoke","value":true,"name":"{NAMED}"}}"#);
        self.publish(play, &named).await?;
        let point = format!(r#"{{"point":"{NAMED}","kind":"smoke","value":true}}"#);
        self.publish(play, &point).await?;
        play.until_page("all that is heard, and what is wrong is counted", async |page| {
            let faulty =
                format!("gridwhistle_device_messages_total{{device=\"{SMOKE}\",fate=\"faulty\"}}");
            let heard =
                format!("gridwhistle_device_messages_total{{device=\"{DOOR}\",fate=\"signal\"}}");
            page.metric(&faulty).await.is_ok_and(|count| count > 1.5)
                && page.metric(&heard).await.is_ok_and(|count| count > 5.5)
        })
        .await
        .map(drop)
    }

    /// Something of a person in these bytes, in any spelling of JSON.
    pub(super) fn person_in(&self, bytes: &[u8]) -> Option<String> {
        let spellings = PERSONAL.into_iter().chain([NAMED]).flat_map(|word| {
            let escaped: String =
                word.encode_utf16().map(|unit| format!("\\u{unit:04x}")).collect();
            [word.to_owned(), escaped]
        });
        let holds = |word: &String| bytes.windows(word.len()).any(|it| it == word.as_bytes());
        spellings.into_iter().find(holds)
    }

    /// Waits for what the gateway says of the latest edit.
    pub(super) async fn next_news(&self, play: &mut Play) -> Result<ConfigNews, String> {
        let known = play.journal().configs.len();
        play.until_heard("an edit is answered", |journal| journal.configs.len() > known).await?;
        play.journal().configs.last().cloned().ok_or_else(|| "no news".to_owned())
    }
}

/// Publishes as the sensor, with a program that is not ours.
pub(crate) async fn publish(play: &Play, payload: &str) -> Result<(), String> {
    let broker = &play.running.broker;
    let certificates = broker.certificates();
    let topic = format!("cg/v1/110117/001/003/gw-demo/in/{SMOKE}");
    let status = Command::new("mosquitto_pub")
        .args(["-V", "5", "-q", "1", "-h", "localhost", "-p", &broker.port().to_string()])
        .arg("--cafile")
        .arg(&certificates.ca)
        .arg("--cert")
        .arg(&certificates.sensor)
        .arg("--key")
        .arg(&certificates.sensor_key)
        .args(["-t", &topic, "-m", payload])
        .status()
        .await
        .map_err(|error| format!("mosquitto_pub: {error}"))?;
    expect(status.success(), "the broker takes the sensor's message")
}

/// The street's camera sees the door, and one that is away sees the cabinet.
pub(super) fn name_cameras(config: &Path, port: u16) {
    let read = |path: &Path| fs::read_to_string(path).expect("readable");
    let watching = CAMERAS[0].id;
    let text = read(&config.join(format!("cameras/{watching}.toml")));
    let nobody = unused_port().expect("a free port");
    let text = text.replace(watching, BLIND).replace(&port.to_string(), &nobody.to_string());
    fs::write(config.join(format!("cameras/{BLIND}.toml")), text).expect("written");
    for (device, camera) in [(DOOR, watching), (CABINET, BLIND)] {
        let path = config.join(format!("devices/{device}.toml"));
        let text = format!("camera = \"{camera}\"\n{}", read(&path));
        fs::write(path, text).expect("written");
    }
}

/// How many alerts were opened.
pub(super) fn alerts(journal: &Journal) -> usize {
    let receipts = journal.receipts();
    receipts.iter().filter(|receipt| receipt.message.action == "open").count()
}

/// How many messages of this action there were of a device.
pub(super) fn seen(journal: &Journal, device: &str, action: &str) -> usize {
    let receipts = journal.receipts();
    let is_it = |message: &hw_sim::judge::AlertMessage| {
        message.source.device_id == device && message.action == action
    };
    receipts.iter().filter(|receipt| is_it(&receipt.message)).count()
}

/// The one alert of a type that a device opened.
pub(super) fn opened(play: &Play, device: &str, code: &str) -> Result<Value, String> {
    let receipts = play.journal().receipts();
    let mut found = receipts.iter().filter(|receipt| {
        let message = &receipt.message;
        let is_it = message.source.device_id == device && message.kind.code == code;
        is_it && message.action == "open"
    });
    let first = found.next().ok_or_else(|| format!("{device} raised no {code}"))?;
    expect(found.next().is_none(), &format!("{device} raised {code} once"))?;
    serde_json::from_slice(&first.payload).map_err(|error| error.to_string())
}

/// The metric of what became of the door's messages.
pub(super) fn fate(fate: &str) -> String {
    format!("gridwhistle_device_messages_total{{device=\"{DOOR}\",fate=\"{fate}\"}}")
}

/// Waits until so many of the door's messages had this fate since the gateway was started.
pub(super) async fn until_counted(play: &mut Play, of: &str, least: f64) -> Result<(), String> {
    let what = format!("{least} messages of the door are counted as {of}");
    let metric = fate(of);
    play.until_page(&what, async |page| {
        page.metric(&metric).await.is_ok_and(|count| count > least - 0.5)
    })
    .await
    .map(drop)
}

/// From one time of a message to another, in seconds.
pub(super) fn secs_between(from: &Value, to: &Value) -> Result<f64, String> {
    let time = |value: &Value| value.as_str().and_then(|it| it.parse::<jiff::Timestamp>().ok());
    let both = time(from).zip(time(to)).ok_or_else(|| format!("no times: {from}, {to}"))?;
    Ok(both.1.duration_since(both.0).as_secs_f64())
}

/// The first message of the door that shows its picture.
pub(super) fn shown(journal: &Journal) -> Option<Value> {
    of_door(journal, |message| message["witness"]["sight"] == "shown")
}

/// The first message of the door that names a clip.
pub(super) fn clipped(journal: &Journal) -> Option<Value> {
    let is_clip = |item: &Value| item["kind"] == "clip";
    of_door(journal, |message| {
        message["evidence"].as_array().is_some_and(|it| it.iter().any(is_clip))
    })
}

fn of_door(journal: &Journal, is_it: impl Fn(&Value) -> bool) -> Option<Value> {
    let receipts = journal.receipts();
    let of_door = receipts.iter().filter(|receipt| receipt.message.source.device_id == DOOR);
    let mut all = of_door.filter_map(|it| serde_json::from_slice::<Value>(&it.payload).ok());
    all.find(|message| is_it(message))
}

/// The recorded street with a key frame every ten seconds, in a folder of its own: who waits for a key frame is told
/// of it.
pub(super) async fn rare_key_frames(work: &Path) -> PathBuf {
    let folder = work.join("media");
    fs::create_dir(&folder).expect("made");
    let made = Command::new("ffmpeg")
        .args(["-v", "error", "-i"])
        .arg(media().join("street-h264.mp4"))
        .args(["-an", "-c:v", "libx264", "-preset", "ultrafast", "-bf", "0", "-g", "250"])
        .args(["-sc_threshold", "0"])
        .arg(folder.join("street-h264.mp4"))
        .status()
        .await
        .expect("ffmpeg starts");
    assert!(made.success(), "the street is encoded anew");
    let other = "street-h265.mp4";
    symlink(media().join(other), folder.join(other)).expect("named");
    folder
}

/// The latest message of this action of a device.
pub(super) fn last(play: &Play, device: &str, action: &str) -> Result<Value, String> {
    let receipts = play.journal().receipts();
    let mut found = receipts.iter().rev().filter(|receipt| {
        receipt.message.source.device_id == device && receipt.message.action == action
    });
    let latest = found.next().ok_or_else(|| format!("{device} told no {action}"))?;
    serde_json::from_slice(&latest.payload).map_err(|error| error.to_string())
}

const PLACE: &str = "place = { longitude = 117.1121, latitude = 40.1441, accuracy_metres = 5.0 }\n";

fn door_toml(address: SocketAddr) -> String {
    format!(
        r#"protocol = "isapi"
name = "7号楼单元门"
url = "http://{address}"
{PLACE}
[grid]
unit_code = "110117001003007"
path = [{{ level = "street", code = "110117001" }}]

[[point]]
id = "gate"
door = 1

[[rule]]
type = "door_forced_open"
point = "gate"
"#
    )
}

fn cabinet_toml(address: SocketAddr) -> String {
    format!(
        r#"protocol = "modbus"
url = "tcp://{address}"
poll_interval_secs = 0.2
{PLACE}
[[point]]
id = "leakage"
kind = "residual_current"
table = "input"
address = 0
scale = 0.1

[[rule]]
type = "residual_current_high"
point = "leakage"
priority = 1
kind = "limit"
signal = "residual_current"
above = 300.0
hold_secs = 1
clear_after_secs = 2
"#
    )
}

const SMOKE_TOML: &str = r#"protocol = "mqtt"
place = { longitude = 117.1121, latitude = 40.1441, accuracy_metres = 5.0 }

[[point]]
id = "smoke"
kind = "smoke"

[[rule]]
type = "smoke_alarm"
"#;

fn panel_toml(listen: SocketAddr) -> String {
    format!(
        r#"protocol = "gb26875"
url = "tcp://{listen}"
transmitter = "{ADDRESS}"
{PLACE}
[[point]]
id = "hall"
kind = "smoke"
system = 1
component = 65537

[[rule]]
type = "smoke_alarm"
point = "hall"
"#
    )
}
