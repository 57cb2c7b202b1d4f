//! Modbus: devices that answer, refuse, are silent, vanish and come back.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use hw_sim::field::modbus::{Manner, Slave, Table as Place};
use intake::modbus::{Point, Settings, Table, ValueForm, WordOrder, run};
use intake::{Device, DeviceHealth, DeviceState, Mailbox};
use scene::{Reading, SignalKind, SignalValue};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::judge::{Judge, flag, number, until};
use crate::peers::Peer;

const ANY: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 0);

fn point(name: &str, unit_id: u8, table: Table, address: u16, form: ValueForm) -> Point {
    let kind = if table.has_bits() { SignalKind::DoorContact } else { SignalKind::Temperature };
    Point {
        name: name.to_owned(),
        unit_id,
        table,
        address,
        form,
        word_order: WordOrder::Big,
        scale: 1.0,
        offset: 0.0,
        is_inverted: false,
        kind,
        valid: None,
    }
}

fn register(name: &str, unit_id: u8, address: u16) -> Point {
    point(name, unit_id, Table::Holding, address, ValueForm::U16)
}

/// An adapter that runs until it is dropped.
struct Adapter {
    judge: Judge,
    health: DeviceHealth,
    _stop: DropGuard,
}

fn adapter(address: SocketAddr, points: Vec<Point>) -> Adapter {
    let settings = Settings {
        host: address.ip().to_string(),
        port: address.port(),
        points,
        poll_interval: Duration::from_millis(100),
        timeout: Duration::from_millis(400),
    };
    assert_eq!(settings.validate(), Ok(()));
    let mailbox = Arc::new(Mailbox::default());
    let device = Device::new("meter", Arc::clone(&mailbox));
    let (health, stop) = (device.health(), CancellationToken::new());
    tokio::spawn(run(settings, device, stop.clone()));
    Adapter { judge: Judge::of(&mailbox), health, _stop: stop.drop_guard() }
}

impl Adapter {
    async fn until_fault(&self, part: &str) -> String {
        let fault = || self.health.get().latest_fault.unwrap_or_default();
        until(part, || fault().contains(part)).await;
        fault()
    }

    async fn until_offline(&self) -> String {
        let reason = || match self.health.get().state {
            DeviceState::Offline { reason } => Some(reason),
            _ => None,
        };
        until("it is offline", || reason().is_some()).await;
        reason().unwrap()
    }
}

#[tokio::test]
async fn a_change_is_told_once_and_points_that_lie_near_cost_one_request() {
    let slave = Slave::start(ANY).await.unwrap();
    (0..40).for_each(|at| slave.set(1, Place::Holding, at, at));
    let points = (0..20).map(|at| register(&format!("p{at}"), 1, at * 2)).collect();
    let mut adapter = adapter(slave.address(), points);
    for at in 0..20 {
        let signal = adapter.judge.next().await;
        assert_eq!(&*signal.source().point, format!("p{at}"));
        assert_eq!(signal.reading(), number(f64::from(at * 2)));
    }
    let before = slave.requests();
    until("five more polls", || slave.requests() >= before + 5).await;
    slave.set(1, Place::Holding, 6, 777);
    assert_eq!(adapter.judge.next_of("p3").await, number(777.0));
    let before = slave.requests();
    until("five more polls", || slave.requests() >= before + 5).await;
    assert_eq!(adapter.judge.so_far(), [], "nothing changed");
    assert_eq!(adapter.health.get().counts.signals, 21);
    assert_eq!(slave.connections(), 1);
    assert_eq!(adapter.health.get().state, DeviceState::Online);
}

