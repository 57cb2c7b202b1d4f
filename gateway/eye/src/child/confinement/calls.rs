//! The system calls that an eye may make (Linux seccomp): a list of what it needs, and nothing else.
//!
//! What is not on the list answers "the system has no such call" (ENOSYS), which programs expect of an
//! older kernel: the C library then takes another way, or the one thing fails that wanted it. So a
//! newer library does not end an eye. Calls by the numbers of x32 are on no list, and one by those of
//! another processor ends the process.

use std::collections::BTreeMap;

use libc::{c_int, c_long};
use seccompiler::{
    BackendError, BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition,
    SeccompFilter, SeccompRule, TargetArch,
};

type Calls = BTreeMap<c_long, Vec<SeccompRule>>;

/// Files that are open or may be opened: which these are, Landlock holds.
const FILES: [c_long; 24] = [
    libc::SYS_openat,
    libc::SYS_openat2,
    libc::SYS_close,
    libc::SYS_close_range,
    libc::SYS_read,
    libc::SYS_readv,
    libc::SYS_pread64,
    libc::SYS_preadv,
    libc::SYS_write,
    libc::SYS_writev,
    libc::SYS_pwrite64,
    libc::SYS_lseek,
    libc::SYS_fstat,
    libc::SYS_newfstatat,
    libc::SYS_statx,
    libc::SYS_fstatfs,
    libc::SYS_getdents64,
    libc::SYS_readlinkat,
    libc::SYS_faccessat,
    libc::SYS_faccessat2,
    libc::SYS_fcntl,
    libc::SYS_dup,
    libc::SYS_dup3,
    libc::SYS_getcwd,
];

/// Memory, threads of its own, and waiting for each other.
const THREADS: [c_long; 30] = [
    libc::SYS_mmap,
    libc::SYS_munmap,
    libc::SYS_mprotect,
    libc::SYS_mremap,
    libc::SYS_madvise,
    libc::SYS_brk,
    libc::SYS_membarrier,
    libc::SYS_futex,
    libc::SYS_set_robust_list,
    libc::SYS_get_robust_list,
    libc::SYS_set_tid_address,
    libc::SYS_rseq,
    libc::SYS_exit,
    libc::SYS_exit_group,
    libc::SYS_gettid,
    libc::SYS_getpid,
    libc::SYS_getppid,
    libc::SYS_sched_yield,
    libc::SYS_sched_getaffinity,
    libc::SYS_getcpu,
    libc::SYS_rt_sigaction,
    libc::SYS_rt_sigprocmask,
    libc::SYS_rt_sigreturn,
    libc::SYS_sigaltstack,
    libc::SYS_restart_syscall,
    libc::SYS_epoll_create1,
    libc::SYS_epoll_ctl,
    libc::SYS_epoll_pwait,
    libc::SYS_eventfd2,
    libc::SYS_pipe2,
];

/// Waiting, the time, and what the machine is.
const FACTS: [c_long; 16] = [
    libc::SYS_ppoll,
    libc::SYS_pselect6,
    libc::SYS_clock_gettime,
    libc::SYS_clock_getres,
    libc::SYS_clock_nanosleep,
    libc::SYS_nanosleep,
    libc::SYS_gettimeofday,
    libc::SYS_times,
    libc::SYS_getrusage,
    libc::SYS_getrandom,
    libc::SYS_uname,
    libc::SYS_sysinfo,
    libc::SYS_getuid,
    libc::SYS_geteuid,
    libc::SYS_getgid,
    libc::SYS_getegid,
];

/// Sockets that are open. Which may be opened is said by [`sockets`].
const SOCKETS: [c_long; 17] = [
    libc::SYS_connect,
    libc::SYS_bind,
    libc::SYS_listen,
    libc::SYS_accept,
    libc::SYS_accept4,
    libc::SYS_socketpair,
    libc::SYS_getsockname,
    libc::SYS_getpeername,
    libc::SYS_getsockopt,
    libc::SYS_setsockopt,
    libc::SYS_sendto,
    libc::SYS_recvfrom,
    libc::SYS_sendmsg,
    libc::SYS_recvmsg,
    libc::SYS_sendmmsg,
    libc::SYS_recvmmsg,
    libc::SYS_shutdown,
];

/// Older forms of these, which only this architecture has.
#[cfg(target_arch = "x86_64")]
const OLDER_FORMS: [c_long; 14] = [
    libc::SYS_open,
    libc::SYS_stat,
    libc::SYS_lstat,
    libc::SYS_access,
    libc::SYS_readlink,
    libc::SYS_poll,
    libc::SYS_select,
    libc::SYS_pipe,
    libc::SYS_dup2,
    libc::SYS_epoll_create,
    libc::SYS_epoll_wait,
    libc::SYS_eventfd,
    libc::SYS_time,
    libc::SYS_arch_prctl,
];
#[cfg(not(target_arch = "x86_64"))]
const OLDER_FORMS: [c_long; 0] = [];

