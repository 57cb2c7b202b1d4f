//! A door that encrypts: its certificate is pinned or vouched for, and never waved through.

use std::sync::Arc;

use intake::{DeviceState, WebServer, isapi};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use sha2::{Digest as _, Sha256};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use trust::{Credentials, Trust};

use super::site::{ANY, Site};

/// What it says to anybody who has come through the handshake with the right Basic password.
const STREAM: &str = "HTTP/1.1 200 OK\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n\
     --b\r\nContent-Type: application/json\r\n\r\n{\"eventType\":\"AccessControllerEvent\",\
     \"AccessControllerEvent\":{\"majorEventType\":5,\"subEventType\":27,\"doorNo\":1}}\r\n";
const CHALLENGE: &str =
    "HTTP/1.1 401 X\r\nWWW-Authenticate: Basic realm=\"d\"\r\nContent-Length: 0\r\n\r\n";

/// A door with a certificate of its own; its address and the certificate's fingerprint.
async fn encrypted() -> (String, [u8; 32], tokio::task::JoinHandle<()>) {
    let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).expect("a certificate");
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(made.signing_key.serialize_der()));
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("ring has versions")
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .expect("the key is the certificate's");
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind(ANY).await.expect("loopback has ports");
    let url = format!("https://{}/", listener.local_addr().expect("it is bound"));
    let task = tokio::spawn(async move {
        let mut connections = tokio::task::JoinSet::new();
        while let Ok((stream, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            connections.spawn(async move {
                let Ok(mut stream) = acceptor.accept(stream).await else { return };
                let mut request = vec![0; 4_096];
                while let Ok(length @ 1..) = stream.read(&mut request).await {
                    let text = String::from_utf8_lossy(&request[..length]).to_lowercase();
                    let is_in = text.contains("authorization: basic zzpw"); // g:p
                    let answer = if is_in { STREAM } else { CHALLENGE };
                    if stream.write_all(answer.as_bytes()).await.is_err() {
                        return;
                    }
                }
            });
        }
    });
    (url, Sha256::digest(made.cert.der()).into(), task)
}

fn listen(url: &str, trust: Option<Trust>) -> Site {
    let credentials = Credentials { user: "g".to_owned(), password: "p".to_owned() };
    let url = url.parse().expect("an address is a URL");
    let web = WebServer { credentials: Some(credentials), trust, ..WebServer::new(url) };
    let settings = isapi::Settings::new(web);
    Site::hear(|device, stop| isapi::run(settings, device, stop))
}

#[tokio::test]
async fn a_pinned_certificate_passes_and_basic_is_allowed_behind_it() {
    let (url, fingerprint, door) = encrypted().await;
    let mut site = listen(&url, Some(Trust::Fingerprint(fingerprint)));
    assert_eq!(site.hears(1).await, ["door-1 door_event forced_open"]);
    site.end().await;
    let refusals = [
        (Some(Trust::Fingerprint([7; 32])), "another one, with the fingerprint"),
        (None, "nothing says which certificate to trust"),
    ];
    for (trust, expected) in refusals {
        let mut site = listen(&url, trust);
        let is_offline = |site: &Site| matches!(site.health().state, DeviceState::Offline { .. });
        site.until("offline", is_offline).await;
        assert!(site.reason().contains(expected), "{}", site.reason());
        assert!(site.signals.is_empty());
        site.end().await;
    }
    door.abort();
}
