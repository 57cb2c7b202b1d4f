//! The gateway's side of an eye: started, told, listened to, and its death explained.

use std::io;
use std::net::Shutdown;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use detector::ModelFiles;
use rustix::process::{Resource, Rlimit, Signal, getrlimit, prlimit};

use crate::logbook::{InHand, Logbook, ReaderSeen};
use crate::protocol::{
    CameraNumber, Order, ProtocolError, Report, ReportReader, Start, write_order, write_start,
};
use crate::system_process::{SystemProcess, ThreadState};

/// An eye that does not read its orders for this long is not waited for.
const SEND_LIMIT: Duration = Duration::from_millis(500);

/// The same before it has its model: the program has to be loaded first, on a busy machine.
const START_LIMIT: Duration = Duration::from_secs(30);

/// What an eye may see of the environment: how to log, where libraries and time zones are, and a
/// test's clock. All else may be a secret of somebody.
const ENVIRONMENT: [&str; 10] = [
    "RUST_LOG",
    "RUST_BACKTRACE",
    "LD_LIBRARY_PATH",
    "LD_PRELOAD",
    "TZ",
    TEST_CLOCK_FILE,
    "FAKETIME_NO_CACHE",
    "FAKETIME_DONT_FAKE_MONOTONIC",
    "FAKETIME_DISABLE_SHM",
    "NO_FAKE_STAT",
];

/// Where libfaketime finds the time that a test has set for one process.
pub(crate) const TEST_CLOCK_FILE: &str = "FAKETIME_TIMESTAMP_FILE";

/// Which camera a test has do harm, and how. Only debug builds do it.
#[cfg(debug_assertions)]
pub(crate) const TEST_HARM: &str = "GRIDWHISTLE_TEST_HARM";

/// Why there is no eye.
#[derive(Debug, thiserror::Error)]
pub enum SpawnError {
    /// The system gave no process, socket or memory file.
    #[error("cannot start a process that looks at cameras: {0}")]
    System(#[from] io::Error),
}

/// How an eye came to its end.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Death {
    /// For a person: what happened.
    pub cause: String,
    /// The cameras that it had in hand, if what they sent can be the cause.
    pub suspects: Vec<CameraNumber>,
    /// One more, under less suspicion: libavformat may have been parsing what it sent.
    pub perhaps: Option<CameraNumber>,
    /// How long it was seen to do nothing before it was ended.
    pub idle_for: Duration,
    /// It was told to stop.
    pub was_asked_for: bool,
}

/// A running eye.
#[derive(Debug)]
pub struct EyeProcess {
    process: SystemProcess,
    orders: Mutex<UnixStream>,
    /// The same, to be closed at any time.
    socket: UnixStream,
    logbook: Logbook,
    verdict: Mutex<Verdict>,
    /// Processes that the system had killed for want of memory when this one began.
    oom_kills: u64,
}

/// What the gateway knows of the end before it comes.
#[derive(Debug, Default)]
struct Verdict {
    was_asked_to_stop: bool,
    /// Why the gateway ended it, and whose fault that was.
    killed: Option<(String, Vec<CameraNumber>, Duration)>,
}

