//! What the tests of the centre share: profiles, a gateway's alerts, and a register with a clock that
//! the test moves.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;

use crate::centre::alert::{Alert, Verdict};
use crate::centre::chance::Share;
use crate::centre::channel::Channel;
use crate::centre::feedback::{Answer, Feedback};
use crate::centre::profile::{Fate, Mischief, Profile};
use crate::centre::register::{AlertOutcome, CaseRegister};

pub(super) const PROFILES: [&str; 6] =
    ["s0-joint-teams", "s1-smart-street", "s2-five-steps", "s3-five-levels", "s4-whistle", "demo"];

pub(super) fn profile_path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("centre").join(format!("{name}.toml"))
}

pub(super) fn profile(name: &str) -> Profile {
    Profile::load(&profile_path(name)).unwrap_or_else(|error| panic!("{error}"))
}

/// The same city on a day when nothing goes wrong.
pub(super) fn calm(name: &str) -> Profile {
    let mut profile = profile(name);
    profile.fate = Fate::default();
    profile.mischief = Mischief::default();
    for route in profile.routes.iter_mut().chain([&mut profile.last_route]) {
        route.false_close = None;
    }
    profile
}

pub(super) fn share(share: f64) -> Share {
    Share::try_from(share).unwrap()
}

pub(super) fn noon() -> Timestamp {
    "2026-11-23T12:00:00Z".parse().unwrap()
}

/// What a gateway sends about an alert.
#[derive(Clone)]
pub(super) struct Scene {
    pub(super) alert_id: String,
    code: &'static str,
    seq: u64,
    pub(super) repeat_count: u32,
    pub(super) state: &'static str,
}

impl Scene {
    pub(super) fn new(number: u32, code: &'static str) -> Self {
        let alert_id = format!("01932f10-7a10-7b00-8a00-{number:012}");
        Self { alert_id, code, seq: 0, repeat_count: 0, state: "open" }
    }

    pub(super) fn alert(
        &mut self,
        action: &'static str,
        verification: Option<(&str, Verdict)>,
    ) -> Alert {
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

pub(super) fn gateway() -> Channel {
    Channel::Gateway("cg/v1/110117/001/003/gw-1".to_owned())
}

/// A register, a clock, and a gateway that answers as it is told.
pub(super) struct Town {
    pub(super) register: CaseRegister,
    pub(super) now: Timestamp,
    pub(super) sent: Vec<Feedback>,
    /// The newest that the gateway applied, by alert.
    newest: BTreeMap<String, u64>,
}

impl Town {
    pub(super) fn new(profile: Profile) -> Self {
        let register = CaseRegister::new(profile);
        Self { register, now: noon(), sent: Vec::new(), newest: BTreeMap::new() }
    }

    pub(super) fn take_alert(&mut self, alert: Alert) -> AlertOutcome {
        self.register.take_alert(alert, gateway(), self.now)
    }

    /// Goes on to the next thing that happens, and returns what was sent then; `None` if nothing more
    /// will happen.
    pub(super) fn step(&mut self) -> Option<Vec<Feedback>> {
        let due = self.register.due_at()?;
        self.now = self.now.max(due);
        let messages = self.register.advance(self.now);
        for message in &messages {
            let Feedback { msg_id, seq, alert_id, .. } = message.feedback.clone();
            let newest = self.newest.entry(alert_id.clone()).or_default();
            let known = self.sent.iter().any(|sent| sent.msg_id == msg_id);
            let result = if known {
                "duplicate"
            } else if seq < *newest {
                "stale"
            } else {
                "applied"
            };
            let result = result.to_owned();
            *newest = seq.max(*newest);
            self.sent.push(message.feedback.clone());
            let answered_at = Some(format!("{} {}", self.now, message.copy));
            let answer = Answer { msg_id, seq, result, reason: None, answered_at };
            self.register.take_answer(&alert_id, &answer);
        }
        Some(messages.into_iter().map(|message| message.feedback).collect())
    }

    /// Plays until nothing more happens. The gateway answers each request with the next verdict, and
    /// repeats the last one; without verdicts it is silent. After a failed verdict that is not the last,
    /// the scene is cleared.
    pub(super) fn play(&mut self, scene: &mut Scene, verdicts: &[Verdict]) {
        let mut verdicts = verdicts.iter().copied().peekable();
        let mut last = None;
        for _ in 0..10_000 {
            let Some(sent) = self.step() else { return };
            for feedback in sent {
                let asks = feedback.verify.as_ref().is_some_and(|verify| verify.mode == "auto");
                if !asks {
                    continue;
                }
                last = verdicts.next().or(last);
                if let Some(verdict) = last {
                    self.now += Duration::from_secs(240);
                    let alert = scene.alert("verify", Some((&feedback.msg_id, verdict)));
                    self.take_alert(alert);
                }
                if last == Some(Verdict::Failed) && verdicts.peek().is_some() {
                    let cleared = scene.alert("clear", None); // now somebody removes it
                    self.take_alert(cleared);
                }
            }
        }
        panic!("the case never ends");
    }

    pub(super) fn story(&self) -> String {
        let lines = self.sent.iter().map(|sent| {
            let event = serde_json::to_string(&sent.event).unwrap();
            let stage = sent.case.stage_name.as_deref().unwrap_or("-");
            let minutes = sent.time.duration_since(noon()).as_mins();
            format!("{:<16} {stage} after {minutes} min\n", event.trim_matches('"'))
        });
        lines.collect()
    }
}
