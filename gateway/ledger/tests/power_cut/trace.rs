//! What a process did to its files, as strace saw it.

use std::collections::HashMap;
use std::fs;
use std::path::Path;
use std::process::Command;

/// Every call that can change a file, a folder or what a descriptor means.
const CALLS: &str = "trace=?open,openat,?creat,lseek,write,pwrite64,writev,pwritev,?pwritev2,\
    ftruncate,?truncate,fallocate,fsync,fdatasync,sync_file_range,?rename,?renameat,renameat2,\
    ?unlink,unlinkat,close,?dup2,dup,dup3,sendfile,copy_file_range,msync";

/// One change, in the order in which they happened. Files go by their names: all are in one folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Operation {
    Create(String),
    /// The bytes from `offset` on.
    Write {
        file: String,
        offset: usize,
        bytes: Vec<u8>,
    },
    Resize {
        file: String,
        length: usize,
    },
    Remove(String),
    Sync(String),
    SyncFolder,
    /// A line on standard output.
    Said(String),
}

enum Target {
    Folder,
    File { name: String, position: usize },
}

struct Tracer<'a> {
    folder: &'a Path,
    descriptors: HashMap<String, Target>,
    known: Vec<String>,
    operations: Vec<Operation>,
}

/// Runs `command` under strace and gives what it did to the files of `folder` and said.
pub(crate) fn trace(command: &Command, folder: &Path, log: &Path) -> Vec<Operation> {
    let mut strace = Command::new("strace");
    strace.args(["-f", "-xx", "-s", "4194304", "-e", CALLS, "-o"]).arg(log);
    strace.arg("--").arg(command.get_program()).args(command.get_args());
    for (name, value) in command.get_envs() {
        strace.env(name, value.unwrap());
    }
    let known = names(folder);
    let output = strace.output().unwrap_or_else(|error| {
        panic!("cannot run strace ({error}): install the Debian package strace (`make setup`)")
    });
    assert!(
        output.status.success(),
        "strace may not trace here, or the traced program failed: it must be allowed to use ptrace \
         (docker run --cap-add=SYS_PTRACE)\n{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    let mut tracer = Tracer { folder, descriptors: HashMap::new(), known, operations: Vec::new() };
    for line in fs::read_to_string(log).unwrap().lines() {
        tracer.take(line);
    }
    tracer.operations
}

pub(crate) fn names(folder: &Path) -> Vec<String> {
    let files = fs::read_dir(folder).unwrap();
    files.map(|file| file.unwrap().file_name().into_string().unwrap()).collect()
}

impl Tracer<'_> {
    /// `1234 name(arguments) = result`; strings come in hexadecimal, so that commas part arguments.
    fn take(&mut self, line: &str) {
        let (_, call) = line.split_once(' ').unwrap();
        let call = call.trim_start();
        if call.starts_with("+++") || call.starts_with("---") {
            return;
        }
        assert!(!line.contains("<unfinished ...>"), "two threads at once: {line:.200}");
        let (name, rest) = call.split_once('(').unwrap();
        let (arguments, result) = rest.rsplit_once(") = ").unwrap_or_else(|| {
            let (arguments, result) = rest.rsplit_once('=').unwrap();
            (arguments.trim_end().strip_suffix(')').unwrap(), result)
        });
        let result = result.trim().split(' ').next().unwrap();
        let arguments: Vec<&str> = arguments.split(", ").collect();
        if !result.starts_with('-') {
            self.done(name, &arguments, result);
        }
    }

    fn done(&mut self, name: &str, arguments: &[&str], result: &str) {
        match name {
            "open" => self.opened(arguments[0], arguments[1], result),
            "openat" => self.opened(arguments[1], arguments[2], result),
            "close" => {
                self.descriptors.remove(arguments[0]);
            }
            "lseek" => {
                if let Some(Target::File { position, .. }) = self.descriptors.get_mut(arguments[0])
                {
                    *position = result.parse().unwrap();
                }
            }
            "write" if arguments[0] == "1" => {
                let line = String::from_utf8(bytes(arguments[1])).unwrap();
                self.operations.push(Operation::Said(line.trim_end().to_owned()));
            }
            "write" | "pwrite64" => self.written(arguments, result.parse().unwrap()),
            "ftruncate" => {
                if let Some(file) = self.file(arguments[0]) {
                    let length = arguments[1].parse().unwrap();
                    self.operations.push(Operation::Resize { file, length });
                }
            }
            "fsync" | "fdatasync" => match self.descriptors.get(arguments[0]) {
                Some(Target::File { name, .. }) => {
                    self.operations.push(Operation::Sync(name.clone()));
                }
                Some(Target::Folder) => self.operations.push(Operation::SyncFolder),
                None => {}
            },
            "unlink" => self.removed(arguments[0]),
            "unlinkat" => self.removed(arguments[1]),
            _ => self.refuse(name, arguments),
        }
    }

    fn opened(&mut self, path: &str, flags: &str, descriptor: &str) {
        let path = String::from_utf8(bytes(path)).unwrap();
        if Path::new(&path) == self.folder {
            self.descriptors.insert(descriptor.to_owned(), Target::Folder);
        } else if let Some(name) = self.name_of(&path) {
            if !self.known.contains(&name) {
                self.known.push(name.clone());
                self.operations.push(Operation::Create(name.clone()));
            }
            if flags.contains("O_TRUNC") {
                self.operations.push(Operation::Resize { file: name.clone(), length: 0 });
            }
            self.descriptors.insert(descriptor.to_owned(), Target::File { name, position: 0 });
        }
    }

    fn written(&mut self, arguments: &[&str], length: usize) {
        let Some(Target::File { name, position }) = self.descriptors.get_mut(arguments[0]) else {
            return;
        };
        let offset = match arguments.get(3) {
            Some(offset) => offset.parse().unwrap(),
            None => {
                *position += length;
                *position - length
            }
        };
        let mut bytes = bytes(arguments[1]);
        bytes.truncate(length);
        assert_eq!(bytes.len(), length, "strace gave only a part");
        self.operations.push(Operation::Write { file: name.clone(), offset, bytes });
    }

    fn removed(&mut self, path: &str) {
        if let Some(name) = self.name_of(&String::from_utf8(bytes(path)).unwrap()) {
            self.known.retain(|known| *known != name);
            self.operations.push(Operation::Remove(name));
        }
    }

    /// A call that the model of the disk does not know must not touch the ledger.
    fn refuse(&self, name: &str, arguments: &[&str]) {
        let touches = |argument: &&str| {
            self.descriptors.contains_key(*argument)
                || argument.starts_with('"')
                    && self.name_of(&String::from_utf8_lossy(&bytes(argument))).is_some()
        };
        assert!(!arguments.iter().any(touches), "{name} is not understood");
    }

    fn file(&self, descriptor: &str) -> Option<String> {
        match self.descriptors.get(descriptor)? {
            Target::File { name, .. } => Some(name.clone()),
            Target::Folder => None,
        }
    }

    /// The name of a file that a power cut concerns. The shared index is not one, as SQLite makes it
    /// again from the log; nor is the claim, which is empty.
    fn name_of(&self, path: &str) -> Option<String> {
        let name = Path::new(path).strip_prefix(self.folder).ok()?.to_str()?;
        let counts = !name.ends_with("-shm") && !name.ends_with(".lock");
        counts.then(|| name.to_owned())
    }
}

/// `"\x2f\x74"`.
fn bytes(argument: &str) -> Vec<u8> {
    let text = argument.strip_prefix('"').and_then(|text| text.strip_suffix('"'));
    let digits = text.unwrap_or_else(|| panic!("not a whole string: {argument:.40}"));
    let pairs = digits.split("\\x").skip(1);
    pairs.map(|pair| u8::from_str_radix(pair, 16).unwrap()).collect()
}
