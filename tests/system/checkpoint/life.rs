//! A checkpoint through edits and kills: what its door says meanwhile counts once.

use std::fs;
use std::path::Path;
use std::time::Duration;

use hw_sim::door::{DoorController, Happening, What};
use hw_sim::judge::ConfigNews;
use rusqlite::Connection;

use super::{
    CAMERA, CHECKPOINT, CHECKPOINT_TOML, DOOR, SCENARIO, TAILGATING, begin_as, count, only,
};
use crate::house::whole_machine;
use crate::street::{Play, Setting, expect, plain};

const UNATTENDED: &str = "checkpoint_unattended";

const DUTY_TOML: &str = r#"name = "东门卡口"
doors = ["door-1/gate"]
place = { longitude = 117.1131, latitude = 40.1441, accuracy_metres = 5.0 }

[duty]
hours = ["Mon-Sun 00:00-24:00"]
sign_in = ["door-1/gate"]

[[rule]]
type = "checkpoint_unattended"
kind = "unattended"
sign_in_secs = 5
"#;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn edits_of_checkpoint_and_door_lose_nothing_of_what_the_door_says_meanwhile() {
    let setting = Setting::new(&[]);
    let config = setting.settings.config.clone();
    let door = begin_as(&config, DUTY_TOML).await;
    setting.play(async |play| edit(play, &door, &config).await).await;
}

async fn edit(
    play: &mut Play,
    door: &DoorController,
    config: &Path,
) -> Result<[&'static str; 1], String> {
    play.until_heard("nobody has signed in", |journal| count(journal, UNATTENDED, "open") == 1)
        .await?;
    let attaches = door.attaches();
    let mut said = 0_u32;
    let mut seconds = tokio::time::interval(Duration::from_millis(100));
    let rush = async {
        loop {
            seconds.tick().await;
            door.happens(Happening::new(1, What::Denied));
            said += 1;
        }
    };
    // Every tenth of a second somebody is refused, all through the edits.
    let edited = tokio::select! {
        edited = edit_files(play, config) => edited,
        () = rush => Err("it never ends".to_owned()),
    };
    edited?;
    let heard = format!("gridwhistle_device_messages_total{{device=\"{DOOR}\",fate=\"signal\"}}");
    play.until_page("all that the door said is heard", async |page| {
        page.metric(&heard).await.is_ok_and(|count| count > f64::from(said) - 0.5)
    })
    .await?;
    let count = play.page.metric(&heard).await?;
    expect(count < f64::from(said) + 0.5, &format!("{count} of {said}: each once"))?;
    expect(door.attaches() == attaches, "its connection goes on")?;
    Ok(["configuration refused"])
}

async fn edit_files(play: &mut Play, config: &Path) -> Result<(), String> {
    let (folder, device) =
        (config.join("checkpoints"), config.join(format!("devices/{DOOR}.toml")));
    let file = folder.join(format!("{CHECKPOINT}.toml"));
    let write = |path: &Path, text: &str| fs::write(path, text).map_err(|error| error.to_string());

    write(&file, &DUTY_TOML.replace("doors = [\"door-1/gate\"]", "doors = [\"door-9/gate\"]"))?;
    let news = next_news(play).await?;
    let says = |fault: &String| fault.contains("kk-1.toml:2:") && fault.contains("door-9");
    expect(news.faults.iter().any(says), &format!("{news:?}"))?;

    write(&file, &DUTY_TOML.replace("sign_in_secs = 5", "sign_in_secs = 4"))?;
    let news = next_news(play).await?;
    expect(news.changes == ["checkpoint kk-1 judged by other rules"], &format!("{news:?}"))?;

    let text = fs::read_to_string(&device).map_err(|error| error.to_string())?;
    write(&device, &text.replace("door_forced_open", "door_tamper"))?;
    let news = next_news(play).await?;
    expect(news.changes == ["device door-1 judged by other rules"], &format!("{news:?}"))?;
    expect(count(play.journal(), UNATTENDED, "close") == 0, "its alert goes on")?;
    expect(count(play.journal(), UNATTENDED, "open") == 1, "and is not raised again")?;

    fs::remove_file(&file).map_err(|error| error.to_string())?;
    let news = next_news(play).await?;
    expect(news.changes == ["checkpoint kk-1 removed"], &format!("{news:?}"))?;
    play.until_heard("its alert is closed and its status taken back", |journal| {
        count(journal, UNATTENDED, "close") == 1 && !journal.devices.contains_key(CHECKPOINT)
    })
    .await?;
    write(&file, DUTY_TOML)?;
    let news = next_news(play).await?;
    expect(news.changes == ["checkpoint kk-1 added"], &format!("{news:?}"))?;
    play.until_heard("it is told again", |journal| count(journal, UNATTENDED, "open") == 2)
        .await
        .map(drop)
}

