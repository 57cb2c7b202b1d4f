//! Title and description of an alert, for people.

use super::field::{MAX_DESCRIPTION, MAX_TITLE, cut};
use crate::alert::action::{Action, CloseReason, State};
use crate::alert::content::Alert;
use crate::alert::witness::CameraWitness;

pub(super) fn title(alert: &Alert) -> String {
    let suffix = match alert.state {
        State::Open => "",
        State::Cleared => "（已消除）",
        State::Verifying => "（核查中）",
        State::VerifiedClear => "（核查通过）",
        State::VerifiedPresent => "（核查未通过）",
        State::VerifyInconclusive => "（待人工核查）",
        State::Closed => "（已关闭）",
    };
    cut(&format!("{}{suffix}", alert.incident.name), MAX_TITLE)
}

pub(super) fn description(alert: &Alert) -> String {
    let place = alert.camera.place.address().unwrap_or(alert.camera.camera_id.as_str());
    let suffix = match (alert.action, alert.state) {
        (Action::Close(reason), _) => over(reason),
        (_, State::Open) => "",
        (_, State::Cleared | State::Closed) => "，现已消除",
        (_, State::Verifying) => "，正在核查",
        (_, State::VerifiedClear) => "，经核查已消除",
        (_, State::VerifiedPresent) => "，经核查仍存在",
        (_, State::VerifyInconclusive) => "，无法自动核查，请人工核查",
    };
    let seen = alert.witness.as_ref().map(CameraWitness::words).unwrap_or_default();
    cut(&format!("{place}：{}{suffix}{seen}", alert.description), MAX_DESCRIPTION)
}

const fn over(reason: CloseReason) -> &'static str {
    match reason {
        CloseReason::SelfCleared => "，现已消除",
        CloseReason::Cancelled => "，监测规则已取消",
        CloseReason::CaseClosed => "，案件已结案",
        CloseReason::FalseAlarm => "，经认定为误报",
        CloseReason::Merged => "，已并入其他告警",
        CloseReason::CaseCancelled => "，案件已撤销",
        CloseReason::Expired => "，案件逾期未结",
    }
}
