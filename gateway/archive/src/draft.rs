//! A block in the making: each picture is written as what changed since the picture before.
//!
//! The body of a block, all numbers as in `varint.rs`: its number in the run of the gateway, the
//! time from which times are counted (µs since 1970, signed), the names (of classes; of the points and
//! kinds of signals), then records to the
//! end. A record is a tag of flags and what the flags announce. A block needs no other to be read.

use scene::track::{Track, TrackState};
use scene::{
    BoundingBox, CaptureTime, Class, Clock, CropLook, MOST_CROPS, MOST_FOOT_PARTS, MOST_THINGS,
    MOST_UNSURE, Observation, ObservationGap, Signal, StandingLook,
};

use crate::cable_record::put_cables;
use crate::clock_record::put_clock;
use crate::quantity;
use crate::signal_record::put_signal_record;
use crate::varint::{put, put_signed};

/// The record tells a gap; without this flag, a picture.
pub(crate) const GAP: u8 = 1;
/// The picture's tracks are not what they were in the picture before.
pub(crate) const TRACKS: u8 = 1 << 1;
/// The picture's clock is not that of the picture before.
pub(crate) const CLOCK: u8 = 1 << 2;

/// What newly stands in zones is not what it was in the picture before.
pub(crate) const STANDING: u8 = 1 << 3;
/// A second look was made at parts of the picture. What it saw holds for this picture alone.
pub(crate) const CROPS: u8 = 1 << 4;

/// The record is a signal of a door or sensor, and no picture.
pub(crate) const SIGNAL: u8 = 1 << 5;

/// Looks for new cables were made. What they saw holds for this picture alone.
pub(crate) const CABLES: u8 = 1 << 6;

/// In the place of a likelihood: the crop was too small. No score has so many steps.
pub(crate) const TOO_SMALL: u8 = u8::MAX;

/// The zone is known, and since when follows.
pub(crate) const KNOWN: u8 = 1;
/// Of a look: it says where something is gone.
pub(crate) const LACKING: u8 = 1 << 1;

/// More zones than any camera has. A block that tells of more is damaged.
pub(crate) const MOST_ZONES: usize = 1024;
/// More than any zone's id has.
pub(crate) const LONGEST_ZONE_BYTES: usize = 256;

/// What changed in a track that was in the picture before. None of these: seen again, as it was.
pub(crate) const GONE: u8 = 1;
pub(crate) const MOVED: u8 = 1 << 1;
pub(crate) const SCORED: u8 = 1 << 2;
pub(crate) const STIRRED: u8 = 1 << 3;
pub(crate) const RENAMED: u8 = 1 << 4;
pub(crate) const BELIEVED: u8 = 1 << 5;
pub(crate) const RECOUNTED: u8 = 1 << 6;

/// A full block; more pictures hardly compress better.
const FULL_BYTES: usize = 64 * 1024;

/// A visible track in the units of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Figure {
    id: u64,
    class: usize,
    edges: [i32; 4],
    score: u8,
    believed: bool,
    first_seen_at: CaptureTime,
    still_since: CaptureTime,
    hits: u32,
}

impl Figure {
    /// What it is in the next picture if nothing changes.
    fn seen_again(self) -> Self {
        Self { hits: self.hits.saturating_add(1), ..self }
    }

    /// A new tracker counts from 1 again: the same number may then be another object.
    fn continues(&self, earlier: &Self) -> bool {
        (self.id, self.first_seen_at) == (earlier.id, earlier.first_seen_at)
    }
}

/// The records of a block that is not closed yet.
#[derive(Debug, Default)]
pub(crate) struct Draft {
    records: Vec<u8>,
    classes: Vec<Class>,
    /// From when times are counted; none while the block is empty.
    base: Option<CaptureTime>,
    /// The latest picture, or where the block began, in microseconds since 1970.
    at: i64,
    /// Between the latest two pictures.
    interval: i64,
    clock: Option<Clock>,
    /// Pictures and signals.
    pictures: u64,
    /// As the latest picture showed them.
    standing: Vec<StandingLook>,
    /// The latest picture's tracks, and the buffer for the next one's.
    shown: Vec<Figure>,
    next: Vec<Figure>,
}

