//! What an eye can no longer do, tried; and the list of calls, asked call by call.

use std::fs::{self, File};
use std::io::ErrorKind::{PermissionDenied, Unsupported};
use std::net::{TcpListener, TcpStream, ToSocketAddrs};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::process::Command;

use rustix::process::{Signal, getpid, getppid, kill_process};

use super::calls::program;
use super::confine;
use crate::protocol::Confinement;

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
    let mut expected = [PermissionDenied; 6];
    // There is no call for that at all.
    expected[2] = Unsupported;
    assert_eq!((refused, names), (expected, true));
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
    assert_eq!(opened_up, Err(Unsupported), "nor does it open a file up for others");
    let bus = confined(|_| UnixStream::connect("/run/dbus/system_bus_socket").map(drop));
    assert_eq!(bus.map_err(|e| e.kind()), Err(Unsupported));
    assert!(told.calls, "this kernel has seccomp");
    assert_eq!((started, looked_up, reached), (Err(Unsupported), true, true));
}

#[test]
fn no_port_is_taken_at_which_others_look_for_somebody_else() {
    let known = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = known.local_addr().unwrap().port();
    drop(known);
    let (told, taken, free) = confined(move |told| {
        let taken = TcpListener::bind(("127.0.0.1", port)).map(drop).map_err(|e| e.kind());
        (told, taken, TcpListener::bind("127.0.0.1:0").is_ok())
    });
    let expected = if told.ports { Err(PermissionDenied) } else { Ok(()) };
    assert_eq!((taken, free), (expected, true));
}

/// The architecture of a call, as the kernel names it (linux/audit.h).
#[cfg(target_arch = "x86_64")]
const OURS: u32 = 0xc000_003e;
#[cfg(target_arch = "aarch64")]
const OURS: u32 = 0xc000_00b7;
/// 32-bit calls of a PC (`int 0x80`).
const I386: u32 = 0x4000_0003;

const ALLOWED: u32 = 0x7fff_0000;
const NO_SUCH_CALL: u32 = 0x0005_0000 | libc::ENOSYS.unsigned_abs();
const KILLED: u32 = 0x8000_0000;

/// What the kernel would answer to a call: the list is run as it runs it (classic BPF, of which
/// seccompiler uses these eight instructions).
fn answer(architecture: u32, number: libc::c_long, arguments: [u64; 3]) -> u32 {
    let number = u32::try_from(number).unwrap();
    let mut data = [number.to_ne_bytes(), architecture.to_ne_bytes()].concat();
    data.extend([0; 8]);
    arguments.iter().for_each(|argument| data.extend(argument.to_ne_bytes()));
    let program = program().unwrap();
    let (mut at, mut value) = (0, 0_u32);
    loop {
        let step = &program[at];
        at += 1;
        let jump = |holds: bool| usize::from(if holds { step.jt } else { step.jf });
        match step.code {
            0x20 => {
                let from = usize::try_from(step.k).unwrap();
                value = u32::from_ne_bytes(data[from..from + 4].try_into().unwrap());
            }
            0x54 => value &= step.k,
            0x05 => at += usize::try_from(step.k).unwrap(),
            0x15 => at += jump(value == step.k),
            0x25 => at += jump(value > step.k),
            0x35 => at += jump(value >= step.k),
            0x06 => return step.k,
            other => panic!("an instruction that this test does not know: {other:#x}"),
        }
    }
}

#[test]
fn calls_by_other_numbers_are_no_way_round_the_list() {
    assert_eq!(answer(OURS, libc::SYS_read, [0; 3]), ALLOWED);
    const X32: libc::c_long = 0x4000_0000;
    assert_eq!(answer(OURS, X32 | libc::SYS_read, [0; 3]), NO_SUCH_CALL);
    assert_eq!(answer(OURS, X32 | 520, [0; 3]), NO_SUCH_CALL, "execve of x32");
    assert_eq!(answer(I386, 11, [0; 3]), KILLED, "execve of 32-bit programs");
    assert_eq!(answer(OURS, 4_000, [0; 3]), NO_SUCH_CALL, "a call of a kernel to come");
}

