//! A wall clock for one process, which can be set while it runs: libfaketime, loaded before the C
//! library. The monotonic clock goes on as ever, as when the system's clock is set.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The clock of all lives, one after the other.
pub(super) struct WallClock {
    library: PathBuf,
    /// How far it is off, as libfaketime reads it at every look at the clock.
    setting: PathBuf,
}

impl WallClock {
    /// A clock that is right.
    pub(super) fn new(folder: &Path) -> Self {
        let folders = fs::read_dir("/usr/lib").unwrap().map(|entry| entry.unwrap().path());
        let mut libraries = folders.map(|folder| folder.join("faketime/libfaketimeMT.so.1"));
        let library = libraries.find(|library| library.is_file());
        let library = library.expect("libfaketime is not installed: run `make setup`");
        let clock = Self { library, setting: folder.join("clock") };
        clock.set(0);
        clock
    }

    /// Steps to this many seconds after the true time, or before it, at any instant.
    pub(super) fn set(&self, off_secs: i64) {
        let next = self.setting.with_extension("next");
        fs::write(&next, format!("{off_secs:+}")).unwrap();
        fs::rename(next, &self.setting).unwrap();
    }

    /// Gives the clock to a process that is going to be started.
    pub(super) fn give_to(&self, command: &mut Command) {
        command
            .env("LD_PRELOAD", &self.library)
            .env("FAKETIME_TIMESTAMP_FILE", &self.setting)
            .env("FAKETIME_NO_CACHE", "1")
            .env("FAKETIME_DONT_FAKE_MONOTONIC", "1")
            // What is shared would outlive a kill.
            .env("FAKETIME_DISABLE_SHM", "1");
    }
}
