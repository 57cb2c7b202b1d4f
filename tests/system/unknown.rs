//! Something that no detector has a class for is put down in a passage, stands, and goes.
//!
//! Before a second camera people walk and the light changes, which is nothing.

use std::time::Duration;

use serde_json::Value;

use crate::house::half_machine;
use crate::street::{Play, Setting, check_payloads, expect};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thing_without_a_class_is_reported_and_its_going_is_seen() {
    let _beside_one = half_machine().await;
    Setting::of("unknown", &["cam-01.toml", "cam-02.toml"]).play(direct).await;
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
