//! Pictures that arrive and cannot be analysed: the gateway says so, and is not ready.

use crate::street::{CAMERAS, Play, Setting, expect};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_gateway_that_analyses_nothing_is_not_ready() {
    let setting = Setting::new(&CAMERAS);
    setting.configure("[camera_defaults]\nmax_picture_px = 10_000\nsilence_timeout_secs = 2\n");
    setting.play(direct).await;
}

async fn direct(play: &mut Play) -> Result<[&'static str; 0], String> {
    play.until_heard("the centre learns that the pictures are too large", |journal| {
        CAMERAS.iter().all(|camera| {
            journal.devices.get(camera.id).is_some_and(|device| {
                let reason = device.reason.as_deref().unwrap_or_default();
                device.status == "degraded" && reason.contains("pictures of 768x576, 4:2:0, 8 bit")
            })
        })
    })
    .await?;
    let ready = play.page.get("/health/ready").await.map_err(|error| error.to_string())?;
    let told = ready.text();
    expect(ready.status == 503, &format!("it is not ready: {} {told}", ready.status))?;
    expect(told.contains("none of them are analysed"), &format!("it says why: {told}"))?;
    for camera in CAMERAS {
        let analysed = play.page.analysed(camera.id).await?;
        expect(analysed < 0.5, &format!("nothing of {} was analysed: {analysed}", camera.id))?;
    }
    Ok([])
}
