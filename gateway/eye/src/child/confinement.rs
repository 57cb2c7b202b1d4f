//! What an eye gives up before the first camera may talk to it.

use std::collections::BTreeMap;

use landlock::{
    ABI, Access, AccessFs, CompatLevel, Compatible, PathBeneath, PathFd, Ruleset, RulesetAttr,
    RulesetCreatedAttr, RulesetStatus,
};
use seccompiler::{BpfProgram, SeccompAction, SeccompFilter, TargetArch};
use tracing::warn;

use crate::protocol::Confinement;

/// What looking a name up, telling the time and checking a certificate need.
const READABLE: [&str; 13] = [
    "/etc/resolv.conf",
    "/etc/hosts",
    "/etc/host.conf",
    "/etc/nsswitch.conf",
    "/etc/gai.conf",
    "/etc/services",
    "/etc/localtime",
    "/etc/ld.so.cache",
    "/etc/ssl",
    "/usr/share/zoneinfo",
    "/usr/lib",
    "/run/systemd/resolve",
    "/sys/devices/system/cpu",
];

/// Calls that an eye never needs: to start a program, to look into another process, to change what
/// is mounted, loaded or allowed.
const FORBIDDEN: [libc::c_long; 24] = [
    libc::SYS_execve,
    libc::SYS_execveat,
    libc::SYS_ptrace,
    libc::SYS_process_vm_readv,
    libc::SYS_process_vm_writev,
    libc::SYS_pidfd_getfd,
    libc::SYS_kcmp,
    libc::SYS_mount,
    libc::SYS_umount2,
    libc::SYS_pivot_root,
    libc::SYS_chroot,
    libc::SYS_setns,
    libc::SYS_unshare,
    libc::SYS_open_by_handle_at,
    libc::SYS_bpf,
    libc::SYS_perf_event_open,
    libc::SYS_userfaultfd,
    libc::SYS_io_uring_setup,
    libc::SYS_init_module,
    libc::SYS_finit_module,
    libc::SYS_kexec_load,
    libc::SYS_keyctl,
    libc::SYS_add_key,
    libc::SYS_memfd_secret,
];

/// Gives up what this process does not need, as far as the kernel can hold it to that. Holds for this
/// thread and those that it starts from now on.
pub(crate) fn confine() -> Confinement {
    let files = confine_files().unwrap_or_else(|error| {
        warn!(%error, "this kernel does not keep an eye from files");
        false
    });
    let calls = match forbid_calls() {
        Ok(()) => true,
        Err(error) => {
            warn!(%error, "this kernel does not keep an eye from starting programs");
            false
        }
    };
    Confinement { files, calls }
}

/// Landlock (Linux 5.13): no file may be opened but those of [`READABLE`], which are only read.
fn confine_files() -> Result<bool, landlock::RulesetError> {
    // What a newer kernel could hold as well is held where it can.
    let abi = ABI::V5;
    let mut rules = Ruleset::default()
        .set_compatibility(CompatLevel::BestEffort)
        .handle_access(AccessFs::from_all(abi))?
        .create()?;
    for path in READABLE {
        // A machine without one of them does not need it.
        if let Ok(file) = PathFd::new(path) {
            let is_folder = std::path::Path::new(path).is_dir();
            let access = if is_folder { AccessFs::from_read(abi) } else { AccessFs::ReadFile.into() };
            let access = access & !landlock::make_bitflags!(AccessFs::{Execute});
            rules = rules.add_rule(PathBeneath::new(file, access))?;
        }
    }
    let status = rules.restrict_self()?;
    Ok(status.ruleset != RulesetStatus::NotEnforced)
}

/// seccomp (Linux 3.5): a forbidden call answers "not permitted".
fn forbid_calls() -> Result<(), Box<dyn std::error::Error>> {
    let arch: TargetArch = std::env::consts::ARCH.try_into()?;
    let rules = FORBIDDEN.iter().map(|number| (*number, Vec::new())).collect::<BTreeMap<_, _>>();
    let refuse = SeccompAction::Errno(rustix::io::Errno::PERM.raw_os_error().unsigned_abs());
    let filter = SeccompFilter::new(rules, SeccompAction::Allow, refuse, arch)?;
    let program: BpfProgram = filter.try_into()?;
    seccompiler::apply_filter(&program)?;
    Ok(())
}
