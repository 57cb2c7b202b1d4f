//! Independent programs at the other end: Python libraries that the set-up fetches.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use tokio::io::{AsyncBufReadExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};
use tokio::time::timeout;

use crate::judge::PATIENCE;

/// A Python program that runs until it is dropped.
pub(crate) struct Peer {
    lines: Lines<BufReader<ChildStdout>>,
    _child: Child,
}

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

impl Peer {
    /// Starts a script of the repository.
    pub(crate) fn start(script: &str, arguments: &[&str]) -> Self {
        let libraries = repository().join(".setup/field-clients");
        assert!(
            libraries.join("pymodbus").is_dir(),
            "{} is missing: run `make setup`",
            libraries.display()
        );
        let mut child = Command::new("python3")
            .arg(repository().join(script))
            .args(arguments)
            .env("PYTHONPATH", libraries)
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .env("PYTHONUNBUFFERED", "1")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("python3 starts");
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Self { lines, _child: child }
    }

    /// The next line that it prints.
    pub(crate) async fn line(&mut self) -> String {
        let line = timeout(PATIENCE, self.lines.next_line()).await.expect("it prints a line");
        line.unwrap().expect("it still runs")
    }
}