#[tokio::test]
async fn a_wrong_point_is_found_in_its_block_and_named() {
    let slave = Slave::start(ANY).await.unwrap();
    (0..100).filter(|at| *at != 37).for_each(|at| slave.set(1, Place::Holding, at, at));
    let points = (0..100).map(|at| register(&format!("p{at}"), 1, at)).collect();
    let mut adapter = adapter(slave.address(), points);
    let mut heard = Vec::new();
    while heard.len() < 100 {
        let signal = adapter.judge.next().await;
        heard.push((signal.source().point.to_string(), signal.reading()));
    }
    let bad: Vec<&String> =
        heard.iter().filter(|(_, reading)| *reading == Reading::Bad).map(|(at, _)| at).collect();
    assert_eq!(bad, ["p37"]);
    let fault = adapter.until_fault("p37").await;
    assert_eq!(
        fault,
        "the device does not have: p37 (holding register 37 of unit 1). Check table, address and \
         form by its manual"
    );
    assert_eq!(adapter.health.get().counts.faulty, 1, "it is not asked for again at once");
    assert_eq!(adapter.health.get().state, DeviceState::Online);
    // A program that has the register: the point lives in the end.
    slave.set(1, Place::Holding, 36, 1_036);
    assert_eq!(adapter.judge.next_of("p36").await, number(1_036.0));
}

#[tokio::test]
async fn a_unit_that_is_silent_does_not_silence_the_others() {
    let slave = Slave::start(ANY).await.unwrap();
    for unit in 1..=3 {
        slave.set(unit, Place::Holding, 0, u16::from(unit));
    }
    slave.behave(2, Manner::Silent);
    let points = (1..=4).map(|unit| register(&format!("u{unit}"), unit, 0)).collect();
    let mut adapter = adapter(slave.address(), points);
    let mut heard = Vec::new();
    for _ in 0..4 {
        let signal = adapter.judge.next().await;
        heard.push((signal.source().point.to_string(), signal.reading()));
    }
    heard.sort_by(|left, right| left.0.cmp(&right.0));
    let heard: Vec<Reading> = heard.into_iter().map(|(_, reading)| reading).collect();
    assert_eq!(heard, [number(1.0), Reading::Bad, number(3.0), Reading::Bad]);
    let fault = adapter.until_fault("unit 4").await;
    assert_eq!(
        fault,
        "unit 4, holding register 0 and later: the unit does not answer its converter"
    );
    slave.set(3, Place::Holding, 0, 33);
    assert_eq!(adapter.judge.next_of("u3").await, number(33.0));
    slave.behave(2, Manner::Prompt);
    assert_eq!(adapter.judge.next_of("u2").await, number(2.0), "it is asked again after a rest");
    assert_eq!(adapter.health.get().state, DeviceState::Online);
}

#[tokio::test]
async fn a_device_that_loses_power_comes_back_and_nothing_is_told_twice() {
    let slave = Slave::start(ANY).await.unwrap();
    slave.set(1, Place::Discrete, 5, 1);
    let door = point("door", 1, Table::Discrete, 5, ValueForm::Bit(0));
    let mut adapter = adapter(slave.address(), vec![door]);
    assert_eq!(adapter.judge.next_of("door").await, flag(true));
    let unplugged = slave.kill().await;
    assert_eq!(adapter.judge.next_of("door").await, Reading::Bad);
    let reason = adapter.until_offline().await;
    assert!(reason.contains("takes no connections on this port"), "{reason}");
    let slave = unplugged.plug_in().await.unwrap();
    assert_eq!(adapter.judge.next_of("door").await, flag(true));
    let health = adapter.health.clone();
    until("it is online", || health.get().state == DeviceState::Online).await;
    let before = slave.requests();
    until("three more polls", || slave.requests() >= before + 3).await;
    assert_eq!(adapter.judge.so_far(), []);
}

