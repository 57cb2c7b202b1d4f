//! From what was typed to the sub-command that does it.

use std::io::Write;
use std::process::ExitCode;

use clap::error::ErrorKind;

use super::entry::Entry;
use crate::exit::{self, Stopped};

/// Every sub-command, in the order of the help.
const SUBCOMMANDS: [Entry; 10] = [
    Entry::of::<super::run::Run>(),
    Entry::of::<super::check::Check>(),
    Entry::of::<super::probe::Probe>(),
    Entry::of::<super::calibrate::Calibrate>(),
    Entry::of::<super::retune::Retune>(),
    Entry::of::<super::ledger::Ledger>(),
    Entry::of::<super::verify::Verify>(),
    Entry::of::<super::key::Key>(),
    Entry::of::<super::schema::Schema>(),
    Entry::of::<super::eye::Eye>(),
];

/// Does what `gridwhistle` was told on its command line.
#[must_use]
pub fn main() -> ExitCode {
    let typed = match syntax().try_get_matches() {
        Ok(typed) => typed,
        Err(error) => return usage(&error),
    };
    runtime::install_logging();
    let Some((name, arguments)) = typed.subcommand() else { return ExitCode::from(exit::USAGE) };
    let chosen = SUBCOMMANDS.iter().find(|entry| (entry.syntax)().get_name() == name);
    match chosen.map_or(Ok(()), |entry| (entry.run)(arguments)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(stopped) => fail(&stopped),
    }
}

fn syntax() -> clap::Command {
    clap::Command::new("gridwhistle")
        .version(env!("CARGO_PKG_VERSION"))
        .about(env!("CARGO_PKG_DESCRIPTION"))
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommands(SUBCOMMANDS.iter().map(|entry| (entry.syntax)()))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_syntax_is_sound() {
        syntax().debug_assert();
    }
}
