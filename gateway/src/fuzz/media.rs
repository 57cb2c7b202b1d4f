//! What is in a camera's packets: depacketised by retina, decoded by libavcodec, cut into a clip.

use std::num::NonZeroU32;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use camera::{
    AccessUnit, Codec, CodedPicture, Decoder, DecoderLimits, Footage, Run, Scaler, init_libav,
};
use fuzz::Executor;
use retina::codec::{CodecItem, Depacketizer, FrameFormat};
use retina::rtp::{PacketHeader, PacketMeta};
use scene::{CaptureTime, Clock, ClockSource};

use eye::write_mp4;

/// The most packets, units and pictures of one input.
const MOST_PIECES: usize = 64;

/// Larger pictures only take longer.
const MOST_PICTURE_PX: u64 = 320 * 240;

/// What a clip has beside its coded pictures: an index of a few dozen bytes a picture.
const MOST_INDEX_BYTES: usize = 64 * 1024;

/// The codec that the first byte chooses, and the rest.
fn codec_and_rest(input: &[u8]) -> (Codec, &[u8]) {
    match input {
        [first, rest @ ..] if first % 2 == 1 => (Codec::H265, rest),
        [_, rest @ ..] => (Codec::H264, rest),
        [] => (Codec::H264, input),
    }
}

fn encoding_name(codec: Codec) -> &'static str {
    match codec {
        Codec::H264 => "h264",
        Codec::H265 => "h265",
    }
}

/// RTP packets, interleaved as in an RTSP connection, into retina's depacketiser.
pub(super) fn depacketizer() -> Executor {
    Executor::each(|input| {
        let (codec, mut rest) = codec_and_rest(input);
        let made = Depacketizer::new("video", encoding_name(codec), 90_000, None, None);
        let Ok(mut depacketizer) = made else { return "no depacketizer".to_owned() };
        depacketizer.set_frame_format(FrameFormat::SIMPLE);
        let mut buffer = retina::testutil::DepacketizeBuf::new(64 * 1024);
        let (mut pictures, mut faults) = (0, String::new());
        for number in 0..MOST_PIECES {
            let Some((packet, after)) = interleaved(rest) else { break };
            rest = after;
            let Ok((header, payload)) = PacketHeader::validate(packet) else { continue };
            let payload = &packet[usize::from(payload.start)..usize::from(payload.end)];
            let timestamp = retina::Timestamp::new(
                i64::from(header.timestamp()),
                NonZeroU32::new(90_000).unwrap(),
                0,
            );
            let Some(timestamp) = timestamp else { continue };
            let meta = PacketMeta {
                ctx: retina::PacketContext::dummy(),
                stream_id: 0,
                timestamp,
                sequence_number: header.sequence_number(),
                ssrc: header.ssrc(),
                mark: header.mark(),
                loss: u16::from(header.sequence_number() % 97 == 96 && number > 0),
            };
            if let Err(fault) = buffer.push(&mut depacketizer, meta, payload) {
                // A session ends with the first one.
                faults = fault;
                break;
            }
            depacketizer.check_invariants();
            while let Some(item) = depacketizer.pull() {
                match item {
                    Ok(CodecItem::VideoFrame(frame)) => {
                        drop(frame.into_data());
                        pictures += 1;
                    }
                    Ok(_) => {}
                    Err(fault) => faults = format!("{fault:?}"),
                }
            }
        }
        let words: String = faults.chars().filter(char::is_ascii_alphabetic).take(60).collect();
        format!("{codec} {pictures} {words} {}", depacketizer.parameters().is_some())
    })
}

fn interleaved(stream: &[u8]) -> Option<(&[u8], &[u8])> {
    let [b'$', _channel, high, low, rest @ ..] = stream else { return None };
    rest.split_at_checked(usize::from(u16::from_be_bytes([*high, *low])))
}

/// Parameter sets as a session description has them, and before a picture.
pub(super) fn parameter_sets() -> Executor {
    init_libav().unwrap();
    Executor::each(|input| {
        let (codec, sets) = codec_and_rest(input);
        let names: &[&str] = match codec {
            Codec::H264 => &["sprop-parameter-sets", ""],
            Codec::H265 => &["sprop-vps", "sprop-sps", "sprop-pps"],
        };
        let mut format = String::new();
        for (name, set) in names.iter().zip(units(sets, &[0, 0, 0, 1])) {
            let set = STANDARD.encode(set);
            match name.is_empty() {
                true => format += &format!(",{set}"),
                false => format += &format!(";{name}={set}"),
            }
        }
        let format = format.trim_start_matches(';');
        let made = Depacketizer::new("video", encoding_name(codec), 90_000, None, Some(format));
        let mut decoder = Decoder::open(codec, MOST_PICTURE_PX).unwrap();
        let decoded =
            decoder.decode(&run_of(vec![sets.to_vec()]), |_| {}).map(|it| it.picture.is_some());
        let decoded = format!("{decoded:?}");
        format!("{codec} {} {}", made.is_ok(), decoded.get(..24).unwrap_or(&decoded))
    })
}

