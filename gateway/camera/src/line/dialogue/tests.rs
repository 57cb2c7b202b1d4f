//! Answers of a camera, judged one by one.

use tokio::time::Instant;
use url::Url;

use super::*;
use trust::Credentials;

fn settings() -> Settings {
    let credentials = Credentials { user: "u".into(), password: "p".into() };
    let url = Url::parse("rtsp://10.0.0.5/live").unwrap();
    Settings { credentials: Some(credentials), ..Settings::new("cam", url) }
}

fn head(text: &str) -> Head {
    Head::parse(text.as_bytes()).unwrap()
}

fn describe() -> Asked {
    Dialogue::ask("DESCRIBE", "rtsp://10.0.0.5/live".into(), String::new(), "1".into())
}

fn judge(
    dialogue: &mut Dialogue,
    asked: Asked,
    status: u16,
    text: &str,
) -> Result<Next, SessionError> {
    dialogue.judge(asked, (status, &head(text)), &settings(), false)
}

const CHALLENGE: &str = "RTSP/1.0 401 U\r\nWWW-Authenticate: Digest realm=\"r\", nonce=\"1\"";

#[test]
fn one_nonce_is_answered_once_and_a_fresh_one_once_more() {
    let settings = settings();
    let mut dialogue = Dialogue::new(Route::new(&settings));
    let Ok(Next::Again(mut asked)) = judge(&mut dialogue, describe(), 401, CHALLENGE) else {
        panic!("not asked again");
    };
    let line = dialogue.line(&mut asked, &settings);
    assert!(String::from_utf8(line).unwrap().contains("Authorization: Digest username=\"u\""));
    let same = judge(&mut dialogue, asked.clone(), 401, CHALLENGE);
    assert!(matches!(same, Err(SessionError::Credentials { status: 401 })));
    let fresh = CHALLENGE.replace("nonce=\"1\"", "nonce=\"2\"");
    let Ok(Next::Again(mut asked)) = judge(&mut dialogue, asked, 401, &fresh) else {
        panic!("a fresh nonce is no refusal");
    };
    dialogue.line(&mut asked, &settings);
    let third = judge(&mut dialogue, asked, 401, &fresh.replace("\"2\"", "\"3\""));
    assert!(matches!(third, Err(SessionError::Credentials { .. })));
}

/// Answers `times` challenges, each `late` after its request and with a fresh nonce of its own.
async fn keep_asking(
    dialogue: &mut Dialogue,
    times: u32,
    (late, stale): (Duration, &str),
) -> Result<(), SessionError> {
    let mut asked = describe();
    for nonce in 0..times {
        let fresh = CHALLENGE.replace("nonce=\"1\"", &format!("nonce=\"{nonce}\"{stale}"));
        let Next::Again(again) = judge(dialogue, asked, 401, &fresh)? else {
            panic!("not asked again");
        };
        asked = again;
        dialogue.line(&mut asked, &settings());
        asked.proof.asked_at = Instant::now();
        tokio::time::advance(late).await;
    }
    judge(dialogue, asked, 200, "RTSP/1.0 200 OK").map(|_| ())
}

#[tokio::test(start_paused = true)]
async fn a_nonce_that_was_too_old_is_no_wrong_password() {
    let (soon, late) = (Duration::from_millis(50), Duration::from_secs(4));
    let new = || Dialogue::new(Route::new(&settings()));
    // Whoever answers at once and is refused twice has the wrong password.
    let refused = keep_asking(&mut new(), 3, (soon, "")).await;
    assert!(matches!(refused, Err(SessionError::Credentials { .. })), "{refused:?}");
    // Who answers late may have the right one.
    assert!(keep_asking(&mut new(), 3, (late, "")).await.is_ok());
    let unsure = keep_asking(&mut new(), 4, (late, "")).await;
    assert!(matches!(unsure, Err(SessionError::LoginExpires)), "{unsure:?}");
    // A camera that says so leaves no doubt, ...
    assert!(keep_asking(&mut new(), 8, (soon, ", stale=true")).await.is_ok());
    let unsure = keep_asking(&mut new(), 9, (soon, ", stale=true")).await;
    assert!(matches!(unsure, Err(SessionError::LoginExpires)), "{unsure:?}");
    // ... nor does one that has let us in before.
    let mut known = new();
    assert!(keep_asking(&mut known, 1, (soon, "")).await.is_ok());
    assert!(keep_asking(&mut known, 8, (soon, "")).await.is_ok());
    let unsure = keep_asking(&mut known, 9, (soon, "")).await;
    assert!(matches!(&unsure, Err(error @ SessionError::LoginExpires) if !error.is_refusal()));
}

