//! A cable that hangs to a bicycle, and a bicycle without one: by the real net, in the real eye.

use std::time::Duration;

use serde_json::Value;

use crate::house::{root, whole_machine};
use crate::street::{Play, Setting, check_payloads, expect};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cable_to_a_bicycle_is_told_and_a_bicycle_without_one_is_not() {
    let _alone = whole_machine().await;
    let setting = Setting::of("wire", &["cam-01.toml", "cam-02.toml"]);
    let net = root().join("models/charging-wire");
    setting.configure(&format!("charging_wire_dir = \"{}\"\n", net.display()));
    setting.play(direct).await;
}

async fn direct(play: &mut Play) -> Result<[&'static str; 0], String> {
    play.until_heard("the cable is reported", |journal| !journal.raises().is_empty()).await?;
    // The other bicycle stands as long as this one, and is looked round as often.
    play.go_on(Duration::from_secs(6)).await?;
    let raises = play.journal().raises();
    let told: Vec<Value> = raises
        .iter()
        .filter_map(|raise| serde_json::from_slice(&raise.receipt.payload).ok())
        .collect();
    let of =
        |path: &str| -> Vec<&Value> { told.iter().filter_map(|it| it.pointer(path)).collect() };
    expect(of("/type/code") == ["ebike_flying_wire"], &format!("one alert: {told:#?}"))?;
    expect(of("/source/device_id") == ["cam-01"], &format!("of the first camera: {told:#?}"))?;
    check_payloads(&raises.iter().map(|raise| &raise.receipt).collect::<Vec<_>>())?;
    let length = of("/detection/cable/length_px").first().and_then(|it| it.as_u64());
    let fits = length.is_some_and(|length| (100..350).contains(&length));
    expect(fits, &format!("as long as it is: {told:#?}"))?;
    let label = of("/detection/objects/1/label");
    expect(label == ["charging_wire"], &format!("with its box: {told:#?}"))?;
    let net = of("/detection/second_look/0/name");
    expect(net == ["charging-wire"], &format!("with its net: {told:#?}"))?;
    let words = of("/description").first().and_then(|it| it.as_str().map(str::to_owned));
    let says_why = words.is_some_and(|it| it.contains("电动自行车旁疑似飞线充电（画面中线长约"));
    expect(says_why, &format!("in words: {told:#?}"))?;
    for (camera, result, least) in
        [("cam-01", "cable", 3.0), ("cam-02", "clear", 2.0), ("cam-02", "cable", 0.0)]
    {
        let series =
            format!("gridwhistle_cable_looks_total{{camera=\"{camera}\",result=\"{result}\"}}");
        let count = play.page.metric(&series).await.unwrap_or_default();
        play.note(&format!("{camera} {result}: {count} looks"));
        expect(count >= least, &format!("{camera} {result}: {count}"))?;
    }
    Ok([])
}
