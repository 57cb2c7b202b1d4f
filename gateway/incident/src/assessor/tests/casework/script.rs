//! A small language for a case: what the camera shows and what the case system says meanwhile.
//!
//! `sA*10` are ten pictures of the sound view with object A. The first letter is the view: `s`
//! sound, `t` turned, `d` dark, `c` covered, `b` out of focus, `i` by infrared. The others are
//! objects: A where it is reported, B elsewhere in the zone, `w` a weak sighting of A, `L` a lorry
//! that hides A's place, `p` somebody who stands there, `k` a box there that is called "kite", `a` A outside the zone, `W` a wire beside A. `T`
//! is a thing of no class where A is, `G` one that fills most of the zone; `H` hides that place, and `R` is
//! a zone that was learned just now. `N` knows nothing of the zone, and `X` does not look for things.
//! `*10s` is for ten seconds.
//! Pictures come as often as they are asked for, at least every 5 s.
//!
//! `|30` is 30 s of silence, `!30` a restart that takes 30 s, `<100` a clock that steps back, `~30` a
//! command that mutes the rule for 30 s.
//! `+handled` is what the case system says next, `+7:handled` under that number, `+handled{…}` with
//! more fields.

use std::fmt::Write;
use std::sync::Arc;
use std::time::Duration;

use scene::track::{Track, TrackId, TrackState};
use scene::{
    BoundingBox, CaptureTime, Class, Detection, Observation, ObservationGap, StandingLook,
};
use serde_json::{Value, json};
use uuid::Uuid;

use super::super::script::{CLOCK, START, profile, published, slug, standing};
use super::picture::picture;
use super::things;
use crate::alert::{Action, Alert, Evidence, EvidenceKind, EvidenceRole, Masked};
use crate::casefile::{CaseEvent, CaseFeedback, CaseFile, StageNames};
use crate::{Assessor, CaseSettings, IncidentEvent, Input, RecheckSettings, RuleSettings};

pub(super) struct Court {
    pub(super) assessor: Assessor,
    rule: RuleSettings,
    settings: Arc<CaseSettings>,
    now: CaptureTime,
    shown_at: CaptureTime,
    pictures: u32,
    track: Option<Track>,
    /// From picture to picture.
    at_most: Duration,
    messages: Vec<CaseFeedback>,
    /// Whose case is told; none: the first alert's.
    about: Option<Uuid>,
    pub(super) alerts: Vec<Alert>,
    pub(super) log: String,
    /// By how much the clock was set so far.
    set_by_micros: i64,
}

/// Checks of half a minute; a false alarm mutes for ten.
pub(super) fn settings() -> CaseSettings {
    CaseSettings {
        case_patience: Duration::from_hours(1),
        false_alarm_mute: Duration::from_mins(10),
        recheck: RecheckSettings {
            settle: Duration::from_secs(20),
            window: Duration::from_secs(30),
            min_samples: 7,
            repeat_after: [60, 120].map(Duration::from_secs).to_vec(),
        },
    }
}

impl Court {
    pub(super) fn new() -> Self {
        Self::of(standing())
    }

    pub(super) fn of(rule: RuleSettings) -> Self {
        let settings = Arc::new(settings());
        Self {
            assessor: Assessor::new(profile(), vec![rule.clone()])
                .unwrap()
                .with_case_settings(&settings),
            rule,
            settings,
            now: START,
            shown_at: START,
            pictures: 0,
            track: None,
            at_most: Duration::from_secs(5),
            messages: Vec::new(),
            about: None,
            alerts: Vec::new(),
            log: String::new(),
            set_by_micros: 0,
        }
    }

    pub(super) fn play(&mut self, script: &str) {
        for token in script.split_whitespace() {
            let (first, rest) = token.split_at(1);
            let span = || Duration::from_secs(rest.parse().unwrap());
            match first {
                "+" => self.hear(rest),
                "|" => self.silence(span()),
                "!" => self.restart(span()),
                "~" => self.mute(span()),
                "<" => {
                    self.track = None;
                    self.now = self.shown_at.before(span());
                }
                _ => self.show_some(token),
            }
        }
    }

    /// The clock is set, everybody knows it, and the log goes on by the time before it.
    pub(super) fn set_clock(&mut self, by_micros: i64) {
        self.assessor.move_clock(by_micros).unwrap();
        self.track = None;
        (self.now, self.shown_at) = (self.now.moved(by_micros), self.shown_at.moved(by_micros));
        self.set_by_micros += by_micros;
    }

    /// Plays as if another rule wanted a picture every `secs` seconds.
    pub(super) fn play_every(&mut self, token: &str, secs: f32) {
        self.at_most = Duration::from_secs_f32(secs);
        self.play(token);
        self.at_most = Duration::from_secs(5);
    }

