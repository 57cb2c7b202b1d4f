//! How many files, sockets and pipes this process may have open, and what to do where that is too few.

use std::io;

use rustix::io::Errno;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// What to do where this process may open no more files.
pub const OUT_OF_FILES: &str = "this gateway may have no more files and connections open at once; raise \
    `LimitNOFILE=` in its systemd unit, or `ulimit -Hn` before the start, and start it again";

/// What to do where no process of this machine may.
const MACHINE_OUT_OF_FILES: &str = "this machine may have no more files and connections open at once; see \
    which program has so many (`lsof`), or raise `fs.file-max` (`sysctl`)";

/// What to do about a fault of the system, if it is that too many files are open.
#[must_use]
pub fn out_of_files(error: &io::Error) -> Option<&'static str> {
    remedy(error.raw_os_error()?)
}

/// What to do about a fault of the system that has this number, if it is that too many files are open.
pub(crate) fn remedy(number: i32) -> Option<&'static str> {
    match Errno::from_raw_os_error(number) {
        Errno::MFILE => Some(OUT_OF_FILES),
        Errno::NFILE => Some(MACHINE_OUT_OF_FILES),
        _ => None,
    }
}

/// Allows as many open files as the system lets this process allow itself, for it and those that it starts. The
/// usual 1,024 are for programs that keep a list of them in the old way (`select`); none of ours does.
pub fn allow_many_files() {
    let limit = getrlimit(Resource::Nofile);
    if limit.current != limit.maximum {
        // Where that is forbidden, the limit stays as it was, and a fault names it once it is reached.
        let _kept = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_is_raised_as_far_as_it_may_be() {
        let before = getrlimit(Resource::Nofile);
        let low = Rlimit { current: Some(64), ..before };
        setrlimit(Resource::Nofile, low).unwrap();
        allow_many_files();
        assert_eq!(getrlimit(Resource::Nofile).current, before.maximum);
    }

    #[test]
    fn too_many_open_files_are_told_with_a_remedy() {
        for (number, word) in [(24, "LimitNOFILE"), (23, "fs.file-max")] {
            let told = out_of_files(&io::Error::from_raw_os_error(number)).unwrap();
            assert!(told.contains(word), "{told}");
        }
        assert_eq!(out_of_files(&io::Error::from_raw_os_error(2)), None);
        assert_eq!(out_of_files(&io::Error::other("24")), None);
    }
}
