//! The demo: a scenario played before a person, with the table of truth and alerts at the end.

use std::fmt::Write as _;
use std::io::Write;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::{PlayError, Production, Stage, Watched};
use crate::judge::{Score, table};
use crate::scenario::ClipSource;

/// How a play went.
#[derive(Debug, Clone)]
pub struct Performance {
    /// What was heard, held against what was due until the end.
    pub score: Score,
    /// False if somebody interrupted it: what was still to come is not judged.
    pub finished: bool,
}

/// Plays `production` for its scenario's duration and judges it. With `keep` everything stays up
/// after the table until `interrupt`.
///
/// # Errors
/// If it cannot begin, or the gateway ends by itself.
pub async fn perform(
    production: Production,
    keep: bool,
    interrupt: CancellationToken,
    out: &mut (dyn Write + Send),
) -> Result<Performance, PlayError> {
    let scenario = &production.scenario;
    let duration = scenario.duration;
    let cameras = scenario.cameras.len();
    writeln!(out, "{}: {cameras} cameras, {} s", scenario.title, duration.as_secs())?;
    ready_clips(&production, out)?;
    let page = production.ports.page;
    let mut stage = Stage::set(production, interrupt, out).await?;
    let watched = stage.watch(duration, out, |_journal| false).await?;
    let score = stage.score();
    write!(out, "\n{}", table(&score))?;
    if let Some(cases) = stage.cases() {
        write!(out, "\n{cases}")?;
    }
    let finished = watched == Watched::TimeUp;
    if !finished {
        writeln!(out, "Interrupted: only what was due until now is judged.")?;
    }
    if keep && finished {
        write!(out, "\n{}", addresses(&stage, page))?;
        stage.watch(Duration::MAX, out, |_journal| false).await?;
    }
    let errors = stage.strike().await?;
    if let Some(first) = errors.first() {
        writeln!(out, "The gateway's log holds {} errors; the first:\n{first}", errors.len())?;
    }
    Ok(Performance { score, finished })
}

/// Makes composed clips that were not made before, and says which they are.
fn ready_clips(production: &Production, out: &mut dyn Write) -> Result<(), PlayError> {
    for camera in &production.scenario.cameras {
        if let ClipSource::Composed(scene) = &camera.clip {
            writeln!(out, "{}: COMPOSED SCENE, not a recording: {}", camera.id, scene.title)?;
            out.flush()?;
            camera.clip.file(&production.media)?;
        }
    }
    Ok(())
}

/// Where to look while it stays up.
fn addresses(stage: &Stage, page: u16) -> String {
    let mut text = String::from("Everything stays up until Ctrl-C:\n");
    for url in stage.cameras.urls() {
        let _infallible = writeln!(text, "  ffplay -rtsp_transport tcp {url}");
    }
    let broker = stage.broker.address();
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
