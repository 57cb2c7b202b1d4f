//! Files as others wrote them: never a pipe, never without end, and text without what editors add.

use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, ErrorKind, Read};
use std::os::unix::fs::{FileTypeExt, OpenOptionsExt};
use std::path::Path;

use rustix::fs::OFlags;

/// What a file of configuration, a key or a certificate may hold at most: 64 MiB, which the grid map
/// of a large city does not reach.
pub const MOST_BYTES: u64 = 64 * 1024 * 1024;

/// What some editors set before a text (U+FEFF in UTF-8).
const BOM: &[u8] = b"\xef\xbb\xbf";

/// What `path` holds, if it is a file. A pipe, a socket or a device is refused, and not opened: it
/// could keep the reader waiting for ever.
///
/// # Errors
/// What the system says; something that is no file; a file of more than [`MOST_BYTES`].
pub fn read(path: &Path) -> io::Result<Vec<u8>> {
    let mut content = Vec::new();
    let read = open(path)?.take(MOST_BYTES + 1).read_to_end(&mut content)?;
    if read as u64 > MOST_BYTES {
        let limit = MOST_BYTES / (1024 * 1024);
        return Err(io::Error::new(ErrorKind::FileTooLarge, format!("more than {limit} MiB")));
    }
    Ok(content)
}

/// Whether `path` is a file that can be read at all.
///
/// # Errors
/// As [`read`]; its size does not count.
pub fn read_some(path: &Path) -> io::Result<()> {
    open(path)?.read(&mut [0]).map(drop)
}

/// The text of a file, without the mark that some editors set before it (BOM).
///
/// # Errors
/// As [`read`]; the file is not UTF-8.
pub fn text(path: &Path) -> io::Result<String> {
    text_of(read(path)?)
}

/// These bytes as text, without a BOM.
///
/// # Errors
/// They are not UTF-8.
pub fn text_of(content: Vec<u8>) -> io::Result<String> {
    let invalid = |reason: &str| io::Error::new(ErrorKind::InvalidData, reason.to_owned());
    if content.starts_with(&[0xff, 0xfe]) || content.starts_with(&[0xfe, 0xff]) {
        return Err(invalid("this is UTF-16 text: save it as UTF-8"));
    }
    let text = String::from_utf8(content).map_err(|_| invalid("this is not UTF-8 text"))?;
    Ok(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text))
}

/// What a PEM file holds (RFC 7468), without a BOM.
///
/// # Errors
/// As [`read`].
pub fn pem(path: &Path) -> io::Result<Vec<u8>> {
    let content = read(path)?;
    Ok(content.strip_prefix(BOM).map(<[u8]>::to_vec).unwrap_or(content))
}

/// The first line of a file: a password, or another secret. Spaces belong to it; a BOM and the end of
/// the line do not, as Unix or Windows writes it.
///
/// # Errors
/// As [`text`]; the line is empty.
pub fn first_line(path: &Path) -> io::Result<String> {
    first_line_of(&text(path)?)
}

/// As [`first_line`], of a text that is read already.
///
/// # Errors
/// The line is empty.
pub fn first_line_of(text: &str) -> io::Result<String> {
    match text.split(['\n', '\r']).next() {
        Some(line) if !line.is_empty() => Ok(line.to_owned()),
        _ => Err(io::Error::new(ErrorKind::InvalidData, "its first line is empty")),
    }
}

fn open(path: &Path) -> io::Result<File> {
    // To open some devices is to do something.
    expect_file(&fs::metadata(path)?)?;
    #[expect(clippy::cast_possible_wrap, reason = "as the system's headers declare it")]
    let at_once = OFlags::NONBLOCK.bits() as i32;
    let file = OpenOptions::new().read(true).custom_flags(at_once).open(path)?;
    // It may have become something else in between.
    expect_file(&file.metadata()?)?;
    Ok(file)
}

fn expect_file(metadata: &Metadata) -> io::Result<()> {
    let kind = metadata.file_type();
    let found = match kind {
        _ if kind.is_file() => return Ok(()),
        _ if kind.is_dir() => "a folder",
        _ if kind.is_fifo() => "a pipe (FIFO)",
        _ if kind.is_socket() => "a socket",
        _ => "a device",
    };
    Err(io::Error::new(ErrorKind::InvalidInput, format!("this is {found}, not a file")))
}

#[cfg(test)]
mod tests {
    use std::os::unix::net::UnixListener;

    use rustix::fs::{CWD, Mode};

    use super::*;

    #[test]
    fn a_secret_is_the_same_whatever_wrote_its_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("password");
        let table: [(&[u8], Result<&str, &str>); 10] = [
            (b"pass word ", Ok("pass word ")),
            (b"pass\n", Ok("pass")),
            (b"pass\r\n", Ok("pass")),
            (b"pass\r", Ok("pass")),
            (b"\xef\xbb\xbfpass\r\nchanged in May\r\n", Ok("pass")),
            ("口令\n".as_bytes(), Ok("口令")),
            (b"", Err("its first line is empty")),
            (b"\xef\xbb\xbf\r\npass", Err("its first line is empty")),
            (b"\xff\xfep\0a\0", Err("this is UTF-16 text: save it as UTF-8")),
            (b"p\xe4ss", Err("this is not UTF-8 text")),
        ];
        for (content, expected) in table {
            fs::write(&path, content).unwrap();
            let found = first_line(&path).map_err(|error| error.to_string());
            assert_eq!(found.as_deref(), expected.map_err(str::to_owned).as_ref().copied());
        }
    }

    #[test]
    fn what_is_no_file_is_named_and_not_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        rustix::fs::mkfifoat(CWD, at("pipe"), Mode::RUSR | Mode::WUSR).unwrap();
        let _socket = UnixListener::bind(at("socket")).unwrap();
        let said = |path: &Path| read(path).unwrap_err().to_string();
        assert_eq!(said(&at("pipe")), "this is a pipe (FIFO), not a file");
        assert_eq!(said(&at("socket")), "this is a socket, not a file");
        assert_eq!(said(folder.path()), "this is a folder, not a file");
        assert_eq!(said(Path::new("/dev/zero")), "this is a device, not a file");
        assert_eq!(read(&at("none")).unwrap_err().kind(), ErrorKind::NotFound);
    }

    #[test]
    fn a_file_without_end_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("huge.toml");
        File::create(&path).unwrap().set_len(MOST_BYTES + 1).unwrap(); // a hole
        assert_eq!(read(&path).unwrap_err().to_string(), "more than 64 MiB");
    }
}
