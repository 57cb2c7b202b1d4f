//! The server of evidence as a client meets it, over real TLS.

mod flood;

use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use ledger::Ledger;
use rcgen::{CertificateParams, KeyPair};
use rustls::pki_types::{CertificateDer, ServerName, pem::PemObject};
use rustls::{ClientConfig, RootCertStore};
use scene::CaptureTime;
use serde_json::Value;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::body::span;
use super::{EvidenceServer, HandoutSettings, Patience, Stock};
use crate::evidence::{ClipStore, EvidenceStore, FileKind, Limits, Originals};
use crate::server_thread::ServerThread;

const CENTRE: &str = "0123456789abcdef0123456789abcdef";
const PROSECUTOR: &str = "fedcba9876543210fedcba9876543210";
const NOW: CaptureTime = CaptureTime::from_unix_micros(1_795_000_000_000_000);

/// A server in a folder of its own, with one picture, one clip and one original.
struct House {
    folder: TempDir,
    address: SocketAddr,
    ledger: Ledger,
    picture: String,
    clip: String,
    page: Option<ServerThread>,
}

struct Answer {
    head: String,
    body: Vec<u8>,
}

impl Answer {
    fn status(&self) -> u16 {
        self.head.split(' ').nth(1).and_then(|code| code.parse().ok()).unwrap()
    }
}

/// A certificate that is its own authority, in `folder`.
fn certify(folder: &Path) {
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    let certificate = params.self_signed(&key).unwrap();
    // The old certificate would go with the new key for a moment: the server must bear it.
    fs::write(folder.join("server.key"), key.serialize_pem()).unwrap();
    fs::write(folder.join("server.pem"), certificate.pem()).unwrap();
}

fn house(patience: Patience) -> House {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    certify(folder.path());
    fs::write(at("tokens"), format!("centre:{CENTRE}\n")).unwrap();
    fs::write(at("originals"), format!("prosecutor:{PROSECUTOR}\n")).unwrap();
    let limits = Limits { max_bytes: 1 << 20, min_free_bytes: 0, keep_for: Duration::MAX / 4 };
    let evidence = Arc::new(EvidenceStore::open(&at("evidence"), limits).unwrap());
    let picture = evidence.put(FileKind::Picture, b"masked picture", NOW).unwrap().sha256;
    let originals = Arc::new(Originals::open_key(&at("originals.key")).unwrap());
    let clips = ClipStore::new(Arc::clone(&evidence), Arc::clone(&originals));
    let clip = clips.put(b"0123456789", NOW).unwrap().sha256;
    let sealed = originals.seal(b"a face", &picture).unwrap();
    evidence.put_as(FileKind::Sealed, &picture, &sealed, NOW).unwrap();
    let ledger = Ledger::open(&at("ledger.sqlite3")).unwrap();
    let server = EvidenceServer::bind(HandoutSettings {
        listen: SocketAddr::from(([127, 0, 0, 1], 0)),
        cert_file: at("server.pem"),
        key_file: at("server.key"),
        token_file: at("tokens"),
        originals_token_file: Some(at("originals")),
        patience,
    })
    .unwrap();
    let address = server.address();
    let stock = Stock { evidence, clips, originals, ledger: ledger.clone() };
    let page = server.serve(stock).unwrap();
    House { folder, address, ledger, picture, clip, page: Some(page) }
}

impl House {
    async fn connect(&self) -> std::io::Result<tokio_rustls::client::TlsStream<TcpStream>> {
        let mut roots = RootCertStore::empty();
        let file = self.folder.path().join("server.pem");
        roots.add(CertificateDer::from_pem_file(file).unwrap()).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        let stream = TcpStream::connect(self.address).await?;
        let name = ServerName::try_from("localhost").unwrap();
        tokio_rustls::TlsConnector::from(Arc::new(config)).connect(name, stream).await
    }

