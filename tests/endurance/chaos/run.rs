//! The chaos itself: what goes wrong when, and the accounts that are compared in the end.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::hash::{BuildHasher, RandomState};
use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use fastrand::Rng;
use hw_sim::play::LoadBroker;
use ledger::Ledger;
use runtime::utc_now;
use tempfile::TempDir;
use tokio::sync::watch;

use super::account::{Account, Sum};
use super::case_system::{Answers, CaseSystem};
use super::clock::WallClock;
use super::disk::SmallDisk;
use super::orders::{ORDERS, Orders, PREFIX};
use super::relay::{Relay, Weather};
use super::states;
use crate::centre::Centre;
use crate::report::show;
use crate::setting::{LIMIT, setting};

/// What can go wrong, and how often before it all begins again in another order.
const MISCHIEF: [(Mischief, usize); 10] = [
    (Mischief::KillGateway, 8),
    (Mischief::Cut, 3),
    (Mischief::Stall, 2),
    (Mischief::Mute, 1),
    (Mischief::Slow, 2),
    (Mischief::Spoil, 2),
    (Mischief::Refuse, 1),
    (Mischief::KillBroker, 2),
    (Mischief::FillDisk, 1),
    (Mischief::StepClock, 3),
];

/// Where the clock may step to, in seconds. Never so far ahead that it ends a closed alert's time on
/// its retained topic: in the end nobody could tell which step did.
const CLOCK_OFF_SECS: [i64; 5] = [0, 3600, -3600, 20 * 3600, -2 * 86_400];

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Mischief {
    KillGateway,
    Cut,
    Stall,
    Mute,
    Slow,
    Spoil,
    Refuse,
    KillBroker,
    FillDisk,
    StepClock,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn chaos_loses_nothing() {
    let secs = setting("CHAOS_SECS", 18);
    let seed = setting("CHAOS_SEED", RandomState::new().hash_one(0) >> 32);
    show(&format!("chaos: seed {seed}, {secs} s"));
    let mut run = Run::begin(seed, secs).await;
    let until = Instant::now() + Duration::from_secs(secs);
    while Instant::now() < until {
        run.cases_go_on();
        run.go_wrong().await;
        tokio::time::sleep(Duration::from_millis(run.rng.u64(20..400))).await; // any instant
    }
    run.end().await;
}

/// Everything that takes part, and what goes wrong with it.
struct Run {
    rng: Rng,
    account: Arc<watch::Sender<Account>>,
    cases: CaseSystem,
    broker: LoadBroker,
    centre: Centre,
    relay: Relay,
    disk: SmallDisk,
    clock: WallClock,
    clock_off_secs: i64,
    gateway: Option<Gateway>,
    /// What goes wrong next, from its end.
    due: Vec<Mischief>,
    done: BTreeMap<Mischief, u64>,
    // Last: what it holds is in use until the rest is gone.
    work: TempDir,
}

/// A life under way, and who listens to it.
struct Gateway {
    process: Child,
    listener: JoinHandle<()>,
}

impl Run {
    async fn begin(seed: u64, secs: u64) -> Self {
        let work = tempfile::tempdir().unwrap();
        let mut broker = LoadBroker::start(work.path()).await.unwrap();
        let account = Arc::new(watch::Sender::new(Account::default()));
        let answers = Arc::new(Mutex::new(Answers::default()));
        let cases = CaseSystem::new(Arc::clone(&answers));
        let sink = Arc::clone(&account);
        let filters = ["evt/#", "case/+/ack"].map(|below| format!("{}/{below}", PREFIX));
        let filters = [filters[0].as_str(), filters[1].as_str()];
        let centre = Centre::listen(&[broker.plain_port], "centre", &filters, move |heard| {
            if heard.topic.ends_with("/ack") {
                answers.lock().unwrap().hear(heard);
            } else {
                sink.send_modify(|account| account.hear(heard));
            }
        });
        // From here on the broker remembers the subscription whatever happens to it.
        broker.stop().await.unwrap();
        broker.restart().await.unwrap();
        centre.connected_again(1).await;
        let relay = Relay::start(broker.tls_port).await;
        let disk = SmallDisk::mount(&work.path().join("state"), 48 + secs);
        let rng = Rng::with_seed(seed);
        let done = BTreeMap::new();
        let (gateway, due) = (None, Vec::new());
        let clock = WallClock::new(work.path());
        let mut run = Self {
            rng,
            account,
            cases,
            broker,
            centre,
            relay,
            disk,
            clock,
            clock_off_secs: 0,
            gateway,
            due,
            done,
            work,
        };
        run.start_gateway();
        run
    }

    fn start_gateway(&mut self) {
        let orders = Orders {
            folder: self.disk.inside.clone(),
            ca_file: self.broker.certificates.ca.clone(),
            port: self.relay.port,
            seed: self.rng.u64(..),
        };
        let log = File::options().create(true).append(true).open(self.log()).unwrap();
        let program: PathBuf = std::env::current_exe().unwrap();
        let mut command = self.disk.command(&program);
        self.clock.give_to(&mut command);
        let mut process = command
            .args(["--exact", "chaos::life::life", "--nocapture"])
            .env(ORDERS, serde_json::to_string(&orders).unwrap())
            .env("RUST_LOG", "warn")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .unwrap();
        let lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let account = Arc::clone(&self.account);
        let listener = std::thread::spawn(move || {
            for line in lines {
                let line = line.unwrap();
                account.send_modify(|account| account.read(&line));
            }
        });
        self.gateway = Some(Gateway { process, listener });
    }

    /// What the lives log, one behind the other.
    fn log(&self) -> PathBuf {
        self.work.path().join("lives.log")
    }

    fn cases_go_on(&mut self) {
        let alerts = self.account.borrow().alerts();
        self.cases.go_on(&mut self.rng, &alerts, &self.centre);
    }

    async fn go_wrong(&mut self) {
        if self.due.is_empty() {
            let all = MISCHIEF.iter().flat_map(|(kind, times)| std::iter::repeat_n(*kind, *times));
            self.due = all.collect();
            self.rng.shuffle(&mut self.due);
        }
        let mischief = self.due.pop().expect("it never ends");
        *self.done.entry(mischief).or_default() += 1;
        let a_while = Duration::from_millis(self.rng.u64(50..2500));
        match mischief {
            Mischief::KillGateway => self.kill_gateway(),
            Mischief::Cut => self.relay.cut(),
            Mischief::Stall => self.weather(Weather::Stalled, a_while).await,
            Mischief::Mute => self.weather(Weather::Mute, a_while).await,
            Mischief::Slow => {
                let late = Duration::from_millis(self.rng.u64(5..80));
                self.weather(Weather::Slow(late), a_while).await;
            }
            Mischief::Spoil => self.relay.spoil(),
            Mischief::Refuse => self.weather(Weather::Refusing, a_while).await,
            Mischief::KillBroker => self.kill_broker(a_while).await,
            Mischief::FillDisk => {
                self.disk.fill();
                self.last_for(a_while).await;
                self.disk.relieve();
            }
            Mischief::StepClock => {
                let elsewhere =
                    CLOCK_OFF_SECS.into_iter().filter(|off| *off != self.clock_off_secs);
                let elsewhere: Vec<i64> = elsewhere.collect();
                self.clock_off_secs = elsewhere[self.rng.usize(0..elsewhere.len())];
                self.clock.set(self.clock_off_secs);
            }
        }
    }

    async fn weather(&mut self, weather: Weather, time: Duration) {
        self.relay.set(weather);
        self.last_for(time).await;
        self.relay.set(Weather::Fair);
    }

    /// For as long as the trouble lasts; now and then the gateway is killed in the middle of it.
    async fn last_for(&mut self, time: Duration) {
        tokio::time::sleep(time / 2).await;
        if self.rng.u8(0..3) == 0 {
            self.kill_gateway();
            *self.done.entry(Mischief::KillGateway).or_default() += 1;
        }
        tokio::time::sleep(time / 2).await;
    }

    /// SIGKILL, and the next life.
    fn kill_gateway(&mut self) {
        if let Some(Gateway { mut process, listener }) = self.gateway.take() {
            process.kill().unwrap();
            process.wait().unwrap();
            listener.join().unwrap();
        }
        self.start_gateway();
    }

    /// SIGKILL or, as often, SIGTERM.
    async fn kill_broker(&mut self, away: Duration) {
        let connections = self.centre.connections();
        if self.rng.bool() {
            self.broker.kill().await.unwrap();
        } else {
            self.broker.stop().await.unwrap();
        }
        self.last_for(away).await;
        self.broker.restart().await.unwrap();
        // A second kill before that would take what was acknowledged for nobody.
        self.centre.connected_again(connections).await;
    }

    /// Peace: what is left arrives, the gateway ends in good order, and the accounts are compared.
    async fn end(mut self) {
        self.relay.set(Weather::Fair);
        self.set_clock_right().await;
        let Gateway { mut process, listener } = self.gateway.take().unwrap();
        let mut word = process.stdin.take().unwrap();
        word.write_all(b"rest\n").unwrap();
        let files = self.come_to_rest().await;
        let states = self.account.borrow().states(utc_now().unix_micros());
        let faults = states::differences(self.broker.plain_port, &states).await;
        drop(word);
        let status = tokio::task::spawn_blocking(move || {
            let status = process.wait().unwrap();
            listener.join().unwrap();
            status
        });
        let status = tokio::time::timeout(LIMIT, status).await.expect("the gateway ends").unwrap();
        assert!(status.success(), "the last life ended with {status}");
        let copy = self.work.path().join("copy");
        self.disk.copy_to(&copy);
        let ledger = Ledger::open(&copy.join("ledger.sqlite3")).unwrap();
        let account = self.account.borrow();
        let mut sum = account.sum(&ledger);
        sum.faults.extend(faults);
        sum.faults.extend(account.untold_cases(&files));
        sum.faults.extend(self.cases.faults(&ledger));
        self.report(&account, &sum, states.len());
        let log = fs::read_to_string(self.log()).unwrap();
        let told = log.lines().rev().take(60).collect::<Vec<_>>();
        assert_eq!(
            (sum.lost, sum.faults.len()),
            (0, 0),
            "{:#?}\n{told:#?}",
            sum.faults.iter().take(20).collect::<Vec<_>>()
        );
        // One alone could come where no life had time to record anything.
        let stepped = self.done.get(&Mischief::StepClock).is_some_and(|times| *times > 1);
        assert!(!stepped || sum.clock_steps > 0, "the lives have another clock than is set");
        assert_eq!(account.last_words.as_deref(), Some("ended with 0 left"));
        assert!(account.kept() > 500, "the lives did too little: {}", account.kept());
    }

    /// The clock is right, and work has gone on since: whatever is looked at now and then was
    /// looked at by the right clock.
    async fn set_clock_right(&self) {
        self.clock.set(0);
        let before = self.account.borrow().kept();
        let mut account = self.account.subscribe();
        let worked = account.wait_for(|account| account.kept() >= before + 50);
        // If nothing is kept any more, the accounts will tell.
        drop(tokio::time::timeout(LIMIT, worked).await);
    }

    /// Waits until everything that was recorded or said has got through, or nothing has for a while: a busy
    /// machine may need minutes. Gives what each case must have become.
    async fn come_to_rest(&mut self) -> BTreeMap<String, (usize, String)> {
        self.cases.finish(&self.centre);
        let files = self.cases.files();
        let mut deadline = Instant::now() + LIMIT;
        let mut least_missing = usize::MAX;
        let mut round = tokio::time::interval(Duration::from_millis(20));
        loop {
            round.tick().await;
            let unanswered = self.cases.insist(&self.centre);
            let at_rest = {
                let account = self.account.borrow();
                let told = account.untold_cases(&files).is_empty();
                if account.missing() < least_missing {
                    (least_missing, deadline) = (account.missing(), Instant::now() + LIMIT);
                }
                account.is_resting && account.missing() == 0 && unanswered == 0 && told
            };
            if at_rest || Instant::now() > deadline {
                return files;
            }
        }
    }

    fn report(&self, account: &Account, sum: &Sum, states: usize) {
        let done = |mischief| self.done.get(&mischief).copied().unwrap_or(0);
        let line: u64 = [Mischief::Cut, Mischief::Stall, Mischief::Mute, Mischief::Slow]
            .into_iter()
            .chain([Mischief::Spoil, Mischief::Refuse])
            .map(done)
            .sum();
        show(&format!(
            "chaos: {} operations, {} kills of the gateway, {} broker outages, {line} line faults, \
             {} clock steps, {} full disks ({} refusals)\n       published {}, acknowledged {}, received {}, \
             doubled {}, lost {}\n       case feedback: {} messages on {} alerts; {} retained states\n       \
             state errors {}",
            account.kept(),
            done(Mischief::KillGateway),
            done(Mischief::KillBroker),
            sum.clock_steps,
            done(Mischief::FillDisk),
            account.refused,
            sum.published,
            sum.acknowledged,
            sum.received,
            sum.doubled,
            sum.lost,
            self.cases.written(),
            self.cases.files().len(),
            states,
            sum.faults.len(),
        ));
    }
}
