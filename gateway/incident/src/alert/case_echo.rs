//! What the case system last said of an alert. The alert's messages repeat it.

use serde::{Deserialize, Serialize};

use rule::Slug;

/// The case of an alert, as far as the gateway knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseEcho {
    /// The case system, if its name fits a message.
    pub system: Option<Slug>,
    /// Its record of the case, at most 64 characters.
    pub rec_id: Option<String>,
    /// Its number of the task, at most 64 characters.
    pub task_num: Option<String>,
    /// How far the case has come.
    pub stage: CaseStage,
    /// What the city calls that step, e.g. `指挥派遣`; at most 32 characters.
    pub stage_name: Option<String>,
    /// Sequence number of the newest feedback heard.
    pub feedback_seq: u64,
}

/// How far a case has come. The words fit processes of any number of steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
#[expect(missing_docs, reason = "the names are the wire's own words")]
pub enum CaseStage {
    #[default]
    None,
    Received,
    Accepted,
    Rejected,
    FalseAlarm,
    Merged,
    Dispatched,
    Signed,
    Handling,
    Returned,
    Postponed,
    Handled,
    VerifyRequested,
    Verified,
    Closed,
    Reopened,
    Cancelled,
}
