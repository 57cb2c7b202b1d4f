//! Smoke, and then an e-bike beside it: one incident that names both.

use std::fs;

use hw_sim::judge::{Journal, Receipt};
use serde_json::Value;

use super::{CHECKPOINT, EBIKE, count, only};
use crate::devices::field::{SMOKE, publish};
use crate::house::half_machine;
use crate::street::{Play, Setting, check_payloads, expect};

const FIRE: &str = "smoke_alarm";

const BESIDE_TOML: &str = r#"camera = "cam-01"
sensors = ["smoke-1"]
place = { longitude = 117.1131, latitude = 40.1441, accuracy_metres = 5.0 }
"#;

const SMOKE_TOML: &str = r#"protocol = "mqtt"
place = { longitude = 117.1121, latitude = 40.1441, accuracy_metres = 5.0 }

[[point]]
id = "smoke"
kind = "smoke"

[[rule]]
type = "smoke_alarm"
point = "smoke"
"#;

/// The bicycle, which its rule calls an e-bike, is left in the corridor at 8 s of the clip.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_e_bike_that_comes_to_smoke_is_part_of_that_incident() {
    let _beside_one = half_machine().await;
    let setting = Setting::of("prohibited", &["cam-01.toml"]);
    let config = &setting.settings.config;
    let beside = BESIDE_TOML.replace("smoke-1", SMOKE);
    for (folder, id, text) in
        [("devices", SMOKE, SMOKE_TOML), ("checkpoints", CHECKPOINT, beside.as_str())]
    {
        fs::create_dir(config.join(folder)).expect("made");
        fs::write(config.join(folder).join(format!("{id}.toml")), text).expect("written");
    }
    setting.play(burn).await;
}

async fn burn(play: &mut Play) -> Result<[&'static str; 0], String> {
    // The sensor is subscribed to before its first message is published.
    play.until_page("the gateway is connected", async |page| {
        page.delivering().await.is_some_and(|(delivering, _)| delivering)
    })
    .await?;
    publish(play, r#"{"point":"smoke","kind":"smoke","value":true}"#).await?;
    play.until_heard("smoke is told", |journal| count(journal, FIRE, "open") == 1).await?;
    play.until_heard("the e-bike is told with it", |journal| joint(journal).is_some()).await?;
    let joint = joint(play.journal()).ok_or("it is gone")?;
    expect(joint["priority"] == 1, "it is as urgent as can be")?;
    let opened = only(play, FIRE, "open")?;
    expect(joint["alert_id"] == opened["alert_id"], "it is the same incident")?;
    // On a slow machine the smoke comes second. Then the e-bike's alert is closed for it.
    if count(play.journal(), EBIKE, "open") > 0 {
        play.until_heard("the e-bike's alert is over", |journal| {
            count(journal, EBIKE, "close") == 1
        })
        .await?;
        let merged = only(play, EBIKE, "close")?;
        expect(merged["dedupe"]["merged_into"] == opened["alert_id"], &format!("{merged:#}"))?;
    }
    check_payloads(&play.journal().receipts())?;
    Ok([])
}

/// The message that names smoke and e-bike.
fn joint(journal: &Journal) -> Option<Value> {
    let read = |receipt: &&Receipt| serde_json::from_slice::<Value>(&receipt.payload).ok();
    let receipts = journal.receipts();
    let mut of_smoke = receipts.iter().filter(|it| it.message.kind.code == FIRE).filter_map(read);
    of_smoke.find(|it| {
        let told = it["description"].as_str().unwrap_or_default();
        told.contains("电动自行车") && told.contains("烟")
    })
}
