//! Changed rules, judged on what a camera really saw, or a door or sensor really said.
//!
//! Both sets of rules are shown all that is stored, from the oldest picture on, so that what began
//! before the span in question is known in it; the report tells of the span.

use std::path::{Path, PathBuf};
use std::time::Instant;

use archive::{ArchiveError, Entry, Replay};
use incident::CameraProfile;
use scene::CaptureTime;

use super::caveats;
use super::comparison::{self, RuleComparison};
use super::error::RetuneError;
use super::report::{self, Report};
use super::rule_set::RuleSet;
use super::trial::Trial;
use super::watched::Watched;

/// Which rules are to be judged, and on what.
pub struct Question {
    /// The folder of the archive.
    pub observations: PathBuf,
    /// The camera, door or sensor; its offset from UTC is that of the times in the report.
    pub camera: CameraProfile,
    /// The report begins here.
    pub since: CaptureTime,
    /// The changed rules.
    pub proposed: RuleSet,
    /// The rules in force.
    pub current: RuleSet,
}

/// Judges the stored pictures and signals by both sets of rules.
///
/// # Errors
/// [`RetuneError`].
pub fn retune(question: Question) -> Result<Report, RetuneError> {
    let begun = Instant::now();
    let Question { observations, camera, since, proposed, current } = question;
    let mut trials =
        [Trial::new(camera.clone(), &proposed)?, Trial::new(camera.clone(), &current)?];
    let always = CaptureTime::from_unix_micros(i64::MIN)..CaptureTime::from_unix_micros(i64::MAX);
    let mut replay = Replay::open(&observations, camera.camera_id.as_str(), always)?;
    let watched = show(&mut replay, &mut trials, since)?;
    let Some(watched) = watched else {
        return Err(nothing(&observations, &camera, since)?);
    };
    let [with_proposed, in_force] = trials.map(|trial| trial.alerts_since(since));
    let (judged, known) = (proposed.judged(), current.judged());
    let mut rules = comparison::compare((&judged, with_proposed), (&known, in_force));
    for settings in &proposed.pictures {
        let notes = caveats::of(settings, &current.pictures, &camera, &watched)?;
        let same = |rule: &&mut RuleComparison| {
            rule.of.rule == settings.id && rule.of.zone.as_ref() == Some(&settings.zone.id)
        };
        if let Some(rule) = rules.iter_mut().find(same) {
            rule.caveats = notes;
        }
    }
    let took = begun.elapsed();
    Ok(Report { camera: camera.camera_id, offset: camera.utc_offset, watched, rules, took })
}

/// Shows all pictures and signals to both; figures of the span, if it has any.
fn show(
    replay: &mut Replay,
    trials: &mut [Trial; 2],
    since: CaptureTime,
) -> Result<Option<Watched>, ArchiveError> {
    let mut watched: Option<Watched> = None;
    let mut earlier = 0;
    let mut restarted = false;
    while let Some(entry) = replay.next_entry()? {
        match entry {
            Entry::Picture { observation, tracks } => {
                for trial in trials.iter_mut() {
                    trial.picture(observation, tracks);
                }
                let at = observation.captured_at;
                match &mut watched {
                    Some(watched) => {
                        if std::mem::take(&mut restarted) {
                            watched.blind += at.since(watched.latest_at);
                        }
                        watched.add(observation);
                    }
                    None if at < since => earlier += 1,
                    None => watched = Some(Watched::from(observation, earlier)),
                }
            }
            Entry::Signal(signal) => {
                for trial in trials.iter_mut() {
                    trial.signal(&signal);
                }
                let at = signal.captured_at();
                match &mut watched {
                    Some(watched) => watched.add_signal(at),
                    None if at < since => earlier += 1,
                    None => watched = Some(Watched::from_signal(at, earlier)),
                }
            }
            Entry::Gap(gap) => {
                for trial in trials.iter_mut() {
                    trial.gap(gap);
                }
                if let Some(watched) = watched.as_mut().filter(|_| !restarted) {
                    watched.blind += gap.to.since(gap.from.max(watched.latest_at));
                }
            }
            Entry::Restart => {
                for trial in trials.iter_mut() {
                    trial.restart();
                }
                restarted = watched.is_some();
            }
        }
    }
    Ok(watched.map(|watched| Watched { damaged: replay.damaged(), ..watched }))
}

fn nothing(
    folder: &Path,
    camera: &CameraProfile,
    since: CaptureTime,
) -> Result<RetuneError, ArchiveError> {
    let names = archive::cameras(folder)?;
    let others = match names.as_slice() {
        [] => "there are none of any camera".to_owned(),
        names => format!("there are some of {}", names.join(", ")),
    };
    Ok(RetuneError::Nothing {
        camera: camera.camera_id.to_string(),
        span: format!("since {}", report::stamp(since, camera.utc_offset)),
        folder: folder.display().to_string(),
        others,
    })
}
