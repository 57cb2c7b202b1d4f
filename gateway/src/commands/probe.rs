//! `gridwhistle probe`: what a camera really sends, and what is wrong with it.

mod report;

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, anyhow};
use camera::{Credentials, Transport};
use clap::Parser;
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use url::Url;

use super::entry::{Subcommand, say};
use crate::assembly;
use crate::exit::{self, Stopped};

/// Play a camera for ten seconds and say what it sends and what is wrong.
#[derive(Debug, Parser)]
#[command(name = "probe")]
pub(super) struct Probe {
    /// rtsp:// address, without user and password.
    url: Url,
    /// User name for digest authentication.
    #[arg(long, requires = "password_file")]
    user: Option<String>,
    /// File that holds the password.
    #[arg(long, requires = "user")]
    password_file: Option<PathBuf>,
    /// How RTP travels.
    #[arg(long, default_value = "tcp", value_parser = transport())]
    transport: Transport,
    /// How long to watch.
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=3600))]
    secs: u64,
}

fn transport() -> impl TypedValueParser<Value = Transport> {
    PossibleValuesParser::new([
        PossibleValue::new("tcp").help("Interleaved in the RTSP connection"),
        PossibleValue::new("udp").help("Datagrams"),
    ])
    .map(|word| if word == "udp" { Transport::Udp } else { Transport::Tcp })
}

impl Subcommand for Probe {
    fn run(self) -> Result<(), Stopped> {
        let Self { url, user, password_file, transport, secs } = self;
        let credentials = match (user, password_file) {
            (Some(user), Some(file)) => Some(Credentials { user, password: password(&file)? }),
            _ => None,
        };
        if url.scheme() != "rtsp" || !url.username().is_empty() || url.password().is_some() {
            let expected = "expected rtsp://host[:port]/path; user and password go into --user \
                            and --password-file";
            return Err(Stopped::new(exit::USAGE, anyhow!("{expected}")));
        }
        camera::init_libav().map_err(|error| Stopped::new(exit::FAULT, error))?;
        let address = url.to_string();
        let settings =
            camera::Settings { transport, credentials, ..camera::Settings::new("probe", url) };
        let runtime = assembly::main_runtime()?;
        let report = runtime.block_on(report::probe(&settings, Duration::from_secs(secs)));
        runtime.shutdown_background();
        say(&report
            .map_err(|error| Stopped::new(exit::UNAVAILABLE, anyhow!("{address}: {error}")))?)
    }
}

fn password(file: &Path) -> Result<String, Stopped> {
    // Not by `filing::first_line`: what is named on the command line may be a pipe.
    let line = std::fs::read(file).and_then(filing::text_of);
    line.and_then(|text| filing::first_line_of(&text))
        .with_context(|| format!("cannot read the password file {}", file.display()))
        .map_err(|cause| Stopped::new(exit::NO_INPUT, cause))
}
