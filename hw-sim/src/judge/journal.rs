//! Every message that arrived, each once, and what is wrong with their numbers.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use jiff::Timestamp;

use super::message::{AlertMessage, ConfigNews, DeviceStatus, OutputState};

/// A message and the moment it arrived.
#[derive(Debug, Clone, PartialEq)]
pub struct Receipt {
    /// The message.
    pub message: AlertMessage,
    /// Its bytes as they came.
    pub payload: Bytes,
    /// By the clock of this machine.
    pub received_at: Timestamp,
}

impl Receipt {
    /// Reads a message that has just arrived.
    ///
    /// # Errors
    /// What is missing or not JSON, with line and column.
    pub fn read(payload: Bytes) -> Result<Self, serde_json::Error> {
        let message = AlertMessage::parse(&payload)?;
        Ok(Self { message, payload, received_at: Timestamp::now() })
    }
}

/// What the journal makes of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arrival {
    /// Not seen before.
    New,
    /// Not seen before, but a later message of the same alert was.
    OutOfOrder,
    /// The same message again. "At least once" allows that; a consumer drops it.
    Redelivered,
    /// The same (alert_id, seq) with other content. A consumer would lose one of the two.
    Conflicting,
}

/// The messages received, deduplicated by (alert_id, seq).
#[derive(Debug, Clone, Default)]
pub struct Journal {
    alerts: BTreeMap<String, BTreeMap<u64, Receipt>>,
    /// The latest status of each device.
    pub devices: BTreeMap<String, DeviceStatus>,
    /// How each output was, in order.
    pub outputs: BTreeMap<String, Vec<OutputState>>,
    /// What the gateway reported about edits of its configuration, in order.
    pub configs: Vec<ConfigNews>,
    /// Devices whose pictures were analysed at some time.
    seen: BTreeSet<String>,
    /// Devices that were online and then degraded or offline, with the first reason given.
    pub impaired: BTreeMap<String, String>,
    /// Messages that came again.
    pub redelivered: usize,
    /// Messages that share (alert_id, seq) with a different one.
    pub conflicting: usize,
    /// Messages that came after a later one of their alert.
    pub out_of_order: usize,
    /// Payloads that are not an alert.
    pub unreadable: usize,
}

/// An alert raised: opened, or standing again after it was cleared.
#[derive(Debug, Clone, PartialEq)]
pub struct Raise {
    /// The picture that fulfilled the rule, for the first time or again.
    pub opened_at: Timestamp,
    /// The message that raised it.
    pub receipt: Receipt,
    /// When it was gone, if a later message says so: the picture that showed it, or the moment at
    /// which the gateway decided it.
    pub cleared_at: Option<Timestamp>,
}

impl Journal {
    /// Records a message.
    pub fn record(&mut self, receipt: Receipt) -> Arrival {
        let seq = receipt.message.seq;
        let alert = self.alerts.entry(receipt.message.alert_id.clone()).or_default();
        if let Some(known) = alert.get(&seq) {
            return if known.payload == receipt.payload {
                self.redelivered += 1;
                Arrival::Redelivered
            } else {
                self.conflicting += 1;
                Arrival::Conflicting
            };
        }
        let late = alert.last_key_value().is_some_and(|(last, _)| *last > seq);
        alert.insert(seq, receipt);
        if late {
            self.out_of_order += 1;
            return Arrival::OutOfOrder;
        }
        Arrival::New
    }

    /// Records what a gateway says about one of its devices.
    pub fn note(&mut self, device: String, status: DeviceStatus) {
        let was_online = self.devices.get(&device).is_some_and(DeviceStatus::is_online);
        let analysed = was_online || status.status == "degraded";
        if analysed && !status.is_online() {
            let DeviceStatus { status, reason, .. } = &status;
            let cause = reason.as_ref().map_or(status.clone(), |why| format!("{status}: {why}"));
            self.impaired.entry(device.clone()).or_insert(cause);
        }
        if analysed || status.is_online() {
            self.seen.insert(device.clone());
        }
        self.devices.insert(device, status);
    }

    /// Whether the gateway ever said that it analyses pictures of `device`.
    #[must_use]
    pub fn has_seen(&self, device: &str) -> bool {
        self.seen.contains(device)
    }

    /// Messages that never came, although a later message of their alert did.
    #[must_use]
    pub fn gaps(&self) -> Vec<(String, u64)> {
        let mut missing = Vec::new();
        for (alert_id, messages) in &self.alerts {
            let last = messages.last_key_value().map_or(0, |(last, _)| *last);
            let absent = (1..last).filter(|seq| !messages.contains_key(seq));
            missing.extend(absent.map(|seq| (alert_id.clone(), seq)));
        }
        missing
    }

    /// The messages kept, in the order in which they arrived.
    #[must_use]
    pub fn receipts(&self) -> Vec<&Receipt> {
        let mut receipts: Vec<&Receipt> = self.alerts.values().flat_map(BTreeMap::values).collect();
        receipts.sort_by_key(|receipt| receipt.received_at);
        receipts
    }

    /// Messages kept.
    #[must_use]
    pub fn len(&self) -> usize {
        self.alerts.values().map(BTreeMap::len).sum()
    }

    /// Whether no message came.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.alerts.is_empty()
    }

    /// The alerts raised, by the moment their rule was met.
    #[must_use]
    pub fn raises(&self) -> Vec<Raise> {
        let mut raises: Vec<Raise> =
            self.alerts.values().flat_map(|messages| raises_of(messages.values())).collect();
        raises.sort_by_key(|raise| raise.opened_at);
        raises
    }
}