#[tokio::test]
async fn a_half_open_line_is_noticed_and_left() {
    let slave = Slave::start(ANY).await.unwrap();
    slave.set(1, Place::Holding, 0, 5);
    slave.behave(1, Manner::Slow(Duration::from_millis(50)));
    let mut adapter = adapter(slave.address(), vec![register("p", 1, 0)]);
    assert_eq!(adapter.judge.next_of("p").await, number(5.0));
    slave.behave(1, Manner::Silent);
    assert_eq!(adapter.judge.next_of("p").await, Reading::Bad);
    let reason = adapter.until_offline().await;
    assert!(reason.contains("but unit 1 does not answer within 400ms"), "{reason}");
    slave.behave(1, Manner::Prompt);
    slave.set(1, Place::Holding, 0, 6);
    assert_eq!(adapter.judge.next_of("p").await, number(6.0));
    assert!(slave.connections() >= 2, "a late answer must not be taken for the next one");
}

#[tokio::test]
async fn a_slow_device_delays_no_other_one() {
    let (slow, quick) = (Slave::start(ANY).await.unwrap(), Slave::start(ANY).await.unwrap());
    slow.set(1, Place::Holding, 0, 1);
    quick.set(1, Place::Holding, 0, 1);
    slow.behave(1, Manner::Silent);
    let slowed = adapter(slow.address(), vec![register("p", 1, 0)]);
    let mut adapter = adapter(quick.address(), vec![register("p", 1, 0)]);
    slowed.until_offline().await;
    for value in 1..12 {
        quick.set(1, Place::Holding, 0, value);
        assert_eq!(adapter.judge.next_of("p").await, number(f64::from(value)));
    }
    assert!(slow.requests() <= 3, "it is left alone for longer and longer");
}

/// Answers every request by `bytes`, and ends the connection.
async fn odd_server(bytes: &'static [u8]) -> SocketAddr {
    let listener = TcpListener::bind(ANY).await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let _asked = stream.read(&mut [0; 64]).await;
            let _answered = stream.write_all(bytes).await;
        }
    });
    address
}

#[tokio::test]
async fn what_does_not_speak_modbus_is_told_so() {
    let address = odd_server(b"HTTP/1.1 400 Bad Request\r\n\r\n4111 1111 1111 1111").await;
    let reason = adapter(address, vec![register("p", 1, 0)]).until_offline().await;
    assert_eq!(
        reason,
        format!(
            "127.0.0.1 port {} closes the connection when it is asked. Check the port, whether it \
             takes another client, and whether this address may read it",
            address.port()
        )
    );
    let address = odd_server(b"\0\0\0\x01\0\x05\x01\x03\x02\0\x07").await;
    let reason = adapter(address, vec![register("p", 1, 0)]).until_offline().await;
    let port = address.port();
    assert_eq!(
        reason,
        format!("127.0.0.1 port {port} does not answer by Modbus TCP. Check the port")
    );
    // One register was asked for, and two came: the library only asserts that they are one.
    let address = odd_server(b"\0\0\0\0\0\x07\x01\x03\x04\0\x07\0\x08").await;
    let reason = adapter(address, vec![register("p", 1, 0)]).until_offline().await;
    assert!(reason.ends_with("does not answer by Modbus TCP. Check the port"), "{reason}");
}

/// Answers reads of one register by 7, and closes the connection when register 100 is asked for.
async fn touchy_server() -> SocketAddr {
    let listener = TcpListener::bind(ANY).await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut asked = [0; 12];
            while stream.read_exact(&mut asked).await.is_ok() && asked[8..10] != [0, 100] {
                let answer = [asked[0], asked[1], 0, 0, 0, 5, asked[6], 3, 2, 0, 7];
                stream.write_all(&answer).await.unwrap();
            }
        }
    });
    address
}

#[tokio::test]
async fn a_block_that_ends_the_connection_does_not_silence_the_others() {
    let points =
        vec![register("touchy", 1, 100), register("same unit", 1, 900), register("p", 2, 0)];
    let mut adapter = adapter(touchy_server().await, points);
    let fault = adapter.until_fault("unit 1, holding register 100 and later: ").await;
    assert!(fault.contains("closes the connection when it is asked"), "{fault}");
    assert_eq!(adapter.judge.next_of("touchy").await, Reading::Bad);
    assert_eq!(adapter.judge.next_of("p").await, number(7.0));
    until("the device is online", || adapter.health.get().state == DeviceState::Online).await;
    // Its turn comes when the unit has rested.
    while adapter.judge.next_of("same unit").await != number(7.0) {}
}

