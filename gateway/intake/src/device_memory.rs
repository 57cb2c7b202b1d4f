//! What is remembered of one device over its connections, and over a restart of the gateway.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use crate::device_clock::DeviceClock;
use crate::facts::{Fact, Facts};
use crate::fate::Fate;
use crate::refusal::Refusal;
use crate::serials::Serials;

/// A device's clock, the serial numbers of its latest messages, the latest states of its properties, and
/// whether it refuses us. Clones share it.
#[derive(Debug, Clone, Default)]
pub struct DeviceMemory(Arc<Mutex<Remembered>>);

/// What is remembered.
#[derive(Debug, Default)]
pub(crate) struct Remembered {
    pub(crate) clock: DeviceClock,
    pub(crate) serials: Serials,
    pub(crate) facts: Facts,
    refusal: Option<Refusal>,
    /// Something has changed of which no signal tells.
    is_news: bool,
    /// And that must be known even if the gateway is killed in a moment.
    is_urgent: bool,
}

/// As it is kept. Numbers stand for what the device said: no word of it is here.
#[derive(Serialize, Deserialize)]
struct KeptV1 {
    /// Eight bytes each, the oldest first, in Base64.
    serials: String,
    /// Arrival less device time, in microseconds.
    offsets_us: Vec<i64>,
    /// Eight bytes for the property and one for its state, in Base64.
    facts: String,
    /// None also if an older version kept it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    refusal: Option<Refusal>,
}

impl DeviceMemory {
    /// What an earlier run kept. None if it is damaged.
    #[must_use]
    pub fn of(kept: &serde_json::Value) -> Option<Self> {
        let KeptV1 { serials, offsets_us, facts, refusal } = KeptV1::deserialize(kept).ok()?;
        let (serials, facts) = (STANDARD.decode(serials).ok()?, STANDARD.decode(facts).ok()?);
        let (serials, _) = serials.as_chunks();
        let facts = facts.chunks_exact(9).filter_map(|fact| {
            let (property, state) = fact.split_first_chunk()?;
            Some(Fact { property: u64::from_be_bytes(*property), state: *state.first()? })
        });
        let remembered = Remembered {
            clock: DeviceClock::of(&offsets_us),
            serials: Serials::of(serials.iter().map(|it| u64::from_be_bytes(*it))),
            facts: Facts::of(facts),
            refusal,
            is_news: false,
            is_urgent: false,
        };
        Some(Self(Arc::new(Mutex::new(remembered))))
    }

    /// What the next run must know: of signals, what the rules have heard ([`Voucher::judged`]). Save it
    /// with what the rules remember, or one of the two would repeat or forget what the other knows.
    ///
    /// [`Voucher::judged`]: crate::Voucher::judged
    #[must_use]
    pub fn kept(&self) -> serde_json::Value {
        let remembered = self.lock();
        let serials: Vec<u8> = remembered.serials.judged().flat_map(u64::to_be_bytes).collect();
        let facts = remembered.facts.judged();
        let facts: Vec<u8> =
            facts.flat_map(|it| it.property.to_be_bytes().into_iter().chain([it.state])).collect();
        let kept = KeptV1 {
            serials: STANDARD.encode(serials),
            offsets_us: remembered.clock.offsets().collect(),
            facts: STANDARD.encode(facts),
            refusal: remembered.refusal,
        };
        // Texts and numbers only: this cannot fail.
        serde_json::to_value(kept).unwrap_or_default()
    }

    /// Whether something has changed since it was last asked of which no signal tells: save it soon.
    #[must_use]
    pub fn take_news(&self) -> bool {
        let mut remembered = self.lock();
        remembered.is_urgent = false;
        std::mem::take(&mut remembered.is_news)
    }

    /// Whether that must be saved now: the device locks us out if the next run does not know it.
    #[must_use]
    pub fn is_urgent(&self) -> bool {
        self.lock().is_urgent
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, Remembered> {
        // A thread that panicked here left at worst a message that is taken twice.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Remembered {
    /// It is so, and no signal tells of it.
    pub(crate) fn note(&mut self, fact: Fact) {
        self.is_news |= !self.facts.knows(fact);
        self.facts.note(fact, Fate::Kept);
    }

    /// The latest refusal of a login, if it was not let in since.
    pub(crate) const fn refusal(&self) -> Option<Refusal> {
        self.refusal
    }

    /// The device refused a login, or has let us in.
    pub(crate) fn note_refusal(&mut self, refusal: Option<Refusal>) {
        self.is_news |= self.refusal != refusal;
        self.is_urgent |= refusal.is_some();
        self.refusal = refusal;
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use scene::CaptureTime;
    use serde_json::json;

    use super::DeviceMemory;
    use crate::facts::Fact;
    use crate::receipt::pair;
    use crate::refusal::{LoginMark, Refusal};

    #[test]
    fn the_next_run_remembers_what_this_one_kept() {
        let memory = DeviceMemory::default();
        let at = |secs: i64| CaptureTime::from_unix_micros(secs * 1_000_000);
        (0..3).for_each(|beat| memory.lock().clock.measure(at(beat), at(1_000 + beat)));
        let (receipt, voucher) = pair();
        memory.lock().serials.take(u64::MAX - 7, receipt.settlement());
        voucher.judged();
        let fact = Fact::new("d-1", 3, 2);
        assert!(!memory.take_news());
        memory.lock().note(fact);
        assert!(memory.take_news() && !memory.take_news());
        memory.lock().note(fact);
        assert!(!memory.take_news() && !memory.is_urgent(), "it was so before");
        let login = LoginMark::new("http://10.0.0.8/", "guard", "gate 8");
        let refusal = Refusal::new(login, 2, (at(5), Duration::from_mins(10)));
        memory.lock().note_refusal(Some(refusal));
        assert!(memory.is_urgent() && memory.take_news() && !memory.is_urgent());

        let next = DeviceMemory::of(&memory.kept()).unwrap();
        assert_eq!(next.kept(), memory.kept());
        let mut next = next.lock();
        assert_eq!(next.refusal(), Some(refusal));
        assert_eq!(next.clock.offset_micros(), Some((1_000_000_000, 0)));
        assert!(next.serials.before(u64::MAX - 7).is_some() && next.facts.knows(fact));
    }

    #[test]
    fn what_is_damaged_is_not_believed() {
        for damaged in
            [json!(null), json!({}), json!({"serials": "?", "offsets_us": [], "facts": ""})]
        {
            assert!(DeviceMemory::of(&damaged).is_none(), "{damaged}");
        }
        let short = json!({"serials": "AAAA", "offsets_us": [1], "facts": "AAAA"});
        assert_eq!(DeviceMemory::of(&short).unwrap().kept()["serials"], "");
    }
}
