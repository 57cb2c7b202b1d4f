//! What a camera sends when an encrypted session begins: TLS records, with its certificate in them.

use camera::{TlsError, Trust};
use fuzz::Executor;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};
use tokio::runtime::Builder;

use super::repository::repository;

/// Room in the wire, in bytes: more than what a client says before it waits for an answer.
const WIRE_BYTES: usize = 64 * 1024;

/// The fingerprint of no certificate that anybody can make.
const PINNED: [u8; 32] = [7; 32];

/// The camera's certificate is judged in each way that there is.
pub(super) fn records() -> Executor {
    let runtime = Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    // It signed the certificates of the corpus.
    let authority = std::fs::read_to_string(repository().join("tests/fuzz/authority.pem")).unwrap();
    let authority = Trust::Authority { pem: authority };
    let trusts = [None, Some(Trust::Fingerprint(PINNED)), Some(authority)];
    Executor::each(move |input| {
        let outcomes = trusts.iter().map(|trust| runtime.block_on(shake(input, trust.as_ref())));
        outcomes.collect::<Vec<_>>().join(" ")
    })
}

async fn shake(input: &[u8], trust: Option<&Trust>) -> &'static str {
    let (mut camera, wire) = tokio::io::duplex(WIRE_BYTES);
    let ours = camera::fuzz::shake_hands(wire, "camera.example", trust);
    let (shaken, ()) = tokio::join!(ours, answer(&mut camera, input));
    // It holds no key, and no certificate that it shows has the pinned fingerprint.
    match shaken.expect_err("nobody can prove to be that camera") {
        TlsError::NoTrust { .. } => "no-trust",
        TlsError::OtherCertificate { .. } => "other-certificate",
        TlsError::OtherAuthority { .. } => "other-authority",
        TlsError::Unsuited { .. } => "unsuited",
        TlsError::OtherName { .. } => "other-name",
        TlsError::OutOfDate => "out-of-date",
        TlsError::Authority(reason) => panic!("the authority is sound: {reason}"),
        TlsError::OwnCertificate => "own-certificate",
        TlsError::BrokenOff => "broken-off",
        TlsError::NotEncrypted => "not-encrypted",
        TlsError::Closed => "closed",
        TlsError::Mute { .. } => "mute",
        TlsError::OldVersion => "old-version",
        TlsError::NothingInCommon => "nothing-in-common",
        TlsError::TooManyCertificates => "too-many-certificates",
        TlsError::UnknownName => "unknown-name",
        TlsError::NoName => panic!("the name is sound"),
        TlsError::NoCertificate => "no-certificate",
        TlsError::BreaksRules => "breaks-rules",
        TlsError::Ours => panic!("we can encrypt"),
    }
}

/// Says all of it, whatever it is asked, and goes.
async fn answer(wire: &mut DuplexStream, input: &[u8]) {
    let mut asked = [0; 4096];
    let _gone = wire.read(&mut asked).await;
    // The client may have heard enough before all is sent.
    let _heard_enough = wire.write_all(input).await;
    let _gone = wire.shutdown().await;
    while matches!(wire.read(&mut asked).await, Ok(1..)) {}
}

#[test]
fn the_corpus_meets_each_judgement() {
    let mut records = records();
    let mut of = |name: &str| {
        let input = repository().join("tests/fuzz/corpus/tls").join(name);
        records.execute(&std::fs::read(input).unwrap())
    };
    let seen = [of("tls12-self-signed"), of("tls12-other-name"), of("no-tls")];
    let expected = [
        "no-trust other-certificate unsuited",
        "no-trust other-certificate other-name",
        "not-encrypted not-encrypted not-encrypted",
    ];
    assert_eq!(seen, expected);
}
