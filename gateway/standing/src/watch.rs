//! Watches one zone, look by look.

use scene::{CaptureTime, Polygon};

use crate::align::{Structure, Sway, undone};
use crate::change::{Change, NoisePair};
use crate::component::{Differences, Unrest};
use crate::cue::Cue;
use crate::edges::Workbench;
use crate::findings::{Findings, State};
use crate::history::{History, Look, MOST_LOOKS, noise_of_median};
use crate::late::Late;
use crate::leftovers::Leftovers;
use crate::mask::{grown, hidden_in, inside_of, keep_hidden};
use crate::noise::noise_between;
use crate::pace::is_due;
use crate::picture::{planes_of, working_size};
use crate::raster::{BLOCK, Planes, Raster};
use crate::reference::{ALWAYS, Reference};
use crate::saved::{self, SavedError};
use crate::settings::{Settings, ZoneLook};
use crate::shape::Grid;
use crate::sight::Sight;
use crate::track::Tracks;

/// Share of the zone that differs when the camera was turned or the light is another.
const ANOTHER_SCENE: f32 = 0.55;
/// The same if less than this share of the structure is kept.
const LEAST_KEPT: f32 = 0.3;
/// Share of the zone that may differ from a former reference for it to be taken again.
const SAME_SCENE: f32 = 0.3;
/// Share of the zone in which noise or darkness would hide an object.
const BLIND_SHARE: f32 = 0.6;
/// Seconds between two steps of the reference towards the looks.
const STEP_SECS: f32 = 4.0;
/// The same for blocks that light has changed by more than `SHADE`. A shadow that wanders must not
/// be learned.
const STEP_IN_SHADE_SECS: f32 = 40.0;
/// Part by which light may change a block that is learned at the quicker pace.
const SHADE: f32 = 0.08;
/// Of all parts of a known noise, the share of the newest look.
const NOISE_PACE: f32 = 0.2;

/// Watches one zone.
#[derive(Debug, Clone)]
pub struct ZoneWatch {
    zone: Polygon,
    settings: Settings,
    inside: Raster<bool>,
    history: History,
    noise: Option<f32>,
    reference: Option<(Reference, Structure)>,
    learned_anew: bool,
    /// A reference was handed to it: what it learns since, it learns because that does not fit.
    has_tried: bool,
    /// The reference before the scene changed: the same lamp is switched off again, the lorry goes.
    former: Option<Reference>,
    /// For how many looks each pixel has been on a new edge.
    new_edges: Raster<u8>,
    leftovers: Leftovers,
    unrest: Unrest,
    tracks: Tracks,
    sight: Sight,
    another_scene: u32,
    adapting: bool,
    sway: Sway,
    stepped: Option<CaptureTime>,
    stepped_in_shade: Option<CaptureTime>,
    wants_free: bool,
}

impl ZoneWatch {
    /// Watches `zone`, a polygon in shares of its own rectangle. The first looks make the reference.
    #[must_use]
    pub fn new(zone: Polygon, settings: Settings) -> Self {
        Self {
            zone,
            settings,
            inside: Raster::default(),
            history: History::default(),
            noise: None,
            reference: None,
            learned_anew: false,
            has_tried: false,
            former: None,
            new_edges: Raster::default(),
            leftovers: Leftovers::default(),
            unrest: Unrest::default(),
            tracks: Tracks::default(),
            sight: Sight::default(),
            another_scene: 0,
            adapting: false,
            sway: Sway::default(),
            stepped: None,
            stepped_in_shade: None,
            wants_free: false,
        }
    }

    /// Goes on with a reference that [`ZoneWatch::saved`] gave. What stands there since is found.
    ///
    /// # Errors
    /// If the bytes are no whole reference of this version. The zone goes on as it was.
    pub fn restore(&mut self, bytes: &[u8]) -> Result<(), SavedError> {
        self.has_tried = true;
        let reference = saved::read(bytes)?;
        let present = self.reference.take();
        self.begin_anew();
        // The next look may have another size than the reference, the looks before, or both.
        self.inside = Raster::default();
        let of_its_size = |it: &Reference| it.planes.luma.same_size(&reference.planes.luma);
        self.former = present.map(|(present, _)| present).filter(of_its_size);
        self.learned_anew = false;
        self.set_reference(reference);
        Ok(())
    }

    /// Whether the reference was learned since this was asked last, and none was ever handed to this watch. What
    /// stood there by then is in it.
    pub const fn has_learned_anew(&mut self) -> bool {
        std::mem::replace(&mut self.learned_anew, false)
    }

    /// The reference as bytes, at most [`crate::LONGEST_SAVED_BYTES`]; none while it is learned.
    #[must_use]
    pub fn saved(&self) -> Option<Vec<u8>> {
        self.reference.as_ref().map(|(reference, _)| saved::written(reference))
    }

    /// An operator says that nothing stands in the zone now: the present picture becomes the reference, and
    /// whatever is there later has come. Blocks that somebody hides are learned when they show.
    pub fn mark_free(&mut self) {
        self.wants_free = true;
    }

