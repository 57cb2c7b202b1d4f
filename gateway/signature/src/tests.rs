//! Signatures by a fixed key on golden messages: always the same, and no changed byte passes.

use std::path::{Path, PathBuf};
use std::time::Instant;

use expect_test::expect;
use proptest::prelude::*;
use serde_json::Value;

use super::canonical::parse_strictly;
use super::verify::{EvidenceCheck, Verdict};
use super::*;

/// The seed of RFC 8032 §7.1, test 1, as PKCS#8 version 1.
fn test_key() -> SigningKey {
    let head = [0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20];
    let seed = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60";
    let seed = seed
        .as_bytes()
        .chunks(2)
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap());
    SigningKey::of_pkcs8(&head.into_iter().chain(seed).collect::<Vec<u8>>()).unwrap()
}

fn golden() -> String {
    let file = "../../tests/golden/alert-v1/fire_passage_blocked.open.json";
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    let mut message: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    message.as_object_mut().unwrap().remove("signature");
    message.to_string()
}

fn verdict(message: &str) -> Verdict {
    verify(message.as_bytes(), test_key().public(), None).unwrap()
}

#[test]
fn the_key_of_the_standard_signs_as_the_standard_says() {
    // RFC 8032 §7.1, test 1: the empty message.
    expect!["e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"]
        .assert_eq(&hex::encode(test_key().signature_of(b"")));
    let pem = test_key().public().to_pem();
    expect![[r#"
        -----BEGIN PUBLIC KEY-----
        MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=
        -----END PUBLIC KEY-----
    "#]]
    .assert_eq(&pem);
    expect!["21fe31dfa154a261626bf854046fd227"].assert_eq(&test_key().public().kid());
}

#[test]
fn a_message_is_valid_in_any_layout_and_by_its_own_key_only() {
    let signed = test_key().sign(&golden()).unwrap();
    assert_eq!(signed, test_key().sign(&golden()).unwrap(), "signing needs no luck");
    let value: Value = serde_json::from_str(&signed).unwrap();
    for layout in [signed.clone(), format!("{value:#}\n")] {
        let verdict = verdict(&layout);
        assert!(verdict.is_valid(), "{verdict}");
    }
    let folder = tempfile::tempdir().unwrap();
    let other = SigningKey::load_or_make(&folder.path().join("signing.key")).unwrap();
    let verdict = verify(signed.as_bytes(), other.public(), None).unwrap();
    assert!(verdict.fault.unwrap().contains("but the key given is"));
}

#[test]
fn a_member_that_comes_twice_is_refused_wherever_it_is() {
    let signed = test_key().sign(&golden()).unwrap();
    for (from, to) in
        [("{\"", "{\"priority\":4,\""), ("\"geo\":{", "\"geo\":{\"point\":[0.0,0.0],")]
    {
        let doubled = signed.replacen(from, to, 1);
        assert_ne!(doubled, signed);
        let error = verify(doubled.as_bytes(), test_key().public(), None).unwrap_err();
        assert!(error.to_string().contains("comes twice"), "{error}");
    }
}

#[test]
fn evidence_beside_the_message_is_held_to_its_digest() {
    let folder = tempfile::tempdir().unwrap();
    let digest = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    let message = format!(
        r#"{{"evidence":[{{"id":"report-1","mime":"image/jpeg","sha256":"{digest}"}},
            {{"id":"clip-2","mime":"video/mp4","sha256":"{digest}"}},
            {{"id":"evil","mime":"image/jpeg","sha256":"../../../etc/passwd"}}]}}"#
    );
    let signed = test_key().sign(&message).unwrap();
    let look = || verify(signed.as_bytes(), test_key().public(), Some(folder.path())).unwrap();
    let picture = folder.path().join(format!("{digest}.jpg"));
    std::fs::write(&picture, "abc").unwrap();
    expect![[r#"
        signature: valid, by key 21fe31dfa154a261626bf854046fd227
        evidence report-1: the file that the alert names
        evidence clip-2: not here, not checked
        evidence evil: CANNOT BE CHECKED: its sha256 is no digest
    "#]]
    .assert_eq(&look().to_string());
    std::fs::write(&picture, "abd").unwrap();
    assert!(matches!(look().evidence[0].1, EvidenceCheck::Differs { .. }));
    assert!(!look().is_valid());
}

#[test]
fn a_key_is_made_once_and_for_its_owner_only() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let path: PathBuf = folder.path().join("signing.key");
    let made = SigningKey::load_or_make(&path).unwrap();
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(SigningKey::load_or_make(&path).unwrap().public(), made.public());
    let pem = folder.path().join("signing.pub");
    std::fs::write(&pem, made.public().to_pem()).unwrap();
    assert_eq!(PublicKey::load(&pem).unwrap(), *made.public());
    std::fs::write(&path, "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n")
        .unwrap();
    let error = SigningKey::load_or_make(&path).unwrap_err();
    assert!(error.to_string().contains("holds no Ed25519 private key"), "{error}");
    std::fs::write(&path, "\n").unwrap();
    let error = SigningKey::load_or_make(&path).unwrap_err().to_string();
    assert!(error.ends_with("put back the file that was there"), "{error}");
    let error = PublicKey::load(&path).unwrap_err().to_string();
    assert!(error.contains("`gridwhistle key`"), "{error}");
}

#[test]
fn signing_costs_little() {
    let (key, message) = (test_key(), golden());
    let started = Instant::now();
    for _ in 0..200 {
        key.sign(&message).unwrap();
    }
    println!("signing: {:.0} µs an alert", started.elapsed().as_secs_f64() / 200.0 * 1e6);
}

proptest! {
    /// A byte changed anywhere: the text is no JSON any more, says exactly the same (another way
    /// to write the same number), or is refused.
    #[test]
    fn no_changed_byte_passes(at in any::<prop::sample::Index>(), new in any::<u8>()) {
        let signed = test_key().sign(&golden()).unwrap();
        let mut bytes = signed.clone().into_bytes();
        let at = at.index(bytes.len());
        prop_assume!(bytes[at] != new);
        bytes[at] = new;
        let Ok(changed) = parse_strictly(&bytes) else { return Ok(()) };
        let original = parse_strictly(signed.as_bytes()).unwrap();
        let says_the_same = serde_json_canonicalizer::to_vec(&changed).unwrap()
            == serde_json_canonicalizer::to_vec(&original).unwrap();
        let verdict = verify(&bytes, test_key().public(), None).unwrap();
        prop_assert_eq!(verdict.is_valid(), says_the_same);
    }
}
