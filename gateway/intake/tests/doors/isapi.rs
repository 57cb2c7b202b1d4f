//! Hikvision's doors, in every way in which they write, and with every fault of theirs.

use std::time::Duration;

use hw_sim::door::{
    BoundaryStyle, DoorClock, DoorController, Habits, Happening, Isapi, What, Writing,
};
use intake::{DeviceState, isapi};
use scene::ClockSource;

use super::site::{STORY, Site, door, pass, told, web};

/// A firmware of the better kind.
pub(crate) const BEST: Isapi = Isapi::new(BoundaryStyle::Quoted, Writing::Json);

pub(crate) fn listen(door: &DoorController) -> Site {
    let settings = isapi::Settings::new(web(door));
    Site::hear(|device, stop| isapi::run(settings, device, stop))
}

fn forced(door: u8) -> Happening {
    Happening::new(door, What::Forced)
}

#[tokio::test(start_paused = true)]
async fn every_way_of_writing_comes_to_the_same_signals() {
    let styles = [
        BoundaryStyle::Angle,
        BoundaryStyle::Plain,
        BoundaryStyle::Dashed,
        BoundaryStyle::Quoted,
        BoundaryStyle::Unnamed,
    ];
    for (at, boundary) in styles.into_iter().enumerate() {
        for writing in [Writing::Xml, Writing::Json] {
            let best = Isapi::new(boundary, writing);
            let worse = Isapi { has_length: false, has_bare_ends: at % 2 == 0, ..best };
            for firmware in [best, worse, Isapi { has_offset: false, ..worse }] {
                let door = door(firmware, Habits::default()).await;
                let mut site = listen(&door);
                STORY.iter().for_each(|(happening, _)| door.happens(*happening));
                assert_eq!(site.hears(STORY.len()).await, told(), "{firmware:?}");
                let health = site.health();
                assert_eq!(health.state, DeviceState::Online);
                assert_eq!((health.counts.faulty, health.counts.ignored), (0, 3), "three pictures");
                site.end().await;
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_event_is_told_before_the_next_one_comes() {
    for has_length in [true, false] {
        let habits = Habits { beat_every: Duration::from_hours(1), ..Habits::default() };
        let door = door(Isapi { has_length, has_pictures: false, ..BEST }, habits).await;
        let mut site = listen(&door);
        site.until("online", |site| site.health().state == DeviceState::Online).await;
        door.happens(forced(3));
        assert_eq!(site.hears(1).await, ["door-3 door_event forced_open"]);
        site.end().await;
    }
}

#[tokio::test(start_paused = true)]
async fn what_breaks_loses_nothing_and_tells_nothing_twice() {
    for has_serials in [true, false] {
        let habits = Habits { repeats: 3, ..Habits::default() };
        let door = door(Isapi { has_serials, ..BEST }, habits).await;
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
        assert!(door.attaches() >= 4);
        site.end().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_line_that_is_half_open_is_given_up_and_nothing_is_lost() {
    let door = door(BEST, Habits::default()).await;
    let mut site = listen(&door);
    site.until("a sign of life", |site| site.beats > 0).await;
    door.fall_silent();
    door.happens(forced(1));
    site.until("offline", |site| site.reason().contains("nothing whole for 60 s")).await;
    assert_eq!(site.hears(1).await, ["door-1 door_event forced_open"]);
    site.until("one listener", |_| door.listeners() == 1).await;
    site.end().await;
}

#[tokio::test(start_paused = true)]
async fn a_door_that_starts_again_counts_from_one_and_is_heard() {
    let habits = Habits { clock: DoorClock::Ahead(-86_400 * 365), ..Habits::default() };
    let door = door(BEST, habits).await;
    let mut site = listen(&door);
    (1..=2).for_each(|at| door.happens(forced(at)));
    site.hears(2).await;
    door.reboot();
    (3..=4).for_each(|at| door.happens(forced(at)));
    let told = site.hears(4).await;
    assert_eq!(told[2..], ["door-3 door_event forced_open", "door-4 door_event forced_open"]);
    site.end().await;
}

#[tokio::test(start_paused = true)]
async fn a_clock_of_1970_is_corrected_or_not_believed() {
    let clocks = [DoorClock::Since1970, DoorClock::Ahead(-7_200), DoorClock::StandsStill];
    for clock in clocks {
        for has_serials in [true, false] {
            let habits = Habits { clock, beat_every: Duration::from_secs(1), ..Habits::default() };
            let door = door(Isapi { has_serials, ..BEST }, habits).await;
            let mut site = listen(&door);
            site.until("known", |site| site.health().offset_micros.is_some()).await;
            // Equal events of one second are still two.
            [1, 1, 2].into_iter().for_each(|at| door.happens(forced(at)));
            site.hears(3).await;
            door.break_off();
            door.happens(forced(3));
            assert_eq!(site.hears(4).await.len(), 4, "{clock:?} {has_serials}");
            let now = runtime::utc_now();
            for signal in &site.signals {
                let age = now.since(signal.captured_at());
                assert!(age < Duration::from_secs(120), "{clock:?}: {age:?}");
                assert_eq!(signal.clock().source, ClockSource::SenderReport);
            }
            site.end().await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_was_lost_in_the_gateway_is_taken_when_it_is_told_again() {
    let habits = Habits { repeats: 2, ..Habits::default() };
    let door = door(BEST, habits).await;
    let mut site = listen(&door);
    site.keeps = false; // The judge ends before anything is on disk.
    (1..=2).for_each(|at| door.happens(forced(at)));
    site.until("told", |site| site.health().counts.signals == 2).await;
    site.collect();
    assert!(site.signals.is_empty());
    site.keeps = true;
    door.break_off();
    let again = ["door-1 door_event forced_open", "door-2 door_event forced_open"];
    assert_eq!(site.hears(2).await, again);
    door.break_off();
    site.until("repeated", |site| site.health().counts.repeated == 2).await;
    assert_eq!(site.hears(2).await, again, "now it is kept");
    site.end().await;
}

#[tokio::test(start_paused = true)]
async fn a_flood_is_paced_and_counted_and_hinders_no_other() {
    let habits = Habits { beat_every: Duration::from_hours(1), ..Habits::default() };
    let (loud, quiet) = (door(BEST, habits).await, door(BEST, Habits::default()).await);
    let (mut flooded, mut site) = (listen(&loud), listen(&quiet));
    site.until("online", |site| site.health().state == DeviceState::Online).await;
    flooded.until("online", |site| site.health().state == DeviceState::Online).await;
    (0..6_000_u32).for_each(|at| loud.happens(forced((at % 4) as u8 + 1)));
    quiet.happens(forced(2));
    site.until("told", |site| site.signals.len() == 1).await;
    let counts = flooded.health().counts;
    assert!(
        counts.signals + counts.flooded < 6_000,
        "the quiet one did not have to wait: {counts:?}"
    );
    flooded
        .until("all are heard or counted", |site| {
            let counts = site.health().counts;
            counts.signals + counts.flooded == 6_000
        })
        .await;
    let counts = flooded.health().counts;
    assert!(counts.flooded > 1_000 && counts.signals >= 1_500, "{counts:?}");
    assert_eq!(flooded.health().state, DeviceState::Online);
    loud.happens(forced(1));
    pass(Duration::from_secs(60)).await;
    flooded.end().await;
    site.end().await;
}
