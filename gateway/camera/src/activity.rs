//! What the sizes of coded pictures tell of a camera: whether anything has happened since it was last looked at.
//!
//! A camera that codes an unmoving scene sends small pictures between its key frames, and all about the same. What
//! comes, goes or moves must be coded: these pictures grow, and the key frames after them have another size than
//! before. So each span of about a second is held against what was usual for this camera at the same distance from a
//! key frame, and a sum of small deviations in one direction tells what moves slowly (Laumer et al., 2011, detect
//! change by sizes alone).
//!
//! Sizes tell nothing where noise or a constant bit rate fills every picture, where the usual is not yet known, and
//! where packets are missing. Then the answer is [`Activity::Unsure`]. So it is after a look that found change where
//! sizes had shown none.
//!
//! A unit costs a few comparisons, a span a few logarithms; a camera takes less than half a kilobyte.

use std::time::Duration;

use scene::CaptureTime;

use level::{Drift, Level};

mod level;

/// A span of pictures that are judged together.
const SPAN: Duration = Duration::from_secs(1);

/// Spans are told apart by how many seconds ago the latest key frame was, up to here: encoders spend their bits
/// unevenly after one.
const PHASES: usize = 4;

/// Fewer pictures than these are no span.
const LEAST_UNITS: u32 = 3;

/// So many spans are read before anything is told: about a minute.
const SPANS_TO_LEARN: u32 = 60;

/// So many of one phase are read before one of it is judged.
const SPANS_OF_PHASE: u32 = 15;

/// So many key frames are read before one is judged.
const KEYS_TO_LEARN: u32 = 10;

/// One span, or one key frame, this many deviations from the usual is change.
const OUTLIER: f32 = 3.0;

/// Beyond this deviation from span to span (in natural logarithms) what comes is not told from what is usual.
const NOISIEST: f32 = 0.25;

/// Where the other pictures are larger than this share of a key frame, noise fills them, or a constant bit rate. An
/// unmoving scene at a constant quality has a hundredth, one with trees in the wind a twentieth.
const SWAMPED_SHARE: f32 = 0.125;

/// Bytes that are added to a size before its logarithm is taken: a picture of 30 bytes and one of 50 tell the same.
const NEXT_TO_NOTHING: f32 = 64.0;

/// After this silence nothing is known of what was before.
const LONGEST_SILENCE: Duration = Duration::from_secs(5);

/// So long nothing is told after a loss: the camera mends its pictures meanwhile.
const AFTER_LOSS: Duration = Duration::from_secs(10);

/// So long nothing is told after a look found change that sizes had not shown.
const AFTER_CONTRADICTION: Duration = Duration::from_mins(10);

/// What the sizes of coded pictures tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Activity {
    /// Nothing has happened since the last look.
    Quiet,
    /// Something has begun since.
    Began,
    /// They tell nothing.
    Unsure,
}

/// What is read of one coded picture.
#[derive(Debug, Clone, Copy)]
pub(crate) struct UnitSize {
    /// When it was taken.
    pub(crate) captured_at: CaptureTime,
    /// How long it is.
    pub(crate) bytes: usize,
    /// It can be decoded without any other, and is whole at once.
    pub(crate) is_key: bool,
    /// Packets are missing before or within it.
    pub(crate) is_torn: bool,
}

/// Reads the sizes of one camera's coded pictures. Pure: time comes with them.
#[derive(Debug, Default)]
pub(crate) struct UnitSizes {
    keys: Level,
    key_drift: Drift,
    /// Of a span's mean, by phase.
    means: [Level; PHASES],
    /// Of a span's largest picture, by phase.
    peaks: [Level; PHASES],
    drift: Drift,
    span: Option<Span>,
    key_at: Option<CaptureTime>,
    latest_at: Option<CaptureTime>,
    /// When the latest span ended that was judged.
    judged_at: Option<CaptureTime>,
    spans: u32,
    /// The latest judged span could have shown something.
    is_telling: bool,
    since_look: SinceLook,
    silent_until: Option<CaptureTime>,
    /// At the last look nothing had happened since the one before.
    was_quiet: bool,
}

/// What has happened since the last look.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
enum SinceLook {
    #[default]
    Nothing,
    /// Something has grown.
    Began,
    /// It cannot be told what.
    Anything,
}

/// The pictures of about a second.
#[derive(Debug)]
struct Span {
    begun_at: CaptureTime,
    phase: usize,
    units: u32,
    bytes: usize,
    largest: usize,
}

impl UnitSizes {
    /// Forgets the stream so far.
    pub(crate) fn restart(&mut self) {
        *self = Self { since_look: SinceLook::Anything, ..Self::default() };
    }

