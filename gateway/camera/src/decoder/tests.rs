//! What is shown of a stream, held against what the program `ffmpeg` shows of it, pixel by pixel.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use bytes::Bytes;
use ffmpeg::format::Pixel;
use scene::{Clock, ClockSource};

use super::*;
use crate::access_unit::Units;
use crate::coded::Coded;
use crate::gop_gate::GopGate;
use crate::nal_units::nal_units;

fn picture(format: Pixel) -> Picture {
    let mut frame = ffmpeg::frame::Video::new(format, 640, 360);
    frame.data_mut(0).fill(90);
    Picture::new(frame, CaptureTime::from_unix_micros(0))
}

#[test]
fn the_appearance_is_that_of_the_luma_plane() {
    for format in [Pixel::YUV420P, Pixel::YUVJ420P, Pixel::NV12] {
        let look = picture(format).appearance().unwrap();
        assert_eq!((look.mean(), look.contrast()), (90.0, 0.0), "{format:?}");
    }
    assert_eq!(picture(Pixel::RGB24).appearance(), None, "no plane of it is luma");
}

const SIZE: (u32, u32) = (176, 144);
const PICTURES: usize = 150;
const RATE: usize = 25;

/// A stream, and each of its pictures as `ffmpeg` shows it.
struct Stream {
    codec: Codec,
    /// In the order in which they are sent, each with its place in the order in which they are shown.
    units: Vec<(Bytes, usize)>,
    shown: Vec<Vec<u8>>,
}

fn output(program: &str, arguments: &[&str]) -> Vec<u8> {
    let done = Command::new(program).args(["-v", "error"]).args(arguments).output();
    let done = done.expect("ffmpeg runs; run `make setup`");
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    done.stdout
}

impl Stream {
    fn encode(codec: Codec, arguments: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("stream.mp4");
        let file = Path::to_str(&file).unwrap();
        let source = format!("testsrc2=size={}x{}:rate={RATE}", SIZE.0, SIZE.1);
        let count = PICTURES.to_string();
        let common = ["-f", "lavfi", "-i", &source, "-frames:v", &count, "-pix_fmt", "yuv420p"];
        output("ffmpeg", &[&common[..], arguments, &[file]].concat());
        let times = ["-show_entries", "packet=pts_time", "-of", "csv=p=0", file];
        let times = String::from_utf8(output("ffprobe", &times)).unwrap();
        // `1.480000`, perhaps with a comma behind it.
        let place = |time: &str| {
            let digits = time.trim_end_matches(',').replace('.', "");
            (digits.parse::<usize>().unwrap() * RATE + 500_000) / 1_000_000
        };
        let (filters, format) = match codec {
            Codec::H264 => ("h264_mp4toannexb,h264_metadata=aud=insert", "h264"),
            Codec::H265 => ("hevc_mp4toannexb,hevc_metadata=aud=insert", "hevc"),
        };
        let coded =
            output("ffmpeg", &["-i", file, "-c", "copy", "-bsf:v", filters, "-f", format, "-"]);
        let pixels = output("ffmpeg", &["-i", file, "-f", "rawvideo", "-"]);
        let shown = pixels.chunks((SIZE.0 * SIZE.1 * 3 / 2) as usize).map(<[u8]>::to_vec);
        let units: Vec<(Bytes, usize)> =
            pictures_of(codec, &coded).into_iter().zip(times.lines().map(place)).collect();
        assert_eq!(units.len(), PICTURES);
        Self { codec, units, shown: shown.collect() }
    }

