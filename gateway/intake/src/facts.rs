//! The latest state of each of a device's properties: a device begins each subscription with all of them.

use std::collections::BTreeMap;

use crate::digest::digest;
use crate::fate::Fate;

/// States that are remembered of one device.
const MOST: usize = 512;

/// That a property has a state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Fact {
    /// Stands for the property.
    pub(crate) property: u64,
    /// The state, by a number that no other version of the gateway gives to another one.
    pub(crate) state: u8,
}

impl Fact {
    /// The property of this topic of what the device calls `token`.
    pub(crate) fn new(token: &str, topic: u8, state: u8) -> Self {
        Self { property: digest(&[token.as_bytes(), &[topic]]), state }
    }
}

/// The states of one device.
#[derive(Debug, Default)]
pub(crate) struct Facts(BTreeMap<u64, (u8, Fate)>);

impl Facts {
    /// Those that an earlier run kept.
    pub(crate) fn of(kept: impl IntoIterator<Item = Fact>) -> Self {
        let kept = kept.into_iter().take(MOST);
        Self(kept.map(|fact| (fact.property, (fact.state, Fate::Kept))).collect())
    }

    /// Those that the rules have heard of. What waits is left out, with what was so before it: told again,
    /// it is news.
    pub(crate) fn judged(&self) -> impl Iterator<Item = Fact> {
        let judged = self.0.iter().filter(|(_, (_, fate))| fate.is_judged());
        judged.map(|(property, (state, _))| Fact { property: *property, state: *state })
    }

    /// Whether it was so when it was last heard of.
    pub(crate) fn knows(&self, fact: Fact) -> bool {
        let known = self.0.get(&fact.property);
        known.is_some_and(|(state, fate)| *state == fact.state && !fate.is_lost())
    }

    /// It is so from now on; `fate` is that of the signal which told it.
    pub(crate) fn note(&mut self, fact: Fact, fate: Fate) {
        if self.0.len() < MOST || self.0.contains_key(&fact.property) {
            self.0.values_mut().for_each(|(_, fate)| fate.settle());
            self.0.insert(fact.property, (fact.state, fate));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Fact, Facts, MOST};
    use crate::fate::Fate;
    use crate::receipt::pair;

    #[test]
    fn a_state_whose_signal_is_lost_or_not_judged_is_news_again() {
        let (open, shut) = (Fact::new("d-1", 1, 1), Fact::new("d-1", 1, 2));
        let mut facts = Facts::default();
        facts.note(shut, Fate::Kept);
        assert!(facts.knows(shut) && !facts.knows(open) && !facts.knows(Fact::new("d-1", 2, 2)));
        let (receipt, voucher) = pair();
        facts.note(open, Fate::Waits(receipt.settlement()));
        assert!(facts.knows(open) && !facts.knows(shut));
        assert_eq!(facts.judged().count(), 0);
        voucher.judged();
        assert!(Facts::of(facts.judged()).knows(open));
        drop(voucher);
        assert!(!facts.knows(open) && facts.judged().count() == 0, "it was dropped");
    }

    #[test]
    fn a_device_that_invents_properties_fills_no_memory() {
        let mut facts = Facts::default();
        for number in 0..2 * MOST {
            facts.note(Fact::new(&number.to_string(), 1, 1), Fate::Kept);
        }
        assert_eq!(facts.0.len(), MOST);
    }
}
