//! ONVIF doors, with the faults of theirs.

use std::collections::BTreeMap;
use std::time::Duration;

use hw_sim::camera::Credentials as Account;
use hw_sim::door::{DoorClock, Happening, OnvifDoor, OnvifHabits, What};
use intake::{DeviceState, PointNames, WebServer, onvif};
use trust::Credentials;

use super::privacy::{Log, of_person};
use super::site::{ANY, PASSWORD, STORY, Site, USER, pass, told};

async fn door(habits: OnvifHabits) -> OnvifDoor {
    let door = OnvifDoor::serve(ANY, Account::new(USER, PASSWORD), habits).await;
    door.expect("the door listens on loopback")
}

fn settings(door: &OnvifDoor, password: &str) -> onvif::Settings {
    let credentials = Credentials { user: USER.to_owned(), password: password.to_owned() };
    let url = door.url().parse().expect("an address is a URL");
    let web = WebServer { credentials: Some(credentials), ..WebServer::new(url) };
    let names = (1..=9).map(|number| (format!("access-{number}"), format!("door-{number}")));
    let points = PointNames::new(names.collect::<BTreeMap<_, _>>());
    onvif::Settings { points, ..onvif::Settings::new(web) }
}

fn listen(door: &OnvifDoor) -> Site {
    let settings = settings(door, PASSWORD);
    Site::hear(|device, stop| onvif::run(settings, device, stop))
}

/// The story as an ONVIF door tells it: its housing is that of a door.
fn story() -> Vec<String> {
    told().into_iter().map(|word| word.replace("device tamper", "door-1 tamper")).collect()
}

#[tokio::test(start_paused = true)]
async fn the_story_is_told_whole_and_once_and_of_nobody() {
    let log = Log::default();
    let _logging = log.begin();
    let clocks = [DoorClock::Right, DoorClock::Ahead(86_400), DoorClock::Since1970];
    for (clock, knows_services) in clocks.into_iter().zip([true, false, true]) {
        let door = door(OnvifHabits { clock, knows_services, ..OnvifHabits::default() }).await;
        let mut site = listen(&door);
        site.until("online", |site| site.health().state == DeviceState::Online).await;
        for (at, (happening, _)) in STORY.iter().enumerate() {
            if at % 3 == 1 {
                door.reboot();
            }
            door.happens(*happening);
            site.until("told", |site| site.signals.len() > at).await;
        }
        assert_eq!(site.hears(STORY.len()).await, story(), "{clock:?}");
        assert_eq!(door.wrong(), 0, "it is asked by its own clock");
        assert_eq!(of_person(&format!("{:?} {:?}", site.signals, site.health())), None);
        site.end().await;
    }
    assert_eq!(of_person(&log.text()), None);
}

#[tokio::test(start_paused = true)]
async fn a_subscription_is_renewed_and_ended() {
    let door = door(OnvifHabits::default()).await;
    let mut site = listen(&door);
    site.until("online", |site| site.health().state == DeviceState::Online).await;
    pass(Duration::from_mins(20)).await;
    door.happens(Happening::new(3, What::Held));
    assert_eq!(site.hears(1).await, ["door-3 door_event held_open"]);
    let (renewed, _) = door.renewed_and_ended();
    assert!((10..=20).contains(&renewed) && door.subscriptions() == 1, "{renewed}");
    site.end().await;
    assert_eq!((door.subscriptions(), door.renewed_and_ended().1), (0, 1));
}

#[tokio::test(start_paused = true)]
async fn a_door_that_answers_nothing_is_given_up_and_nothing_is_lost() {
    let door = door(OnvifHabits::default()).await;
    let mut site = listen(&door);
    site.until("online", |site| site.health().state == DeviceState::Online).await;
    door.happens(Happening::new(1, What::Opened));
    site.hears(1).await;
    door.be_silent(true);
    site.until("offline", |site| site.reason().contains("no answer")).await;
    // The old subscriptions end by themselves before there are too many.
    door.reboot();
    door.happens(Happening::new(1, What::Closed));
    door.happens(Happening::new(1, What::Denied));
    door.be_silent(false);
    let expected = [
        "door-1 door_contact true",
        "door-1 door_contact false",
        "door-1 door_event access_denied",
    ];
    assert_eq!(site.hears(3).await, expected);
    site.end().await;
}

#[tokio::test(start_paused = true)]
async fn a_wrong_password_is_tried_seldom() {
    let door = door(OnvifHabits::default()).await;
    let settings = settings(&door, "wrong");
    let mut site = Site::hear(|device, stop| onvif::run(settings, device, stop));
    site.until("refused", |site| matches!(site.health().state, DeviceState::Refused { .. })).await;
    assert!(site.reason().contains("check user and password"), "{}", site.reason());
    pass(Duration::from_hours(3)).await;
    assert!((3..9).contains(&door.wrong()), "{} tries in three hours", door.wrong());
    site.end().await;
}
