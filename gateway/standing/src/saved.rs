//! A reference as bytes, for the time between two runs.
//!
//! ```text
//! "GWST" version flags width height noise since | known, a bit a block | luma, blue, red | CRC-32
//!  4     1       1     u16   u16    f32   i64                                            u32
//! ```
//! `since` is when it was made, in microseconds since 1970. Numbers are little-endian. The longest is 480x480 pixels: 348 KB.

use scene::CaptureTime;

use crate::late::Late;
use crate::noise::MOST_NOISE;
use crate::picture::WORKING_SIDE;
use crate::raster::{BLOCK, Planes, Raster};
use crate::reference::Reference;

const MAGIC: [u8; 4] = *b"GWST";
/// The version that this program writes, and the only one that it reads.
const VERSION: u8 = 2;
/// The flag of a reference that an operator has called free.
const FREE: u8 = 1;
const HEAD: usize = 22;
const CHECKSUM: usize = 4;
/// Bytes of the longest reference.
pub const LONGEST_SAVED_BYTES: usize = HEAD
    + WORKING_SIDE * WORKING_SIDE / (8 * BLOCK * BLOCK)
    + WORKING_SIDE * WORKING_SIDE * 3 / 2
    + CHECKSUM;

/// Why bytes are no reference. The zone then learns a new one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SavedError {
    /// Other bytes than a reference.
    #[error("this is no saved reference of a zone")]
    NotAReference,
    /// Made by another version of the program.
    #[error("the saved reference has version {0}, this program reads version {VERSION}")]
    OtherVersion(u8),
    /// Its size cannot be.
    #[error("the saved reference is of {0}x{1} pixels, which no zone has")]
    ImpossibleSize(u16, u16),
    /// Bytes are missing, too many, or changed.
    #[error("the saved reference is damaged")]
    Damaged,
}

/// What was blank stays so for a day: the next watch knows no more of it.
pub(crate) fn written(reference: &Reference) -> Vec<u8> {
    if reference.late.blocks.cells.contains(&true) {
        let mut blank = reference.clone();
        blank.blank(&reference.late.blocks);
        return bytes_of(&blank);
    }
    bytes_of(reference)
}

fn bytes_of(reference: &Reference) -> Vec<u8> {
    let planes = &reference.planes;
    let mut bytes = Vec::with_capacity(LONGEST_SAVED_BYTES);
    bytes.extend(MAGIC);
    bytes.push(VERSION);
    bytes.push(if reference.free { FREE } else { 0 });
    for side in [planes.luma.width, planes.luma.height] {
        bytes.extend(u16::try_from(side).unwrap_or(u16::MAX).to_le_bytes());
    }
    bytes.extend(reference.noise.to_le_bytes());
    bytes.extend(reference.since.unix_micros().to_le_bytes());
    for eight in reference.known.cells.chunks(8) {
        bytes.push(eight.iter().rev().fold(0, |byte, known| byte << 1 | u8::from(*known)));
    }
    for plane in [&planes.luma, &planes.blue, &planes.red] {
        bytes.extend(&plane.cells);
    }
    bytes.extend(crc32fast::hash(&bytes).to_le_bytes());
    bytes
}

/// Whether these bytes are a reference that a watch can go on with.
///
/// # Errors
/// If they are no whole reference of this version.
pub fn check(bytes: &[u8]) -> Result<(), SavedError> {
    read(bytes).map(drop)
}

pub(crate) fn read(bytes: &[u8]) -> Result<Reference, SavedError> {
    let head = bytes.first_chunk::<HEAD>().ok_or(SavedError::NotAReference)?;
    let [m0, m1, m2, m3, version, flags, w0, w1, h0, h1, n0, n1, n2, n3, since @ ..] = *head;
    if [m0, m1, m2, m3] != MAGIC {
        return Err(SavedError::NotAReference);
    }
    if version != VERSION {
        return Err(SavedError::OtherVersion(version));
    }
    let (wide, high) = (u16::from_le_bytes([w0, w1]), u16::from_le_bytes([h0, h1]));
    let (width, height) = (usize::from(wide), usize::from(high));
    let fits =
        |side: usize| (4 * BLOCK..=WORKING_SIDE).contains(&side) && side.is_multiple_of(BLOCK);
    if !fits(width) || !fits(height) {
        return Err(SavedError::ImpossibleSize(wide, high));
    }
    let (body, checksum) = bytes.split_last_chunk::<CHECKSUM>().ok_or(SavedError::Damaged)?;
    if crc32fast::hash(body) != u32::from_le_bytes(*checksum) {
        return Err(SavedError::Damaged);
    }
    let noise = f32::from_le_bytes([n0, n1, n2, n3]);
    let blocks = (width / BLOCK) * (height / BLOCK);
    let quarter = (width / 2) * (height / 2);
    let known_bytes = blocks.div_ceil(8);
    let expected = HEAD + known_bytes + width * height + 2 * quarter;
    if body.len() != expected || !(0.0..=MOST_NOISE).contains(&noise) {
        return Err(SavedError::Damaged);
    }
    let (known, rest) = body[HEAD..].split_at(known_bytes);
    let (luma, rest) = rest.split_at(width * height);
    let (blue, red) = rest.split_at(quarter);
    let plane = |width, height, cells: &[u8]| Raster { width, height, cells: cells.to_vec() };
    let known = (0..blocks).map(|i| known[i / 8] >> (i % 8) & 1 == 1).collect();
    let known = Raster { width: width / BLOCK, height: height / BLOCK, cells: known };
    let planes = Planes {
        luma: plane(width, height, luma),
        blue: plane(width / 2, height / 2, blue),
        red: plane(width / 2, height / 2, red),
    };
    Ok(Reference {
        late: Late::of(&planes, &known),
        planes,
        known,
        noise,
        since: CaptureTime::from_unix_micros(i64::from_le_bytes(since)),
        free: flags & FREE != 0,
    })
}
