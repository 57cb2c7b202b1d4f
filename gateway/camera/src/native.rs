//! The native client: Retina, in the session's own task.

use bytes::Bytes;
use futures::StreamExt;
use retina::client::{
    Demuxed, PlayOptions, Session, SessionOptions, SetupOptions, TeardownPolicy,
    UnknownRtcpSsrcPolicy,
};
use retina::codec::{CodecItem, FrameFormat, ParametersRef};
use tracing::debug;
use url::Url;

use crate::coded::{ClientEnd, Coded};
use crate::wording::shown;

/// A stream that plays.
pub(crate) struct Native {
    stream: Demuxed,
    /// Retina takes parameter sets out of the pictures, and puts them back before instantaneous refreshes
    /// only. Other pictures may be begun with, too.
    has_sets: bool,
}

impl Native {
    /// Plays the one stream at `url`, which is the line's.
    pub(crate) async fn connect(url: &Url) -> Result<Self, ClientEnd> {
        // The line logs in, ends the session and has its own name.
        let options = SessionOptions::default().teardown(TeardownPolicy::Never);
        let mut session = Session::describe(url.clone(), options).await.map_err(|e| failed(&e))?;
        if session.streams().is_empty() {
            return Err(ClientEnd::Failed);
        }
        let setup = SetupOptions::default().frame_format(FrameFormat::SIMPLE);
        session.setup(0, setup).await.map_err(|e| failed(&e))?;
        let play = PlayOptions::default().unknown_rtcp_ssrc(UnknownRtcpSsrcPolicy::ProcessPackets);
        let playing = session.play(play).await.map_err(|e| failed(&e))?;
        let stream = playing.demuxed().map_err(|e| failed(&e))?;
        Ok(Self { stream, has_sets: false })
    }

    /// The next picture.
    pub(crate) async fn next(&mut self) -> Result<Coded, ClientEnd> {
        loop {
            match self.stream.next().await {
                None => return Err(ClientEnd::Closed),
                Some(Err(error)) => return Err(failed(&error)),
                Some(Ok(CodecItem::VideoFrame(frame))) => {
                    let (rtp, loss) = (frame.timestamp().timestamp(), frame.loss());
                    let sets = if frame.has_new_parameters() || !self.has_sets {
                        self.parameter_sets()
                    } else {
                        Bytes::new()
                    };
                    self.has_sets |= !sets.is_empty();
                    let data = Bytes::from(frame.into_data());
                    return Ok(Coded { data, sets, rtp: Some(rtp), loss });
                }
                Some(Ok(_)) => {}
            }
        }
    }
}

impl Native {
    fn parameter_sets(&self) -> Bytes {
        match self.stream.streams().first().and_then(|stream| stream.parameters()) {
            Some(ParametersRef::Video(parameters)) => {
                Bytes::copy_from_slice(parameters.extra_data())
            }
            _ => Bytes::new(),
        }
    }
}

/// What the library says is for its developers, and is the camera's text in part.
fn failed(error: &retina::Error) -> ClientEnd {
    debug!(reason = shown(error.to_string().as_bytes()), "the native client gave up");
    ClientEnd::Failed
}
