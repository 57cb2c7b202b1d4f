//! An input that never comes to an end: it is written down, and the program ends.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

/// No input takes this long, on whatever machine.
const HANGS_AFTER: Duration = Duration::from_secs(20);

/// How often the clock is looked at.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// What is executed now.
#[derive(Debug, Default)]
struct Execution {
    input: Vec<u8>,
    began_at: Option<Instant>,
}

/// Watches the executions of one target. A thread that is in an endless loop can only be ended with
/// the whole program.
#[derive(Debug)]
pub(crate) struct HangWatch(Arc<Mutex<Execution>>);

impl HangWatch {
    /// Writes an input that hangs into `folder`.
    pub(crate) fn start(folder: &Path) -> Self {
        let execution = Arc::new(Mutex::new(Execution::default()));
        let (watched, path) = (Arc::downgrade(&execution), folder.join("hangs"));
        // It ends by itself when the target is done with.
        drop(std::thread::spawn(move || watch(&watched, &path)));
        Self(execution)
    }

    /// An execution begins.
    pub(crate) fn begin(&self, input: &[u8]) {
        let mut execution = locked(&self.0);
        execution.input.clear();
        execution.input.extend_from_slice(input);
        execution.began_at = Some(Instant::now());
    }

    /// It has ended.
    pub(crate) fn end(&self) {
        locked(&self.0).began_at = None;
    }
}

fn watch(watched: &Weak<Mutex<Execution>>, path: &PathBuf) {
    loop {
        std::thread::sleep(LOOK_EVERY);
        let Some(execution) = watched.upgrade() else { return };
        let execution = locked(&execution);
        if execution.began_at.is_some_and(|began_at| began_at.elapsed() > HANGS_AFTER) {
            tell_and_exit(&execution.input, path);
        }
    }
}

#[expect(clippy::print_stderr, reason = "the program ends here, and says why")]
fn tell_and_exit(input: &[u8], path: &PathBuf) -> ! {
    let folder = path.parent().unwrap_or(path);
    let written = std::fs::create_dir_all(folder).and_then(|()| std::fs::write(path, input));
    let secs = HANGS_AFTER.as_secs();
    match written {
        Ok(()) => eprintln!("an input has not come to an end for {secs} s: {}", path.display()),
        Err(error) => eprintln!("an input has not come to an end for {secs} s; not kept: {error}"),
    }
    std::process::exit(101);
}

fn locked(execution: &Mutex<Execution>) -> MutexGuard<'_, Execution> {
    execution.lock().unwrap_or_else(PoisonError::into_inner)
}
