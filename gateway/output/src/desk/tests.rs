//! Outputs on a real Modbus device, by guards that are real processes.

use std::collections::BTreeSet;
use std::io::{BufReader, stdin, stdout};
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use hw_sim::field::modbus::{Manner, Slave, Table};
use tokio::runtime::Runtime;

use super::{Desk, Outlets};
use crate::approval::{Approval, Approved};
use crate::coils::Coils;
use crate::news::{AlertNews, Turn};
use crate::note::{Note, What};
use crate::settings::{Action, Mode, Settings, Source, Trigger, Way};
use crate::status::{OutputState, OutputStatus};

/// A busy machine may take its time; a test that waits longer has failed.
const PATIENCE: Duration = Duration::from_secs(60);
/// Tells the test's program that it is a guard.
const IS_GUARD: &str = "OUTPUT_TEST_IS_GUARD";
const UNIT: u8 = 3;
const FIRST: u16 = 16;

/// Not a test: what the guards of the tests below run.
#[test]
fn guard_process() {
    if std::env::var_os(IS_GUARD).is_some() {
        // The test's name stands on this line.
        println!();
        crate::guard::serve(BufReader::new(stdin()), stdout()).unwrap();
    }
}

fn guard_command() -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "desk::tests::guard_process", "--nocapture"]).env(IS_GUARD, "1");
    command
}

/// A device, a desk, and what the desk has told.
struct Site {
    runtime: Runtime,
    slave: Slave,
    desk: Desk,
    notes: Arc<Mutex<Vec<Note>>>,
    shown: Arc<Mutex<Vec<OutputStatus>>>,
    disk_is_full: Arc<AtomicBool>,
    silent: Arc<Mutex<BTreeSet<String>>>,
    _folder: tempfile::TempDir,
}

impl Site {
    fn new() -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
        let slave = runtime.block_on(Slave::start("127.0.0.1:0".parse().unwrap())).unwrap();
        (0..4).for_each(|step| slave.set(UNIT, Table::Coil, FIRST + step, 0));
        let folder = tempfile::tempdir().unwrap();
        let (notes, shown) = (Arc::<Mutex<Vec<Note>>>::default(), Arc::<Mutex<Vec<_>>>::default());
        let disk_is_full = Arc::new(AtomicBool::new(false));
        let silent = Arc::<Mutex<BTreeSet<String>>>::default();
        let (noted, told) = (Arc::clone(&notes), Arc::clone(&shown));
        let (full, unheard) = (Arc::clone(&disk_is_full), Arc::clone(&silent));
        let outlets = Outlets {
            note: Box::new(move |note| {
                if full.load(Ordering::SeqCst) {
                    return Err("the disk is full".to_owned());
                }
                noted.lock().unwrap().push(note.clone());
                Ok(())
            }),
            show: Box::new(move |status| told.lock().unwrap().push(status.clone())),
            withdraw: Box::new(|_| {}),
            unheard: Box::new(move |device| {
                unheard.lock().unwrap().contains(device).then(|| "no answer".to_owned())
            }),
            guard: Box::new(guard_command),
        };
        let desk = Desk::start(outlets, &folder.path().join("fire.json")).unwrap();
        Self { runtime, slave, desk, notes, shown, disk_is_full, silent, _folder: folder }
    }

    fn coils(&self, count: u16) -> Way {
        let address = self.slave.address();
        Way::Modbus(Coils {
            host: address.ip().to_string(),
            port: address.port(),
            unit_id: UNIT,
            first: FIRST,
            count,
            timeout_millis: 500,
        })
    }

    fn settings(&self, count: u16, hold: Duration) -> Settings {
        let approval = |it: &str| Approval { person: it.to_owned(), kid: it.to_owned() };
        let approvals = ["zhang", "li"].map(approval).into();
        let source = Source { id: "cam-1".to_owned(), rule: None };
        Settings {
            id: "lift-1".to_owned(),
            name: "Lift".to_owned(),
            mode: Mode::Live,
            action: Action::LiftHold,
            way: self.coils(count),
            triggers: vec![Trigger { incident: "ebike_in_elevator".to_owned(), source }],
            hold,
            pause: Duration::ZERO,
            most_per_hour: 60,
            fire_devices: vec!["panel-1".to_owned()],
            approved: Approved { approvals, ..Approved::default() },
        }
    }

    fn is_on(&self, step: u16) -> bool {
        self.slave.value(UNIT, Table::Coil, FIRST + step) == Some(1)
    }

    fn state(&self) -> OutputState {
        self.desk.all()[0].status
    }

    fn told(&self) -> Vec<(What, String)> {
        let notes = self.notes.lock().unwrap();
        notes.iter().map(|it| (it.what, it.reason.clone().unwrap_or_default())).collect()
    }

    fn whats(&self) -> Vec<What> {
        self.told().into_iter().map(|(what, _)| what).collect()
    }

    fn until(&self, what: &str, holds: impl Fn() -> bool) {
        self.runtime.block_on(async {
            let mut looks = tokio::time::interval(Duration::from_millis(5));
            let held = tokio::time::timeout(PATIENCE, async {
                while !holds() {
                    looks.tick().await;
                }
            });
            held.await.unwrap_or_else(|_| panic!("never: {what}; {:?}", self.told()));
        });
    }

    /// Put to work and let go once.
    fn ready(&self, settings: &Settings) {
        self.desk.apply(std::slice::from_ref(settings));
        self.until("it is ready", || self.state() == OutputState::Released);
    }

    fn opened(&self, alert_id: &str) {
        self.desk.hear(news(alert_id, Turn::Opened));
    }
}

