//! The command line: what a technician or a service manager types.

use std::path::PathBuf;

use clap::{Parser, Subcommand, ValueEnum};
use url::Url;

/// Edge gateway for grid-based city management (网格哨).
#[derive(Debug, Parser)]
#[command(name = "gridwhistle", version, about)]
pub(crate) struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// The sub-commands.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Watch the cameras and publish alerts until stopped.
    Run {
        /// Folder with gateway.toml and cameras/*.toml.
        #[arg(long, default_value = "config")]
        config: PathBuf,
    },
    /// Check a configuration folder and name every fault by file and line.
    Check {
        /// Folder with gateway.toml and cameras/*.toml.
        #[arg(long, default_value = "config")]
        config: PathBuf,
    },
    /// Play a camera for ten seconds and say what it sends and what is wrong.
    Probe {
        /// rtsp:// address, without user and password.
        url: Url,
        /// User name for digest authentication.
        #[arg(long, requires = "password_file")]
        user: Option<String>,
        /// File that holds the password.
        #[arg(long, requires = "user")]
        password_file: Option<PathBuf>,
        /// How RTP travels.
        #[arg(long, value_enum, default_value_t = ProbeTransport::Tcp)]
        transport: ProbeTransport,
        /// How long to watch.
        #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=3600))]
        secs: u64,
    },
    /// Fit a camera's ground plane to the points of its file and say how well they agree.
    Calibrate {
        /// The camera's file, such as config/cameras/cam-01.toml.
        #[arg(long, value_name = "FILE")]
        camera: PathBuf,
    },
    /// Print the JSON Schema of a configuration file, for editors.
    Schema {
        /// Which file.
        #[arg(value_enum)]
        file: SchemaFile,
    },
}

/// `--transport` of `probe`.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum ProbeTransport {
    /// Interleaved in the RTSP connection.
    Tcp,
    /// Datagrams.
    Udp,
}

/// Argument of `schema`.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum SchemaFile {
    /// gateway.toml
    Gateway,
    /// cameras/*.toml
    Camera,
    /// The file that a camera's `credentials_file` names.
    Credentials,
    /// city.toml of a city's folder
    City,
    /// types.toml of a city's folder
    Types,
    /// calendar.toml of a city's folder
    Calendar,
}
