//! Under TLS: the case system is believed only if our authority signed its certificate.

use std::io::{Read, Write};
use std::net::TcpListener;

use hw_sim::play::Certificates;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use serde_json::Map;

use super::super::client::Client;
use super::*;

/// Answers each connection's one request: a token, or what the request was. Ends with the test.
fn serve(certificates: &Certificates) -> u16 {
    let chain = CertificateDer::pem_file_iter(&certificates.broker).unwrap();
    let key = PrivateKeyDer::from_pem_file(&certificates.broker_key).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(chain.map(Result::unwrap).collect(), key)
        .unwrap();
    let config = Arc::new(config);
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let connection = ServerConnection::new(Arc::clone(&config)).unwrap();
            // A client that does not believe us hangs up: that is its answer.
            let _hung_up = answer(StreamOwned::new(connection, stream));
        }
    });
    port
}

fn answer(mut stream: StreamOwned<ServerConnection, std::net::TcpStream>) -> std::io::Result<()> {
    let mut request = Vec::new();
    let mut piece = [0; 4096];
    while !String::from_utf8_lossy(&request).ends_with(['}', 't']) {
        let length = stream.read(&mut piece)?;
        request.extend_from_slice(&piece[..length]);
    }
    let request = String::from_utf8_lossy(&request).into_owned();
    let body = if request.starts_with("POST /city/oauth/extras/openapi/client") {
        json!({ "access_token": "T" })
    } else {
        let line = request.lines().next().unwrap_or_default();
        let bearer = request.to_lowercase().contains("x-egova-authorization: bearer t\r\n");
        json!({ "success": true, "data": { "line": line, "bearer": bearer } })
    };
    let body = body.to_string();
    write!(
        stream,
        "HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    )?;
    stream.write_all(body.as_bytes())?;
    stream.conn.send_close_notify();
    stream.flush()
}

fn ask(settings: EgovaSettings) -> Result<Value, String> {
    let asked = Client::new(settings).call("u", "GET_NOTICE_INFO", &Map::new());
    asked.map_err(|error| error.to_string())
}

#[test]
fn only_who_our_authority_vouches_for_is_believed() {
    let books = Books::open();
    let folder = books.folder.path();
    std::fs::write(folder.join("secret"), "secret").unwrap();
    let ours = Certificates::ensure(&folder.join("ours")).unwrap();
    let strangers = Certificates::ensure(&folder.join("strangers")).unwrap();
    let port = serve(&ours);
    let settings = |ca: &Path, token_in| EgovaSettings {
        url: format!("https://localhost:{port}/city/").parse().unwrap(),
        ca_file: Some(ca.to_owned()),
        token_in,
        ..books.settings(SocketAddr::from((Ipv4Addr::LOCALHOST, port)))
    };
    let refused = ask(settings(&strangers.ca, TokenPlace::Query)).unwrap_err();
    assert!(refused.contains("certificate"), "{refused}");
    let unfounded = ask(settings(&folder.join("none.pem"), TokenPlace::Query)).unwrap_err();
    assert!(unfounded.contains("[egova] ca_file") && unfounded.contains("No such"), "{unfounded}");
    let port_answer = |token_in| ask(settings(&ours.ca, token_in)).unwrap();
    let query = port_answer(TokenPlace::Query);
    let target = "POST /city/openapi/third?egova_openapi_token=T HTTP/1.1";
    assert_eq!(query, json!({ "line": target, "bearer": false }));
    let header = port_answer(TokenPlace::Header);
    assert_eq!(header, json!({ "line": "POST /city/openapi/third HTTP/1.1", "bearer": true }));
}
