//! The clocks of a door and a camera that differ: measured from people who pass alone, corrected, and told.

use std::fs;

use crate::house::{root, whole_machine};
use crate::street::{Play, Setting, check_payloads, expect};

use super::{TAILGATING, count, only};

const SCENARIO: &str = "clocks";
/// As the scenario and the gateway's own files call it.
const CHECKPOINT: &str = "checkpoint-1";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "six minutes: people must pass alone; `make chaos` runs it"]
async fn clocks_that_differ_are_measured_corrected_and_told_in_the_alert() {
    let _alone = whole_machine().await;
    let setting = Setting::of(SCENARIO, &["cam-01.toml"]);
    for folder in ["devices", "checkpoints"] {
        let shipped = root().join("hw-sim/scenarios").join(SCENARIO).join(folder);
        let own = setting.settings.config.join(folder);
        fs::create_dir(&own).expect("made");
        for file in shipped.read_dir().expect("shipped").flatten() {
            fs::copy(file.path(), own.join(file.file_name())).expect("copied");
        }
    }
    setting.play(pass).await;
}

async fn pass(play: &mut Play) -> Result<[&'static str; 0], String> {
    let length = play.running.until_story() + std::time::Duration::from_secs(365);
    play.go_on(length).await?;
    expect(count(play.journal(), TAILGATING, "open") == 1, "only who had no credential is told")?;
    let alert = only(play, TAILGATING, "open")?;
    let told = alert["description"].as_str().unwrap_or_default();
    expect(told.contains("放行0人、进入1人；摄像机时钟比门禁快"), &format!("{alert:#}"))?;
    let skew = play.journal().devices.get(CHECKPOINT).and_then(|it| it.camera_ahead_ms);
    play.note(&format!("the camera is {skew:?} ms ahead; {told}"));
    expect(skew.is_some_and(|ms| (1_300..=3_300).contains(&ms)), "it is measured to a second")?;
    check_payloads(&play.journal().receipts())?;
    expect(play.running.score().agrees(), "truth and alerts agree")?;
    Ok([])
}
