//! JSON changed at random: still JSON, with other members.

use fastrand::Rng;
use serde_json::{Map, Value};

/// Puts other values in the place of some. None if the bytes are no JSON.
pub(crate) fn mutate_json(bytes: &[u8], words: &[&'static str], dice: &mut Rng) -> Option<Vec<u8>> {
    let mut value: Value = serde_json::from_slice(bytes).ok()?;
    for _ in 0..dice.usize(1..4) {
        change(&mut value, words, dice);
    }
    Some(value.to_string().into_bytes())
}

fn change(value: &mut Value, words: &[&'static str], dice: &mut Rng) {
    let goes_deeper = dice.u8(..3) > 0;
    match value {
        Value::Object(members) if goes_deeper && !members.is_empty() => {
            let names: Vec<String> = members.keys().cloned().collect();
            let name = &names[dice.usize(..names.len())];
            match dice.u8(..8) {
                0 => drop(members.remove(name)),
                1 => {
                    let moved = members.remove(name).unwrap_or_default();
                    members.insert(text(words, dice), moved);
                }
                _ => change(members.entry(name.clone()).or_insert(Value::Null), words, dice),
            }
        }
        Value::Array(items) if goes_deeper && !items.is_empty() => {
            let at = dice.usize(..items.len());
            if dice.u8(..4) == 0 {
                items.push(items[at].clone());
            } else {
                change(&mut items[at], words, dice);
            }
        }
        other => *other = any(words, dice, 3),
    }
}

fn text(words: &[&'static str], dice: &mut Rng) -> String {
    match (dice.u8(..6), dice.choice(words)) {
        (0..3, Some(word)) => (*word).to_owned(),
        (3, _) => "界\u{202e}\u{0}é".repeat(dice.usize(..200)),
        (4, _) => "x".repeat(dice.usize(..5000)),
        _ => (0..dice.usize(..20)).map(|_| dice.char(..)).collect(),
    }
}

fn any(words: &[&'static str], dice: &mut Rng, depth: u8) -> Value {
    match dice.u8(..if depth > 0 { 9 } else { 7 }) {
        0 => Value::Null,
        1 => Value::from(dice.bool()),
        2 => Value::from(dice.i64(..)),
        3 => Value::from(dice.u64(..) >> dice.u32(..64)),
        4 => Value::from(f64::from_bits(dice.u64(..))),
        5 | 6 => Value::from(text(words, dice)),
        7 => (0..dice.usize(..6)).map(|_| any(words, dice, depth - 1)).collect(),
        _ => {
            let members =
                (0..dice.usize(..6)).map(|_| (text(words, dice), any(words, dice, depth - 1)));
            Value::Object(members.collect::<Map<_, _>>())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changed_json_is_json() {
        let mut dice = Rng::with_seed(7);
        for _ in 0..2000 {
            let changed = mutate_json(br#"{"a":[1,{"b":"c"}],"d":null}"#, &["a"], &mut dice);
            serde_json::from_slice::<Value>(&changed.unwrap()).unwrap();
        }
        assert_eq!(mutate_json(b"{", &[], &mut dice), None);
    }
}
