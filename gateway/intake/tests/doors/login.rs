//! Logging in to a door: nonces, wrong passwords, and what is never sent.

use std::time::Duration;

use hw_sim::door::{DoorController, Habits, Happening, Scheme, What};
use intake::{DeviceMemory, DeviceState, isapi};

use super::isapi::{BEST, listen};
use super::site::{ANY, Site, account, pass, web};

async fn door(scheme: Scheme, nonce_life: Duration) -> DoorController {
    let account = account(scheme).with_nonce_life(nonce_life);
    let door = DoorController::serve(ANY, BEST, Habits::default(), Some(account)).await;
    door.expect("the door listens on loopback")
}

async fn heard(site: &mut Site, door: &DoorController) {
    let count = site.signals.len();
    door.happens(Happening::new(1, What::Held));
    assert_eq!(site.hears(count + 1).await.len(), count + 1);
}

#[tokio::test(start_paused = true)]
async fn a_nonce_is_used_again_and_a_stale_one_is_no_refusal() {
    for scheme in [Scheme::Md5, Scheme::Sha256] {
        for (life, most_asked) in [(Duration::from_hours(9), 1), (Duration::from_secs(1), 30)] {
            let door = door(scheme, life).await;
            let mut site = listen(&door);
            for _ in 0..10 {
                heard(&mut site, &door).await;
                assert_eq!(site.health().state, DeviceState::Online);
                door.break_off();
                pass(Duration::from_secs(5)).await;
            }
            let account = door.account().expect("it has one");
            assert!(account.asked() <= most_asked, "{scheme:?} {life:?}: {}", account.asked());
            assert_eq!(account.wrong(), 0);
            site.end().await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_wrong_password_locks_nobody_out_and_a_new_one_is_tried_at_once() {
    for scheme in [Scheme::Md5, Scheme::Sha256, Scheme::Basic] {
        let door = door(scheme, Duration::from_mins(5)).await;
        let mut settings = isapi::Settings::new(web(&door));
        settings.web.allow_basic_auth = true;
        let right = settings.clone();
        settings.web.credentials.as_mut().expect("there are some").password = "wrong".to_owned();
        let mut site = Site::hear(|device, stop| isapi::run(settings, device, stop));
        let is_refused = |site: &Site| matches!(site.health().state, DeviceState::Refused { .. });
        site.until("refused", is_refused).await;
        assert!(site.reason().contains("check user and password"), "{}", site.reason());
        let account = door.account().expect("it has one");
        assert_eq!(account.wrong(), 1, "{scheme:?}: one wrong answer a try");
        let hours: u32 = if scheme == Scheme::Md5 { 8 } else { 1 };
        pass(Duration::from_hours(hours.into())).await;
        assert!(is_refused(&site) && !account.was_locked());
        let most = 4 + hours * 2;
        assert!((3..=most).contains(&account.wrong()), "{} in {hours} hours", account.wrong());
        site.end().await;
        let mut site = Site::hear(|device, stop| isapi::run(right, device, stop));
        heard(&mut site, &door).await;
        site.end().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_login_that_was_refused_is_not_tried_by_the_next_run_and_another_one_is() {
    let door = door(Scheme::Md5, Duration::from_mins(5)).await;
    let right = isapi::Settings::new(web(&door));
    let mut wrong = right.clone();
    wrong.web.credentials.as_mut().expect("there are some").password = "wrong".to_owned();
    let is_refused = |site: &Site| matches!(site.health().state, DeviceState::Refused { .. });
    let mut memory = DeviceMemory::default();
    for _ in 0..10 {
        let (settings, known) = (wrong.clone(), memory.clone());
        let mut site = Site::hear_again(known, |device, stop| isapi::run(settings, device, stop));
        site.until("refused", is_refused).await;
        pass(Duration::from_mins(4)).await;
        assert!(is_refused(&site) && site.reason().contains("user and password"));
        site.end().await;
        // As the ledger gives it back.
        memory = DeviceMemory::of(&memory.kept()).expect("it is whole");
    }
    let account = door.account().expect("it has one");
    assert_eq!((account.wrong(), account.was_locked()), (1, false), "in ten lives");
    let mut site = Site::hear_again(memory.clone(), |device, stop| isapi::run(right, device, stop));
    heard(&mut site, &door).await;
    site.end().await;
    // It has let us in, so what it had refused is over.
    let kept = memory.kept().to_string();
    assert!(!kept.contains("refusal") && !kept.contains("wrong"), "{kept}");
}

#[tokio::test(start_paused = true)]
async fn a_password_goes_bare_only_where_that_is_allowed() {
    let door = door(Scheme::Basic, Duration::from_mins(5)).await;
    let mut site = listen(&door);
    site.until("offline", |site| site.reason().contains("allow_basic_auth")).await;
    assert_eq!(door.account().expect("it has one").wrong(), 0);
    site.end().await;
    let mut settings = isapi::Settings::new(web(&door));
    settings.web.allow_basic_auth = true;
    let mut site = Site::hear(|device, stop| isapi::run(settings, device, stop));
    heard(&mut site, &door).await;
    site.end().await;
}

#[tokio::test(start_paused = true)]
async fn a_door_that_asks_is_told_nothing_without_an_account() {
    let door = door(Scheme::Md5, Duration::from_mins(5)).await;
    let mut settings = isapi::Settings::new(web(&door));
    settings.web.credentials = None;
    let mut site = Site::hear(|device, stop| isapi::run(settings, device, stop));
    site.until("offline", |site| site.reason().contains("credentials_file")).await;
    site.end().await;
}
