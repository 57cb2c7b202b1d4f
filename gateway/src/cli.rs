//! The command line: what a technician or a service manager types.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Parser, Subcommand, ValueEnum};
use jiff::Timestamp;
use scene::CaptureTime;
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
    /// Judge changed rules on what a camera really saw: which alerts come, which go.
    Retune {
        /// The camera's id.
        #[arg(long)]
        camera: String,
        /// From when on: 7d, 12h or 90m ago, or a time such as 2026-07-15T08:00:00+08:00.
        #[arg(long, default_value = "7d", value_parser = since)]
        since: Since,
        /// Folder with the changed rules; its `[storage]` says where the observations are.
        #[arg(long)]
        config: PathBuf,
        /// Folder with the rules in force.
        #[arg(long, default_value = "config")]
        against: PathBuf,
    },
    /// Look into the history of alerts, cases and commands; the gateway may be running.
    Ledger {
        /// What to do with it.
        #[command(subcommand)]
        command: LedgerCommand,
    },
    /// Verify an alert: whether it is as the gateway signed it, and its evidence too.
    ///
    /// Ends with 0 if so, with 65 if not, with 66 if a file cannot be read.
    Verify {
        /// The alert, as it was received.
        file: PathBuf,
        /// The gateway's public key (PEM), as `gridwhistle key` prints it.
        #[arg(long, value_name = "FILE")]
        key: PathBuf,
        /// Folder with the evidence, each file named by its sha256, to be held to the alert.
        #[arg(long, value_name = "DIR")]
        evidence: Option<PathBuf>,
    },
    /// Print the public key by which others verify this gateway's alerts; made if there is none.
    Key {
        /// Folder with gateway.toml and cameras/*.toml.
        #[arg(long, default_value = "config")]
        config: PathBuf,
    },
    /// Print the JSON Schema of a configuration file, for editors, or the AsyncAPI document of the
    /// MQTT topics, for whoever subscribes.
    Schema {
        /// Which one.
        #[arg(value_enum)]
        file: SchemaFile,
    },
}

/// The sub-commands of `ledger`.
#[derive(Debug, Subcommand)]
pub(crate) enum LedgerCommand {
    /// Say whether every entry is as it was recorded and none is missing, or which is not.
    Verify {
        /// Folder whose `[storage]` says where the ledger is.
        #[arg(long, default_value = "config")]
        config: PathBuf,
        /// Look at what `ledger export` wrote instead.
        #[arg(long, value_name = "FILE", conflicts_with = "config")]
        file: Option<PathBuf>,
    },
    /// Print the entries, one line of JSON for each.
    Export {
        /// Folder whose `[storage]` says where the ledger is.
        #[arg(long, default_value = "config")]
        config: PathBuf,
        /// Only what concerns this alert.
        #[arg(long, value_name = "ID")]
        alert: Option<String>,
        /// Only what happened since: 7d, 12h or 90m ago, or a time such as
        /// 2026-07-15T08:00:00+08:00.
        #[arg(long, value_parser = since)]
        since: Option<Since>,
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
    /// The MQTT topics and their messages (AsyncAPI 3.0)
    Asyncapi,
}

/// `--since` of `retune` and `ledger export`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Since {
    /// So long before now.
    Ago(Duration),
    /// From then on.
    At(CaptureTime),
}

fn since(text: &str) -> Result<Since, String> {
    let span = || {
        let (unit, secs) = [('d', 86_400), ('h', 3600), ('m', 60)]
            .into_iter()
            .find(|(unit, _)| text.ends_with(*unit))?;
        let count = text.strip_suffix(unit)?.parse::<u32>().ok()?;
        Some(Since::Ago(Duration::from_secs(u64::from(count) * secs)))
    };
    let time = || {
        let at = text.parse::<Timestamp>().ok()?;
        Some(Since::At(CaptureTime::from_unix_micros(at.as_microsecond())))
    };
    let expected = "expected a span such as 7d, 12h or 90m, or a time such as \
                    2026-07-15T08:00:00+08:00";
    span().or_else(time).ok_or_else(|| expected.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_or_a_time_says_since_when() {
        let ago = |secs| Ok(Since::Ago(Duration::from_secs(secs)));
        assert_eq!(since("7d"), ago(604_800));
        assert_eq!((since("12h"), since("90m")), (ago(43_200), ago(5400)));
        let at = CaptureTime::from_unix_micros(1_784_073_600_000_000);
        assert_eq!(since("2026-07-15T08:00:00+08:00"), Ok(Since::At(at)));
        for wrong in ["", "7", "d", "-7d", "7 days", "1.5h", "2026-07-15", "2026-07-15T08:00:00"] {
            assert!(since(wrong).is_err(), "{wrong}");
        }
    }
}
