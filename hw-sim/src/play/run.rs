//! One whole play: a scenario is played and printed, with the table of truth and alerts at the end.

use std::fmt::Write as _;
use std::io::Write;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::error::PlayError;
use super::running_play::{PlaySettings, RunningPlay, WatchEnd};
use crate::judge::report::table;
use crate::judge::score::Score;
use crate::scenario::model::{Camera, ClipSource, Scenario};

/// How a play went.
#[derive(Debug, Clone)]
pub struct PlayOutcome {
    /// What was received, compared with what was due until the end.
    pub score: Score,
    /// False if it was interrupted: then only the part until the interrupt is judged.
    pub finished: bool,
}

/// Plays the scenario for its duration and judges the alerts. With `keep`, everything stays up after
/// the table until `interrupt`.
///
/// # Errors
/// If it cannot begin, or the gateway ends by itself.
pub async fn run(
    settings: PlaySettings,
    keep: bool,
    interrupt: CancellationToken,
    out: &mut (dyn Write + Send),
) -> Result<PlayOutcome, PlayError> {
    let scenario = &settings.scenario;
    let duration = scenario.duration;
    let (cameras, devices) = (scenario.cameras.len(), scenario.story.devices.len());
    let beside = if devices > 0 { format!(", {devices} doors and sensors") } else { String::new() };
    writeln!(out, "{}: {cameras} cameras{beside}, {} s", scenario.title, duration.as_secs())?;
    compose_clips(&settings, out)?;
    let (page, logins) = (settings.ports.page, logins(&settings.scenario));
    let mut play = RunningPlay::start(settings, interrupt, out).await?;
    let end = play.watch(play.until_story() + duration, out, |_journal| false).await?;
    let score = play.score();
    write!(out, "\n{}", table(&score))?;
    if let Some(cases) = play.cases() {
        write!(out, "\n{cases}")?;
    }
    let finished = end == WatchEnd::TimeUp;
    if !finished {
        writeln!(out, "Interrupted: only what was due until now is judged.")?;
    }
    if keep && finished {
        write!(out, "\n{}", addresses(&play, &logins, page))?;
        play.watch(Duration::MAX, out, |_journal| false).await?;
    }
    let errors = play.stop().await?;
    if let Some(first) = errors.first() {
        writeln!(out, "The gateway's log holds {} errors; the first is:\n{first}", errors.len())?;
    }
    Ok(PlayOutcome { score, finished })
}

/// Makes the composed clips that do not exist yet, and says which clips are composed.
fn compose_clips(settings: &PlaySettings, out: &mut dyn Write) -> Result<(), PlayError> {
    for camera in &settings.scenario.cameras {
        if let ClipSource::Composed(scene) = &camera.clip {
            writeln!(out, "{}: COMPOSED SCENE, not a recording: {}", camera.id, scene.title)?;
            out.flush()?;
            camera.clip.file(&settings.media)?;
        }
    }
    Ok(())
}

/// What to write for USER and PASSWORD in the addresses of the scenario's cameras, one line for each that asks.
#[must_use]
pub fn logins(scenario: &Scenario) -> String {
    let mut text = String::new();
    for Camera { id, credentials, password_file, .. } in &scenario.cameras {
        if let (Some(login), Some(file)) = (credentials, password_file) {
            let (user, file) = (&login.username, file.display());
            let _infallible = writeln!(text, "  {id}: USER is {user}, PASSWORD stands in {file}");
        }
    }
    text
}

/// Where to look while everything stays up.
fn addresses(play: &RunningPlay, logins: &str, page: u16) -> String {
    let mut text = String::from("Everything stays up until Ctrl-C:\n");
    for url in play.cameras.urls() {
        let _infallible = writeln!(text, "  ffplay -rtsp_transport tcp {url}");
    }
    text.push_str(logins);
    let broker = play.broker.address();
    let identity = broker.identity.as_ref().map_or_else(String::new, |(certificate, key)| {
        format!(" --cert {} --key {}", certificate.display(), key.display())
    });
    let _infallible = writeln!(
        text,
        "  mosquitto_sub -h {} -p {} --cafile {}{identity} -t 'cg/v1/#' -v",
        broker.host,
        broker.port,
        broker.ca.display()
    );
    let _infallible = writeln!(text, "  http://127.0.0.1:{page}/");
    text
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::logins;
    use crate::scenario::model::Scenario;

    #[test]
    fn what_stands_for_a_password_says_where_that_is() {
        let scenario = Scenario::load(Path::new("scenarios/street.toml")).unwrap();
        let told = logins(&scenario);
        assert_eq!(
            told,
            "  cam-03: USER is gridwhistle, PASSWORD stands in scenarios/cam-03.password\n"
        );
    }
}
