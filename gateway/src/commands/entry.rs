//! What a sub-command is: its arguments, and what it does with them.

use std::io::Write;

use clap::{ArgMatches, Parser};

use crate::exit::{self, Stopped};

/// A sub-command: a struct of its arguments, whose doc comment is its help.
pub(super) trait Subcommand: Parser {
    /// Does what was asked for.
    ///
    /// # Errors
    /// [`Stopped`], with the exit code that scripts rely on.
    fn run(self) -> Result<(), Stopped>;
}

/// A line in the list of sub-commands.
pub(super) struct Entry {
    /// How it is written on the command line.
    pub(super) syntax: fn() -> clap::Command,
    /// Does it, with the arguments that were written.
    pub(super) run: fn(&ArgMatches) -> Result<(), Stopped>,
}

impl Entry {
    /// The entry of a sub-command.
    pub(super) const fn of<C: Subcommand>() -> Self {
        let run = |arguments: &ArgMatches| {
            let arguments = C::from_arg_matches(arguments);
            arguments.map_err(|error| Stopped::new(exit::USAGE, error))?.run()
        };
        Self { syntax: C::command, run }
    }
}

/// Writes to standard output, which may be a closed pipe.
pub(super) fn say(text: &str) -> Result<(), Stopped> {
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes())
        .and_then(|()| out.flush())
        .map_err(|error| Stopped::new(exit::FAULT, error))
}
