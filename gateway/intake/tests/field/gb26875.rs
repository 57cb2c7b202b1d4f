//! Fire transmitters: both dialects and the short frames, over lost connections and a gateway that is killed.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use hw_sim::field::gb26875::{Answer, Form, Transmitter, analogue, component, transmitter};
use intake::gb26875::{
    Dialect, Part, Point, Settings, SourceAddress, Strangers, TestBit, Transmitter as Configured,
    run,
};
use intake::{Device, DeviceHealth, DeviceState, Mailbox};
use jiff::civil::{DateTime, date};
use scene::{CaptureTime, Reading, SignalKind, SignalValue};
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::judge::{Judge, flag, number, until};

const ADDRESS: &str = "110101000001";
const FIRE: u16 = 2;
const NOTE: &str = "3-201 张三丰 13800138000";

fn now() -> DateTime {
    date(2026, 9, 19).at(14, 30, 5, 0)
}

fn settings(listen: SocketAddr, form: Form) -> Settings {
    let point = |name: &str, part, kind| {
        let (name, scale, offset) = (name.to_owned(), None, 0.0);
        Point { name, part, kind, scale, offset }
    };
    let smoke = Part::Component { system: 7, address: 0x0002_0009 };
    let points = vec![
        point("smoke-1", smoke, SignalKind::Smoke),
        point("there-1", smoke, SignalKind::Heartbeat),
        point(
            "cable-1",
            Part::Analogue { system: 7, address: 5, quantity: 3 },
            SignalKind::Temperature,
        ),
        point("panel", Part::System { address: 7 }, SignalKind::Smoke),
        point("line", Part::Transmitter, SignalKind::Tamper),
    ];
    let (address, dialect) = match form {
        Form::Binary => (SourceAddress::from_digits(ADDRESS), Dialect::Binary),
        Form::Bcd => (SourceAddress::from_digits(ADDRESS), Dialect::Bcd),
        Form::Short => (SourceAddress::from_user_code("A001"), Dialect::Short),
    };
    let transmitter = Configured {
        device: "fire-1".to_owned(),
        address: address.unwrap(),
        dialect,
        utc_offset_secs: 28_800,
        test_bit: TestBit::ZeroIsTest,
        points,
    };
    let idle_timeout = Duration::from_secs(10);
    Settings { listen, most_connections: 4, idle_timeout, transmitters: vec![transmitter] }
}

/// A gateway that runs until it is dropped.
struct Gateway {
    judge: Judge,
    health: DeviceHealth,
    strangers: Strangers,
    _stop: DropGuard,
}

