//! A lane of an eye: one thread that decodes, detects, reports, and shows what the gateway asks for.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::mpsc::Receiver;
use std::time::{Duration, Instant};

use camera::{Decoder, Picture, Run};
use detector::{Letterbox, RgbPicture};
use runtime::{metrics, thread_time};
use scene::{Clock, Observation};
use tracing::{error_span, info, warn};

use super::cables::{CableWatch, look_for_cables};
use super::fair_queue::FairQueue;
use super::reports::Reports;
use super::seats::{SeatAtWork, Seats, ZoneWord};
use super::second_looks::{look_again, look_at_crops};
use super::standing::{Found, StandingZones, Tools};
use crate::inference::LaneModels;
use crate::logbook::Page;
use crate::picture::{LaneContext, MaskSearch, Outline};
use crate::protocol::{PictureSize, Reference, Report, ShotRequest, Sight, SmallZone, Watch};

/// What a lane is told while it holds a picture.
#[derive(Debug)]
pub(crate) enum LaneOrder {
    /// Show it.
    Show(ShotRequest),
    /// Let go of it.
    LetGo,
}

/// One lane.
pub(crate) struct Lane {
    pub(crate) number: u16,
    pub(crate) mask: MaskSearch,
    pub(crate) orders: Receiver<LaneOrder>,
    pub(crate) reports: Reports,
    pub(crate) page: Page,
}

/// A picture with what was found in it.
pub(super) struct Looked {
    picture: Picture,
    pub(super) observation: Observation,
    detect_time: Duration,
    /// How zones look, for the next eye.
    references: Vec<Reference>,
    /// Of what newly stands in zones.
    outlines: Vec<Outline>,
    /// Zones that turned out to be too small.
    too_small: Vec<SmallZone>,
}

impl Looked {
    /// Looks for new cables where `watch` asks.
    pub(super) fn look_for_cables(
        &mut self,
        context: &mut LaneContext,
        whose: (&str, &mut CableWatch),
        watch: &Watch,
        go_on: &dyn Fn(),
    ) {
        let (name, cables) = whose;
        let seen = (&self.picture, self.observation.detections.as_slice());
        let found = look_for_cables(context, (name, &mut *cables), seen, &watch.cables, go_on);
        self.observation.cables = found;
        self.outlines.extend(cables.outlines());
    }
}

/// Why a due picture was not analysed.
pub(super) struct Lost(pub(super) String);

/// Whose picture it is.
#[derive(Clone, Copy)]
pub(super) struct Whose<'a> {
    /// The camera's name.
    pub(super) name: &'a str,
    /// What its zones look like.
    pub(super) standing: &'a Mutex<StandingZones>,
}

impl Lane {
    /// Looks at one camera after the other until the queue is closed.
    pub(crate) fn work(self, models: LaneModels, queue: &FairQueue, seats: &Seats) {
        let mut context = LaneContext::new(models);
        while let Some(turn) = queue.next() {
            if let Some(seat) = seats.at_turn(turn) {
                let _entered = error_span!("camera", id = %seat.name).entered();
                self.take_turn(&seat, &mut context);
            }
            queue.done(turn);
        }
    }

    fn take_turn(&self, seat: &SeatAtWork, context: &mut LaneContext) {
        let counts = seat.gate.counts();
        metrics::access_units(&seat.name, counts.by_fate());
        metrics::looks_by_activity(&seat.name, counts.by_activity());
        let Some((codec, run)) = seat.gate.take() else { return };
        let watch = seat.watch();
        let look = AssertUnwindSafe(|| self.look(context, seat, (codec, &run), &watch));
        let looked = self.page.note(seat.camera, || catch_unwind(look));
        let lost = match looked {
            Ok(Ok(None)) => return,
            Ok(Ok(Some(looked))) => {
                if let Some(times) = locked(&seat.lost).goes_well(Instant::now()) {
                    info!(lost = times, "pictures are analysed again");
                }
                return self.report(seat, &looked, context);
            }
            Ok(Err(Lost(reason))) => reason,
            Err(_panic) => {
                *locked(&seat.decoder) = None;
                *locked(&seat.standing) = StandingZones::default();
                "a fault of the program met this picture; report it".to_owned()
            }
        };
        seat.gate.await_random_access_point();
        if let Some(times) = locked(&seat.lost).happens(&lost, Instant::now()) {
            warn!(reason = lost, times, "picture lost, waiting for the next key frame");
        }
        self.reports.send(&Report::Stumbled { camera: seat.camera, reason: lost });
    }

