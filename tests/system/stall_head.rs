//! A played stall: a head in the real eye says how likely it is, the centre judges the alerts, and what is
//! exported of them trains a head that the gateway takes.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::{Value, json};

use crate::casework::{Centre, alert_id};
use crate::house::{complaint, gridwhistle, half_machine, root};
use crate::street::{Play, Setting, check_payloads, expect, raised};

const STALL: &str = "vendor_unlicensed";
/// The same van and sellers, told a second time, so that one can be called right and one false.
const TRADE: &str = "road_occupation_trading";
const SECOND_RULE: &str = r#"[[rule]]
type = "road_occupation_trading"
kind = "stall"
zone = "lawn"
classes = ["car", "truck", "bus"]
near_classes = ["person"]
dwell_secs = 20
gap_tolerance_secs = 5
clear_after_secs = 6
reach_heights = 1.0

[[rule]]
"#;

/// A made-up head.
const MADE_UP: &str = "gateway/detector/src/second_look/tests/head";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_played_stall_exports_trains_a_head_that_the_gateway_takes() {
    let _beside_one = half_machine().await;
    let setting = Setting::of("stall", &["cam-01.toml"]);
    setting.rewrite("cam-01.toml", ("[[rule]]\n", SECOND_RULE));
    setting.configure(&looks_twice(&root().join(MADE_UP)));
    setting.play(direct).await;
}

fn looks_twice(head: &Path) -> String {
    let model = root().join("models/efficientnet-lite0");
    let (model, head) = (model.display(), head.display());
    format!("second_look_dir = \"{model}\"\nsecond_look_heads = [\"{head}\"]\n")
}

/// With the real model, on exports with drawn pictures: a better head is installed, a worse one and one of too few
/// cases are not, and there is a way back.
#[test]
fn the_trainer_keeps_its_promises() {
    let run = root().join("models/second-look-head/run");
    let output = Command::new(run).arg("tests.py").output().expect("it starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

async fn direct(play: &mut Play) -> Result<[&'static str; 0], String> {
    let mut centre = Centre::open(&play.running.broker.address()).await?;
    play.until_heard("both rules have told of the stall", |journal| {
        raised(journal, STALL) == 1 && raised(journal, TRADE) == 1
    })
    .await?;
    tells_how_likely(play)?;

    let (right, wrong) = (("cam-01", STALL), ("cam-01", TRADE));
    let (right, wrong) = (alert_id(play.journal(), right)?, alert_id(play.journal(), wrong)?);
    centre.tell(&right, 1, "accepted").await?;
    let false_alarm = json!({
        "spec": "cg.case/1", "msg_id": "01932f30-0000-7d00-8a00-0000000000ff", "alert_id": wrong,
        "seq": 1, "event": "false_alarm", "time": "2026-11-22T09:58:00+08:00",
        "case": { "system": "casesim", "rec_id": "R-7" }, "reason": { "code": "wrong_object" },
    });
    centre.publish(&format!("case/{wrong}"), &false_alarm).await?;
    let results = centre.results(2).await?;
    expect(results.iter().all(|it| it.ends_with("applied")), &format!("{results:?}"))?;

    let [config, set, heads, trial] =
        ["config", "set", "heads", "trial"].map(|name| play.work().join(name));
    let [config, set, heads, trial_at] =
        [&config, &set, &heads, &trial].map(|path| path.to_str().unwrap_or_default());
    let exported = gridwhistle(&["dataset", "export", "--config", config, "--out", set]);
    expect(exported.status.success(), &String::from_utf8_lossy(&exported.stderr))?;

    // Two alerts prove nothing.
    let refused = complaint(&train(&["stall", set, "--with-drills", "--heads", heads])?, 69);
    expect(refused.contains("not installed, too few cases: 1 right alerts"), &refused)?;
    expect(!Path::new(heads).exists(), "nothing is installed")?;
    let trained = train(&["stall", set, "--with-drills", "--trial", trial_at])?;
    expect(trained.status.success(), &String::from_utf8_lossy(&trained.stderr))?;
    let card = fs::read_to_string(trial.join("README.md")).map_err(|error| error.to_string())?;
    expect(card.contains("2 of 2 pictures carried the red lines"), &card)?;

    is_taken(play, &trial)?;
    fs::write(trial.join("head.onnx"), "spoilt").map_err(|error| error.to_string())?;
    let told = complaint(&check(play, &trial)?, 78);
    expect(told.contains("head.onnx") && told.contains("sha256"), &told)?;
    Ok([])
}

/// In words, as a number, and by whom.
fn tells_how_likely(play: &Play) -> Result<(), String> {
    let raises = play.journal().raises();
    let receipts: Vec<_> = raises.iter().map(|raise| &raise.receipt).collect();
    check_payloads(&receipts)?;
    for receipt in receipts {
        let alert: Value =
            serde_json::from_slice(&receipt.payload).map_err(|error| error.to_string())?;
        let detection = &alert["detection"];
        let likely = detection["stall_likelihood"].as_f64();
        expect(likely.is_some_and(|it| (0.0..=1.0).contains(&it)), &format!("{detection:#}"))?;
        let words = alert["description"].as_str().unwrap_or_default();
        expect(words.contains("摊位可能性0."), words)?;
        let models: Vec<&str> = detection["second_look"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|it| it["version"].as_str())
            .collect();
        expect(models == ["1.0.0", "fixture"], &format!("{detection:#}"))?;
    }
    Ok(())
}

/// The trainer, as `make train-head` runs it.
fn train(words: &[&str]) -> Result<Output, String> {
    let mut command = Command::new(root().join("models/second-look-head/run"));
    command.arg("train.py").args(words).output().map_err(|error| error.to_string())
}

/// The play's configuration with another head, in a folder of its own.
fn check(play: &Play, head: &Path) -> Result<Output, String> {
    let (from, to) = (play.work().join("config"), play.work().join("config-with-head"));
    let said = |error: std::io::Error| error.to_string();
    fs::create_dir_all(to.join("cameras")).map_err(said)?;
    fs::copy(from.join("cameras/cam-01.toml"), to.join("cameras/cam-01.toml")).map_err(said)?;
    let text = fs::read_to_string(from.join("gateway.toml")).map_err(said)?;
    let text = text.replace(&looks_twice(&root().join(MADE_UP)), &looks_twice(head));
    fs::write(to.join("gateway.toml"), text).map_err(said)?;
    Ok(gridwhistle(&["check", "--config", to.to_str().unwrap_or_default()]))
}

fn is_taken(play: &Play, head: &Path) -> Result<(), String> {
    let output = check(play, head)?;
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    expect(output.status.success(), &String::from_utf8_lossy(&output.stderr))?;
    expect(told.contains("head stall-head trial: it passes its self-test"), &told)
}