/// What may be asked of an open file or socket: whether it waits, how much is there, whether it is a
/// terminal, and which network card has which number. Never to type into a terminal.
const REQUESTS: [libc::Ioctl; 7] = [
    libc::FIONBIO,
    libc::FIONREAD,
    libc::FIOCLEX,
    libc::TCGETS,
    libc::TIOCGWINSZ,
    libc::SIOCGIFINDEX,
    SIOCGIFNAME,
];

/// The name of a network card; not in libc.
const SIOCGIFNAME: libc::Ioctl = 0x8910;

/// What may be changed of itself: the names of its threads and of its memory.
const SELF_CHANGES: [c_int; 3] = [libc::PR_SET_NAME, libc::PR_GET_NAME, libc::PR_SET_VMA];

/// Flags of a thread that starts. All threads have the first two; the others make a new process, or a
/// new view of the machine in which it would have rights again.
const THREAD_FLAGS: c_int = libc::CLONE_VM | libc::CLONE_THREAD;
const NEW_VIEWS: c_int = libc::CLONE_NEWNS
    | libc::CLONE_NEWCGROUP
    | libc::CLONE_NEWUTS
    | libc::CLONE_NEWIPC
    | libc::CLONE_NEWUSER
    | libc::CLONE_NEWPID
    | libc::CLONE_NEWNET;

/// Holds this thread, and those that it starts from now on, to the list.
pub(super) fn permit_calls() -> Result<(), Box<dyn std::error::Error>> {
    seccompiler::apply_filter(&program()?)?;
    Ok(())
}

/// The list as the kernel reads it.
pub(super) fn program() -> Result<BpfProgram, Box<dyn std::error::Error>> {
    let arch: TargetArch = std::env::consts::ARCH.try_into()?;
    let no_such_call = SeccompAction::Errno(rustix::io::Errno::NOSYS.raw_os_error().unsigned_abs());
    let filter = SeccompFilter::new(calls()?, no_such_call, SeccompAction::Allow, arch)?;
    Ok(filter.try_into()?)
}

fn calls() -> Result<Calls, BackendError> {
    let any = [&FILES[..], &THREADS, &FACTS, &SOCKETS, &OLDER_FORMS].concat();
    let mut calls: Calls = any.into_iter().map(|number| (number, Vec::new())).collect();
    // It may end itself, and nobody else.
    let itself = || all([is(0, u64::from(std::process::id()))?]);
    calls.insert(libc::SYS_kill, vec![itself()?]);
    calls.insert(libc::SYS_tgkill, vec![itself()?]);
    // It may look at its own limits.
    calls.insert(libc::SYS_prlimit64, vec![all([is(0, 0)?, is(2, 0)?])?]);
    let flags = THREAD_FLAGS | NEW_VIEWS;
    calls.insert(libc::SYS_clone, vec![all([masked(0, flags, THREAD_FLAGS)?])?]);
    let requests = REQUESTS.into_iter().map(|request| all([is_word(1, request)?]));
    calls.insert(libc::SYS_ioctl, requests.collect::<Result<_, _>>()?);
    let changes =
        SELF_CHANGES.into_iter().map(|change| all([is_word(0, change.unsigned_abs().into())?]));
    calls.insert(libc::SYS_prctl, changes.collect::<Result<_, _>>()?);
    calls.insert(libc::SYS_socket, sockets()?);
    Ok(calls)
}

/// TCP and UDP, and the kernel's list of this machine's addresses, which a name lookup reads. No
/// sockets of programs on this machine, and none that see the traffic of others.
fn sockets() -> Result<Vec<SeccompRule>, BackendError> {
    const KINDS: c_int = 0xf;
    let mut rules = Vec::new();
    for family in [libc::AF_INET, libc::AF_INET6] {
        for kind in [libc::SOCK_STREAM, libc::SOCK_DGRAM] {
            let family = is_word(0, family.unsigned_abs().into())?;
            rules.push(all([family, masked(1, KINDS, kind)?])?);
        }
    }
    let netlink = is_word(0, libc::AF_NETLINK.unsigned_abs().into())?;
    let routes = is_word(2, libc::NETLINK_ROUTE.unsigned_abs().into())?;
    rules.push(all([netlink, routes])?);
    Ok(rules)
}

fn all<const N: usize>(conditions: [SeccompCondition; N]) -> Result<SeccompRule, BackendError> {
    SeccompRule::new(conditions.into())
}

/// The argument, as a number of the processor's width.
fn is(argument: u8, value: u64) -> Result<SeccompCondition, BackendError> {
    SeccompCondition::new(argument, SeccompCmpArgLen::Qword, SeccompCmpOp::Eq, value)
}

/// The argument, of which the kernel reads 32 bits.
fn is_word(argument: u8, value: u64) -> Result<SeccompCondition, BackendError> {
    SeccompCondition::new(argument, SeccompCmpArgLen::Dword, SeccompCmpOp::Eq, value)
}

fn masked(argument: u8, mask: c_int, value: c_int) -> Result<SeccompCondition, BackendError> {
    let (mask, value) = (u64::from(mask.unsigned_abs()), u64::from(value.unsigned_abs()));
    SeccompCondition::new(argument, SeccompCmpArgLen::Dword, SeccompCmpOp::MaskedEq(mask), value)
}
