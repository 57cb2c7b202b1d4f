//! Cameras that ask for a password, and encrypted ones.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use camera::{Credentials, Settings, Trust};
use sha2::{Digest, Sha256};

use super::play;
use super::server::{Asked, Camera, Script, acceptor, certified, mutual_acceptor};

fn with_password(camera: &Camera) -> Settings {
    let credentials = Credentials { user: "admin".into(), password: "secret".into() };
    Settings { credentials: Some(credentials), ..camera.settings() }
}

fn challenge(asked: &Asked, challenge: &str) -> Vec<u8> {
    format!(
        "RTSP/1.0 401 Unauthorized\r\nCSeq: {}\r\nWWW-Authenticate: {challenge}\r\n\r\n",
        asked.cseq
    )
    .into_bytes()
}

/// Whether the answer in a request is right for this nonce (RFC 7616 without `qop`).
fn is_right(asked: &Asked, nonce: &str) -> bool {
    let hash = |text: String| hex::encode(Sha256::digest(text));
    let key = hash("admin:cam:secret".into());
    let request = hash(format!("{}:{}", asked.method, asked.uri));
    asked.text.contains(&format!("response=\"{}\"", hash(format!("{key}:{nonce}:{request}"))))
}

#[tokio::test]
async fn a_nonce_that_serves_once_is_no_wrong_password() {
    // Each request must answer the challenge that was given to the one before it.
    let camera = Camera::start(Script::reply(|asked, usual| {
        if is_right(asked, &format!("n{}", asked.number.wrapping_sub(1))) {
            return usual.into_bytes();
        }
        challenge(
            asked,
            &format!("Digest realm=\"cam\", nonce=\"n{}\", algorithm=SHA-256", asked.number),
        )
    }))
    .await;
    assert!(play(&with_password(&camera)).await.is_ok());
}

#[tokio::test]
async fn signs_of_life_are_given_in_time_and_with_a_fresh_nonce() {
    let granted = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&granted);
    let camera = Camera::start(Script::reply(move |asked, usual| {
        if !is_right(asked, &format!("n{}", asked.number.wrapping_sub(1))) {
            let offer = "Digest realm=\"cam\", algorithm=SHA-256";
            return challenge(asked, &format!("{offer}, nonce=\"n{}\"", asked.number));
        }
        let is_life = matches!(asked.method.as_str(), "OPTIONS" | "GET_PARAMETER");
        count.fetch_add(usize::from(is_life), Ordering::Relaxed);
        usual.replace("timeout=60", "timeout=4").into_bytes()
    }))
    .await;
    let mut playing = camera::play(&with_password(&camera)).await.unwrap();
    let enough = async {
        while granted.load(Ordering::Relaxed) < 2 {
            playing.video.next().await.unwrap();
        }
    };
    tokio::time::timeout(crate::PATIENCE, enough).await.unwrap();
    assert!(playing.video.close().await, "TEARDOWN is answered");
}

#[tokio::test]
async fn a_wrong_password_is_tried_twice_at_most_and_a_missing_one_is_named() {
    let camera = Camera::start(Script::reply(|asked, _| {
        challenge(asked, &format!("Digest realm=\"cam\", nonce=\"n{}\"", asked.number))
    }))
    .await;
    let error = play(&with_password(&camera)).await.err().unwrap().to_string();
    assert!(
        error.starts_with("401: the camera refuses the login; check user and password"),
        "{error}"
    );
    assert!(camera.asked.load(Ordering::Relaxed) <= 3);
    let error = play(&camera.settings()).await.err().unwrap().to_string();
    assert!(error.contains("credentials_file"), "{error}");
}

#[tokio::test]
async fn a_bare_password_needs_permission() {
    let camera = Camera::start(Script::reply(|asked, usual| {
        if asked.text.contains("Authorization: Basic YWRtaW46c2VjcmV0") {
            usual.into_bytes()
        } else {
            assert!(!asked.text.contains("Authorization"), "{}", asked.text);
            challenge(asked, "Basic realm=\"cam\"")
        }
    }))
    .await;
    let error = play(&with_password(&camera)).await.err().unwrap().to_string();
    assert!(error.contains("allow_basic_auth"), "{error}");
    let allowed = Settings { allow_basic_auth: true, ..with_password(&camera) };
    assert!(play(&allowed).await.is_ok());
}

