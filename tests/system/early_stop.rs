//! A gateway that is told to stop while it starts stops in order, and its eyes with it.

use std::fs;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use hw_sim::play::Certificates;
use rustix::process::{Pid, Signal, kill_process};

use crate::eyes::eyes_of;
use crate::house::GATEWAY;
use crate::street::{CAMERAS, Setting};

/// Debug builds load a model slowly on a machine that runs other tests.
const PATIENCE: Duration = Duration::from_secs(60);

#[test]
fn a_signal_while_the_model_loads_ends_the_gateway_in_order() {
    let setting = Setting::new(&CAMERAS);
    Certificates::ensure(&setting.work.path().join("certificates")).expect("certificates");
    let log = setting.work.path().join("gateway.log");
    let mut gateway = Command::new(GATEWAY)
        .arg("run")
        .arg("--config")
        .arg(&setting.settings.config)
        .stderr(Stdio::from(fs::File::create(&log).expect("created")))
        .spawn()
        .expect("the gateway starts");
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
