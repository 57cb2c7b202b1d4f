//! What an alert says on its way through its case: a re-check that fails, one that passes, the end.

use std::time::Duration;

use incident::alert::{Action, Alert, Evidence, EvidenceRole};
use incident::casefile::{CaseFeedback, CaseFile, StageNames};
use incident::{Assessor, Input};
use scene::track::{Tracker, TrackerSettings};
use scene::{CaptureTime, Observation};
use serde_json::{Value, json};

use super::street::{Act, Camera, sound_view};
use super::{CLOCK, START, picture};

/// The messages of one alert by the names of their files.
pub(super) fn messages(camera: &Camera, assessor: Assessor) -> Vec<(&'static str, Told)> {
    let mut play = Play { assessor, tracker: Tracker::new(TrackerSettings::default()), at: START };
    let opened = play.until(camera, Action::Open);
    let (alert_id, key) = (opened.1.alert_id, opened.1.dedupe.key.clone());
    let mut heard = vec![feedback(&opened, 1, "received"), feedback(&opened, 2, "dispatched")];
    heard.push(feedback(&opened, 3, "handled"));
    let follow = |play: &mut Play, heard: &[CaseFeedback]| {
        let file = CaseFile::of(heard, &StageNames::new());
        let mut events = play.assessor.follow_case((alert_id, &key), &file, play.at);
        assert_eq!(events.len(), 1);
        let event = events.remove(0);
        (event.observed_at, event.alert)
    };
    let verifying = follow(&mut play, &heard);
    // What stands there until a quarter of an hour has passed.
    let failed = play.until(camera, Action::Verify);
    let again = failed.1.verification.as_ref().unwrap().next_check_at.unwrap();
    assert!(again.since(START) > Duration::from_mins(10));
    while play.at < again {
        play.look(camera);
    }
    let passed = play.until(camera, Action::Verify);
    heard.push(feedback(&opened, 4, "closed"));
    let closed = follow(&mut play, &heard);
    vec![
        ("verifying", verifying),
        ("verify-failed", failed),
        ("verify-passed", passed),
        ("close-case_closed", closed),
    ]
}

/// A message and when its picture was taken.
type Told = (CaptureTime, Alert);

struct Play {
    assessor: Assessor,
    tracker: Tracker,
    at: CaptureTime,
}

impl Play {
    fn look(&mut self, camera: &Camera) -> Vec<Told> {
        let elapsed = self.at.since(START);
        let Act { detections, .. } = (camera.act)(elapsed);
        let appearance = sound_view(elapsed);
        let observation = Observation {
            captured_at: self.at,
            clock: CLOCK,
            detections,
            appearance,
            standing: Vec::new(),
            crops: Vec::new(),
            cables: Vec::new(),
        };
        let events =
            self.assessor.assess(Input::Picture(&observation, self.tracker.update(&observation)));
        self.at = self.at.after(self.assessor.sampling().interval);
        events.into_iter().map(|event| (event.observed_at, event.alert)).collect()
    }

    /// Until a message of this kind comes; with its picture, as the gateway would keep it.
    fn until(&mut self, camera: &Camera, action: Action) -> Told {
        while self.at.since(START) < Duration::from_hours(2) {
            let told = self.look(camera).into_iter().find(|(_, alert)| alert.action == action);
            let Some((at, mut alert)) = told else { continue };
            let evidence = match action {
                Action::Verify => Evidence { role: EvidenceRole::Verify, ..picture(at) },
                _ => picture(at),
            };
            self.assessor.keep_evidence(alert.alert_id, &evidence);
            if action == Action::Verify {
                alert.attach(evidence);
            }
            return (at, alert);
        }
        panic!("{action:?} has not come")
    }
}

fn feedback((at, alert): &Told, seq: u64, event: &str) -> CaseFeedback {
    assert!(*at > START);
    let message: Value = json!({
        "spec": "cg.case/1", "msg_id": format!("01932f30-0000-7d00-8a00-{seq:012x}"),
        "alert_id": alert.alert_id.to_string(), "seq": seq, "event": event,
        "time": "2026-11-22T09:58:00+08:00",
        "case": { "system": "casesim", "rec_id": "10479", "task_num": "PG-20261122-0479",
            "stage_name": "处置反馈" },
    });
    CaseFeedback::parse(message.to_string().as_bytes()).unwrap()
}