    /// Sends a request and reads to the end.
    async fn ask(&self, line: &str, heads: &str) -> std::io::Result<Answer> {
        let mut stream = self.connect().await?;
        let request =
            format!("{line} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{heads}\r\n");
        stream.write_all(request.as_bytes()).await?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await?;
        let end = answer.windows(4).position(|bytes| bytes == b"\r\n\r\n").unwrap();
        let body = answer.split_off(end + 4);
        Ok(Answer { head: String::from_utf8(answer).unwrap(), body })
    }

    /// What the history tells of accesses: who, what, why.
    fn accesses(&self) -> Vec<String> {
        let history = self.ledger.history(0, 100).unwrap();
        let told = history.iter().filter(|recorded| recorded.entry.kind == "evidence_access");
        told.map(|recorded| {
            let body: Value = serde_json::from_slice(&recorded.entry.body).unwrap();
            let word = |name: &str| body[name].as_str().unwrap_or("-").to_owned();
            let kind = word("path").split('/').nth(1).unwrap().to_owned();
            format!("{} {} {kind} {}", word("by"), word("method"), word("reason"))
        })
        .collect()
    }

    async fn close(mut self) {
        if let Some(page) = self.page.take() {
            page.stop().await;
        }
    }
}

fn bearer(token: &str) -> String {
    format!("Authorization: Bearer {token}\r\n")
}

#[tokio::test]
async fn a_token_opens_what_is_masked_and_nothing_else() {
    let house = house(Patience::default());
    let picture = format!("/evidence/{}.jpg", house.picture);
    let clip = format!("/evidence/{}.mp4", house.clip);
    let original = format!("/original/{}.jpg", house.picture);
    let sealed = format!("/evidence/{}.sealed", house.picture);
    let unknown = format!("/evidence/{}.jpg", "0".repeat(64));
    let (centre, wrong) = (bearer(CENTRE), bearer(&CENTRE.replace('0', "1")));
    let trusted = bearer(PROSECUTOR);
    let because = format!("{trusted}X-Reason: case 4711\r\n");
    let table: [(&str, &str, &str, u16); 14] = [
        ("GET", &picture, "", 401),
        ("GET", &picture, &wrong, 401),
        ("GET", "/", "", 401),
        ("GET", "/", &centre, 404),
        ("GET", "/evidence/", &centre, 404),
        ("GET", "/evidence/../ledger.sqlite3", &centre, 404),
        ("GET", &unknown, &centre, 404),
        ("POST", &picture, &centre, 405),
        ("GET", &sealed, &trusted, 404),
        ("GET", &clip, &centre, 403),
        ("GET", &original, &centre, 403),
        ("GET", &clip, &trusted, 400),
        ("GET", &picture, &centre, 200),
        ("HEAD", &picture, &centre, 200),
    ];
    for (method, path, heads, status) in table {
        let answer = house.ask(&format!("{method} {path}"), heads).await.unwrap();
        assert_eq!(answer.status(), status, "{method} {path} {heads}");
        let gives = status == 200 && method == "GET";
        assert_eq!(answer.body == b"masked picture", gives, "{method} {path}");
    }
    let answer = house.ask(&format!("GET {clip}"), &because).await.unwrap();
    assert_eq!((answer.status(), answer.body.as_slice()), (200, &b"0123456789"[..]));
    let answer = house.ask(&format!("GET {original}"), &because).await.unwrap();
    assert_eq!((answer.status(), answer.body.as_slice()), (200, &b"a face"[..]));
    assert_eq!(
        house.accesses(),
        [
            "centre GET evidence -",
            "centre HEAD evidence -",
            "prosecutor GET evidence case 4711",
            "prosecutor GET original case 4711"
        ]
    );
    house.close().await;
}

