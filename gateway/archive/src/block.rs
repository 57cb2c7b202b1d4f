//! A block read back: one scene, changed in place from picture to picture.

use std::io;

use scene::track::{Track, TrackId, TrackState};
use scene::{
    BoundingBox, CaptureTime, Class, Clock, ClockSource, CropLook, MOST_CROPS, MOST_FOOT_PARTS,
    MOST_THINGS, MOST_UNSURE, Observation, ObservationGap, StandingLook, StandingThing,
};

use crate::cable_record::read_cables;
use crate::clock_record::read_clock;
use crate::draft::{
    BELIEVED, CABLES, CLOCK, CROPS, GAP, GONE, KNOWN, LACKING, LONGEST_ZONE_BYTES, MOST_ZONES,
    MOVED, RECOUNTED, RENAMED, SCORED, SIGNAL, STANDING, STIRRED, TOO_SMALL, TRACKS,
};
use crate::frame::Frames;
use crate::quantity;
use crate::signal_record::{SignalRecord, read_signal_record};
use crate::varint::Reader;

/// More classes than any model knows: the block is damaged.
const MOST_CLASSES: u64 = 4096;
/// More visible tracks than any picture has (a detector gives at most 300 boxes): the block is
/// damaged. Without this limit a made-up block could fill the memory.
const MOST_TRACKS: usize = 4096;

/// What a record says.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Record {
    /// [`Block::observation`] and [`Block::tracks`] show a picture.
    Picture,
    /// The camera showed nothing.
    Gap(ObservationGap),
    /// A door or sensor said this at the time of [`Block::observation`].
    Signal(SignalRecord),
}

/// The block that is being read, and the scene in its latest picture.
#[derive(Debug)]
pub(crate) struct Block {
    reader: Reader,
    classes: Vec<Class>,
    interval: i64,
    pub(crate) observation: Observation,
    pub(crate) tracks: Vec<Track>,
}

impl Default for Block {
    fn default() -> Self {
        let observation = Observation {
            captured_at: CaptureTime::from_unix_micros(0),
            clock: Clock { source: ClockSource::Arrival, error_ms: None },
            detections: Vec::new(),
            appearance: None,
            standing: Vec::new(),
            crops: Vec::new(),
            cables: Vec::new(),
        };
        let (reader, classes, tracks) = (Reader::default(), Vec::new(), Vec::new());
        Self { reader, classes, interval: 0, observation, tracks }
    }
}

impl Block {
    /// Goes on with the next block of a file. Gives its number and the time from which it counts;
    /// `None` at the end of the file.
    pub(crate) fn turn_page(
        &mut self,
        frames: &mut Frames,
    ) -> io::Result<Option<(u32, CaptureTime)>> {
        while self.reader.refill(|body| frames.next_body(body))? {
            if let Some(heading) = self.heading() {
                return Ok(Some(heading));
            }
            frames.damaged += 1;
        }
        Ok(None)
    }

    /// The next record; `None` at the end of the block.
    pub(crate) fn next_record(&mut self) -> Option<Result<Record, DamagedError>> {
        if self.reader.is_at_end() {
            return None;
        }
        let read = self.record();
        if read.is_none() {
            self.reader.refill(|_| ());
        }
        Some(read.ok_or(DamagedError))
    }

    fn heading(&mut self) -> Option<(u32, CaptureTime)> {
        self.tracks.clear();
        self.observation.standing.clear();
        self.classes.clear();
        self.interval = 0;
        let number = u32::try_from(self.reader.unsigned()?).ok()?;
        let base = CaptureTime::from_unix_micros(self.reader.signed()?);
        self.observation.captured_at = base;
        let classes = self.reader.unsigned().filter(|count| *count <= MOST_CLASSES)?;
        for _ in 0..classes {
            let length = usize::try_from(self.reader.unsigned()?).ok()?;
            let name = std::str::from_utf8(self.reader.bytes(length)?).ok()?;
            self.classes.push(Class::new(name));
        }
        Some((number, base))
    }

