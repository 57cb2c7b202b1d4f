//! For property tests of what comes from outside: valid bytes that were changed at random.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;

/// One change.
#[derive(Debug, Clone)]
enum Mutation {
    Set(Index, u8),
    Insert(Index, u8),
    Remove(Index),
    /// Repeats the bytes from one place to another.
    Repeat(Index, Index),
    CutOff(Index),
}

/// Changes for bytes of any length: none at all up to a few dozen.
#[derive(Debug, Clone)]
pub(crate) struct Mutations(Vec<Mutation>);

/// Any changes; bytes that mean something in JSON are likelier than others.
pub(crate) fn mutations() -> impl Strategy<Value = Mutations> {
    let byte = || prop_oneof![any::<u8>(), prop::sample::select(br#"{}[]",:\-.0e9"#.as_slice())];
    let at = any::<Index>;
    let mutation = prop_oneof![
        8 => (at(), byte()).prop_map(|(at, byte)| Mutation::Set(at, byte)),
        4 => (at(), byte()).prop_map(|(at, byte)| Mutation::Insert(at, byte)),
        4 => at().prop_map(Mutation::Remove),
        2 => (at(), at()).prop_map(|(from, to)| Mutation::Repeat(from, to)),
        1 => at().prop_map(Mutation::CutOff),
    ];
    vec(mutation, 0..24).prop_map(Mutations)
}

impl Mutations {
    /// The changed bytes.
    pub(crate) fn apply(&self, valid: &[u8]) -> Vec<u8> {
        let mut bytes = valid.to_vec();
        for mutation in &self.0 {
            if bytes.is_empty() {
                break;
            }
            let place = |at: &Index| at.index(bytes.len());
            match mutation {
                Mutation::Set(at, byte) => {
                    let at = place(at);
                    bytes[at] = *byte;
                }
                Mutation::Insert(at, byte) => bytes.insert(place(at), *byte),
                Mutation::Remove(at) => drop(bytes.remove(place(at))),
                Mutation::Repeat(from, to) => {
                    let (from, to) = (place(from), place(to));
                    let repeated = bytes[from.min(to)..from.max(to)].to_vec();
                    let end = from.max(to);
                    bytes.splice(end..end, repeated);
                }
                Mutation::CutOff(at) => bytes.truncate(place(at)),
            }
        }
        bytes
    }
}

/// Any JSON, a few levels deep.
pub(crate) fn json() -> impl Strategy<Value = serde_json::Value> {
    use serde_json::Value;
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,20}".prop_map(Value::from),
        "[ -~]{300}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 24, 6, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..6).prop_map(Value::from),
            vec((".{0,8}", inner), 0..6).prop_map(|members| members.into_iter().collect()),
        ]
    })
}

/// A JSON object with some of its members, by their place, replaced by other JSON.
pub(crate) fn replace_members(
    valid: &serde_json::Value,
    others: Vec<(Index, serde_json::Value)>,
) -> serde_json::Value {
    let mut changed = valid.clone();
    if let Some(members) = changed.as_object_mut() {
        let names: Vec<String> = members.keys().cloned().collect();
        for (at, other) in others {
            members.insert(at.get(&names).clone(), other);
        }
    }
    changed
}
