//! ffmpeg as a client: how many pictures it decodes.

use std::time::Duration;

use hw_sim::camera::quirk::Quirk;
use hw_sim::play::QUIRK_LOGIN;
use tokio::process::Command;

/// So many are enough: a key frame and what follows it.
pub(crate) const PICTURES: usize = 6;

/// How many pictures of a camera ffmpeg decodes within this time, up to [`PICTURES`].
pub(crate) async fn pictures(url: &str, quirk: &Quirk, patience: Duration) -> usize {
    let [user, password] = QUIRK_LOGIN;
    let login = format!("rtsp://{user}:{}@", password.replace(' ', "%20"));
    let url = if quirk.needs_login() { url.replace("rtsp://", &login) } else { url.to_owned() };
    let transport = quirk.transport();
    let mut command = Command::new("ffmpeg");
    command
        .args(["-nostdin", "-v", "quiet", "-rtsp_transport", transport])
        // How many pictures a second come does not matter. To find that out takes 5 s.
        .args(["-fpsprobesize", "0", "-i", &url])
        .args(["-map", "0:v", "-frames:v", &PICTURES.to_string(), "-f", "null", "-"])
        .args(["-progress", "pipe:1"])
        .kill_on_drop(true);
    let Ok(output) = tokio::time::timeout(patience, command.output()).await else { return 0 };
    let progress = String::from_utf8(output.expect("ffmpeg is installed").stdout).unwrap();
    let mut counts = progress.lines().filter_map(|line| line.strip_prefix("frame="));
    counts.next_back().and_then(|count| count.trim().parse().ok()).unwrap_or(0)
}
