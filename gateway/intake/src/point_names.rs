//! What the points of a device are called: its own numbers and tokens, and the names in the configuration.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

/// The longest name of a point, in bytes.
const LONGEST: usize = 64;
/// Points that are not in the configuration, of one device. A device that invents more is passed over.
const MOST_OTHERS: usize = 64;

/// Names of points by the device's own names, such as `door-1`. What is not listed keeps its own. Two may
/// have one name: a door and its reader.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PointNames(BTreeMap<String, String>);

impl PointNames {
    /// `names` by the device's own names.
    #[must_use]
    pub const fn new(names: BTreeMap<String, String>) -> Self {
        Self(names)
    }

    /// What is wrong with it: the field, what was expected. None if nothing is.
    #[must_use]
    pub fn fault(&self) -> Option<String> {
        let is_odd = self.0.values().any(|name| !is_name(name));
        is_odd.then(|| {
            format!(
                "points: a name has 1 to {LONGEST} letters, digits, dots, dashes and underscores"
            )
        })
    }

    /// The name of the point that the device calls `own`.
    fn of<'a>(&'a self, own: &'a str) -> Option<Cow<'a, str>> {
        self.0.get(own).map(|name| Cow::Borrowed(name.as_str()))
    }
}

/// The points that one device was heard of. Keep it over the device's connections.
#[derive(Debug, Default)]
pub(crate) struct KnownPoints(BTreeSet<String>);

impl KnownPoints {
    /// The name of the point that the device calls `own`; none if the device invents points.
    pub(crate) fn name<'a>(&mut self, own: &'a str, names: &'a PointNames) -> Option<Cow<'a, str>> {
        if let Some(name) = names.of(own) {
            return Some(name);
        }
        let plain = if is_name(own) { Cow::Borrowed(own) } else { Cow::Owned(plain(own)) };
        if !self.0.contains(plain.as_ref()) {
            if plain.is_empty() || self.0.len() >= MOST_OTHERS {
                return None;
            }
            self.0.insert(plain.clone().into_owned());
        }
        Some(plain)
    }
}

fn is_letter(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || matches!(letter, '.' | '-' | '_')
}

fn is_name(name: &str) -> bool {
    !name.is_empty() && name.len() <= LONGEST && name.chars().all(is_letter)
}

/// A token as a name: other letters become dashes.
fn plain(own: &str) -> String {
    own.chars().take(LONGEST).map(|letter| if is_letter(letter) { letter } else { '-' }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_listed_is_renamed_and_inventions_end() {
        let listed = [("door-1", "east-gate"), ("门 2", "west-gate")];
        let listed = listed.map(|(own, name)| (own.to_owned(), name.to_owned()));
        let names = PointNames::new(listed.into());
        let mut known = KnownPoints::default();
        let mut name = |own| known.name(own, &names).map(Cow::into_owned);
        assert_eq!(name("door-1").as_deref(), Some("east-gate"));
        assert_eq!(name("door-2").as_deref(), Some("door-2"));
        assert_eq!(name("Door/\n3").as_deref(), Some("Door--3"));
        let invented: Vec<String> = (0..1_000).map(|number| format!("d{number}")).collect();
        let taken = invented.iter().filter(|own| known.name(own, &names).is_some()).count();
        assert_eq!(taken, MOST_OTHERS - 2);
        assert!(known.name("门 2", &names).is_some() && known.name("d0", &names).is_some());
    }

    #[test]
    fn a_wrong_name_is_told() {
        let fault = |names: &[(&str, &str)]| {
            let names = names.iter().map(|(own, name)| ((*own).to_owned(), (*name).to_owned()));
            PointNames::new(names.collect()).fault()
        };
        assert_eq!(fault(&[("door-1", "a"), ("door-2", "b")]), None);
        assert!(fault(&[("door-1", "a b")]).unwrap().contains("letters"));
    }
}
