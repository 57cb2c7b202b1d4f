//! A saved reference without what nobody may look into.

use scene::Point;

use crate::mask::grown;
use crate::raster::{BLOCK, Raster};
use crate::saved::{SavedError, read, written};

/// The reference with every block blank that has a private pixel or touches such a block; none if there is
/// no such pixel. `is_private` is asked for points in shares of the zone's own rectangle.
/// A watch learns a blank block when it shows, with whatever stands there. So for a day it is unsure of what is
/// gone from it.
///
/// # Errors
/// If the bytes are no whole reference of this version.
pub fn blanked(
    saved: &[u8],
    is_private: impl Fn(Point) -> bool,
) -> Result<Option<Vec<u8>>, SavedError> {
    let mut reference = read(saved)?;
    let (width, height) = (reference.planes.luma.width, reference.planes.luma.height);
    let mut private = Raster::filled(reference.known.width, reference.known.height, false);
    for y in 0..height {
        for x in 0..width {
            let middle = (x as f32 + 0.5, y as f32 + 0.5);
            let point = Point { x: middle.0 / width as f32, y: middle.1 / height as f32 };
            private.row_mut(y / BLOCK)[x / BLOCK] |= is_private(point);
        }
    }
    if !private.cells.contains(&true) {
        return Ok(None);
    }
    // The reference is blurred, and lies where the mast stood when it was made.
    reference.blank(&grown(&private));
    Ok(Some(written(&reference)))
}
