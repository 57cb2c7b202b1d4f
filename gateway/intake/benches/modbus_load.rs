//! What 500 Modbus points on 10 devices cost: `cargo bench -p intake --bench modbus_load -- [SECS]`.
//!
//! Devices, adapters and whoever takes the signals have a thread each. Only that of the adapters is
//! measured, with all that it waits for in the system on its behalf.

#![expect(
    clippy::expect_used,
    clippy::print_stdout,
    clippy::cast_precision_loss,
    reason = "a measurement that prints its figures, and ends where it cannot measure"
)]

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use hw_sim::field::modbus::{Slave, Table as Place};
use intake::modbus::{Point, Settings, Table, ValueForm, WordOrder, run};
use intake::{Device, Mailbox};
use rustix::time::{ClockId, clock_gettime};
use scene::SignalKind;
use tokio_util::sync::CancellationToken;

const DEVICES: usize = 10;
const POINTS: u16 = 50;

/// Processor time of this thread, in seconds.
fn worked() -> f64 {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}

fn points() -> Vec<Point> {
    let point = |at: u16| Point {
        name: format!("p{at}"),
        unit_id: 1,
        table: Table::Holding,
        address: at * 3,
        form: ValueForm::I16,
        word_order: WordOrder::Big,
        scale: 0.1,
        offset: 0.0,
        is_inverted: false,
        kind: SignalKind::Temperature,
        valid: Some(-40.0..=150.0),
    };
    (0..POINTS).map(point).collect()
}

/// The devices, on a thread of their own. One value in ten changes each second.
fn devices() -> (Vec<SocketAddr>, Arc<AtomicU64>) {
    let (ready, started) = mpsc::sync_channel(1);
    let requests = Arc::new(AtomicU64::new(0));
    let counted = Arc::clone(&requests);
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        runtime.expect("a runtime").block_on(async {
            let mut slaves = Vec::new();
            for _ in 0..DEVICES {
                let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
                let slave = Slave::start(any).await.expect("a free port");
                (0..POINTS * 3).for_each(|at| slave.set(1, Place::Holding, at, at));
                slaves.push(slave);
            }
            ready.send(slaves.iter().map(Slave::address).collect()).expect("the measurement runs");
            let mut seconds = tokio::time::interval(Duration::from_secs(1));
            for second in 0_u16.. {
                seconds.tick().await;
                counted.store(slaves.iter().map(Slave::requests).sum(), Ordering::Relaxed);
                for slave in &slaves {
                    let changed = (0..POINTS).filter(|at| at % 10 == second % 10);
                    changed.for_each(|at| slave.set(1, Place::Holding, at * 3, second));
                }
            }
        });
    });
    (started.recv().expect("the devices start"), requests)
}

fn measure(lasts: Duration, poll_interval: Duration) {
    let (addresses, requests) = devices();
    let mailbox = Arc::new(Mailbox::default());
    let signals = Arc::new(AtomicU64::new(0));
    let (taken, counted) = (Arc::clone(&mailbox), Arc::clone(&signals));
    std::thread::spawn(move || {
        loop {
            let posted = taken.take(Duration::from_secs(1));
            counted.fetch_add(posted.len() as u64, Ordering::Relaxed);
            posted.into_iter().for_each(|it| it.voucher.kept());
        }
    });
    let adapters = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        runtime.expect("a runtime").block_on(async {
            let stop = CancellationToken::new();
            for (at, address) in addresses.iter().enumerate() {
                let settings = Settings {
                    host: address.ip().to_string(),
                    port: address.port(),
                    points: points(),
                    poll_interval,
                    timeout: Duration::from_secs(1),
                };
                settings.validate().expect("settings that can be");
                let device = Device::new(&format!("meter-{at}"), Arc::clone(&mailbox));
                tokio::spawn(run(settings, device, stop.clone()));
            }
            // The first poll connects.
            tokio::time::sleep(Duration::from_secs(2)).await;
            let (began, before) = (Instant::now(), worked());
            tokio::time::sleep(lasts).await;
            (worked() - before) / began.elapsed().as_secs_f64()
        })
    });
    let share = adapters.join().expect("the adapters do not panic");
    let secs = (lasts + Duration::from_secs(2)).as_secs_f64();
    println!(
        "{DEVICES} devices, {} points, a poll every {poll_interval:?}: {:.3} % of a core, {:.0} requests \
         and {:.0} signals a second",
        DEVICES * usize::from(POINTS),
        share * 100.0,
        requests.load(Ordering::Relaxed) as f64 / secs,
        signals.load(Ordering::Relaxed) as f64 / secs,
    );
}

fn main() {
    let secs = std::env::args().filter_map(|it| it.parse().ok()).next().unwrap_or(20);
    for poll_interval in [Duration::from_secs(1), Duration::from_secs(2), Duration::from_secs(10)] {
        measure(Duration::from_secs(secs), poll_interval);
    }
}
