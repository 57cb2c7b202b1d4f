//! What lies in a configuration folder and is not read: named, so that nobody wonders, and left alone.

use std::ffi::OsStr;
use std::fs::{self, FileType};
use std::io;
use std::os::unix::fs::FileTypeExt;
use std::path::{Path, PathBuf};

use super::faults::Fault;
use super::referred::Referred;

/// So many strays of a folder are named one by one.
const MOST_NAMED: usize = 20;

/// How editors and people call what is not the file itself.
const LEFTOVERS: [&str; 10] =
    ["~", "#", ".bak", ".old", ".orig", ".rej", ".save", ".swo", ".swp", ".tmp"];

/// What an entry of a folder is to whoever reads it.
enum Entry {
    Read(PathBuf),
    Stray(PathBuf, String),
}

/// The `*.toml` files of `cameras/` or `devices/`, by name, and what else lies there. A link that leads to nothing is
/// one of the files: it was meant to be read, and reading it tells.
///
/// # Errors
/// If the folder cannot be read.
pub(super) fn toml_files(folder: &Path) -> io::Result<(Vec<PathBuf>, Vec<Fault>)> {
    let (mut files, mut strays) = (Vec::new(), Vec::new());
    for entry in folder.read_dir()? {
        match entry_at(entry?.path()) {
            Some(Entry::Read(path)) => files.push(path),
            Some(Entry::Stray(path, reason)) => strays.push(Fault::of_whole(&path, reason)),
            None => {}
        }
    }
    files.sort();
    Ok((files, shortened(folder, strays)))
}

/// What lies beside `gateway.toml` and looks as if it should be read.
pub(super) fn strays_beside(gateway: &Path, referred: &Referred) -> Vec<Fault> {
    let folder = gateway.parent().unwrap_or(Path::new("."));
    let mut strays = Vec::new();
    for path in folder.read_dir().into_iter().flatten().flatten().map(|entry| entry.path()) {
        if path == gateway || referred.names(&path) {
            continue;
        }
        let name = name_of(&path).to_ascii_lowercase();
        let kind = fs::metadata(&path).ok().map(|metadata| metadata.file_type());
        // Folders of all kinds belong here: the cameras', the city's, certificates.
        let is_of_interest = match kind {
            Some(kind) if kind.is_dir() => name.ends_with(".toml"),
            Some(kind) if odd(kind).is_some() => true,
            _ => name.contains(".toml") || is_leftover(&name),
        };
        if !is_of_interest {
            continue;
        }
        match entry_at(path) {
            Some(Entry::Stray(path, reason)) => strays.push(Fault::of_whole(&path, reason)),
            Some(Entry::Read(path)) => {
                let reason = "not read: no file names it; a camera's file belongs into cameras/, a device's into devices/";
                strays.push(Fault::of_whole(&path, reason.to_owned()));
            }
            None => {}
        }
    }
    shortened(folder, strays)
}

/// `None` for what a cluster or the sample leaves there on purpose.
fn entry_at(path: PathBuf) -> Option<Entry> {
    let name = name_of(&path);
    // `..data` and its like hold the files of a Kubernetes volume, and links lead there.
    if name.starts_with("..") || name.ends_with(".sample") {
        return None;
    }
    let reason = if name.starts_with('.') {
        "not read: its name begins with a dot".to_owned()
    } else if is_leftover(&name) {
        "not read: an editor or a person has left it".to_owned()
    } else if let Some(kind) = fs::metadata(&path).ok().and_then(|it| odd(it.file_type())) {
        format!("not read: this is {kind}, not a file")
    } else if path.extension() == Some(OsStr::new("toml")) {
        return Some(Entry::Read(path));
    } else if path.extension().is_some_and(|kind| kind.eq_ignore_ascii_case("toml")) {
        "not read: its name must end in .toml, in small letters".to_owned()
    } else {
        "not read: its name does not end in .toml".to_owned()
    };
    Some(Entry::Stray(path, reason))
}

/// What is no file.
fn odd(kind: FileType) -> Option<&'static str> {
    match kind {
        _ if kind.is_file() => None,
        _ if kind.is_dir() => Some("a folder"),
        _ if kind.is_fifo() => Some("a pipe (FIFO)"),
        _ if kind.is_socket() => Some("a socket"),
        _ => Some("a device"),
    }
}

/// Vim tries with a file `4913` whether it may write.
fn is_leftover(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name == "4913" || name.starts_with('#') || LEFTOVERS.iter().any(|end| name.ends_with(end))
}

fn name_of(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

fn shortened(folder: &Path, mut strays: Vec<Fault>) -> Vec<Fault> {
    strays.sort();
    let more = strays.len().saturating_sub(MOST_NAMED);
    strays.truncate(MOST_NAMED);
    if more > 0 {
        strays.push(Fault::of_whole(folder, format!("{more} more entries are not read")));
    }
    strays
}
