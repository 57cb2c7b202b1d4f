//! What is kept, when, and what the device hears of it.

use rusqlite::Connection;
use scene::DoorEvent::{AccessGranted, ForcedOpen};

use super::house::{House, comes};

/// As the version before wrote it: the door was forced open, and it is told of.
const BEFORE: &str = include_str!("state_before.json");

#[tokio::test]
async fn what_happened_at_a_door_is_kept_at_once_though_nobody_waits_for_it() {
    let mut house = House::begin();
    assert!(house.happens(AccessGranted).is_kept().await);
    let before = house.kept().kept();
    drop(house.happens(AccessGranted));
    // Readings wait for ten seconds.
    assert!(comes(|| house.kept().kept() != before), "it is kept");
    house.stop();
}

#[tokio::test]
async fn what_was_told_before_a_kill_is_known_after_it() {
    let mut house = House::begin();
    assert!(house.happens(ForcedOpen).is_kept().await);
    assert!(house.happens(AccessGranted).is_kept().await);
    assert_eq!(house.messages().len(), 1, "the door was forced");
    let mut house = house.killed();
    assert!(house.says(ForcedOpen, 1).is_none(), "it is in the ledger");
    assert!(house.says(AccessGranted, 2).is_none());
    let new = house.says(AccessGranted, 3).expect("nobody has told this");
    assert!(new.is_kept().await);
    assert_eq!(house.messages().len(), 1, "nothing is told twice");
    house.stop();
}

#[tokio::test]
async fn nothing_is_vouched_for_after_an_alert_that_the_ledger_refused() {
    let mut house = House::begin();
    assert!(house.happens(AccessGranted).is_kept().await);
    let intruder = Connection::open(house.ledger_file()).unwrap();
    intruder.execute_batch("BEGIN IMMEDIATE").unwrap();
    // A gateway that is to stop waits for no disk.
    house.shutdown.cancel();
    assert!(!house.happens(ForcedOpen).is_kept().await, "its alert is nowhere");
    assert!(house.failures.recv().unwrap().to_string().contains("refused"));
    intruder.execute_batch("ROLLBACK").unwrap();
    let later = house.happens(AccessGranted);
    assert!(!later.is_kept().await, "it would be saved with an alert of which nobody was told");
    assert!(house.messages().is_empty());
    let mut house = house.killed();
    let again = house.says(ForcedOpen, 2).expect("it was lost");
    assert!(again.is_kept().await);
    assert_eq!(house.messages().len(), 1, "now it is told");
    house.stop();
}

/// When the checkpoint's guard has signed in last, as far as the ledger knows.
fn signed_in(house: &House) -> String {
    let state = house.state_of("kk-1").unwrap_or_default().to_string();
    let told = state.split_once("\"signed_at_us\":").map_or("", |(_, rest)| rest);
    told.chars().take_while(char::is_ascii_digit).collect()
}

#[tokio::test]
async fn door_and_checkpoint_know_of_a_credential_or_neither_does() {
    let mut house = House::at_a_checkpoint();
    let intruder = Connection::open(house.ledger_file()).unwrap();
    // As if it were killed after the door's part is written, and before the checkpoint's is.
    let between = "CREATE TRIGGER killed BEFORE INSERT ON assessor WHEN NEW.device_id = 'kk-1' \
                   BEGIN SELECT RAISE(ABORT, 'killed'); END";
    intruder.execute_batch(between).unwrap();
    assert!(!house.happens(AccessGranted).is_kept().await, "the checkpoint's part is not kept");
    assert!(house.failures.recv().unwrap().to_string().contains("killed"));
    intruder.execute_batch("DROP TRIGGER killed").unwrap();
    let mut house = house.killed();
    let before = signed_in(&house);
    let again = house.says(AccessGranted, 1).expect("nor is the door's");
    assert!(again.is_kept().await);
    let now = signed_in(&house);
    assert_ne!(now, before, "both have heard it");
    let house = house.killed();
    assert_eq!(signed_in(&house), now, "and know it after a kill");
    house.stop();
}

#[tokio::test]
async fn the_state_of_the_version_before_opens_and_its_alert_is_not_raised_again() {
    let alert_id = |state: &serde_json::Value| state["rules"][0]["current"]["alert_id"].to_string();
    let before: serde_json::Value = serde_json::from_str(BEFORE).unwrap();
    assert!(before["rules"][0]["current"]["alert_id"].is_string(), "an alert is open");
    assert!(!BEFORE.contains("beside") && !BEFORE.contains("witness"));
    let mut house = House::with_state(BEFORE.as_bytes());
    assert!(house.happens(ForcedOpen).is_kept().await);
    let now = house.state();
    assert_eq!(alert_id(&now), alert_id(&before), "it is the same incident");
    assert!(house.messages().iter().all(|message| message["action"] != "open"));
    assert!(now["beside"].is_object(), "from now on it is known what the door has said");
    house.stop();
}