    fn record(&mut self) -> Option<Record> {
        let tag = self.reader.byte()?;
        let latest = self.observation.captured_at.unix_micros();
        if tag & GAP != 0 {
            let to = latest.wrapping_add(self.reader.signed()?);
            let from = to.wrapping_sub(self.reader.signed()?);
            let [from, to] = [from, to].map(CaptureTime::from_unix_micros);
            return Some(Record::Gap(ObservationGap { from, to }));
        }
        if tag & SIGNAL != 0 {
            let at = latest.wrapping_add(self.reader.signed()?);
            self.observation.captured_at = CaptureTime::from_unix_micros(at);
            let record = read_signal_record(&mut self.reader, &self.classes)?;
            return Some(Record::Signal(record));
        }
        self.interval = self.interval.wrapping_add(self.reader.signed()?);
        let at = CaptureTime::from_unix_micros(latest.wrapping_add(self.interval));
        self.observation.captured_at = at;
        if tag & CLOCK != 0 {
            self.observation.clock = read_clock(&mut self.reader)?;
        }
        if tag & TRACKS != 0 {
            self.changes(at)?;
        } else {
            for track in &mut self.tracks {
                see_again(track, at);
            }
        }
        if tag & STANDING != 0 {
            self.observation.standing = standing(&mut self.reader, at)?;
        }
        self.observation.crops.clear();
        if tag & CROPS != 0 {
            let count = at_most(&mut self.reader, MOST_CROPS)?;
            self.observation.crops =
                (0..count).map(|_| crop(&mut self.reader)).collect::<Option<_>>()?;
        }
        self.observation.cables.clear();
        if tag & CABLES != 0 {
            self.observation.cables = read_cables(&mut self.reader)?;
        }
        Some(Record::Picture)
    }

    fn changes(&mut self, at: CaptureTime) -> Option<()> {
        let Self { reader, classes, tracks, .. } = self;
        let mut whole = true;
        tracks.retain_mut(|track| {
            see_again(track, at);
            change(track, reader, classes, at).unwrap_or_else(|| {
                whole = false;
                true
            })
        });
        for _ in 0..reader.unsigned().filter(|_| whole)? {
            let track = new_track(reader, classes, at).filter(|_| tracks.len() < MOST_TRACKS)?;
            let place = tracks.partition_point(|other| other.id < track.id);
            tracks.insert(place, track);
        }
        Some(())
    }
}

/// A block that says what no gateway writes, though its checksum holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the block says what no gateway writes")]
pub(crate) struct DamagedError;

fn see_again(track: &mut Track, at: CaptureTime) {
    track.last_seen_at = at;
    track.hits = track.hits.saturating_add(1);
}

/// Whether the track is still there.
fn change(
    track: &mut Track,
    reader: &mut Reader,
    classes: &[Class],
    at: CaptureTime,
) -> Option<bool> {
    let flags = reader.byte()?;
    if flags & GONE != 0 {
        return Some(false);
    }
    if flags & MOVED != 0 {
        let BoundingBox { left, top, right, bottom } = &mut track.bbox;
        for edge in [left, top, right, bottom] {
            let steps = i64::from(quantity::edge_steps(*edge)).checked_add(reader.signed()?)?;
            *edge = quantity::edge(i32::try_from(steps).ok()?);
        }
    }
    if flags & SCORED != 0 {
        let steps = i64::from(quantity::score_steps(track.score)).checked_add(reader.signed()?)?;
        track.score = quantity::score(u8::try_from(steps).ok()?);
    }
    if flags & STIRRED != 0 {
        track.still_since = earlier(at, reader.signed()?);
    }
    if flags & RENAMED != 0 {
        track.class = classes.get(usize::try_from(reader.unsigned()?).ok()?)?.clone();
    }
    if flags & BELIEVED != 0 {
        track.state = state(track.state == TrackState::Tentative);
    }
    if flags & RECOUNTED != 0 {
        track.hits = u32::try_from(reader.unsigned()?).ok()?;
    }
    Some(true)
}