/// Access units into libavcodec, and what comes out of it scaled.
pub(super) fn decoder() -> Executor {
    init_libav().unwrap();
    let mut scaler = Scaler::default();
    Executor::each(move |input| {
        let (codec, coded) = codec_and_rest(input);
        let mut decoder = Decoder::open(codec, MOST_PICTURE_PX).unwrap();
        let (mut pictures, mut fault) = (0, String::new());
        let units = access_units(codec, coded);
        let last = units.len().saturating_sub(1);
        for (number, unit) in units.into_iter().enumerate() {
            let run = Run { is_due: number == last, ..run_of(vec![unit]) };
            match decoder.decode(&run, |_| {}) {
                Ok(decoded) => {
                    let Some(picture) = decoded.picture else { continue };
                    let pixels = u64::from(picture.width()) * u64::from(picture.height());
                    assert!(pixels <= MOST_PICTURE_PX, "{pixels} pixels");
                    let rgb = scaler.scale(&picture, (64, 36)).unwrap();
                    assert!(rgb.pixels.len() >= rgb.stride * 36);
                    let _look = picture.appearance();
                    pictures += 1;
                }
                Err(error) => fault = error.to_string(),
            }
        }
        let words: String = fault.chars().filter(char::is_ascii_alphabetic).take(40).collect();
        format!("{codec} {pictures} {words}")
    })
}

/// Coded pictures into an MP4 file, of which only so much is index.
pub(super) fn clip() -> Executor {
    init_libav().unwrap();
    let limits = DecoderLimits::new(MOST_PICTURE_PX);
    // libavformat has a complaint about each.
    ffmpeg_next::util::log::set_level(ffmpeg_next::util::log::Level::Quiet);
    Executor::each(move |input| {
        let (codec, coded) = codec_and_rest(input);
        let mut at = CaptureTime::from_unix_micros(1_795_000_000_000_000);
        let units = access_units(codec, coded).into_iter();
        // The ring holds nothing else.
        let units = units.filter(|unit| limits.check(codec, unit).is_ok());
        let pictures = units.enumerate().map(|(number, data)| {
            // The ring keeps no two pictures with more than 30 s between them.
            let fold = |step: i64, byte: &u8| (step * 31 + i64::from(*byte)) % 30_000_000;
            let step = data.iter().fold(0, fold);
            at = CaptureTime::from_unix_micros(at.unix_micros() + step);
            let is_random_access_point = number % 3 == 0;
            CodedPicture { data: data.into(), captured_at: at, is_random_access_point }
        });
        let footage = Footage { codec, pictures: pictures.collect() };
        let coded_bytes: usize = footage.pictures.iter().map(|picture| picture.data.len()).sum();
        match write_mp4(&footage, |_| {}) {
            Ok(clip) => {
                assert_eq!(clip.mp4.get(4..8), Some(b"ftyp".as_slice()));
                let most = 2 * coded_bytes + MOST_INDEX_BYTES;
                assert!(clip.mp4.len() <= most, "{} of {coded_bytes}", clip.mp4.len());
                format!("{codec} {} {:?}", footage.pictures.len(), clip.size_px)
            }
            Err(error) => format!("{codec} {} {error}", footage.pictures.len()),
        }
    })
}

/// Access units: each begins with a delimiter, as those of the corpus do.
fn access_units(codec: Codec, coded: &[u8]) -> Vec<Vec<u8>> {
    let delimiter: &[u8] = match codec {
        Codec::H264 => &[0, 0, 0, 1, 0x09],
        Codec::H265 => &[0, 0, 0, 1, 0x46],
    };
    units(coded, delimiter).map(|unit| [delimiter, unit].concat()).collect()
}

/// What lies after each `mark`.
fn units<'a>(bytes: &'a [u8], mark: &'a [u8]) -> impl Iterator<Item = &'a [u8]> {
    let starts = bytes.windows(mark.len()).enumerate().filter(move |(_, it)| *it == mark);
    let mut starts = starts.map(|(at, _)| at).take(MOST_PIECES).peekable();
    std::iter::from_fn(move || {
        let start = starts.next()? + mark.len();
        let end = starts.peek().map_or(bytes.len(), |next| (*next).max(start));
        bytes.get(start..end)
    })
}

fn clock() -> Clock {
    Clock { source: ClockSource::SenderReport, error_ms: Some(0) }
}

fn run_of(units: Vec<Vec<u8>>) -> Run {
    let unit = |data: Vec<u8>| AccessUnit {
        data: data.into(),
        captured_at: CaptureTime::from_unix_micros(1_000_000),
        clock: clock(),
        is_random_access_point: true,
        recovery: 0,
        is_disposable: false,
        loss: 0,
    };
    Run { units: units.into_iter().map(unit).collect(), continues: true, is_due: true }
}
