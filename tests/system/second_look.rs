//! A bicycle in a corridor, looked at a second time: by the real model, in the real eye.

use std::time::Duration;

use serde_json::Value;

use crate::house::{half_machine, root};
use crate::street::{Play, Setting, check_payloads, expect};

/// One rule for bicycles, which shows that they are told, and two for e-bikes, which must be silent.
const RULES: &str = r#"type = "other"
kind = "prohibited"
zone = "corridor"
classes = ["pedal_bicycle"]
clear_after_secs = 6

[[rule]]
type = "ebike_upstairs"
zone = "corridor"

[[rule]]
type = "ebike_in_elevator"
zone = "corridor"
"#;

/// The rule that the scenario's camera is written with.
const SHIPPED: &str = r#"type = "ebike_upstairs"
kind = "prohibited"
zone = "corridor"
classes = ["bicycle", "motorcycle"]
confirm_secs = 2
clear_after_secs = 6
"#;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_surely_a_bicycle_is_no_e_bike() {
    let _beside_one = half_machine().await;
    let setting = Setting::of("prohibited", &["cam-01.toml"]);
    setting.rewrite("cam-01.toml", (SHIPPED, RULES));
    let model = root().join("models/efficientnet-lite0");
    setting.configure(&format!("second_look_dir = \"{}\"\n", model.display()));
    setting.play(direct).await;
}

async fn direct(play: &mut Play) -> Result<[&'static str; 0], String> {
    play.until_heard("the bicycle is reported", |journal| !journal.raises().is_empty()).await?;
    // It stands for twenty seconds; who would take it for an e-bike says so in that time.
    play.go_on(Duration::from_secs(8)).await?;
    let raises = play.journal().raises();
    let told: Vec<Value> = raises
        .iter()
        .filter_map(|raise| serde_json::from_slice(&raise.receipt.payload).ok())
        .collect();
    let codes: Vec<&Value> = told.iter().filter_map(|alert| alert.pointer("/type/code")).collect();
    expect(codes == ["other"], &format!("as a bicycle alone: {told:#?}"))?;
    check_payloads(&raises.iter().map(|raise| &raise.receipt).collect::<Vec<_>>())?;
    let label = told.iter().find_map(|alert| alert.pointer("/detection/objects/0/label"));
    expect(label.is_some_and(|it| it == "pedal_bicycle"), &format!("by its name: {told:#?}"))?;
    for (result, least) in [("pedal", 3.0), ("powered", 0.0)] {
        let series =
            format!("gridwhistle_second_looks_total{{camera=\"cam-01\",result=\"{result}\"}}");
        let count = play.page.metric(&series).await.unwrap_or_default();
        play.note(&format!("{result}: {count} looks"));
        let is_so = if least > 0.0 { count >= least } else { count < 0.5 };
        expect(is_so, &format!("{result}: {count}"))?;
    }
    Ok([])
}
