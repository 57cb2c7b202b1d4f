//! A client that takes nothing but what the standards allow, and panics at anything else.

use std::num::NonZeroU32;
use std::time::Duration;

use retina::codec::{CodecItem, Depacketizer, FrameFormat};
use retina::rtp::{PacketHeader, PacketMeta};
use rtsp_types::{HeaderName, Message, ParseError, Response, StatusCode};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};
use tokio::time::timeout;
use url::Url;

/// So long it waits for the next packet: cameras are asked for a sign of life twice before.
const PATIENCE: Duration = Duration::from_secs(70);

/// The line ends with a farewell to the camera, which may be slow to take it.
const FAREWELL: Duration = Duration::from_secs(60);

/// RTP ticks a second of all video.
const RATE_HZ: NonZeroU32 = NonZeroU32::new(90_000).unwrap();

/// The payload type that the line announces.
const ANNOUNCED_TYPE: u8 = 96;

/// A sender report without report blocks (RFC 3550 §6.4.1), in bytes.
const SENDER_REPORT_BYTES: usize = 28;

/// A client of the line.
pub(super) struct StrictClient {
    wire: DuplexStream,
    buffer: Vec<u8>,
    address: String,
    leave_after: usize,
    cseq: u32,
    stream: Option<Stream>,
    packets: usize,
    pictures: usize,
    fault: String,
}

/// The one stream that the line describes.
struct Stream {
    codec: String,
    control: String,
    depacketizer: Option<Depacketizer>,
    buffer: retina::testutil::DepacketizeBuf,
    latest: Option<PacketHeader>,
}

impl StrictClient {
    /// A client that leaves after so many packets, if that is not 0.
    pub(super) fn new(wire: DuplexStream, address: &Url, leave_after: usize) -> Self {
        Self {
            wire,
            buffer: Vec::new(),
            address: address.to_string(),
            leave_after,
            cseq: 0,
            stream: None,
            packets: 0,
            pictures: 0,
            fault: String::new(),
        }
    }

    /// What it came to, in a few words.
    pub(super) fn outcome(&self) -> String {
        let Self { packets, pictures, fault, .. } = self;
        let codec = self.stream.as_ref().map_or("-", |stream| stream.codec.as_str());
        format!("{codec} {} {} {fault}", (*packets).min(9), (*pictures).min(9))
    }

    /// Plays to the end.
    pub(super) async fn play(&mut self) {
        if self.converse().await.is_none() {
            return;
        }
        while self.leave_after == 0 || self.packets < self.leave_after {
            match timeout(PATIENCE, self.message()).await {
                Ok(Some(Message::Data(data))) => self.take(data.channel_id(), data.as_slice()),
                Ok(Some(other)) => panic!("nobody asked for {other:?}"),
                Ok(None) => return,
                Err(_silence) => break,
            }
        }
        let address = self.address.clone();
        if self.send("TEARDOWN", &address, "").await.is_some() {
            let gone = timeout(FAREWELL, async { while self.message().await.is_some() {} }).await;
            assert!(gone.is_ok(), "the line stays after its client has gone");
        }
    }

    /// Up to the answer to PLAY; none if the line ended before.
    async fn converse(&mut self) -> Option<()> {
        let address = self.address.clone();
        self.ask("OPTIONS", &address, "").await?;
        let described = self.ask("DESCRIBE", &address, "Accept: application/sdp\r\n").await?;
        let stream = Stream::read(&described);
        let control = stream.control.clone();
        self.stream = Some(stream);
        let transport = "Transport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n";
        let set_up = self.ask("SETUP", &control, transport).await?;
        let way = set_up.header(&HeaderName::from_static_str("Transport").unwrap()).unwrap();
        assert!(way.as_str().ends_with("interleaved=0-1"), "{}", way.as_str());
        self.ask("PLAY", &address, "").await.map(drop)
    }

    async fn send(&mut self, method: &str, url: &str, headers: &str) -> Option<()> {
        self.cseq += 1;
        let request = format!("{method} {url} RTSP/1.0\r\nCSeq: {}\r\n{headers}\r\n", self.cseq);
        self.wire.write_all(request.as_bytes()).await.ok()
    }

    /// Asks, and waits for the one answer; none if the line ends instead.
    async fn ask(&mut self, method: &str, url: &str, headers: &str) -> Option<Response<Vec<u8>>> {
        self.send(method, url, headers).await?;
        match self.message().await? {
            Message::Response(answer) => {
                assert_eq!(answer.status(), StatusCode::Ok);
                let cseq = answer.header(&rtsp_types::headers::CSEQ).unwrap();
                assert_eq!(cseq.as_str(), self.cseq.to_string());
                Some(answer)
            }
            other => panic!("this is no answer to {method}: {other:?}"),
        }
    }