impl EyeProcess {
    /// Starts `program` as an eye that runs `model`. `hear` is called with each report and `ended` once
    /// at the end, both on a thread of their own.
    ///
    /// # Errors
    /// [`SpawnError`].
    pub fn spawn(
        program: &Path,
        (start, model): (Start, Arc<ModelFiles>),
        mut hear: impl FnMut(&Arc<Self>, Report) + Send + 'static,
        ended: impl FnOnce(Death) + Send + 'static,
    ) -> Result<Arc<Self>, SpawnError> {
        let (ours, theirs) = UnixStream::pair()?;
        ours.set_write_timeout(Some(START_LIMIT))?;
        let logbook = Logbook::create(start.lanes)?;
        let mut command = Command::new(program);
        command.env_clear();
        #[cfg(debug_assertions)]
        command.envs(std::env::var_os(TEST_HARM).map(|harm| (TEST_HARM, harm)));
        let child = command
            .arg0("gridwhistle")
            .arg("eye")
            .envs(ENVIRONMENT.iter().filter_map(|name| Some((name, std::env::var_os(name)?))))
            .stdin(Stdio::from(OwnedFd::from(theirs)))
            .stdout(Stdio::from(logbook.handed_over()?))
            // A Ctrl-C at the terminal is the gateway's to hear: it stops its eyes in order.
            .process_group(0)
            .spawn()?;
        let reports = ours.try_clone()?;
        let socket = ours.try_clone()?;
        let eye = Arc::new(Self {
            process: SystemProcess::of(child),
            orders: Mutex::new(ours),
            socket,
            logbook,
            verdict: Mutex::default(),
            oom_kills: oom_kills(),
        });
        let listener = Arc::clone(&eye);
        let thread = std::thread::Builder::new().name(format!("eye-{}", start.number));
        thread.spawn(move || {
            listener.begin(start, &model);
            drop(model);
            let mut reports = ReportReader::new(io::BufReader::new(reports));
            let nonsense = loop {
                match reports.read() {
                    Ok(Some(report)) => hear(&listener, report),
                    Ok(None) => break None,
                    Err(ProtocolError::Socket(_)) => break None,
                    Err(error) => break Some(error),
                }
            };
            drop(hear);
            ended(listener.bury(nonsense));
            // Nobody waits for the rest.
            listener.process.reap();
        })?;
        Ok(eye)
    }

    /// Tells it what it is. Whoever starts it does not wait for that.
    fn begin(&self, start: Start, model: &ModelFiles) {
        let second_look = model.second_look.as_ref().map_or(&[][..], |files| files.model.weights());
        let cable = model.cable.as_ref().map_or(&[][..], |files| files.weights());
        let mut orders = locked(&self.orders);
        let told = write_start(&mut *orders, start, [model.weights(), second_look, cable]);
        let told = told.map_err(|error| error.to_string()).and_then(|()| {
            orders.set_write_timeout(Some(SEND_LIMIT)).map_err(|error| error.to_string())
        });
        drop(orders);
        if let Err(reason) = told {
            self.kill(&format!("it took no orders: {reason}"), &[]);
        }
    }

    /// Gives one order.
    ///
    /// # Errors
    /// The eye is gone or does not read; its end is on its way.
    pub fn send(&self, order: &Order) -> Result<(), ProtocolError> {
        if *order == Order::Stop {
            locked(&self.verdict).was_asked_to_stop = true;
        }
        let mut orders = locked(&self.orders);
        let sent = write_order(&mut *orders, order);
        if sent.is_err() {
            // Half an order may have gone: nothing that follows would be understood.
            drop(orders.shutdown(Shutdown::Both));
        }
        sent
    }

    /// Ends it at once. `suspects` are the cameras whose fault that is.
    pub fn kill(&self, cause: &str, suspects: &[CameraNumber]) {
        self.kill_idle(cause, suspects, Duration::ZERO);
    }

    /// As [`EyeProcess::kill`], after it was seen to do nothing for so long.
    pub fn kill_idle(&self, cause: &str, suspects: &[CameraNumber], idle_for: Duration) {
        let mut verdict = locked(&self.verdict);
        verdict.killed.get_or_insert_with(|| (cause.to_owned(), suspects.to_vec(), idle_for));
        drop(verdict);
        self.process.kill();
        // What holds its socket holds up nobody.
        drop(self.socket.shutdown(Shutdown::Both));
    }

    /// Which camera each of its threads has in hand now.
    #[must_use]
    pub fn in_hand(&self) -> Vec<InHand> {
        self.logbook.read()
    }

    /// How its threads of libavformat get on.
    #[must_use]
    pub fn readers(&self) -> Vec<ReaderSeen> {
        self.logbook.readers()
    }