impl Drop for Site {
    /// No guard is left that tries to reach a device of a test that is over.
    fn drop(&mut self) {
        self.desk.stop(PATIENCE);
    }
}

fn news(alert_id: &str, turn: Turn) -> AlertNews {
    AlertNews {
        alert_id: alert_id.to_owned(),
        incident: "ebike_in_elevator".to_owned(),
        source: "cam-1".to_owned(),
        rule: "lift".to_owned(),
        turn,
        age: Duration::ZERO,
    }
}

const LONG: Duration = Duration::from_secs(100);

#[test]
fn a_coil_is_held_read_back_and_let_go_when_the_time_is_over() {
    let site = Site::new();
    site.slave.set(UNIT, Table::Coil, FIRST, 1);
    site.ready(&site.settings(1, Duration::from_millis(300)));
    assert!(!site.is_on(0), "what an earlier run left is let go at the start");
    site.opened("a-1");
    site.until("it was held", || site.whats().contains(&What::Held));
    site.until("it is let go", || site.state() == OutputState::Released && !site.is_on(0));
    site.until("that is written down", || site.whats().len() == 3);
    assert_eq!(site.whats(), [What::Ordered, What::Held, What::Released]);
    assert_eq!(site.told()[2].1, "the time is over");
    let note = site.notes.lock().unwrap()[1].clone();
    assert_eq!((note.alert_id.as_str(), note.approved_by.len()), ("a-1", 2));
    assert_eq!(site.slave.writes(), [5, 5, 5]);
    let shown = site.shown.lock().unwrap().clone();
    let held = shown.iter().find(|it| it.status == OutputState::Held).unwrap();
    assert_eq!(held.alert_id.as_deref(), Some("a-1"));
    assert!(held.held_at < held.release_at && held.release_at.is_some());
    assert_eq!(shown.last().unwrap().status, OutputState::Released);
}

#[test]
fn several_coils_go_together_and_end_with_the_alert() {
    let site = Site::new();
    site.ready(&site.settings(3, LONG));
    site.opened("a-1");
    site.until("they are held", || site.state() == OutputState::Held);
    assert_eq!([0, 1, 2, 3].map(|step| site.is_on(step)), [true, true, true, false]);
    site.opened("a-2");
    site.until("the second is refused", || site.whats().contains(&What::Refused));
    site.desk.hear(news("a-2", Turn::Over));
    site.desk.hear(news("a-1", Turn::Over));
    site.until("they are let go", || site.whats().last() == Some(&What::Released));
    assert!((0..3).all(|step| !site.is_on(step)));
    site.until("it is ready again", || site.state() == OutputState::Released);
    site.desk.hear(news("a-3", Turn::Goes));
    site.desk.hear(news("a-1", Turn::Goes));
    site.until("what came back is held again", || site.state() == OutputState::Held);
    assert_eq!(site.desk.all()[0].alert_id.as_deref(), Some("a-1"));
    assert_eq!(site.slave.writes(), [15, 15, 15, 15]);
    site.desk.stop(PATIENCE);
}