    /// The next message or packet; none at the end.
    async fn message(&mut self) -> Option<Message<Vec<u8>>> {
        loop {
            match Message::parse(&self.buffer) {
                Ok((message, length)) => {
                    self.buffer.drain(..length);
                    return Some(message);
                }
                Err(ParseError::Incomplete(_)) => {}
                Err(ParseError::Error) => {
                    panic!("no RTSP: {}", String::from_utf8_lossy(&self.buffer))
                }
            }
            if self.wire.read_buf(&mut self.buffer).await.ok()? == 0 {
                return None;
            }
        }
    }

    /// Takes a packet.
    fn take(&mut self, channel: u8, data: &[u8]) {
        let stream = self.stream.as_mut().unwrap();
        if channel == 1 {
            assert_eq!((data.len(), &data[..4]), (SENDER_REPORT_BYTES, &[0x80, 200, 0, 6][..]));
            return;
        }
        assert_eq!(channel, 0);
        self.packets += 1;
        match stream.take(data) {
            Ok(pictures) => self.pictures += pictures,
            Err(fault) => {
                self.fault = fault.chars().filter(char::is_ascii_alphabetic).take(40).collect();
                // A session of the native client ends with the first one.
                stream.depacketizer = None;
            }
        }
    }
}

impl Stream {
    fn read(described: &Response<Vec<u8>>) -> Self {
        let text = described.body();
        assert!(text.iter().all(|byte| matches!(byte, b'\r' | b'\n' | b' '..=b'~')), "{text:?}");
        let said = sdp_types::Session::parse(text).unwrap();
        let [media] = said.medias.as_slice() else { panic!("not one stream: {said:?}") };
        let value = |name| media.get_first_attribute_value(name).unwrap().unwrap();
        let (number, name) = value("rtpmap").split_once(' ').unwrap();
        assert_eq!((media.media.as_str(), media.fmt.as_str(), number), ("video", "96", "96"));
        let codec = name.strip_suffix("/90000").unwrap().to_ascii_lowercase();
        let control = Url::parse(value("control")).unwrap().to_string();
        let format = media.get_first_attribute_value("fmtp").ok().flatten();
        let format = format.and_then(|format| format.split_once(' ')).map(|(_, format)| format);
        let made = Depacketizer::new("video", &codec, RATE_HZ.get(), None, format);
        let mut depacketizer = made.ok();
        if let Some(depacketizer) = &mut depacketizer {
            depacketizer.set_frame_format(FrameFormat::SIMPLE);
        }
        let buffer = retina::testutil::DepacketizeBuf::new(64 * 1024);
        Self { codec, control, depacketizer, buffer, latest: None }
    }

    /// Takes a packet that must be sound and the next of its one source; gives the pictures that came of it.
    fn take(&mut self, packet: &[u8]) -> Result<usize, String> {
        let (header, payload) = PacketHeader::validate(packet).expect("a sound packet");
        assert_eq!(header.payload_type(), ANNOUNCED_TYPE);
        let mut step = 1;
        if let Some(latest) = &self.latest {
            assert_eq!(latest.ssrc(), header.ssrc(), "another source");
            step = header.sequence_number().wrapping_sub(latest.sequence_number());
            assert!((1..0x8000).contains(&step), "{step} packets on");
        }
        let meta = PacketMeta {
            ctx: retina::PacketContext::dummy(),
            stream_id: 0,
            timestamp: retina::Timestamp::new(i64::from(header.timestamp()), RATE_HZ, 0).unwrap(),
            sequence_number: header.sequence_number(),
            ssrc: header.ssrc(),
            mark: header.mark(),
            loss: step - 1,
        };
        self.latest = Some(header);
        let Some(depacketizer) = &mut self.depacketizer else { return Ok(0) };
        let payload = &packet[usize::from(payload.start)..usize::from(payload.end)];
        self.buffer.push(depacketizer, meta, payload)?;
        depacketizer.check_invariants();
        let mut pictures = 0;
        while let Some(item) = depacketizer.pull() {
            match item {
                Ok(CodecItem::VideoFrame(_)) => pictures += 1,
                Ok(_) => {}
                Err(fault) => return Err(format!("{fault:?}")),
            }
        }
        Ok(pictures)
    }
}