#[tokio::test]
async fn a_refusal_is_told_in_words() {
    let slave = Slave::start(ANY).await.unwrap();
    (1..=2).for_each(|unit| slave.set(unit, Place::Holding, 0, 1));
    slave.behave(1, Manner::Refuses(6));
    let adapter = adapter(slave.address(), vec![register("p", 1, 0)]);
    adapter.until_fault("unit 1, holding register 0 and later: the device is busy").await;
    slave.behave(1, Manner::Refuses(1));
    adapter.until_fault("the device does not have this table").await;
    assert_eq!(adapter.health.get().state, DeviceState::Online);
}

#[tokio::test]
async fn pymodbus_reads_the_simulated_device() {
    let slave = Slave::start(ANY).await.unwrap();
    (10..14).for_each(|at| slave.set(1, Place::Holding, at, at * 100));
    slave.set(7, Place::Input, 0, 65_535);
    slave.set(7, Place::Input, 1, 1);
    (0..3).for_each(|at| slave.set(1, Place::Coil, at, u16::from(at != 1)));
    (5..7).for_each(|at| slave.set(1, Place::Discrete, at, at - 5));
    slave.set(3, Place::Holding, 10, 0);
    slave.behave(3, Manner::Refuses(6));
    let port = slave.address().port().to_string();
    let mut client = Peer::start("gateway/intake/tests/field/modbus_client.py", &[&port]);
    for expected in [
        "[1000, 1100, 1200, 1300]",
        "[65535, 1]",
        "[True, False, True]",
        "[False, True]",
        "2",
        "11",
        "6",
        "False",
        "[True, True, True]",
        "False",
        "[False, True, False]",
        // Not all of them are there, so none is written.
        "2",
        "[False, True, False]",
    ] {
        assert_eq!(client.line().await, expected);
    }
    assert_eq!(slave.writes(), [5, 15, 15]);
}

#[tokio::test]
async fn the_adapter_reads_a_device_of_pymodbus() {
    let mut server = Peer::start("gateway/intake/tests/field/modbus_server.py", &[]);
    let port = server.line().await.parse().unwrap();
    let points = vec![
        point("float", 1, Table::Holding, 0, ValueForm::F32),
        point("cold", 1, Table::Holding, 2, ValueForm::I16),
        point("long", 1, Table::Holding, 3, ValueForm::U32),
        point("far", 1, Table::Holding, 40, ValueForm::U16),
        point("gone", 1, Table::Holding, 60, ValueForm::U16),
        point("input", 1, Table::Input, 1, ValueForm::U16),
        point("bit", 1, Table::Discrete, 2, ValueForm::Bit(0)),
        Point { valid: Some(0.0..=20.0), ..point("doubted", 1, Table::Input, 0, ValueForm::U16) },
    ];
    let mut adapter = adapter(SocketAddr::new(ANY.ip(), port), points);
    let mut heard = std::collections::BTreeMap::new();
    while heard.len() < 8 {
        let signal = adapter.judge.next().await;
        heard.insert(signal.source().point.to_string(), signal.reading());
    }
    let expected = [
        ("bit", flag(true)),
        ("cold", number(-40.0)),
        ("doubted", Reading::Uncertain(SignalValue::Number(300.0))),
        ("far", number(17.0)),
        ("float", number(25.5)),
        ("gone", Reading::Bad),
        ("input", number(301.0)),
        ("long", number(70_000.0)),
    ];
    assert_eq!(heard, expected.map(|(name, reading)| (name.to_owned(), reading)).into());
    adapter.until_fault("gone (holding register 60 of unit 1)").await;
}