#[test]
fn fire_lets_go_at_once_and_nothing_is_held_after_it() {
    let site = Site::new();
    site.ready(&site.settings(1, LONG));
    site.opened("a-1");
    site.until("it is held", || site.is_on(0) && site.state() == OutputState::Held);
    site.desk.fire("panel-1.smoke", true);
    assert_eq!(site.state(), OutputState::Blocked, "nobody is told that it is held any more");
    site.until("it is let go", || !site.is_on(0));
    site.until("that is written down", || site.whats().last() == Some(&What::Released));
    assert_eq!(site.told().last().unwrap().1, "fire alarm at panel-1.smoke");
    site.opened("a-2");
    site.until("the next is refused", || site.whats().last() == Some(&What::Refused));
    site.desk.fire("panel-1.smoke", false);
    site.opened("a-3");
    site.until("and the one after it", || site.whats().len() == 5);
    assert!(site.told()[4].1.starts_with("the last fire alarm was"), "{:?}", site.told());
    assert!(!site.is_on(0));
}

#[test]
fn a_guard_whose_gateway_is_gone_lets_go() {
    let site = Site::new();
    let Way::Modbus(coils) = site.coils(1) else { unreachable!() };
    let reports = Arc::<Mutex<Vec<_>>>::default();
    let heard = Arc::clone(&reports);
    let hear = move |report| heard.lock().unwrap().push(report);
    let guard = crate::process::GuardProcess::spawn(guard_command(), &coils, hear).unwrap();
    site.until("it has let go once", || reports.lock().unwrap().len() == 1);
    let hold = crate::protocol::Order::Hold { number: 7, millis: 100_000 };
    guard.tell(&hold).unwrap();
    site.until("it holds", || reports.lock().unwrap().len() == 2);
    assert!(site.is_on(0));
    // What a kill of the gateway does to its end of the pipe.
    guard.leave();
    site.until("it has let go", || !site.is_on(0));
    assert!(guard.ends_by(std::time::Instant::now() + PATIENCE));
}

#[test]
fn the_next_guard_lets_go_of_what_a_killed_one_held() {
    let site = Site::new();
    site.ready(&site.settings(1, LONG));
    site.opened("a-1");
    site.until("it is held", || site.state() == OutputState::Held);
    assert!(site.is_on(0));
    site.desk.inner.state().outputs["lift-1"].hand.guard.clone().unwrap().kill();
    site.until("it is let go", || !site.is_on(0));
    site.until("that is written down", || site.whats().last() == Some(&What::Released));
    site.until("it can be held again", || site.state() == OutputState::Released);
    site.opened("a-2");
    site.until("it is", || site.is_on(0));
}

#[test]
fn a_relay_that_does_not_move_is_a_fault_and_is_written_down() {
    let site = Site::new();
    site.ready(&site.settings(2, LONG));
    site.slave.stick(UNIT, FIRST + 1, true);
    site.opened("a-1");
    site.until("that is written down", || site.whats().contains(&What::Failed));
    assert!(site.told()[1].1.contains("read back the coils are off"), "{:?}", site.told());
    site.until("the other one is let go", || !site.is_on(0));
}

#[test]
fn what_cannot_be_let_go_is_tried_until_it_is() {
    let site = Site::new();
    site.ready(&site.settings(1, LONG));
    site.opened("a-1");
    site.until("it is held", || site.state() == OutputState::Held);
    site.slave.stick(UNIT, FIRST, true);
    site.desk.hear(news("a-1", Turn::Over));
    let why = "it cannot be let go: the device took the order, but read back the coils are on";
    site.until("that is told", || site.desk.all()[0].reason.as_deref() == Some(why));
    assert!(site.is_on(0) && site.state() == OutputState::Faulty);
    assert!(!site.whats().contains(&What::Released), "it is not written down before it is so");
    site.opened("a-2");
    site.until("nothing is held meanwhile", || site.whats().contains(&What::Refused));
    site.slave.stick(UNIT, FIRST, false);
    site.until("it is let go", || !site.is_on(0) && site.state() == OutputState::Released);
    site.until("that is written down", || site.whats().last() == Some(&What::Released));
}