    /// The pictures that are shown to a detector that wants one every `interval`, to whom the stream is known
    /// from its picture `joined` on: their places, and whether each is what `ffmpeg` shows.
    fn seen(&self, joined: usize, interval: Duration) -> Vec<(usize, bool)> {
        let mut units = Units::new(self.codec, &self.units[0].0);
        let (mut gate, mut seen) = (GopGate::new(1 << 22), Vec::new());
        gate.set_pace(crate::turns::LookPace { interval, longest: None });
        let mut decoder = Decoder::open(self.codec, 1 << 20).unwrap();
        for (data, place) in &self.units[joined..] {
            let coded = Coded { data: data.clone(), sets: Bytes::new(), rtp: None, loss: 0 };
            assert!(units.is_picture(&coded));
            let at = CaptureTime::from_unix_micros((place * 1_000_000 / RATE) as i64);
            let clock = Clock { source: ClockSource::Arrival, error_ms: None };
            gate.offer(units.unit(coded, at, clock));
            while let Some(run) = gate.take() {
                let decoded = decoder.decode(&run, |_| {}).unwrap();
                if decoded.needs_random_access_point {
                    gate.await_random_access_point();
                }
                if let (true, Some(picture)) = (run.is_due, decoded.picture) {
                    let micros = usize::try_from(picture.captured_at.unix_micros()).unwrap();
                    let place = (micros * RATE).div_ceil(1_000_000);
                    seen.push((place, pixels_of(&picture) == self.shown[place]));
                }
            }
        }
        seen
    }
}

/// Cuts a stream before each delimiter.
fn pictures_of(codec: Codec, coded: &[u8]) -> Vec<Bytes> {
    let delimiter = if codec == Codec::H264 { 9 } else { 35 };
    let mut pictures: Vec<Vec<u8>> = Vec::new();
    for unit in nal_units(coded) {
        if codec.nal_type(unit.bytes[0]) == delimiter {
            pictures.push(Vec::new());
        }
        pictures.last_mut().unwrap().extend([&[0, 0, 0, 1], unit.bytes].concat());
    }
    pictures.into_iter().map(Bytes::from).collect()
}

fn pixels_of(picture: &Picture) -> Vec<u8> {
    let (width, height) = (SIZE.0 as usize, SIZE.1 as usize);
    let planes = [(width, height), (width / 2, height / 2), (width / 2, height / 2)];
    let mut pixels = Vec::new();
    for (plane, (width, height)) in planes.into_iter().enumerate() {
        let rows = picture.frame.data(plane).chunks(picture.frame.stride(plane)).take(height);
        rows.for_each(|row| pixels.extend_from_slice(&row[..width]));
    }
    pixels
}

#[test]
fn what_is_shown_is_what_ffmpeg_shows_wherever_a_stream_is_joined() {
    const X264: &[&str] = &["-c:v", "libx264", "-preset", "veryfast", "-x264-params"];
    const X265: &[&str] = &["-c:v", "libx265", "-preset", "ultrafast", "-x265-params"];
    let cases = [
        ("closed", Codec::H264, X264, "keyint=25:min-keyint=25:scenecut=0:bframes=0"),
        ("reordered", Codec::H264, X264, "keyint=25:min-keyint=25:scenecut=0:bframes=3:b-adapt=0"),
        (
            "open",
            Codec::H264,
            X264,
            "keyint=25:min-keyint=25:scenecut=0:open-gop=1:bframes=3:b-adapt=0",
        ),
        ("line by line", Codec::H264, X264, "keyint=25:scenecut=0:bframes=0:intra-refresh=1"),
        ("slices", Codec::H264, X264, "keyint=25:scenecut=0:bframes=0:slices=4"),
        (
            "closed H.265",
            Codec::H265,
            X265,
            "log-level=none:keyint=25:scenecut=0:open-gop=0:bframes=0",
        ),
        (
            "open H.265",
            Codec::H265,
            X265,
            "log-level=none:keyint=25:scenecut=0:open-gop=1:bframes=3",
        ),
    ];
    for (name, codec, encoder, parameters) in cases {
        let stream = Stream::encode(codec, &[encoder, &[parameters]].concat());
        for joined in [0, 7, 26, 63] {
            for interval_ms in [0, 200, 700, 1_700] {
                let seen = stream.seen(joined, Duration::from_millis(interval_ms));
                let case = format!("{name}, joined at {joined}, every {interval_ms} ms");
                assert!(seen.len() >= 2, "{case}: {seen:?}");
                assert!(seen.iter().all(|(_, is_same)| *is_same), "{case}: {seen:?}");
            }
        }
    }
}
