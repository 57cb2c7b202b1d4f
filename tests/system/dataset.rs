//! What a case centre says of a played street becomes a training set while the gateway runs.

use std::fs;
use std::path::Path;

use contract::coco::TrainingSet;
use serde_json::{Value, json};

use crate::casework::{Centre, FIRST, SECOND, VAN, alert_id, messages};
use crate::house::{complaint, gridwhistle, half_machine, root};
use crate::street::{CAMERAS, Play, Setting, expect, raised};

/// Said by a person at the centre; it must stay there.
const SAID: &str = "张三说京A12345在卸货";
/// Where the van stands: a point of the picture, 768x576.
const VAN_AT: (f64, f64) = (686.0, 72.0);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_centre_judged_becomes_a_training_set_while_the_gateway_runs() {
    let _beside_one = half_machine().await;
    let setting = Setting::new(&CAMERAS);
    let file = setting.settings.config.join("gateway.toml");
    let text = fs::read_to_string(&file).expect("readable");
    let kept = text.replace("[evidence]\n", "[evidence]\nkeep_originals = true\n");
    fs::write(&file, kept).expect("written");
    setting.play(direct).await;
}

async fn direct(play: &mut Play) -> Result<[&'static str; 0], String> {
    let mut centre = Centre::open(&play.running.broker.address()).await?;
    play.until_heard("both vans are reported", |journal| raised(journal, VAN) == 2).await?;
    let (first, second) = (alert_id(play.journal(), FIRST)?, alert_id(play.journal(), SECOND)?);
    let none = complaint(&export(play, "none", &[]), 69);
    expect(none.contains("no alert has been judged yet"), &none)?;

    for (seq, event) in [(1, "accepted"), (2, "dispatched"), (3, "handled")] {
        centre.tell(&first, seq, event).await?;
    }
    let mut wrong = json!({
        "spec": "cg.case/1", "msg_id": "01932f30-0000-7d00-8a00-0000000000ff", "alert_id": second,
        "seq": 1, "event": "false_alarm", "time": "2026-11-22T09:58:00+08:00",
        "case": { "system": "casesim", "rec_id": "R-7" },
    });
    wrong["reason"] = json!({ "code": "wrong_object", "text": SAID });
    centre.publish(&format!("case/{second}"), &wrong).await?;
    let results = centre.results(4).await?;
    expect(results.iter().all(|result| result.ends_with("applied")), &format!("{results:?}"))?;
    play.until_heard("the re-check has a verdict", |journal| {
        !messages(journal, FIRST, "verify").is_empty()
    })
    .await?;

    let output = export(play, "set", &[]);
    let report = String::from_utf8_lossy(&output.stdout).into_owned();
    expect(output.status.success(), &String::from_utf8_lossy(&output.stderr))?;
    play.note(&report);
    let set = TrainingSet::read(&play.work().join("set"))?;
    check_labels(&set, &first, &second)?;
    expect(report.contains("confirmed") && report.contains("car"), &report)?;
    keeps_secrets(play, &play.work().join("set"))?;

    let only = export(play, "only", &["--type", VAN, "--label", "false_alarm", "--from", "1h"]);
    expect(only.status.success(), &String::from_utf8_lossy(&only.stderr))?;
    let only = TrainingSet::read(&play.work().join("only"))?;
    expect(only.annotations.is_empty() && !only.hard_negatives.is_empty(), "only negatives")?;

    originals(play, &set)?;

    complaint(&export(play, "set", &[]), 64);
    complaint(&export(play, "state/set", &[]), 64);
    complaint(&export(play, "wrong", &["--label", "maybe"]), 64);
    complaint(&export(play, "wrong", &["--from", "1h", "--to", "2h"]), 64);
    let other = complaint(&export(play, "other", &["--type", "street_bbq"]), 69);
    expect(other.contains(VAN), &format!("it says what there is: {other}"))?;
    Ok([])
}

/// Exports to a folder of this name beside the gateway's state.
fn export(play: &Play, out: &str, more: &[&str]) -> std::process::Output {
    let (config, out) = (play.work().join("config"), play.work().join(out));
    let [config, out] = [&config, &out].map(|path| path.to_str().unwrap_or_default());
    gridwhistle(&[&["dataset", "export", "--config", config, "--out", out], more].concat())
}

