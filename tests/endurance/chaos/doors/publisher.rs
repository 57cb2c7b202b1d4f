//! A sensor that publishes at the broker, with a program that is not ours. An event counts once the broker
//! has acknowledged it.

use std::future::ready;
use std::process::Stdio;

use futures::future::BoxFuture;
use hw_sim::play::{Broker, SENSOR};
use jiff::Timestamp;
use tokio::process::Command;
use tokio::sync::mpsc;

use super::account::{Event, Told};
use super::config::{PLACE, event_rule};
use super::stand::{Stand, Trouble, WAITING};

pub(super) struct Publisher {
    work: mpsc::Sender<(String, Event, Told)>,
}

impl Publisher {
    /// `ports` of the play; its certificates are there when the first message goes out.
    pub(super) fn open() -> (Self, mpsc::Receiver<(String, Event, Told)>) {
        let (work, orders) = mpsc::channel(WAITING);
        (Self { work }, orders)
    }
}

/// One message after the other, each until the broker has it.
pub(super) fn publish(
    broker: &Broker,
    mut orders: mpsc::Receiver<(String, Event, Told)>,
) -> impl Future<Output = ()> + Send + 'static {
    let (port, certificates) = (broker.port().to_string(), broker.certificates().clone());
    async move {
        while let Some((payload, event, told)) = orders.recv().await {
            loop {
                let sent = Command::new("mosquitto_pub")
                    .args(["-V", "5", "-q", "1", "-h", "localhost", "-p", &port])
                    .arg("--cafile")
                    .arg(&certificates.ca)
                    .arg("--cert")
                    .arg(&certificates.sensor)
                    .arg("--key")
                    .arg(&certificates.sensor_key)
                    .args(["-t", &format!("cg/v1/110117/001/003/gw-demo/in/{SENSOR}")])
                    .args(["-m", &payload])
                    .stderr(Stdio::null())
                    .status();
                if sent.await.unwrap().success() {
                    break;
                }
            }
            told.add(event);
        }
    }
}

impl Stand for Publisher {
    fn id(&self) -> &str {
        SENSOR
    }

    fn is_asked(&self) -> bool {
        false
    }

    fn file(&self, points: usize) -> String {
        let mut text = format!("protocol = \"mqtt\"\n{PLACE}");
        for at in 0..points {
            text.push_str(&format!("[[point]]\nid = \"m{at}\"\nkind = \"door_event\"\n"));
        }
        text + &event_rule("door_forced_open", "forced_open")
    }

    fn happen(&mut self, number: usize, told: &Told) {
        let payload = format!(
            r#"{{"point":"m{number}","kind":"door_event","value":"forced_open","t":"{}"}}"#,
            Timestamp::now()
        );
        let event = (SENSOR.to_owned(), format!("m{number}"), "door_forced_open");
        assert!(self.work.try_send((payload, event, told.clone())).is_ok(), "the sensor works on");
    }

    fn suffer(&mut self, _: Trouble) -> BoxFuture<'_, ()> {
        Box::pin(ready(()))
    }

    fn recover(&mut self) {}
}
