//! A case's feedback as a notice.

use jiff::Timestamp;
use jiff::tz::{Offset, TimeZone};
use serde_json::{Value, json};

use super::envelope::CallError;
use crate::centre::event::Event;
use crate::centre::feedback::Feedback;

/// All of China has the same time.
fn zone() -> TimeZone {
    TimeZone::fixed(Offset::constant(8))
}

/// `yyyy-MM-dd HH:mm:ss` in the time of China.
pub(super) fn local_time(at: Timestamp) -> String {
    at.to_zoned(zone()).strftime("%Y-%m-%d %H:%M:%S").to_string()
}

/// Reads a field in the format of [`local_time`].
pub(super) fn read_local_time(field: &str, written: &str) -> Result<Timestamp, CallError> {
    let read = jiff::civil::DateTime::strptime("%Y-%m-%d %H:%M:%S", written)
        .and_then(|local| local.to_zoned(zone()));
    read.map(|at| at.timestamp()).map_err(|_unreadable| CallError::Field {
        field: field.to_owned(),
        fault: format!("`yyyy-MM-dd HH:mm:ss` is expected, not `{written}`"),
    })
}

/// The notice's name and its action. REPORT_NOTICE and DISPOSE_FEEDBACK_NOTICE are eGova's names; the
/// others follow the names of its actions.
fn names(event: Event) -> (&'static str, &'static str) {
    match event {
        Event::Received => ("REPORT_NOTICE", "受理"),
        Event::Accepted => ("REPORT_NOTICE", "立案"),
        Event::Rejected => ("REPORT_NOTICE", "不予立案"),
        Event::FalseAlarm => ("REPORT_NOTICE", "误报"),
        Event::Merged => ("REPORT_NOTICE", "合并"),
        Event::Dispatched => ("DISPATCH_NOTICE", "派遣"),
        Event::Signed => ("SIGN_NOTICE", "签收"),
        Event::Handling => ("DISPOSE_NOTICE", "处置中"),
        Event::Returned => ("ROLLBACK_NOTICE", "回退"),
        Event::Postponed => ("POSTPONE_NOTICE", "延期"),
        Event::Whistle => ("WHISTLE_NOTICE", "吹哨"),
        Event::Handled => ("DISPOSE_FEEDBACK_NOTICE", "处置完成"),
        Event::VerifyRequest => ("CHECK_NOTICE", "核查"),
        Event::Closed => ("ARCHIVE_NOTICE", "结案"),
        Event::Reopened => ("REPORT_NOTICE", "重新立案"),
        Event::Cancelled => ("CANCEL_NOTICE", "作废"),
        Event::Press => ("PRESS_NOTICE", "催办"),
        Event::Supervise => ("SUPERVISE_NOTICE", "督办"),
        Event::EvidenceRequest => ("MEDIA_NOTICE", "补充材料"),
        Event::Evaluated => ("EVALUATE_NOTICE", "考核"),
    }
}

/// `feedback` as a notice.
pub(super) fn notice(feedback: &Feedback) -> Value {
    let (name, action) = names(feedback.event);
    let case = &feedback.case;
    let deadlines = feedback.deadlines.clone().unwrap_or_default();
    let verify = feedback.verify.as_ref();
    json!({
        "noticeId": feedback.msg_id,
        "noticeName": name,
        "caseId": feedback.alert_id,
        "recId": case.rec_id,
        "taskNum": case.task_num,
        "taskDefineName": case.stage_name,
        "actionName": action,
        "actionTime": local_time(feedback.time),
        "unitName": feedback.actor.as_ref().map(|actor| actor.org.clone()),
        "itemContent": feedback.reason.as_ref().and_then(|reason| reason.text),
        "reasonCode": feedback.reason.as_ref().map(|reason| reason.code),
        "signDeadline": deadlines.sign.map(local_time),
        "disposeDeadlineTime": deadlines.handle.map(local_time),
        "checkDeadlineTime": deadlines.verify.map(local_time),
        "checkFlag": verify.map(|verify| verify.mode == "auto"),
        "checkSettleSecs": verify.and_then(|verify| verify.settle_s),
        "checkWindowSecs": verify.and_then(|verify| verify.window_s),
        "checkMinSamples": verify.and_then(|verify| verify.min_samples),
        "mergedCaseId": case.merged_into,
        "whistleLevel": feedback.whistle.as_ref().map(|whistle| whistle.level),
        "whistleUnits": feedback.whistle.as_ref().map(|whistle| whistle.departments.clone()),
    })
}
