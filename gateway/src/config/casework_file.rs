//! `[casework]` of `gateway.toml` as it is written: every key, its range, its default.

use incident::CaseSettings;
use schemars::JsonSchema;
use serde::Deserialize;

use super::span::in_secs;
use crate::casework::{DESK_BYTES, LabelStore};

/// How alerts follow their cases.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct CaseworkTable {
    /// A cleared alert whose case is never closed (结案) is closed after this long without news of it.
    #[schemars(range(min = 3_600, max = 31_536_000))]
    pub(crate) case_patience_secs: u32,
    /// A false alarm (误报) keeps its rule and zone from opening another for this long.
    #[schemars(range(min = 0, max = 31_536_000))]
    pub(crate) false_alarm_mute_secs: u32,
    /// From "handled" (处置) to the first look of the re-check (核查), unless the request says
    /// otherwise.
    #[schemars(range(min = 0, max = 3_600))]
    pub(crate) settle_secs: u32,
    /// How long a re-check looks, unless the request says otherwise.
    #[schemars(range(min = 10, max = 86_400))]
    pub(crate) window_secs: u32,
    /// Pictures without which a re-check says nothing, unless the request says otherwise.
    #[schemars(range(min = 3, max = 200))]
    pub(crate) min_samples: u32,
    /// How long after each failed re-check to look again; then no more.
    #[schemars(length(max = 10), inner(range(min = 1, max = 86_400)))]
    pub(crate) repeat_after_secs: Vec<u32>,
    /// How much room the labels of alerts may take, with their pictures and observations, for later
    /// training; the oldest go first.
    #[schemars(range(min = 10_485_760u64, max = 1_099_511_627_776u64))]
    pub(crate) label_max_bytes: u64,
    /// How much room feedback and commands of the case centre may take in the ledger. Beyond it they
    /// are refused; alerts and evidence never make room for them.
    #[schemars(range(min = 10_485_760u64, max = 1_099_511_627_776u64))]
    pub(crate) desk_max_bytes: u64,
}

impl Default for CaseworkTable {
    fn default() -> Self {
        let CaseSettings { case_patience, false_alarm_mute, recheck } = CaseSettings::default();
        Self {
            case_patience_secs: in_secs(case_patience),
            false_alarm_mute_secs: in_secs(false_alarm_mute),
            settle_secs: in_secs(recheck.settle),
            window_secs: in_secs(recheck.window),
            min_samples: recheck.min_samples,
            repeat_after_secs: recheck.repeat_after.into_iter().map(in_secs).collect(),
            label_max_bytes: LabelStore::MAX_BYTES,
            desk_max_bytes: DESK_BYTES,
        }
    }
}
