//! How files are written and read: for the gateway's own user alone, whole, and without ever waiting.
//!
//! What the gateway keeps shows a street and the people in it. So every file and folder that it makes
//! comes from here, and the tidy test holds that. What it reads may be anything that somebody put in a
//! file's place: a pipe that would never end, a disk, a text as Windows writes it.

mod private;
mod reach;
mod read;
mod wait;

pub use private::{Drafts, append, create, make_folder, open_or_make, replace};
pub use reach::{LooseError, check_key, check_private, may_be_read_by_all};
pub use read::{MOST_BYTES, first_line, first_line_of, pem, read, read_some, text, text_of};
pub use wait::{DiskWait, UnderWay};
