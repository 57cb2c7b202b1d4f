//! A small language for what a rule is shown, and what it answers.
//!
//! A script is a list of pictures, 5 s apart: `EW4 .2` is four pictures of E and W, two of nothing.
//! Each letter is an object of its own with a class and a place; its small letter is the same object
//! far away. J to M are persons side by side, and N is one who walks to and fro. G are goods of no class where E stands. H says that something hides that place, and Z that the
//! eye does not know the zone, whatever stands there. `!` is a restart, `|100` a gap of 100 s, `<100` a clock that steps back by 100 s.
//! The answer is one sign a picture: `-` clear, `?` candidate, `~` unknown, `*` met.

use std::collections::BTreeMap;
use std::time::Duration;

use scene::track::{Track, TrackId, TrackState};
use scene::{
    BoundingBox, CaptureTime, Class, Clock, ClockSource, CropLook, GroundPlane, Observation, Point,
    Polygon, StandingLook, StandingThing,
};

use crate::slug::Slug;
use crate::zone::Zone;
use crate::{Finding, KindSettings, Rule, Verdict, View};

const INTERVAL: Duration = Duration::from_secs(5);
const START: CaptureTime = CaptureTime::from_unix_micros(1_795_309_800_000_000);

/// Since when the zone is known.
const LONG_AGO: CaptureTime = CaptureTime::from_unix_micros(0);

/// What an eye finds in the zone without regard to classes. It told of the goods eight looks ago.
fn look(letters: &str, now: CaptureTime) -> StandingLook {
    let bounds = BoundingBox { left: 0.28, top: 0.4, right: 0.32, bottom: 0.6 };
    let since = now.before(8 * INTERVAL);
    let goods = StandingThing { bounds, foot: vec![0.6], since, looks: 8, sure: 0.8 };
    StandingLook {
        zone: "zone".into(),
        known_since: (!letters.contains('Z')).then_some(LONG_AGO),
        unsure: letters.contains('H').then_some(bounds).into_iter().collect(),
        things: letters.contains('G').then_some(goods).into_iter().collect(),
        gone: Vec::new(),
    }
}

/// Which object a letter is, and the x of its middle.
fn object(letter: char) -> (&'static str, f32) {
    match letter {
        'E' | 'F' => ("ebike", 0.30),
        'W' | 'X' => ("wire", 0.35),
        'U' | 'V' => ("umbrella", 0.30),
        'T' => ("table", 0.25),
        'C' => ("car", 0.05),
        'P'..='S' => ("person", 0.35),
        'A' | 'B' => ("person", 0.10),
        'J' => ("person", 0.22),
        'K' | 'N' => ("person", 0.27),
        'L' => ("person", 0.32),
        'M' => ("person", 0.40),
        _ => unreachable!("no object is called {letter}"),
    }
}

/// One rule that is shown a script.
pub(super) struct Stage<'a> {
    settings: &'a dyn KindSettings,
    pub(super) rule: Box<dyn Rule>,
    pub(super) ground: Option<GroundPlane>,
    now: CaptureTime,
    watched: Duration,
    tracks: BTreeMap<char, Track>,
    next_track: u64,
    pub(super) answers: String,
    pub(super) finding: Option<Finding>,
    /// What a second look tells of any place that the rule asks about; none: nobody looks.
    pub(super) tells: Option<Option<f32>>,
    /// How many places it has asked about.
    pub(super) asked: usize,
}

impl<'a> Stage<'a> {
    pub(super) fn new(settings: &'a dyn KindSettings) -> Self {
        assert_eq!(settings.fault(), None);
        Self {
            settings,
            rule: build(settings),
            ground: None,
            now: START,
            watched: Duration::ZERO,
            tracks: BTreeMap::new(),
            next_track: 1,
            answers: String::new(),
            finding: None,
            tells: None,
            asked: 0,
        }
    }

    pub(super) fn play(mut self, script: &str) -> Self {
        for token in script.split_whitespace() {
            let split = token.find(|c: char| c.is_ascii_digit()).unwrap_or(token.len());
            let (word, number) = token.split_at(split);
            let number: u32 = if number.is_empty() { 1 } else { number.parse().unwrap() };
            let span = Duration::from_secs(number.into());
            match word {
                "!" => self.restart(),
                "|" => self.now = self.now.after(span),
                "<" => self.step_back(span),
                _ => (0..number).for_each(|_| self.show(word)),
            }
        }
        self
    }

