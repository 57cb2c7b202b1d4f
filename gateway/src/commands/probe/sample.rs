//! What was seen of a stream in a few seconds.

use std::time::Duration;

use camera::{AccessUnit, Codec, Decoder, DecoderLimits, Run, SessionError, Video};
use eye::PictureSize;
use scene::{CaptureTime, Clock};
use tokio::time::{Instant, timeout_at};

/// What was seen of a stream.
#[derive(Debug, Default)]
pub(super) struct Sample {
    pub(super) units: u64,
    pub(super) bytes: u64,
    pub(super) key_frames: Vec<CaptureTime>,
    /// Key frames are none: the stream refreshes line by line.
    pub(super) refreshes_gradually: bool,
    pub(super) lost_packets: u64,
    pub(super) first_at: Option<CaptureTime>,
    pub(super) last_at: Option<CaptureTime>,
    pub(super) longest_pause: Duration,
    pub(super) clock: Option<Clock>,
    pub(super) camera_offset_ms: Option<i64>,
    pub(super) decoded_size: Option<PictureSize>,
    pub(super) decode_error: Option<String>,
    /// Why a picture may not be decoded.
    pub(super) refused: Option<String>,
    pub(super) ended_early: Option<SessionError>,
    /// Packets that came twice; how often the stream began anew.
    pub(super) oddities: (u64, u64),
}

impl Sample {
    /// Watches `video`, whose first pictures are `first`.
    pub(super) async fn watch(
        video: &mut Video,
        first: Vec<AccessUnit>,
        settings: &camera::Settings,
        length: Duration,
    ) -> Self {
        let mut sample = Self::default();
        let stop = Instant::now() + length;
        for unit in first {
            sample.add(unit, video.codec(), settings.max_picture_px);
        }
        loop {
            match timeout_at(stop, video.next()).await {
                Err(_) => break,
                Ok(Err(error)) => {
                    sample.ended_early = Some(error);
                    break;
                }
                Ok(Ok(unit)) => sample.add(unit, video.codec(), settings.max_picture_px),
            }
        }
        sample.camera_offset_ms = video.camera_offset_ms();
        sample.oddities = video.oddities();
        sample
    }

    fn add(&mut self, unit: AccessUnit, codec: Codec, max_picture_px: u64) {
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
            self.refreshes_gradually |= unit.recovery > 0;
            self.key_frames.push(unit.captured_at);
            let limits = DecoderLimits::new(max_picture_px);
            if let Err(error) = limits.check(codec, &unit.data) {
                self.refused = Some(error.to_string());
            } else if self.decoded_size.is_none() && unit.recovery == 0 {
                self.decode_one(unit, codec, max_picture_px);
            }
        }
    }

    fn decode_one(&mut self, unit: AccessUnit, codec: Codec, max_picture_px: u64) {
        let run = Run { units: vec![unit], continues: false, is_due: true };
        match Decoder::open(codec, max_picture_px)
            .and_then(|mut decoder| decoder.decode(&run, |_| {}))
        {
            Ok(decoded) => {
                self.decoded_size = decoded.picture.as_ref().map(PictureSize::from);
                self.decode_error = None;
            }
            Err(error) => self.decode_error = Some(error.to_string()),
        }
    }

    pub(super) fn span_secs(&self) -> f64 {
        match (self.first_at, self.last_at) {
            (Some(first), Some(last)) => last.since(first).as_secs_f64(),
            _ => 0.0,
        }
    }

    pub(super) fn key_frame_distance(&self) -> Option<Duration> {
        self.key_frames
            .windows(2)
            .filter_map(|pair| match pair {
                [earlier, later] => Some(later.since(*earlier)),
                _ => None,
            })
            .max()
    }
}
