//! What an assessor judges: pictures and signals.

use scene::track::Track;
use scene::{Observation, Signal};

/// One picture of a camera, or one signal of a door or sensor.
#[derive(Debug, Clone, Copy)]
pub enum Input<'a> {
    /// An analysed picture, and the tracker's answer to it. Lost tracks are ignored.
    Picture(&'a Observation, &'a [Track]),
    /// A reading. Its time must be right to within seconds: whoever reads the device corrects a
    /// clock that is wrong.
    Signal(&'a Signal),
}
