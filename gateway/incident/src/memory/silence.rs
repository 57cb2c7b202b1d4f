//! What keeps a rule from opening anything, as JSON.

use std::time::Duration;

use rule::micros;
use scene::CaptureTime;
use serde::{Deserialize, Serialize};

use super::id::uuid;
use crate::lifecycle::history::History;
use crate::lifecycle::silence::{AwaitsClear, FalseAlarm, Mute};

/// Times in microseconds: since when and for how long. The oldest versions wrote none of it.
#[derive(Serialize, Deserialize)]
pub(super) struct SilencesV1 {
    /// By command. Older versions also kept a false alarm here, with its alert.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    mute: Option<(i64, u64, Option<String>)>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    false_alarms: Vec<(String, i64, u64)>,
    /// Older versions did not write which alert it was, nor since when.
    #[serde(default)]
    awaits_clear: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    awaits_clear_of: Option<(String, i64)>,
}

impl SilencesV1 {
    pub(super) fn of(history: &History) -> Self {
        let mute = history.mute;
        let false_alarms = history.false_alarms.iter().map(|known| {
            let Mute { since, lasts } = known.mute;
            (known.alert_id.to_string(), since.unix_micros(), micros(lasts))
        });
        let known = history.awaits_clear;
        Self {
            mute: mute.map(|mute| (mute.since.unix_micros(), micros(mute.lasts), None)),
            false_alarms: false_alarms.collect(),
            awaits_clear: known.is_some(),
            awaits_clear_of: known.map(|it| (it.alert_id.to_string(), it.since.unix_micros())),
        }
    }

    /// Writes it into a history that knows the latest alert; `latest_at` is the latest picture.
    pub(super) fn restore(
        self,
        history: &mut History,
        latest_at: Option<CaptureTime>,
    ) -> Result<(), serde_json::Error> {
        let at = CaptureTime::from_unix_micros;
        let mute = |since, lasts| Mute { since: at(since), lasts: Duration::from_micros(lasts) };
        for (alert_id, since, lasts) in self.false_alarms {
            let alert_id = uuid(&alert_id)?;
            history.false_alarms.push(FalseAlarm { alert_id, mute: mute(since, lasts) });
        }
        match self.mute {
            Some((since, lasts, Some(alert_id))) => {
                let alert_id = uuid(&alert_id)?;
                history.false_alarms.push(FalseAlarm { alert_id, mute: mute(since, lasts) });
            }
            Some((since, lasts, None)) => history.mute = Some(mute(since, lasts)),
            None => {}
        }
        history.awaits_clear = match self.awaits_clear_of {
            Some((alert_id, since)) => {
                Some(AwaitsClear { alert_id: uuid(&alert_id)?, since: at(since) })
            }
            None => history
                .previous_alert_id
                .zip(latest_at)
                .filter(|_| self.awaits_clear)
                .map(|(alert_id, since)| AwaitsClear { alert_id, since }),
        };
        Ok(())
    }
}
