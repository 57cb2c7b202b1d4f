//! The compatible client: libavformat, on a thread of its own because it blocks.
//!
//! It talks to the line only. So its thread ends at once when the line does, and otherwise within a tenth
//! of a second of being asked to: libavformat looks at the interrupt that often while it waits, and before each
//! read. If something was handed over since it last looked, it goes on; that is all that can be known of it.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use bytes::Bytes;
use ffmpeg_next as ffmpeg;
use tokio::sync::mpsc;
use tracing::debug;
use url::Url;

use crate::coded::{ClientEnd, Coded};
use crate::hand_over::{ReaderStep, ReaderWatch};
use crate::line::SharedSeen;

/// Pictures that may wait between the thread and the session.
const WAITING: usize = 8;

/// Ticks a second that the line announces for all video.
const ANNOUNCED_RATE_HZ: i64 = 90_000;

/// Options of libavformat. It need not look at the stream before it begins: the line says what it is.
///
/// It would open a decoder all the same, to see the first picture, and that takes whatever memory the
/// stream asks for. So no decoder is on its list: pictures are decoded in one place, behind
/// [`DecoderLimits`](crate::decoder_limits::DecoderLimits).
const OPTIONS: [(&str, &str); 6] = [
    ("codec_whitelist", "none"),
    ("rtsp_transport", "tcp"),
    ("allowed_media_types", "video"),
    ("probesize", "32"),
    ("analyzeduration", "1"),
    ("fflags", "nobuffer"),
];

/// A stream that plays.
pub(crate) struct Compatible {
    pictures: mpsc::Receiver<Result<Coded, ClientEnd>>,
    stop: Arc<AtomicBool>,
    watch: ReaderWatch,
}

impl Compatible {
    /// Plays the one stream at `url`, which is the line's.
    pub(crate) fn start(camera: &str, url: &Url, seen: SharedSeen) -> io::Result<Self> {
        let (sender, pictures) = mpsc::channel(WAITING);
        let stop = Arc::new(AtomicBool::new(false));
        let watch = seen.watch_reader().ok_or(io::ErrorKind::ResourceBusy)?;
        let (stopped, heard, url) = (Arc::clone(&stop), Arc::clone(&watch), url.to_string());
        // A thread's name has 15 bytes.
        let name: String = format!("av-{camera}").chars().take(15).collect();
        thread::Builder::new().name(name).spawn(move || {
            let end = play(&url, (stopped, heard), &seen, &sender);
            // Nobody listens any more if the session ended first.
            let _unheard = sender.blocking_send(Err(end));
        })?;
        Ok(Self { pictures, stop, watch })
    }

    /// The next picture.
    pub(crate) async fn next(&mut self) -> Result<Coded, ClientEnd> {
        // A thread that fell silent without a last word panicked.
        self.pictures.recv().await.unwrap_or(Err(ClientEnd::Panicked))
    }
}

impl Drop for Compatible {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        (self.watch)(ReaderStep::MustEnd);
    }
}

fn play(
    url: &str,
    (stopped, watch): (Arc<AtomicBool>, ReaderWatch),
    seen: &SharedSeen,
    pictures: &mpsc::Sender<Result<Coded, ClientEnd>>,
) -> ClientEnd {
    let mut options = ffmpeg::Dictionary::new();
    for (key, value) in OPTIONS {
        options.set(key, value);
    }
    watch(ReaderStep::GoesOn);
    let (handing, mut times) = (seen.clone(), seen.times_handed_over());
    let interrupt = move || {
        let times_now = handing.times_handed_over();
        if times_now != times {
            times = times_now;
            watch(ReaderStep::GoesOn);
        }
        stopped.load(Ordering::Relaxed)
    };
    let opened = ffmpeg::format::input_with_interrupt_and_dictionary(url, interrupt, options);
    let mut input = match opened {
        Ok(input) => input,
        Err(error) => return ended(error),
    };
    let mut lost = 0;
    loop {
        let mut packet = ffmpeg::Packet::empty();
        match packet.read(&mut input) {
            Ok(()) => {}
            // One packet is broken; the next may be sound.
            Err(ffmpeg::Error::InvalidData) => continue,
            Err(error) => return ended(error),
        }
        let Some(data) = packet.data().filter(|data| !data.is_empty()) else { continue };
        let (first_timestamp, lost_now) = {
            let seen = seen.lock();
            (seen.first_timestamp, seen.packets.lost)
        };
        let ticks = packet.pts().or(packet.dts()).and_then(|pts| {
            let stream = input.stream(packet.stream())?;
            let base = stream.time_base();
            let (up, down) = (i64::from(base.numerator()), i64::from(base.denominator()).max(1));
            pts.checked_mul(up)?.checked_mul(ANNOUNCED_RATE_HZ)?.checked_div(down)
        });
        // libavformat counts from the first packet on; the line saw where that stood.
        let rtp = first_timestamp
            .zip(ticks)
            .and_then(|(first, ticks)| ticks.checked_add(i64::from(first)));
        let loss = u16::try_from(lost_now - lost).unwrap_or(u16::MAX);
        lost = lost_now;
        let data = Bytes::copy_from_slice(data);
        let coded = Coded { data, sets: Bytes::new(), rtp, loss };
        if pictures.blocking_send(Ok(coded)).is_err() {
            return ClientEnd::Closed;
        }
    }
}

fn ended(error: ffmpeg::Error) -> ClientEnd {
    debug!(%error, "the compatible client ended");
    match error {
        ffmpeg::Error::Eof | ffmpeg::Error::Exit | ffmpeg::Error::Other { .. } => ClientEnd::Closed,
        _ => ClientEnd::Failed,
    }
}