    /// Decodes a run; if a picture is due, looks at it.
    fn look(
        &self,
        context: &mut LaneContext,
        seat: &SeatAtWork,
        (codec, run): (camera::Codec, &Run),
        watch: &Watch,
    ) -> Result<Option<Looked>, Lost> {
        let mut decoder = locked(&seat.decoder);
        if decoder.as_ref().is_none_or(|decoder| decoder.codec() != codec) {
            let opened = Decoder::open(codec, seat.max_picture_px);
            *decoder = Some(opened.map_err(|error| Lost(error.to_string()))?);
        }
        let Some(decoder) = &mut *decoder else { return Ok(None) };
        let decode = || decoder.decode(run, |bytes| self.page.go_on_with(bytes));
        let decoded = spent(&seat.name, "decode", decode).map_err(|error| {
            metrics::decode_failed(&seat.name);
            Lost(error.to_string())
        })?;
        if decoded.needs_random_access_point {
            seat.gate.await_random_access_point();
        }
        let clock = run.units.last().map(|unit| unit.clock);
        let (true, Some(clock)) = (run.is_due, clock) else { return Ok(None) };
        let nothing = "the decoder makes no picture of what the camera sends";
        let picture = decoded.picture.ok_or_else(|| Lost(nothing.to_owned()))?;
        self.page.go_on();
        #[cfg(debug_assertions)]
        super::harm::befall("lane", &seat.name);
        self.page.go_on_with_own();
        let go_on = || self.page.go_on_with_own();
        hear_of_zones(seat);
        let whose = Whose { name: &seat.name, standing: &seat.standing };
        let shades = watch.quiet.as_ref().and_then(|_| picture.shades());
        let mut glances = seat.glances();
        let at = picture.captured_at;
        if glances.are_outdated_by(shades.as_ref(), watch) {
            seat.gate.saw_change();
        }
        if let Some(known) = glances.known(at, shades.as_ref(), watch) {
            metrics::looked_without_detector(&seat.name);
            return Ok(Some(look_on(context, whose, (picture, clock), (known, watch), &go_on)));
        }
        let mut looked = observe(context, whose, (picture, clock), watch, &go_on)?;
        let mut looks = seat.second_looks();
        let again = (seat.name.as_str(), &mut *looks);
        let detections = &mut looked.observation.detections;
        let seen = (&looked.picture, detections.as_mut_slice());
        spent(&seat.name, "crops", || {
            look_again(context, again, seen, &watch.second_look, &go_on);
        });
        glances.keep(at, shades, detections, watch);
        let again = (seat.name.as_str(), &mut *looks);
        looked.observation.crops = spent(&seat.name, "crops", || {
            look_at_crops(context, again, &looked.picture, &watch.crops, &go_on)
        });
        let mut cables = seat.cables();
        let whose = (seat.name.as_str(), &mut *cables);
        spent(&seat.name, "crops", || looked.look_for_cables(context, whose, watch, &go_on));
        Ok(Some(looked))
    }

    /// Tells the gateway what was seen, and holds the picture until it has enough of it.
    fn report(&self, seat: &SeatAtWork, looked: &Looked, context: &mut LaneContext) {
        let lane = self.number;
        for reference in &looked.references {
            let (camera, reference) = (seat.camera, reference.clone());
            self.reports.send(&Report::Refers { camera, reference });
        }
        for zone in &looked.too_small {
            let (camera, zone) = (seat.camera, zone.clone());
            self.reports.send(&Report::TooSmall { camera, zone });
        }
        let counts = seat.gate.counts();
        let size = PictureSize::from(&looked.picture);
        let sight = Sight::new(seat.camera, &looked.observation, looked.detect_time, counts, size);
        self.reports.send(&Report::Observed { lane, sight: Box::new(sight) });
        while let Ok(LaneOrder::Show(request)) = self.orders.recv() {
            #[cfg(debug_assertions)]
            super::harm::befall("show", &seat.name);
            let go_on = || self.page.go_on_with_own();
            let mut show =
                || self.mask.make((&looked.picture, &looked.outlines), &request, context, &go_on);
            let show = AssertUnwindSafe(|| show().map_err(|error| error.to_string()));
            let show = || self.page.note(seat.camera, || catch_unwind(show));
            let shot = spent(&seat.name, "show", show);
            let shot = shot.unwrap_or_else(|_panic| {
                Err("a fault of the program met this picture; report it".to_owned())
            });
            self.reports.send(&Report::Shown { lane, shot });
        }
    }
}

