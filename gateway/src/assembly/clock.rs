//! Watches the wall clock, and tells when it was set.

use std::time::Duration;

use delivery::{ClockNews, StatusBoard};
use runtime::{ClockState, clock_state, metrics};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Shows on the status topic whether the clock is believed and when it was set, until `shutdown`.
pub(super) async fn watch(board: StatusBoard, shutdown: CancellationToken) {
    let mut shown = None;
    loop {
        let state = clock_state();
        if shown != Some(state) {
            tell(state, shown);
            board.announce_clock(&ClockNews::of(state));
            shown = Some(state);
        }
        tokio::select! {
            () = shutdown.cancelled() => return,
            () = tokio::time::sleep(LOOK_EVERY) => {}
        }
    }
}

fn tell(state: ClockState, shown: Option<ClockState>) {
    metrics::clock_believed(state.believed);
    if let Some((_, by_secs)) = state.set.filter(|_| shown.is_some_and(|it| it.set != state.set)) {
        metrics::clock_set();
        warn!(by_secs, "the clock of this machine was set; nothing is removed for six hours");
    }
    match (state.believed, shown.is_none_or(|it| it.believed)) {
        (false, true) => warn!(
            "the clock of this machine is not believed: alerts say so until it is right. Look after \
             its time service (NTP) or its battery"
        ),
        (true, false) => info!("the clock of this machine is believed again; alerts are corrected"),
        _ => {}
    }
}
