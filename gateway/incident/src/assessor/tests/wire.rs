//! Every word that a message can say is one of the schema's.

use serde_json::Value;
use uuid::Uuid;

use super::script::{Stage, published, slug, standing};
use crate::alert::{
    Action, Alert, CaseEcho, CaseStage, CloseReason, State, Verification, VerificationMode,
    VerificationReason, VerificationResult,
};

const CLOSE_REASONS: [CloseReason; 7] = [
    CloseReason::SelfCleared,
    CloseReason::Cancelled,
    CloseReason::CaseClosed,
    CloseReason::FalseAlarm,
    CloseReason::Merged,
    CloseReason::CaseCancelled,
    CloseReason::Expired,
];

fn cleared() -> Alert {
    let mut stage = Stage::new(vec![standing()]);
    stage.play("A7 .8");
    let alert = stage.messages.pop().unwrap();
    assert_eq!(alert.state, State::Cleared);
    alert
}

fn valid(alert: &Alert) -> Value {
    let json = serde_json::from_str(&alert.to_json(alert.times.last_seen_at).unwrap()).unwrap();
    if let Err(fault) = published().check(&json) {
        panic!("{fault}\n{json:#}");
    }
    json
}

fn echo(stage: CaseStage) -> CaseEcho {
    CaseEcho {
        system: Some(slug("sim-city")),
        rec_id: Some("20261122-0007".to_owned()),
        task_num: None,
        stage,
        stage_name: Some("指挥派遣".to_owned()),
        feedback_seq: 3,
    }
}

#[test]
fn every_close_reason_is_in_the_schema() {
    for reason in CLOSE_REASONS {
        let mut alert = cleared();
        (alert.action, alert.state) = (Action::Close(reason), State::Closed);
        alert.times.closed_at = Some(alert.times.last_seen_at);
        alert.dedupe.merged_into = (reason == CloseReason::Merged).then_some(alert.msg_id);
        assert_eq!(valid(&alert)["close_reason"], reason.as_str());
    }
}

#[test]
fn every_stage_is_in_the_schema_and_the_city_s_name_for_it_goes_beside() {
    let stages: Vec<CaseStage> = {
        let schema: Value = serde_json::from_str(crate::alert::schema::ALERT_V1).unwrap();
        let listed = &schema["properties"]["case"]["properties"]["stage"]["enum"];
        serde_json::from_value(listed.clone()).unwrap()
    };
    for stage in stages {
        let mut alert = cleared();
        alert.case = Some(echo(stage));
        let message = valid(&alert);
        assert_eq!(message["case"]["stage"], serde_json::to_value(stage).unwrap());
        assert_eq!(message["ext"]["stage_name"], "指挥派遣");
    }
}

#[test]
fn every_verdict_is_in_the_schema() {
    let reasons = [
        VerificationReason::SceneClear,
        VerificationReason::StillPresent,
        VerificationReason::SimilarObjectPresent,
        VerificationReason::LowLight,
        VerificationReason::Occluded,
        VerificationReason::CameraMoved,
        VerificationReason::CameraOffline,
        VerificationReason::TooFewSamples,
    ];
    for reason in reasons.map(Some).into_iter().chain([None]) {
        for (state, result) in [
            (State::VerifiedClear, VerificationResult::Passed),
            (State::VerifiedPresent, VerificationResult::Failed),
            (State::VerifyInconclusive, VerificationResult::Inconclusive),
        ] {
            let mut alert = cleared();
            (alert.action, alert.state) = (Action::Verify, state);
            alert.verification = Some(Verification {
                request_msg_id: Uuid::try_parse("01937c1a-5b2e-7abc-8def-0123456789ab").unwrap(),
                mode: VerificationMode::Auto,
                round: 1,
                result,
                reason,
                started_at: alert.times.first_seen_at,
                finished_at: alert.times.last_seen_at,
                samples: 12,
                positive_samples: 0,
                scene_match: Some(0.93),
                next_check_at: Some(alert.times.last_seen_at),
            });
            valid(&alert);
        }
    }
}
