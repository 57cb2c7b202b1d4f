//! Files and folders that only their owner can reach, whatever the umask says.

use std::fs::{self, DirBuilder, File, OpenOptions, Permissions};
use std::io::{self, BufWriter};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// Of a file: its owner reads and writes it.
const FILE_MODE: u32 = 0o600;
/// Of a folder: its owner lists it and makes files in it.
const FOLDER_MODE: u32 = 0o700;
/// The bits that tell who may do what.
const MODE_BITS: u32 = 0o7777;

/// Makes `folder`, and those above it that are missing. One that is there stays as it is.
///
/// # Errors
/// What the system says.
pub fn make_folder(folder: &Path) -> io::Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    DirBuilder::new().recursive(true).mode(FOLDER_MODE).create(folder)?;
    // A umask takes bits away, and may take those of the owner.
    fs::set_permissions(folder, Permissions::from_mode(FOLDER_MODE))
}

/// An empty file in place of what is at `path`, if anything is.
///
/// # Errors
/// What the system says.
pub fn create(path: &Path) -> io::Result<File> {
    open(OpenOptions::new().write(true).create(true).truncate(true), path)
}

/// A file to write behind its end; made if there is none.
///
/// # Errors
/// What the system says.
pub fn append(path: &Path) -> io::Result<File> {
    open(OpenOptions::new().append(true).create(true), path)
}

/// A file to write to, with what is in it; made if there is none.
///
/// # Errors
/// What the system says.
pub fn open_or_make(path: &Path) -> io::Result<File> {
    open(OpenOptions::new().write(true).create(true).truncate(false), path)
}

/// Writes a file so that it is always there as a whole: the new one, or the old one. After return it
/// survives a power cut.
///
/// # Errors
/// What the system or `write` says; then the old file is as it was.
pub fn replace(
    path: &Path,
    write: impl FnOnce(&mut BufWriter<File>) -> io::Result<()>,
) -> io::Result<()> {
    let partial = path.with_extension("part");
    let written = || -> io::Result<()> {
        let mut file = BufWriter::new(create(&partial)?);
        write(&mut file)?;
        file.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()?;
        fs::rename(&partial, path)?;
        // The new name itself must reach the disk (man 2 fsync).
        File::open(path.parent().unwrap_or(Path::new(".")))?.sync_all()
    };
    // What is half written is of no use; the next attempt writes over one that stays.
    written().inspect_err(|_| drop(fs::remove_file(&partial)))
}

/// Files that are written together: all drafts first, then one sync of their disk, then their names. So a
/// thousand files wait for the disk twice, not two thousand times.
///
/// Each file is always there as a whole: the new one, or the old one. Together they are not: after a power
/// cut some may be new and others old.
#[derive(Debug, Default)]
pub struct Drafts(Vec<Draft>);

#[derive(Debug)]
struct Draft {
    partial: PathBuf,
    path: PathBuf,
    is_placed: bool,
}

impl Drafts {
    /// Writes what is to stand at `path`. Nothing can be seen of it there yet.
    ///
    /// # Errors
    /// What the system or `write` says.
    pub fn write(
        &mut self,
        path: &Path,
        write: impl FnOnce(&mut BufWriter<File>) -> io::Result<()>,
    ) -> io::Result<()> {
        let partial = path.with_extension("part");
        let mut file = BufWriter::new(create(&partial)?);
        self.0.push(Draft { partial, path: path.to_owned(), is_placed: false });
        write(&mut file)?;
        file.into_inner().map_err(io::IntoInnerError::into_error).map(drop)
    }

    /// Puts all drafts in their places, once their content is on disk; their names follow before it
    /// returns. `disk` is a folder of the disk that they are on.
    ///
    /// # Errors
    /// What the system says. Some may be in their places then.
    pub fn place(mut self, disk: &File) -> io::Result<()> {
        if self.0.is_empty() {
            return Ok(());
        }
        rustix::fs::syncfs(disk)?;
        for draft in &mut self.0 {
            fs::rename(&draft.partial, &draft.path)?;
            draft.is_placed = true;
        }
        Ok(rustix::fs::syncfs(disk)?)
    }
}