fn new_track(reader: &mut Reader, classes: &[Class], at: CaptureTime) -> Option<Track> {
    let id = TrackId(reader.unsigned()?);
    let class = classes.get(usize::try_from(reader.unsigned()?).ok()?)?.clone();
    let mut number = || i32::try_from(reader.signed()?).ok();
    let (left, top) = (number()?, number()?);
    let (right, bottom) = (left.checked_add(number()?)?, top.checked_add(number()?)?);
    let score = quantity::score(reader.byte()?);
    let hits_and_state = reader.unsigned()?;
    Some(Track {
        id,
        class,
        bbox: BoundingBox {
            left: quantity::edge(left),
            top: quantity::edge(top),
            right: quantity::edge(right),
            bottom: quantity::edge(bottom),
        },
        score,
        state: state(hits_and_state & 1 != 0),
        first_seen_at: earlier(at, reader.signed()?),
        last_seen_at: at,
        still_since: earlier(at, reader.signed()?),
        hits: u32::try_from(hits_and_state >> 1).ok()?,
    })
}

/// What newly stands in all zones.
fn standing(reader: &mut Reader, at: CaptureTime) -> Option<Vec<StandingLook>> {
    let count = at_most(reader, MOST_ZONES)?;
    (0..count).map(|_| look(reader, at)).collect()
}

fn look(reader: &mut Reader, at: CaptureTime) -> Option<StandingLook> {
    let length = at_most(reader, LONGEST_ZONE_BYTES)?;
    let zone = std::str::from_utf8(reader.bytes(length)?).ok()?.into();
    let flags = reader.byte()?;
    let is_known = flags & KNOWN != 0;
    let known_since = if is_known { Some(earlier(at, reader.signed()?)) } else { None };
    let places = at_most(reader, MOST_UNSURE)?;
    let unsure = (0..places).map(|_| bbox(reader)).collect::<Option<_>>()?;
    let count = at_most(reader, MOST_THINGS)?;
    let things = (0..count).map(|_| thing(reader, at)).collect::<Option<_>>()?;
    let gone = if flags & LACKING != 0 { at_most(reader, MOST_THINGS)? } else { 0 };
    let gone = (0..gone).map(|_| bbox(reader)).collect::<Option<_>>()?;
    Some(StandingLook { zone, known_since, unsure, things, gone })
}

fn thing(reader: &mut Reader, at: CaptureTime) -> Option<StandingThing> {
    let bounds = bbox(reader)?;
    let parts = at_most(reader, MOST_FOOT_PARTS)?;
    let foot = (0..parts).map(|_| edge(reader)).collect::<Option<_>>()?;
    Some(StandingThing {
        bounds,
        foot,
        since: earlier(at, reader.signed()?),
        looks: u32::try_from(reader.unsigned()?).ok()?,
        sure: quantity::score(reader.byte()?),
    })
}

fn crop(reader: &mut Reader) -> Option<CropLook> {
    let place = bbox(reader)?;
    let stall = Some(reader.byte()?).filter(|steps| *steps != TOO_SMALL).map(quantity::score);
    Some(CropLook { place, stall })
}

fn bbox(reader: &mut Reader) -> Option<BoundingBox> {
    let [left, top, right, bottom] = [edge(reader)?, edge(reader)?, edge(reader)?, edge(reader)?];
    Some(BoundingBox { left, top, right, bottom })
}

fn edge(reader: &mut Reader) -> Option<f32> {
    i32::try_from(reader.signed()?).ok().map(quantity::edge)
}

fn at_most(reader: &mut Reader, most: usize) -> Option<usize> {
    usize::try_from(reader.unsigned()?).ok().filter(|count| *count <= most)
}

fn state(believed: bool) -> TrackState {
    if believed { TrackState::Confirmed } else { TrackState::Tentative }
}

fn earlier(at: CaptureTime, micros: i64) -> CaptureTime {
    CaptureTime::from_unix_micros(at.unix_micros().wrapping_sub(micros))
}