/// Tells the zones what the gateway has sent since the last look.
fn hear_of_zones(seat: &SeatAtWork) {
    let mut standing = locked(&seat.standing);
    for word in seat.words() {
        match word {
            ZoneWord::Refer(reference) => standing.refer(reference),
            ZoneWord::Free(zone) => standing.mark_free(zone),
        }
    }
}

/// What a decoded picture shows of what `watch` asks for.
fn observe(
    context: &mut LaneContext,
    whose: Whose<'_>,
    (picture, clock): (Picture, Clock),
    watch: &Watch,
    go_on: &dyn Fn(),
) -> Result<Looked, Lost> {
    let started = Instant::now();
    let detections = spent(whose.name, "detect", || detect(context, &picture, watch))?;
    let detect_time = started.elapsed();
    let looked = look_on(context, whose, (picture, clock), (detections, watch), go_on);
    Ok(Looked { detect_time, ..looked })
}

/// The same of a picture in which this was detected.
pub(super) fn look_on(
    context: &mut LaneContext,
    whose: Whose<'_>,
    (picture, clock): (Picture, Clock),
    (detections, watch): (Vec<scene::Detection>, &Watch),
    go_on: &dyn Fn(),
) -> Looked {
    let appearance = watch.wants_appearance.then(|| picture.appearance()).flatten();
    let captured_at = picture.captured_at;
    let seen = (&picture, detections.as_slice());
    let found = spent(whose.name, "zones", || stands(context, whose, seen, watch, go_on));
    let Found { looks: standing, references, outlines, too_small } = found;
    let observation = Observation {
        captured_at,
        clock,
        detections,
        appearance,
        standing,
        crops: Vec::new(),
        cables: Vec::new(),
    };
    let detect_time = Duration::ZERO;
    Looked { picture, observation, detect_time, references, outlines, too_small }
}

/// What the detector finds of what `watch` asks for.
pub(super) fn detect(
    context: &mut LaneContext,
    picture: &Picture,
    watch: &Watch,
) -> Result<Vec<scene::Detection>, Lost> {
    let lost = |error: &dyn std::fmt::Display| Lost(error.to_string());
    let LaneContext { detector, scaler, .. } = context;
    let letterbox =
        Letterbox::fit(picture.width(), picture.height(), detector.input_for(&watch.detect));
    let (width, height) = (letterbox.inner_width(), letterbox.inner_height());
    let inner = (u32::try_from(width).unwrap_or(0), u32::try_from(height).unwrap_or(0));
    let scaled = scaler.scale(picture, inner).map_err(|error| lost(&error))?;
    let rgb = RgbPicture { width, height, stride: scaled.stride, pixels: scaled.pixels };
    detector.detect(&rgb, &letterbox, &watch.detect).map_err(|error| lost(&error))
}

/// What newly stands in the zones that are watched for it. What goes wrong there costs no detections.
fn stands(
    context: &mut LaneContext,
    whose: Whose<'_>,
    (picture, detections): (&Picture, &[scene::Detection]),
    watch: &Watch,
    go_on: &dyn Fn(),
) -> Found {
    let LaneContext { sheets: scaler, bench, .. } = context;
    let tools = Tools { camera: whose.name, scaler, bench };
    let mut standing = locked(whose.standing);
    let look =
        AssertUnwindSafe(|| standing.look(&watch.standing, (picture, detections), tools, go_on));
    let why = match catch_unwind(look) {
        Ok(Ok(found)) => return found,
        Ok(Err(error)) => error.to_string(),
        Err(_panic) => {
            standing.begin_anew();
            "a fault of the program met this picture; report it".to_owned()
        }
    };
    standing.fail(&why);
    Found::default()
}

/// Does `work`, and counts its processor time.
fn spent<T>(camera: &str, stage: &'static str, work: impl FnOnce() -> T) -> T {
    let begun_at = thread_time();
    let done = work();
    metrics::looked_for(camera, stage, thread_time().saturating_sub(begun_at));
    done
}

fn locked<T>(mutex: &std::sync::Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}
