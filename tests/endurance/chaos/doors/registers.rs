//! A cabinet that is asked for its registers: each current rises once, and stays.

use futures::future::BoxFuture;
use hw_sim::field::modbus::{Manner, Slave, Table};

use super::super::relay::{Relay, Weather};
use super::account::Told;
use super::config::PLACE;
use super::gate::any;
use super::stand::{Stand, Trouble};

pub(super) struct Cabinet {
    id: String,
    /// None while it starts again.
    slave: Option<Slave>,
    relay: Relay,
}

impl Cabinet {
    pub(super) async fn open(id: &str, points: usize) -> Self {
        let slave = Slave::start(any()).await.unwrap();
        (0..points).for_each(|at| slave.set(1, Table::Input, place(at), 400));
        let relay = Relay::start(slave.address().port()).await;
        Self { id: id.to_owned(), slave: Some(slave), relay }
    }

    fn behave(&self, manner: Manner) {
        self.slave.as_ref().unwrap().behave(1, manner);
    }
}

fn place(number: usize) -> u16 {
    u16::try_from(number).unwrap()
}

impl Stand for Cabinet {
    fn id(&self) -> &str {
        &self.id
    }

    fn file(&self, points: usize) -> String {
        let mut text = format!(
            "protocol = \"modbus\"\nurl = \"tcp://127.0.0.1:{}\"\npoll_interval_secs = 0.3\n\
             answer_timeout_secs = 0.5\n{PLACE}",
            self.relay.port
        );
        for at in 0..points {
            text.push_str(&format!(
                "[[point]]\nid = \"p{at}\"\nkind = \"residual_current\"\ntable = \"input\"\n\
                 address = {at}\nscale = 0.1\n"
            ));
        }
        text + "[[rule]]\nid = \"leak\"\ntype = \"residual_current_high\"\nkind = \"limit\"\n\
                signal = \"residual_current\"\nabove = 300.0\nhold_secs = 0\ndaily_cap = 1000\n"
    }

    fn happen(&mut self, number: usize, told: &Told) {
        let slave = self.slave.as_ref().unwrap();
        slave.set(1, Table::Input, place(number), 3_501);
        told.add((self.id.clone(), format!("p{number}"), "residual_current_high"));
    }

    fn suffer(&mut self, trouble: Trouble) -> BoxFuture<'_, ()> {
        Box::pin(async move {
            match trouble {
                Trouble::Cut => self.relay.cut(),
                Trouble::Stall => self.relay.set(Weather::Stalled),
                Trouble::Half => self.behave(Manner::Refuses(6)),
                Trouble::Reboot => {
                    let unplugged = self.slave.take().unwrap().kill().await;
                    self.slave = Some(unplugged.plug_in().await.unwrap());
                }
                Trouble::FallSilent => self.behave(Manner::Silent),
            }
        })
    }

    fn recover(&mut self) {
        self.behave(Manner::Prompt);
        self.relay.set(Weather::Fair);
    }
}
