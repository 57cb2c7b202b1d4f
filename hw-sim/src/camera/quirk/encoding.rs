//! A camera's clip, encoded by ffmpeg as the quirk asks.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use sha2::{Digest as _, Sha256};
use thiserror::Error;

use crate::draft::draft_of;

/// How long the encoded part of a clip is: the camera repeats it.
const SECS: &str = "8";

/// Arguments of ffmpeg between the input and the output.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Encoding(pub(crate) &'static str);

/// What cameras with quirks show unless the quirk asks for something else: small and slow, a key frame
/// a second.
pub(crate) const SMALL_H264: Encoding = Encoding(
    "-vf fps=5,scale=384:288 -c:v libx264 -threads 1 -preset veryfast -profile:v baseline -g 5 \
     -pix_fmt yuv420p",
);

/// The same in H.265.
pub(crate) const SMALL_H265: Encoding = Encoding(
    "-vf fps=5,scale=384:288 -c:v libx265 -preset ultrafast -tag:v hvc1 -x265-params \
     keyint=5:min-keyint=5:open-gop=0:scenecut=0:bframes=0:log-level=none -pix_fmt yuv420p",
);

/// Why a clip cannot be encoded.
#[derive(Debug, Error)]
pub enum EncodingError {
    /// The folder for it cannot be made, or the file cannot be moved there.
    #[error("{}: {source}", path.display())]
    File {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// ffmpeg is not installed.
    #[error("cannot start ffmpeg, which `make setup` installs: {0}")]
    NoFfmpeg(std::io::Error),
    /// ffmpeg failed.
    #[error("ffmpeg cannot encode {} with `{arguments}`: {reason}", clip.display())]
    Ffmpeg {
        /// The clip.
        clip: PathBuf,
        /// What was asked of it.
        arguments: &'static str,
        /// Its message.
        reason: String,
    },
}

impl Encoding {
    /// The first seconds of `clip` in this encoding, as a file in `folder`. It is made unless it was
    /// made before.
    pub(crate) fn ensure(&self, clip: &Path, folder: &Path) -> Result<PathBuf, EncodingError> {
        let stem = clip.file_stem().unwrap_or_default().to_string_lossy();
        let digest = hex::encode(Sha256::digest(format!("{SECS} {}", self.0)));
        let short = digest.get(..12).unwrap_or(&digest);
        let path = folder.join(format!("{stem}-{short}.mp4"));
        if path.is_file() {
            return Ok(path);
        }
        let file = |path: &Path, source| EncodingError::File { path: path.to_owned(), source };
        fs::create_dir_all(folder).map_err(|source| file(folder, source))?;
        let draft = draft_of(&path);
        let output = Command::new("ffmpeg")
            .args(["-nostdin", "-v", "error", "-y", "-t", SECS, "-i"])
            .arg(clip)
            .arg("-an")
            .args(self.0.split_whitespace())
            .args(["-f", "mp4"])
            .arg(&draft)
            .stdin(Stdio::null())
            .output()
            .map_err(EncodingError::NoFfmpeg)?;
        if !output.status.success() {
            return Err(EncodingError::Ffmpeg {
                clip: clip.to_owned(),
                arguments: self.0,
                reason: String::from_utf8_lossy(&output.stderr).trim().to_owned(),
            });
        }
        fs::rename(&draft, &path).map_err(|source| file(&path, source))?;
        Ok(path)
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::SMALL_H264;

    #[test]
    fn threads_that_make_the_same_clip_at_once_all_get_it_whole() {
        let folder = tempfile::tempdir().unwrap();
        let source = folder.path().join("source.mp4");
        let drawn = ["-f", "lavfi", "-i", "testsrc=d=1", "-y"];
        let ffmpeg = || std::process::Command::new("ffmpeg");
        assert!(
            ffmpeg().args(["-v", "error"]).args(drawn).arg(&source).status().unwrap().success()
        );
        let is_whole = |clip: &Path| {
            let read = ["-v", "error", "-xerror", "-f", "null", "-"];
            ffmpeg().arg("-i").arg(clip).args(read).status().unwrap().success()
        };
        std::thread::scope(|scope| {
            let make = || SMALL_H264.ensure(&source, folder.path()).map(|clip| is_whole(&clip));
            let makers: Vec<_> = (0..4).map(|_| scope.spawn(make)).collect();
            makers.into_iter().for_each(|maker| assert!(maker.join().unwrap().unwrap()));
        });
    }
}
