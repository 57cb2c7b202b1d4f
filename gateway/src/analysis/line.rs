//! One camera's way from access units to incident events, and all that it must remember.

mod casework;

use std::sync::Arc;
use std::time::{Duration, Instant};

use detector::{DetectSettings, Detector, Letterbox, RgbPicture};
use incident::{Assessor, Input, MemoryError};
use ledger::AssessorState;
use scene::track::{Tracker, TrackerSettings};
use scene::{CaptureTime, Observation, ObservationGap};
use tracing::{error, info, warn};

use casework::SnapshotOrder;

use super::observation_log::ObservationLog;
use super::progress::Progress;
use super::registrar::{Account, Failure, Registrar};
use camera::{DecodeError, Decoder, Picture, Scaler, SharedGate};
use runtime::metrics;
use runtime::utc_now;

/// An assessor without news is saved this often; a crash then costs so much dwell at most, because
/// the time between the save and the next picture counts as a gap.
const SAVE_EVERY: Duration = Duration::from_secs(10);

/// Rules that want no picture still get one now and then, so that a dead decoder is noticed.
const LONGEST_INTERVAL: Duration = Duration::from_secs(60);

/// So many missing pictures in a row are a gap in the observation.
const GAP_PICTURES: u32 = 3;

/// What a line is made of.
pub(crate) struct LineSettings {
    /// The camera's id.
    pub(crate) camera: String,
    /// Where its access units wait.
    pub(crate) feed: Arc<SharedGate>,
    /// What to look for.
    pub(crate) detect: DetectSettings,
    /// Shorter silences than this are never a gap.
    pub(crate) silence_timeout: Duration,
    /// Pictures of more pixels are not decoded: a hostile or broken stream must not take all memory.
    pub(crate) max_picture_px: u64,
}

/// What a worker thread brings to every camera's turn.
pub(crate) struct Bench {
    /// The thread's own inference session.
    pub(crate) detector: Detector,
    /// The thread's own scalers.
    pub(crate) scaler: Scaler,
}

/// One camera's decoder, tracker and assessor.
pub(crate) struct Line {
    settings: LineSettings,
    decoder: Option<Decoder>,
    tracker: Tracker,
    assessor: Assessor,
    log: ObservationLog,
    interval: Duration,
    observed_at: Option<CaptureTime>,
    /// What the camera's time was when: at the latest picture, or at the start.
    hand: (CaptureTime, Instant),
    saved_at: Option<CaptureTime>,
    /// Alerts were raised that the ledger has not taken.
    unrecorded: bool,
    /// Who wants to see the next picture.
    orders: Vec<SnapshotOrder>,
    progress: Arc<Progress>,
}

impl Line {
    /// A line that has seen nothing yet; `assessor` may remember an earlier run.
    pub(crate) fn new(settings: LineSettings, assessor: Assessor, log: ObservationLog) -> Self {
        let begins_at = assessor.latest_at().map_or_else(utc_now, |at| at.max(utc_now()));
        let hand = (begins_at, Instant::now());
        let mut line = Self {
            settings,
            decoder: None,
            tracker: Tracker::new(TrackerSettings::default()),
            assessor,
            log,
            interval: Duration::ZERO,
            observed_at: None,
            hand,
            saved_at: None,
            unrecorded: false,
            orders: Vec::new(),
            progress: Arc::default(),
        };
        line.follow_demand();
        line
    }

    /// Shared view of how far it has come.
    pub(crate) fn progress(&self) -> Arc<Progress> {
        Arc::clone(&self.progress)
    }

    /// One turn: decodes what the gate released, and analyses the picture if one is due.
    ///
    /// # Errors
    /// [`Failure`] if the ledger can no longer be trusted. Everything else is counted, logged and
    /// costs at most this picture.
    pub(crate) fn take_turn(
        &mut self,
        bench: &mut Bench,
        registrar: &Registrar,
    ) -> Result<(), Failure> {
        let feed = Arc::clone(&self.settings.feed);
        metrics::access_units(&self.settings.camera, feed.counts().by_fate());
        let Some((codec, run)) = feed.take() else { return Ok(()) };
        let decoded = match self.decode(codec, &run) {
            Ok(decoded) => decoded,
            Err(error) => {
                warn!(%error, "picture lost, waiting for the next key frame");
                self.progress.stumble(error.to_string());
                metrics::decode_failed(&self.settings.camera);
                feed.await_random_access_point();
                return Ok(());
            }
        };
        if decoded.needs_random_access_point {
            feed.await_random_access_point();
        }
        let clock = run.units.last().map(|unit| unit.clock);
        let (true, Some(picture), Some(clock)) = (run.is_due, decoded.picture, clock) else {
            return Ok(());
        };
        let started = Instant::now();
        let Some(detections) = self.detect(bench, &picture) else { return Ok(()) };
        let detect_time = started.elapsed();
        let appearance = self.assessor.needs_appearance().then(|| picture.appearance()).flatten();
        let captured_at = picture.captured_at;
        let observation = Observation { captured_at, clock, detections, appearance };
        self.observe(&observation, &picture, bench, registrar)?;
        let age = utc_now().since(picture.captured_at);
        metrics::picture_analysed(&self.settings.camera, detect_time, age);
        Ok(())
    }

    /// Judges by other rules from the next picture on. What the old ones remember goes over where
    /// rule, zone and type are the same; open alerts of rules that are gone are closed then.
    ///
    /// # Errors
    /// None is known; the line is then unchanged.
    pub(crate) fn judge_by(
        &mut self,
        mut assessor: Assessor,
        detect: DetectSettings,
    ) -> Result<(), MemoryError> {
        assessor.inherit(&self.assessor)?;
        self.assessor = assessor;
        self.settings.detect = detect;
        self.tracker.forget();
        self.follow_demand();
        Ok(())
    }

