//! What a real subscriber writes.

use std::io;
use std::sync::{Arc, Mutex};

use tracing::{debug, error, error_span, info, warn};
use tracing_subscriber::fmt::MakeWriter;

use super::line_format::{LineFormat, MOST_LINE_BYTES};
use super::line_pace::BURST_LINES;

/// Where the lines go instead of standard error.
#[derive(Debug, Clone, Default)]
struct Written(Arc<Mutex<Vec<u8>>>);

impl io::Write for Written {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Written {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

/// The lines of what `log` logs.
fn lines_of(log: impl FnOnce()) -> Vec<String> {
    let written = Written::default();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::DEBUG)
        .with_writer(written.clone())
        .with_ansi(false)
        .event_format(LineFormat::new(false))
        .finish();
    tracing::subscriber::with_default(subscriber, log);
    let bytes = written.0.lock().unwrap().clone();
    let text = String::from_utf8(bytes).unwrap();
    assert!(text.is_empty() || text.ends_with('\n'));
    text.lines().map(str::to_owned).collect()
}

#[test]
fn a_device_forges_no_line() {
    let hostile = "gone\n2026-11-29T18:00:00Z  INFO all is well\r\u{1b}[2J\u{202e}\u{2028}";
    let lines = lines_of(|| {
        let _camera = error_span!("camera", id = "cam-01\nid").entered();
        warn!(error = %hostile, answer = ?hostile, "camera {hostile}");
        info!("{hostile}");
    });
    assert_eq!(lines.len(), 2, "{lines:?}");
    for line in &lines {
        assert!(!line.contains(|char: char| char.is_control()), "{line:?}");
        assert!(!line.contains(['\u{202e}', '\u{2028}']), "{line:?}");
        assert!(line.contains("cam-01\\nid") && line.contains("gone\\n2026"), "{line}");
    }
    assert!(lines[0].contains("WARN") && lines[1].contains("INFO"));
}

#[test]
fn a_line_has_a_bounded_length() {
    let sdp = "a=".repeat(20_000_000);
    let lines = lines_of(|| warn!(sdp, "camera offline"));
    let [line] = &lines[..] else { panic!("{} lines", lines.len()) };
    assert!(line.len() < MOST_LINE_BYTES + 100, "{}", line.len());
    assert!(line.contains("camera offline") && line.contains("bytes left out"), "{line}");
}

#[test]
fn a_flood_is_cut_short_counted_and_displaces_no_error() {
    let sent = 20_000;
    let started = std::time::Instant::now();
    let lines = lines_of(|| {
        (0..sent).for_each(|number| info!(number, "flood"));
        error!("the disk is full");
        warn!("once more");
    });
    let floods = lines.iter().filter(|line| line.contains("flood")).count();
    // The allowance grows by 20 a second while the flood goes on.
    let most = BURST_LINES + 21.0 * (started.elapsed().as_secs_f64() + 1.0);
    let shown = f64::from(u32::try_from(floods).unwrap());
    assert!(shown >= BURST_LINES && shown < most, "{floods} {most}");
    assert!(lines.iter().any(|line| line.contains("ERROR the disk is full")));
    let told = lines.iter().filter_map(|line| line.split_once(" log lines were left out"));
    let told = told.filter_map(|(before, _)| before.rsplit(' ').next()?.parse::<usize>().ok());
    let left_out: usize = told.sum();
    let shown = floods + lines.iter().filter(|line| line.contains("once more")).count();
    assert!(left_out + shown >= sent && left_out + shown <= sent + 1, "{left_out} {shown}");
}

#[test]
fn what_somebody_asked_to_see_is_all_shown() {
    let lines = lines_of(|| (0..2000).for_each(|number| debug!(number, "detail")));
    assert_eq!(lines.len(), 2000);
}

#[test]
fn only_the_whole_line_of_a_warning_is_coloured() {
    let written = Written::default();
    let subscriber = tracing_subscriber::fmt()
        .with_writer(written.clone())
        .with_ansi(false)
        .event_format(LineFormat::new(true))
        .finish();
    tracing::subscriber::with_default(subscriber, || {
        warn!("\u{1b}[32m all is well");
        info!("plain");
    });
    let text = String::from_utf8(written.0.lock().unwrap().clone()).unwrap();
    let [warning, plain] = text.lines().collect::<Vec<_>>()[..] else { panic!("{text:?}") };
    assert!(warning.starts_with("\u{1b}[33m") && warning.ends_with("\u{1b}[0m"), "{warning:?}");
    assert_eq!(warning.matches('\u{1b}').count(), 2);
    assert!(!plain.contains('\u{1b}'));
}
