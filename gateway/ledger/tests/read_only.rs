//! A disk that may only be read: told as such, and waited for.

#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::path::PathBuf;
use std::process::Command;

use ledger::{Ledger, LedgerError, Remedy};

/// Tells this test that it runs in a mount namespace of its own, and where the disk is.
const DISK: &str = "GRIDWHISTLE_TEST_READ_ONLY_DISK";

#[test]
fn a_disk_that_is_mounted_read_only_is_waited_for() {
    let Some(disk) = std::env::var_os(DISK).map(PathBuf::from) else { return with_a_disk() };
    let ledger = disk.join("ledger.sqlite3");
    drop(Ledger::open(&ledger).unwrap());
    let mount = Command::new("mount").args(["-o", "remount,ro"]).arg(&disk).status().unwrap();
    assert!(mount.success());
    let refused = Ledger::open(&ledger).unwrap_err();
    assert!(matches!(refused, LedgerError::ReadOnly { .. }), "{refused}");
    assert_eq!(refused.remedy(), Remedy::Retry);
}

/// Runs this test again where it may mount and remount.
fn with_a_disk() {
    let disk = tempfile::tempdir().unwrap();
    let script = "mount -t tmpfs -o size=16m read-only \"$DISK\" && exec \"$TEST\" --nocapture";
    let status = Command::new("unshare")
        .args(["--mount", "--map-root-user", "sh", "-c", script])
        .env("DISK", disk.path())
        .env("TEST", std::env::current_exe().unwrap())
        .env(DISK, disk.path())
        .status()
        .unwrap(); // unshare is part of util-linux
    assert!(status.success(), "in a namespace of our own: {status}");
}