#[tokio::test]
async fn the_password_goes_to_no_other_host() {
    let other = Camera::start(Script::reply(|asked, _| {
        assert!(!asked.text.contains("Authorization"), "{}", asked.text);
        challenge(asked, "Basic realm=\"cam\"")
    }))
    .await;
    let location = format!("rtsp://localhost:{}/live", other.address.port());
    let camera = Camera::start(Script::reply(move |asked, _| {
        format!("RTSP/1.0 302 Moved\r\nCSeq: {}\r\nLocation: {location}\r\n\r\n", asked.cseq)
            .into_bytes()
    }))
    .await;
    let settings = Settings { allow_basic_auth: true, ..with_password(&camera) };
    let error = play(&settings).await.err().unwrap().to_string();
    assert!(error.contains("not given to another host"), "{error}");
}

#[tokio::test]
async fn an_encrypted_camera_plays_only_with_the_certificate_that_is_trusted() {
    let (tls, certificate) = certified();
    let camera = Camera::start_with(Script::default(), Some(tls)).await;
    let fingerprint: [u8; 32] = Sha256::digest(certificate.der()).into();
    let with = |trust| Settings { trust, ..camera.settings_at("rtsps") };
    let error = async |trust| play(&with(trust)).await.err().unwrap().to_string();

    assert!(play(&with(Some(Trust::Fingerprint(fingerprint)))).await.is_ok());
    assert!(play(&with(Some(Trust::Authority { pem: certificate.pem() }))).await.is_ok());
    let shown = hex::encode(&fingerprint[..1]);
    let told = error(None).await;
    assert!(told.contains("certificate_sha256") && told.contains(&format!("{shown}:")), "{told}");
    let told = error(Some(Trust::Fingerprint([0; 32]))).await;
    assert!(told.contains("another one"), "{told}");
    let other = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    let told = error(Some(Trust::Authority { pem: other.cert.pem() })).await;
    assert!(told.contains("not signed by an authority"), "{told}");
    let plain = Camera::start(Script::default()).await;
    let settings =
        Settings { trust: Some(Trust::Fingerprint(fingerprint)), ..plain.settings_at("rtsps") };
    let told = play(&settings).await.err().unwrap().to_string();
    assert!(told.contains("no answer to the TLS handshake"), "{told}");
}

#[tokio::test]
async fn a_certificate_that_is_its_own_authority_is_pinned_and_the_camera_is_told_so() {
    // As `openssl req -x509` makes it, and most cameras.
    let mut params = rcgen::CertificateParams::new(["127.0.0.1".to_owned()]).unwrap();
    params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let key = rcgen::KeyPair::generate().unwrap();
    let cert = params.self_signed(&key).unwrap();
    let camera = Camera::start_with(Script::default(), Some(acceptor(&cert, &key))).await;
    let with = |trust| Settings { trust: Some(trust), ..camera.settings_at("rtsps") };
    let told = play(&with(Trust::Authority { pem: cert.pem() })).await.err().unwrap().to_string();
    let fingerprint: [u8; 32] = Sha256::digest(cert.der()).into();
    let pairs = fingerprint.map(|byte| format!("{byte:02x}")).join(":");
    let expected = format!("compare the fingerprint {pairs} with the one");
    assert!(told.contains("signed itself") && told.contains(&expected), "{told}");
    assert!(play(&with(Trust::Fingerprint(fingerprint))).await.is_ok());
}

#[tokio::test]
async fn a_camera_that_wants_a_certificate_of_ours_is_called_that() {
    // By the newer version it says so only after the handshake.
    for version in [&rustls::version::TLS12, &rustls::version::TLS13] {
        let (tls, certificate) = mutual_acceptor(version);
        let camera = Camera::start_with(Script::default(), Some(tls)).await;
        let trust = Trust::Authority { pem: certificate.pem() };
        let settings = Settings { trust: Some(trust), ..camera.settings_at("rtsps") };
        let told = play(&settings).await.err().unwrap().to_string();
        assert!(told.contains("a certificate of the gateway's own"), "{version:?}: {told}");
    }
}
