//! A small camera that answers and sends as a script says.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::server::danger::ClientCertVerifier;
use rustls::server::{NoClientAuth, WebPkiClientVerifier};
use rustls::version::{TLS12, TLS13};
use rustls::{RootCertStore, SupportedProtocolVersion};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, UdpSocket};
use tokio_rustls::TlsAcceptor;

use crate::clip::{self, Picture};

/// A request, as far as scripts look at it.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    pub(crate) method: String,
    pub(crate) uri: String,
    pub(crate) cseq: String,
    pub(crate) text: String,
    /// How many requests came before it, on all connections.
    pub(crate) number: usize,
}

impl Asked {
    fn parse(text: &str, number: usize) -> Self {
        let mut words = text.split_whitespace();
        let cseq = text.lines().find_map(|line| line.strip_prefix("CSeq: ")).unwrap_or("0");
        Self {
            method: words.next().unwrap_or_default().to_owned(),
            uri: words.next().unwrap_or_default().to_owned(),
            cseq: cseq.to_owned(),
            text: text.to_owned(),
            number,
        }
    }
}

/// One RTP packet and the number of its picture.
pub(crate) type Spoil = dyn Fn(usize, Vec<u8>) -> Vec<Vec<u8>> + Send + Sync;

/// From a request and the usual answer to the answer.
pub(crate) type Answer = dyn Fn(&Asked, String) -> Vec<u8> + Send + Sync;

/// What a camera does otherwise.
#[derive(Clone)]
pub(crate) struct Script {
    pub(crate) sdp: Vec<u8>,
    pub(crate) reply: Arc<Answer>,
    pub(crate) packets: Arc<Spoil>,
    pub(crate) pictures: &'static [Picture],
    /// Milliseconds by which sender report number n is off.
    pub(crate) report_off_ms: fn(usize) -> i64,
    pub(crate) picture_every: Duration,
    /// Counts what comes to its ports for datagrams.
    pub(crate) datagrams_in: Arc<AtomicUsize>,
}

pub(crate) const SDP: &str = "v=0\r\no=- 1001 1 IN IP4 127.0.0.1\r\ns=live\r\nt=0 0\r\na=control:*\r\n\
    m=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\na=fmtp:96 packetization-mode=1\r\n\
    a=control:trackID=1\r\n";

impl Default for Script {
    fn default() -> Self {
        Self {
            sdp: SDP.as_bytes().to_vec(),
            reply: Arc::new(|_, usual| usual.into_bytes()),
            packets: Arc::new(|_, packet| vec![packet]),
            pictures: clip::usual(),
            report_off_ms: |_| 0,
            picture_every: Duration::from_millis(20),
            datagrams_in: Arc::default(),
        }
    }
}

impl Script {
    /// The answers changed so.
    pub(crate) fn reply(f: impl Fn(&Asked, String) -> Vec<u8> + Send + Sync + 'static) -> Self {
        Self { reply: Arc::new(f), ..Self::default() }
    }

    /// The description changed so.
    pub(crate) fn sdp(sdp: impl AsRef<[u8]>) -> Self {
        Self { sdp: sdp.as_ref().to_vec(), ..Self::default() }
    }

    /// The packets changed so.
    pub(crate) fn packets(
        f: impl Fn(usize, Vec<u8>) -> Vec<Vec<u8>> + Send + Sync + 'static,
    ) -> Self {
        Self { packets: Arc::new(f), ..Self::default() }
    }

    /// The usual answer to a request.
    fn usual(&self, asked: &Asked) -> (String, &[u8]) {
        let head = format!("RTSP/1.0 200 OK\r\nCSeq: {}\r\n", asked.cseq);
        match asked.method.as_str() {
            "DESCRIBE" => {
                let length = self.sdp.len();
                let body = "Content-Type: application/sdp\r\nContent-Length";
                (format!("{head}{body}: {length}\r\n\r\n"), self.sdp.as_slice())
            }
            "SETUP" => {
                let transport =
                    "Transport: RTP/AVP/TCP;unicast;interleaved=0-1\r\nSession: 4711;timeout=60";
                (format!("{head}{transport}\r\n\r\n"), &[])
            }
            "OPTIONS" => (format!("{head}Public: OPTIONS, GET_PARAMETER\r\n\r\n"), &[]),
            _ => (format!("{head}Session: 4711\r\n\r\n"), &[]),
        }
    }
}

/// What a camera needs to encrypt, and its certificate, which is for 127.0.0.1.
pub(crate) fn certified() -> (TlsAcceptor, rcgen::Certificate) {
    let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    (acceptor(&made.cert, &made.signing_key), made.cert)
}