impl Draft {
    /// Adds an analysed picture with its tracks, lost ones left out.
    pub(crate) fn picture(&mut self, observation: &Observation, tracks: &[Track]) {
        let at = observation.captured_at;
        self.begin(at);
        let mut next = std::mem::take(&mut self.next);
        next.clear();
        for track in tracks.iter().filter(|track| track.last_seen_at == at) {
            next.push(self.figure(track));
        }
        next.sort_by_key(|figure| figure.id);
        next.dedup_by_key(|figure| figure.id);
        let as_before = next.len() == self.shown.len()
            && self.shown.iter().zip(&next).all(|(before, now)| before.seen_again() == *now);
        let clock = observation.clock;
        let clock_differs = self.clock.replace(clock) != Some(clock);

        let stands_as_before = self.standing == observation.standing;

        let mut tag = 0;
        tag |= if stands_as_before { 0 } else { STANDING };
        tag |= if as_before { 0 } else { TRACKS };
        tag |= if clock_differs { CLOCK } else { 0 };
        tag |= if observation.crops.is_empty() { 0 } else { CROPS };
        tag |= if observation.cables.is_empty() { 0 } else { CABLES };
        self.records.push(tag);
        let passed = at.unix_micros().wrapping_sub(self.at);
        put_signed(&mut self.records, passed.wrapping_sub(self.interval));
        (self.at, self.interval) = (at.unix_micros(), passed);
        if clock_differs {
            put_clock(&mut self.records, clock);
        }
        if !as_before {
            self.changes(&next, at);
        }
        if !stands_as_before {
            put_standing(&mut self.records, &observation.standing, at);
            self.standing.clone_from(&observation.standing);
        }
        if !observation.crops.is_empty() {
            put_crops(&mut self.records, &observation.crops);
        }
        if !observation.cables.is_empty() {
            put_cables(&mut self.records, &observation.cables);
        }
        self.next = std::mem::replace(&mut self.shown, next);
        self.pictures += 1;
    }

    /// Adds a gap; it belongs before the first picture after it.
    pub(crate) fn gap(&mut self, gap: &ObservationGap) {
        self.begin(gap.to);
        self.records.push(GAP);
        put_signed(&mut self.records, gap.to.unix_micros().wrapping_sub(self.at));
        let length = gap.to.unix_micros().wrapping_sub(gap.from.unix_micros());
        put_signed(&mut self.records, length);
    }

    /// Adds what a door or sensor said. Its time may be before that of the latest record.
    pub(crate) fn signal(&mut self, signal: &Signal) {
        let at = signal.captured_at();
        self.begin(at);
        self.records.push(SIGNAL);
        put_signed(&mut self.records, at.unix_micros().wrapping_sub(self.at));
        self.at = at.unix_micros();
        let names = &mut self.classes;
        put_signal_record(&mut self.records, signal, |name| number_of(names, &Class::new(name)));
        self.pictures += 1;
    }

    /// The block's body; `number` counts the blocks of one run of the gateway from 0.
    pub(crate) fn body(&self, number: u32) -> Vec<u8> {
        let mut body = Vec::with_capacity(self.records.len() + 64);
        put(&mut body, u64::from(number));
        put_signed(&mut body, self.base.map_or(0, CaptureTime::unix_micros));
        put(&mut body, self.classes.len() as u64);
        for class in &self.classes {
            put(&mut body, class.as_str().len() as u64);
            body.extend(class.as_str().as_bytes());
        }
        body.extend(&self.records);
        body
    }

    /// Empties it for the next block, which repeats nothing of this one.
    pub(crate) fn clear(&mut self) {
        self.records.clear();
        self.classes.clear();
        self.shown.clear();
        self.standing.clear();
        (self.base, self.interval, self.clock, self.pictures) = (None, 0, None, 0);
    }

    /// When its first record was, if it has one.
    pub(crate) fn began_at(&self) -> Option<CaptureTime> {
        self.base
    }

    /// Its latest picture, or where it began.
    pub(crate) fn latest_at(&self) -> CaptureTime {
        CaptureTime::from_unix_micros(self.at)
    }

    pub(crate) fn is_full(&self) -> bool {
        self.records.len() >= FULL_BYTES
    }

    pub(crate) fn pictures(&self) -> u64 {
        self.pictures
    }

    fn begin(&mut self, at: CaptureTime) {
        if self.base.is_none() {
            self.base = Some(at);
            self.at = at.unix_micros();
        }
    }

    fn figure(&mut self, track: &Track) -> Figure {
        let class = number_of(&mut self.classes, &track.class);
        let bbox = track.bbox;
        Figure {
            id: track.id.0,
            class,
            edges: [bbox.left, bbox.top, bbox.right, bbox.bottom].map(quantity::edge_steps),
            score: quantity::score_steps(track.score),
            believed: track.state != TrackState::Tentative,
            first_seen_at: track.first_seen_at,
            still_since: track.still_since,
            hits: track.hits,
        }
    }

    /// What became of each track shown before, then those that are new.
    fn changes(&mut self, next: &[Figure], at: CaptureTime) {
        let out = &mut self.records;
        let find = |figures: &[Figure], id: u64| {
            figures.binary_search_by_key(&id, |figure| figure.id).ok()
        };
        for before in &self.shown {
            let now = find(next, before.id).and_then(|place| next.get(place));
            match now.filter(|now| now.continues(before)) {
                None => out.push(GONE),
                Some(now) => put_change(out, &before.seen_again(), now, at),
            }
        }
        let shown = &self.shown;
        let is_new = |now: &&Figure| {
            let before = find(shown, now.id).and_then(|place| shown.get(place));
            before.is_none_or(|before| !now.continues(before))
        };
        put(out, next.iter().filter(is_new).count() as u64);
        for figure in next.iter().filter(is_new) {
            put_new(out, figure, at);
        }
    }
}

