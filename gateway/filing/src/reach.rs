//! Who can reach what lies in a folder, and the command that keeps others out.

use std::fs::{self, Metadata};
use std::io;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// The bits by which others than the owner read, write or enter.
const OTHERS: u32 = 0o077;
/// The bits by which those beyond owner and group do, and by which the group writes.
const OTHERS_BUT_READING_GROUP: u32 = 0o027;
/// The bit that lets every user of the machine read a file.
const READABLE_BY_ALL: u32 = 0o004;

/// Others can reach what is the gateway's alone.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum LooseError {
    /// A folder of the gateway's, or something in it.
    #[error("other users of this machine can reach {}{}: run: chmod -R u=rwX,go= {}", loose.display(),
        and_more(*more), quoted(folders))]
    Folder {
        /// The first of them.
        loose: PathBuf,
        /// How many more there are.
        more: usize,
        /// The folder, and those that links in it lead to.
        folders: Vec<PathBuf>,
    },
    /// A folder of another user, or something in it: who owns it can read it and take its place.
    #[error("{} belongs to another user ({owner}) than the gateway runs as ({user}): run: chown -R {user} {}",
        path.display(), quoted(folders))]
    Foreign {
        /// The first of them.
        path: PathBuf,
        /// The number of the user it belongs to.
        owner: u32,
        /// The number of the gateway's user.
        user: u32,
        /// The folder, and those that links in it lead to.
        folders: Vec<PathBuf>,
    },
    /// A folder that holds what is not the gateway's: its rights are not to be changed.
    #[error("{} is no folder of the gateway's own, because it holds {stranger:?}, and other users of \
        this machine can reach it: name another one", folder.display())]
    Shared {
        /// The folder.
        folder: PathBuf,
        /// What is in it.
        stranger: String,
    },
    /// A key.
    #[error("other users of this machine can reach the key {}: run: chmod 600 {}", path.display(),
        quoted(std::slice::from_ref(path)))]
    Key {
        /// Its file.
        path: PathBuf,
    },
}

/// Holds that nobody but the gateway's user can reach `folder` and what is in it. `is_ours` knows the names of
/// what the gateway keeps there. What cannot be looked at is left to who will open it.
///
/// # Errors
/// What can be reached, and the command that mends it.
pub fn check_private(folder: &Path, is_ours: impl Fn(&str) -> bool) -> Result<(), LooseError> {
    let mut found = Found { within: folder.canonicalize().ok(), ..Found::default() };
    found.look(folder, 0);
    let Some(wrong) = found.loose.as_ref().or(found.foreign.as_ref().map(|(path, _)| path)) else {
        return Ok(());
    };
    let wrong = wrong.clone();
    let names = folder.read_dir().into_iter().flatten().flatten().map(|entry| entry.file_name());
    let names: Vec<String> = names.map(|name| name.to_string_lossy().into_owned()).collect();
    if let Some(stranger) = names.iter().find(|name| !is_ours(name))
        && !names.iter().any(|name| is_ours(name))
    {
        // The command must not shut a system's folder that somebody named by mistake.
        return Err(LooseError::Shared { folder: folder.to_owned(), stranger: stranger.clone() });
    }
    let mut folders = vec![folder.to_owned()];
    folders.extend(found.linked);
    // Only its owner can change its mode: who that is comes first.
    if let Some((path, owner)) = found.foreign {
        return Err(LooseError::Foreign { path, owner, user: own_user(), folders });
    }
    Err(LooseError::Folder { loose: wrong, more: found.count.saturating_sub(1), folders })
}

/// Holds that nobody but the owner can reach the private key in `path`. A key that belongs to another
/// user, such as root, may be read by its group: by which way else would the gateway read it?
///
/// # Errors
/// Others can, and the command that mends it.
pub fn check_key(path: &Path) -> Result<(), LooseError> {
    let Ok(metadata) = fs::metadata(path) else { return Ok(()) };
    let is_own = metadata.uid() == own_user();
    let forbidden = if is_own { OTHERS } else { OTHERS_BUT_READING_GROUP };
    match metadata.permissions().mode() & forbidden {
        0 => Ok(()),
        _ => Err(LooseError::Key { path: path.to_owned() }),
    }
}

