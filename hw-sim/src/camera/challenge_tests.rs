//! What answers to a challenge earn, for each way to ask.

use super::*;
use crate::camera::login::USUAL;

const URL: &str = "rtsp://127.0.0.1:8554/gate/";

fn guard() -> Credentials {
    Credentials::new("guard", "p:w\"")
}

fn check(challenge: &mut Challenge, login: &Login, authorization: &str, method: &str) -> Access {
    let url = Url::parse(URL).unwrap();
    challenge.check(login, &LoginAttempt { authorization, method, url: &url }, &guard())
}

/// The header an honest client sends.
fn authorization(nonce: &str, uri: &str, user: &str, password: &str) -> String {
    sign(Algorithm::Md5, nonce, uri, user, password)
}

fn sign(algorithm: Algorithm, nonce: &str, uri: &str, user: &str, password: &str) -> String {
    let name = algorithm.name();
    let open = format!(
        r#"Digest username="{user}", realm="{REALM}", nonce="{nonce}", uri="{uri}", algorithm={name}, qop=auth, nc=00000001, cnonce="x""#
    );
    let answer = directives(&open).unwrap();
    let response = expected_response(algorithm, &answer, "PLAY", password).unwrap();
    format!(r#"{open}, response="{response}""#)
}

#[tokio::test]
async fn answers_are_granted_refused_or_stale() {
    let mut challenge = Challenge::new();
    let nonce = challenge.nonce.clone();
    let nonce = nonce.as_str();
    for (header, expected) in [
        (authorization(nonce, URL, "guard", "p:w\""), Access::Granted),
        (authorization(nonce, "/gate/", "guard", "p:w\""), Access::Granted),
        (authorization("old", URL, "guard", "p:w\""), Access::Stale),
        (authorization("old", URL, "guard", "wrong"), Access::Refused),
        (authorization(nonce, URL, "guard", "wrong"), Access::Refused),
        (authorization(nonce, URL, "thief", "p:w\""), Access::Refused),
        (authorization(nonce, "rtsp://127.0.0.1:8554/yard", "guard", "p:w\""), Access::Refused),
        (
            authorization(nonce, URL, "guard", "p:w\"").replace("auth,", "auth-int,"),
            Access::Refused,
        ),
        (sign(Algorithm::Sha256, nonce, URL, "guard", "p:w\""), Access::Refused),
        ("Basic Z3VhcmQ6cDp3Ig==".to_owned(), Access::Refused),
        ("Digest".to_owned(), Access::Refused),
    ] {
        assert_eq!(check(&mut challenge, &USUAL, &header, "PLAY"), expected, "{header}");
    }
    let header = authorization(nonce, URL, "guard", "p:w\"");
    assert_eq!(check(&mut challenge, &USUAL, &header, "SETUP"), Access::Refused);
}

#[tokio::test(start_paused = true)]
async fn each_login_takes_what_it_offers_and_no_more() {
    let modern = |algorithm| Offer::Digest { algorithm, is_modern: true };
    static BASIC: [Offer; 1] = [Offer::Basic];
    let basic = Login { offers: &BASIC, ..USUAL };
    let mut challenge = Challenge::new();
    assert_eq!(challenge.headers(&basic, false), ["Basic realm=\"simulated camera\""]);
    let right = "Basic Z3VhcmQ6cDp3Ig==";
    assert_eq!(check(&mut challenge, &basic, right, "PLAY"), Access::Granted);
    assert_eq!(check(&mut challenge, &basic, "Basic Z3VhcmQ6eA==", "PLAY"), Access::Refused);

    static SHA: [Offer; 1] = [Offer::Digest { algorithm: Algorithm::Sha256, is_modern: true }];
    let sha = Login { offers: &SHA, ..USUAL };
    assert_eq!(SHA, [modern(Algorithm::Sha256)]);
    let nonce = challenge.nonce.clone();
    let header = sign(Algorithm::Sha256, &nonce, URL, "guard", "p:w\"");
    assert_eq!(check(&mut challenge, &sha, &header, "PLAY"), Access::Granted);
    let header = authorization(&nonce, URL, "guard", "p:w\"");
    assert_eq!(check(&mut challenge, &sha, &header, "PLAY"), Access::Refused);
    assert!(
        challenge.headers(&sha, true)[0].ends_with("algorithm=SHA-256, qop=\"auth\", stale=true")
    );

    let once = Login { renewal: Renewal::EveryRequest, ..USUAL };
    assert_eq!(check(&mut challenge, &once, &header, "PLAY"), Access::Granted);
    assert_eq!(check(&mut challenge, &once, &header, "PLAY"), Access::Stale, "it was used");

    let brief = Login { renewal: Renewal::After(Duration::from_secs(3)), ..USUAL };
    let header = authorization(&challenge.nonce.clone(), URL, "guard", "p:w\"");
    assert_eq!(check(&mut challenge, &brief, &header, "PLAY"), Access::Granted);
    tokio::time::advance(Duration::from_secs(4)).await;
    assert_eq!(check(&mut challenge, &brief, &header, "PLAY"), Access::Stale, "it is old");
    assert_eq!(check(&mut challenge, &brief, &header, "PLAY"), Access::Stale, "there is another");
}
