//! Whether what was named as the configuration folder is one at all: what is wrong with it is told before all else.

use std::fs;
use std::io;
use std::path::Path;

use super::faults::{Fault, Faults};

/// What a configuration folder begins with. An import that broke off may have left others.
const EXPECTED: [&str; 3] = ["gateway.toml", "cameras", registry::JOURNAL];

/// Looks at the folder itself, and at nothing in it.
///
/// # Errors
/// If it is not there, is no folder, cannot be read, or is evidently another one.
pub(crate) fn judge_folder(folder: &Path) -> Result<(), Faults> {
    let refuse = |message: String| {
        let shown = if folder.as_os_str().is_empty() { Path::new("\"\"") } else { folder };
        Err(Faults::sorted(vec![Fault::of_whole(shown, message)]))
    };
    const NEEDS: &str = "a configuration folder holds gateway.toml and cameras/";
    match fs::metadata(folder) {
        Ok(found) if found.is_dir() => {}
        Ok(_) => {
            return refuse(format!("this is a file, and --config needs its folder; {NEEDS}"));
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return refuse(match folder.is_symlink() {
                true => "this link leads to nothing; is the disk there?".to_owned(),
                false => format!("there is no such folder{}", from_here(folder)),
            });
        }
        Err(error) if error.kind() == io::ErrorKind::NotADirectory => {
            return refuse("there is no such folder: a part of this path is a file".to_owned());
        }
        Err(error) => return refuse(format!("this folder cannot be reached: {error}")),
    }
    let mut entries = match folder.read_dir() {
        Ok(entries) => entries.peekable(),
        Err(error) => {
            return refuse(format!(
                "this folder cannot be read: {error}; let the gateway's user read it"
            ));
        }
    };
    if entries.peek().is_none() {
        return refuse(format!("this folder is empty; {NEEDS}"));
    }
    if EXPECTED.iter().any(|name| folder.join(name).symlink_metadata().is_ok()) {
        return Ok(());
    }
    refuse(format!("this is another folder: it holds neither of the two; {NEEDS}"))
}

/// Where a name that does not begin with `/` was looked for.
fn from_here(folder: &Path) -> String {
    match std::env::current_dir() {
        Ok(here) if folder.is_relative() => format!("; looked for in {}", here.display()),
        _ => String::new(),
    }
}
