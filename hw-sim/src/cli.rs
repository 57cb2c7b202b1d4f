//! The command line.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

/// Simulated cameras, and an independent judge of the alerts that a gateway raises
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
    /// List what simulated cameras can do otherwise than the standards say, or serve one camera for
    /// each
    ///
    /// Cameras that ask for a password have the user `guard` with the password `gate 7`.
    Quirks(Quirks),
    /// Print alerts in words until Ctrl-C
    Watch(Watch),
    /// Make an authority and certificates for a broker and a gateway
    Certificates {
        /// Folder to write them to
        folder: PathBuf,
    },
    /// Play a scenario to the real gateway, and compare its alerts with the truth
    ///
    /// Exit code 0: they agree. 1: they differ. 2: it could not be played. 130: it was interrupted.
    Play(Play),
    /// Run the case centre: open a case for each alert and send feedback to the gateways
    ///
    /// Ends with a report after `--duration` or at Ctrl-C. Exit code 1: a gateway left feedback
    /// unanswered, or one of its answers was wrong.
    Centre(Box<Centre>),
    /// Make composed scenes and print their paths
    ///
    /// A composed scene is a recorded street with still objects cut from photographs, or faults of
    /// the camera, laid in from one second to another. `play`, `score` and `serve` make the scenes of
    /// their scenarios themselves. The file's name and metadata say that it is composed.
    Compose(Compose),
    /// Play scenarios one after the other and add up their scores by incident type
    ///
    /// The config of `street.toml` is the folder `street` beside it.
    ///
    /// An alert is due when what a truth describes has lasted for its dwell. An alert is a
    /// hit if a truth has the same camera, zone and incident type, and the alert was opened, by the
    /// camera's clock, within the truth's tolerance of that moment. A truth has at most one hit. A
    /// second alert for it is false, and so is an alert without a truth or outside the tolerance. A
    /// truth without a hit is missed, unless the play or the truth ended within the tolerance.
    ///
    /// Precision is the share of hits among all alerts, recall the share of hits among all truths.
    /// The means are over incident types. `late` is the time from the moment an alert was due to the
    /// picture that fulfilled the rule.
    ///
    /// A play is not `sound` if the gateway lost a camera, or said that it could not analyse it as
    /// its rules ask. Such a play proves nothing.
    ///
    /// Exit codes are those of `play`; 1 also if a play is not sound.
    Score(ScoreRun),
}

#[derive(Debug, Args)]
pub(crate) struct Compose {
    /// Composition files
    #[arg(required = true)]
    pub(crate) compositions: Vec<PathBuf>,
    /// Folder of the recorded clips and photographs
    #[arg(long)]
    pub(crate) media: PathBuf,
    /// Folder to write to
    #[arg(long)]
    pub(crate) out: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct ScoreRun {
    /// Scenario files
    #[arg(required = true)]
    pub(crate) scenarios: Vec<PathBuf>,
    /// Also write the score as JSON to this file
    #[arg(long)]
    pub(crate) json: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) environment: Environment,
}

/// The folders, programs and ports of a play.
#[derive(Debug, Clone, Args)]
pub(crate) struct Environment {
    /// Folder of the clips
    #[arg(long)]
    pub(crate) media: PathBuf,
    /// The gateway's program
    #[arg(long)]
    pub(crate) gateway: PathBuf,
    /// Folder for certificates, the broker's store and logs; `broker`, `state` and `gateway.log` of an
    /// earlier play are removed from it
    #[arg(long)]
    pub(crate) work: PathBuf,
    /// Port of the broker
    #[arg(long, default_value_t = 18883)]
    pub(crate) broker_port: u16,
    /// Port of the cameras
    #[arg(long, default_value_t = 18554)]
    pub(crate) camera_port: u16,
    /// Port of the gateway's page; its config must say the same
    #[arg(long, default_value_t = 18080)]
    pub(crate) page_port: u16,
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
pub(crate) struct Quirks {
    /// Serve one camera for each quirk on this address until Ctrl-C, instead of listing them
    #[arg(long, requires = "media")]
    pub(crate) serve: Option<SocketAddr>,
    /// Folder of the clips
    #[arg(long)]
    pub(crate) media: Option<PathBuf>,
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
pub(crate) struct Centre {
    /// Profile of the city, such as hw-sim/centre/demo.toml
    #[arg(long)]
    pub(crate) profile: PathBuf,
    /// mqtts://HOST:PORT
    #[arg(long, default_value = "mqtts://localhost:18883")]
    pub(crate) broker: url::Url,
    /// PEM file of the authority that signed the broker's certificate
    #[arg(long)]
    pub(crate) ca: PathBuf,
    /// PEM file of our certificate, if the broker asks for one
    #[arg(long, requires = "key")]
    pub(crate) cert: Option<PathBuf>,
    /// PEM file of its key
    #[arg(long, requires = "cert")]
    pub(crate) key: Option<PathBuf>,
    /// Topic prefix of the gateways; a level may be `+`
    #[arg(long, default_value = "cg/v1/+/+/+/+")]
    pub(crate) prefix: String,
    /// How many times faster people work than the profile says
    #[arg(long, default_value_t = 1.0)]
    pub(crate) speed: f64,
    /// Seed of all random choices, instead of the profile's
    #[arg(long)]
    pub(crate) seed: Option<u64>,
    /// Address of the centre's pages and of its HTTP endpoint, which is like eGova's; without it, there
    /// is neither
    #[arg(long, requires_all = ["client_id", "client_secret_file", "sender_code"])]
    pub(crate) http: Option<SocketAddr>,
    /// The client that may ask for tokens at the HTTP endpoint
    #[arg(long, requires = "http")]
    pub(crate) client_id: Option<String>,
    /// File with the client's secret in its first line
    #[arg(long, requires = "http")]
    pub(crate) client_secret_file: Option<PathBuf>,
    /// The client's sender code
    #[arg(long, requires = "http")]
    pub(crate) sender_code: Option<String>,
    /// Seconds until the report; without it, until Ctrl-C
    #[arg(long)]
    pub(crate) duration: Option<f64>,
}

#[derive(Debug, Args)]
pub(crate) struct Play {
    /// Scenario file
    pub(crate) scenario: PathBuf,
    /// The gateway's config folder
    #[arg(long)]
    pub(crate) config: PathBuf,
    /// Stay up after the table until Ctrl-C
    #[arg(long)]
    pub(crate) keep: bool,
    #[command(flatten)]
    pub(crate) environment: Environment,
}
