//! A camera before which nothing happens is looked at without the detector, until something is put down.

use crate::house::half_machine;
use crate::street::{Play, Setting, expect};

/// The camera, its rule, and one that looks more often than the detector need be asked: twice a second, and every
/// other second.
const CAMERA: &str = "cam-01.toml";
const SHIPPED: &str = "dwell_secs = 10\n";
const RULE: &str = "dwell_secs = 20\ngap_tolerance_secs = 1\n";

const SPARED: &str = "gridwhistle_looks_without_detector_total{camera=\"cam-01\"}";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_detector_is_spared_until_something_changes_and_nothing_is_missed() {
    let _beside_one = half_machine().await;
    let setting = Setting::of("unknown", &[CAMERA]);
    setting.rewrite(CAMERA, (SHIPPED, RULE));
    setting.play(direct).await;
}

async fn direct(play: &mut Play) -> Result<[&'static str; 0], String> {
    play.until_page("looks without the detector", async |page| {
        page.metric(SPARED).await.is_ok_and(|spared| spared >= 3.0)
    })
    .await?;
    expect(play.journal().raises().is_empty(), "nothing stands there yet")?;
    play.until_heard("the bricks are reported", |journal| !journal.raises().is_empty()).await?;
    let (spared, all) = (play.page.metric(SPARED).await?, play.page.analysed("cam-01").await?);
    play.note(&format!("{spared} of {all} looks without the detector"));
    expect(all - spared >= 20.0, "a candidate is looked at by the detector each time")?;
    Ok([])
}
