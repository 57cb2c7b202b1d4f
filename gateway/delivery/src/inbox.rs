//! What the command centre sends, on its way in: acknowledged once it is kept, not before.

use ledger::LedgerError;

/// Takes what the centre sends: feedback on cases, and commands.
///
/// Called on the publisher's thread, one message at a time. The broker may repeat a message, and its
/// content is up to the sender: an inbox answers everything and trusts nothing.
pub trait Inbox: Send {
    /// Keeps the message, with all that follows from it. The broker forgets it then.
    ///
    /// # Errors
    /// The ledger cannot keep it now. After a fault that can pass ([`ledger::Remedy::Retry`]) the
    /// message is offered again; any other ends delivery.
    fn take(&mut self, message: &Incoming<'_>) -> Result<(), LedgerError>;
}

/// A message from the broker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Incoming<'a> {
    /// Below the gateway's prefix: `case/{alert_id}` or `cmd/{req_id}`. The second level is not
    /// empty and has no further slash, but may hold anything else.
    pub topic: &'a str,
    /// As sent; at most as large as a packet may be.
    pub payload: &'a [u8],
    /// Whether the broker kept it from earlier.
    pub retained: bool,
}

impl<'a> Incoming<'a> {
    /// `None` if the topic is not one that this gateway listens to.
    pub(super) fn new(
        prefix: &str,
        topic: &'a [u8],
        payload: &'a [u8],
        retained: bool,
    ) -> Option<Self> {
        let topic = std::str::from_utf8(topic).ok()?;
        let topic = topic.strip_prefix(prefix)?.strip_prefix('/')?;
        let name = topic.strip_prefix("case/").or_else(|| topic.strip_prefix("cmd/"))?;
        // Neither a further level nor what no topic may hold (MQTT 5 §4.7): an answer could not be
        // published under it.
        let is_one_level = !name.is_empty() && !name.contains(['/', '+', '#', '\0']);
        is_one_level.then_some(Self { topic, payload, retained })
    }
}

#[cfg(test)]
mod tests {
    use super::Incoming;

    #[test]
    fn only_topics_of_this_gateway_come_in() {
        let heard = |topic: &[u8]| {
            Incoming::new("cg/gw-1", topic, b"", false).map(|message| message.topic.to_owned())
        };
        assert_eq!(heard(b"cg/gw-1/case/a-1").as_deref(), Some("case/a-1"));
        assert_eq!(heard(b"cg/gw-1/cmd/r.1").as_deref(), Some("cmd/r.1"));
        for foreign in [
            &b"cg/gw-1/case/"[..],
            b"cg/gw-1/case/a-1/ack",
            b"cg/gw-1/cmd",
            b"cg/gw-1/cmd/#",
            b"cg/gw-1/case/+",
            b"cg/gw-1/case/a\0",
            b"cg/gw-1/casement/a-1",
            b"cg/gw-10/case/a-1",
            b"cg/gw-1case/a-1",
            b"case/a-1",
            b"cg/gw-1/status",
            b"cg/gw-1/case/\xff",
            b"",
        ] {
            assert_eq!(heard(foreign), None, "{}", String::from_utf8_lossy(foreign));
        }
    }
}