async fn next_news(play: &mut Play) -> Result<ConfigNews, String> {
    let known = play.journal().configs.len();
    play.until_heard("an edit is answered", |journal| journal.configs.len() > known).await?;
    play.journal().configs.last().cloned().ok_or_else(|| "no news".to_owned())
}

/// Two people cross at 5 s and 7 s of the play on one credential. The gateway is killed when that is saved, long
/// before it is judged.
#[ignore = "a minute, and a machine that keeps up with the street; `make chaos` runs it"]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_crossed_before_a_kill_is_judged_once_after_it() {
    let _alone = whole_machine().await;
    let setting = Setting::of(SCENARIO, &["cam-01.toml"]);
    let silent = "id = \"one-leaves\"\ntype = \"door_tailgating\"";
    setting.rewrite("cam-01.toml", ("id = \"one-leaves\"\ntype = \"other\"", silent));
    let resting = "id = \"two-leave\"\nhours = [\"Mon 00:00-00:01\"]";
    setting.rewrite("cam-01.toml", ("id = \"two-leave\"", resting));
    let patient = format!(
        "{CHECKPOINT_TOML}\n[[rule]]\ntype = \"{TAILGATING}\"\nkind = \"tailgating\"\nsettle_secs = 40\n"
    );
    let door = begin_as(&setting.settings.config, &patient).await;
    setting.play(async |play| be_killed(play, &door).await).await;
}

async fn be_killed(play: &mut Play, door: &DoorController) -> Result<[&'static str; 0], String> {
    play.until_page("the camera is watched", async |page| {
        page.analysed(CAMERA).await.is_ok_and(|count| count > 0.5)
    })
    .await?;
    door.happens(Happening::new(1, What::Granted));
    let ledger = play.work().join("state/ledger.sqlite3");
    play.until_page("both have crossed, and that is saved a while later", async |_| {
        waiting(&ledger).is_some_and(|(people, for_secs)| people >= 2 && for_secs >= 3.5)
    })
    .await?;
    expect(count(play.journal(), TAILGATING, "open") == 0, "they are not judged yet")?;
    play.running.kill_gateway().await.map_err(plain)?;
    play.running.start_gateway().map_err(plain)?;
    // Whoever else crosses has a credential.
    let mut fours = tokio::time::interval(Duration::from_secs(4));
    let rush = async {
        loop {
            fours.tick().await;
            door.happens(Happening::new(1, What::Granted));
        }
    };
    let told = |play: &Play| count(play.journal(), TAILGATING, "open");
    tokio::select! {
        heard = play.until_heard("they are judged by the next gateway", |journal| {
            count(journal, TAILGATING, "open") == 1
        }) => heard.map(drop),
        () = rush => Err("it never ends".to_owned()),
    }?;
    let alert = only(play, TAILGATING, "open")?;
    let words = alert["description"].as_str().unwrap_or_default();
    expect(words.contains("东门门禁放行1人、进入2人"), &format!("{alert:#}"))?;
    // Their pictures were in memory only.
    expect(words.contains("未取得越线画面"), &format!("{alert:#}"))?;
    play.running.kill_gateway().await.map_err(plain)?;
    play.running.start_gateway().map_err(plain)?;
    play.until_heard("the next gateway is there", |journal| {
        journal.devices.get(CHECKPOINT).is_some_and(|it| it.is_online())
    })
    .await?;
    play.go_on(Duration::from_secs(3)).await?;
    expect(told(play) == 1, "they are told of once")?;
    Ok([])
}

/// How many people wait to be judged as far as the ledger knows, and how long after the last of them it was saved.
fn waiting(ledger: &Path) -> Option<(u64, f64)> {
    let ledger = Connection::open(ledger).ok()?;
    let state: Vec<u8> = ledger
        .query_row("SELECT state FROM assessor WHERE device_id = ?1", [CHECKPOINT], |row| {
            row.get(0)
        })
        .ok()?;
    let text = String::from_utf8(state).ok()?;
    let numbers = |key: &str| -> Vec<u64> {
        let key = format!("\"{key}\":");
        let ends = text.split(&key).skip(1);
        ends.filter_map(|rest| {
            let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
            digits.parse().ok()
        })
        .collect()
    };
    let crossed = numbers("crossed_at_us");
    let (last, now) = (crossed.iter().max()?, numbers("now_at_us").into_iter().max()?);
    let people = u64::try_from(crossed.len()).ok()?;
    Some((people, Duration::from_micros(now.saturating_sub(*last)).as_secs_f64()))
}