impl Drop for Drafts {
    fn drop(&mut self) {
        // What never came to its place is of no use; the next attempt writes over one that stays.
        for draft in self.0.iter().filter(|draft| !draft.is_placed) {
            drop(fs::remove_file(&draft.partial));
        }
    }
}

fn open(options: &mut OpenOptions, path: &Path) -> io::Result<File> {
    let file = options.mode(FILE_MODE).open(path)?;
    // Of a file that was there, or that a umask has left without its owner's bits.
    if file.metadata()?.permissions().mode() & MODE_BITS != FILE_MODE {
        file.set_permissions(Permissions::from_mode(FILE_MODE))?;
    }
    Ok(file)
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::process::Command;

    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    /// The test runs itself again, because a umask is the whole process's.
    #[test]
    fn no_umask_opens_or_shuts_what_is_made() {
        const FOLDER: &str = "FILING_TEST_FOLDER";
        if let Ok(folder) = std::env::var(FOLDER) {
            let folder = Path::new(&folder).join("state/deep");
            make_folder(&folder).unwrap();
            assert_eq!(mode(&folder), 0o700);
            for (name, make) in [
                ("create", create as fn(&Path) -> io::Result<File>),
                ("append", append),
                ("open_or_make", open_or_make),
            ] {
                let path = folder.join(name);
                make(&path).unwrap().write_all(b"x").unwrap();
                assert_eq!(mode(&path), 0o600, "{name}");
            }
            replace(&folder.join("replaced.json"), |file| file.write_all(b"x")).unwrap();
            assert_eq!(mode(&folder.join("replaced.json")), 0o600);
            return;
        }
        for umask in ["000", "022", "077", "277", "777"] {
            let folder = tempfile::tempdir().unwrap();
            fs::create_dir(folder.path().join("state")).unwrap();
            let this = std::env::current_exe().unwrap();
            let script = format!("umask {umask} && exec '{}' umask", this.display());
            let output = Command::new("sh")
                .args(["-c", &script])
                .env(FOLDER, folder.path())
                .output()
                .unwrap();
            assert!(
                output.status.success(),
                "{umask}: {}",
                String::from_utf8_lossy(&output.stdout)
            );
        }
    }

    #[test]
    fn a_file_that_others_could_read_is_closed_to_them_when_it_is_written() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("day.obs");
        fs::write(&path, "old").unwrap();
        fs::set_permissions(&path, Permissions::from_mode(0o664)).unwrap();
        append(&path).unwrap().write_all(b", new").unwrap();
        assert_eq!((mode(&path), fs::read_to_string(&path).unwrap().as_str()), (0o600, "old, new"));
    }

    #[test]
    fn a_replacement_that_fails_leaves_the_old_file_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("label.json");
        replace(&path, |file| file.write_all(b"old")).unwrap();
        let failed = replace(&path, |file| {
            file.write_all(b"ne")?;
            Err(io::Error::other("the disk is full"))
        });
        assert!(failed.is_err());
        assert_eq!(fs::read_to_string(&path).unwrap(), "old");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn drafts_are_seen_in_their_places_together_and_not_before() {
        let folder = tempfile::tempdir().unwrap();
        let disk = File::open(folder.path()).unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::write(at("b.toml"), "old").unwrap();
        let mut drafts = Drafts::default();
        for name in ["a.toml", "b.toml"] {
            drafts.write(&at(name), |file| file.write_all(b"new")).unwrap();
        }
        assert_eq!(fs::read_to_string(at("b.toml")).unwrap(), "old");
        assert!(!at("a.toml").exists());
        drafts.place(&disk).unwrap();
        for name in ["a.toml", "b.toml"] {
            assert_eq!(fs::read_to_string(at(name)).unwrap(), "new");
            assert_eq!(mode(&at(name)), 0o600);
        }
        let mut drafts = Drafts::default();
        drafts.write(&at("a.toml"), |file| file.write_all(b"newer")).unwrap();
        let failed = drafts.write(&at("b.toml"), |file| {
            file.write_all(b"newer")?;
            Err(io::Error::other("the disk is full"))
        });
        assert!(failed.is_err());
        drop(drafts);
        assert_eq!(fs::read_to_string(at("a.toml")).unwrap(), "new");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2, "no draft stays");
    }
}
