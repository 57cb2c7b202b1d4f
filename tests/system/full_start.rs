//! The disk is full when the gateway starts: what may give way does, and otherwise it waits for room and says so.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use hw_sim::play::Certificates;
use rustix::process::{Pid, Signal, kill_process};

use crate::house::GATEWAY;
use crate::street::{CAMERAS, Setting};

/// Debug builds load a model slowly on a machine that runs other tests.
const PATIENCE: Duration = Duration::from_secs(120);

/// What an earlier run has left: pictures, and observations of two days.
const LEFT: &str = "mkdir evidence observations observations/lamp\n\
    for digit in 0 1 2 3 4 5 6 7; do head -c 300000 /dev/zero \
    > evidence/$(printf '%064d' $digit).jpg; done\n\
    for day in 20261101 20261102; do head -c 200000 /dev/zero > observations/lamp/$day.obs; done\n";

/// A gateway whose state lies on a disk of 4 MiB that is full; only it and those who go by its process id can
/// see that disk.
struct FullStart {
    gateway: Child,
    state: PathBuf,
    log: PathBuf,
}

impl FullStart {
    fn with(setting: &Setting, left: &str) -> Self {
        let work = setting.work.path();
        Certificates::ensure(&work.join("certificates")).expect("certificates");
        let (state, log) = (work.join("state"), work.join("gateway.log"));
        let inside = work.join("inside.sh");
        let script = format!(
            "umask 077\nmount -t tmpfs -o size=4m,mode=0700 gateway-state {state} && cd {state} || exit 1\n\
             {left}cat /dev/zero > filler 2> /dev/null\ncd /\nexec {GATEWAY} \"$@\"\n",
            state = state.display(),
        );
        fs::write(&inside, script).expect("written");
        fs::set_permissions(&inside, fs::Permissions::from_mode(0o700)).expect("set");
        fs::create_dir_all(&state).expect("made");
        let gateway = Command::new("unshare")
            .args(["--mount", "--map-root-user", "sh"])
            .arg(&inside)
            .args(["run", "--config"])
            .arg(&setting.settings.config)
            .stderr(Stdio::from(fs::File::create(&log).expect("created")))
            .spawn()
            .expect("the gateway starts");
        Self { gateway, state, log }
    }

    /// A place on its disk, as seen from here.
    fn on_disk(&self, place: &str) -> PathBuf {
        let root = PathBuf::from(format!("/proc/{}/root", self.gateway.id()));
        let state = self.state.strip_prefix("/").expect("absolute");
        root.join(state).join(Path::new(place))
    }

    fn told(&self) -> String {
        fs::read_to_string(&self.log).expect("readable")
    }

    fn until_told(&mut self, words: &str) {
        let began = Instant::now();
        while !self.told().contains(words) {
            let ended = self.gateway.try_wait().expect("it is ours");
            assert!(ended.is_none(), "it ended before \"{words}\": {}", self.told());
            assert!(began.elapsed() < PATIENCE, "\"{words}\" was not told: {}", self.told());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    fn stop(&mut self) {
        kill_process(Pid::from_child(&self.gateway), Signal::TERM).expect("it is there");
        let ended = self.gateway.wait().expect("it is ours");
        assert!(ended.success(), "in order: {}", self.told());
    }
}

impl Drop for FullStart {
    fn drop(&mut self) {
        self.gateway.kill().ok(); // a test that failed leaves it behind
        self.gateway.wait().ok();
    }
}

#[test]
fn evidence_and_observations_give_way_to_the_ledger() {
    let setting = Setting::new(&CAMERAS);
    let mut start = FullStart::with(&setting, LEFT);
    start.until_told("the oldest observations or evidence gave way");
    start.until_told("watching cameras=2");
    assert!(start.on_disk("ledger.sqlite3").exists());
    let oldest = start.on_disk("observations/lamp/20261101.obs");
    assert!(!oldest.exists() && start.on_disk("observations/lamp/20261102.obs").exists());
    assert!(start.on_disk("filler").exists(), "what is not its own stays");
    start.stop();
}

#[test]
fn a_gateway_that_can_free_nothing_waits_for_room_and_says_so() {
    let setting = Setting::new(&CAMERAS);
    let mut start = FullStart::with(&setting, "");
    start.until_told("nothing of the gateway's own can give way: free 2097152 bytes or more there");
    assert!(start.told().contains(&*start.state.display().to_string()), "{}", start.told());
    fs::remove_file(start.on_disk("filler")).expect("removed");
    start.until_told("there is room on the disk again");
    start.until_told("watching cameras=2");
    start.stop();
}

#[test]
fn a_gateway_that_waits_for_room_can_be_stopped() {
    let setting = Setting::new(&CAMERAS);
    let mut start = FullStart::with(&setting, "");
    start.until_told("the gateway cannot start: ");
    start.stop();
}
