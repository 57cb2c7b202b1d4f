//! How an import is written: the whole of it into a journal first, then all files as drafts, then their names.
//!
//! While the journal is there, no gateway takes up the folder. Whoever comes after a power cut finds in it
//! what is still to do.

use std::collections::BTreeMap;
use std::fs::{self, File, Metadata, Permissions};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt, fchown};
use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow};
use registry::{FileEdit, FileGroup, JOURNAL, journal};

/// Writes the journal. From then on the import is finished, whatever happens.
///
/// # Errors
/// The journal cannot be written; then nothing was.
pub(super) fn begin(folder: &Path, edits: &[FileEdit]) -> anyhow::Result<()> {
    let text = journal(edits)?;
    // An edit that cannot be carried out must not leave a journal behind.
    edits.iter().try_for_each(|edit| unmoved(folder, edit).map(drop))?;
    let path = folder.join(JOURNAL);
    filing::replace(&path, |file| file.write_all(text.as_bytes()))
        .with_context(|| format!("{} cannot be written", path.display()))
}

/// Does what the journal says, as far as it is not done yet, and removes it.
///
/// # Errors
/// A file cannot be written, or somebody has changed it since. The journal stays.
pub(super) fn carry_out(folder: &Path, edits: &[FileEdit]) -> anyhow::Result<()> {
    let model = Model::of(folder)?;
    let mut places = Places::default();
    for edit in edits {
        if unmoved(folder, edit)? {
            let path = folder.join(&edit.path);
            places
                .take(&path, edit.after.as_deref(), &model)
                .with_context(|| format!("{} cannot be written", path.display()))?;
        }
    }
    places.settle(folder).with_context(|| format!("{} cannot be written", folder.display()))?;
    let ended = fs::remove_file(folder.join(JOURNAL)).and_then(|()| File::open(folder)?.sync_all());
    ended.with_context(|| format!("{} cannot be removed", folder.join(JOURNAL).display()))
}

/// Whether an edit is still to be done.
fn unmoved(folder: &Path, edit: &FileEdit) -> anyhow::Result<bool> {
    let path = folder.join(&edit.path);
    let there = match filing::text(&path) {
        Ok(text) => Some(text),
        Err(error) if error.kind() == ErrorKind::NotFound => None,
        Err(error) => return Err(anyhow!("{} cannot be read: {error}", path.display())),
    };
    if there == edit.after {
        return Ok(false);
    }
    if there == edit.before {
        return Ok(true);
    }
    let journal = folder.join(JOURNAL);
    Err(anyhow!(
        "{} was changed by somebody else since the import was planned. Put it back, or delete {} and import again",
        path.display(),
        journal.display()
    ))
}

/// Whose the files of the folder are, and who may read them: those that are new are like gateway.toml.
struct Model {
    file: Metadata,
    folder: Metadata,
}

impl Model {
    fn of(folder: &Path) -> anyhow::Result<Self> {
        let told = |path: PathBuf| {
            fs::metadata(&path).with_context(|| format!("{} cannot be read", path.display()))
        };
        Ok(Self { file: told(folder.join("gateway.toml"))?, folder: told(folder.to_owned())? })
    }
}

/// What an import does, group by group: `cameras`, `devices` and `checkpoints` may be on different disks.
#[derive(Default)]
struct Places {
    drafts: BTreeMap<PathBuf, filing::Drafts>,
    gone: Vec<PathBuf>,
}

impl Places {
    /// Drafts what is to stand at `path`, or notes that nothing is to stand there.
    fn take(&mut self, path: &Path, text: Option<&str>, model: &Model) -> io::Result<()> {
        let Some(text) = text else {
            self.gone.push(path.to_owned());
            return Ok(());
        };
        let group = path.parent().unwrap_or(Path::new("."));
        if !group.is_dir() {
            filing::make_folder(group)?;
            give(&File::open(group)?, &model.folder)?;
        }
        let like = fs::metadata(path).unwrap_or_else(|_| model.file.clone());
        self.drafts.entry(group.to_owned()).or_default().write(path, |file| {
            file.write_all(text.as_bytes())?;
            give(file.get_ref(), &like)
        })
    }

    /// Puts all in its place, and has it on disk: after that nothing needs the journal.
    fn settle(self, folder: &Path) -> io::Result<()> {
        for (group, drafts) in self.drafts {
            drafts.place(&File::open(group)?)?;
        }
        self.gone.iter().try_for_each(fs::remove_file)?;
        let groups = FileGroup::ALL.map(|group| folder.join(group.folder()));
        let mut groups = groups.iter().filter(|group| group.is_dir());
        groups.try_for_each(|group| File::open(group)?.sync_all())?;
        // A group that is new is a name in this folder.
        File::open(folder)?.sync_all()
    }
}

/// Gives `file` the owner and the rights of another. `filing` makes files for its own user alone, which is
/// right for what a gateway keeps; but these are made by the operator, and the gateway must read them.
fn give(file: &File, like: &Metadata) -> io::Result<()> {
    let own = file.metadata()?;
    if (own.uid(), own.gid()) != (like.uid(), like.gid()) {
        fchown(file, Some(like.uid()), Some(like.gid()))?;
    }
    file.set_permissions(Permissions::from_mode(like.mode() & 0o777))
}
