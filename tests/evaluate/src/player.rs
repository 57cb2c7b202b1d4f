//! A run, shown to the gateway's own code in the time of its pictures: as an eye looks and as the gateway
//! judges, as often as the rules ask.

use std::collections::HashMap;
use std::time::Duration;

use camera::Picture;
use detector::{CableNet, DetectSettings, Detector, Runtime};
use eye::{Onlooker, Watch};
use ffmpeg_next::frame::Video;
use gridwhistle::{Rehearsal, RehearsedCamera};
use incident::IncidentEvent;
use incident::alert::Action;
use rustix::time::{ClockId, clock_gettime};
use scene::{BoundingBox, CableSight, CaptureTime, Clock, ClockSource, Detection};
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

/// The camera's clock.
const CLOCK: Clock = Clock { source: ClockSource::SenderReport, error_ms: None };

/// One thread's eye.
pub(crate) struct Player<'a> {
    rehearsal: &'a Rehearsal,
    scene: &'a Scene,
    onlooker: Onlooker,
    lens: Lens,
    /// What runs of the same pictures have seen of them, by its milliseconds.
    shown: HashMap<u64, Shown>,
}

/// A picture of a run, and what was detected in it.
#[derive(Clone)]
struct Shown {
    pixels: Vec<u8>,
    frame: Video,
    detections: Vec<Detection>,
    asked_for: DetectSettings,
}

/// What a run cost.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Cost {
    pub(crate) looks: usize,
    /// Processor time of looking and judging, in milliseconds.
    pub(crate) cpu_ms: f64,
    /// Looks for new cables, and those of them that could tell.
    pub(crate) cable_looks: usize,
    pub(crate) told_cables: usize,
}

impl<'a> Player<'a> {
    /// Loads the model.
    pub(crate) fn new(rehearsal: &'a Rehearsal, scene: &'a Scene) -> Fallible<Self> {
        let runtime = Runtime::load(&rehearsal.onnxruntime_library()?)?;
        let files = rehearsal.model();
        let mut onlooker = Onlooker::new(Detector::of(&runtime, files)?);
        if let Some(net) = &files.cable {
            onlooker = onlooker.with_cable_net(CableNet::of(&runtime, net)?);
        }
        let (lens, shown) = (Lens::new(scene.size())?, HashMap::new());
        Ok(Self { rehearsal, scene, onlooker, lens, shown })
    }

    /// Plays runs of the same pictures; what each came to, and what it cost. The detector looks at a picture
    /// once: what it finds depends on nothing else.
    pub(crate) fn play(&mut self, same: &[Case]) -> Fallible<Vec<(Verdict, Cost)>> {
        self.shown.clear();
        let keeps = same.len() > 1;
        same.iter().map(|case| self.play_one(case, keeps)).collect()
    }

    fn play_one(&mut self, case: &Case, keeps: bool) -> Fallible<(Verdict, Cost)> {
        let mut camera = self.rehearsal.camera(case.camera)?;
        let bench = case.without.map_or_else(Workbench::default, Workbench::without);
        self.onlooker.turn_to(case.camera, bench);
        let (film, mut cost) = (Film::of(case, self.scene), Cost::default());
        let mut verdict = Verdict::begun(case, self.scene);
        let mut at = Duration::ZERO;
        while at.as_secs_f64() < case.secs {
            let watch = camera.watch();
            let secs = at.as_secs_f64();
            let number = u64::try_from(at.as_millis())?;
            let known = self.shown.get(&number).filter(|it| it.asked_for == watch.detect);
            let shown = match known {
                Some(known) => known.clone(),
                None => self.shown(&film, secs, (&watch, &mut cost))?,
            };
            if keeps && !self.shown.contains_key(&number) {
                self.shown.insert(number, shown.clone());
            }
            let begun = processor_ms();
            let picture = Picture::new(shown.frame, BEGIN.after(at));
            let observation = self.onlooker.look((picture, CLOCK), shown.detections, &watch);
            let events = camera.judge(&observation);
            cost.cpu_ms += processor_ms() - begun;
            cost.looks += 1;
            cost.cable_looks += observation.cables.len();
            for look in &observation.cables {
                if matches!(look.sight, CableSight::Seen(_)) {
                    cost.told_cables += 1;
                    verdict.look_round(secs, &look.place);
                }
            }
            verdict.take(secs, &shown.pixels, events.iter().filter_map(raised).collect())?;
            at += next_in(&camera);
        }
        Ok((verdict, cost))
    }

    /// The picture of this second, and what is detected in it.
    fn shown(
        &mut self,
        film: &Film<'_>,
        secs: f64,
        (watch, cost): (&Watch, &mut Cost),
    ) -> Fallible<Shown> {
        let pixels = film.picture(secs);
        let mut frame = self.lens.frame(&pixels)?;
        if film.condition() == Condition::LowBitrate {
            frame = squeezed(&frame, LOW_BITRATE_QUANTISER)?;
        }
        let begun = processor_ms();
        let picture = Picture::new(frame.clone(), BEGIN);
        let detections = self.onlooker.detect(&picture, watch)?;
        cost.cpu_ms += processor_ms() - begun;
        Ok(Shown { pixels, frame, detections, asked_for: watch.detect.clone() })
    }

    /// Persons and vehicles of each picture of the clip, by the product's detector.
    pub(crate) fn moving(&mut self) -> Fallible<Vec<Vec<BoundingBox>>> {
        let watch = self.rehearsal.camera(self.scene.camera)?.watch();
        let mut all = Vec::with_capacity(self.scene.clip.pictures.len());
        for pixels in &self.scene.clip.pictures {
            let shown = Picture::new(self.lens.frame(pixels)?, BEGIN);
            let seen = self.onlooker.detect(&shown, &watch)?;
            let moving = seen.iter().filter(|it| it.class.as_str() == "person");
            all.push(moving.map(|it| it.bbox).collect());
        }
        Ok(all)
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