/// Whether every user of the machine can read a file.
///
/// # Errors
/// What the system says.
pub fn may_be_read_by_all(path: &Path) -> io::Result<bool> {
    Ok(fs::metadata(path)?.permissions().mode() & READABLE_BY_ALL != 0)
}

#[derive(Default)]
struct Found {
    /// The folder, as no link leads to it.
    within: Option<PathBuf>,
    /// The first that others can reach.
    loose: Option<PathBuf>,
    /// The first that belongs to another user, and to whom.
    foreign: Option<(PathBuf, u32)>,
    count: usize,
    /// Where links lead to that others can reach.
    linked: Vec<PathBuf>,
}

impl Found {
    fn look(&mut self, path: &Path, depth: usize) {
        // The folder may be a link, and the folders in it: evidence may lie on a disk of its own. A
        // link further down could lead round in circles.
        if depth > 0 && path.is_symlink() && (depth > 1 || self.leads_back(path)) {
            return;
        }
        let Ok(metadata) = fs::metadata(path) else { return };
        let before = self.count;
        self.weigh(path, &metadata);
        if metadata.is_dir() {
            let mut within: Vec<_> = path.read_dir().into_iter().flatten().flatten().collect();
            within.sort_by_key(fs::DirEntry::file_name);
            within.iter().for_each(|entry| self.look(&entry.path(), depth + 1));
        }
        if self.count > before && path.is_symlink() {
            self.linked.extend(path.canonicalize());
        }
    }

    fn leads_back(&self, link: &Path) -> bool {
        let target = link.canonicalize().ok();
        target.zip(self.within.as_ref()).is_some_and(|(target, within)| target.starts_with(within))
    }

    fn weigh(&mut self, path: &Path, metadata: &Metadata) {
        if metadata.uid() != own_user() {
            self.foreign.get_or_insert_with(|| (path.to_owned(), metadata.uid()));
            self.count += 1;
            return;
        }
        if metadata.permissions().mode() & OTHERS != 0 {
            self.count += 1;
            self.loose.get_or_insert_with(|| path.to_owned());
        }
    }
}

/// The number of the user as whom this process works.
fn own_user() -> u32 {
    rustix::process::geteuid().as_raw()
}

fn and_more(more: usize) -> String {
    if more == 0 { String::new() } else { format!(" and {more} more there") }
}

