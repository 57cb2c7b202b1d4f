//! What an eye gives up before the first camera may talk to it.

mod calls;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

use landlock::{
    ABI, Access, AccessFs, AccessNet, CompatLevel, Compatible, LandlockStatus, NetPort,
    PathBeneath, PathFd, Ruleset, RulesetAttr, RulesetCreatedAttr, RulesetStatus, Scope,
};
use tracing::warn;

use self::calls::permit_calls;
use crate::process::TEST_CLOCK_FILE;
use crate::protocol::Confinement;

/// What looking a name up, telling the time and loading a library need.
const READABLE: [&str; 14] = [
    "/etc/resolv.conf",
    "/etc/hosts",
    "/etc/host.conf",
    "/etc/nsswitch.conf",
    "/etc/gai.conf",
    "/etc/services",
    "/etc/localtime",
    "/etc/ld.so.cache",
    "/usr/share/zoneinfo",
    "/usr/lib",
    "/usr/lib64",
    "/lib",
    "/run/systemd/resolve",
    "/sys/devices/system/cpu",
];

/// What the newest kernel known here can hold; an older one holds what it can.
const NEWEST: ABI = ABI::V6;

/// Since Linux 6.7 a process can be kept from taking ports.
const KNOWS_PORTS: ABI = ABI::V4;

/// "Any port that is free": where an eye's own clients reach the line to a camera.
const ANY_FREE_PORT: u16 = 0;

/// Gives up what this process does not need, as far as the kernel can hold it to that. Holds for this
/// thread and those that it starts from now on.
pub fn confine() -> Confinement {
    let (files, ports) = confine_files_and_ports().unwrap_or_else(|error| {
        warn!(%error, "this kernel does not keep an eye from files");
        (false, false)
    });
    let calls = match permit_calls() {
        Ok(()) => true,
        Err(error) => {
            warn!(%error, "this kernel does not keep an eye from starting programs");
            false
        }
    };
    Confinement { files, ports, calls }
}

/// Landlock: no file may be opened but those of [`READABLE`], which are only read (Linux 5.13). No TCP
/// port may be taken that others could look for somebody else at (Linux 6.7); cameras may have any
/// port, so it may connect to all. Answers whether files are held, and ports.
fn confine_files_and_ports() -> Result<(bool, bool), landlock::RulesetError> {
    let mut rules = Ruleset::default()
        .set_compatibility(CompatLevel::BestEffort)
        .handle_access(AccessFs::from_all(NEWEST))?
        .handle_access(AccessNet::BindTcp)?
        .scope(Scope::from_all(NEWEST))?
        .create()?
        .add_rule(NetPort::new(ANY_FREE_PORT, AccessNet::BindTcp))?;
    let test_clock = std::env::var_os(TEST_CLOCK_FILE).map(PathBuf::from);
    // Its folder: the file is replaced when the clock is set.
    let test_clock = test_clock.as_deref().and_then(Path::parent).map(Path::to_owned);
    for path in READABLE.iter().map(PathBuf::from).chain(test_clock) {
        // A machine without one of them does not need it.
        if let Ok(file) = PathFd::new(&path) {
            let is_folder = path.is_dir();
            let access =
                if is_folder { AccessFs::from_read(NEWEST) } else { AccessFs::ReadFile.into() };
            let access = access & !landlock::make_bitflags!(AccessFs::{Execute});
            rules = rules.add_rule(PathBeneath::new(file, access))?;
        }
    }
    let status = rules.restrict_self()?;
    let is_held = status.ruleset != RulesetStatus::NotEnforced;
    let knows_ports = matches!(
        status.landlock,
        LandlockStatus::Available { effective_abi, .. } if effective_abi >= KNOWS_PORTS
    );
    Ok((is_held, is_held && knows_ports))
}
