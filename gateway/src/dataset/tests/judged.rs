//! What the case system's words come to.

use incident::casefile::CaseFeedback;
use serde_json::json;

use crate::dataset::judgement::Judgement;

/// Events in the order of their `seq`, some with a reason behind a slash.
fn judged(story: &str) -> String {
    let feedback = (1..).zip(story.split_whitespace()).map(|(seq, word)| {
        let (event, reason) = word.split_once('/').unwrap_or((word, ""));
        let mut message = json!({
            "spec": "cg.case/1", "msg_id": format!("01932f30-0000-7d00-8a00-{seq:012x}"),
            "alert_id": super::id(1), "seq": seq, "time": format!("2026-11-22T09:{seq:02}:00Z"),
            "event": event, "case": { "system": "casesim" },
        });
        match reason {
            "" => {}
            "right" => message["label"] = json!({ "correct": true }),
            "not_right" => message["label"] = json!({ "correct": false }),
            code => message["reason"] = json!({ "code": code }),
        }
        CaseFeedback::parse(message.to_string().as_bytes()).unwrap()
    });
    let feedback: Vec<CaseFeedback> = feedback.collect();
    Judgement::of_case(&feedback).map_or("-".to_owned(), |it| {
        let fault =
            if it.label.is_positive() { String::new() } else { format!(" {:?}", it.fault()) };
        format!("{:?} {:?} {}{fault}", it.label, it.source, it.at.get(14..16).unwrap())
    })
}

#[test]
fn a_label_follows_what_was_said_last() {
    let table = [
        ("", "-"),
        ("received", "-"),
        ("received rejected/out_of_scope", "-"),
        ("received accepted", "Confirmed CaseStage 02"),
        ("accepted dispatched handled closed evaluated", "Confirmed CaseStage 03"),
        ("accepted cancelled", "-"),
        ("accepted merged", "-"),
        // Closed after a look that found no offence.
        ("accepted dispatched closed/not_a_violation", "-"),
        ("closed", "-"),
        ("evaluated/right", "Confirmed CaseLabel 01"),
        ("accepted evaluated/right handled", "Confirmed CaseLabel 02"),
        ("evaluated/right evaluated/not_right", "Wrong CaseLabel 02 Unsaid"),
        ("false_alarm", "FalseAlarm CaseEvent 01 Unsaid"),
        ("accepted false_alarm/wrong_object closed", "FalseAlarm CaseEvent 02 Object"),
        ("false_alarm/permitted_activity", "FalseAlarm CaseEvent 01 Judgement"),
        // Taken back: work on the case went on.
        ("false_alarm handling", "Confirmed CaseStage 02"),
        ("false_alarm/not_a_violation handling", "-"),
        ("false_alarm rejected", "FalseAlarm CaseEvent 01 Unsaid"),
    ];
    for (story, expected) in table {
        assert_eq!(judged(story), expected, "{story}");
    }
}
