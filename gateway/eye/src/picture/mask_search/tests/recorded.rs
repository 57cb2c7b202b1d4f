//! Pictures of recorded files, for tests that must see a real street.

use std::path::Path;
use std::time::Duration;

use camera::Picture;
use ffmpeg_next as ffmpeg;
use scene::CaptureTime;

/// The picture `at` after the start of a clip, or the only one of a JPEG.
pub(super) fn picture_at(file: &Path, at: Duration) -> Picture {
    ffmpeg::init().unwrap();
    let mut input = ffmpeg::format::input(file)
        .unwrap_or_else(|error| panic!("{}: {error}; run `make setup`", file.display()));
    let stream = input.streams().best(ffmpeg::media::Type::Video).unwrap();
    let (index, tick_secs) = (stream.index(), f64::from(stream.time_base()));
    let context = ffmpeg::codec::Context::from_parameters(stream.parameters()).unwrap();
    let mut decoder = context.decoder().video().unwrap();
    let packets = input.packets().filter(|(stream, _)| stream.index() == index);
    let packets: Vec<_> = packets.map(|(_, packet)| packet).collect();
    let mut latest = None;
    let mut receive = |decoder: &mut ffmpeg::decoder::Video| loop {
        let mut frame = ffmpeg::frame::Video::empty();
        if decoder.receive_frame(&mut frame).is_err() {
            return false;
        }
        let secs = frame.timestamp().unwrap_or(0) as f64 * tick_secs;
        latest = Some(Picture::new(frame, CaptureTime::from_unix_micros(0)));
        if secs >= at.as_secs_f64() {
            return true;
        }
    };
    let came = packets.iter().any(|packet| {
        decoder.send_packet(packet).unwrap();
        receive(&mut decoder)
    });
    if !came {
        decoder.send_eof().unwrap();
        receive(&mut decoder);
    }
    latest.expect("the file holds a picture")
}
