//! Whether a file is a whole shared library for this machine, before the loader maps it: of a file
//! that is cut off, the loader maps pages that are not there, and the first touch of one ends the
//! process (SIGBUS).

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;

/// Offsets and values of a 64-bit file, from the ELF specification (`man 5 elf`).
const MAGIC: &[u8] = b"\x7fELF";
const HEADER_BYTES: usize = 64;
const PROGRAM_HEADER_BYTES: usize = 56;
const CLASS_64: u8 = 2;
const LITTLE_ENDIAN: u8 = 1;
const SHARED_OBJECT: u16 = 3;
const LOADED: u32 = 1;
/// A library has about ten; more is no library.
const MOST_PROGRAM_HEADERS: u16 = 256;

/// The machine that this program is built for, and how people call it.
#[cfg(target_arch = "x86_64")]
const MACHINE: (u16, &str) = (62, "x86-64");
#[cfg(target_arch = "aarch64")]
const MACHINE: (u16, &str) = (183, "AArch64");

/// Checks the file at `path`.
///
/// # Errors
/// What is wrong with it, to be read after its name.
pub(crate) fn check_library(path: &Path) -> Result<(), String> {
    let metadata = path.metadata().map_err(|error| error.to_string())?;
    if metadata.is_dir() {
        return Err("it is a folder, not a file".to_owned());
    }
    if !metadata.is_file() {
        return Err("it is not a plain file".to_owned());
    }
    let length = metadata.len();
    if length == 0 {
        return Err("it is empty".to_owned());
    }
    let file = File::open(path).map_err(|error| error.to_string())?;
    let mut header = [0; HEADER_BYTES];
    let read = file.read_exact_at(&mut header, 0);
    if !header.starts_with(MAGIC) {
        return Err("it is not a shared library (ELF)".to_owned());
    }
    read.map_err(|_| cut_off(HEADER_BYTES as u64, length))?;
    let is_ours = header[4] == CLASS_64
        && header[5] == LITTLE_ENDIAN
        && u16_at(&header, 18) == Some(MACHINE.0);
    if !is_ours {
        return Err(format!("it is built for another machine than this one ({})", MACHINE.1));
    }
    if u16_at(&header, 16) != Some(SHARED_OBJECT) {
        return Err("it is a program or an object file, not a shared library".to_owned());
    }
    let (start, count) = (u64_at(&header, 32), u16_at(&header, 56));
    let (Some(start), Some(count)) = (start, count) else { return Err(damaged()) };
    if count == 0 || count > MOST_PROGRAM_HEADERS {
        return Err(damaged());
    }
    let mut needed = 0;
    for number in 0..u64::from(count) {
        let mut segment = [0; PROGRAM_HEADER_BYTES];
        let at = start.saturating_add(number * PROGRAM_HEADER_BYTES as u64);
        file.read_exact_at(&mut segment, at)
            .map_err(|_| cut_off(at.saturating_add(PROGRAM_HEADER_BYTES as u64), length))?;
        let (Some(offset), Some(bytes)) = (u64_at(&segment, 8), u64_at(&segment, 32)) else {
            return Err(damaged());
        };
        if u32_at(&segment, 0) == Some(LOADED) {
            needed = needed.max(offset.saturating_add(bytes));
        }
    }
    // The table of sections comes last. The loader does not need it, but a whole file has it.
    let (sections, entry, count) = (u64_at(&header, 40), u16_at(&header, 58), u16_at(&header, 60));
    if let (Some(sections), Some(entry), Some(count)) = (sections, entry, count) {
        needed = needed.max(sections.saturating_add(u64::from(entry) * u64::from(count)));
    }
    if needed > length { Err(cut_off(needed, length)) } else { Ok(()) }
}

fn cut_off(needed: u64, length: u64) -> String {
    format!("it is cut off: it has {length} bytes and needs {needed} at least; fetch it again")
}

fn damaged() -> String {
    "its header is damaged; fetch it again".to_owned()
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    bytes.get(at..)?.first_chunk().copied().map(u16::from_le_bytes)
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk().copied().map(u32::from_le_bytes)
}

fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    bytes.get(at..)?.first_chunk().copied().map(u64::from_le_bytes)
}
