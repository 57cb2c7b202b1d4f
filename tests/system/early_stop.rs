//! A gateway that is told to stop while it starts stops in order, and its eyes with it. What only tells it of a
//! new day's log does not stop it.

use std::fs;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use hw_sim::play::Certificates;
use rustix::process::{Pid, Signal, kill_process};

use crate::eyes::eyes_of;
use crate::house::GATEWAY;
use crate::street::{CAMERAS, Setting};

/// Debug builds load a model slowly on a machine that runs other tests.
const PATIENCE: Duration = Duration::from_secs(60);

/// A gateway without broker and cameras, and where it writes its log.
fn start(setting: &Setting) -> (Child, PathBuf) {
    Certificates::ensure(&setting.work.path().join("certificates")).expect("certificates");
    let log = setting.work.path().join("gateway.log");
    let gateway = Command::new(GATEWAY)
        .arg("run")
        .arg("--config")
        .arg(&setting.settings.config)
        .stderr(Stdio::from(fs::File::create(&log).expect("created")))
        .spawn()
        .expect("the gateway starts");
    (gateway, log)
}

fn until(what: &str, mut met: impl FnMut() -> bool) {
    let began = Instant::now();
    while !met() {
        assert!(began.elapsed() < PATIENCE, "{what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn a_hang_up_that_services_are_sent_ends_no_gateway() {
    let setting = Setting::new(&CAMERAS);
    let (mut gateway, log) = start(&setting);
    let told = || fs::read_to_string(&log).expect("readable");
    until("it is at work", || told().contains("watching cameras=2"));
    let pid = Pid::from_child(&gateway);
    kill_process(pid, Signal::HUP).expect("it is there");
    until("it says that it goes on", || told().contains("the gateway goes on"));
    kill_process(pid, Signal::TERM).expect("it is there");
    let mut status = None;
    until("it stops", || {
        status = gateway.try_wait().expect("it is ours");
        status.is_some()
    });
    assert!(status.is_some_and(|status| status.success()), "in order: {}", told());
}

#[test]
fn a_signal_while_the_model_loads_ends_the_gateway_in_order() {
    let setting = Setting::new(&CAMERAS);
    let (mut gateway, log) = start(&setting);
    let began = Instant::now();
    let eyes = loop {
        // It begins with its eyes once all else is built.
        let eyes = eyes_of(setting.work.path()).unwrap_or_default();
        if !eyes.is_empty() {
            break eyes;
        }
        assert!(began.elapsed() < PATIENCE, "it starts its eyes");
        std::thread::sleep(Duration::from_millis(2));
    };
    // A service manager tells all processes of a service.
    let all = eyes.into_iter().chain([Pid::from_child(&gateway)]);
    all.for_each(|pid| kill_process(pid, Signal::TERM).expect("it is there"));
    let status = loop {
        if let Some(status) = gateway.try_wait().expect("it is ours") {
            break status;
        }
        assert!(began.elapsed() < PATIENCE, "it stops");
        std::thread::sleep(Duration::from_millis(20));
    };
    let told = fs::read_to_string(&log).expect("readable");
    assert!(status.success(), "{status}: {told}");
    assert!(told.contains("stopping") && !told.contains("panicked"), "in order: {told}");
}
