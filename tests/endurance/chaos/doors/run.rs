//! The chaos of doors and sensors: what goes wrong when, and the accounts that are compared in the end.

use std::collections::BTreeMap;
use std::fs;
use std::hash::{BuildHasher, RandomState};
use std::path::Path;
use std::time::{Duration, Instant};

use fastrand::Rng;
use hw_sim::door::{BoundaryStyle, Dahua, DoorClock, Habits, Isapi, OnvifHabits, Writing};
use hw_sim::field::gb26875::Form;
use hw_sim::play::{PlaySettings, Ports, RunningPlay, WatchEnd, unused_port};
use hw_sim::scenario::Scenario;
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

use super::account::{Sum, Told};
use super::config;
use super::gate::{Gate, OnvifGate, habits};
use super::locked::{LOCKED_BY, Locked};
use super::publisher::{Publisher, publish};
use super::registers::Cabinet;
use super::stand::{Stand, Trouble};
use super::transmitter::Panel;
use crate::report::show;
use crate::setting::{LIMIT, setting};

/// What goes wrong, and how often before it all begins again in another order.
const MISCHIEF: [(Mischief, usize); 6] = [
    (Mischief::KillGateway, 4),
    (Mischief::Suffer(Trouble::Cut), 4),
    (Mischief::Suffer(Trouble::Stall), 3),
    (Mischief::Suffer(Trouble::Half), 3),
    (Mischief::Suffer(Trouble::Reboot), 3),
    (Mischief::Suffer(Trouble::FallSilent), 2),
];

