//! What is and is not a fault of the camera, on computed pictures.

pub(crate) mod picture;

use std::time::Duration;

use scene::{CaptureTime, Clock, ClockSource, Observation};

use super::{ViewFault, ViewFaultRule, ViewFaultSettings};
use crate::{KindSettings, Phase, Rule, Verdict, View, Wanted};
use picture::picture;

const INTERVAL: Duration = Duration::from_secs(5);
const START: CaptureTime = CaptureTime::from_unix_micros(1_795_309_800_000_000);

/// One rule that is shown pictures. A script is a list of letters of [`picture`], each with how
/// often; `!` is a restart, `|` a gap of an hour, `<` a clock that steps back by an hour. The answer
/// is one sign a picture: `-` clear, `?` candidate, `*` met.
struct Stage {
    rule: ViewFaultRule,
    now: CaptureTime,
    watched: Duration,
    interval: Duration,
    shown: u32,
    answers: String,
    words: String,
}

impl Stage {
    /// A fault that must last for 30 s; an open incident clears after 20 s.
    fn new(fault: ViewFault) -> Self {
        let settings = ViewFaultSettings { fault, dwell: Duration::from_secs(30) };
        assert_eq!(KindSettings::fault(&settings), None);
        Self {
            rule: ViewFaultRule::new(settings, Duration::from_secs(20)),
            now: START,
            watched: Duration::ZERO,
            interval: INTERVAL,
            shown: 0,
            answers: String::new(),
            words: String::new(),
        }
    }

    fn play(mut self, script: &str) -> Self {
        for token in script.split_whitespace() {
            let (word, number) = token.split_at(1);
            let number: u32 = if number.is_empty() { 1 } else { number.parse().unwrap() };
            match word {
                "!" => self.restart(),
                "|" => self.now = self.now.after(Duration::from_hours(1)),
                "<" => {
                    self.now = self.now.before(Duration::from_hours(1));
                    self.rule.step_back(self.now);
                }
                _ => (0..number).for_each(|_| self.show(word)),
            }
        }
        self
    }

    fn restart(&mut self) {
        let memory = self.rule.memory().unwrap().to_string();
        self.rule = ViewFaultRule::new(self.rule.settings.clone(), self.rule.clear_after);
        assert!(self.rule.restore(&serde_json::from_str(&memory).unwrap()));
    }

    fn show(&mut self, word: &str) {
        // Eight different pictures of each kind, in turn.
        self.shown = (self.shown + 1) % 8;
        let observation = Observation {
            captured_at: self.now,
            clock: Clock { source: ClockSource::SenderReport, error_ms: None },
            detections: Vec::new(),
            appearance: picture(word, self.shown),
            standing: Vec::new(),
            crops: Vec::new(),
        };
        let (watched, observation) = (self.watched, &observation);
        let verdict = self.rule.assess(&View {
            watched,
            previous_at: None,
            observation,
            tracks: &[],
            standing: None,
            ground: None,
        });
        self.answers.push(match &verdict {
            Verdict::Clear => '-',
            Verdict::Candidate => '?',
            Verdict::Unknown => '~',
            Verdict::Met(_) => '*',
        });
        if let Verdict::Met(finding) = verdict {
            assert!(finding.subjects.is_empty());
            let dwell = finding.dwell.as_secs();
            let text = self.rule.describe(&finding);
            let (shown, total) = (finding.pictures_positive, finding.pictures_total);
            self.words = format!("{text}: {dwell}s, {shown}/{total}, {:.2}", finding.confidence);
        }
        self.now = self.now.after(self.interval);
        self.watched += self.interval;
    }
}

/// What follows the first `skip` pictures of a script.
fn answers(fault: ViewFault, script: &str, skip: usize) -> String {
    Stage::new(fault).play(script).answers.split_off(skip)
}

/// Pictures in which a sound view is learned.
const LEARN: &str = "s30";

