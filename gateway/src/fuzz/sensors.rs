//! What sensors and fire transmitters send.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use fuzz::Executor;
use intake::{gb26875, modbus, mqtt};
use scene::SignalKind;
use tokio::runtime::{Builder, Runtime};

/// All answers of a Modbus device to one poll.
pub(super) fn modbus_answers() -> Executor {
    let runtime = runtime();
    let settings = meter();
    Executor::each(move |answers| {
        let polled = modbus::fuzz::poll_once(settings.clone(), answers);
        let (polled, signals) = runtime.block_on(polled);
        // Four points, and the device itself.
        assert!(signals <= 5, "{signals}");
        format!("{polled} {signals}")
    })
}

/// What a fire transmitter sends on one connection.
pub(super) fn transmitter_stream() -> Executor {
    let (runtime, settings) = (runtime(), fire());
    Executor::each(move |sent| {
        let served = runtime.block_on(gb26875::fuzz::serve(&settings, sent));
        let gb26875::fuzz::Served { answered, strangers, signals } = served;
        // The longest answer is to the shortest frame, and as long as that.
        assert!(answered <= sent.len() + 64, "{answered}");
        format!("{} {} {}", answered.min(90), strangers.min(3), signals.min(9))
    })
}

/// The application data of one frame.
pub(super) fn transmitter_data() -> Executor {
    let (runtime, settings) = (runtime(), fire());
    Executor::each(move |data| {
        let served = runtime.block_on(gb26875::fuzz::serve_data(&settings, data));
        // Whatever it says, it is confirmed once it is kept.
        assert_eq!(served.answered, 30);
        served.signals.min(99).to_string()
    })
}

/// A message to `…/in/{device}`.
pub(super) fn message() -> Executor {
    let kinds = SignalKind::ALL.map(|kind| (kind.word(), kind));
    let points = kinds.map(|(name, kind)| mqtt::Point { name: name.to_owned(), kind, onvif: None });
    Executor::each(move |payload| {
        let (said, faults, ignored) = mqtt::fuzz::understand_plain(payload, &points);
        assert!(said + faults.len() > 0, "neither understood nor not");
        assert!(said <= mqtt::MOST_READINGS, "{said}");
        format!("{said} {faults:?} {ignored}")
    })
}

/// An ONVIF event: the topic is the first line.
pub(super) fn event() -> Executor {
    let point = |name: &str, kind, topic: &str| {
        let topic = topic.to_owned();
        let onvif = Some(mqtt::OnvifItem { topic, source: None, item: None });
        mqtt::Point { name: name.to_owned(), kind, onvif }
    };
    let points = [
        point("leaf", SignalKind::DoorContact, "Door/State/DoorPhysicalState"),
        point("alarm", SignalKind::DoorEvent, "Door/State/DoorAlarm"),
        point("heat", SignalKind::Temperature, "Device/Sensor/Temperature"),
    ];
    Executor::each(move |input| {
        let text = String::from_utf8_lossy(input);
        let (topic, payload) = text.split_once('\n').unwrap_or((&text, ""));
        let (said, faults, ignored) =
            mqtt::fuzz::understand_onvif(topic, payload.as_bytes(), &points);
        format!("{said} {faults:?} {ignored}")
    })
}

/// A time that passes at once when all wait: a device that says no more is found out by a deadline.
fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().start_paused(true).build().unwrap()
}

fn meter() -> modbus::Settings {
    let point = |name: &str, address, form, kind| modbus::Point {
        name: name.to_owned(),
        unit_id: 1,
        table: modbus::Table::Holding,
        address,
        form,
        word_order: modbus::WordOrder::Big,
        scale: 1.0,
        offset: 0.0,
        is_inverted: false,
        kind,
        valid: None,
    };
    let bit = modbus::ValueForm::Bit(3);
    modbus::Settings {
        host: "127.0.0.1".to_owned(),
        port: 1,
        points: vec![
            point("heat", 0, modbus::ValueForm::F32, SignalKind::Temperature),
            point("leak", 2, modbus::ValueForm::U16, SignalKind::ResidualCurrent),
            point("door", 3, bit, SignalKind::DoorContact),
            point("water", 900, modbus::ValueForm::I32, SignalKind::WaterLevel),
        ],
        poll_interval: Duration::from_secs(1),
        timeout: Duration::from_secs(1),
    }
}

fn fire() -> gb26875::Settings {
    let point = |name: &str, part, kind| {
        let (name, scale, offset) = (name.to_owned(), None, 0.0);
        gb26875::Point { name, part, kind, scale, offset }
    };
    let smoke = gb26875::Part::Component { system: 7, address: 9 };
    let heat = gb26875::Part::Analogue { system: 7, address: 9, quantity: 3 };
    let transmitter = |device: &str, address, dialect| gb26875::Transmitter {
        device: device.to_owned(),
        address,
        dialect,
        utc_offset_secs: 28_800,
        test_bit: gb26875::TestBit::ZeroIsTest,
        points: vec![
            point("smoke", smoke, SignalKind::Smoke),
            point("heat", heat, SignalKind::Temperature),
            point("panel", gb26875::Part::System { address: 7 }, SignalKind::Heartbeat),
            point("line", gb26875::Part::Transmitter, SignalKind::Tamper),
        ],
    };
    let digits = gb26875::SourceAddress::from_digits("110101000001").unwrap();
    let code = gb26875::SourceAddress::from_user_code("A001").unwrap();
    gb26875::Settings {
        listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
        most_connections: 1,
        idle_timeout: Duration::from_secs(10),
        transmitters: vec![
            transmitter("long", digits, gb26875::Dialect::Binary),
            transmitter("short", code, gb26875::Dialect::Short),
        ],
    }
}