/// Events of one device at most: doors have numbers up to 255.
const MOST_EVENTS: usize = 240;
/// Whatever is told twice is told twice by then: all connections broke off a while ago.
const QUIET: Duration = Duration::from_secs(8);

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Mischief {
    KillGateway,
    Suffer(Trouble),
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn doors_in_chaos_lose_nothing_and_tell_nothing_twice() {
    let secs = setting("CHAOS_SECS", 20);
    let seed = setting("CHAOS_SEED", RandomState::new().hash_one(0) >> 32);
    show(&format!("chaos of doors: seed {seed}, {secs} s"));
    let mut run = Run::begin(seed, secs).await;
    let until = Instant::now() + Duration::from_secs(secs);
    while Instant::now() < until {
        run.something_happens();
        run.go_wrong().await;
        run.listen_up_to(300).await; // any instant
    }
    run.end().await;
}

/// Everything that takes part, and what goes wrong with it.
struct Run {
    rng: Rng,
    devices: Vec<Box<dyn Stand>>,
    /// How many events each device has told.
    happened: Vec<usize>,
    points: usize,
    locked: Locked,
    told: Told,
    play: RunningPlay,
    heard: Vec<u8>,
    is_ending: bool,
    /// How often the gateway was started.
    lives: u32,
    due: Vec<Mischief>,
    done: BTreeMap<Mischief, u64>,
    work: TempDir,
}

impl Run {
    async fn begin(seed: u64, secs: u64) -> Self {
        let work = tempfile::tempdir().unwrap();
        let points = usize::try_from(secs * 2).unwrap().clamp(60, MOST_EVENTS);
        let (publisher, orders) = Publisher::open();
        let mut devices = devices(points).await;
        devices.push(Box::new(publisher));
        let locked = Locked::open().await;
        let port = || unused_port().unwrap();
        let ports = Ports { broker: port(), cameras: port(), page: port() };
        let mut files: Vec<(String, String)> =
            devices.iter().map(|it| (it.id().to_owned(), it.file(points))).collect();
        files.extend(locked.files());
        let empty = "title = \"doors\"\nduration_secs = 1\ncamera = []\n";
        let settings = PlaySettings {
            scenario: Scenario::parse(empty, Path::new("doors.toml")).unwrap(),
            media: work.path().to_owned(),
            gateway: env!("CARGO_BIN_EXE_gridwhistle").into(),
            config: config::write(work.path(), ports, &files),
            work: work.path().to_owned(),
            ports,
        };
        let mut heard = Vec::new();
        let play =
            RunningPlay::start(settings, CancellationToken::new(), &mut heard).await.unwrap();
        tokio::spawn(publish(&play.broker, orders));
        let mut run = Self {
            rng: Rng::with_seed(seed),
            happened: vec![0; devices.len()],
            devices,
            points,
            locked,
            told: Told::default(),
            play,
            heard,
            is_ending: false,
            lives: 1,
            due: Vec::new(),
            done: BTreeMap::new(),
            work,
        };
        run.until_online().await;
        run
    }

    /// Waits until all devices that are asked, and let us in, are heard.
    async fn until_online(&mut self) {
        let ids: Vec<String> = self
            .devices
            .iter()
            .filter(|device| device.is_asked())
            .map(|device| device.id().to_owned())
            .collect();
        let watched = self.play.watch(LIMIT, &mut self.heard, |journal| {
            ids.iter().all(|id| journal.devices.get(id).is_some_and(|it| it.is_online()))
        });
        let watched = watched.await.unwrap();
        assert_eq!(watched, WatchEnd::Met, "{}", String::from_utf8_lossy(&self.heard));
    }

    /// One event of each of some devices.
    fn something_happens(&mut self) {
        for (at, device) in self.devices.iter_mut().enumerate() {
            if self.rng.u8(0..3) == 0 && self.happened[at] < self.points {
                device.happen(self.happened[at], &self.told);
                self.happened[at] += 1;
            }
        }
    }

    async fn go_wrong(&mut self) {
        if self.due.is_empty() {
            let all = MISCHIEF.iter().flat_map(|(kind, times)| std::iter::repeat_n(*kind, *times));
            self.due = all.collect();
            self.rng.shuffle(&mut self.due);
        }
        let mischief = self.due.pop().unwrap();
        *self.done.entry(mischief).or_default() += 1;
        match mischief {
            Mischief::KillGateway => self.kill_gateway().await,
            Mischief::Suffer(trouble) => {
                // Some devices at once; the others go on.
                let mask = self.rng.u64(..);
                let suffers = |at: usize| mask >> at & 1 == 1;
                for (at, device) in self.devices.iter_mut().enumerate() {
                    if suffers(at) {
                        device.suffer(trouble).await;
                    }
                }
                self.something_happens();
                if matches!(trouble, Trouble::Stall | Trouble::FallSilent) {
                    self.listen_up_to(1_500).await;
                    if self.rng.u8(0..3) == 0 {
                        self.kill_gateway().await;
                    }
                }
                for (at, device) in self.devices.iter_mut().enumerate() {
                    if suffers(at) {
                        device.recover();
                    }
                }
            }
        }
    }

    /// SIGKILL, and the next life, a while later. What happens meanwhile is told to nobody.
    async fn kill_gateway(&mut self) {
        self.play.kill_gateway().await.unwrap();
        if !self.is_ending {
            self.something_happens();
        }
        self.listen_up_to(300).await;
        self.lives += 1;
        self.play.start_gateway().unwrap();
    }

    async fn listen_up_to(&mut self, most_millis: u64) {
        let time = Duration::from_millis(self.rng.u64(10..most_millis));
        self.listen(time).await;
    }

    async fn listen(&mut self, time: Duration) {
        let watched = self.play.watch(time, &mut self.heard, |_| false).await.unwrap();
        assert_eq!(watched, WatchEnd::TimeUp);
    }

    /// Peace: what is left arrives, all connections break once more, and the accounts are compared.
    async fn end(mut self) {
        self.is_ending = true;
        self.devices.iter_mut().for_each(|device| device.recover());
        self.come_to_rest().await;
        self.devices.iter_mut().for_each(|device| device.recover());
        self.kill_gateway().await;
        self.until_online().await;
        self.listen(QUIET).await;
        let journal = self.play.journal().clone();
        let sum = Sum::of(&self.told.all(), &journal);
        self.report(&sum);
        let errors = self.play.stop().await.unwrap();
        let log = fs::read_to_string(self.work.path().join("gateway.log")).unwrap();
        let tail: Vec<&str> = log.lines().rev().take(60).collect();
        let expected: usize = self.happened.iter().sum();
        assert_eq!(sum.told, expected, "everything was delivered");
        assert_eq!(
            (&sum.lost[..], &sum.doubled[..], &sum.invented[..]),
            (&[][..], &[][..], &[][..]),
            "{tail:#?}"
        );
        assert_eq!(journal.gaps(), []);
        assert_eq!((journal.conflicting, journal.out_of_order, journal.unreadable), (0, 0, 0));
        // Who was refused knows better than to try again soon, also in its next life.
        let wrong = self.locked.wrong();
        assert!(wrong.iter().all(|(_, times)| (1..LOCKED_BY).contains(times)), "{wrong:?}");
        assert_eq!(self.locked.locked(), Vec::<&str>::new(), "{wrong:?}");
        let sudden: Vec<&String> =
            errors.iter().filter(|error| !error.contains("refuses the login")).collect();
        assert!(sudden.is_empty(), "{sudden:#?}");
        assert!(sum.told > 100, "the devices told too little: {}", sum.told);
    }

    /// Waits until everything that was told is raised, or nothing more has been for a while.
    async fn come_to_rest(&mut self) {
        let expected: usize = self.happened.iter().sum();
        let mut deadline = Instant::now() + LIMIT;
        let mut most = 0;
        loop {
            self.listen(Duration::from_millis(300)).await;
            let sum = Sum::of(&self.told.all(), self.play.journal());
            let arrived = sum.told - sum.lost.len();
            if arrived > most {
                (most, deadline) = (arrived, Instant::now() + LIMIT);
            }
            if arrived == expected || Instant::now() > deadline {
                return;
            }
        }
    }

    fn report(&self, sum: &Sum) {
        let done = |mischief| self.done.get(&mischief).copied().unwrap_or(0);
        let trouble = |trouble| done(Mischief::Suffer(trouble));
        let wrong: Vec<String> =
            self.locked.wrong().iter().map(|(name, times)| format!("{name} {times}")).collect();
        show(&format!(
            "chaos of doors: {} events of {} devices, {} kills of the gateway, {} cut, {} stalled and {} \
             half-open lines,\n       {} halved messages, {} restarts of devices\n       raised {}, lost {}, \
             told twice {}, invented {}; wrong passwords {}, accounts locked {}",
            sum.told,
            self.devices.len(),
            self.lives - 1,
            trouble(Trouble::Cut),
            trouble(Trouble::Stall),
            trouble(Trouble::FallSilent),
            trouble(Trouble::Half),
            trouble(Trouble::Reboot),
            sum.raised,
            sum.lost.len(),
            sum.doubled.len(),
            sum.invented.len(),
            wrong.join(", "),
            self.locked.locked().len(),
        ));
    }
}

/// Every adapter, with every oddity that a device of its kind may have without becoming unknowable.
async fn devices(points: usize) -> Vec<Box<dyn Stand>> {
    let json = Isapi::new(BoundaryStyle::Plain, Writing::Json);
    let xml = Isapi::new(BoundaryStyle::Angle, Writing::Xml);
    let unnumbered = Isapi { has_serials: false, ..json };
    let dahua = |has_serials| Dahua { has_company: true, has_serials };
    let never_set = Habits { clock: DoorClock::StandsStill, ..habits() };
    let one_number = Habits { has_one_number: true, ..habits() };
    let onvif_1970 = OnvifHabits { clock: DoorClock::Since1970, ..OnvifHabits::default() };
    vec![
        Box::new(Gate::open("isapi", "isapi", json, habits()).await),
        Box::new(Gate::open("isapi-1970", "isapi", xml, never_set).await),
        Box::new(Gate::open("isapi-one-number", "isapi", json, one_number).await),
        Box::new(Gate::open("isapi-no-numbers", "isapi", unnumbered, habits()).await),
        Box::new(Gate::open("dahua", "dahua", dahua(true), habits()).await),
        Box::new(Gate::open("dahua-no-numbers", "dahua", dahua(false), habits()).await),
        Box::new(OnvifGate::open("onvif", OnvifHabits::default()).await),
        Box::new(OnvifGate::open("onvif-1970", onvif_1970).await),
        Box::new(Cabinet::open("modbus", points).await),
        Box::new(Panel::open("panel", "110105000001", Form::Binary, true).await),
        Box::new(Panel::open("panel-1970", "110105000002", Form::Bcd, false).await),
    ]
}
