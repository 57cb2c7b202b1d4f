//! What is no door at all, or one that answers something else: a plain reason, bounded memory, no hang.

use std::time::Duration;

use intake::{DeviceState, WebServer, isapi};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use super::site::{ANY, Site, pass};

/// Answers every connection with the same bytes, `pieces` of them with a pause between, and holds it.
async fn answers(bytes: Vec<u8>, piece: usize, pause: Duration) -> (WebServer, JoinHandle<()>) {
    let listener = TcpListener::bind(ANY).await.expect("loopback has ports");
    let url = format!("http://{}/", listener.local_addr().expect("it is bound"));
    let task = tokio::spawn(async move {
        let mut connections = tokio::task::JoinSet::new();
        while let Ok((mut stream, _)) = listener.accept().await {
            let bytes = bytes.clone();
            connections.spawn(async move {
                drop(stream.read(&mut [0; 2_048]).await);
                for piece in bytes.chunks(piece) {
                    if stream.write_all(piece).await.is_err() {
                        return;
                    }
                    pass(pause).await;
                }
                drop(stream.read(&mut [0; 2_048]).await);
            });
        }
    });
    (WebServer::new(url.parse().expect("an address is a URL")), task)
}

async fn reason(bytes: impl Into<Vec<u8>>) -> String {
    let (web, server) = answers(bytes.into(), 4_096, Duration::ZERO).await;
    reason_of(web, server).await
}

async fn reason_of(web: WebServer, server: JoinHandle<()>) -> String {
    let settings = isapi::Settings::new(web);
    let mut site = Site::hear(|device, stop| isapi::run(settings, device, stop));
    site.until("offline", |site| matches!(site.health().state, DeviceState::Offline { .. })).await;
    let reason = site.reason();
    site.end().await;
    server.abort();
    reason
}

#[tokio::test(start_paused = true)]
async fn what_answers_otherwise_is_named() {
    let cases: [(&str, &str); 7] = [
        (
            "HTTP/1.1 302 Found\r\nLocation: https://10.0.0.8/\r\n\r\n",
            "302: the device sends us to https://",
        ),
        (
            "HTTP/1.1 307 X\r\nLocation: http://elsewhere/\r\n\r\n",
            "307: the device sends us to another",
        ),
        ("HTTP/1.1 404 X\r\nContent-Length: 0\r\n\r\n", "404: the device has no events"),
        ("HTTP/1.1 503 X\r\nContent-Length: 0\r\n\r\n", "503: the device is busy"),
        ("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<html>", "no stream of events"),
        ("SSH-2.0-OpenSSH_9.2\r\n", "does not speak HTTP"),
        ("", "no answer to the request within 5 s"),
    ];
    for (answer, expected) in cases {
        let told = reason(answer).await;
        assert!(told.contains(expected), "{answer:?}: {told}");
        assert!(!told.contains("elsewhere"), "{told}");
    }
    let endless = format!("HTTP/1.1 200 OK\r\nX: {}", "x".repeat(200_000));
    assert!(reason(endless).await.contains("a message head"), "its head has no end");
    let (web, server) = answers(Vec::new(), 1, Duration::ZERO).await;
    server.abort();
    pass(Duration::from_millis(10)).await;
    assert!(reason_of(web, tokio::spawn(async {})).await.contains("nothing listens"));
}

#[tokio::test(start_paused = true)]
async fn bytes_that_come_to_nothing_whole_are_silence() {
    let head = "HTTP/1.1 200 OK\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n";
    let silent = reason(head).await;
    assert!(silent.contains("nothing whole for 60 s"), "{silent}");
    let dripping = format!("{head}--b\r\nContent-Type: image/jpeg\r\n\r\n{}", "x".repeat(9_000));
    let (web, server) = answers(dripping.into_bytes(), 1, Duration::from_secs(1)).await;
    let told = reason_of(web, server).await;
    assert!(told.contains("no answer to the request"), "the head drips, too: {told}");
    let dripping = format!("{head}--b\r\nContent-Type: image/jpeg\r\n\r\n{}", "x".repeat(9_000));
    let (web, server) = answers(dripping.into_bytes(), 200, Duration::from_secs(4)).await;
    let told = reason_of(web, server).await;
    assert!(told.contains("nothing whole for 60 s"), "{told}");
}

#[tokio::test(start_paused = true)]
async fn what_speaks_no_tls_is_named() {
    let (web, server) = answers(b"HTTP/1.1 400 X\r\n\r\n".to_vec(), 4_096, Duration::ZERO).await;
    let url = web.url.as_str().replace("http:", "https:");
    let web = WebServer {
        trust: Some(trust::Trust::Fingerprint([7; 32])),
        ..WebServer::new(url.parse().expect("an address is a URL"))
    };
    let told = reason_of(web, server).await;
    assert!(told.contains("is not encrypted"), "{told}");
}