#[test]
fn covered_and_dark_and_frozen_are_told_from_the_first_picture_on() {
    for (fault, script) in
        [(ViewFault::Covered, "c8"), (ViewFault::Dark, "d8"), (ViewFault::Frozen, "f8")]
    {
        let first = if fault == ViewFault::Frozen { '-' } else { '?' };
        assert_eq!(answers(fault, script, 0), format!("{first}?????**"), "{fault:?}");
    }
}

#[test]
fn turned_and_blurred_are_told_from_what_was_learned() {
    for (fault, letter) in
        [(ViewFault::Turned, "t"), (ViewFault::Turned, "v"), (ViewFault::Blurred, "b")]
    {
        assert_eq!(answers(fault, &format!("{LEARN} {letter}8"), 30), "??????**", "{letter}");
        assert_eq!(answers(fault, &format!("{letter}20"), 0), "-".repeat(20), "{letter}");
    }
}

#[test]
fn no_fault_is_taken_for_another_and_a_sound_view_for_none() {
    use ViewFault::{Blurred, Covered, Dark, Frozen, Turned};
    for fault in [Covered, Turned, Blurred, Dark, Frozen] {
        for (letter, of) in [
            ("s", None),
            ("i", None),
            ("g", None),
            ("m", None),
            ("c", Some(Covered)),
            ("t", Some(Turned)),
            ("v", Some(Turned)),
            ("b", Some(Blurred)),
            ("d", Some(Dark)),
            ("f", Some(Frozen)),
        ] {
            let found = answers(fault, &format!("{LEARN} {letter}12"), 30).contains('*');
            assert_eq!(found, of == Some(fault), "{letter} as {fault:?}");
        }
    }
}

#[test]
fn night_and_day_with_infrared_lamps_never_turn_the_camera() {
    let script = format!("{LEARN} {}", "i60 s60 ".repeat(4));
    assert_eq!(answers(ViewFault::Turned, &script, 0), "-".repeat(30 + 480));
}

#[test]
fn a_strange_view_is_never_learned() {
    for (fault, letter) in [(ViewFault::Turned, "t"), (ViewFault::Blurred, "b")] {
        let found = answers(fault, &format!("{LEARN} {letter}300 s7 {letter}7"), 330);
        assert_eq!(found, "????---??????*", "{fault:?}");
    }
}

#[test]
fn a_strange_view_is_accepted_after_a_day() {
    let hours = |hours| Duration::from_hours(hours);
    let mut stage = Stage::new(ViewFault::Turned).play(LEARN).play("t");
    stage.watched += hours(23);
    let mut stage = stage.play("t8");
    assert!(stage.answers.ends_with('*'), "{}", stage.answers);
    stage.watched += hours(1);
    let stage = stage.play("t40");
    assert!(stage.answers.ends_with("----------"), "accepted: {}", stage.answers);
    let stage = stage.play("s8");
    assert!(stage.answers.ends_with('*'), "now the old view is strange: {}", stage.answers);
}

#[test]
fn a_view_that_comes_back_in_between_is_not_given_up() {
    let mut stage = Stage::new(ViewFault::Turned).play(LEARN).play("t");
    stage.watched += Duration::from_hours(23);
    let mut stage = stage.play("t s");
    stage.watched += Duration::from_hours(2);
    assert!(stage.play("t40").answers.ends_with('*'));
}

#[test]
fn a_single_sound_picture_is_tolerated_and_a_single_faulty_one_forgotten() {
    let mut stage = Stage::new(ViewFault::Covered);
    stage.interval = Duration::from_secs(3);
    let stage = stage.play("c5 s c5");
    assert_eq!(stage.answers, "??????????*");
    assert_eq!(stage.words, "镜头被遮挡超过30秒: 30s, 10/11, 0.91");
    assert_eq!(answers(ViewFault::Covered, "s c s4", 0), "-??---");
    assert_eq!(answers(ViewFault::Frozen, "s f f s3", 0), "--??--");
}

