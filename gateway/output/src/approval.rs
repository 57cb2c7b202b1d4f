//! The two-man rule: an output moves only if two persons have signed its file, byte for byte as it is.
//!
//! An approval is a JSON message under Ed25519, signed as alerts are. It names the SHA-256 of the file, so
//! the least edit voids all approvals of it. It says nothing of cameras and rules: what raises the alert may
//! change without a new approval.

use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use signature::{KeyError, PublicKey, SigningKey};

/// So many persons must approve.
pub const PERSONS_NEEDED: usize = 2;

/// The first member of an approval, so that no other signed message can be taken for one.
const KIND: &str = "cg.output_approval/1";

/// One approval that holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Approval {
    /// Who approved.
    pub person: String,
    /// The id of that person's key.
    pub kid: String,
}

/// Who has approved a file as it is now.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Approved {
    /// Of the file: 64 hexadecimal digits.
    pub file_sha256: String,
    /// Approvals that hold, of different persons with different keys.
    pub approvals: Vec<Approval>,
    /// Approvals that do not hold, with the reason.
    pub void: Vec<String>,
}

/// Why there is no approval.
#[derive(Debug, thiserror::Error)]
pub enum ApprovalError {
    /// There is no such key.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// It cannot be written as JSON.
    #[error("cannot write the approval: {0}; report it")]
    Unwritable(#[from] serde_json::Error),
}

impl Approved {
    /// What is missing, in words; none if it may move.
    #[must_use]
    pub fn missing(&self) -> Option<String> {
        let count = self.approvals.len();
        if count >= PERSONS_NEEDED {
            return None;
        }
        let given: Vec<&str> = self.approvals.iter().map(|it| it.person.as_str()).collect();
        let by = if given.is_empty() { String::new() } else { format!(" ({})", given.join(", ")) };
        let void = self.void.iter().map(|why| format!("; {why}"));
        let void: String = void.collect();
        Some(format!(
            "{count} of {PERSONS_NEEDED} persons have approved this file as it is{by}{void}"
        ))
    }
}

/// The SHA-256 of a file in hexadecimal digits.
#[must_use]
pub fn digest_of(file: &[u8]) -> String {
    hex::encode(Sha256::digest(file))
}

/// The approval of an output's `file` by a person, signed at `at` (RFC 3339).
///
/// # Errors
/// None is known.
pub fn approve(
    (output, file): (&str, &[u8]),
    (person, key): (&str, &SigningKey),
    at: &str,
) -> Result<String, ApprovalError> {
    let message = json!({
        "kind": KIND,
        "output": output,
        "file_sha256": digest_of(file),
        "person": person,
        "approved_at": at,
    });
    Ok(key.sign(&message.to_string())? + "\n")
}

/// Which of the `given` approvals hold for the `file` of an output: each with its person and that person's
/// key.
#[must_use]
pub fn approvals<'a>(
    (output, file): (&str, &[u8]),
    given: impl IntoIterator<Item = (&'a str, &'a PublicKey, &'a [u8])>,
) -> Approved {
    let mut approved = Approved { file_sha256: digest_of(file), ..Approved::default() };
    for (person, key, text) in given {
        let kid = key.kid();
        let objection =
            objection((output, &approved.file_sha256), (person, key), text).or_else(|| {
                let same = approved.approvals.iter().find(|it| it.kid == kid)?;
                Some(format!("{} has the same key: one key is one person", same.person))
            });
        match objection {
            None => approved.approvals.push(Approval { person: person.to_owned(), kid }),
            Some(why) => approved.void.push(format!("the approval of {person} is void: {why}")),
        }
    }
    approved
}

fn objection(
    (output, file_sha256): (&str, &str),
    (person, key): (&str, &PublicKey),
    text: &[u8],
) -> Option<String> {
    let Ok(verdict) = signature::verify(text, key, None) else {
        return Some("it is no JSON object".to_owned());
    };
    if let Some(fault) = verdict.fault {
        return Some(fault);
    }
    let said: Value = serde_json::from_slice(text).unwrap_or_default();
    let is = |member: &str, expected: &str| said[member] == expected;
    if !is("kind", KIND) {
        return Some("what was signed is no approval".to_owned());
    }
    if !is("person", person) {
        return Some("it was signed as somebody else's".to_owned());
    }
    if !is("output", output) {
        return Some("it is that of another output".to_owned());
    }
    if !is("file_sha256", file_sha256) {
        return Some("the file was edited since".to_owned());
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &[u8] = b"id = \"lift-1\"\nhold_secs = 30\n";

    struct Person(&'static str, SigningKey);

    fn persons(folder: &std::path::Path) -> [Person; 3] {
        ["张三", "李四", "王五"].map(|name| {
            Person(name, SigningKey::load_or_make(&folder.join(format!("{name}.key"))).unwrap())
        })
    }

    fn signed(Person(name, key): &Person, output: &str, file: &[u8]) -> Vec<u8> {
        approve((output, file), (name, key), "2026-11-30T10:00:00+08:00").unwrap().into_bytes()
    }

    fn judged(file: &[u8], given: &[(&Person, Vec<u8>)]) -> Approved {
        let given = given.iter().map(|(Person(name, key), text)| (*name, key.public(), &text[..]));
        approvals(("lift-1", file), given)
    }

    #[test]
    fn two_persons_are_needed_and_an_edit_voids_both() {
        let folder = tempfile::tempdir().unwrap();
        let [zhang, li, _] = persons(folder.path());
        let both = [(&zhang, signed(&zhang, "lift-1", FILE)), (&li, signed(&li, "lift-1", FILE))];
        let approved = judged(FILE, &both);
        assert_eq!(approved.missing(), None);
        assert_eq!(approved.approvals.len(), 2);
        let one = judged(FILE, &both[..1]).missing().unwrap();
        assert_eq!(one, "1 of 2 persons have approved this file as it is (张三)");
        let edited = judged(b"id = \"lift-1\"\nhold_secs = 31\n", &both);
        assert!(edited.approvals.is_empty());
        assert_eq!(edited.void.len(), 2);
        assert!(edited.missing().unwrap().contains("张三 is void: the file was edited since"));
    }

    #[test]
    fn an_approval_of_another_output_person_or_key_is_void() {
        let folder = tempfile::tempdir().unwrap();
        let [zhang, li, wang] = persons(folder.path());
        let good = signed(&zhang, "lift-1", FILE);
        for (person, text, why) in [
            (&li, signed(&li, "lift-2", FILE), "another output"),
            (&li, signed(&wang, "lift-1", FILE), "signature.kid"),
            (
                &li,
                signed(
                    &Person(
                        "王五",
                        SigningKey::load_or_make(&folder.path().join("李四.key")).unwrap(),
                    ),
                    "lift-1",
                    FILE,
                ),
                "somebody else",
            ),
            (&li, b"yes".to_vec(), "no JSON"),
            (&li, li.1.sign(r#"{"kind":"cg.alert/1"}"#).unwrap().into_bytes(), "no approval"),
            (
                &li,
                {
                    let text = String::from_utf8(signed(&li, "lift-2", FILE)).unwrap();
                    text.replace("lift-2", "lift-1").into_bytes()
                },
                "not what this key signed",
            ),
        ] {
            let approved = judged(FILE, &[(&zhang, good.clone()), (person, text)]);
            assert_eq!(approved.approvals.len(), 1, "{why}");
            assert!(approved.void[0].contains(why), "{why}: {}", approved.void[0]);
            assert!(approved.missing().is_some());
        }
    }

    #[test]
    fn one_key_under_two_names_is_one_person() {
        let folder = tempfile::tempdir().unwrap();
        let [zhang, ..] = persons(folder.path());
        let key = SigningKey::load_or_make(&folder.path().join("张三.key")).unwrap();
        let double = Person("李四", key);
        let both =
            [(&zhang, signed(&zhang, "lift-1", FILE)), (&double, signed(&double, "lift-1", FILE))];
        let approved = judged(FILE, &both);
        assert_eq!(approved.approvals.len(), 1);
        assert!(approved.missing().unwrap().contains("one key is one person"));
    }
}
