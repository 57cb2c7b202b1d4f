//! Bytes that no gateway wrote cost no more than their length, and never a panic.

use std::fs;
use std::path::PathBuf;
use std::sync::LazyLock;

use archive::fuzz::{Reading, bodies, read_body, read_file};
use scene::{Class, ObservationGap};
use tempfile::tempdir;

use crate::script::{CAMERA, NOON, observation, open, secs, seen_at, track};
use crate::signals::all_forms;

/// A file of two blocks with all that a block can say: tracks that come, change and go, gaps.
static FILE: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let folder = tempdir().unwrap();
    let mut recorder = open(folder.path()).recorder(CAMERA);
    let (car, walker) = (track(1, "car", NOON), track(2, "person", NOON));
    for second in 0..120_u64 {
        let at = NOON.after(secs(second));
        let hits = u32::try_from(second).unwrap();
        let mut tracks = vec![seen_at(&car, at, hits)];
        if second % 7 < 4 {
            let mut walker = seen_at(&walker, at, hits / 2);
            walker.bbox.left += hits as f32 / 256.0;
            walker.score = 0.3 + hits as f32 / 256.0;
            walker.class = Class::new(if second % 5 == 0 { "dog" } else { "person" });
            tracks.push(walker);
        }
        if second % 50 == 20 {
            recorder.gap(&ObservationGap { from: at.before(secs(1)), to: at }).unwrap();
        }
        recorder.record(&observation(at), &tracks).unwrap();
        if second == 119 {
            all_forms().iter().for_each(|signal| recorder.signal(signal).unwrap());
        }
    }
    recorder.flush().unwrap();
    let file: PathBuf = folder.path().join(CAMERA).join("20260722.obs");
    fs::read(file).unwrap()
});

static BODIES: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| bodies(FILE.clone()).unwrap());

#[test]
fn the_sound_file_says_all_that_a_block_can_say() {
    let reading = read_file(FILE.clone()).unwrap();
    let expected =
        Reading { blocks: 2, pictures: 120, signals: 7, gaps: 2, most_tracks: 2, damaged: 0 };
    assert_eq!(reading, expected);
    let again: Vec<Reading> = BODIES.iter().map(|body| read_body(body).unwrap()).collect();
    assert_eq!(again.iter().map(|reading| reading.pictures).sum::<u64>(), 120);
}

#[test]
fn a_block_cannot_fill_the_memory_with_tracks() {
    // Block 0 from 1970, one class "a"; then a picture with ever more new tracks at its end.
    let mut body = vec![0, 0, 1, 1, b'a'];
    let new_track = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    body.extend([2, 0, 0xff, 0xff, 0xff, 0x7f]);
    for _ in 0..100_000 {
        body.extend(new_track);
    }
    let reading = read_body(&body).unwrap();
    assert_eq!((reading.pictures, reading.most_tracks, reading.damaged), (0, 4096, 1));
}

#[test]
fn lengths_that_promise_too_much_are_not_believed() {
    let mut file = FILE.clone();
    // Mark, checksum, length as stored, length as written; then the body.
    let stored = u32::from_le_bytes(file[8..12].try_into().unwrap());
    let end = 16 + usize::try_from(stored).unwrap();
    file[12..16].copy_from_slice(&u32::MAX.to_le_bytes());
    let checksum = crc32fast::hash(&file[8..end]);
    file[4..8].copy_from_slice(&checksum.to_le_bytes());
    let reading = read_file(file).unwrap();
    assert_eq!((reading.blocks, reading.damaged), (1, 1));
}
