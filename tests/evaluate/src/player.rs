//! A run, shown to the gateway's own code in the time of its pictures: as an eye looks and as the gateway
//! judges, as often as the rules ask.

use std::time::Duration;

use camera::Picture;
use detector::{Detector, Runtime};
use eye::{LookError, Onlooker, Watch};
use gridwhistle::{Rehearsal, RehearsedCamera};
use incident::IncidentEvent;
use incident::alert::Action;
use rustix::time::{ClockId, clock_gettime};
use scene::{BoundingBox, CaptureTime, Clock, ClockSource, Observation};
use standing::Workbench;

use crate::case::Case;
use crate::condition::{Condition, LOW_BITRATE_QUANTISER};
use crate::fallible::Fallible;
use crate::film::Film;
use crate::lens::{Lens, squeezed};
use crate::scene::Scene;
use crate::verdict::{Raised, Verdict};

/// When every run begins: a summer noon.
const BEGIN: CaptureTime = CaptureTime::from_unix_micros(1_784_088_000_000_000);

/// One thread's eye.
pub(crate) struct Player<'a> {
    rehearsal: &'a Rehearsal,
    scene: &'a Scene,
    onlooker: Onlooker,
    lens: Lens,
}

/// What a run cost.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Cost {
    pub(crate) looks: usize,
    /// Processor time of looking and judging, in milliseconds.
    pub(crate) cpu_ms: f64,
}

impl<'a> Player<'a> {
    /// Loads the model.
    pub(crate) fn new(rehearsal: &'a Rehearsal, scene: &'a Scene) -> Fallible<Self> {
        let runtime = Runtime::load(&rehearsal.onnxruntime_library()?)?;
        let onlooker = Onlooker::new(Detector::of(&runtime, rehearsal.model())?);
        Ok(Self { rehearsal, scene, onlooker, lens: Lens::new(scene.size())? })
    }

    /// Plays a run; what it came to, and what it cost.
    pub(crate) fn play(&mut self, case: &Case) -> Fallible<(Verdict, Cost)> {
        let mut camera = self.rehearsal.camera(self.scene.camera)?;
        let bench = case.without.map_or_else(Workbench::default, Workbench::without);
        self.onlooker.turn_to(self.scene.camera, bench);
        let (mut film, mut cost) = (Film::of(case, self.scene), Cost::default());
        let mut verdict = Verdict::begun(case, self.scene);
        let mut at = Duration::ZERO;
        while at.as_secs_f64() < case.secs {
            let watch = camera.watch();
            let secs = at.as_secs_f64();
            let pixels = film.picture(secs);
            let mut frame = self.lens.frame(&pixels)?;
            if case.condition == Condition::LowBitrate {
                frame = squeezed(&frame, LOW_BITRATE_QUANTISER)?;
            }
            let shown = Picture::new(frame, BEGIN.after(at));
            let begun = processor_ms();
            let observation = self.look(shown, &watch)?;
            let events = camera.judge(&observation);
            cost.cpu_ms += processor_ms() - begun;
            cost.looks += 1;
            verdict.take(secs, &pixels, events.iter().filter_map(raised).collect())?;
            at += next_in(&camera);
        }
        Ok((verdict, cost))
    }

    /// Persons and vehicles of each picture of the clip, by the product's detector.
    pub(crate) fn moving(&mut self) -> Fallible<Vec<Vec<BoundingBox>>> {
        let watch = self.rehearsal.camera(self.scene.camera)?.watch();
        let watch = Watch { standing: Vec::new(), ..watch };
        let mut all = Vec::with_capacity(self.scene.clip.pictures.len());
        for pixels in &self.scene.clip.pictures {
            let shown = Picture::new(self.lens.frame(pixels)?, BEGIN);
            let seen = self.look(shown, &watch)?;
            let moving = seen.detections.iter().filter(|it| it.class.as_str() == "person");
            all.push(moving.map(|it| it.bbox).collect());
        }
        Ok(all)
    }

    fn look(&mut self, shown: Picture, watch: &Watch) -> Result<Observation, LookError> {
        let clock = Clock { source: ClockSource::SenderReport, error_ms: None };
        self.onlooker.look(shown, clock, watch)
    }
}

/// When the rules want the next picture.
fn next_in(camera: &RehearsedCamera) -> Duration {
    camera.watch().interval
}

/// The alert, if this message opens it.
fn raised(event: &IncidentEvent) -> Option<Raised> {
    let alert = &event.alert;
    if alert.action != Action::Open {
        return None;
    }
    let finding = &alert.detection.finding;
    Some(Raised {
        code: alert.incident.code.to_string(),
        zone: alert.detection.zone.to_string(),
        confidence: finding.confidence,
        boxes: finding.subjects.iter().map(|subject| subject.bbox).collect(),
        classes: finding.subjects.iter().map(|subject| subject.class.as_str().to_owned()).collect(),
    })
}

/// Of this thread.
fn processor_ms() -> f64 {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    time.tv_sec as f64 * 1e3 + time.tv_nsec as f64 / 1e6
}
