//! A gateway's process under measurement: its processor time, its memory, what its page counts.

use std::ffi::OsStr;
use std::fs;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, anyhow};

/// Clock ticks a second of /proc (man 5 proc): a constant of the Linux user interface.
const TICKS_PER_SEC: f64 = 100.0;

/// A gateway at work. It ends with the value.
pub(crate) struct MeasuredGateway {
    child: Child,
    page: SocketAddr,
}

impl MeasuredGateway {
    /// Starts a gateway whose configuration lies in `folder`, with its page at `page`.
    pub(crate) fn start(program: &OsStr, folder: &Path, page: SocketAddr) -> Result<Self> {
        let child = Command::new(program)
            .args(["run", "--config"])
            .arg(folder)
            .env("RUST_LOG", "error")
            .stderr(Stdio::null())
            .spawn()
            .with_context(|| format!("cannot start {}", program.display()))?;
        Ok(Self { child, page })
    }

    /// User and system time of the gateway and of the eyes that it has started, in milliseconds.
    pub(crate) fn cpu_ms(&self) -> Result<f64> {
        Ok(self.cpu_ms_each()?.iter().sum())
    }

    /// The same of each process: first the gateway, then its eyes.
    pub(crate) fn cpu_ms_each(&self) -> Result<Vec<f64>> {
        self.processes().iter().map(|pid| cpu_ms(pid)).collect()
    }

    /// Memory of all of them in MiB; what several share counts once.
    pub(crate) fn memory_mib(&self) -> Result<f64> {
        let mut kib = 0.0;
        for pid in self.processes() {
            let rollup = fs::read_to_string(format!("/proc/{pid}/smaps_rollup"))?;
            let pss = rollup.lines().find_map(|line| line.strip_prefix("Pss:"));
            let pss = pss.and_then(|rest| rest.split_whitespace().next());
            kib += pss.ok_or(anyhow!("/proc/{pid}/smaps_rollup has changed"))?.parse::<f64>()?;
        }
        Ok(kib / 1024.0)
    }

    /// The sum of all series of a metric on the gateway's page.
    pub(crate) fn total(&self, name: &str, label: &str) -> Result<f64> {
        let text = self.get("/metrics")?;
        let series = text.lines().filter(|line| line.starts_with(name) && line.contains(label));
        Ok(series.filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok()).sum())
    }

    /// What the gateway answers on its page.
    pub(crate) fn get(&self, path: &str) -> Result<String> {
        let mut stream = TcpStream::connect(self.page)?;
        write!(stream, "GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")?;
        let mut text = String::new();
        stream.read_to_string(&mut text)?;
        Ok(text)
    }

    /// The numbers of the gateway's process, and of its eyes.
    pub(crate) fn processes(&self) -> Vec<String> {
        with_children(self.child.id())
    }
}

impl Drop for MeasuredGateway {
    fn drop(&mut self) {
        // It may have ended by itself; then there is nothing to end.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// The number of a process, and of those that it has started.
pub(crate) fn with_children(process: u32) -> Vec<String> {
    let parent = format!("PPid:\t{process}");
    let is_child = |pid: &String| {
        let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
        status.lines().any(|line| line == parent)
    };
    let all = fs::read_dir("/proc").into_iter().flatten().flatten();
    let names = all.map(|entry| entry.file_name().to_string_lossy().into_owned());
    let numbers = names.filter(|name| name.bytes().all(|byte| byte.is_ascii_digit()));
    std::iter::once(process.to_string()).chain(numbers.filter(is_child)).collect()
}

/// User and system time of a process, all threads, in milliseconds.
pub(crate) fn cpu_ms(pid: &str) -> Result<f64> {
    ticks_ms(&fs::read_to_string(format!("/proc/{pid}/stat"))?)
}

/// The same by what /proc says of a process or thread (proc(5), `stat`).
pub(crate) fn ticks_ms(stat: &str) -> Result<f64> {
    let fields = stat.rsplit_once(')').ok_or(anyhow!("/proc/PID/stat has changed"))?.1;
    let mut ticks = fields.split_whitespace().skip(11).take(2);
    let mut next = || -> Result<f64> { Ok(ticks.next().ok_or(anyhow!("too short"))?.parse()?) };
    Ok((next()? + next()?) * 1000.0 / TICKS_PER_SEC)
}

/// An address of this machine alone that nobody listens on.
pub(crate) fn free_address() -> Result<SocketAddr> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?)
}
