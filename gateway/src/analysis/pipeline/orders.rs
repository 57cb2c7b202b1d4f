//! Carries out what the case system, people and the clock ask of a camera.

use std::time::Instant;

use incident::IncidentEvent;
use scene::CaptureTime;

use super::camera_pipeline::CameraPipeline;
use crate::analysis::alert_recorder::{AlertRecorder, RecordError};
use crate::camera_order::CameraOrder;

/// What the alert says of a camera that is shut out. Its status says the same in English.
const SHUT_OUT: &str = "该摄像机发来的数据反复导致读取程序异常退出，现已与其他摄像机隔离，系统会自动重试；\
                        请检查摄像机并升级其固件，或改用兼容方式接入（client = \"compatible\"）";

impl CameraPipeline {
    /// Carries out `order`. Answers whether it is done.
    ///
    /// # Errors
    /// As [`AlertRecorder::commit`].
    pub(crate) fn carry_out(
        &mut self,
        order: &CameraOrder<'_>,
        recorder: &AlertRecorder,
    ) -> Result<bool, RecordError> {
        let now = self.now();
        match *order {
            CameraOrder::FollowCase { alert_id, dedupe_key, file } => {
                let events = self.assessor.follow_case((alert_id, dedupe_key), file, now);
                let is_silent = events.is_empty();
                self.tell(events, recorder)?;
                // A late false alarm has nothing to tell, but mutes.
                if is_silent {
                    self.settle(recorder)?;
                }
                Ok(true)
            }
            CameraOrder::CheckNow { alert_id, msg_id } => {
                let Some(events) = self.assessor.check_now(alert_id, msg_id, now) else {
                    return Ok(false);
                };
                let is_silent = events.is_empty();
                self.tell(events, recorder)?;
                if is_silent {
                    self.settle(recorder)?;
                }
                Ok(true)
            }
            CameraOrder::Mute { target, lasts } => {
                let choose = |rule: &str, _: &str, key: &str| target.means(rule, key);
                let muted = self.assessor.mute(choose, now, lasts);
                if muted > 0 {
                    // Who asked is told that it is done. So it must be kept, and with it what waits
                    // for a picture.
                    self.settle(recorder)?;
                }
                Ok(muted > 0)
            }
            // Whoever gave the order has left it already, perhaps while another picture was under way.
            CameraOrder::Snapshot(_) => {
                self.follow_demand();
                Ok(true)
            }
            CameraOrder::PassTime => {
                let mut events = self.assessor.pass_time(now);
                if self.progress.was_shut_out() {
                    events.extend(self.assessor.report_outage(SHUT_OUT, now));
                }
                self.tell(events, recorder)?;
                Ok(true)
            }
        }
    }

    /// The time as the camera's pictures tell it: that of the latest, and what has passed since.
    /// The camera's clock need not be the gateway's.
    fn now(&self) -> CaptureTime {
        let (at, read_at) = self.camera_clock;
        at.after(Instant::now().duration_since(read_at))
    }

    /// Commits `events`. What waits for a picture goes before them, or waits on.
    fn tell(
        &mut self,
        events: Vec<IncidentEvent>,
        recorder: &AlertRecorder,
    ) -> Result<(), RecordError> {
        if !events.is_empty() || self.held_back.is_overdue() {
            self.record(events, recorder)?;
        }
        self.follow_demand();
        Ok(())
    }
}
