//! The fields of a feedback message: as strict as its schema. Their errors say what is expected.

use std::fmt::{self, Display};
use std::marker::PhantomData;

use jiff::Timestamp;
use scene::CaptureTime;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use uuid::Uuid;

/// An optional field that is present: the schema does not allow `null`.
pub(super) fn present<'de, D, T>(field: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    T::deserialize(field).map(Some)
}

/// An object. Derived code would also accept its members in a list; the schema does not.
pub(super) fn object<'de, D, T>(field: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    field.deserialize_map(Members(PhantomData))
}

/// An optional object that is present.
pub(super) fn present_object<'de, D, T>(field: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    object(field).map(Some)
}

struct Members<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for Members<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<T, A::Error> {
        T::deserialize(MapAccessDeserializer::new(members))
    }
}

/// A text of at most `LONGEST` characters.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(super) struct Text<const LONGEST: usize>(pub(super) String);

impl<const LONGEST: usize> TryFrom<String> for Text<LONGEST> {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        match text.chars().count() {
            length if length > LONGEST => {
                Err(format!("{length} characters, expected {LONGEST} at most"))
            }
            _ => Ok(Self(text)),
        }
    }
}

/// A whole number in a range. `7.0` is one too: JSON has only one kind of number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Whole<const LEAST: u64, const MOST: u64>(pub(super) u64);

impl<'de, const LEAST: u64, const MOST: u64> Deserialize<'de> for Whole<LEAST, MOST> {
    fn deserialize<D: Deserializer<'de>>(field: D) -> Result<Self, D::Error> {
        let number = serde_json::Number::deserialize(field)?;
        match whole(&number) {
            Some(whole) if (LEAST..=MOST).contains(&whole) => Ok(Self(whole)),
            _ => Err(unexpected(&number, &format!("{LEAST} to {MOST}"))),
        }
    }
}

fn whole(number: &serde_json::Number) -> Option<u64> {
    if let Some(whole) = number.as_u64() {
        return Some(whole);
    }
    let real = number.as_f64()?;
    let is_whole = real.fract() == 0.0 && (0.0..=9_007_199_254_740_991.0).contains(&real);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "whole and within 0..=2^53"
    )]
    is_whole.then_some(real as u64)
}

fn unexpected<E: Error>(found: &dyn Display, expected: &str) -> E {
    E::custom(format!("found {found}, expected a whole number, {expected}"))
}

/// A list of at most 16 texts.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Vec<String>")]
pub(super) struct Sixteen(pub(super) Vec<String>);

impl TryFrom<Vec<String>> for Sixteen {
    type Error = String;

    fn try_from(texts: Vec<String>) -> Result<Self, String> {
        match texts.len() {
            length if length > 16 => Err(format!("{length} entries, expected 16 at most")),
            _ => Ok(Self(texts)),
        }
    }
}

/// A UUID as the schema spells it: hyphens, lower case, a version of RFC 9562.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(super) struct Id(pub(super) Uuid);

impl TryFrom<String> for Id {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let id = Uuid::try_parse(&text).ok().filter(|id| {
            let is_plain = id.to_string() == text;
            is_plain
                && (1..=8).contains(&id.get_version_num())
                && id.get_variant() == uuid::Variant::RFC4122
        });
        id.map(Self).ok_or_else(|| format!("found `{text}`, expected a UUID in lower case"))
    }
}

/// A time as RFC 3339 spells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(super) struct Time(pub(super) CaptureTime);

impl TryFrom<String> for Time {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let time = is_rfc3339(&text).then(|| text.parse::<Timestamp>().ok()).flatten();
        time.map(|time| Self(CaptureTime::from_unix_micros(time.as_microsecond()))).ok_or_else(
            || format!("found `{text}`, expected a time such as 2026-11-22T09:58:00+08:00"),
        )
    }
}

/// Checks only the form: `jiff` would also accept a space for the `T` and missing seconds.
fn is_rfc3339(text: &str) -> bool {
    let shape: String = text
        .chars()
        .map(|character| match character {
            '0'..='9' => '0',
            't' => 'T',
            'z' => 'Z',
            other => other,
        })
        .collect();
    let Some(rest) = shape.strip_prefix("0000-00-00T00:00:00") else { return false };
    let fraction = rest.strip_prefix('.').map(|rest| rest.trim_start_matches('0'));
    let has_digit = rest.starts_with(".0");
    let offset = match fraction {
        Some(offset) if has_digit => offset,
        Some(_) => return false,
        None => rest,
    };
    matches!(offset, "Z" | "+00:00" | "-00:00")
}
