//! Cameras whose fault has a name: each is told in words that say what to do, whichever client plays it.

use camera::{Client, Settings, Transport, Trust};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::play;
use super::server::{Camera, Script, certified, repeating_acceptor};

/// An alert of TLS that ends a handshake.
const fn alert(number: u8) -> [u8; 7] {
    [0x15, 3, 1, 0, 2, 2, number]
}

/// The first message of a server that knows TLS 1.0 only.
fn hello_of_tls_1_0() -> Vec<u8> {
    let hello = [&[3, 1][..], &[7; 32], &[0, 0, 0x2f, 0]].concat();
    let length = u8::try_from(hello.len()).unwrap();
    [&[0x16, 3, 1, 0, length + 4, 2, 0, 0, length][..], &hello].concat()
}

/// The address of something that answers whatever it hears first with `bytes`, and closes.
async fn mouth(scheme: &str, bytes: Vec<u8>) -> url::Url {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut heard = [0; 4096];
            let _heard = stream.read(&mut heard).await;
            let _said = stream.write_all(&bytes).await;
        }
    });
    format!("{scheme}://{address}/live").parse().unwrap()
}

async fn told(settings: &Settings) -> String {
    play(settings).await.err().unwrap().to_string()
}

#[tokio::test]
async fn a_handshake_that_fails_says_why() {
    let none = Some(Trust::Fingerprint([0; 32]));
    for (bytes, expected) in [
        (alert(70).to_vec(), "speaks only versions of TLS before 1.2"),
        (hello_of_tls_1_0(), "speaks only versions of TLS before 1.2"),
        (alert(40).to_vec(), "no way to encrypt in common"),
        (alert(42).to_vec(), "asks for a certificate of the gateway's own"),
        (alert(48).to_vec(), "asks for a certificate of the gateway's own"),
        (alert(116).to_vec(), "asks for a certificate of the gateway's own"),
        (alert(112).to_vec(), "no certificate for the name in the address"),
        (alert(80).to_vec(), "broke the encryption off"),
        (b"RTSP/1.0 400 Bad Request\r\n\r\n".to_vec(), "is not encrypted"),
        (Vec::new(), "closes the connection when the encryption begins"),
    ] {
        let url = mouth("rtsps", bytes.clone()).await;
        let told = told(&Settings { trust: none.clone(), ..Settings::new("cam", url) }).await;
        assert!(
            told.starts_with("no trusted TLS connection: ") && told.contains(expected),
            "{told}"
        );
    }
}

#[tokio::test]
async fn four_hundred_certificates_are_called_that() {
    let (tls, certificate) = repeating_acceptor(400);
    let camera = Camera::start_with(Script::default(), Some(tls)).await;
    let trust = Some(Trust::Authority { pem: certificate.pem() });
    let told = told(&Settings { trust, ..camera.settings_at("rtsps") }).await;
    assert!(told.contains("more than 64 KiB of certificates"), "{told}");
}

#[tokio::test]
async fn a_port_that_speaks_tls_is_called_that_with_a_tunnel_and_without() {
    for transport in [Transport::Tcp, Transport::Http] {
        let url = mouth("rtsp", alert(70).to_vec()).await;
        let told = told(&Settings { transport, ..Settings::new("cam", url) }).await;
        assert!(told.starts_with("the camera speaks TLS at this port; begin `url`"), "{told}");
    }
}

#[tokio::test]
async fn pictures_are_not_sent_in_clear_where_the_address_says_that_they_are_encrypted() {
    let (tls, certificate) = certified();
    let trust = Some(Trust::Authority { pem: certificate.pem() });
    let camera = Camera::start_with(Script::default(), Some(tls)).await;
    for client in [Client::Native, Client::Compatible] {
        let settings =
            Settings { transport: Transport::Udp, client, ..camera.settings_at("rtsps") };
        let told = told(&Settings { trust: trust.clone(), ..settings }).await;
        assert!(told.contains("the pictures would travel unencrypted"), "{told}");
    }
    // A camera that sends us to such an address, too.
    let location = format!("rtsps://{}/live", camera.address);
    let sender = Camera::start(Script::reply(move |asked, _| {
        format!("RTSP/1.0 302 M\r\nCSeq: {}\r\nLocation: {location}\r\n\r\n", asked.cseq)
            .into_bytes()
    }))
    .await;
    let told = told(&Settings { transport: Transport::Udp, trust, ..sender.settings() }).await;
    assert!(told.contains("the pictures would travel unencrypted"), "{told}");
}

#[tokio::test]
async fn an_answer_that_is_only_announced_is_told_as_that() {
    let camera = Camera::start(Script::reply(|asked, usual| match asked.method.as_str() {
        "DESCRIBE" => b"RTSP/1.0 100 Continue\r\n\r\n".repeat(3),
        _ => usual.into_bytes(),
    }))
    .await;
    let told = told(&camera.settings()).await;
    assert!(told.starts_with("the camera announces its answer to DESCRIBE again and again (100)"));
    let url = mouth_that_stays(b"HTTP/1.0 102 Processing\r\n\r\n").await;
    let told =
        self::told(&Settings { transport: Transport::Http, ..Settings::new("cam", url) }).await;
    assert!(told.starts_with("the camera announces its answer to GET again and again (102)"));
}

/// As [`mouth`], but it stays.
async fn mouth_that_stays(bytes: &'static [u8]) -> url::Url {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let mut kept = Vec::new();
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            stream.write_all(bytes).await.unwrap();
            kept.push(stream);
        }
    });
    format!("rtsp://{address}/live").parse().unwrap()
}

#[tokio::test]
async fn a_status_that_rtsp_does_not_know_is_no_failure() {
    for (status, expected) in [
        (300, "300: the stream is at several addresses"),
        (999, "999: the camera answers with a number"),
    ] {
        let camera = Camera::start(Script::reply(move |asked, _| {
            format!("RTSP/1.0 {status} Odd\r\nCSeq: {}\r\n\r\n", asked.cseq).into_bytes()
        }))
        .await;
        let told = told(&camera.settings()).await;
        assert!(told.starts_with(expected), "{told}");
    }
}