#[tokio::test(start_paused = true)]
async fn a_password_that_was_right_may_have_been_changed_while_pictures_come() {
    let mut known = Dialogue::new(Route::new(&settings()));
    assert!(keep_asking(&mut known, 1, (Duration::ZERO, "")).await.is_ok());
    let fresh = |nonce: &str| head(&CHALLENGE.replace("nonce=\"1\"", nonce));
    let mut life = |nonce: &str, asked: Option<Asked>| {
        known.keepalive = Some(asked.unwrap_or_else(|| known.sign_of_life()));
        let asked = known.take_life((401, &fresh(nonce)), &settings(), false)?;
        let mut asked = asked.unwrap();
        known.line(&mut asked, &settings());
        Ok::<_, SessionError>(asked)
    };
    // Each sign may need a fresh nonce, ...
    let asked = life("nonce=\"a\"", None).unwrap();
    let asked_next = life("nonce=\"b\"", None).unwrap();
    // ... but only one, ...
    for (asked, nonce) in [(asked, "nonce=\"c\""), (asked_next, "nonce=\"b\"")] {
        let refused = life(nonce, Some(asked)).unwrap_err();
        assert!(matches!(refused, SessionError::Credentials { status: 401 }), "{refused}");
    }
    // ... unless the camera says that the password is right.
    let mut asked = life("nonce=\"d\"", None).unwrap();
    for nonce in 0..4 {
        asked = life(&format!("nonce=\"e{nonce}\", stale=true"), Some(asked)).unwrap();
    }
    // Who ends the session must not try it again and again either.
    let farewell = known.farewell();
    let Ok(Next::Again(mut asked)) = judge(&mut known, farewell, 401, CHALLENGE) else {
        panic!("not asked again");
    };
    known.line(&mut asked, &settings());
    let refused = judge(&mut known, asked, 401, &CHALLENGE.replace("\"1\"", "\"2\""));
    assert!(matches!(refused, Err(SessionError::Credentials { .. })));
}

#[test]
fn a_challenge_to_an_earlier_sign_is_none_to_the_latest() {
    let settings = settings();
    let mut dialogue = Dialogue::new(Route::new(&settings));
    for _ in 0..3 {
        let mut sign = dialogue.sign_of_life();
        dialogue.line(&mut sign, &settings);
        dialogue.keepalive = Some(sign);
    }
    let mut challenged = |number: u32| {
        let head = head(&format!("{CHALLENGE}\r\nCSeq: {number}"));
        dialogue.take_life((401, &head), &settings, false).unwrap().is_some()
    };
    assert!(!challenged(1) && !challenged(2), "they came late");
    assert!(challenged(3));
}

#[test]
fn a_sign_that_is_forbidden_brings_the_password_only_if_the_camera_asks_for_it() {
    let settings = settings();
    let mut dialogue = Dialogue::new(Route::new(&settings));
    let Ok(Next::Again(mut asked)) = judge(&mut dialogue, describe(), 401, CHALLENGE) else {
        panic!("not asked again");
    };
    dialogue.line(&mut asked, &settings);
    let forbidden = head("RTSP/1.0 403 F");
    dialogue.keepalive = Some(dialogue.sign_of_life());
    assert!(dialogue.take_life((403, &forbidden), &settings, false).unwrap().is_none());
    let mut sign = dialogue.sign_of_life();
    let line = String::from_utf8(dialogue.line(&mut sign, &settings)).unwrap();
    assert!(!line.contains("Authorization"), "{line}");
    dialogue.keepalive = Some(sign);
    let challenge = head(CHALLENGE);
    let again = dialogue.take_life((401, &challenge), &settings, false).unwrap();
    dialogue.keepalive = again;
    let refused = dialogue.take_life((403, &forbidden), &settings, false).unwrap_err();
    assert!(matches!(refused, SessionError::Credentials { status: 403 }), "{refused}");
}

