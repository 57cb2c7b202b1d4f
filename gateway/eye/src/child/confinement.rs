//! What an eye gives up before the first camera may talk to it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use landlock::{
    ABI, Access, AccessFs, CompatLevel, Compatible, PathBeneath, PathFd, Ruleset, RulesetAttr,
    RulesetCreatedAttr, RulesetStatus,
};
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter,
    SeccompRule, TargetArch,
};
use tracing::warn;

use crate::process::TEST_CLOCK_FILE;
use crate::protocol::Confinement;

/// What looking a name up, telling the time and loading a library need.
const READABLE: [&str; 12] = [
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
    "/run/systemd/resolve",
    "/sys/devices/system/cpu",
];

/// Calls that an eye never needs: to start a program, to look into another process, to change what
/// is mounted, loaded or allowed.
const FORBIDDEN: [libc::c_long; 43] = [
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
    libc::SYS_tkill,
    libc::SYS_pidfd_send_signal,
    libc::SYS_rt_sigqueueinfo,
    libc::SYS_rt_tgsigqueueinfo,
    libc::SYS_setrlimit,
    libc::SYS_fchmod,
    libc::SYS_fchmodat,
    libc::SYS_fchown,
    libc::SYS_fchownat,
    libc::SYS_setxattr,
    libc::SYS_lsetxattr,
    libc::SYS_fsetxattr,
    libc::SYS_utimensat,
    libc::SYS_setpriority,
    libc::SYS_fsopen,
    libc::SYS_fsmount,
    libc::SYS_move_mount,
    libc::SYS_open_tree,
    libc::SYS_mount_setattr,
];

/// Old forms of these, which only this architecture has.
#[cfg(target_arch = "x86_64")]
const OLD_FORBIDDEN: [libc::c_long; 6] = [
    libc::SYS_chmod,
    libc::SYS_chown,
    libc::SYS_lchown,
    libc::SYS_utime,
    libc::SYS_utimes,
    libc::SYS_futimesat,
];
#[cfg(not(target_arch = "x86_64"))]
const OLD_FORBIDDEN: [libc::c_long; 0] = [];

/// Sockets of other kinds than a camera has: to programs of this machine, and past its firewall.
const FORBIDDEN_SOCKETS: [libc::c_int; 3] = [libc::AF_UNIX, libc::AF_PACKET, libc::AF_VSOCK];

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
    let test_clock = std::env::var_os(TEST_CLOCK_FILE).map(PathBuf::from);
    // Its folder: the file is replaced when the clock is set.
    let test_clock = test_clock.as_deref().and_then(Path::parent).map(Path::to_owned);
    for path in READABLE.iter().map(PathBuf::from).chain(test_clock) {
        // A machine without one of them does not need it.
        if let Ok(file) = PathFd::new(&path) {
            let is_folder = path.is_dir();
            let access =
                if is_folder { AccessFs::from_read(abi) } else { AccessFs::ReadFile.into() };
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
    let mut rules: BTreeMap<_, _> =
        FORBIDDEN.iter().chain(&OLD_FORBIDDEN).map(|number| (*number, Vec::new())).collect();
    let unless = |argument, is: u64| {
        SeccompCondition::new(argument, SeccompCmpArgLen::Qword, SeccompCmpOp::Ne, is)
            .and_then(|condition| SeccompRule::new(vec![condition]))
    };
    // It may end itself, and nobody else; and look at its own limits, which it cannot raise.
    let own_pid = u64::from(std::process::id());
    rules.insert(libc::SYS_kill, vec![unless(0, own_pid)?]);
    rules.insert(libc::SYS_tgkill, vec![unless(0, own_pid)?]);
    rules.insert(libc::SYS_prlimit64, vec![unless(0, 0)?, unless(2, 0)?]);
    let sockets = FORBIDDEN_SOCKETS.iter().map(|family| {
        let family = u64::from(family.unsigned_abs());
        SeccompCondition::new(0, SeccompCmpArgLen::Dword, SeccompCmpOp::Eq, family)
            .and_then(|condition| SeccompRule::new(vec![condition]))
    });
    rules.insert(libc::SYS_socket, sockets.collect::<Result<_, _>>()?);
    let refuse = SeccompAction::Errno(rustix::io::Errno::PERM.raw_os_error().unsigned_abs());
    let filter = SeccompFilter::new(rules, SeccompAction::Allow, refuse, arch)?;
    let program: BpfProgram = filter.try_into()?;
    seccompiler::apply_filter(&program)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::fs::{self, File};
    use std::io::ErrorKind::PermissionDenied;
    use std::net::{TcpListener, TcpStream, ToSocketAddrs};
    use std::os::unix::fs::PermissionsExt;
    use std::os::unix::net::UnixStream;
    use std::process::Command;

    use rustix::process::{Signal, getpid, getppid, kill_process};

    use super::*;

    /// What is given up is given up by one thread, so each test has one of its own to confine.
    fn confined<T: Send + 'static>(work: impl FnOnce(Confinement) -> T + Send + 'static) -> T {
        std::thread::spawn(|| work(confine())).join().unwrap()
    }

    #[test]
    fn no_file_is_read_or_written_but_those_for_names_and_time() {
        let folder = tempfile::tempdir().unwrap();
        let secret = folder.path().join("ledger.sqlite3");
        fs::write(&secret, "alerts").unwrap();
        let (told, refused, names) = confined(move |told| {
            let refused = [
                File::open(&secret).unwrap_err().kind(),
                File::create(secret.with_extension("new")).unwrap_err().kind(),
                fs::remove_file(&secret).unwrap_err().kind(),
                fs::read_dir("/root").unwrap_err().kind(),
                File::open("/etc/shadow").unwrap_err().kind(),
                File::create("/etc/hosts").unwrap_err().kind(),
            ];
            (told, refused, fs::read_to_string("/etc/hosts").is_ok())
        });
        assert!(told.files, "this kernel has Landlock");
        assert_eq!((refused, names), ([PermissionDenied; 6], true));
    }

    #[test]
    fn no_program_is_started_and_cameras_are_still_reached() {
        let camera = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = camera.local_addr().unwrap().port();
        let (told, started, looked_up, reached) = confined(move |told| {
            let started = Command::new("/bin/true").spawn().map(drop).map_err(|e| e.kind());
            let looked_up = ("localhost", port).to_socket_addrs().is_ok();
            (told, started, looked_up, TcpStream::connect(("127.0.0.1", port)).is_ok())
        });
        let another = confined(|_| kill_process(getppid().unwrap(), Signal::CONT).is_err());
        let itself = confined(|_| kill_process(getpid(), Signal::CONT).is_ok());
        assert!(another && itself, "it signals nobody but itself");
        let file = tempfile::NamedTempFile::new().unwrap();
        let path = file.path().to_owned();
        let opened_up = confined(move |_| {
            fs::set_permissions(path, fs::Permissions::from_mode(0o777)).map_err(|e| e.kind())
        });
        assert_eq!(opened_up, Err(PermissionDenied), "nor does it open a file up for others");
        let bus = confined(|_| UnixStream::connect("/run/dbus/system_bus_socket").map(drop));
        assert_eq!(bus.map_err(|e| e.kind()), Err(PermissionDenied));
        assert!(told.calls, "this kernel has seccomp");
        assert_eq!((started, looked_up, reached), (Err(PermissionDenied), true, true));
    }
}