    fn show_some(&mut self, token: &str) {
        let (what, how_often) = token.split_once('*').unwrap_or((token, "1"));
        if let Some(secs) = how_often.strip_suffix('s') {
            let until = self.now.after(Duration::from_secs(secs.parse().unwrap()));
            while self.now < until {
                self.show(what);
            }
        } else {
            (0..how_often.parse().unwrap()).for_each(|_| self.show(what));
        }
    }

    fn show(&mut self, what: &str) {
        let (view, objects) = what.split_at(1);
        let of_class = objects.chars().filter(|letter| !"TGHRNX".contains(*letter));
        let detections: Vec<Detection> = of_class.map(detection).collect();
        let standing: Vec<StandingLook> = things::look(objects, self.now).into_iter().collect();
        self.follow(&detections);
        // The picture before is taken to have asked for it.
        let wants = self.assessor.needs_appearance() || self.pictures == 0;
        let appearance = wants.then(|| picture(view, self.pictures)).flatten();
        let appearance = appearance.map(|it| things::painted(it, &standing));
        let observation = Observation {
            captured_at: self.now,
            clock: CLOCK,
            detections,
            appearance,
            standing,
            crops: Vec::new(),
            cables: Vec::new(),
        };
        let wires = observation.detections.iter().filter(|it| it.class.as_str() == "wire");
        let wires = wires.map(|wire| track(2, wire, self.now));
        let tracks: Vec<Track> = self.track.iter().cloned().chain(wires).collect();
        let events = self.assessor.assess(Input::Picture(&observation, &tracks));
        self.record(events, true);
        self.pictures += 1;
        self.shown_at = self.now;
        let interval = self.assessor.sampling().interval.min(self.at_most);
        self.now = self.now.after(interval);
    }

    /// What a tracker would say.
    fn follow(&mut self, detections: &[Detection]) {
        let strong = detections.iter().find(|it| it.score > 0.4 && it.class.as_str() == "car");
        let Some(car) = strong else { return };
        let (now, bbox) = (self.now, &car.bbox);
        let track = self.track.get_or_insert_with(|| track(1, car, now));
        if track.bbox != *bbox {
            track.still_since = now;
        }
        (track.bbox, track.last_seen_at) = (*bbox, now);
        track.hits += 1;
    }

    fn silence(&mut self, span: Duration) {
        let until = self.now.after(span);
        while self.now < until {
            self.now = self.now.after(Duration::from_secs(1));
            let events = self.assessor.pass_time(self.now);
            self.record(events, false);
        }
        self.assessor.gap(ObservationGap { from: self.shown_at, to: self.now });
    }

    fn restart(&mut self, downtime: Duration) {
        let memory = self.assessor.memory().unwrap();
        self.assessor = Assessor::new(profile(), vec![self.rule.clone()])
            .unwrap()
            .with_case_settings(&self.settings);
        self.assessor.restore(&memory).unwrap();
        self.track = None;
        self.now = self.now.after(downtime);
        // What a start does: every alert that is not closed hears its case again.
        self.tell();
    }

    /// From here on the case of the latest alert is told.
    pub(super) fn turn_to_latest(&mut self) {
        self.about = self.alerts.last().map(|alert| alert.alert_id);
    }

    /// From here on the case of the first alert is told.
    pub(super) fn turn_to_first(&mut self) {
        self.about = None;
    }

    fn subject(&self) -> Option<Uuid> {
        self.about.or(self.alerts.first().map(|alert| alert.alert_id))
    }

    fn hear(&mut self, what: &str) {
        let (event, more) = what.split_once('{').map_or((what, None), |(e, m)| (e, Some(m)));
        let (seq, event) = match event.split_once(':') {
            Some((seq, event)) => (seq.parse().unwrap(), event),
            None => (self.messages.len() as u64 + 1, event),
        };
        let mut message = json!({
            "spec": "cg.case/1", "alert_id": self.subject().unwrap().to_string(), "seq": seq,
            "event": event, "msg_id": format!("01932f30-0000-7d00-8a00-{seq:012x}"),
            "time": "2026-11-22T09:58:00+08:00", "case": { "system": "casesim", "rec_id": "R7" },
        });
        if let Some(more) = more {
            let more: Value = serde_json::from_str(&format!("{{{more}")).unwrap();
            for (key, value) in more.as_object().unwrap() {
                message[key] = value.clone();
            }
        }
        self.messages.push(CaseFeedback::parse(message.to_string().as_bytes()).unwrap());
        self.tell();
        let before = self.alerts.len();
        self.tell();
        assert_eq!(before, self.alerts.len(), "told twice is told once");
    }

    pub(super) fn check_now(&mut self) {
        let asker = self.messages[0].msg_id;
        let events = self.assessor.check_now(self.alerts[0].alert_id, asker, self.now);
        self.record(events.unwrap(), false);
        assert_eq!(self.assessor.check_now(asker, asker, self.now), None);
    }

