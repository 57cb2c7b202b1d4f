//! A short story of a gate and a cabinet, as `hw-sim score` plays a whole day: truth and alerts agree, and
//! what is quiet raises nothing, although the line breaks and all is told again.

use std::fs;
use std::path::Path;

use hw_sim::play::unused_port;
use hw_sim::scenario::Scenario;

use crate::street::{Play, Setting, expect};

/// How long the story is.
const SECS: u64 = 34;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_story_of_doors_is_told_as_it_happened() {
    let mut setting = Setting::new(&[]);
    let (gate, cabinet) = (port(), port());
    let story = story(gate, cabinet);
    setting.settings.scenario =
        Scenario::parse(&story, Path::new("story.toml")).expect("the story is sound");
    let devices = setting.settings.config.join("devices");
    fs::create_dir(&devices).expect("made");
    fs::write(devices.join("gate.toml"), gate_toml(gate)).expect("written");
    fs::write(devices.join("cabinet.toml"), cabinet_toml(cabinet)).expect("written");
    setting.play(async |play| hear(play).await).await;
}

async fn hear(play: &mut Play) -> Result<[&'static str; 0], String> {
    let begins_in = play.running.until_story();
    play.go_on(begins_in + std::time::Duration::from_secs(SECS)).await?;
    let score = play.running.score();
    let of = |event: &str| {
        let rows = score.rows.iter().filter(|row| row.key.event == event);
        rows.map(|row| (row.truth, row.received)).fold((0, 0), |(a, b), (c, d)| (a + c, b + d))
    };
    let told = [
        ("door_forced_open", (1, 1)),
        ("door_held_open", (1, 1)),
        ("residual_current_high", (1, 1)),
        ("sensor_offline", (0, 0)),
    ];
    for (event, expected) in told {
        let found = of(event);
        expect(found == expected, &format!("{event} {expected:?}, found {found:?}"))?;
    }
    expect(score.agrees(), &hw_sim::judge::table(&score))?;
    Ok([])
}

fn port() -> u16 {
    unused_port().expect("a free port")
}

/// Hours are those of the story: the rule that asks for them begins at its second zero.
fn story(gate: u16, cabinet: u16) -> String {
    format!(
        r#"title = "a gate and a cabinet"
duration_secs = {SECS}
begins_at = "07:00"
device = [
    {{ id = "gate", kind = "isapi", port = {gate} }},
    {{ id = "cabinet", kind = "modbus", port = {cabinet} }},
]
happening = [
    {{ device = "cabinet", what = "reads", register = 0, value = 400, at_secs = [0.0] }},
    {{ device = "gate", what = "passes", at_secs = [1.0, 9.0, 27.0] }},
    {{ device = "gate", what = "forced", at_secs = [3.0] }},
    {{ device = "gate", what = "line_breaks", at_secs = [14.0, 30.0] }},
    {{ device = "gate", what = "opened", at_secs = [15.0] }},
    {{ device = "gate", what = "closed", at_secs = [25.0] }},
    {{ device = "cabinet", what = "reads", register = 0, value = 3501, at_secs = [5.0] }},
    {{ device = "cabinet", what = "reads", register = 0, value = 400, at_secs = [20.0] }},
]
[[incident]]
what = "the gate is forced"
event = "door_forced_open"
device = "gate"
point = "gate"
from_secs = 3.0
to_secs = 5.0
dwell_secs = 0.0
tolerance_secs = 3.0
[[incident]]
what = "the gate stands open"
event = "door_held_open"
device = "gate"
point = "gate"
from_secs = 15.0
to_secs = 25.0
dwell_secs = 5.0
tolerance_secs = 3.0
[[incident]]
what = "a current leaks"
event = "residual_current_high"
device = "cabinet"
point = "leakage"
from_secs = 5.0
to_secs = 20.0
dwell_secs = 2.0
tolerance_secs = 4.0
"#
    )
}

const PLACE: &str = "place = { longitude = 117.1121, latitude = 40.1441, accuracy_metres = 5.0 }\n";

fn gate_toml(port: u16) -> String {
    format!(
        r#"protocol = "isapi"
url = "http://127.0.0.1:{port}"
{PLACE}
[[point]]
id = "gate"
door = 1
[[rule]]
type = "door_forced_open"
point = "gate"
kind = "event"
events = ["forced_open"]
within_secs = 2
clear_after_secs = 2
reopen_after_secs = 0
[[rule]]
type = "door_held_open"
point = "gate"
kind = "flag"
signal = "door_contact"
hold_secs = 5
hours = ["Mon-Sun 07:00-07:05"]
clear_after_secs = 2
reopen_after_secs = 0
[[rule]]
type = "sensor_offline"
after_secs = 60
"#
    )
}

fn cabinet_toml(port: u16) -> String {
    format!(
        r#"protocol = "modbus"
url = "tcp://127.0.0.1:{port}"
poll_interval_secs = 0.5
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
hold_secs = 2
clear_after_secs = 2
reopen_after_secs = 0
"#
    )
}
