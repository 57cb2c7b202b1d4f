//! What was seen of a stream in a few seconds, as a technician reads it.

use std::time::Duration;

use futures::StreamExt;
use retina::codec::CodecItem;
use scene::{CaptureTime, Clock, ClockSource};

use camera::{
    self, AccessUnit, Codec, Connected, Decoder, MediaClock, Run, SessionError, sender_report,
};
use runtime::utc_now;

/// A key frame at least this often lets slow rules run on key frames alone.
const COMFORTABLE_KEY_FRAME_DISTANCE: Duration = Duration::from_secs(4);

/// A camera clock further off than this files alerts under a noticeably wrong second.
const TOLERABLE_OFFSET_MS: i64 = 500;

/// 8K UHD: more than any street camera sends.
const MAX_PICTURE_PX: u64 = 7680 * 4320;

/// What was seen of a stream.
#[derive(Debug, Default)]
struct Sample {
    units: u64,
    bytes: u64,
    key_frames: Vec<CaptureTime>,
    lost_packets: u64,
    first_at: Option<CaptureTime>,
    last_at: Option<CaptureTime>,
    longest_pause: Duration,
    clock: Option<Clock>,
    camera_offset_ms: Option<i64>,
    decoded_size_px: Option<(u32, u32)>,
    decode_error: Option<String>,
    ended_early: Option<String>,
}

/// Watches `settings.url` for `length` and returns a report for a technician.
///
/// # Errors
/// If the stream cannot be played at all.
pub(super) async fn probe(
    settings: &camera::Settings,
    length: Duration,
) -> Result<String, SessionError> {
    let started = tokio::time::Instant::now();
    let mut connected = camera::connect(settings).await?;
    let connect_time = started.elapsed();
    let sample = watch(&mut connected, length, settings.first_frame_timeout).await;
    let Connected { stream, group, codec, described, .. } = connected;
    drop(stream);
    // A camera that ignores TEARDOWN must not keep a technician waiting.
    let torn_down = tokio::time::timeout(Duration::from_secs(2), group.await_teardown()).await;
    let mut report = Report::default();
    report.line("connected in", format!("{} ms", connect_time.as_millis()));
    if let Some(tool) = described.tool {
        report.line("server", tool);
    }
    report.line(
        "codec",
        match described.codec_string {
            Some(string) => format!("{codec} ({string})"),
            None => codec.to_string(),
        },
    );
    report.transport(settings.transport);
    report.sample(&sample, described.size_px, described.framerate);
    if torn_down.is_err() {
        report.wrong("the camera does not answer TEARDOWN; it may run out of sessions".to_owned());
    }
    Ok(report.finish())
}

async fn watch(connected: &mut Connected, length: Duration, first_frame: Duration) -> Sample {
    let mut sample = Sample::default();
    let mut clock = MediaClock::new(connected.clock_rate_hz);
    let end = tokio::time::Instant::now() + length.max(first_frame);
    let mut stop = end;
    loop {
        let item = match tokio::time::timeout_at(stop, connected.stream.next()).await {
            Err(_) => return sample,
            Ok(None) => {
                sample.ended_early = Some("the camera ended the stream".to_owned());
                return sample;
            }
            Ok(Some(Err(error))) => {
                sample.ended_early = Some(SessionError::broken(&error).to_string());
                return sample;
            }
            Ok(Some(Ok(item))) => item,
        };
        match item {
            CodecItem::VideoFrame(frame) if frame.stream_id() == connected.video => {
                if sample.units == 0 {
                    stop = tokio::time::Instant::now() + length;
                }
                let (rtp, arrived_at) = (frame.timestamp().timestamp(), utc_now());
                let (captured_at, quality) = clock.capture_time(rtp, arrived_at);
                sample.camera_offset_ms = clock.offset_ms(rtp, arrived_at);
                let unit = AccessUnit::new(connected.codec, frame, captured_at, quality);
                sample.add(unit, connected.codec);
            }
            CodecItem::Rtcp(compound) => {
                if let Some((rtp, ntp)) = sender_report(&compound) {
                    clock.sender_report(rtp, ntp);
                }
            }
            _ => {}
        }
    }
}

impl Sample {
    fn add(&mut self, unit: AccessUnit, codec: Codec) {
        self.units += 1;
        self.bytes += unit.data.len() as u64;
        self.lost_packets += u64::from(unit.loss);
        self.first_at.get_or_insert(unit.captured_at);
        if let Some(last_at) = self.last_at {
            self.longest_pause = self.longest_pause.max(unit.captured_at.since(last_at));
        }
        self.last_at = Some(unit.captured_at);
        self.clock = Some(unit.clock);
        if unit.is_random_access_point {
            self.key_frames.push(unit.captured_at);
            if self.decoded_size_px.is_none() {
                self.decode_one(unit, codec);
            }
        }
    }

    fn decode_one(&mut self, unit: AccessUnit, codec: Codec) {
        let run = Run { units: vec![unit], continues: false, is_due: true };
        match Decoder::open(codec, MAX_PICTURE_PX).and_then(|mut decoder| decoder.decode(&run)) {
            Ok(decoded) => {
                self.decoded_size_px =
                    decoded.picture.map(|picture| (picture.width(), picture.height()));
            }
            Err(error) => self.decode_error = Some(error.to_string()),
        }
    }

