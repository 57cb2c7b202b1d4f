//! Something that no detector has a class for is put down in a passage, stands, and goes.
//!
//! Before a second camera people walk and the light changes, which is nothing.

use std::fs;
use std::time::Duration;

use hw_sim::play::PlaySettings;
use hw_sim::scenario::Scenario;
use serde_json::Value;

use crate::house::{GATEWAY, free_ports, media, root, whole_machine, write_config};
use crate::street::{Play, Setting, check_payloads, expect};

/// The ports that the scenario's cameras are written with.
const SHIPPED_PORT: &str = ":18554/";

fn setting() -> Setting {
    let (work, ports) = (tempfile::tempdir().expect("a temporary folder"), free_ports());
    let scenarios = root().join("hw-sim/scenarios");
    let config = write_config(work.path(), ports, &[]);
    for camera in ["cam-01.toml", "cam-02.toml"] {
        let shipped = scenarios.join("unknown/cameras").join(camera);
        let text = fs::read_to_string(shipped).expect("the scenario's camera");
        assert!(text.contains(SHIPPED_PORT));
        let text = text.replace(SHIPPED_PORT, &format!(":{}/", ports.cameras));
        fs::write(config.join("cameras").join(camera), text).expect("written");
    }
    let scenario = Scenario::load(&scenarios.join("unknown.toml")).expect("the scenario is sound");
    let settings = PlaySettings {
        scenario,
        media: media(),
        gateway: GATEWAY.into(),
        config,
        work: work.path().to_owned(),
        ports,
    };
    Setting { work, settings }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thing_without_a_class_is_reported_and_its_going_is_seen() {
    let _alone = whole_machine().await;
    setting().play(direct).await;
}

async fn direct(play: &mut Play) -> Result<[&'static str; 0], String> {
    play.until_heard("the bricks are reported", |journal| !journal.raises().is_empty()).await?;
    let raises = play.journal().raises();
    let receipt = &raises.first().ok_or("an alert")?.receipt;
    check_payloads(&[receipt])?;
    let alert: Value =
        serde_json::from_slice(&receipt.payload).map_err(|error| error.to_string())?;
    let told = |path: &str| alert.pointer(path).cloned().unwrap_or_default();
    let labels: Vec<Value> = told("/detection/objects")
        .as_array()
        .into_iter()
        .flatten()
        .map(|object| object["label"].clone())
        .collect();
    expect(labels == ["unknown_object"], &format!("they have no class: {alert:#}"))?;
    expect(alert.to_string().contains("不明物体1件"), &format!("it says so: {alert:#}"))?;
    expect(told("/source/device_id") == "cam-01", "they stand before the first camera")?;
    play.until_heard("their going is seen", |journal| {
        journal.raises().iter().all(|raise| raise.cleared_at.is_some())
    })
    .await?;
    // The lit and the dark road of the second camera is still shown for a while.
    play.go_on(Duration::from_secs(3)).await?;
    let raised = play.journal().raises();
    expect(raised.len() == 1, &format!("nothing else is reported: {}", raised.len()))?;
    Ok([])
}