fn raises_of<'a>(messages: impl Iterator<Item = &'a Receipt>) -> Vec<Raise> {
    let mut raises = Vec::new();
    let mut standing: Option<Raise> = None;
    for receipt in messages {
        let gone = matches!(receipt.message.action.as_str(), "clear" | "close");
        match (&mut standing, gone) {
            (None, false) if receipt.message.stands() => {
                let message = &receipt.message;
                let is_first = raises.is_empty();
                let opened_at =
                    if is_first { message.opened_at() } else { message.opened_again_at() };
                standing = Some(Raise { opened_at, receipt: receipt.clone(), cleared_at: None });
            }
            (Some(raise), true) => {
                raise.cleared_at = receipt.message.gone_at();
                raises.extend(standing.take());
            }
            // An update of an alert that stands, or of one that was cleared before.
            (Some(_), false) | (None, _) => {}
        }
    }
    raises.extend(standing);
    raises
}

#[cfg(test)]
mod tests {
    use super::{Journal, Receipt};

    /// `steps` are the actions and states of one alert, in order; gives how often it was raised.
    fn raised(steps: &[(&str, &str)]) -> usize {
        let mut journal = Journal::default();
        for (seq, (action, state)) in (1..).zip(steps) {
            let message = serde_json::json!({
                "alert_id": "a", "seq": seq, "action": action, "state": state,
                "type": { "code": "other", "name": "其他" },
                "times": { "first_seen": "2026-11-22T09:10:03Z", "sent": "2026-11-22T09:10:03Z" },
                "source": { "gateway_id": "gw-1", "device_id": "cam-01" },
            });
            journal.record(Receipt::read(message.to_string().into()).unwrap());
        }
        journal.raises().len()
    }

    #[test]
    fn a_case_that_goes_on_after_the_scene_is_clear_raises_nothing() {
        let mut steps = vec![("open", "open"), ("clear", "cleared"), ("update", "cleared")];
        steps.extend([("verify", "verifying"), ("verify", "verified_clear"), ("close", "closed")]);
        assert_eq!(raised(&steps), 1);
    }

    #[test]
    fn what_stands_there_again_is_raised_again() {
        let steps = [("open", "open"), ("clear", "cleared"), ("update", "open")];
        assert_eq!(raised(&steps), 2);
    }

    #[test]
    fn what_stands_there_again_is_dated_by_its_last_picture() {
        let mut journal = Journal::default();
        let told = [
            (1, "open", "2026-11-22T09:10:13Z"),
            (2, "clear", "2026-11-22T09:10:20Z"),
            (3, "update", "2026-11-22T09:11:33Z"),
        ];
        for (seq, action, last_seen) in told {
            let message = serde_json::json!({
                "alert_id": "a", "seq": seq, "action": action,
                "type": { "code": "other", "name": "其他" },
                "times": {
                    "first_seen": "2026-11-22T09:10:03Z", "opened": "2026-11-22T09:10:13Z",
                    "last_seen": last_seen, "sent": SENT,
                },
                "source": { "gateway_id": "gw-1", "device_id": "cam-01" },
            });
            journal.record(Receipt::read(message.to_string().into()).unwrap());
        }
        let opened: Vec<String> =
            journal.raises().iter().map(|raise| raise.opened_at.to_string()).collect();
        assert_eq!(opened, ["2026-11-22T09:10:13Z", "2026-11-22T09:11:33Z"]);
    }

    /// When the alert was gone, if it was closed with these fields.
    fn gone_at(more: &serde_json::Value) -> Option<jiff::Timestamp> {
        let mut journal = Journal::default();
        for (seq, action, sent) in [(1, "open", "2026-11-22T09:10:03Z"), (2, "close", SENT)] {
            let mut message = serde_json::json!({
                "alert_id": "a", "seq": seq, "action": action,
                "type": { "code": "other", "name": "其他" },
                "times": { "first_seen": "2026-11-22T09:10:03Z", "sent": sent },
                "source": { "gateway_id": "gw-1", "device_id": "cam-01" },
            });
            for (name, value) in more.as_object().unwrap() {
                message[name] = value.clone();
            }
            journal.record(Receipt::read(message.to_string().into()).unwrap());
        }
        journal.raises()[0].cleared_at
    }

    const SENT: &str = "2026-11-22T09:20:00Z";

    #[test]
    fn a_close_by_the_gateway_itself_means_that_the_thing_is_gone() {
        for reason in ["self_cleared", "expired", "cancelled"] {
            let gone = gone_at(&serde_json::json!({ "close_reason": reason }));
            assert_eq!(gone, Some(SENT.parse().unwrap()), "{reason}");
        }
        let other_stage =
            serde_json::json!({ "close_reason": "cancelled", "case": { "stage": "handling" } });
        assert_eq!(gone_at(&other_stage), Some(SENT.parse().unwrap()));
    }

    #[test]
    fn a_close_by_the_case_system_says_nothing_about_the_scene() {
        for reason in ["case_closed", "false_alarm", "merged", "cancelled"] {
            let closed =
                serde_json::json!({ "close_reason": reason, "case": { "stage": "cancelled" } });
            assert_eq!(gone_at(&closed), None, "{reason}");
        }
    }
}