    fn span_secs(&self) -> f64 {
        match (self.first_at, self.last_at) {
            (Some(first), Some(last)) => last.since(first).as_secs_f64(),
            _ => 0.0,
        }
    }

    fn key_frame_distance(&self) -> Option<Duration> {
        self.key_frames
            .windows(2)
            .filter_map(|pair| match pair {
                [earlier, later] => Some(later.since(*earlier)),
                _ => None,
            })
            .max()
    }
}

/// Two columns, then what is wrong.
#[derive(Debug, Default)]
struct Report {
    lines: String,
    wrong: Vec<String>,
}

impl Report {
    fn line(&mut self, name: &str, value: impl std::fmt::Display) {
        self.lines.push_str(&format!("{name:<20}{value}\n"));
    }

    fn wrong(&mut self, what: String) {
        self.wrong.push(what);
    }

    fn transport(&mut self, transport: camera::Transport) {
        self.line(
            "transport",
            match transport {
                camera::Transport::Tcp => "TCP interleaved",
                camera::Transport::Udp => "UDP",
            },
        );
    }

    #[expect(clippy::cast_precision_loss, reason = "counts of a ten-second sample")]
    fn sample(&mut self, sample: &Sample, size_px: Option<(u32, u32)>, framerate: Option<f32>) {
        if sample.units == 0 {
            self.wrong("no picture arrived; is the stream enabled in the camera?".to_owned());
            self.ending(sample);
            return;
        }
        if let Some((width, height)) = sample.decoded_size_px.or(size_px) {
            self.line("size", format!("{width}x{height} px"));
        }
        let span = sample.span_secs();
        if span > 0.0 {
            let fps = (sample.units - 1) as f64 / span;
            self.line("pictures", format!("{fps:.1} per second over {span:.0} s"));
            self.line("bit rate", format!("{:.2} Mbit/s", sample.bytes as f64 * 8.0 / span / 1e6));
            if let Some(promised) = framerate.map(f64::from)
                && (promised - fps).abs() > promised * 0.1
            {
                self.wrong(format!(
                    "it promises {promised:.0} pictures per second and sends {fps:.1}"
                ));
            }
        }
        self.key_frames(sample);
        self.clock(sample);
        self.line("lost packets", sample.lost_packets);
        if sample.lost_packets > 0 {
            self.wrong(
                "packets are lost; use TCP, or raise net.core.rmem_default for UDP".to_owned(),
            );
        }
        if sample.longest_pause > Duration::from_secs(1) {
            let pause = sample.longest_pause.as_secs_f32();
            self.wrong(format!(
                "the stream paused for {pause:.1} s; look at the network or the camera's load"
            ));
        }
        if let Some(error) = &sample.decode_error {
            self.wrong(format!("the first key frame does not decode: {error}"));
        }
        self.ending(sample);
    }

    fn key_frames(&mut self, sample: &Sample) {
        match sample.key_frame_distance() {
            Some(distance) => {
                self.line("key frame distance", format!("{:.1} s", distance.as_secs_f32()));
                if distance > COMFORTABLE_KEY_FRAME_DISTANCE {
                    self.wrong(format!(
                        "key frames are {:.0} s apart; set the camera's I-frame interval to 2 s, or slow rules cost far more CPU",
                        distance.as_secs_f32()
                    ));
                }
            }
            None if sample.key_frames.is_empty() => {
                self.wrong("no key frame came; nothing can be decoded until one does".to_owned());
            }
            None => {
                self.line("key frame distance", "longer than the probe");
                self.wrong(
                    "only one key frame came; set the camera's I-frame interval to 2 s".to_owned(),
                );
            }
        }
    }

    fn clock(&mut self, sample: &Sample) {
        let source = sample.clock.map(|clock| clock.source);
        match (source, sample.camera_offset_ms) {
            (Some(ClockSource::SenderReport), Some(offset)) => {
                self.line(
                    "clock",
                    format!("RTCP sender report, {offset:+} ms against this machine"),
                );
                if offset.abs() > TOLERABLE_OFFSET_MS {
                    self.wrong(format!(
                        "the camera's clock is {offset:+} ms off; set its NTP server"
                    ));
                }
            }
            (_, Some(offset)) => {
                self.line("clock", "arrival at this machine");
                self.wrong(format!(
                    "the camera's clock is {} s off and is not believed; set its NTP server and time zone",
                    offset / 1000
                ));
            }
            _ => {
                self.line("clock", "arrival at this machine");
                self.wrong("no RTCP sender report came; alerts will carry arrival time".to_owned());
            }
        }
    }

    fn ending(&mut self, sample: &Sample) {
        if let Some(reason) = &sample.ended_early {
            self.wrong(reason.clone());
        }
    }

    fn finish(mut self) -> String {
        if self.wrong.is_empty() {
            self.line("verdict", "nothing wrong");
        } else {
            for wrong in &self.wrong {
                self.lines.push_str(&format!("wrong: {wrong}\n"));
            }
        }
        self.lines
    }
}
