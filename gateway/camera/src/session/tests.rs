//! Whole sessions with a camera that sends all it has at once: what comes to the gate and the ring.

use std::net::Ipv4Addr;
use std::time::Duration;

use scene::CaptureTime;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use url::Url;

use super::*;
use crate::codec::Codec;
use crate::coded_sample::coded;
use crate::nal_units::nal_units;
use crate::ring::RingBounds;

const SDP: &str = "v=0\r\no=- 0 0 IN IP4 0\r\ns=-\r\nt=0 0\r\nm=video 0 RTP/AVP 96\r\n\
                   a=rtpmap:96 H264/90000\r\na=control:1\r\n";

/// What came of a session.
struct Played {
    reason: String,
    outputs: SessionOutputs,
    /// The most pictures that were offered between two turns of another task.
    most_in_a_turn: u64,
}

impl Played {
    fn offered(&self) -> u64 {
        self.outputs.gate.counts().offered
    }

    fn ring_bytes(&self) -> usize {
        self.outputs.ring.as_ref().unwrap().lock().held_bytes()
    }
}

/// What a camera answers to a request.
fn answer(request: &str) -> String {
    let cseq = request.lines().find_map(|line| line.strip_prefix("CSeq: ")).unwrap_or("0");
    let rest = match request.split(' ').next() {
        Some("DESCRIBE") => {
            format!("Content-Type: application/sdp\r\nContent-Length: {}\r\n\r\n{SDP}", SDP.len())
        }
        Some("SETUP") => {
            "Session: 1\r\nTransport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n\r\n".to_owned()
        }
        _ => "Session: 1\r\n\r\n".to_owned(),
    };
    format!("RTSP/1.0 200 OK\r\nCSeq: {cseq}\r\n{rest}")
}

/// Answers all requests up to PLAY.
async fn answer_until_play(stream: &mut TcpStream) {
    let mut asked = Vec::new();
    loop {
        while !asked.ends_with(b"\r\n\r\n") {
            asked.push(stream.read_u8().await.unwrap());
        }
        let request = String::from_utf8(std::mem::take(&mut asked)).unwrap();
        stream.write_all(answer(&request).as_bytes()).await.unwrap();
        if request.starts_with("PLAY") {
            return;
        }
    }
}

/// Pictures as interleaved packets, a NAL unit in each (RFC 6184 §5.6), 25 a second.
fn packets<'a>(pictures: impl Iterator<Item = Vec<&'a [u8]>>) -> Vec<u8> {
    let (mut sent, mut number) = (Vec::new(), 0_u16);
    for (picture, at) in pictures.zip((0_u32..).step_by(3600)) {
        let last = picture.len().saturating_sub(1);
        for (unit, bytes) in picture.iter().enumerate() {
            let marker = if unit == last { 0x80 } else { 0 };
            let length = u16::try_from(12 + bytes.len()).unwrap();
            sent.extend([b'$', 0]);
            sent.extend(length.to_be_bytes());
            sent.extend([0x80, marker | 96]);
            sent.extend(number.to_be_bytes());
            sent.extend(at.to_be_bytes());
            sent.extend([1, 2, 3, 4]);
            sent.extend(*bytes);
            number = number.wrapping_add(1);
        }
    }
    sent
}

/// Plays one session until the camera has hung up. `max_picture_px` is the setting.
async fn play_all(sent: Vec<u8>, max_picture_px: u64) -> Played {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let url = format!("rtsp://{}/1", listener.local_addr().unwrap());
    let mut settings = Settings::new("cam-01", Url::parse(&url).unwrap());
    settings.max_picture_px = max_picture_px;
    let outputs = SessionOutputs {
        learnt: Default::default(),
        handed_over: Default::default(),
        gate: Arc::new(SharedGate::new(Settings::DECODER_QUEUE_BYTES)),
        request_turn: Arc::new(|| {}),
        health: SharedHealth::default(),
        ring: Some(SharedRing::new(RingBounds { bytes: 1 << 20, span: Duration::from_secs(60) })),
        is_news: true,
    };
    let shutdown = CancellationToken::new();
    let session = tokio::spawn(stay_connected(settings, outputs.clone(), shutdown.clone()));
    let other = tokio::spawn(take_turns(Arc::clone(&outputs.gate), shutdown.clone()));
    let (mut stream, _) = listener.accept().await.unwrap();
    answer_until_play(&mut stream).await;
    stream.write_all(&sent).await.unwrap();
    // Until the session has taken it all, or has had enough.
    let is_over = |health: Option<Health>| matches!(health, Some(Health::Offline { .. }));
    while outputs.gate.counts().offered == 0 && !is_over(outputs.health.get()) {
        tokio::task::yield_now().await;
    }
    stream.shutdown().await.unwrap();
    let _asked = stream.read_to_end(&mut Vec::new()).await;
    let reason = loop {
        if let Some(Health::Offline { reason }) = outputs.health.get() {
            break reason;
        }
        tokio::task::yield_now().await;
    };
    shutdown.cancel();
    session.await.unwrap();
    let most_in_a_turn = other.await.unwrap();
    Played { reason, outputs, most_in_a_turn }
}

/// Another task of the thread: counts how many pictures come between two of its turns at most.
async fn take_turns(gate: Arc<SharedGate>, shutdown: CancellationToken) -> u64 {
    let (mut most, mut before) = (0, 0);
    while !shutdown.is_cancelled() {
        let offered = gate.counts().offered;
        most = most.max(offered.saturating_sub(before));
        before = offered;
        tokio::task::yield_now().await;
    }
    most
}

#[tokio::test]
async fn thousands_of_tiny_pictures_are_dropped_beyond_the_pace() {
    let tiny: &[u8] = &[0x41, 0xe0];
    let sent = packets((0..5000).map(|_| vec![tiny]));
    let played = play_all(sent, Settings::MAX_PICTURE_PX).await;
    // Five seconds' worth at once, and a little for the time that passed.
    assert!((600..1500).contains(&played.offered()), "{}", played.offered());
    // However many wait, other cameras are not kept waiting for more than one.
    assert!(played.most_in_a_turn <= 2, "{} in a turn", played.most_in_a_turn);
}

#[tokio::test]
async fn what_no_decoder_may_take_is_kept_for_no_clip() {
    let pixels = 640 * 480;
    for (format, is_kept) in [("yuv420p", true), ("yuv444p10le", false)] {
        let coded = coded(Codec::H264, "640x480", format);
        let units: Vec<&[u8]> = nal_units(&coded).map(|unit| unit.bytes).collect();
        let pictures = units.split_inclusive(|unit| unit.first().is_some_and(|it| it & 0x1f == 5));
        let sent = packets(pictures.map(<[&[u8]]>::to_vec));
        let played = play_all(sent, pixels).await;
        assert!(played.offered() >= 2, "{format}: {} {}", played.offered(), played.reason);
        assert_eq!(played.ring_bytes() > 0, is_kept, "{format}: {}", played.reason);
        let latest = played.outputs.ring.as_ref().unwrap().lock().latest_at();
        assert_eq!(latest > Some(CaptureTime::from_unix_micros(0)), is_kept);
    }
}
