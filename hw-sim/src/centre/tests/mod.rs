//! The centre's desk in made-up time: flows as stories, laws as properties.

mod laws;
mod mail;
mod oddities;
mod stories;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;

use super::alert::Verdict;
use super::profile::Fate;
use super::*;

const PROFILES: [&str; 6] =
    ["s0-joint-teams", "s1-smart-street", "s2-five-steps", "s3-five-levels", "s4-whistle", "demo"];

fn profile_path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("centre").join(format!("{name}.toml"))
}

fn profile(name: &str) -> Profile {
    Profile::load(&profile_path(name)).unwrap_or_else(|error| panic!("{error}"))
}

/// The same city on a day on which nothing goes wrong.
fn calm(name: &str) -> Profile {
    let mut profile = profile(name);
    profile.fate = Fate::default();
    profile.mischief = profile::Mischief::default();
    for route in profile.routes.iter_mut().chain([&mut profile.last_route]) {
        route.false_close = None;
    }
    profile
}

fn share(share: f64) -> Share {
    Share::try_from(share).unwrap()
}

fn noon() -> Timestamp {
    "2026-11-23T12:00:00Z".parse().unwrap()
}

/// What a gateway says of an alert.
#[derive(Clone)]
struct Scene {
    alert_id: String,
    code: &'static str,
    seq: u64,
    repeat_count: u32,
    state: &'static str,
}

impl Scene {
    fn new(number: u32, code: &'static str) -> Self {
        let alert_id = format!("01932f10-7a10-7b00-8a00-{number:012}");
        Self { alert_id, code, seq: 0, repeat_count: 0, state: "open" }
    }

    fn alert(&mut self, action: &'static str, verification: Option<(&str, Verdict)>) -> Alert {
        self.seq += 1;
        self.state = match (action, verification) {
            ("open" | "update", _) => "open",
            ("clear", _) => "cleared",
            ("verify", Some((_, Verdict::Passed))) => "verified_clear",
            ("verify", Some((_, Verdict::Failed))) => "verified_present",
            ("verify", Some((_, Verdict::Inconclusive))) => "verify_inconclusive",
            ("close", _) => "closed",
            _ => "verifying",
        };
        let verification = verification.map(|(request, result)| {
            let result = format!("{result:?}").to_lowercase();
            serde_json::json!({ "request_msg_id": request, "result": result })
        });
        let message = serde_json::json!({
            "alert_id": self.alert_id, "seq": self.seq, "action": action, "state": self.state,
            "type": { "code": self.code, "name": "占用消防通道" },
            "times": { "first_seen": "2026-11-23T11:50:00Z", "sent": "2026-11-23T12:00:00Z" },
            "source": { "gateway_id": "gw-1", "device_id": "cam-01" },
            "grid": { "path": [{ "level": "community", "code": "110117001003" }] },
            "geo": { "point": [117.112, 40.144] },
            "dedupe": { "repeat_count": self.repeat_count },
            "routing": { "loop": "street_small", "grade": "clear" },
            "verification": verification,
        });
        Alert::parse(message.to_string().as_bytes()).unwrap()
    }
}

fn gateway() -> Channel {
    Channel::Gateway("cg/v1/110117/001/003/gw-1".to_owned())
}

/// A desk, a clock, and a gateway that answers as it is told.
struct Town {
    desk: Desk,
    now: Timestamp,
    said: Vec<Feedback>,
    /// The newest that the gateway applied, by alert.
    newest: BTreeMap<String, u64>,
}

impl Town {
    fn new(profile: Profile) -> Self {
        let desk = Desk::new(profile);
        Self { desk, now: noon(), said: Vec::new(), newest: BTreeMap::new() }
    }

    fn hear(&mut self, alert: Alert) -> Heard {
        self.desk.hear(alert, gateway(), self.now)
    }

    /// Goes on to the next thing that happens; what was said then. None: nothing will happen.
    fn step(&mut self) -> Option<Vec<Feedback>> {
        let due = self.desk.due_at()?;
        self.now = self.now.max(due);
        let letters = self.desk.wake(self.now);
        for letter in &letters {
            let Feedback { msg_id, seq, alert_id, .. } = letter.feedback.clone();
            let newest = self.newest.entry(alert_id.clone()).or_default();
            let known = self.said.iter().any(|said| said.msg_id == msg_id);
            let result = if known {
                "duplicate"
            } else if seq < *newest {
                "stale"
            } else {
                "applied"
            };
            let result = result.to_owned();
            *newest = seq.max(*newest);
            self.said.push(letter.feedback.clone());
            let answered_at = Some(format!("{} {}", self.now, letter.copy));
            let answer = Answer { msg_id, seq, result, reason: None, answered_at };
            self.desk.answered(&alert_id, &answer);
        }
        let said: Vec<Feedback> = letters.into_iter().map(|letter| letter.feedback).collect();
        Some(said)
    }

    /// Until nothing more happens. The gateway gives its verdicts on requests in turn, the last one
    /// again and again; with none it is silent. After a failed one that is not the last, the scene is
    /// cleared.
    fn play(&mut self, scene: &mut Scene, verdicts: &[Verdict]) {
        let mut verdicts = verdicts.iter().copied().peekable();
        let mut last = None;
        for _ in 0..10_000 {
            let Some(said) = self.step() else { return };
            for feedback in said {
                let asks = feedback.verify.as_ref().is_some_and(|verify| verify.mode == "auto");
                if !asks {
                    continue;
                }
                last = verdicts.next().or(last);
                if let Some(verdict) = last {
                    self.now += Duration::from_secs(240);
                    let alert = scene.alert("verify", Some((&feedback.msg_id, verdict)));
                    self.hear(alert);
                }
                if last == Some(Verdict::Failed) && verdicts.peek().is_some() {
                    let cleared = scene.alert("clear", None); // now somebody does it
                    self.hear(cleared);
                }
            }
        }
        panic!("the case never ends");
    }

    fn story(&self) -> String {
        let lines = self.said.iter().map(|said| {
            let event = serde_json::to_string(&said.event).unwrap();
            let stage = said.case.stage_name.as_deref().unwrap_or("-");
            let minutes = said.time.duration_since(noon()).as_mins();
            format!("{:<16} {stage} after {minutes} min\n", event.trim_matches('"'))
        });
        lines.collect()
    }
}
