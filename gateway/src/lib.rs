//! The gateway: the parts behind the `gridwhistle` command.

mod analysis;
mod assembly;
mod audit;
mod calibrate;
pub mod casework;
mod cli;
mod config;
pub mod evidence;
pub mod northbound;
mod operator;
mod probe;
mod retune;
mod signature;

use std::io::Write;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use clap::error::ErrorKind;

use crate::assembly::{Stopped, exit};
use crate::cli::{Cli, Command, LedgerCommand, ProbeTransport, SchemaFile};

/// The command line: what `gridwhistle` was told to do, done.
#[must_use]
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return usage(&error),
    };
    runtime::install_logging();
    let done = match cli.command {
        Command::Run { config } => assembly::run(&config),
        Command::Check { config } => assembly::check(&config).and_then(|report| say(&report)),
        Command::Calibrate { camera } => {
            assembly::calibrate(&camera).and_then(|report| say(&report))
        }
        Command::Retune { camera, since, config, against } => {
            assembly::retune(&camera, since, &config, &against).and_then(|report| say(&report))
        }
        Command::Ledger { command: LedgerCommand::Verify { config, file } } => {
            assembly::verify_ledger(&config, file.as_deref()).and_then(|report| say(&report))
        }
        Command::Ledger { command: LedgerCommand::Export { config, alert, since } } => {
            assembly::export_ledger(&config, alert, since, &mut std::io::stdout().lock())
        }
        Command::Key { config } => assembly::public_key(&config).and_then(|pem| say(&pem)),
        Command::Verify { file, key, evidence } => {
            assembly::verify(&file, &key, evidence.as_deref()).and_then(|report| say(&report))
        }
        Command::Schema { file } => schema(file).and_then(|text| say(&text)),
        Command::Probe { url, user, password_file, transport, secs } => {
            let transport = match transport {
                ProbeTransport::Tcp => camera::Transport::Tcp,
                ProbeTransport::Udp => camera::Transport::Udp,
            };
            assembly::credentials(user, password_file)
                .and_then(|login| assembly::probe(url, transport, login, Duration::from_secs(secs)))
                .and_then(|report| say(&report))
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(stopped) => fail(&stopped),
    }
}

fn schema(file: SchemaFile) -> Result<String, Stopped> {
    let kind = match file {
        SchemaFile::Gateway => config::FileKind::Gateway,
        SchemaFile::Camera => config::FileKind::Camera,
        SchemaFile::Credentials => config::FileKind::Credentials,
        SchemaFile::City => config::FileKind::City,
        SchemaFile::Types => config::FileKind::Types,
        SchemaFile::Calendar => config::FileKind::Calendar,
        SchemaFile::Asyncapi => {
            let document = delivery::asyncapi().map_err(|e| Stopped::new(exit::FAULT, e))?;
            return Ok(format!("{document:#}\n"));
        }
    };
    Ok(config::schema_json(kind))
}

/// Standard output, which may be a closed pipe.
fn say(text: &str) -> Result<(), Stopped> {
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes())
        .and_then(|()| out.flush())
        .map_err(|error| Stopped::new(exit::FAULT, error))
}

fn fail(stopped: &Stopped) -> ExitCode {
    // Standard error may be closed too; the exit code still tells.
    drop(writeln!(std::io::stderr(), "gridwhistle: {:#}", stopped.cause));
    ExitCode::from(stopped.code)
}

fn usage(error: &clap::Error) -> ExitCode {
    let asked_for = matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion);
    drop(error.print());
    ExitCode::from(if asked_for { 0 } else { exit::USAGE })
}
