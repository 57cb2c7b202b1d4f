//! A small disk of the child's own: a tmpfs in a mount namespace that a holder keeps alive while
//! children come and go, so that it can be filled to the last byte without hurting anyone.

use std::fs;
use std::io::{BufRead, BufReader, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// Mounted until dropped.
pub(super) struct SmallDisk {
    /// Where those inside the namespace see it.
    pub(super) inside: PathBuf,
    holder: Child,
}

impl SmallDisk {
    /// Needs user namespaces, or root.
    pub(super) fn mount(folder: &Path, mebibytes: u64) -> Self {
        fs::create_dir_all(folder).unwrap();
        let script = format!(
            "mount -t tmpfs -o size={mebibytes}m chaos-state '{}' && echo mounted && exec cat",
            folder.display()
        );
        let mut holder = Command::new("unshare")
            .args(["--mount", "--map-root-user", "sh", "-c", &script])
            .stdin(Stdio::piped()) // cat ends when we do
            .stdout(Stdio::piped())
            .spawn()
            .expect("unshare is part of util-linux");
        let mut answer = String::new();
        BufReader::new(holder.stdout.take().unwrap()).read_line(&mut answer).unwrap();
        assert_eq!(answer, "mounted\n", "no disk in a namespace of our own");
        Self { inside: folder.to_owned(), holder }
    }

    /// A command that runs inside.
    pub(super) fn command(&self, program: &Path) -> Command {
        let mut command = Command::new("nsenter");
        command.args(["--preserve-credentials", "--user", "--mount", "-t"]);
        command.arg(self.holder.id().to_string()).arg("--").arg(program);
        command
    }

    /// Copies the ledger's files to `folder`: `SQLite` would not open them where the rest of the world
    /// sees them, because it resolves links and so leaves the namespace again.
    pub(super) fn copy_to(&self, folder: &Path) {
        fs::create_dir_all(folder).unwrap();
        for file in fs::read_dir(self.outside()).unwrap() {
            let file = file.unwrap();
            if file.file_type().unwrap().is_dir() {
                continue; // the ledger has none
            }
            fs::copy(file.path(), folder.join(file.file_name())).unwrap();
        }
    }

    /// Where the rest of the world sees it.
    fn outside(&self) -> PathBuf {
        let inside = self.inside.strip_prefix("/").unwrap();
        Path::new(&format!("/proc/{}/root", self.holder.id())).join(inside)
    }

    /// Takes the last free byte.
    pub(super) fn fill(&self) {
        let mut filler = fs::File::create(self.filler()).unwrap();
        for block in [1024 * 1024, 4096, 512, 1] {
            let zeros = vec![0; block];
            loop {
                match filler.write_all(&zeros) {
                    Ok(()) => {}
                    Err(error) if error.kind() == ErrorKind::StorageFull => break,
                    Err(error) => panic!("cannot fill the disk: {error}"),
                }
            }
        }
    }

    /// Gives the room back.
    pub(super) fn relieve(&self) {
        fs::remove_file(self.filler()).unwrap();
    }

    fn filler(&self) -> PathBuf {
        self.outside().join("filler")
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // It may have ended by itself; then there is nothing to end.
        drop(self.holder.kill());
        drop(self.holder.wait());
    }
}
