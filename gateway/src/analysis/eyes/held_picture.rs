//! A picture that an eye holds until the gateway has enough of it.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;

use eye::{EyeProcess, Order, Shot, ShotRequest, Sight};

/// Searching, masking and encoding a picture takes a second on a slow machine.
const PATIENCE: Duration = Duration::from_secs(30);

/// What a lane of an eye says.
#[derive(Debug)]
pub(super) enum LaneReport {
    /// A picture was analysed, and is held by this eye.
    Observed(Arc<EyeProcess>, Box<Sight>),
    /// The picture that was asked for, or why there is none.
    Shown(Result<Shot, String>),
}

/// Why a picture is not shown.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ShowError {
    /// It cannot be searched, masked or encoded.
    #[error("{0}")]
    Refused(String),
    /// The eye died with it.
    #[error(transparent)]
    Gone(#[from] EyeGone),
}

/// The eye that held a picture died.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the process that held the picture is gone")]
pub(crate) struct EyeGone;

/// The picture that a lane holds.
pub(crate) struct HeldPicture<'a> {
    eye: Arc<EyeProcess>,
    lane: u16,
    reports: &'a Receiver<LaneReport>,
}

impl<'a> HeldPicture<'a> {
    /// What `lane` of `eye` holds; `reports` come from that lane.
    pub(super) fn new(eye: Arc<EyeProcess>, lane: u16, reports: &'a Receiver<LaneReport>) -> Self {
        Self { eye, lane, reports }
    }

    /// The process number of its eye: another one means that the camera's eye has changed.
    pub(crate) fn eye(&self) -> u32 {
        self.eye.pid()
    }

    /// The picture, masked and encoded.
    ///
    /// # Errors
    /// [`ShowError`].
    pub(crate) fn show(&mut self, request: ShotRequest) -> Result<Shot, ShowError> {
        let order = Order::Show { lane: self.lane, request };
        self.eye.send(&order).map_err(|_| EyeGone)?;
        match self.reports.recv_timeout(PATIENCE) {
            Ok(LaneReport::Shown(shot)) => shot.map_err(ShowError::Refused),
            Err(RecvTimeoutError::Disconnected) => Err(EyeGone.into()),
            Ok(LaneReport::Observed(..)) | Err(RecvTimeoutError::Timeout) => {
                self.eye.kill("it did not show a picture that it held", &[]);
                Err(EyeGone.into())
            }
        }
    }
}

impl Drop for HeldPicture<'_> {
    fn drop(&mut self) {
        // An eye that is gone holds nothing.
        drop(self.eye.send(&Order::LetGo { lane: self.lane }));
    }
}
