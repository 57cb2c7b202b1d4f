//! A process that does not go, and how threads are read.

use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::Command;
use std::sync::Arc;

use rustix::process::{getpgid, kill_process};

use super::*;

fn started(command: &mut Command) -> SystemProcess {
    SystemProcess::of(command.process_group(0).spawn().expect("it starts"))
}

/// What the system says of a process under this name.
fn said_of(id: impl std::fmt::Display, name: &str) -> Option<String> {
    let status = std::fs::read_to_string(format!("/proc/{id}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(":\t"))?;
    Some(line.to_owned())
}

/// The process that traces this one, which is told first when it ends.
fn tracer_of(id: u32) -> Option<Pid> {
    Pid::from_raw(said_of(id, "TracerPid")?.parse().ok()?)
}

/// Whether the process that made this one is gone. When it goes, the system wakes whoever stands still in a
/// group that has lost its last parent (POSIX, `_exit`).
fn is_let_go(tracer: Pid) -> bool {
    let parent = said_of(tracer.as_raw_nonzero(), "PPid");
    parent.and_then(|parent| said_of(parent, "Name")).is_some_and(|name| name != "strace")
}

/// Whether a process has been stopped. The signal alone does not say so: one that waits for its children may
/// still hear of one's end.
fn stands_still(pid: Pid) -> bool {
    said_of(pid.as_raw_nonzero(), "State").is_some_and(|state| state.starts_with('T'))
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
        let tracer = tracer_of(held.id()).filter(is_apart);
        if let Some(tracer) = tracer.filter(|it| is_let_go(*it)) {
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
