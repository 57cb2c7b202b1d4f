//! Loops that go on, rest, stand still, and end.

use std::sync::mpsc;

use super::*;

const LIMIT: Duration = Duration::from_secs(2);

/// The names of the loops that a look `secs` after `start` tells of, the looks being regular.
fn told(watchdog: &Watchdog, start: Instant, secs: u32) -> Vec<String> {
    let now = start + Duration::from_secs(1) * secs;
    let stalls = watchdog.look(now.checked_sub(LOOK_EVERY).unwrap(), now);
    stalls.into_iter().map(|stall| stall.name).collect()
}

#[test]
fn a_loop_that_stands_still_is_told_of_once() {
    let watchdog = Watchdog::default();
    let (busy, idle) = (watchdog.watch("busy", LIMIT), watchdog.watch("idle", LIMIT));
    let ended = watchdog.watch("ended", LIMIT);
    let nobody: [&str; 0] = [];
    let start = Instant::now();
    assert_eq!(told(&watchdog, start, 100), nobody, "none has begun");
    [&busy, &idle, &ended].into_iter().for_each(Heartbeat::beat);
    idle.rest();
    drop(ended);
    assert_eq!(told(&watchdog, start, 1), nobody);
    assert_eq!(told(&watchdog, start, 3), ["busy"]);
    assert_eq!(told(&watchdog, start, 4), nobody, "it was told");
    busy.0.pulse().beat_at = Some(start + Duration::from_secs(5));
    assert_eq!(told(&watchdog, start, 6), nobody);
    assert_eq!(told(&watchdog, start, 8), ["busy"], "again");
}

#[test]
fn when_the_whole_machine_stood_still_no_loop_is_to_blame() {
    let watchdog = Watchdog::default();
    let heartbeat = watchdog.watch("main", LIMIT);
    heartbeat.beat();
    let start = Instant::now();
    let woken = start + Duration::from_secs(3600);
    assert_eq!(watchdog.look(start, woken), []);
    assert_eq!(watchdog.look(woken, woken + LOOK_EVERY), []);
    let later = woken + LOOK_EVERY * 5;
    let stalls = watchdog.look(later.checked_sub(LOOK_EVERY).unwrap(), later);
    assert_eq!(stalls.len(), 1, "it has not gone on since");
}

#[test]
fn while_the_disk_is_full_no_loop_is_to_blame() {
    let watchdog = Watchdog::default();
    let waiting = watchdog.watch("casework", LIMIT);
    waiting.beat();
    let start = Instant::now();
    watchdog.excuse();
    assert!(told(&watchdog, start, 3).is_empty());
    // The disk has room again: from then on it must go on, or be told of.
    assert!(told(&watchdog, start, 4).is_empty());
    assert_eq!(told(&watchdog, start, 8), ["casework"]);
}

#[test]
fn a_blocked_loop_of_tokio_is_acted_upon_while_it_is_blocked() {
    let watchdog = Watchdog::default();
    let (acted, acts) = mpsc::channel();
    watchdog.start("nothing is done", move |stall| acted.send(stall.clone()).unwrap()).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    runtime.block_on(async {
        tokio::spawn(watchdog.watch("sessions", Duration::from_secs(1)).keep_beating());
        tokio::task::yield_now().await;
        // As a parser that goes on without end would: nothing else of this loop runs.
        let stall = acts.recv_timeout(Duration::from_secs(60)).unwrap();
        assert_eq!(stall.name, "sessions");
        assert!(stall.lasts >= Duration::from_secs(1), "{stall}");
    });
}