/// What speaks TLS with this certificate.
pub(crate) fn acceptor(certificate: &rcgen::Certificate, key: &rcgen::KeyPair) -> TlsAcceptor {
    acceptor_of(&[&TLS12, &TLS13], Arc::new(NoClientAuth), (certificate, key))
}

/// What speaks TLS in one version, and wants a certificate of its callers, too.
pub(crate) fn mutual_acceptor(
    version: &'static SupportedProtocolVersion,
) -> (TlsAcceptor, rcgen::Certificate) {
    let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    let mut authorities = RootCertStore::empty();
    authorities.add(made.cert.der().clone()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let callers = WebPkiClientVerifier::builder_with_provider(authorities.into(), provider);
    let acceptor =
        acceptor_of(&[version], callers.build().unwrap(), (&made.cert, &made.signing_key));
    (acceptor, made.cert)
}

/// What shows its certificate so many times over.
pub(crate) fn repeating_acceptor(times: usize) -> (TlsAcceptor, rcgen::Certificate) {
    let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    let chain = vec![made.cert.der().clone(); times];
    (acceptor_by(&[&TLS12, &TLS13], Arc::new(NoClientAuth), (chain, &made.signing_key)), made.cert)
}

fn acceptor_of(
    versions: &[&'static SupportedProtocolVersion],
    callers: Arc<dyn ClientCertVerifier>,
    (certificate, key): (&rcgen::Certificate, &rcgen::KeyPair),
) -> TlsAcceptor {
    acceptor_by(versions, callers, (vec![certificate.der().clone()], key))
}

fn acceptor_by(
    versions: &[&'static SupportedProtocolVersion],
    callers: Arc<dyn ClientCertVerifier>,
    (chain, key): (Vec<CertificateDer<'static>>, &rcgen::KeyPair),
) -> TlsAcceptor {
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(versions)
        .unwrap()
        .with_client_cert_verifier(callers)
        .with_single_cert(chain, key)
        .unwrap();
    TlsAcceptor::from(Arc::new(config))
}

/// A camera that listens.
pub(crate) struct Camera {
    pub(crate) address: SocketAddr,
    pub(crate) asked: Arc<AtomicUsize>,
}

impl Camera {
    /// Starts one; it ends with the test's runtime.
    pub(crate) async fn start(script: Script) -> Self {
        Self::start_with(script, None).await
    }

    /// The same behind TLS.
    pub(crate) async fn start_with(script: Script, tls: Option<TlsAcceptor>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let asked = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&asked);
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let (script, count, tls) = (script.clone(), Arc::clone(&count), tls.clone());
                tokio::spawn(async move {
                    match tls {
                        Some(tls) => {
                            if let Ok(stream) = tls.accept(stream).await {
                                serve(stream, script, count).await;
                            }
                        }
                        None => serve(stream, script, count).await,
                    }
                });
            }
        });
        Self { address, asked }
    }

    pub(crate) fn settings(&self) -> camera::Settings {
        self.settings_at("rtsp")
    }

    pub(crate) fn settings_at(&self, scheme: &str) -> camera::Settings {
        let url = format!("{scheme}://{}/live", self.address).parse().unwrap();
        camera::Settings {
            first_frame_timeout: Duration::from_secs(5),
            silence_timeout: Duration::from_secs(3),
            ..camera::Settings::new("cam", url)
        }
    }
}

/// Plays a script to one client.
pub(crate) async fn serve(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    script: Script,
    count: Arc<AtomicUsize>,
) {
    let (mut unread, mut buffer) = (String::new(), [0; 4096]);
    let mut playout =
        Playout { script: script.clone(), picture: 0, sequence: 1000, playing: false };
    let mut tick = tokio::time::interval(script.picture_every);
    let mut datagrams: Option<(UdpSocket, UdpSocket, u16)> = None;
    loop {
        tokio::select! {
            read = stream.read(&mut buffer) => match read {
                Ok(0) | Err(_) => return,
                Ok(length) => unread.push_str(&String::from_utf8_lossy(&buffer[..length])),
            },
            () = hear_datagram(&datagrams, &script.datagrams_in) => {}
            _ = tick.tick(), if playout.playing => {
                let mut interleaved = Vec::new();
                for (channel, packet) in playout.next() {
                    match &datagrams {
                        Some((rtp, rtcp, port)) => {
                            let socket = if channel == 0 { rtp } else { rtcp };
                            let to = ("127.0.0.1", port + u16::from(channel));
                            let _lost = socket.send_to(&packet, to).await;
                        }
                        None => interleave(&mut interleaved, channel, &packet),
                    }
                }
                if stream.write_all(&interleaved).await.is_err() {
                    return;
                }
            }
        }
        while let Some(end) = unread.find("\r\n\r\n") {
            let rest = unread.split_off(end + 4);
            let asked = Asked::parse(&unread, count.fetch_add(1, Ordering::Relaxed));
            unread = rest;
            let (mut usual, body) = script.usual(&asked);
            if let Some(ports) = asked.text.split("client_port=").nth(1) {
                let client: u16 = ports.split('-').next().unwrap().parse().unwrap();
                let rtp = UdpSocket::bind("127.0.0.1:0").await.unwrap();
                let port = rtp.local_addr().unwrap().port();
                let rtcp = UdpSocket::bind(("127.0.0.1", port + 1)).await.unwrap();
                datagrams = Some((rtp, rtcp, client));
                let ports =
                    format!("client_port={client}-{};server_port={port}-{}", client + 1, port + 1);
                usual = usual.replace(
                    "RTP/AVP/TCP;unicast;interleaved=0-1",
                    &format!("RTP/AVP;unicast;{ports}"),
                );
            }
            let mut answer = (script.reply)(&asked, usual);
            if answer.windows(14).any(|it| it.eq_ignore_ascii_case(b"content-length")) {
                answer.extend_from_slice(body);
            }
            if stream.write_all(&answer).await.is_err() {
                return;
            }
            let granted = answer.windows(5).any(|it| it == b" 200 ");
            playout.playing |= asked.method == "PLAY" && granted;
        }
    }
}