#[test]
fn it_clears_when_the_fault_is_gone() {
    assert_eq!(answers(ViewFault::Covered, "c7 s6", 0), "??????*????--");
}

#[test]
fn a_picture_that_cannot_be_looked_at_says_nothing() {
    assert_eq!(answers(ViewFault::Covered, ". c4 .", 0), "-?????");
    assert_eq!(answers(ViewFault::Frozen, "f3 . f4", 0), "-?????**");
}

#[test]
fn a_restart_a_gap_and_a_step_back_cost_nothing() {
    for pause in ["!", "|", "<", "! |", "! <"] {
        assert_eq!(answers(ViewFault::Dark, &format!("d4 {pause} d3"), 0), "??????*", "{pause}");
        assert_eq!(answers(ViewFault::Frozen, &format!("f4 {pause} f3"), 0), "-?????*", "{pause}");
        let turned = format!("s15 {pause} s15 {pause} t4 {pause} t3");
        assert_eq!(answers(ViewFault::Turned, &turned, 30), "??????*", "{pause}");
        let blurred = format!("{LEARN} {pause} b4 {pause} b3");
        assert_eq!(answers(ViewFault::Blurred, &blurred, 30), "??????*", "{pause}");
    }
}

#[test]
fn the_memory_of_another_fault_is_not_taken() {
    let covered = Stage::new(ViewFault::Covered).play("c4");
    let memory = covered.rule.memory().unwrap();
    let mut dark = Stage::new(ViewFault::Dark).play("d4");
    assert!(!dark.rule.restore(&memory));
    assert_eq!(dark.play("d3").answers, "???????", "it starts with no memory");
    assert!(memory.to_string().len() < 8_000, "{}", memory.to_string().len());
}

#[test]
fn a_memory_under_the_kind_s_former_name_is_taken() {
    let stage = Stage::new(ViewFault::Covered).play("c4");
    let memory = stage.rule.memory().unwrap().to_string();
    let former = memory.replace("\"view_fault\":", "\"scene\":");
    assert!(former != memory && former.contains("\"fault\":\"covered\""), "{former}");
    let mut later = Stage::new(ViewFault::Covered);
    (later.now, later.watched) = (stage.now, stage.watched);
    assert!(later.rule.restore(&serde_json::from_str(&former).unwrap()));
    assert_eq!(later.play("c3").answers, "??*");
}

#[test]
fn it_says_what_is_wrong_and_how_sure_it_is() {
    use ViewFault::{Blurred, Covered, Dark, Frozen, Turned};
    let words: Vec<String> = [(Covered, "c7"), (Dark, "d7"), (Frozen, "f7")]
        .into_iter()
        .chain([(Turned, "s30 t7"), (Blurred, "s30 b7")])
        .map(|(fault, script)| Stage::new(fault).play(script).words)
        .collect();
    assert_eq!(
        words,
        [
            "镜头被遮挡超过30秒: 30s, 7/7, 1.00",
            "画面过暗超过30秒: 30s, 7/7, 1.00",
            "画面冻结超过30秒: 30s, 7/7, 1.00",
            "镜头偏离原监控画面超过30秒: 30s, 7/7, 1.00",
            "画面模糊超过30秒: 30s, 7/7, 1.00",
        ]
    );
}

#[test]
fn it_says_what_it_must_be_shown() {
    let settings = ViewFaultSettings::new(ViewFault::Covered);
    assert!(settings.needs_appearance());
    assert_eq!(KindSettings::classes(&settings), Wanted::Only(Vec::new()));
    assert_eq!(settings.dwell, Duration::from_secs(60));
    let rule = ViewFaultRule::new(settings, Duration::from_secs(60));
    assert_eq!(rule.sampling(Phase::Idle).interval, Duration::from_secs(5));
    let hasty =
        ViewFaultSettings { dwell: Duration::ZERO, ..ViewFaultSettings::new(ViewFault::Dark) };
    assert_eq!(KindSettings::fault(&hasty).map(|(setting, _)| setting), Some("dwell"));
}
