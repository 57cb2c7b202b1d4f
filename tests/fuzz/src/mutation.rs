//! Bytes and text changed at random.

use fastrand::Rng;

/// Numbers at which programs go wrong.
const NUMBERS: [&str; 14] = [
    "0",
    "-1",
    "1",
    "255",
    "256",
    "65535",
    "65536",
    "2147483647",
    "4294967295",
    "4294967296",
    "9007199254740992",
    "18446744073709551615",
    "99999999999999999999999",
    "1e400",
];

/// Bytes that are likelier to hurt than others.
const BYTES: [u8; 12] = [0, 1, 0x7f, 0x80, 0xff, b'\n', b'\r', b' ', b':', b';', b'=', b','];

/// What helps to change an input.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Material<'a> {
    /// Words that mean something.
    pub(crate) words: &'a [&'static str],
    /// Another input.
    pub(crate) other: &'a [u8],
}

/// Changes bytes in a few places.
pub(crate) fn mutate(bytes: &mut Vec<u8>, material: Material<'_>, dice: &mut Rng) {
    for _ in 0..1 + dice.usize(..4) * dice.usize(..3) {
        match dice.u8(..20) {
            0..5 => put(bytes, dice),
            5..8 => insert(bytes, material, dice),
            8 | 9 => drop(bytes.drain(span(bytes.len(), dice))),
            10 | 11 => repeat(bytes, dice),
            12 => bytes.truncate(dice.usize(..=bytes.len())),
            13 => splice(bytes, material.other, dice),
            14 | 15 => change_number(bytes, dice),
            16..19 => change_line(bytes, dice),
            _ => overwrite(bytes, material, dice),
        }
    }
}

/// A stretch, mostly a short one.
fn span(length: usize, dice: &mut Rng) -> std::ops::Range<usize> {
    let from = dice.usize(..=length);
    let most = if dice.u8(..4) == 0 { length - from } else { 8.min(length - from) };
    from..from + dice.usize(..=most)
}

fn put(bytes: &mut [u8], dice: &mut Rng) {
    if bytes.is_empty() {
        return;
    }
    let at = dice.usize(..bytes.len());
    let old = bytes[at];
    bytes[at] = match dice.u8(..3) {
        0 => old ^ (1 << dice.u8(..8)),
        1 => BYTES[dice.usize(..BYTES.len())],
        _ => dice.u8(..),
    };
}

fn word(material: Material<'_>, dice: &mut Rng) -> Vec<u8> {
    match dice.choice(material.words) {
        Some(word) if dice.u8(..4) > 0 => word.as_bytes().to_vec(),
        _ => (0..dice.usize(1..8)).map(|_| dice.u8(..)).collect(),
    }
}

fn insert(bytes: &mut Vec<u8>, material: Material<'_>, dice: &mut Rng) {
    let at = dice.usize(..=bytes.len());
    bytes.splice(at..at, word(material, dice));
}

fn overwrite(bytes: &mut Vec<u8>, material: Material<'_>, dice: &mut Rng) {
    let gone = span(bytes.len(), dice);
    bytes.splice(gone, word(material, dice));
}

fn repeat(bytes: &mut Vec<u8>, dice: &mut Rng) {
    let from = span(bytes.len(), dice);
    let times = if dice.u8(..10) == 0 { dice.usize(1..200) } else { 1 };
    let again = bytes[from.clone()].repeat(times);
    bytes.splice(from.end..from.end, again);
}

fn splice(bytes: &mut Vec<u8>, other: &[u8], dice: &mut Rng) {
    let new = other[span(other.len(), dice)].to_vec();
    let gone = span(bytes.len(), dice);
    bytes.splice(gone, new);
}

/// Puts another number in the place of one that is written in digits.
fn change_number(bytes: &mut Vec<u8>, dice: &mut Rng) {
    if bytes.is_empty() {
        return;
    }
    let start = dice.usize(..bytes.len());
    let is_digit = |byte: &u8| byte.is_ascii_digit();
    let Some(from) = bytes[start..].iter().position(is_digit).map(|at| start + at) else { return };
    let length = bytes[from..].iter().take_while(|byte| is_digit(byte)).count();
    let new = match dice.u8(..3) {
        0 => dice.u32(..).to_string(),
        1 => dice.u8(..).to_string(),
        _ => NUMBERS[dice.usize(..NUMBERS.len())].to_owned(),
    };
    bytes.splice(from..from + length, new.into_bytes());
}

/// Takes a line away, doubles it, moves it, or cuts it at a sign that divides it.
fn change_line(bytes: &mut Vec<u8>, dice: &mut Rng) {
    let mut lines: Vec<Vec<u8>> =
        bytes.split_inclusive(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect();
    if lines.is_empty() {
        return;
    }
    let (at, to) = (dice.usize(..lines.len()), dice.usize(..lines.len()));
    match dice.u8(..5) {
        0 => drop(lines.remove(at)),
        1 => lines.insert(to, lines[at].clone()),
        2 => lines.swap(at, to),
        _ => {
            let line = &mut lines[at];
            let signs: Vec<usize> =
                (0..line.len()).filter(|at| b":=;,/ ".contains(&line[*at])).collect();
            if let Some(sign) = dice.choice(signs) {
                let end =
                    line.len() - line.iter().rev().take_while(|it| b"\r\n".contains(it)).count();
                match dice.u8(..4) {
                    0 => drop(line.drain(sign.min(end)..end)),
                    1 => drop(line.drain((sign + 1).min(end)..end)),
                    2 => drop(line.drain(..sign)),
                    _ => drop(line.remove(sign)),
                }
            }
        }
    }
    *bytes = lines.concat();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_dice_change_the_same_bytes_in_the_same_way_and_all_of_them_in_some() {
        let material = Material { words: &["word"], other: b"another input" };
        let original = b"a: 1\r\nb=2;c=3\r\n".to_vec();
        let mut results = std::collections::BTreeSet::new();
        for seed in 0..2000 {
            let [first, second] = [(); 2].map(|()| {
                let mut bytes = original.clone();
                mutate(&mut bytes, material, &mut Rng::with_seed(seed));
                bytes
            });
            assert_eq!(first, second, "{seed}");
            results.insert(first);
        }
        assert!(results.len() > 1200, "{}", results.len());
        let mut empty = Vec::new();
        let mut dice = Rng::with_seed(1);
        for _ in 0..1000 {
            mutate(&mut empty, Material { words: &[], other: &[] }, &mut dice);
            empty.clear();
        }
    }
}