    /// Somebody mutes the rule, or unmutes it.
    pub(super) fn mute(&mut self, lasts: Duration) {
        assert_eq!(self.assessor.mute(|_, _, _| true, self.now, lasts), 1);
    }

    fn tell(&mut self) {
        let names = StageNames::from([(CaseEvent::Dispatched, "派遣".to_owned())]);
        let Some(alert_id) = self.subject() else { return };
        let key = self.alerts[0].dedupe.key.clone();
        let told = self.messages.iter().filter(|message| message.alert_id == alert_id);
        let file = CaseFile::of(told, &names);
        let events = self.assessor.follow_case((alert_id, &key), &file, self.now);
        self.record(events, false);
    }

    fn record(&mut self, events: Vec<IncidentEvent>, shown: bool) {
        for mut event in events {
            let role = match event.alert.action {
                Action::Open => Some(EvidenceRole::Report),
                Action::Verify => Some(EvidenceRole::Verify),
                _ => None,
            };
            if let Some(role) = role.filter(|_| shown) {
                let evidence = evidence(role, event.alert.seq, event.observed_at);
                self.assessor.keep_evidence(event.alert.alert_id, &evidence);
                event.alert.attach(evidence);
            }
            self.note(&event);
            self.alerts.push(event.alert);
        }
    }

    fn note(&mut self, event: &IncidentEvent) {
        let json = event.alert.to_json(event.observed_at).unwrap();
        let json: Value = serde_json::from_str(&json).unwrap();
        if let Err(fault) = published().check(&json) {
            panic!("{fault}\n{json:#}");
        }
        let text = |place: &str| json.pointer(place).and_then(Value::as_str).unwrap_or("-");
        let secs = event.observed_at.moved(-self.set_by_micros).since(START).as_secs();
        write!(self.log, "{secs}s {} {}", text("/action"), text("/state")).unwrap();
        write!(self.log, " {}", text("/close_reason")).unwrap();
        write!(self.log, " case {}", text("/case/stage")).unwrap();
        if event.alert.action == Action::Verify {
            let found = &json["verification"];
            let next = event.alert.verification.as_ref().unwrap().next_check_at;
            let next = next.map_or("never".to_owned(), |at| {
                format!("in {}s", at.since(event.observed_at).as_secs())
            });
            let roles = json["evidence"].as_array().map_or(String::new(), |pictures| {
                let roles = pictures.iter().map(|it| it["role"].as_str().unwrap());
                roles.collect::<Vec<_>>().join("+")
            });
            write!(
                self.log,
                ": {} {} round {} {}/{} again {next} [{roles}]",
                text("/verification/result"),
                text("/verification/reason"),
                found["round"],
                found["positive_samples"],
                found["samples"],
            )
            .unwrap();
        }
        self.log.push('\n');
    }
}

/// Of something that is seen for the first time.
fn track(id: u64, Detection { class, score, bbox }: &Detection, now: CaptureTime) -> Track {
    Track {
        id: TrackId(id),
        class: class.clone(),
        bbox: *bbox,
        score: *score,
        state: TrackState::Confirmed,
        first_seen_at: now,
        last_seen_at: now,
        still_since: now,
        hits: 0,
    }
}

fn detection(letter: char) -> Detection {
    let (class, score, x) = match letter {
        'A' => ("car", 0.9, 0.2),
        'w' => ("car", 0.35, 0.2),
        'B' => ("car", 0.9, 0.4),
        'a' => ("car", 0.9, 0.7),
        'L' => ("truck", 0.9, 0.2),
        'W' => ("wire", 0.9, 0.3),
        'p' => ("person", 0.9, 0.2),
        'k' => ("kite", 0.9, 0.2),
        _ => unreachable!("no object is called {letter}"),
    };
    let bbox = BoundingBox { left: x - 0.05, top: 0.4, right: x + 0.05, bottom: 0.6 };
    Detection { class: Class::new(class), score, bbox }
}

fn evidence(role: EvidenceRole, seq: u32, taken_at: CaptureTime) -> Evidence {
    Evidence {
        id: slug(&format!("ev-{seq}")),
        role,
        kind: EvidenceKind::Snapshot,
        uri: None,
        mime: "image/jpeg".to_owned(),
        sha256: "6b1d3f5a7c9e0b2d4f6a8c0e1d3b5f796b1d3f5a7c9e0b2d4f6a8c0e1d3b5f79".to_owned(),
        size_bytes: 1,
        width_px: 1,
        height_px: 1,
        captured_at: taken_at,
        masked: Masked::NOTHING,
        expires_at: None,
        original_held: false,
    }
}

pub(super) fn check(script: &str, expected: &expect_test::Expect) {
    let mut court = Court::new();
    court.play(script);
    expected.assert_eq(&court.log);
}
