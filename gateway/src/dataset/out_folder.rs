//! The folder that a training set is written to.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::error::DatasetError;

/// The digests of all files, in the form of sha256sum(1). It comes last: where it is, all is there.
const SUMS: &str = "SHA256SUMS";
/// What the list grows in.
const SUMS_SPOOL: &str = "sums.spool";
const IMAGES: &str = "images";

/// A folder that was empty.
pub(super) struct OutFolder {
    path: PathBuf,
    min_free_bytes: u64,
    sums: Spool,
}

/// Lines that wait in a file until the one is written in which they belong: a set may be larger than
/// the memory.
pub(super) struct Spool {
    path: PathBuf,
    file: BufWriter<File>,
}

/// Writes through, and knows the digest of what was written.
pub(super) struct Summed<'a> {
    file: &'a mut dyn Write,
    digest: Sha256,
}

impl OutFolder {
    /// Takes `path`, making it if need be. `min_free_bytes` of its disk stay free.
    ///
    /// # Errors
    /// Something is in it, it lies in `state_dir`, or it cannot be made.
    pub(super) fn take(
        path: &Path,
        state_dir: &Path,
        min_free_bytes: u64,
    ) -> Result<Self, DatasetError> {
        let is_taken = path.read_dir().is_ok_and(|mut entries| entries.next().is_some());
        if is_taken || path.is_file() {
            return Err(DatasetError::NotEmpty { path: path.to_owned() });
        }
        let nearest = path.ancestors().find_map(|part| match part.as_os_str().is_empty() {
            true => Path::new(".").canonicalize().ok(),
            false => part.canonicalize().ok(),
        });
        let state = state_dir.canonicalize().ok();
        if nearest.zip(state).is_some_and(|(nearest, state)| nearest.starts_with(state)) {
            return Err(DatasetError::InState { path: path.to_owned() });
        }
        let images = path.join(IMAGES);
        filing::make_folder(&images).map_err(DatasetError::of(&images))?;
        let sums = Spool::make(path, SUMS_SPOOL)?;
        Ok(Self { path: path.to_owned(), min_free_bytes, sums })
    }

    /// A spool in this folder.
    pub(super) fn spool(&self, name: &str) -> Result<Spool, DatasetError> {
        Spool::make(&self.path, name)
    }

    /// Whether this picture has been written already.
    pub(super) fn has_image(&self, name: &str) -> bool {
        self.path.join(IMAGES).join(name).exists()
    }

    /// Writes a picture; gives its digest.
    pub(super) fn put_image(&mut self, name: &str, jpeg: &[u8]) -> Result<String, DatasetError> {
        self.leave_room(jpeg.len() as u64)?;
        let path = self.path.join(IMAGES).join(name);
        let write = || filing::create(&path)?.write_all(jpeg);
        write().map_err(DatasetError::of(&path))?;
        let digest = hex::encode(Sha256::digest(jpeg));
        self.sums.push(&format!("{digest}  {IMAGES}/{name}"))?;
        Ok(digest)
    }

    /// Writes a file as a whole.
    pub(super) fn put(
        &mut self,
        name: &str,
        write: impl FnOnce(&mut Summed<'_>) -> io::Result<()>,
    ) -> Result<(), DatasetError> {
        self.leave_room(0)?;
        let path = self.path.join(name);
        let mut digest = String::new();
        let written = filing::replace(&path, |file| {
            let mut summed = Summed { file, digest: Sha256::new() };
            write(&mut summed)?;
            digest = hex::encode(summed.digest.finalize());
            Ok(())
        });
        written.map_err(DatasetError::of(&path))?;
        self.sums.push(&format!("{digest}  {name}"))
    }

    /// Everything is there.
    pub(super) fn finish(self) -> Result<(), DatasetError> {
        let path = self.path.join(SUMS);
        let mut lines = self.sums.read()?;
        let copied = filing::replace(&path, |file| io::copy(&mut lines, file).map(drop));
        copied.map_err(DatasetError::of(&path))?;
        self.sums.remove()
    }

    /// Nothing is there: leaves no trace but the folder.
    pub(super) fn clear(self) -> Result<(), DatasetError> {
        let images = self.path.join(IMAGES);
        self.sums.remove()?;
        fs::remove_dir(&images).map_err(DatasetError::of(&images))
    }

    /// The gateway stops judging when its disk is full.
    fn leave_room(&self, bytes: u64) -> Result<(), DatasetError> {
        let asked = rustix::fs::statvfs(&self.path);
        let of_disk = asked.map_err(|error| DatasetError::of(&self.path)(error.into()))?;
        let free = of_disk.f_bavail.saturating_mul(of_disk.f_frsize);
        let needed = self.min_free_bytes;
        match free.checked_sub(bytes).is_some_and(|left| left >= needed) {
            true => Ok(()),
            false => Err(DatasetError::NearlyFull { path: self.path.clone(), free, needed }),
        }
    }
}

impl Spool {
    fn make(folder: &Path, name: &str) -> Result<Self, DatasetError> {
        let path = folder.join(name);
        let file = filing::create(&path).map_err(DatasetError::of(&path))?;
        Ok(Self { path, file: BufWriter::new(file) })
    }

    pub(super) fn push(&mut self, line: &str) -> Result<(), DatasetError> {
        // Who reads it back opens it anew.
        let written = writeln!(self.file, "{line}").and_then(|()| self.file.flush());
        written.map_err(DatasetError::of(&self.path))
    }

    /// What was pushed.
    fn read(&self) -> Result<BufReader<File>, DatasetError> {
        File::open(&self.path).map(BufReader::new).map_err(DatasetError::of(&self.path))
    }

    /// Writes its lines as the members of a JSON array.
    pub(super) fn write_array(&self, out: &mut dyn Write) -> io::Result<()> {
        out.write_all(b"[")?;
        for (number, line) in BufReader::new(File::open(&self.path)?).lines().enumerate() {
            let before = if number == 0 { "\n" } else { ",\n" };
            write!(out, "{before}{}", line?)?;
        }
        out.write_all(b"\n]")
    }

    pub(super) fn remove(self) -> Result<(), DatasetError> {
        fs::remove_file(&self.path).map_err(DatasetError::of(&self.path))
    }
}

impl Write for Summed<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.digest.update(bytes.get(..written).unwrap_or_default());
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}