fn free() -> SocketAddr {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

fn gateway(settings: Settings) -> Gateway {
    assert_eq!(settings.validate(), Ok(()));
    let mailbox = Arc::new(Mailbox::default());
    let device = Device::new("fire-1", Arc::clone(&mailbox));
    let (health, strangers, stop) =
        (device.health(), Strangers::default(), CancellationToken::new());
    tokio::spawn(run(settings, vec![device], strangers.clone(), stop.clone()));
    Gateway { judge: Judge::of(&mailbox), health, strangers, _stop: stop.drop_guard() }
}

#[tokio::test]
async fn a_fire_is_told_in_both_dialects_and_confirmed() {
    for form in [Form::Binary, Form::Bcd] {
        let address = free();
        let mut gateway = gateway(settings(address, form));
        let mut panel = Transmitter::new(address, ADDRESS, form);
        let time = panel.time(now());
        let frame = panel.frame(now(), &component(7, 0x0002_0009, FIRE | 1, NOTE, time));
        assert_eq!(panel.report(&frame).await.0, Answer::Confirmed);
        let fire = gateway.judge.next().await;
        assert_eq!((&*fire.source().point, fire.reading()), ("smoke-1", flag(true)));
        assert!(!format!("{fire:?}").contains("张三丰"));
        assert_eq!(gateway.judge.next_of("there-1").await, flag(true));
        let frame = panel.frame(now(), &analogue(7, 5, 3, -125, time));
        assert_eq!(panel.report(&frame).await.0, Answer::Confirmed);
        assert_eq!(gateway.judge.next_of("cable-1").await, number(-12.5));
        // The line to the panel is cut; bit 0 says that this is no test.
        let frame = panel.frame(now(), &transmitter(0x41, time));
        assert_eq!(panel.report(&frame).await.0, Answer::Confirmed);
        assert_eq!(gateway.judge.next_of("line").await, flag(true));
        let frame = panel.frame(now(), &component(7, 0x0002_0009, 1, NOTE, time));
        panel.report(&frame).await;
        assert_eq!(gateway.judge.next_of("smoke-1").await, flag(false));
        let frame = panel.frame(now(), &component(7, 0x0002_0009, FIRE, NOTE, time));
        panel.report(&frame).await;
        let tested = Reading::Uncertain(SignalValue::Flag(true));
        assert_eq!(gateway.judge.next_of("smoke-1").await, tested);
        let health = gateway.health.get();
        assert_eq!((health.state, health.latest_fault), (DeviceState::Online, None));
    }
}

#[tokio::test]
async fn what_is_not_kept_is_not_confirmed_and_comes_again_over_a_new_connection() {
    let address = free();
    let mut gateway = gateway(settings(address, Form::Bcd));
    let mut panel = Transmitter::new(address, ADDRESS, Form::Bcd);
    let time = panel.time(now());
    let frame = panel.frame(now(), &component(7, 0x0002_0009, FIRE | 1, "", time));
    gateway.judge.keep(false);
    let health = gateway.health.clone();
    let mut reporting = tokio::spawn(async move {
        let reported = panel.report(&frame).await;
        (panel, frame, reported)
    });
    // Both points, twice at least.
    let signals = || health.get().counts.signals >= 4;
    tokio::select! {
        _ = &mut reporting => panic!("it was confirmed, and nobody had kept it"),
        () = until("it is sent again", signals) => {}
    }
    gateway.judge.keep(true);
    let (mut panel, frame, (answer, times)) = reporting.await.unwrap();
    assert_eq!(answer, Answer::Confirmed);
    assert!(times >= 2, "{times}");
    assert_eq!(gateway.judge.next_of("smoke-1").await, flag(true));
    assert_eq!(gateway.judge.next_of("there-1").await, flag(true));
    // The confirmation got lost: it is confirmed again, and not told again.
    panel.cut();
    assert_eq!(panel.report(&frame).await.0, Answer::Confirmed);
    // After a reset it counts from the beginning, at a later time.
    panel.reboot();
    let later = now().checked_add(jiff::SignedDuration::from_secs(60)).unwrap();
    let time = panel.time(later);
    let frame = panel.frame(later, &component(7, 0x0002_0009, FIRE | 1, "", time));
    assert_eq!(panel.report(&frame).await.0, Answer::Confirmed);
    assert_eq!(gateway.judge.next_of("smoke-1").await, flag(true));
    assert_eq!(gateway.judge.next_of("there-1").await, flag(true));
    assert_eq!(gateway.judge.so_far(), []);
}

#[tokio::test]
async fn a_gateway_that_is_killed_gets_it_when_it_is_back() {
    let address = free();
    let mut panel = Transmitter::new(address, ADDRESS, Form::Binary);
    let time = panel.time(now());
    let frame = panel.frame(now(), &component(7, 0x0002_0009, FIRE | 1, "", time));
    let first = gateway(settings(address, Form::Binary));
    first.judge.keep(false);
    let health = first.health.clone();
    let reporting = tokio::spawn(async move { panel.report(&frame).await });
    until("it was heard", || health.get().counts.signals > 0).await;
    drop(first);
    let mut second = gateway(settings(address, Form::Binary));
    assert_eq!(reporting.await.unwrap().0, Answer::Confirmed);
    assert_eq!(second.judge.next_of("smoke-1").await, flag(true));
    let health = second.health.clone();
    let is_offline = || matches!(health.get().state, DeviceState::Offline { .. });
    until("the transmitter has gone", is_offline).await;
}

#[tokio::test]
async fn garbage_halves_and_damage_do_no_harm() {
    let address = free();
    let mut gateway = gateway(settings(address, Form::Binary));
    let mut panel = Transmitter::new(address, ADDRESS, Form::Binary);
    let time = panel.time(now());
    let alive = panel.frame(now(), &transmitter(1, time));
    assert_eq!(panel.report(&alive).await.0, Answer::Confirmed);
    let frame = panel.frame(now(), &component(7, 0x0002_0009, FIRE | 1, NOTE, time));
    let mut damaged = frame.clone();
    damaged[40] ^= 0xFF;
    panel.send(b"GET / HTTP/1.1\r\n\r\n").await.unwrap();
    assert_eq!(panel.report(&damaged).await.0, Answer::Denied);
    let (half, rest) = frame.split_at(33);
    panel.send(half).await.unwrap();
    panel.send(rest).await.unwrap();
    assert_eq!(panel.answer().await.unwrap(), Answer::Confirmed);
    assert_eq!(gateway.judge.next_of("smoke-1").await, flag(true));
    let fault = gateway.health.get().latest_fault.unwrap();
    assert_eq!(fault, "sum of the frame: expected that of its bytes");
    // Data that follows no standard is confirmed: it would come again and again.
    let odd = panel.frame(now(), &[2, 1, 1, 7]);
    assert_eq!(panel.report(&odd).await.0, Answer::Confirmed);
    let fault = gateway.health.get().latest_fault.unwrap();
    assert!(fault.starts_with("the length of the objects: expected"), "{fault}");
}

#[tokio::test]
async fn a_stranger_is_named_and_not_answered() {
    let address = free();
    let gateway = gateway(settings(address, Form::Binary));
    let mut stranger = Transmitter::new(address, "999999999999", Form::Binary);
    let time = stranger.time(now());
    let frame = stranger.frame(now(), &transmitter(1, time));
    let asked = tokio::spawn(async move { stranger.report(&frame).await });
    let strangers = gateway.strangers.clone();
    let seen = || strangers.seen().first().is_some_and(|(_, frames)| *frames >= 2);
    until("it is counted", seen).await;
    assert_eq!(strangers.seen()[0].0, "999999999999");
    assert!(!asked.is_finished());
    asked.abort();
    let DeviceState::Offline { reason } = gateway.health.get().state else {
        panic!("nobody it knows has called")
    };
    assert!(reason.starts_with("it has not called since"), "{reason}");
}

#[tokio::test]
async fn short_frames_begin_a_fire_and_a_heartbeat_ends_it() {
    let address = free();
    let mut gateway = gateway(settings(address, Form::Short));
    let mut panel = Transmitter::new(address, "A001", Form::Short);
    let fire = panel.frame(now(), &[0x03, 1, 7, 2, 9]);
    assert_eq!(panel.report(&fire).await.0, Answer::Confirmed);
    assert_eq!(gateway.judge.next_of("smoke-1").await, flag(true));
    assert_eq!(gateway.judge.next_of("panel").await, flag(true));
    let burning = panel.frame(now(), &[0x02, 0x01]);
    assert_eq!(panel.report(&burning).await.0, Answer::Confirmed);
    let quiet = panel.frame(now(), &[0x02, 0x00]);
    assert_eq!(panel.report(&quiet).await.0, Answer::Confirmed);
    assert_eq!(gateway.judge.next_of("smoke-1").await, flag(false));
    assert_eq!(gateway.judge.next_of("panel").await, flag(false));
}

#[tokio::test]
async fn a_clock_that_goes_wrong_is_corrected() {
    let address = free();
    let mut gateway = gateway(settings(address, Form::Bcd));
    let mut panel = Transmitter::new(address, ADDRESS, Form::Bcd);
    // It shows a time years ago, and goes on.
    let began = std::time::Instant::now();
    let shown = || {
        let passed = jiff::SignedDuration::try_from(began.elapsed()).unwrap();
        date(2011, 1, 1).at(0, 0, 0, 0).checked_add(passed).unwrap()
    };
    for _ in 0..4 {
        let at = shown();
        let frame = panel.frame(at, &transmitter(1, panel.time(at)));
        assert_eq!(panel.report(&frame).await.0, Answer::Confirmed);
    }
    let at = shown();
    let earlier = at.checked_sub(jiff::SignedDuration::from_secs(30)).unwrap();
    let time = panel.time(earlier);
    let frame = panel.frame(at, &component(7, 0x0002_0009, FIRE | 1, "", time));
    let sent_at = CaptureTime::from_unix_micros(jiff::Timestamp::now().as_microsecond());
    assert_eq!(panel.report(&frame).await.0, Answer::Confirmed);
    let fire = loop {
        let signal = gateway.judge.next().await;
        if &*signal.source().point == "smoke-1" {
            break signal;
        }
    };
    let age = sent_at.since(fire.captured_at());
    assert!((28..=33).contains(&age.as_secs()), "{age:?}");
}
