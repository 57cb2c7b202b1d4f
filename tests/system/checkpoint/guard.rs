//! Nobody guards a checkpoint: as its camera sees, and as nobody signs in.

use std::time::Duration;

use hw_sim::door::{Happening, What};

use super::{CHECKPOINT, begin_as, count, only};
use crate::house::half_machine;
use crate::street::{Play, Setting, check_payloads, expect};

const UNATTENDED: &str = "checkpoint_unattended";

const SIGN_IN_TOML: &str = r#"name = "东门卡口"
doors = ["door-1/gate"]
duty_roles = ["门岗"]
place = { longitude = 117.1131, latitude = 40.1441, accuracy_metres = 5.0 }

[duty]
hours = ["Mon-Sun 00:00-24:00"]
sign_in = ["door-1/gate"]

[[rule]]
type = "checkpoint_unattended"
kind = "unattended"
sign_in_secs = 8
clear_after_secs = 2
"#;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_who_signs_in_is_told_until_somebody_does() {
    let setting = Setting::new(&[]);
    let door = begin_as(&setting.settings.config, SIGN_IN_TOML).await;
    setting
        .play(async |play| {
            play.until_heard("nobody is there", |journal| count(journal, UNATTENDED, "open") == 1)
                .await?;
            let alert = only(play, UNATTENDED, "open")?;
            let told = alert["description"].as_str().unwrap_or_default();
            let is_whole = told.contains("门岗") && alert["source"]["device_id"] == CHECKPOINT;
            expect(is_whole, &format!("it says who is missed, and where: {alert:#}"))?;
            // A refused card is no sign-in.
            door.happens(Happening::new(1, What::Denied));
            play.go_on(Duration::from_secs(4)).await?;
            expect(count(play.journal(), UNATTENDED, "clear") == 0, "nobody has signed in")?;
            door.happens(Happening::new(1, What::Granted));
            play.until_heard("he is there", |journal| count(journal, UNATTENDED, "clear") == 1)
                .await?;
            check_payloads(&play.journal().receipts())?;
            Ok([])
        })
        .await;
}

const SEEN_TOML: &str = r#"name = "东门卡口"
doors = ["door-1/gate"]
camera = "cam-01"
zone = "post"
place = { longitude = 117.1131, latitude = 40.1441, accuracy_metres = 5.0 }

[duty]
hours = ["Mon-Sun 00:00-24:00"]
sign_in = ["door-1/gate"]

[[rule]]
type = "checkpoint_unattended"
kind = "unattended"
by = "either"
sign_in_secs = 86400
"#;

/// The guard leaves at 14 s of the clip, which the camera's rule tolerates for 10 s.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_guard_whom_the_camera_sees_leave_is_told_by_the_checkpoint_alone() {
    let _beside_one = half_machine().await;
    let setting = Setting::of("absence", &["cam-01.toml"]);
    let silent = "type = \"checkpoint_unattended\"\nkind = \"absence\"";
    setting.rewrite("cam-01.toml", ("type = \"other\"\nkind = \"absence\"", silent));
    let door = begin_as(&setting.settings.config, SEEN_TOML).await;
    setting
        .play(async |play: &mut Play| {
            // The day's sign-ins are no matter: `either` is enough.
            door.happens(Happening::new(1, What::Granted));
            play.until_heard("nobody is seen", |journal| count(journal, UNATTENDED, "open") == 1)
                .await?;
            let alert = only(play, UNATTENDED, "open")?;
            expect(alert["source"]["device_id"] == CHECKPOINT, &format!("{alert:#}"))?;
            expect(alert["geo"]["point"][0] == 117.1131, "at the checkpoint's place")?;
            let others = play.journal().receipts().len();
            expect(others == 1, "the camera's rule raises no alert of its own")?;
            check_payloads(&play.journal().receipts())?;
            Ok([])
        })
        .await;
}