/// As a shell takes them.
fn quoted(paths: &[PathBuf]) -> String {
    let quoted = paths.iter().map(|path| {
        let path = path.display().to_string();
        let is_plain = |c: char| c.is_ascii_alphanumeric() || "/._-".contains(c);
        if path.chars().all(is_plain) { path } else { format!("'{}'", path.replace('\'', r"'\''")) }
    });
    quoted.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use std::fs::Permissions;
    use std::process::Command;

    use super::*;

    fn chmod(path: &Path, mode: u32) {
        fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
    }

    /// A folder as an earlier version left it, with a umask of 022, its name awkward.
    fn old_state(tree: &Path) -> PathBuf {
        let state = tree.join("state of gw's");
        for folder in ["", "evidence", "labels/a-1"] {
            fs::create_dir_all(state.join(folder)).unwrap();
            chmod(&state.join(folder), 0o755);
        }
        chmod(&state.join("labels"), 0o755);
        for file in ["ledger.sqlite3", "evidence/aa.jpg", "labels/a-1/label.json"] {
            fs::write(state.join(file), "x").unwrap();
            chmod(&state.join(file), 0o644);
        }
        state
    }

    #[test]
    fn a_loose_folder_is_mended_by_the_command_that_is_named() {
        let tree = tempfile::tempdir().unwrap();
        let state = old_state(tree.path());
        // Evidence lies on a disk of its own.
        let disk = tree.path().join("disk");
        fs::rename(state.join("evidence"), &disk).unwrap();
        std::os::unix::fs::symlink(&disk, state.join("evidence")).unwrap();
        std::os::unix::fs::symlink("nowhere", state.join("dangling")).unwrap();
        let is_ours = |name: &str| name == "ledger.sqlite3";
        let error = check_private(&state, is_ours).unwrap_err().to_string();
        let (told, command) = error.split_once(": run: ").unwrap();
        assert_eq!(
            told,
            format!("other users of this machine can reach {} and 6 more there", state.display())
        );
        let run = Command::new("sh").args(["-c", command]).status().unwrap();
        assert!(run.success(), "{command}");
        assert_eq!(check_private(&state, is_ours), Ok(()));
        assert_eq!(fs::metadata(state.join("ledger.sqlite3")).unwrap().mode() & 0o777, 0o600);
        assert_eq!(fs::metadata(disk).unwrap().mode() & 0o777, 0o700);
    }

    #[test]
    fn no_command_shuts_a_folder_of_the_system() {
        let tree = tempfile::tempdir().unwrap();
        let etc = tree.path().join("etc");
        fs::create_dir(&etc).unwrap();
        chmod(&etc, 0o755);
        let said = |folder: &Path| {
            check_private(folder, |name| name == "ledger.sqlite3").unwrap_err().to_string()
        };
        assert!(said(&etc).contains("run: chmod"), "empty: {}", said(&etc));
        fs::write(etc.join("passwd"), "x").unwrap();
        assert!(
            said(&etc).contains("\"passwd\"") && !said(&etc).contains("chmod"),
            "{}",
            said(&etc)
        );
    }

    /// Only root can give a file away.
    #[test]
    fn what_belongs_to_another_user_is_refused_although_it_is_shut() {
        const NOBODY: u32 = 65_534;
        let tree = tempfile::tempdir().unwrap();
        let state = tree.path().join("state");
        fs::create_dir(&state).unwrap();
        chmod(&state, 0o700);
        let ledger = state.join("ledger.sqlite3");
        fs::write(&ledger, "x").unwrap();
        chmod(&ledger, 0o600);
        for path in [&ledger, &state] {
            if std::os::unix::fs::chown(path, Some(NOBODY), None).is_err() {
                return;
            }
            let error = check_private(&state, |name| name == "ledger.sqlite3").unwrap_err();
            let error = error.to_string();
            assert!(
                error.starts_with(&format!("{} belongs to another user", path.display())),
                "{error}"
            );
            let (_, command) = error.split_once(": run: ").unwrap();
            assert!(Command::new("sh").args(["-c", command]).status().unwrap().success());
            assert_eq!(check_private(&state, |_| true), Ok(()), "{command}");
        }
    }

    #[test]
    fn one_open_file_is_enough_and_a_shut_folder_passes() {
        let tree = tempfile::tempdir().unwrap();
        chmod(tree.path(), 0o700);
        std::os::unix::fs::symlink(".", tree.path().join("round")).unwrap();
        assert_eq!(check_private(tree.path(), |_| true), Ok(()));
        assert_eq!(check_private(&tree.path().join("none"), |_| true), Ok(()));
        let key = tree.path().join("signing.key");
        fs::write(&key, "x").unwrap();
        for mode in [0o640, 0o604, 0o620, 0o644, 0o666] {
            chmod(&key, mode);
            let said = check_private(tree.path(), |_| true).unwrap_err().to_string();
            assert!(said.contains("signing.key:"), "{mode:o}: {said}");
            assert!(check_key(&key).unwrap_err().to_string().ends_with("signing.key"), "{mode:o}");
        }
        chmod(&key, 0o400);
        assert_eq!((check_private(tree.path(), |_| true), check_key(&key)), (Ok(()), Ok(())));
    }
}
