//! What was seen of a stream in a few seconds, as a technician reads it.

use std::time::Duration;

use camera::{Client, Playing, SessionError};
use eye::PictureSize;
use scene::ClockSource;

use super::sample::Sample;
use crate::analysis::shape_objection;

/// A key frame at least this often lets slow rules run on key frames alone.
const COMFORTABLE_KEY_FRAME_DISTANCE: Duration = Duration::from_secs(4);

/// A camera clock further off than this files alerts under a noticeably wrong second.
const TOLERABLE_OFFSET_MS: i64 = 500;

/// 8K UHD: more than any street camera sends.
pub(super) const MAX_PICTURE_PX: u64 = 7680 * 4320;

/// A report, ready to be printed.
#[derive(Debug)]
pub(super) struct Printed {
    pub(super) text: String,
    /// How many things are wrong.
    pub(super) faults: usize,
}

/// Watches `settings.url` for `length` and returns a report for a technician. `drawn` is the `picture_px` of
/// its file.
///
/// # Errors
/// If the stream cannot be played at all.
pub(super) async fn probe(
    settings: &camera::Settings,
    drawn: Option<(u32, u32)>,
    length: Duration,
) -> Result<Printed, SessionError> {
    let started = tokio::time::Instant::now();
    let Playing { mut video, first, instead } = camera::play(settings).await?;
    let first_picture = started.elapsed();
    let sample = Sample::watch(&mut video, first, settings, length).await;
    let (client, described) = (video.client, video.described.clone());
    // A camera that ignores TEARDOWN must not keep a technician waiting.
    let torn_down = sample.ended_early.is_some() || video.close().await;
    let mut report = Report::default();
    report.line("first picture after", format!("{} ms", first_picture.as_millis()));
    report.client(client, instead.as_ref());
    if let Some(tool) = &described.tool {
        report.line("server", tool);
    }
    report.line("codec", described.codec);
    report.transport(settings);
    report.sample(&sample, settings, described.framerate);
    report.shape(&sample, drawn);
    if !torn_down {
        report.wrong("the camera does not answer TEARDOWN; it may run out of sessions".to_owned());
    }
    Ok(report.finish())
}

/// What to do about lost packets.
fn lost_packets(transport: camera::Transport) -> &'static str {
    match transport {
        camera::Transport::Udp => {
            "packets are lost; use TCP, or raise net.core.rmem_default for UDP"
        }
        // Nothing is lost on the way there.
        camera::Transport::Tcp | camera::Transport::Http => {
            "the camera leaves packets out; it is overloaded, or its own network is too slow: lower its bit rate, \
             or close other viewers"
        }
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

    fn client(&mut self, client: Client, instead: Option<&SessionError>) {
        match instead {
            None => self.line("client", client),
            Some(error) => self.line("client", format!("{client}, because {error}")),
        }
    }

    fn transport(&mut self, settings: &camera::Settings) {
        self.line(
            "transport",
            match (settings.transport, settings.url.scheme()) {
                (camera::Transport::Tcp, _) => "TCP interleaved",
                (camera::Transport::Udp, _) => "UDP",
                (camera::Transport::Http, "rtsps") => "RTSP over HTTPS",
                (camera::Transport::Http, _) => "RTSP over HTTP",
            },
        );
    }

    #[expect(clippy::cast_precision_loss, reason = "counts of a ten-second sample")]
    fn sample(&mut self, sample: &Sample, settings: &camera::Settings, framerate: Option<f32>) {
        if let Some(PictureSize { px: (width, height), .. }) = sample.decoded_size {
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
            self.wrong(lost_packets(settings.transport).to_owned());
        }
        if sample.longest_pause > Duration::from_secs(1) {
            let pause = sample.longest_pause.as_secs_f32();
            self.wrong(format!(
                "the stream paused for {pause:.1} s; look at the network or the camera's load"
            ));
        }
        if let Some(error) = &sample.refused {
            self.wrong(format!("pictures are not decoded: {error}"));
        }
        if let Some(error) = &sample.decode_error {
            self.wrong(format!("the first key frame does not decode: {error}"));
        }
        self.oddities(sample);
        if let Some(reason) = &sample.ended_early {
            self.wrong(reason.to_string());
        }
    }

    fn shape(&mut self, sample: &Sample, drawn: Option<(u32, u32)>) {
        let (Some(drawn), Some(sent)) = (drawn, sample.decoded_size) else { return };
        if let Some(objection) = shape_objection(drawn, sent) {
            self.wrong(objection);
        }
    }

    /// What is odd and yet played.
    fn oddities(&mut self, sample: &Sample) {
        let (repeated, restarts) = sample.oddities;
        if repeated > 0 {
            self.line("packets sent twice", repeated);
        }
        if restarts > 0 {
            self.line("stream began anew", format!("{restarts} times within the session"));
        }
    }

    fn key_frames(&mut self, sample: &Sample) {
        if sample.refreshes_gradually {
            self.line("key frames", "none: the picture is refreshed line by line");
            self.wrong(
                "without key frames every picture must be decoded; switch intra refresh off in the \
                 camera, and set its I-frame interval to 2 s"
                    .to_owned(),
            );
            return;
        }
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

    fn finish(mut self) -> Printed {
        if self.wrong.is_empty() {
            self.line("verdict", "nothing wrong");
        } else {
            for wrong in &self.wrong {
                self.lines.push_str(&format!("wrong: {wrong}\n"));
            }
        }
        Printed { faults: self.wrong.len(), text: self.lines }
    }
}