#[test]
fn what_takes_a_kernel_over_is_not_on_the_list() {
    for number in [
        libc::SYS_execve,
        libc::SYS_execveat,
        libc::SYS_clone3,
        libc::SYS_ptrace,
        libc::SYS_process_vm_readv,
        libc::SYS_process_vm_writev,
        libc::SYS_pidfd_open,
        libc::SYS_pidfd_getfd,
        libc::SYS_keyctl,
        libc::SYS_add_key,
        libc::SYS_bpf,
        libc::SYS_io_uring_setup,
        libc::SYS_userfaultfd,
        libc::SYS_perf_event_open,
        libc::SYS_unshare,
        libc::SYS_setns,
        libc::SYS_mount,
        libc::SYS_open_tree,
        libc::SYS_seccomp,
        libc::SYS_memfd_create,
        libc::SYS_sched_setaffinity,
        libc::SYS_setpriority,
        libc::SYS_tkill,
        libc::SYS_rt_sigqueueinfo,
        libc::SYS_mknodat,
        libc::SYS_unlinkat,
        libc::SYS_renameat2,
        libc::SYS_fchmodat,
    ] {
        assert_eq!(answer(OURS, number, [0; 3]), NO_SUCH_CALL, "call {number}");
    }
}

#[test]
fn calls_with_two_faces_show_the_harmless_one_only() {
    let bits = |flags: libc::c_int| u64::from(flags.unsigned_abs());
    let thread = libc::CLONE_VM | libc::CLONE_THREAD | libc::CLONE_SIGHAND | libc::CLONE_SETTLS;
    let clone = |flags| answer(OURS, libc::SYS_clone, [bits(flags), 0, 0]);
    assert_eq!(clone(thread), ALLOWED);
    assert_eq!(clone(libc::SIGCHLD), NO_SUCH_CALL, "a fork");
    assert_eq!(clone(thread | libc::CLONE_NEWUSER), NO_SUCH_CALL);
    assert_eq!(clone(thread | libc::CLONE_NEWNET), NO_SUCH_CALL);

    let socket = |family, kind, protocol| {
        answer(OURS, libc::SYS_socket, [bits(family), bits(kind), protocol])
    };
    let stream = libc::SOCK_STREAM | libc::SOCK_CLOEXEC | libc::SOCK_NONBLOCK;
    assert_eq!(socket(libc::AF_INET, stream, 0), ALLOWED);
    assert_eq!(socket(libc::AF_INET6, libc::SOCK_DGRAM, 0), ALLOWED);
    assert_eq!(socket(libc::AF_NETLINK, libc::SOCK_RAW, 0), ALLOWED, "addresses");
    assert_eq!(socket(libc::AF_NETLINK, libc::SOCK_RAW, 12), NO_SUCH_CALL, "the firewall");
    assert_eq!(socket(libc::AF_INET, libc::SOCK_RAW, 6), NO_SUCH_CALL);
    for family in [libc::AF_UNIX, libc::AF_PACKET, libc::AF_VSOCK, libc::AF_ALG, libc::AF_CAN] {
        assert_eq!(socket(family, libc::SOCK_STREAM, 0), NO_SUCH_CALL, "family {family}");
    }

    let ioctl = |request| answer(OURS, libc::SYS_ioctl, [2, request, 0]);
    assert_eq!(ioctl(libc::FIONBIO), ALLOWED);
    assert_eq!(ioctl(libc::TIOCSTI), NO_SUCH_CALL, "to type into the terminal");
    let prctl = |option| answer(OURS, libc::SYS_prctl, [bits(option), 0, 0]);
    assert_eq!((prctl(libc::PR_SET_NAME), prctl(libc::PR_SET_DUMPABLE)), (ALLOWED, NO_SUCH_CALL));

    let own = u64::from(std::process::id());
    let kill = |pid| answer(OURS, libc::SYS_kill, [pid, 9, 0]);
    assert_eq!((kill(own), kill(1), kill(u64::MAX)), (ALLOWED, NO_SUCH_CALL, NO_SUCH_CALL));
    let limit = |pid, to| answer(OURS, libc::SYS_prlimit64, [pid, 2, to]);
    assert_eq!((limit(0, 0), limit(0, 9), limit(1, 0)), (ALLOWED, NO_SUCH_CALL, NO_SUCH_CALL));
}
