//! The guard: a process that holds one output's coils, and lets go of them whatever becomes of the gateway.

mod hands;

use std::io::{self, BufRead, Write};

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc;

use crate::protocol::{Order, Report};
use hands::Hands;

/// Orders that wait while one is carried out.
const MOST_ORDERS: usize = 16;

/// Does what `orders` say until they end, and then lets go. SIGTERM and SIGINT are such an end, too: a
/// service that is stopped tells all of its processes at once.
///
/// # Errors
/// If the first order cannot be read, or the system gives no thread.
pub fn serve(orders: impl BufRead + Send + 'static, reports: impl Write) -> io::Result<()> {
    let mut lines = orders.lines();
    let begin = lines.next().ok_or(io::ErrorKind::UnexpectedEof)??;
    let Ok(Order::Guard(coils)) = serde_json::from_str(&begin) else {
        return Err(io::Error::other(
            "the first order is to guard something; the gateway gives it",
        ));
    };
    let (sender, heard) = mpsc::channel(MOST_ORDERS);
    std::thread::Builder::new().name("orders".into()).spawn(move || {
        for line in lines.map_while(Result::ok) {
            let Ok(order) = serde_json::from_str(&line) else { break };
            if sender.blocking_send(order).is_err() {
                break;
            }
        }
    })?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let mut terminate = signal(SignalKind::terminate())?;
        let mut interrupt = signal(SignalKind::interrupt())?;
        let stop = async move {
            tokio::select! { _ = terminate.recv() => {} _ = interrupt.recv() => {} }
        };
        Hands::new(coils, told_to(reports)).hold(heard, stop).await;
        Ok(())
    })
}

/// Nobody may be there any more to whom it is told.
fn told_to(mut reports: impl Write) -> impl FnMut(Report) {
    move |report| {
        let mut line = serde_json::to_string(&report).unwrap_or_default();
        line.push('\n');
        let told = reports.write_all(line.as_bytes()).and_then(|()| reports.flush());
        drop(told);
    }
}