#[test]
fn a_device_that_does_not_answer_holds_nothing() {
    let site = Site::new();
    site.slave.behave(UNIT, Manner::Silent);
    site.desk.apply(&[site.settings(1, LONG)]);
    let why = "it cannot be let go: the device does not answer";
    site.until("that is told", || site.desk.all()[0].reason.as_deref() == Some(why));
    site.opened("a-1");
    site.until("it is refused", || site.whats() == [What::Refused]);
    site.slave.behave(UNIT, Manner::Prompt);
    site.until("it can be held", || site.state() == OutputState::Released);
    site.opened("a-2");
    site.until("it is", || site.is_on(0));
}

#[test]
fn nothing_moves_that_cannot_be_written_down() {
    let site = Site::new();
    site.ready(&site.settings(1, LONG));
    let asked = site.slave.requests();
    site.disk_is_full.store(true, Ordering::SeqCst);
    site.opened("a-1");
    site.until("it was judged", || {
        site.desk.all()[0].reason.as_deref() == Some("it cannot be written down: the disk is full")
    });
    assert_eq!(site.slave.requests(), asked);
}

#[test]
fn an_output_that_is_not_approved_or_in_test_touches_nothing() {
    let site = Site::new();
    let mut unapproved = site.settings(1, LONG);
    unapproved.approved.approvals.pop();
    let test = Settings { id: "lift-2".to_owned(), mode: Mode::Test, ..site.settings(1, LONG) };
    let off = Settings { id: "lift-3".to_owned(), mode: Mode::Off, ..site.settings(1, LONG) };
    site.desk.apply(&[unapproved, test, off]);
    let states: Vec<OutputState> = site.desk.all().iter().map(|it| it.status).collect();
    assert_eq!(states, [OutputState::Unapproved, OutputState::Test, OutputState::Off]);
    site.opened("a-1");
    site.until("two have judged", || site.whats().len() == 2);
    assert_eq!(site.whats(), [What::Refused, What::Tested]);
    assert_eq!(site.slave.requests(), 0);
}

#[test]
fn a_device_of_the_fire_alarm_that_is_not_heard_blocks() {
    let site = Site::new();
    site.ready(&site.settings(1, LONG));
    site.silent.lock().unwrap().insert("panel-1".to_owned());
    site.opened("a-1");
    site.until("it is refused", || site.whats() == [What::Refused]);
    assert_eq!(site.told()[0].1, "panel-1, which tells of fire, is not heard: no answer");
    assert_eq!(site.state(), OutputState::Blocked);
}

#[test]
fn an_edit_and_the_end_of_the_gateway_let_go() {
    let site = Site::new();
    site.ready(&site.settings(1, LONG));
    site.opened("a-1");
    site.until("it is held", || site.is_on(0) && site.state() == OutputState::Held);
    let edited = site.settings(1, LONG / 2);
    assert_eq!(site.desk.apply(std::slice::from_ref(&edited)), ["output lift-1 changed"]);
    site.until("it is let go", || !site.is_on(0));
    site.until("it is ready again", || site.state() == OutputState::Released);
    site.opened("a-2");
    site.until("it is held", || site.is_on(0) && site.state() == OutputState::Held);
    site.desk.stop(PATIENCE);
    assert!(!site.is_on(0));
    let whats = site.whats();
    assert_eq!(whats.iter().filter(|it| **it == What::Released).count(), 2, "{:?}", site.told());
}

#[test]
fn by_mqtt_the_topic_says_until_when_and_then_that_it_is_over() {
    let site = Site::new();
    let settings = Settings { way: Way::Mqtt, ..site.settings(1, Duration::from_millis(300)) };
    site.desk.apply(std::slice::from_ref(&settings));
    site.opened("a-1");
    site.until("it is over", || site.whats() == [What::Ordered, What::Held, What::Released]);
    let shown: Vec<OutputState> = site.shown.lock().unwrap().iter().map(|it| it.status).collect();
    assert_eq!(shown, [OutputState::Released, OutputState::Held, OutputState::Released]);
}