    /// Moves five times a second while its thread of the sessions goes on.
    #[must_use]
    pub fn pulse(&self) -> u32 {
        self.logbook.pulse()
    }

    /// How its thread of this id is doing, as the system knows it; none if there is no such thread. That
    /// of the sessions has the id of the process.
    #[must_use]
    pub fn thread_state(&self, thread_id: u32) -> Option<ThreadState> {
        self.process.thread_state(thread_id)
    }

    /// Its process id.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.process.id()
    }

    /// Lets it hold `bytes` of data at most. Beyond that the system refuses, and it aborts. Answers
    /// whether the kernel does that.
    pub fn limit_memory(&self, bytes: u64) -> bool {
        // The upper bound stays: only root could raise it again when more cameras come.
        let limit = Rlimit { current: Some(bytes), maximum: getrlimit(Resource::Data).maximum };
        let pid = self.process.pid();
        // A kernel that knows no such limit has other ends for a process that is too large.
        pid.is_some_and(|pid| prlimit(Some(pid), Resource::Data, limit).is_ok())
    }

    fn bury(&self, nonsense: Option<ProtocolError>) -> Death {
        if let Some(nonsense) = nonsense {
            self.kill(&nonsense.to_string(), &self.suspects());
        }
        // The socket closed, so it is ending. One that is not must not be waited for.
        let status = self.process.end();
        let (suspects, perhaps) = (self.suspects(), self.logbook.fresh_at_libavformat());
        let verdict = locked(&self.verdict);
        let was_asked_for = verdict.was_asked_to_stop;
        let nobody = Death { was_asked_for, ..Death::default() };
        let (mut death, status) = match (&verdict.killed, status) {
            (Some((cause, suspects, idle_for)), _) => {
                let cause = cause.clone();
                (Death { cause, suspects: suspects.clone(), idle_for: *idle_for, ..nobody }, None)
            }
            (None, Ok(Some(status))) => {
                (Death { cause: words(status), suspects, perhaps, ..nobody }, Some(status))
            }
            (None, Ok(None)) => {
                let cause = "it closed its line, was killed, and is not gone: the system holds it";
                (Death { cause: cause.to_owned(), ..nobody }, None)
            }
            (None, Err(error)) => (Death { cause: error.to_string(), ..nobody }, None),
        };
        if status.and_then(|status| status.signal()) == Some(Signal::KILL.as_raw()) {
            if oom_kills() > self.oom_kills {
                "it was killed because the machine was out of memory".clone_into(&mut death.cause);
            } else {
                // Somebody else killed it: no camera can do that.
                (death.suspects, death.perhaps) = (Vec::new(), None);
            }
        }
        death
    }

    fn suspects(&self) -> Vec<CameraNumber> {
        self.logbook.suspects()
    }
}

/// How many processes the system has killed for want of memory (man 5 proc, `vmstat`).
fn oom_kills() -> u64 {
    let text = std::fs::read_to_string("/proc/vmstat").unwrap_or_default();
    let mut lines = text.lines().filter_map(|line| line.strip_prefix("oom_kill "));
    lines.next().and_then(|count| count.parse().ok()).unwrap_or(0)
}

fn words(status: ExitStatus) -> String {
    const ABORT: i32 = Signal::ABORT.as_raw();
    const SEGV: i32 = Signal::SEGV.as_raw();
    const BUS: i32 = Signal::BUS.as_raw();
    match (status.signal(), status.code()) {
        (Some(SEGV | BUS), _) => "it crashed in a library".to_owned(),
        (Some(ABORT), _) => "it aborted: out of memory, or a fault of the program".to_owned(),
        (Some(signal), _) => format!("it was killed by signal {signal}"),
        (None, Some(0)) => "it ended by itself".to_owned(),
        (None, code) => format!("it ended with exit code {}", code.unwrap_or(-1)),
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
