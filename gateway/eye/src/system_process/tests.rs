//! A process that does not go, and how threads are read.

use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::Command;
use std::sync::Arc;

use rustix::process::{getpgid, kill_process};

use super::*;

fn started(command: &mut Command) -> SystemProcess {
    SystemProcess::of(command.process_group(0).spawn().expect("it starts"))
}

/// The process that traces this one, which is told first when it ends.
fn tracer_of(id: u32) -> Option<Pid> {
    let status = std::fs::read_to_string(format!("/proc/{id}/status")).ok()?;
    let tracer = status.lines().find_map(|line| line.strip_prefix("TracerPid:\t"))?;
    Pid::from_raw(tracer.parse().ok()?)
}

/// Whether a process has been stopped. The signal alone does not say so: one that waits for its children may
/// still hear of one's end.
fn stands_still(pid: Pid) -> bool {
    let status = std::fs::read_to_string(format!("/proc/{}/status", pid.as_raw_nonzero()));
    status.is_ok_and(|status| status.lines().any(|line| line.starts_with("State:\tT")))
}

#[test]
fn the_state_of_a_thread_is_read_whatever_its_name_is() {
    let stat = "17 (a) R (b) S 1 17 17 0 -1 4194304 5 6 7 8 120 34 0 0 20 0 9 0 1 2 3";
    let state = ThreadState { is_runnable: false, cpu_ticks: 154 };
    assert_eq!(ThreadState::parse(stat), Some(state));
    assert_eq!(ThreadState::parse("17 (a"), None);
}

#[test]
fn one_that_ends_by_itself_or_is_killed_is_gone_soon() {
    let by_itself = started(Command::new("sh").args(["-c", "exit 3"]));
    assert_eq!(by_itself.end().unwrap().unwrap().code(), Some(3));
    by_itself.reap();
    let killed = started(Command::new("sleep").arg("600"));
    assert!(killed.thread_state(killed.id()).is_some());
    killed.kill();
    assert_eq!(killed.end().unwrap().unwrap().signal(), Some(Signal::KILL.as_raw()));
    // Its number may be another's by now.
    killed.kill();
}

#[test]
fn one_that_was_killed_and_is_not_gone_holds_up_nobody() {
    // No test can make a disk hang. But who traces a process and stands still keeps its end from its parent.
    // It is in a process group of its own (-DD), or it would be killed with it.
    let mut traced = Command::new("strace");
    traced.args(["-DD", "-e", "trace=none", "-o", "/dev/null", "sleep", "600"]);
    let held = Arc::new(started(&mut traced));
    let began = Instant::now();
    let tracer = loop {
        // It takes a group of its own a moment after it begins.
        let is_apart = |it: &Pid| getpgid(Some(*it)).is_ok_and(|group| Some(group) != held.pid());
        if let Some(tracer) = tracer_of(held.id()).filter(is_apart) {
            break tracer;
        }
        assert!(began.elapsed() < Duration::from_secs(20), "strace traces it");
        sleep(LOOK_EVERY);
    };
    kill_process(tracer, Signal::STOP).unwrap();
    while !stands_still(tracer) {
        assert!(began.elapsed() < Duration::from_secs(20), "its tracer stands still");
        sleep(LOOK_EVERY);
    }
    held.kill();
    let waiting = Arc::clone(&held);
    let ended = std::thread::spawn(move || {
        let killed = Instant::now();
        let status = waiting.end();
        (status, killed.elapsed(), waiting)
    });
    let mut longest = Duration::ZERO;
    while !ended.is_finished() {
        let asked = Instant::now();
        held.kill();
        longest = longest.max(asked.elapsed());
        assert!(began.elapsed() < Duration::from_secs(40), "whoever waits for it goes on");
        sleep(LOOK_EVERY);
    }
    let (status, took, waiting) = ended.join().unwrap();
    assert_eq!(status.unwrap(), None, "it is still there");
    assert!(took < END_LIMIT * 2, "one that was killed is waited for once: {took:?}");
    assert!(longest < END_LIMIT, "others were held up for {longest:?}");
    let reaped = std::thread::spawn(move || waiting.reap());
    kill_process(tracer, Signal::CONT).unwrap();
    reaped.join().unwrap();
    assert_eq!(held.look().unwrap().unwrap().signal(), Some(Signal::KILL.as_raw()));
}
