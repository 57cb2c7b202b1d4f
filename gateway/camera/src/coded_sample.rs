//! For tests: pictures of any size and format, as the encoders of ffmpeg write them.

use std::process::Command;

use bytes::Bytes;

use crate::codec::Codec;

/// Two pictures of `size` in `pixel_format`, as an encoder of `codec` writes them: key frames both,
/// each with its parameter sets.
pub(crate) fn coded(codec: Codec, size: &str, pixel_format: &str) -> Bytes {
    coded_with(codec, size, pixel_format, "repeat-headers=1")
}

/// As [`coded`]; with options of x265.
pub(crate) fn coded_with(codec: Codec, size: &str, pixel_format: &str, options: &str) -> Bytes {
    let (encoder, format) = match codec {
        Codec::H264 => ("libx264", "h264"),
        Codec::H265 => ("libx265", "hevc"),
    };
    let source = format!("testsrc=size={size}:rate=1");
    let made = Command::new("ffmpeg")
        .args(["-v", "error", "-f", "lavfi", "-i", &source, "-frames:v", "2"])
        .args(["-c:v", encoder, "-preset", "ultrafast", "-g", "1", "-pix_fmt", pixel_format])
        .args([
            "-x265-params",
            &format!("log-level=none:repeat-headers=1:{options}"),
            "-f",
            format,
            "-",
        ])
        .output()
        .expect("ffmpeg runs; run `make setup`");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    made.stdout.into()
}