#[test]
fn the_password_is_given_to_no_other_address() {
    let settings = settings();
    let sent_to = |location: &str, is_encrypted| {
        let mut dialogue = Dialogue::new(Route::new(&settings));
        dialogue.route.url = Url::parse(location).unwrap();
        dialogue.judge(describe(), (401, &head(CHALLENGE)), &settings, is_encrypted).is_ok()
    };
    assert!(sent_to("rtsp://10.0.0.5/other", false));
    assert!(sent_to("rtsp://10.0.0.5:554/other", false));
    // A certificate that is good for the host is no sign that the same program is behind another port.
    assert!(!sent_to("rtsps://10.0.0.5/live", true));
    assert!(!sent_to("rtsps://10.0.0.5:554/live", true));
    assert!(!sent_to("rtsp://10.0.0.6/live", false));
    assert!(!sent_to("rtsps://10.0.0.6/live", true));
    assert!(!sent_to("rtsp://10.0.0.5:5540/live", false));
    let url = Url::parse("rtsps://10.0.0.5/live").unwrap();
    let (encrypted, mut asked) = (Settings { url, ..settings.clone() }, describe());
    for (location, is_given) in [("/there", true), (":322/there", true), (":3220/live", false)] {
        let mut dialogue = Dialogue::new(Route::new(&encrypted));
        dialogue.route.url = Url::parse(&format!("rtsps://10.0.0.5{location}")).unwrap();
        let judged = dialogue.judge(asked.clone(), (401, &head(CHALLENGE)), &encrypted, true);
        assert_eq!(judged.is_ok(), is_given, "{location}");
        let told = judged.err().map(|error| error.to_string());
        let expected = format!("\"rtsps://10.0.0.5{location}\" asks for a password");
        assert!(told.is_none_or(|told| told.contains(&expected) && told.contains("set `url`")));
        asked = describe();
    }
}

#[test]
fn a_locked_account_is_a_refusal_and_a_plain_403_is_not() {
    let settings = settings();
    let mut dialogue = Dialogue::new(Route::new(&settings));
    let plain = judge(&mut dialogue, describe(), 403, "RTSP/1.0 403 F").unwrap_err();
    assert!(!plain.is_refusal() && plain.to_string().starts_with("403: the camera forbids it"));
    let Ok(Next::Again(asked)) = judge(&mut dialogue, describe(), 401, CHALLENGE) else {
        panic!("not asked again");
    };
    assert!(judge(&mut dialogue, asked, 403, "RTSP/1.0 403 F").unwrap_err().is_refusal());
}

#[test]
fn a_session_is_taken_as_it_is_written() {
    for (header, id, half_secs) in [
        ("Session: 12;timeout=60", "12", 30),
        ("Session: 12 ; Timeout = 20 ;", "12", 10),
        ("Session: 12;timeout=0", "12", 30),
        ("Session: 12;timeout=1", "12", 2),
        ("Session: 12;timeout=99999999999999999999", "12", 30),
        ("Session: ;timeout=60", "", 30),
        ("X: y", "", 30),
    ] {
        let mut dialogue = Dialogue::new(Route::new(&settings()));
        dialogue.take_session(&head(&format!("RTSP/1.0 200 OK\r\n{header}")));
        assert_eq!(dialogue.life_span(), Duration::from_secs(half_secs), "{header}");
        let line = String::from_utf8(dialogue.line(&mut describe(), &settings())).unwrap();
        let expected = (!id.is_empty()).then(|| format!("Session: {id}\r\n"));
        assert_eq!(expected.is_some(), line.contains("Session:"), "{header}");
        assert!(expected.is_none_or(|expected| line.contains(&expected)), "{header}");
        assert!(dialogue.has_session());
    }
}

#[test]
fn a_sign_of_life_that_is_challenged_is_given_again_and_one_that_is_refused_is_borne() {
    let settings = settings();
    let mut dialogue = Dialogue::new(Route::new(&settings));
    let life = |dialogue: &mut Dialogue, text: &str, status| {
        let head = head(text);
        dialogue.take_life((status, &head), &settings, false).unwrap().map(|asked| asked.method)
    };
    dialogue.keepalive = Some(dialogue.sign_of_life());
    assert_eq!(life(&mut dialogue, "RTSP/1.0 200 OK\r\nPublic: PLAY, GET_PARAMETER", 200), None);
    assert_eq!(dialogue.sign_of_life().method, "GET_PARAMETER");
    dialogue.keepalive = Some(dialogue.sign_of_life());
    assert_eq!(life(&mut dialogue, CHALLENGE, 401), Some("GET_PARAMETER"));
    dialogue.keepalive = Some(dialogue.sign_of_life());
    assert_eq!(life(&mut dialogue, "RTSP/1.0 501 No", 501), None);
    assert_eq!(dialogue.sign_of_life().method, "OPTIONS");
    assert_eq!(life(&mut dialogue, "RTSP/1.0 200 OK", 200), None);
}
