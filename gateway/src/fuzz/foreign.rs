//! Files that no gateway wrote.

use archive::fuzz::{Reading, read_body, read_file};
use fuzz::Executor;

/// A file of observations.
pub(super) fn archive_file() -> Executor {
    Executor::each(|file| {
        let reading = read_file(file.to_vec()).unwrap();
        // The corpus has a picture a second in blocks of a minute; no change makes a block longer.
        assert!(reading.pictures <= 60 * reading.blocks, "{reading:?}");
        format!("{reading:?}")
    })
}

/// One block whose checksum holds.
pub(super) fn archive_block() -> Executor {
    Executor::each(|body| {
        let reading = read_body(body).unwrap();
        // A record takes two bytes at least, and so does a track.
        let most = body.len() as u64 / 2;
        assert!(reading.pictures + reading.gaps <= most, "{reading:?} of {}", body.len());
        assert!(reading.most_tracks <= body.len() / 2, "{reading:?} of {}", body.len());
        let Reading { blocks, damaged, most_tracks, .. } = reading;
        format!("{blocks} {damaged} {} {}", most_tracks.min(9), reading.pictures.min(9))
    })
}
