//! Logging in, by the examples of the RFCs and by what cameras write.

use super::*;

fn login(header: &[u8]) -> Login {
    Login::choose([header].into_iter(), false).unwrap()
}

fn who(user: &str, password: &str) -> Credentials {
    Credentials { user: user.to_owned(), password: password.to_owned() }
}

fn answer(login: &mut Login, who: &Credentials, method: &str, uri: &str) -> String {
    String::from_utf8_lossy(&login.answer(who, method, uri)).into_owned()
}

#[test]
fn an_old_camera_gets_the_digest_of_rfc_2069() {
    let header =
        b"Digest realm=\"testrealm@host.com\", nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\"";
    let answer =
        answer(&mut login(header), &who("Mufasa", "CircleOfLife"), "GET", "/dir/index.html");
    // RFC 2069 errata 749.
    assert!(answer.contains("response=\"1949323746fe6a43ef61f9606e7febea\""), "{answer}");
    assert!(!answer.contains("qop") && !answer.contains("algorithm"), "{answer}");
}

#[test]
fn the_strongest_hash_is_taken_wherever_it_stands() {
    let headers: [&[u8]; 3] = [
        b"Basic realm=\"cam\"",
        b"Digest realm=\"cam\", nonce=\"1\", algorithm=MD5, qop=\"auth\"",
        b"Digest realm=cam,nonce=2 algorithm=SHA-256 qop=\"auth-int,auth\", Digest realm=x, nonce=3, algorithm=NEW",
    ];
    let mut login = Login::choose(headers.into_iter(), true).unwrap();
    let first = answer(&mut login, &who("u", "p"), "DESCRIBE", "rtsp://c/1");
    assert!(first.contains("nonce=\"2\"") && first.contains("algorithm=SHA-256"), "{first}");
    assert!(first.contains("qop=auth, nc=00000001"), "{first}");
    assert!(answer(&mut login, &who("u", "p"), "SETUP", "rtsp://c/1").contains("nc=00000002"));
}

#[test]
fn a_realm_of_other_bytes_is_digested_as_it_came() {
    let mut gbk = b"Digest realm=\"".to_vec();
    gbk.extend([0xc9, 0xe3, 0xcf, 0xf1, 0xbb, 0xfa]);
    gbk.extend(b"\", nonce=\"n\"");
    let header = login(&gbk).answer(&who("u", "p"), "OPTIONS", "*");
    assert!(header.windows(6).any(|it| it == [0xc9, 0xe3, 0xcf, 0xf1, 0xbb, 0xfa]));
    let key = hex::encode(Md5::digest(
        [&b"u:"[..], &[0xc9, 0xe3, 0xcf, 0xf1, 0xbb, 0xfa], b":p"].concat(),
    ));
    let asked = hex::encode(Md5::digest(b"OPTIONS:*"));
    let expected = hex::encode(Md5::digest(format!("{key}:n:{asked}")));
    assert!(String::from_utf8_lossy(&header).contains(&expected));
}

#[test]
fn the_password_goes_bare_only_where_that_is_allowed() {
    let offers = || [&b"Basic realm=\"cam\""[..]].into_iter();
    assert!(matches!(Login::choose(offers(), false), Err(LoginError::BasicRefused)));
    let mut login = Login::choose(offers(), true).unwrap();
    assert_eq!(answer(&mut login, &who("admin", "pw"), "PLAY", "*"), "Basic YWRtaW46cHc=");
}

#[test]
fn what_cannot_be_answered_is_named() {
    let offers = [&b"Negotiate, Digest algorithm=MD5"[..]].into_iter();
    let error = Login::choose(offers, false).unwrap_err().to_string();
    assert!(error.ends_with("negotiate, digest"), "{error}");
    assert!(Login::choose([].into_iter(), false).is_err());
}

#[test]
fn stale_is_found_in_any_spelling() {
    let stale = |header: &'static [u8]| says_stale([header].into_iter());
    assert!(stale(b"Digest realm=\"a\", stale=TRUE, nonce=\"1\""));
    assert!(stale(b"Digest realm=\"a\\\"b\", nonce=\"1\", stale=\"true\""));
    assert!(!stale(b"Digest realm=\"stale=true\", nonce=\"1\""));
}

proptest::proptest! {
    #[test]
    fn hostile_challenges_end(bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..200)) {
        if let Ok(mut login) = Login::choose([bytes.as_slice()].into_iter(), true) {
            login.answer(&who("u", "p"), "PLAY", "*");
        }
    }
}
