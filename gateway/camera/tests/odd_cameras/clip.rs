//! A short coded clip, made by ffmpeg, as access units of NAL units.

use std::process::Command;
use std::sync::OnceLock;

/// NAL units of one picture, without start codes.
pub(crate) type Picture = Vec<Vec<u8>>;

/// Three seconds of a test picture: a key frame each half second, with its parameter sets.
pub(crate) fn usual() -> &'static [Picture] {
    static CLIP: OnceLock<Vec<Picture>> = OnceLock::new();
    CLIP.get_or_init(|| coded("keyint=12:min-keyint=12:scenecut=0:bframes=0"))
}

/// Groups of pictures that are open: their key frames are no instantaneous refreshes.
pub(crate) fn open_groups() -> &'static [Picture] {
    static CLIP: OnceLock<Vec<Picture>> = OnceLock::new();
    CLIP.get_or_init(|| coded("keyint=12:min-keyint=12:scenecut=0:bframes=2:open-gop=1"))
}

/// No key frames: the picture is refreshed line by line.
pub(crate) fn refreshed_gradually() -> &'static [Picture] {
    static CLIP: OnceLock<Vec<Picture>> = OnceLock::new();
    CLIP.get_or_init(|| coded("keyint=12:min-keyint=12:scenecut=0:bframes=0:intra-refresh=1"))
}

fn coded(parameters: &str) -> Vec<Picture> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("clip.h264");
    let parameters = format!("{parameters}:aud=1:repeat-headers=1:threads=1");
    let made = Command::new("ffmpeg")
        .args(["-hide_banner", "-loglevel", "error", "-f", "lavfi"])
        .args(["-i", "testsrc=size=320x192:rate=25", "-t", "3", "-pix_fmt", "yuv420p"])
        .args(["-c:v", "libx264", "-preset", "veryfast", "-x264-params", &parameters])
        .args(["-f", "h264"])
        .arg(&file)
        .status()
        .unwrap();
    assert!(made.success());
    pictures(&std::fs::read(&file).unwrap())
}

fn pictures(annex_b: &[u8]) -> Vec<Picture> {
    let mut pictures: Vec<Picture> = Vec::new();
    let mut begin = None;
    let mut at = 0;
    let mut units = Vec::new();
    while at + 3 <= annex_b.len() {
        if annex_b[at..at + 3] == [0, 0, 1] {
            if let Some(begin) = begin {
                units.push(annex_b[begin..at].to_vec());
            }
            begin = Some(at + 3);
            at += 3;
        } else {
            at += 1;
        }
    }
    units.push(annex_b[begin.unwrap()..].to_vec());
    for mut unit in units {
        while unit.last() == Some(&0) {
            unit.pop();
        }
        if unit[0] & 0x1f == 9 {
            pictures.push(Vec::new());
        }
        pictures.last_mut().unwrap().push(unit);
    }
    pictures
}
