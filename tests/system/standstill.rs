//! A loop of the gateway that stands still: the gateway says which, and ends, so that it is started again.
//!
//! The thread of a real gateway is stopped as a debugger stops it. All others go on.

use std::fs;
use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use hw_sim::play::Certificates;
use nix::sys::ptrace::{Options, interrupt, seize};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;

use crate::house::{GATEWAY, free_ports, write_config};

/// The loops, as their threads are called.
const LOOPS: [&str; 6] = ["publisher", "operator", "evidence", "eyes", "egova", "gridwhistle"];

/// How long a loop may stand still.
const LIMIT: Duration = Duration::from_secs(60);

/// A loop that waits for work says so this often, and a little more.
const BEAT: Duration = Duration::from_secs(6);

/// A debug build on a busy machine starts in seconds; nothing waits for this when all is well.
const PATIENCE: Duration = Duration::from_secs(90);

#[test]
fn a_loop_that_stands_still_is_told_of_and_ends_the_gateway() {
    let tries = LOOPS.map(|name| thread::spawn(move || stand_still(name)));
    for (name, tried) in LOOPS.iter().zip(tries) {
        let (code, took, log) = tried.join().expect("tried");
        assert_eq!(code, Some(70), "{name}:\n{log}");
        // The thread of the process itself runs the main loop.
        let told = if *name == "gridwhistle" { "main" } else { name };
        let told = format!("the loop `{told}` has stood still for 6");
        assert!(log.contains(&told), "{told}:\n{log}");
        assert!(log.contains("so that it is started again"), "{log}");
        assert!(took + BEAT >= LIMIT, "{name} was given {took:?} only");
        assert!(took < LIMIT + PATIENCE, "{name} stood still for {took:?}");
    }
}

/// Starts a gateway and stops its thread of this name. Answers its exit code, how long that took, and
/// its log.
fn stand_still(name: &str) -> (Option<i32>, Duration, String) {
    let work = tempfile::tempdir().expect("a temporary folder");
    let mut gateway = start(work.path());
    let thread = until(|| thread_of(&gateway, name));
    seize(thread, Options::empty()).expect("a parent may trace its child");
    interrupt(thread).expect("stopped");
    let stopped = Instant::now();
    // Who traces a thread must take note of its end, before its process can be buried.
    let code = loop {
        match waitpid(thread, Some(WaitPidFlag::__WALL)).expect("its tracer is told") {
            WaitStatus::Exited(_, code) => break Some(code),
            WaitStatus::Signaled(..) => break None,
            _ => {}
        }
    };
    let took = stopped.elapsed();
    // The first thread is the process itself, which is buried by now.
    let waited = gateway.wait().ok().and_then(|status| status.code());
    let code = if name == "gridwhistle" { code } else { waited };
    let mut log = String::new();
    let mut told = gateway.stderr.take().expect("it was asked for");
    told.read_to_string(&mut log).expect("text");
    (code, took, log)
}

/// A gateway without cameras, whose broker and case system are away.
fn start(work: &Path) -> Child {
    let ports = free_ports();
    let config = write_config(work, ports, &[]);
    Certificates::ensure(&work.join("certificates")).expect("certificates");
    let secret = work.join("secret");
    fs::write(&secret, "0123456789abcdef").expect("written");
    fs::set_permissions(&secret, fs::Permissions::from_mode(0o600)).expect("set");
    let egova = format!(
        "[egova]\nurl = \"http://127.0.0.1:{}\"\nsender_code = \"GW01\"\nclient_id = \"gw\"\n\
         client_secret_file = \"{}\"\ntimeout_secs = 10\n",
        free_ports().page,
        secret.display()
    );
    let path = config.join("gateway.toml");
    let text = fs::read_to_string(&path).expect("readable");
    fs::write(&path, text + &egova).expect("written");
    let mut gateway = Command::new(GATEWAY)
        .args(["run", "--config"])
        .arg(&config)
        .stderr(Stdio::piped())
        .spawn()
        .expect("the gateway starts");
    until(|| {
        let ended = gateway.try_wait().expect("it is a child");
        assert!(ended.is_none(), "it runs: {}", log_of(&mut gateway));
        std::net::TcpStream::connect(("127.0.0.1", ports.page)).ok()
    });
    gateway
}

fn log_of(gateway: &mut Child) -> String {
    let mut log = String::new();
    let told = gateway.stderr.take();
    told.map(|mut told| told.read_to_string(&mut log));
    log
}

/// Once it is there and the gateway watches: the last of all is that it says so.
fn thread_of(gateway: &Child, name: &str) -> Option<Pid> {
    let threads = fs::read_dir(format!("/proc/{}/task", gateway.id())).ok()?;
    let names: Vec<(i32, String)> = threads
        .flatten()
        .filter_map(|thread| {
            let id = thread.file_name().to_str()?.parse().ok()?;
            Some((id, fs::read_to_string(thread.path().join("comm")).ok()?))
        })
        .collect();
    names.iter().find(|(_, comm)| comm.trim_end() == "watchdog")?;
    let found = names.iter().find(|(_, comm)| comm.trim_end() == name);
    found.map(|(id, _)| Pid::from_raw(*id))
}

fn until<T>(mut met: impl FnMut() -> Option<T>) -> T {
    let began = Instant::now();
    loop {
        if let Some(found) = met() {
            return found;
        }
        assert!(began.elapsed() < PATIENCE, "waited for {PATIENCE:?}");
        thread::sleep(Duration::from_millis(50));
    }
}