    /// Takes in a look.
    pub fn look(&mut self, look: &ZoneLook<'_>, bench: &mut Workbench) -> Findings {
        let of_looks = || (BLOCK * self.inside.width, BLOCK * self.inside.height);
        let before = self.reference.as_ref().map_or_else(of_looks, |(it, _)| it.size());
        let size = working_size(&look.picture, before);
        self.fit(size);
        let mut planes = planes_of(&look.picture, size);
        let sway = self.sway_of(&planes.luma).filter(|_| bench.cues.hold(Cue::Alignment));
        self.sway = sway.unwrap_or_default();
        if let Some(sway) = sway {
            planes = undone(&planes, sway);
        }
        let moving = if bench.cues.hold(Cue::Persons) { look.moving } else { &[] };
        let hidden = hidden_in((size.0 / BLOCK, size.1 / BLOCK), moving, self.sway);
        self.take_in(Look { planes, hidden });
        let state = self.compare(look.time, bench);
        let looks = self.settings.looks;
        let (standing, unsure, gone) = if state == State::Ready {
            let grid = Grid { width: size.0 / BLOCK, height: size.1 / BLOCK };
            let late = self.reference.as_ref().map(|(reference, _)| &reference.late.blocks);
            let unsure = self.sight.unsure((&self.inside, late), &self.tracks, looks);
            (self.tracks.told(looks, grid), unsure, self.leftovers.gone(looks))
        } else {
            self.sight.lose();
            (Vec::new(), Vec::new(), Vec::new())
        };
        Findings {
            state,
            standing,
            unsure,
            gone,
            reference_since: self.reference.as_ref().map(|(reference, _)| reference.since),
            noise: self.noise.unwrap_or_default(),
            sway: (self.sway.x, self.sway.y),
            reference_is_free: self.reference.as_ref().is_some_and(|(r, _)| r.free),
        }
    }

    fn begin_anew(&mut self) {
        self.history.clear();
        self.reference = None;
        self.tracks = Tracks::default();
        self.sight = Sight::default();
        self.another_scene = 0;
        self.new_edges = Raster::default();
        self.leftovers = Leftovers::default();
    }

    /// Everything of another size is of no use.
    fn fit(&mut self, (width, height): (usize, usize)) {
        let (columns, rows) = (width / BLOCK, height / BLOCK);
        if (self.inside.width, self.inside.height) == (columns, rows) {
            return;
        }
        let fits = |r: &Reference| (r.planes.luma.width, r.planes.luma.height) == (width, height);
        if !self.reference.as_ref().is_some_and(|(reference, _)| fits(reference)) {
            self.begin_anew();
            self.former = None;
        }
        self.history.clear();
        self.leftovers = Leftovers::default();
        self.inside = inside_of(&self.zone, columns, rows);
    }

    fn sway_of(&self, luma: &Raster<u8>) -> Option<Sway> {
        if self.another_scene > 0 {
            return None; // what is not the same scene cannot be aligned
        }
        let now = || Structure::of(luma);
        match (&self.reference, self.history.first()) {
            (Some((_, structure)), _) => structure.sway_to(&now(), self.sway),
            (None, Some(first)) => Structure::of(&first.planes.luma).sway_to(&now(), self.sway),
            (None, None) => None,
        }
    }

    fn take_in(&mut self, look: Look) {
        if let Some(before) = self.history.newest() {
            let newest = noise_between(&before.planes.luma, &look.planes.luma);
            let known = self.noise.unwrap_or(newest);
            self.noise = Some(known + NOISE_PACE * (newest - known));
        }
        self.history.push(look);
    }

    fn set_reference(&mut self, reference: Reference) {
        let structure = Structure::of(&reference.planes.luma);
        self.reference = Some((reference, structure));
    }

    fn learn(&mut self, time: CaptureTime) -> State {
        let missing = MOST_LOOKS.saturating_sub(self.history.len());
        if missing > 0 {
            let adapting = self.adapting;
            return if adapting { State::Adapting } else { State::Learning { missing } };
        }
        let hidden = self.history.hidden(MOST_LOOKS);
        let noise = noise_of_median(self.noise.unwrap_or_default(), MOST_LOOKS);
        let free = std::mem::take(&mut self.wants_free);
        self.set_reference(Reference {
            planes: self.history.picture(MOST_LOOKS),
            known: hidden.not(),
            noise,
            since: if free { ALWAYS } else { time },
            free,
            late: Late::default(),
        });
        (self.adapting, self.learned_anew) = (false, !free && !self.has_tried);
        State::Ready
    }