    /// Reads the next picture.
    pub(crate) fn read(&mut self, unit: UnitSize) {
        let at = unit.captured_at;
        let latest_at = self.latest_at.unwrap_or(at);
        // Pictures that are sent in another order than they are shown step back, by less than a span.
        let stepped_back = latest_at > at.after(SPAN);
        if stepped_back || at.since(latest_at) > LONGEST_SILENCE {
            self.span = None;
            self.key_at = None;
            self.judged_at = None;
            self.silence(at, Duration::ZERO);
        }
        self.latest_at = Some(if stepped_back { at } else { at.max(latest_at) });
        if unit.is_torn {
            self.span = None;
            self.silence(at, AFTER_LOSS);
        } else if unit.is_key {
            self.end_span(at);
            self.key_at = Some(at);
            self.judge_key(unit.bytes);
        } else {
            self.add(unit);
        }
    }

    /// The camera is looked at now: from here on it counts what happens.
    pub(crate) fn look(&mut self, at: CaptureTime) {
        self.was_quiet = self.activity(at) == Activity::Quiet;
        self.since_look = SinceLook::Nothing;
    }

    /// The last look came to nothing.
    pub(crate) fn lose_look(&mut self) {
        self.since_look = SinceLook::Anything;
    }

    /// The last look found that something had changed since the one before.
    pub(crate) fn saw_change(&mut self) {
        if let Some(at) = self.latest_at.filter(|_| self.was_quiet) {
            self.silence(at, AFTER_CONTRADICTION);
        }
    }

    /// What has happened from the last look until `at`.
    pub(crate) fn activity(&self, at: CaptureTime) -> Activity {
        let is_fresh = self.judged_at.is_some_and(|then| at.since(then) <= LONGEST_SILENCE);
        let is_silent = self.silent_until.is_some_and(|until| at < until);
        if !is_fresh || is_silent || !self.is_telling || self.spans < SPANS_TO_LEARN {
            return Activity::Unsure;
        }
        match self.since_look {
            SinceLook::Nothing => Activity::Quiet,
            SinceLook::Began => Activity::Began,
            SinceLook::Anything => Activity::Unsure,
        }
    }

    /// Nothing is told for `span`, nor of the time since the last look.
    fn silence(&mut self, at: CaptureTime, span: Duration) {
        self.since_look = SinceLook::Anything;
        self.silent_until = Some(at.after(span));
    }

    fn add(&mut self, unit: UnitSize) {
        let at = unit.captured_at;
        let key_at = *self.key_at.get_or_insert(at);
        let phase = usize::try_from(at.since(key_at).as_secs()).unwrap_or(PHASES).min(PHASES - 1);
        let is_over = |span: &Span| {
            phase > span.phase || (phase == PHASES - 1 && at.since(span.begun_at) >= SPAN)
        };
        if self.span.as_ref().is_some_and(is_over) {
            self.end_span(at);
        }
        let span =
            self.span.get_or_insert(Span { begun_at: at, phase, units: 0, bytes: 0, largest: 0 });
        span.units = span.units.saturating_add(1);
        span.bytes = span.bytes.saturating_add(unit.bytes);
        span.largest = span.largest.max(unit.bytes);
    }

    fn judge_key(&mut self, bytes: usize) {
        let deviation = self.keys.read(logarithm(bytes as f32), 0.005);
        if self.keys.count() <= KEYS_TO_LEARN {
            return;
        }
        // A lone key frame that is odd tells of the encoder as often as of the scene; a lasting change is told apart.
        let is_change = self.key_drift.read(deviation) || deviation.abs() > 2.5 * OUTLIER;
        if is_change {
            self.note(SinceLook::Anything);
        }
    }

    /// Judges the span that ends at `at`.
    fn end_span(&mut self, at: CaptureTime) {
        let Some(span) = self.span.take().filter(|span| span.units >= LEAST_UNITS) else { return };
        let mean = span.bytes as f32 / span.units as f32;
        let (Some(means), Some(peaks)) =
            (self.means.get_mut(span.phase), self.peaks.get_mut(span.phase))
        else {
            return;
        };
        let by_mean = means.read(logarithm(mean), 0.03);
        let by_peak = peaks.read(logarithm(span.largest as f32), 0.05);
        self.spans = self.spans.saturating_add(1);
        self.judged_at = Some(at);
        let is_known = means.count() > SPANS_OF_PHASE;
        let share = (means.usual() - self.keys.usual()).exp();
        let is_swamped = share > SWAMPED_SHARE || self.keys.count() == 0;
        self.is_telling = is_known && !is_swamped && means.deviation() <= NOISIEST;
        if !is_known {
            return;
        }
        let drifts = self.drift.read(by_mean);
        if by_mean > OUTLIER || by_peak > OUTLIER || (drifts && self.drift.is_up()) {
            self.note(SinceLook::Began);
        } else if by_mean < -OUTLIER || by_peak < -OUTLIER || drifts {
            self.note(SinceLook::Anything);
        }
    }

    fn note(&mut self, what: SinceLook) {
        // What grew is looked at soon; what else happened meanwhile changes nothing of that.
        if self.since_look == SinceLook::Nothing || what == SinceLook::Began {
            self.since_look = what;
        }
    }
}

/// The logarithm of a size, as it is compared.
fn logarithm(bytes: f32) -> f32 {
    (bytes + NEXT_TO_NOTHING).ln()
}

#[cfg(test)]
mod tests;