    fn restart(&mut self) {
        let memory = self.rule.memory().unwrap();
        let memory = serde_json::from_str(&memory.to_string()).unwrap();
        self.rule = build(self.settings);
        assert!(self.rule.restore(&memory));
        self.forget_tracks();
    }

    fn step_back(&mut self, span: Duration) {
        self.now = self.now.before(span);
        self.rule.step_back(self.now);
        self.forget_tracks();
    }

    fn forget_tracks(&mut self) {
        self.tracks.clear();
        self.next_track = 1;
    }

    fn show(&mut self, letters: &str) {
        for letter in letters.chars().filter(|it| it.is_ascii_alphabetic() && !"GHZ".contains(*it))
        {
            self.place(letter);
        }
        let now = self.now;
        let look = look(letters, now);
        let shown: Vec<&Track> =
            self.tracks.values().filter(|track| track.last_seen_at == now).collect();
        let wanted = self.rule.wants_look();
        self.asked += usize::from(wanted.is_some());
        let crops = wanted.zip(self.tells).map(|(place, stall)| CropLook { place, stall });
        let observation = Observation {
            captured_at: now,
            clock: Clock { source: ClockSource::SenderReport, error_ms: None },
            detections: Vec::new(),
            appearance: None,
            standing: Vec::new(),
            crops: crops.into_iter().collect(),
        };
        let view = View {
            watched: self.watched,
            previous_at: None,
            observation: &observation,
            tracks: &shown,
            standing: self.settings.needs_standing().then_some(&look),
            ground: self.ground.as_ref(),
        };
        let verdict = self.rule.assess(&view);
        self.answers.push(match &verdict {
            Verdict::Clear => '-',
            Verdict::Candidate => '?',
            Verdict::Unknown => '~',
            Verdict::Met(_) => '*',
        });
        if let Verdict::Met(finding) = verdict {
            self.finding = Some(finding);
        }
        self.now = now.after(INTERVAL);
        self.watched += INTERVAL;
    }

    /// What a tracker says of an object that this picture shows.
    fn place(&mut self, letter: char) {
        let name = letter.to_ascii_uppercase();
        let (class, x) = object(name);
        let x = if letter == name { x } else { 0.9 };
        let is_back = self.watched.as_secs() / INTERVAL.as_secs() % 2 == 1;
        let x = if letter == 'N' && is_back { 0.40 } else { x };
        let bbox = BoundingBox { left: x - 0.02, top: 0.4, right: x + 0.02, bottom: 0.6 };
        let now = self.now;
        let next = self.next_track;
        let track = self.tracks.entry(name).or_insert_with(|| Track {
            id: TrackId(next),
            class: Class::new(class),
            bbox,
            score: 0.8,
            state: TrackState::Confirmed,
            first_seen_at: now,
            last_seen_at: now,
            still_since: now,
            hits: 0,
        });
        if track.id.0 == next {
            self.next_track += 1;
        }
        if track.bbox != bbox {
            track.still_since = now;
        }
        track.bbox = bbox;
        track.last_seen_at = now;
    }

    /// What the latest picture that met the rule showed.
    pub(super) fn subjects(&self) -> Vec<String> {
        let subjects = self.finding.iter().flat_map(|finding| &finding.subjects);
        subjects.map(|s| format!("{} {}", s.class, s.track_id.0)).collect()
    }
}

/// The rule in the left half of the picture; open incidents clear after 20 s.
fn build(settings: &dyn KindSettings) -> Box<dyn Rule> {
    let corner = |x, y| Point { x, y };
    let left_half = vec![corner(0.0, 0.0), corner(0.5, 0.0), corner(0.5, 1.0), corner(0.0, 1.0)];
    let zone = Zone { id: Slug::new("left").unwrap(), polygon: Polygon::new(left_half).unwrap() };
    settings.build(&zone, Duration::from_secs(20))
}

/// Each script with the answers it must get.
pub(super) fn check(settings: &dyn KindSettings, stories: &[(&str, &str)]) {
    for (script, expected) in stories {
        let answers = Stage::new(settings).play(script).answers;
        assert_eq!(&answers, expected, "{script}");
    }
}