    fn compare(&mut self, time: CaptureTime, bench: &mut Workbench) -> State {
        let Some((mut reference, structure)) = self.reference.take() else {
            return self.learn(time);
        };
        reference.late.pass(time);
        let noise = bench.cues.noise(self.noise.unwrap_or(reference.noise));
        let span = self.history.span(noise);
        let picture = self.history.picture(span);
        let hidden = self.history.hidden(span);
        if self.wants_free && span >= 3 {
            self.take_as_free(picture, &hidden, noise_of_median(noise, span));
            return State::Ready;
        }
        reference.learn_hidden(&picture, &hidden);
        let mut watched = self.inside.clone();
        for (i, watched) in watched.cells.iter_mut().enumerate() {
            *watched &= !hidden.cells[i] && reference.known.cells[i];
        }
        let pair = NoisePair { reference: reference.noise, now: noise_of_median(noise, span) };
        let held = self.held();
        let speaks = |x: usize, y: usize| {
            let i = y / BLOCK * held.width + x / BLOCK;
            !held.cells[i] && watched.cells[i]
        };
        let edges_before = self.new_edges.clone();
        let edges = &mut self.new_edges;
        let change = Change::between(&reference.planes, &picture, pair, edges, (bench, speaks));
        keep_hidden(&mut self.new_edges, &edges_before, &hidden);
        let mut found = Differences::of(&change, &watched, &self.unrest);
        if change.dim > BLIND_SHARE {
            self.reference = Some((reference, structure));
            return State::Blind;
        }
        if self.is_another_scene(&found, &change) {
            self.reference = Some((reference, structure));
            return self.another_scene(&picture, pair, bench);
        }
        self.another_scene = 0;
        self.unrest.follow(&found.changed);
        let mut shown = watched;
        for (shown, blind) in shown.cells.iter_mut().zip(&change.blind.cells) {
            *shown &= !blind;
        }
        let shown = self.sight.follow(shown);
        self.tracks.follow(std::mem::take(&mut found.here), (&shown, &found.changed), time);
        self.take_leftovers(&found, &shown, (&mut reference, &picture));
        if is_due(&mut self.stepped, time, STEP_SECS) {
            let shade = is_due(&mut self.stepped_in_shade, time, STEP_IN_SHADE_SECS);
            let mut held = self.held();
            for i in 0..held.cells.len() {
                let lit = (change.factor.cells[i] - 1.0).abs() > SHADE && !shade;
                held.cells[i] |= found.changed.cells[i] || hidden.cells[i] || lit;
            }
            reference.follow(&picture, &grown(&held));
            reference.noise += 0.02 * (pair.now - reference.noise);
        }
        self.reference = Some((reference, structure));
        State::Ready
    }

    /// What left becomes a part of the empty zone, unless it must be told for as long as it is gone.
    fn take_leftovers(
        &mut self,
        found: &Differences,
        shown: &Raster<bool>,
        (reference, picture): (&mut Reference, &Planes),
    ) {
        let looks = self.settings.looks;
        if self.settings.keeps_what_leaves {
            self.leftovers.keep(found, shown, looks);
        } else if let Some(ripe) = self.leftovers.ripe(found, &self.held(), looks) {
            reference.adopt(picture, &ripe);
        }
    }

    fn take_as_free(&mut self, planes: Planes, hidden: &Raster<bool>, noise: f32) {
        self.wants_free = false;
        self.tracks = Tracks::default();
        self.sight = Sight::default();
        self.new_edges = Raster::default();
        self.leftovers = Leftovers::default();
        let known = hidden.not();
        let late = Late::default();
        self.set_reference(Reference { planes, known, noise, since: ALWAYS, free: true, late });
    }

    /// Blocks in which a thing is followed.
    fn held(&self) -> Raster<bool> {
        let mut held = Raster::filled(self.inside.width, self.inside.height, false);
        for block in self.tracks.all.iter().flat_map(|track| &track.blocks) {
            held.cells[*block] = true;
        }
        held
    }

    /// Whether the camera was turned, or the light is another. What must be there may be most of the zone;
    /// then only the rim tells.
    fn is_another_scene(&self, found: &Differences, change: &Change) -> bool {
        if self.settings.keeps_what_leaves {
            return found.share_at_rim > ANOTHER_SCENE;
        }
        found.share > ANOTHER_SCENE || change.kept < LEAST_KEPT
    }

    /// Too much differs: waits, goes back to the former reference if it fits, else learns anew.
    fn another_scene(
        &mut self,
        picture: &Planes,
        noise: NoisePair,
        bench: &mut Workbench,
    ) -> State {
        self.another_scene += 1;
        if 4 * self.another_scene < 3 * self.settings.looks {
            return State::Adapting;
        }
        if let Some(former) = self.former.take_if(|former| {
            let mut edges = Raster::default();
            let all = (&mut *bench, |_, _| true);
            let change = Change::between(&former.planes, picture, noise, &mut edges, all);
            let found = Differences::of(&change, &self.inside, &Unrest::default());
            found.share < SAME_SCENE && change.kept > LEAST_KEPT
        }) {
            let present = self.reference.take();
            self.begin_anew();
            self.set_reference(former);
            self.learned_anew = false;
            self.former = present.map(|(reference, _)| reference);
        } else if self.another_scene >= self.settings.looks {
            let present = self.reference.take();
            self.begin_anew();
            self.former = present.map(|(reference, _)| reference);
            self.adapting = true;
        }
        State::Adapting
    }
}