/// The number of a name, which is new if need be.
fn number_of(names: &mut Vec<Class>, name: &Class) -> usize {
    let known = names.iter().position(|known| known == name);
    known.unwrap_or_else(|| {
        names.push(name.clone());
        names.len() - 1
    })
}

fn put_change(out: &mut Vec<u8>, expected: &Figure, now: &Figure, at: CaptureTime) {
    let flag = |differs: bool, flag: u8| if differs { flag } else { 0 };
    out.push(
        flag(now.edges != expected.edges, MOVED)
            | flag(now.score != expected.score, SCORED)
            | flag(now.still_since != expected.still_since, STIRRED)
            | flag(now.class != expected.class, RENAMED)
            | flag(now.believed != expected.believed, BELIEVED)
            | flag(now.hits != expected.hits, RECOUNTED),
    );
    if now.edges != expected.edges {
        for (now, expected) in now.edges.iter().zip(expected.edges) {
            put_signed(out, i64::from(now - expected));
        }
    }
    if now.score != expected.score {
        put_signed(out, i64::from(now.score) - i64::from(expected.score));
    }
    if now.still_since != expected.still_since {
        put_signed(out, before(now.still_since, at));
    }
    if now.class != expected.class {
        put(out, now.class as u64);
    }
    if now.hits != expected.hits {
        put(out, u64::from(now.hits));
    }
}

fn put_new(out: &mut Vec<u8>, figure: &Figure, at: CaptureTime) {
    put(out, figure.id);
    put(out, figure.class as u64);
    let [left, top, right, bottom] = figure.edges;
    for edge in [left, top, right - left, bottom - top] {
        put_signed(out, i64::from(edge));
    }
    out.push(figure.score);
    put(out, (u64::from(figure.hits) << 1) | u64::from(figure.believed));
    put_signed(out, before(figure.first_seen_at, at));
    put_signed(out, before(figure.still_since, at));
}

fn is_readable(look: &StandingLook) -> bool {
    look.zone.len() <= LONGEST_ZONE_BYTES
        && look.unsure.len() <= MOST_UNSURE
        && look.things.len() <= MOST_THINGS
        && look.gone.len() <= MOST_THINGS
        && look.things.iter().all(|thing| thing.foot.len() <= MOST_FOOT_PARTS)
}

/// All that newly stands in zones. What no reader takes is left out: it would cost the whole block.
fn put_standing(out: &mut Vec<u8>, looks: &[StandingLook], at: CaptureTime) {
    let looks: Vec<_> = looks.iter().filter(|look| is_readable(look)).take(MOST_ZONES).collect();
    put(out, looks.len() as u64);
    for StandingLook { zone, known_since, unsure, things, gone } in looks {
        put(out, zone.len() as u64);
        out.extend(zone.as_bytes());
        let flag = |holds: bool, flag: u8| if holds { flag } else { 0 };
        out.push(flag(known_since.is_some(), KNOWN) | flag(!gone.is_empty(), LACKING));
        if let Some(since) = known_since {
            put_signed(out, before(*since, at));
        }
        put(out, unsure.len() as u64);
        unsure.iter().for_each(|place| put_box(out, place));
        put(out, things.len() as u64);
        for thing in things {
            put_box(out, &thing.bounds);
            put(out, thing.foot.len() as u64);
            for part in &thing.foot {
                put_signed(out, i64::from(quantity::edge_steps(*part)));
            }
            put_signed(out, before(thing.since, at));
            put(out, u64::from(thing.looks));
            out.push(quantity::score_steps(thing.sure));
        }
        if !gone.is_empty() {
            put(out, gone.len() as u64);
            gone.iter().for_each(|place| put_box(out, place));
        }
    }
}

fn put_crops(out: &mut Vec<u8>, crops: &[CropLook]) {
    let crops = crops.iter().take(MOST_CROPS);
    put(out, crops.len() as u64);
    for CropLook { place, stall } in crops {
        put_box(out, place);
        out.push(stall.map_or(TOO_SMALL, quantity::score_steps));
    }
}

fn put_box(out: &mut Vec<u8>, place: &BoundingBox) {
    for edge in [place.left, place.top, place.right, place.bottom] {
        put_signed(out, i64::from(quantity::edge_steps(edge)));
    }
}

/// How long before `at` something was, in microseconds.
fn before(earlier: CaptureTime, at: CaptureTime) -> i64 {
    at.unix_micros().wrapping_sub(earlier.unix_micros())
}
