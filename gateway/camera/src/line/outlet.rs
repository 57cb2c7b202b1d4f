//! The way of what is said to a camera: the connection on which it speaks, or the POSTs of a tunnel.

use super::network::Network;
use super::posts::Posts;
use super::straight::Straight;
use super::waiting::Waiting;
use crate::fault::SessionError;

/// Either way. It is worked at beside all that the camera says, which never waits for it.
pub(super) enum Outlet<N> {
    Straight(Straight),
    Posts(Box<Posts<N>>),
}

impl<N: Network> Outlet<N> {
    /// What is to be said.
    pub(super) fn waiting(&mut self) -> &mut Waiting {
        match self {
            Self::Straight(straight) => &mut straight.waiting,
            Self::Posts(posts) => &mut posts.waiting,
        }
    }

    /// Nothing that waits, or that the camera did not take, is to be said any more.
    pub(super) fn hush(&mut self) {
        self.waiting().forget();
        if let Self::Posts(posts) = self {
            posts.hush();
        }
    }

    /// Why what is on its way has not gone; none if nothing is.
    pub(super) fn unsaid(&self) -> Option<SessionError> {
        match self {
            Self::Straight(straight) => straight.unsaid(),
            Self::Posts(posts) => posts.unsaid(),
        }
    }

    /// Sends a message, or hears so many bytes on a POST. Nothing is lost if this is dropped.
    ///
    /// # Errors
    /// Why something was not said.
    pub(super) async fn work(&mut self) -> Result<usize, SessionError> {
        match self {
            Self::Straight(straight) => straight.work().await.map(|()| 0),
            Self::Posts(posts) => posts.work().await,
        }
    }

    /// The POSTs, if there is a tunnel.
    pub(super) fn posts(&mut self) -> Option<&mut Posts<N>> {
        match self {
            Self::Straight(_) => None,
            Self::Posts(posts) => Some(posts),
        }
    }

    /// Whether RTSP is carried inside HTTP.
    pub(super) fn is_tunnel(&self) -> bool {
        matches!(self, Self::Posts(_))
    }
}
