//! The command line.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

/// Simulated cameras, and an independent judge of the alerts that a gateway raises over them.
#[derive(Debug, Parser)]
#[command(name = "hw-sim", version)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Serve the cameras of a scenario until Ctrl-C
    Serve(Serve),
    /// Print alerts as a person would read them, until Ctrl-C
    Watch(Watch),
    /// Make an authority and the certificates of a broker and a gateway
    Certificates {
        /// Folder to write them to
        folder: PathBuf,
    },
    /// Play a scenario before the real gateway, and hold its alerts against the truth
    ///
    /// Exit code 0: they agree. 1: they differ. 2: it could not be played.
    Play(Play),
}

#[derive(Debug, Args)]
pub(crate) struct Serve {
    /// Scenario file
    pub(crate) scenario: PathBuf,
    /// Folder of the clips
    #[arg(long)]
    pub(crate) media: PathBuf,
    /// Address to serve on
    #[arg(long, default_value = "127.0.0.1:18554")]
    pub(crate) listen: SocketAddr,
}

#[derive(Debug, Args)]
pub(crate) struct Watch {
    /// mqtts://HOST:PORT
    #[arg(long, default_value = "mqtts://localhost:18883")]
    pub(crate) broker: url::Url,
    /// PEM file of the authority that signed the broker's certificate
    #[arg(long)]
    pub(crate) ca: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct Play {
    /// Scenario file
    pub(crate) scenario: PathBuf,
    /// Folder of the clips
    #[arg(long)]
    pub(crate) media: PathBuf,
    /// The gateway's program
    #[arg(long)]
    pub(crate) gateway: PathBuf,
    /// Its config folder
    #[arg(long)]
    pub(crate) config: PathBuf,
    /// Folder for certificates, the broker's store and logs
    #[arg(long)]
    pub(crate) work: PathBuf,
    /// Stay up after the table until Ctrl-C
    #[arg(long)]
    pub(crate) keep: bool,
    /// Port of the broker
    #[arg(long, default_value_t = 18883)]
    pub(crate) broker_port: u16,
    /// Port of the cameras
    #[arg(long, default_value_t = 18554)]
    pub(crate) camera_port: u16,
    /// Port of the gateway's page, as its config has it
    #[arg(long, default_value_t = 18080)]
    pub(crate) page_port: u16,
}