    /// The camera was taken out of the configuration: closes its alerts. Its state, now empty, stays
    /// for the next start, which takes its status back once more.
    ///
    /// # Errors
    /// As [`Registrar::commit`].
    pub(crate) fn retire(&mut self, registrar: &Registrar) -> Result<(), Failure> {
        self.log.flush();
        let events = self.assessor.retire(utc_now());
        let state = self.state()?;
        let account = Account { state: &state, progress: &self.progress };
        registrar.commit(&events, account)
    }

    /// Saves what must survive a restart.
    ///
    /// # Errors
    /// As [`Registrar::save`].
    pub(crate) fn save(&self, registrar: &Registrar) -> Result<(), Failure> {
        if self.unrecorded {
            return Ok(());
        }
        registrar.save(Account { state: &self.state()?, progress: &self.progress })
    }

    /// Writes the observations that are still in memory.
    pub(crate) fn flush_observations(&mut self) {
        self.log.flush();
    }

    fn decode(
        &mut self,
        codec: camera::Codec,
        run: &camera::Run,
    ) -> Result<camera::Decoded, DecodeError> {
        if self.decoder.as_ref().is_none_or(|decoder| decoder.codec() != codec) {
            self.decoder = Some(Decoder::open(codec, self.settings.max_picture_px)?);
        }
        match &mut self.decoder {
            Some(decoder) => decoder.decode(run),
            None => Err(DecodeError::Missing(codec)),
        }
    }

    fn detect(&self, bench: &mut Bench, picture: &Picture) -> Option<Vec<scene::Detection>> {
        let Bench { detector, scaler } = bench;
        let letterbox = Letterbox::fit(picture.width(), picture.height(), detector.input());
        let inner = (
            u32::try_from(letterbox.inner_width()).ok()?,
            u32::try_from(letterbox.inner_height()).ok()?,
        );
        let scaled =
            scaler.scale(picture, inner).map_err(|error| error!(%error, "picture skipped")).ok()?;
        let rgb = RgbPicture {
            width: letterbox.inner_width(),
            height: letterbox.inner_height(),
            stride: scaled.stride,
            pixels: scaled.pixels,
        };
        detector
            .detect(&rgb, &letterbox, &self.settings.detect)
            .map_err(|error| self.skip(&error))
            .ok()
    }

    fn skip(&self, error: &dyn std::fmt::Display) {
        error!(%error, "picture skipped");
        self.progress.stumble(error.to_string());
    }

    fn observe(
        &mut self,
        observation: &Observation,
        picture: &Picture,
        bench: &mut Bench,
        registrar: &Registrar,
    ) -> Result<(), Failure> {
        let at = observation.captured_at;
        if self.observed_at.is_some_and(|latest| at <= latest) {
            // The tracker takes no picture from the past; follow anew on the new clock.
            warn!("the clock stepped backwards; objects are followed anew");
            self.tracker = Tracker::new(TrackerSettings::default());
            self.saved_at = None;
        }
        if let Some(from) = self.observed_at.filter(|from| at.since(*from) > self.gap_after()) {
            let gap = ObservationGap { from, to: at };
            info!(secs = at.since(from).as_secs(), "nothing was seen for a while");
            self.tracker.gap(&gap);
            self.log.gap(&gap);
            self.assessor.gap(gap);
        }
        self.observed_at = Some(at);
        self.hand = (at, Instant::now());
        let tracks = self.tracker.update(observation);
        self.log.picture(observation, tracks);
        let mut events = self.assessor.assess(Input::Picture(observation, tracks));
        if !events.is_empty() {
            registrar.attach_pictures(&mut events, picture, bench);
            for alert in events.iter().map(|event| &event.alert) {
                alert
                    .evidence
                    .iter()
                    .for_each(|it| self.assessor.keep_evidence(alert.alert_id, it));
            }
            let state = self.state()?;
            // Until the ledger has both, the state alone must not be saved: it would say that an
            // alert is open which nobody was ever told of.
            self.unrecorded = true;
            let account = Account { state: &state, progress: &self.progress };
            registrar.commit(&events, account)?;
            self.unrecorded = false;
            self.saved_at = Some(at);
        } else if self.saved_at.is_none_or(|saved| at.since(saved) >= SAVE_EVERY) {
            self.save(registrar)?;
            self.saved_at = Some(at);
        }
        for order in self.orders.drain(..) {
            order(registrar.darkroom.show(&self.settings.camera, picture, bench));
        }
        self.progress.advance(at);
        self.follow_demand();
        Ok(())
    }

    fn gap_after(&self) -> Duration {
        self.settings.silence_timeout.max(self.interval * GAP_PICTURES)
    }

    fn follow_demand(&mut self) {
        let longest = if self.orders.is_empty() { LONGEST_INTERVAL } else { Duration::ZERO };
        let wanted = self.assessor.sampling().interval.min(longest);
        if wanted != self.interval {
            self.interval = wanted;
            self.settings.feed.set_interval(wanted);
            self.progress.expect_every(wanted);
            metrics::sampling_interval(&self.settings.camera, wanted);
        }
    }

    fn state(&self) -> Result<AssessorState, Failure> {
        let state = self.assessor.memory().map_err(Failure::Unwritable)?;
        Ok(AssessorState { device_id: self.settings.camera.clone(), state })
    }
}