/// Waits for a datagram to the port for RTP, and counts it.
async fn hear_datagram(datagrams: &Option<(UdpSocket, UdpSocket, u16)>, count: &AtomicUsize) {
    let Some((rtp, ..)) = datagrams else { return std::future::pending().await };
    if rtp.recv(&mut [0; 64]).await.is_ok() {
        count.fetch_add(1, Ordering::Relaxed);
    }
}

struct Playout {
    script: Script,
    picture: usize,
    sequence: u16,
    playing: bool,
}

impl Playout {
    /// The packets of the next picture, each with its channel.
    fn next(&mut self) -> Vec<(u8, Vec<u8>)> {
        let number = self.picture;
        self.picture += 1;
        let pictures = self.script.pictures;
        let timestamp = ticks(number, self.script.picture_every);
        let mut out = Vec::new();
        if number.is_multiple_of(25) {
            let off_ms = (self.script.report_off_ms)(number / 25);
            out.push((1, report(timestamp, off_ms)));
        }
        let payloads = payloads(&pictures[number % pictures.len()]);
        let last = payloads.len() - 1;
        for (at, payload) in payloads.into_iter().enumerate() {
            let mut packet = vec![0x80, 96 | if at == last { 0x80 } else { 0 }];
            packet.extend(self.sequence.to_be_bytes());
            packet.extend(timestamp.to_be_bytes());
            packet.extend(7_u32.to_be_bytes());
            packet.extend(payload);
            self.sequence = self.sequence.wrapping_add(1);
            for packet in (self.script.packets)(number, packet) {
                out.push((0, packet));
            }
        }
        out
    }
}

fn ticks(number: usize, every: Duration) -> u32 {
    u32::try_from(number as u128 * every.as_micros() * 9 / 100).unwrap()
}

fn payloads(picture: &Picture) -> Vec<Vec<u8>> {
    let mut payloads = Vec::new();
    for unit in picture {
        if unit.len() <= 1400 {
            payloads.push(unit.clone());
            continue;
        }
        let pieces: Vec<&[u8]> = unit[1..].chunks(1400).collect();
        let last = pieces.len() - 1;
        for (at, piece) in pieces.into_iter().enumerate() {
            let flags = if at == 0 { 0x80 } else { 0 } | if at == last { 0x40 } else { 0 };
            payloads.push([&[unit[0] & 0x60 | 28, flags | unit[0] & 0x1f], piece].concat());
        }
    }
    payloads
}

fn report(timestamp: u32, off_ms: i64) -> Vec<u8> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let millis = i64::try_from(now.as_millis()).unwrap() + off_ms;
    let (secs, rest) = (millis / 1000 + 2_208_988_800, millis % 1000);
    let mut packet = vec![0x80, 200, 0, 6];
    packet.extend(7_u32.to_be_bytes());
    packet.extend(u32::try_from(secs).unwrap().to_be_bytes());
    packet.extend((u32::try_from(rest).unwrap() * 4_294_967).to_be_bytes());
    packet.extend(timestamp.to_be_bytes());
    packet.extend([0; 8]);
    packet
}

fn interleave(out: &mut Vec<u8>, channel: u8, data: &[u8]) {
    out.extend([b'$', channel]);
    out.extend(u16::try_from(data.len()).unwrap().to_be_bytes());
    out.extend(data);
}
