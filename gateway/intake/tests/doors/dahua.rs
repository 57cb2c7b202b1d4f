//! Dahua's doors, with the faults of theirs.

use std::time::Duration;

use hw_sim::door::{Dahua, DoorController, Habits, Happening, What};
use intake::{DeviceState, dahua};

use super::privacy::{Log, of_person};
use super::site::{STORY, Site, door, pass, told, web};

const BEST: Dahua = Dahua { has_company: true, has_serials: true };

fn listen(door: &DoorController) -> Site {
    let settings = dahua::Settings::new(web(door));
    Site::hear(|device, stop| dahua::run(settings, device, stop))
}

#[tokio::test(start_paused = true)]
async fn the_story_is_told_whole_and_once_whatever_breaks_and_of_nobody() {
    let log = Log::default();
    let _logging = log.begin();
    for has_serials in [true, false] {
        let habits = Habits { repeats: 3, ..Habits::default() };
        let door = door(Dahua { has_serials, ..BEST }, habits).await;
        let mut site = listen(&door);
        for (at, (happening, _)) in STORY.iter().enumerate() {
            match at % 3 {
                0 => door.cut_next(),
                1 => door.break_off(),
                _ => {}
            }
            door.happens(*happening);
            site.until("told", |site| site.signals.len() > at).await;
        }
        assert_eq!(site.hears(STORY.len()).await, told(), "has serials: {has_serials}");
        assert!(site.health().counts.repeated >= 3, "{:?}", site.health().counts);
        assert_eq!(of_person(&format!("{:?} {:?}", site.signals, site.health())), None);
        site.end().await;
    }
    assert_eq!(of_person(&log.text()), None);
}

#[tokio::test(start_paused = true)]
async fn a_half_open_line_is_given_up() {
    let door = door(BEST, Habits::default()).await;
    let mut site = listen(&door);
    site.until("a sign of life", |site| site.beats > 0).await;
    door.fall_silent();
    door.happens(Happening::new(2, What::Held));
    assert_eq!(site.hears(1).await, ["door-2 door_event held_open"]);
    site.end().await;
}

#[tokio::test(start_paused = true)]
async fn too_many_listeners_are_named_and_a_place_is_left_clean() {
    let habits = Habits { most_listeners: 1, ..Habits::default() };
    let door = door(BEST, habits).await;
    let mut first = listen(&door);
    first.until("online", |site| site.health().state == DeviceState::Online).await;
    let mut second = listen(&door);
    second.until("refused", |site| site.reason().starts_with("400: ")).await;
    assert!(second.reason().contains("another listener"), "{}", second.reason());
    first.end().await;
    second.until("online", |site| site.health().state == DeviceState::Online).await;
    assert_eq!(door.listeners(), 1);
    second.end().await;
    pass(Duration::from_secs(1)).await;
    assert_eq!(door.listeners(), 0, "no dead connection is left");
}