fn check_labels(set: &TrainingSet, first: &str, second: &str) -> Result<(), String> {
    let of = |list: &[Value], alert: &str| -> Vec<Value> {
        list.iter().filter(|it| it["alert_id"] == alert).cloned().collect()
    };
    let labels: Vec<Value> =
        of(&set.images, first).iter().map(|image| image["label"].clone()).collect();
    expect(labels.contains(&json!("confirmed")), &format!("people took it up: {labels:?}"))?;
    expect(labels.contains(&json!("still_there")), &format!("and it was seen again: {labels:?}"))?;
    for boxed in of(&set.annotations, first).iter().chain(&of(&set.hard_negatives, second)) {
        let [left, top, width, height] =
            [0, 1, 2, 3].map(|place| boxed["bbox"][place].as_f64().unwrap_or_default());
        let (x, y) = VAN_AT;
        let is_round = (left..left + width).contains(&x) && (top..top + height).contains(&y);
        expect(is_round, &format!("the box is round the van: {boxed}"))?;
    }
    let false_ones = of(&set.images, second);
    let is_false =
        |image: &Value| image["label"] == "false_alarm" && image["reason"] == "wrong_object";
    expect(!false_ones.is_empty() && false_ones.iter().all(is_false), &format!("{false_ones:?}"))?;
    expect(of(&set.annotations, second).is_empty(), "a false alarm has no annotation")?;
    let negatives = of(&set.hard_negatives, second);
    let object =
        negatives.iter().all(|it| it["fault"] == "object" && it["label_system"] == "casesim");
    expect(!negatives.is_empty() && object, &format!("{negatives:?}"))
}

/// Nothing in the set says where the cameras are, how to reach them, or what a person wrote.
fn keeps_secrets(play: &Play, set: &Path) -> Result<(), String> {
    let scenarios = root().join("hw-sim/scenarios");
    let password =
        fs::read_to_string(scenarios.join("cam-02.password")).map_err(|e| e.to_string())?;
    let ledger = gridwhistle(&[
        "ledger",
        "export",
        "--config",
        play.work().join("config").to_str().unwrap_or_default(),
    ]);
    let history = String::from_utf8_lossy(&ledger.stdout).into_owned();
    // In the history, so that the search means something.
    let in_history =
        ["张三", "京A12345", "117.112", "127.0.0.1", "https://", "110117001003", "处置"];
    for secret in in_history {
        expect(history.contains(secret), &format!("the history holds {secret}"))?;
    }
    let nowhere = [password.trim(), "rtsp://", "gw-demo"];
    let files = walk(set)?;
    expect(files.len() > 5, &format!("{files:?}"))?;
    for file in files {
        let content = fs::read(&file).map_err(|error| error.to_string())?;
        for secret in in_history.iter().chain(&nowhere) {
            let found = content.windows(secret.len()).any(|bytes| bytes == secret.as_bytes());
            expect(!found, &format!("{} does not hold {secret}", file.display()))?;
        }
    }
    Ok(())
}

fn walk(folder: &Path) -> Result<Vec<std::path::PathBuf>, String> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).map_err(|error| error.to_string())?.flatten() {
        match entry.path() {
            path if path.is_dir() => files.extend(walk(&path)?),
            path => files.push(path),
        }
    }
    Ok(files)
}

/// With the gateway's own key; the same pictures, and other bytes. Without the key, none.
fn originals(play: &Play, masked: &TrainingSet) -> Result<(), String> {
    let output = export(play, "originals", &["--originals"]);
    let report = String::from_utf8_lossy(&output.stdout).into_owned();
    expect(output.status.success(), &String::from_utf8_lossy(&output.stderr))?;
    expect(report.contains("NOT MASKED"), &report)?;
    let set = TrainingSet::read(&play.work().join("originals"))?;
    expect(set.images.len() >= masked.images.len(), "none is missing")?;
    for image in &masked.images {
        let mut both = set.images.iter().filter(|it| it["file_name"] == image["file_name"]);
        let original = both.next().ok_or("the same names")?;
        expect(original["masked"] == false && image["masked"] == true, "each says what it is")?;
        expect(original["sha256"] != image["sha256"], "a mask or a line is gone")?;
        expect(original["evidence_sha256"] == image["evidence_sha256"], "of the same picture")?;
    }
    let key = play.work().join("state/originals.key");
    let aside = play.work().join("originals.key");
    fs::rename(&key, &aside).map_err(|error| error.to_string())?;
    let refused = complaint(&export(play, "locked", &["--originals"]), 78);
    expect(refused.contains("originals.key"), &refused)?;
    expect(!key.exists() && !play.work().join("locked").exists(), "nothing is made")?;
    fs::rename(&aside, &key).map_err(|error| error.to_string())
}
