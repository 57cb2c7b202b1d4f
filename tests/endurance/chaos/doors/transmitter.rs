//! A fire transmitter that calls the gateway and repeats each report until it is confirmed. An event counts
//! once it is.

use std::future::ready;
use std::net::{Ipv4Addr, SocketAddr};

use futures::future::BoxFuture;
use hw_sim::field::gb26875::{Answer, Form, Transmitter, component};
use hw_sim::play::unused_port;
use jiff::Zoned;
use jiff::civil::{DateTime, date};
use jiff::tz::{TimeZone, offset};
use tokio::sync::mpsc;

use super::super::relay::{Relay, Weather};
use super::account::{Event, Told};
use super::config::PLACE;
use super::stand::{Stand, Trouble, WAITING};

const FIRE: u16 = 2;

pub(super) struct Panel {
    id: String,
    address: &'static str,
    form: Form,
    /// Where the gateway listens.
    port: u16,
    /// Between the transmitter and the gateway.
    relay: Relay,
    work: mpsc::Sender<Work>,
}

enum Work {
    Report { component: u32, event: Event, told: Told },
    Cut,
    Reboot,
}

impl Panel {
    /// `has_clock`: otherwise it shows a day in January, and the year 70.
    pub(super) async fn open(id: &str, address: &'static str, form: Form, has_clock: bool) -> Self {
        let port = unused_port().unwrap();
        let relay = Relay::start(port).await;
        let (work, orders) = mpsc::channel(WAITING);
        let centre = SocketAddr::from((Ipv4Addr::LOCALHOST, relay.port));
        tokio::spawn(call(Transmitter::new(centre, address, form), orders, has_clock));
        Self { id: id.to_owned(), address, form, port, relay, work }
    }

    fn order(&self, work: Work) {
        assert!(self.work.try_send(work).is_ok(), "the transmitter works on");
    }
}

/// One report after the other, each until it is confirmed.
async fn call(mut transmitter: Transmitter, mut orders: mpsc::Receiver<Work>, has_clock: bool) {
    while let Some(work) = orders.recv().await {
        match work {
            Work::Cut => transmitter.cut(),
            Work::Reboot => transmitter.reboot(),
            Work::Report { component: number, event, told } => {
                let now = shown(has_clock);
                let time = transmitter.time(now);
                let frame = transmitter.frame(now, &component(1, number, FIRE, "hall", time));
                loop {
                    let (answer, _) = transmitter.report(&frame).await;
                    if answer == Answer::Confirmed {
                        break;
                    }
                    // An answer to an earlier copy, or a denial: it is sent again.
                    transmitter.cut();
                }
                told.add(event);
            }
        }
    }
}

fn shown(has_clock: bool) -> DateTime {
    if has_clock {
        Zoned::now().with_time_zone(TimeZone::fixed(offset(8))).datetime()
    } else {
        date(1970, 1, 1).at(0, 0, 0, 0)
    }
}

impl Stand for Panel {
    fn id(&self) -> &str {
        &self.id
    }

    fn is_asked(&self) -> bool {
        false
    }

    fn file(&self, points: usize) -> String {
        let dialect = if self.form == Form::Bcd { "bcd" } else { "binary" };
        let mut text = format!(
            "protocol = \"gb26875\"\nurl = \"tcp://127.0.0.1:{}\"\ntransmitter = \"{}\"\n\
             dialect = \"{dialect}\"\n{PLACE}",
            self.port, self.address
        );
        for at in 0..points {
            text.push_str(&format!(
                "[[point]]\nid = \"c{at}\"\nkind = \"smoke\"\nsystem = 1\ncomponent = {}\n",
                at + 100
            ));
        }
        text + "[[rule]]\nid = \"smoke\"\ntype = \"smoke_alarm\"\nkind = \"flag\"\nsignal = \"smoke\"\n\
                daily_cap = 1000\n"
    }

    fn happen(&mut self, number: usize, told: &Told) {
        let event = (self.id.clone(), format!("c{number}"), "smoke_alarm");
        let component = u32::try_from(number + 100).unwrap();
        self.order(Work::Report { component, event, told: told.clone() });
    }

    fn suffer(&mut self, trouble: Trouble) -> BoxFuture<'_, ()> {
        match trouble {
            Trouble::Cut => self.relay.cut(),
            Trouble::Half => self.order(Work::Cut),
            // Confirmations get lost, and the report comes again.
            Trouble::Stall | Trouble::FallSilent => self.relay.set(Weather::Mute),
            Trouble::Reboot => self.order(Work::Reboot),
        }
        Box::pin(ready(()))
    }

    fn recover(&mut self) {
        self.relay.set(Weather::Fair);
        self.relay.cut();
    }
}
