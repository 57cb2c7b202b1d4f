//! What real cameras do otherwise: each quirk is a row of a list, with one small function or datum.
//!
//! ```text
//! list ─▶ families (text, speech, login, …) ─▶ act: what a quirk is
//! quirks: those of one camera, called by the server at every point where one can act
//! ```

pub(crate) mod act;
mod babble;
mod coding;
pub(crate) mod encoding;
pub(crate) mod flood;
mod hostile;
mod identity;
mod life;
pub(crate) mod list;
mod login;
mod parameter_sets;
pub(crate) mod quirks;
mod redirect;
mod speech;
mod sps;
mod text;
mod times;
mod tunnel;
mod tunnel_refusal;

pub use act::{Outcome, Quirk};
pub use encoding::EncodingError;
pub use list::{all, markdown};
pub use quirks::{Quirks, QuirksError};
