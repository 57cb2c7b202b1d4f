//! What alerts may move: the desk of the outputs, and what it needs of the rest.

use std::os::unix::process::CommandExt as _;
use std::process::Command;

use delivery::StatusBoard;
use intake::DeviceState;
use ledger::{HistoryEntry, Ledger};
use output::{Desk, Note, Outlets, OutputStatus};
use runtime::utc_now;
use tracing::error;

use crate::analysis::DeviceList;
use crate::config::Config;
use crate::exit::{self, Stopped};

/// The kind of an output's entries in the history.
const HISTORY_KIND: &str = "output";

/// A guard sees of the environment what it needs to log and to find libraries: all else may be a secret.
const ENVIRONMENT: [&str; 3] = ["RUST_LOG", "LD_LIBRARY_PATH", "TZ"];

/// The desk, without any output yet.
///
/// # Errors
/// If the system gives no thread.
pub(super) fn desk(
    config: &Config,
    ledger: &Ledger,
    (board, devices): (&StatusBoard, &DeviceList),
) -> Result<Desk, Stopped> {
    let (noted, shown, withdrawn) = (ledger.clone(), board.clone(), board.clone());
    let devices = devices.clone();
    let outlets = Outlets {
        note: Box::new(move |note| keep(&noted, note)),
        show: Box::new(move |status| show(&shown, status)),
        withdraw: Box::new(move |id| withdrawn.withdraw_output(id)),
        unheard: Box::new(move |id| unheard(&devices, id)),
        guard: Box::new(guard),
    };
    Desk::start(outlets, &config.storage.fire_file())
        .map_err(|error| Stopped::new(exit::FAULT, error))
}

fn keep(ledger: &Ledger, note: &Note) -> Result<(), String> {
    let entry = HistoryEntry {
        kind: HISTORY_KIND.to_owned(),
        subject: note.alert_id.clone(),
        at_micros: utc_now().unix_micros(),
        body: serde_json::to_vec(note).map_err(|error| error.to_string())?,
    };
    ledger.note(&entry, &[]).map(drop).map_err(|error| error.to_string())
}

fn show(board: &StatusBoard, status: &OutputStatus) {
    match serde_json::to_vec(status) {
        Ok(payload) => board.post_output(&status.id, payload),
        Err(error) => error!(output = status.id, %error, "its status cannot be written; report it"),
    }
}

fn unheard(devices: &DeviceList, id: &str) -> Option<String> {
    match devices.health(id).map(|health| health.get().state) {
        Some(DeviceState::Online) => None,
        Some(DeviceState::Connecting) => Some("it was not heard yet".to_owned()),
        Some(DeviceState::Offline { reason } | DeviceState::Refused { reason }) => Some(reason),
        None => Some("it is not configured".to_owned()),
    }
}

fn guard() -> Command {
    let mut command = Command::new("/proc/self/exe");
    command.env_clear().arg0("gridwhistle").arg("guard");
    command.envs(ENVIRONMENT.iter().filter_map(|name| Some((name, std::env::var_os(name)?))));
    command
}
