//! From what was typed to the sub-command that does it.

use std::process::ExitCode;

use clap::error::ErrorKind;

use runtime::without_error_numbers;

use super::entry::Entry;
use crate::exit::{self, Stopped};

/// Every sub-command, in the order of the help.
const SUBCOMMANDS: [Entry; 15] = [
    Entry::of::<super::run::Run>(),
    Entry::of::<super::check::Check>(),
    Entry::of::<super::probe::Probe>(),
    Entry::of::<super::discover::Discover>(),
    Entry::of::<super::import::Import>(),
    Entry::of::<super::approve::Approve>(),
    Entry::of::<super::calibrate::Calibrate>(),
    Entry::of::<super::retune::Retune>(),
    Entry::of::<super::ledger::Ledger>(),
    Entry::of::<super::dataset::Dataset>(),
    Entry::of::<super::verify::Verify>(),
    Entry::of::<super::key::Key>(),
    Entry::of::<super::schema::Schema>(),
    Entry::of::<super::eye::Eye>(),
    Entry::of::<super::guard::Guard>(),
];

/// Does what `gridwhistle` was told on its command line.
#[must_use]
pub fn main() -> ExitCode {
    let typed = match syntax().try_get_matches() {
        Ok(typed) => typed,
        Err(error) => return usage(&error),
    };
    runtime::install_logging();
    runtime::allow_many_files();
    let Some((name, arguments)) = typed.subcommand() else { return ExitCode::from(exit::USAGE) };
    let chosen = SUBCOMMANDS.iter().find(|entry| (entry.syntax)().get_name() == name);
    let code = match chosen.map_or(Ok(()), |entry| (entry.run)(arguments)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(stopped) => fail(&stopped),
    };
    runtime::drain_log();
    code
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
    runtime::tell_starter(&format!("gridwhistle: {}", told(&stopped.cause)));
    ExitCode::from(stopped.code)
}

/// An error with its causes, except those that it names itself.
fn told(error: &anyhow::Error) -> String {
    let told = error.chain().map(ToString::to_string).reduce(|told, cause| {
        if told.contains(&cause) { told } else { format!("{told}: {cause}") }
    });
    without_error_numbers(&told.unwrap_or_default()).into_owned()
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

    #[test]
    fn each_cause_is_told_once_and_without_its_number() {
        let taken = || std::io::Error::from_raw_os_error(98);
        let named =
            anyhow::Error::new(taken()).context(format!("cannot listen ({}); change it", taken()));
        assert_eq!(told(&named), "cannot listen (Address already in use); change it");
        let bare = anyhow::Error::new(taken()).context("cannot listen");
        assert_eq!(told(&bare), "cannot listen: Address already in use");
    }
}
