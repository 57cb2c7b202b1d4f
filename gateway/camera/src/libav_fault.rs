//! What libavcodec, libavformat and libswscale could not do, in words for the person who can act.
//!
//! Their own words are for their developers. Nothing else of this workspace shows them.

use std::fmt;

use ffmpeg_next as ffmpeg;
use ffmpeg_next::util::error::{EMFILE, ENFILE, ENOMEM, ENOSPC};

/// A fault of these libraries. What it shows is a sentence of ours, whatever they say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LibavFault(ffmpeg::Error);

impl LibavFault {
    /// That something cannot be, and is so.
    pub(crate) const IMPOSSIBLE: Self = Self(ffmpeg::Error::Bug);
}

impl From<ffmpeg::Error> for LibavFault {
    fn from(error: ffmpeg::Error) -> Self {
        Self(error)
    }
}

impl fmt::Display for LibavFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(words(self.0))
    }
}

impl std::error::Error for LibavFault {}

fn words(error: ffmpeg::Error) -> &'static str {
    use ffmpeg::Error as Libav;
    match error {
        Libav::InvalidData => "what the camera sends is damaged",
        Libav::Eof | Libav::Exit => "it ends too early",
        Libav::StreamNotFound => "there is no video in it",
        Libav::PatchWelcome | Libav::Experimental => {
            "it is of a form that this machine's FFmpeg libraries do not know; set the camera to H.264, \
             profile Main or High"
        }
        Libav::BsfNotFound
        | Libav::DecoderNotFound
        | Libav::DemuxerNotFound
        | Libav::EncoderNotFound
        | Libav::OptionNotFound
        | Libav::MuxerNotFound
        | Libav::FilterNotFound
        | Libav::ProtocolNotFound => {
            "this machine's FFmpeg libraries were built without a part that it needs; install the \
             distribution's own"
        }
        Libav::InputChanged | Libav::OutputChanged => "its form changed in the middle",
        Libav::HttpBadRequest
        | Libav::HttpUnauthorized
        | Libav::HttpForbidden
        | Libav::HttpNotFound
        | Libav::HttpOther4xx
        | Libav::HttpServerError => "it was refused",
        Libav::Other { errno: ENOMEM } => "this machine has no memory left for it",
        Libav::Other { errno: EMFILE | ENFILE } => runtime::OUT_OF_FILES,
        Libav::Other { errno: ENOSPC } => "this machine has no room left for it",
        Libav::Other { .. } => "the system refused something that it needs",
        Libav::Bug | Libav::Bug2 | Libav::Unknown | Libav::External | Libav::BufferTooSmall => {
            "this machine's FFmpeg libraries failed on it by a fault of their own"
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every code of libavutil/error.h, and every number that a system may give.
    fn all() -> impl Iterator<Item = ffmpeg::Error> {
        use ffmpeg::Error as Libav;
        let named = [
            Libav::Bug,
            Libav::Bug2,
            Libav::Unknown,
            Libav::Experimental,
            Libav::BufferTooSmall,
            Libav::Eof,
            Libav::Exit,
            Libav::External,
            Libav::InvalidData,
            Libav::PatchWelcome,
            Libav::InputChanged,
            Libav::OutputChanged,
            Libav::BsfNotFound,
            Libav::DecoderNotFound,
            Libav::DemuxerNotFound,
            Libav::EncoderNotFound,
            Libav::OptionNotFound,
            Libav::MuxerNotFound,
            Libav::FilterNotFound,
            Libav::ProtocolNotFound,
            Libav::StreamNotFound,
            Libav::HttpBadRequest,
            Libav::HttpUnauthorized,
            Libav::HttpForbidden,
            Libav::HttpNotFound,
            Libav::HttpOther4xx,
            Libav::HttpServerError,
        ];
        named.into_iter().chain((-2..200).map(|errno| Libav::Other { errno }))
    }

    #[test]
    fn no_code_of_the_libraries_is_told_in_their_words() {
        crate::init_libav().unwrap();
        for error in all() {
            let (theirs, told) = (error.to_string(), LibavFault::from(error).to_string());
            assert!(told.contains(' ') && !told.ends_with('.'), "{told}");
            // Some systems say nothing of some numbers.
            assert!(theirs.is_empty() || !told.contains(&theirs), "{theirs}: {told}");
            for word in ["Invalid data", "errno", "Error", "AVERROR", "Other", "number"] {
                assert!(!told.contains(word), "{told}");
            }
        }
        // As they are shown where a person reads them.
        let broken: crate::DecodeError = LibavFault::from(ffmpeg::Error::InvalidData).into();
        assert_eq!(broken.to_string(), "undecodable picture: what the camera sends is damaged");
    }
}
