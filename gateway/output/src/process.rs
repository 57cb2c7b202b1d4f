//! The gateway's side of a guard: started, told, listened to, and left alone to let go.

use std::io::{self, BufRead, BufReader, Write};
use std::os::unix::process::CommandExt;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::coils::Coils;
use crate::protocol::{Order, Report};

/// How often a guard that is to end is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// A guard that is at work, or was.
#[derive(Debug)]
pub(crate) struct GuardProcess {
    orders: Mutex<Option<ChildStdin>>,
    child: Mutex<Child>,
}

impl GuardProcess {
    /// Starts `command` as the guard of `coils`. `hear` is called with each report, and with `None` once
    /// it has ended, on a thread of its own.
    ///
    /// # Errors
    /// What the system says.
    pub(crate) fn spawn(
        mut command: Command,
        coils: &Coils,
        mut hear: impl FnMut(Option<Report>) + Send + 'static,
    ) -> io::Result<Arc<Self>> {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            // A Ctrl-C at the terminal is the gateway's to hear.
            .process_group(0)
            .spawn()?;
        let (orders, reports) = (child.stdin.take(), child.stdout.take());
        let guard = Arc::new(Self { orders: Mutex::new(orders), child: Mutex::new(child) });
        guard.tell(&Order::Guard(coils.clone()))?;
        let ended = Arc::clone(&guard);
        std::thread::Builder::new().name("guard".into()).spawn(move || {
            let lines = reports.map(BufReader::new).into_iter().flat_map(BufRead::lines);
            // What is no report is what a library has printed.
            let reports =
                lines.map_while(Result::ok).filter_map(|line| serde_json::from_str(&line).ok());
            reports.for_each(|report| hear(Some(report)));
            // Its place in the system's table is given back.
            let _status = ended.child.lock().unwrap_or_else(PoisonError::into_inner).wait();
            hear(None);
        })?;
        Ok(guard)
    }

    /// Gives it an order.
    ///
    /// # Errors
    /// It is gone.
    pub(crate) fn tell(&self, order: &Order) -> io::Result<()> {
        let mut orders = self.orders.lock().unwrap_or_else(PoisonError::into_inner);
        let mut line = serde_json::to_string(order)?;
        line.push('\n');
        let orders = orders.as_mut().ok_or(io::ErrorKind::BrokenPipe)?;
        orders.write_all(line.as_bytes())
    }

    /// Tells it nothing any more: it lets go, and ends.
    pub(crate) fn leave(&self) {
        drop(self.orders.lock().unwrap_or_else(PoisonError::into_inner).take());
    }

    /// Ends it at once, as a fault would.
    #[cfg(test)]
    pub(crate) fn kill(&self) {
        let mut child = self.child.lock().unwrap_or_else(PoisonError::into_inner);
        child.kill().expect("it is ours");
    }

    /// Whether it has ended by `deadline`. One that cannot let go tries on without us.
    pub(crate) fn ends_by(&self, deadline: Instant) -> bool {
        loop {
            let mut child = self.child.lock().unwrap_or_else(PoisonError::into_inner);
            if !matches!(child.try_wait(), Ok(None)) {
                return true;
            }
            drop(child);
            if Instant::now() >= deadline {
                return false;
            }
            std::thread::sleep(LOOK_EVERY);
        }
    }
}