#[tokio::test]
async fn ranges_of_a_clip_are_given_and_a_struck_off_token_no_more() {
    let house = house(Patience::default());
    let line = format!("GET /evidence/{}.mp4", house.clip);
    let with = |range: &str| format!("{}X-Reason: court\r\nRange: {range}\r\n", bearer(PROSECUTOR));
    let answer = house.ask(&line, &with("bytes=2-4")).await.unwrap();
    assert_eq!((answer.status(), answer.body.as_slice()), (206, &b"234"[..]));
    assert!(answer.head.to_ascii_lowercase().contains("content-range: bytes 2-4/10"));
    assert_eq!(house.ask(&line, &with("bytes=10-")).await.unwrap().status(), 416);

    fs::write(house.folder.path().join("originals"), "other:").unwrap();
    assert_eq!(house.ask(&line, &with("bytes=2-4")).await.unwrap().status(), 401);
    house.close().await;
}

#[tokio::test]
async fn a_renewed_certificate_is_used_from_the_next_connection_on() {
    let house = house(Patience::default());
    let line = format!("GET /evidence/{}.jpg", house.picture);
    assert_eq!(house.ask(&line, &bearer(CENTRE)).await.unwrap().status(), 200);
    // Clients now trust only the new one.
    certify(house.folder.path());
    assert_eq!(house.ask(&line, &bearer(CENTRE)).await.unwrap().status(), 200);
    // A broken one is not taken up.
    let certificate = house.folder.path().join("server.pem");
    let good = fs::read(&certificate).unwrap();
    fs::write(&certificate, "nothing").unwrap();
    drop(TcpStream::connect(house.address).await.unwrap());
    fs::write(&certificate, good).unwrap();
    assert_eq!(house.ask(&line, &bearer(CENTRE)).await.unwrap().status(), 200);
    house.close().await;
}

#[tokio::test]
async fn who_dawdles_is_shown_out_and_others_are_served() {
    let patience = Patience {
        connections: 2,
        handshake: Duration::from_millis(300),
        head: Duration::from_millis(300),
        ..Patience::default()
    };
    let house = house(patience);
    let began = Instant::now();
    let mut silent = TcpStream::connect(house.address).await.unwrap();
    let mut slow = house.connect().await.unwrap();
    slow.write_all(b"GET / HTTP/1.1\r\nHost: ").await.unwrap();
    // Both places are taken: this one waits for them.
    let line = format!("GET /evidence/{}.jpg", house.picture);
    assert_eq!(house.ask(&line, &bearer(CENTRE)).await.unwrap().status(), 200);
    let mut rest = Vec::new();
    // Cut off, one way or the other.
    drop(silent.read_to_end(&mut rest).await);
    drop(slow.read_to_end(&mut rest).await);
    assert!(began.elapsed() < Duration::from_secs(60), "{:?}", began.elapsed());
    house.close().await;
}

#[tokio::test]
async fn too_many_requests_are_told_to_come_later() {
    let house = house(Patience { requests_per_sec: 1, ..Patience::default() });
    let mut stream = house.connect().await.unwrap();
    let request = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n".repeat(8);
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answers = String::new();
    let mut block = [0; 4096];
    while answers.matches("HTTP/1.1").count() < 8 {
        let count = stream.read(&mut block).await.unwrap();
        assert!(count > 0, "{answers}");
        answers.push_str(&String::from_utf8_lossy(&block[..count]));
    }
    assert!(answers.contains("401") && answers.contains("429"), "{answers}");
    house.close().await;
}

#[test]
fn a_range_is_read_as_the_standard_says() {
    // RFC 9110 §14.1.2, on ten bytes.
    let table = [
        ("bytes=0-0", Some(Ok((0, 1)))),
        ("bytes=2-", Some(Ok((2, 10)))),
        ("bytes=-3", Some(Ok((7, 10)))),
        ("bytes=-30", Some(Ok((0, 10)))),
        ("bytes=8-20", Some(Ok((8, 10)))),
        ("bytes=10-", Some(Err(()))),
        ("bytes=5-2", Some(Err(()))),
        ("bytes=-0", Some(Err(()))),
        ("bytes=18446744073709551615-18446744073709551615", Some(Err(()))),
        ("bytes=0-1,3-4", None),
        ("lines=0-1", None),
        ("bytes=a-b", None),
    ];
    for (range, expected) in table {
        assert_eq!(span(range, 10), expected, "{range}");
    }
}
