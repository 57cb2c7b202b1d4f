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
    /// Exit code 0: they agree. 1: they differ. 2: it could not be played. 130: it was interrupted.
    Play(Play),
    /// Be the case centre: take alerts up as cases and tell the gateways what becomes of them
    ///
    /// Ends with a report after `--duration` or at Ctrl-C. Exit code 1: a gateway left a feedback
    /// unanswered or gave an answer that it must not give.
    Centre(Box<Centre>),
    /// Make composed scenes and print their paths
    ///
    /// A composed scene is a recorded street with still objects cut from photographs, or faults of
    /// the camera, laid in from one second to another. `play`, `score` and `serve` make those that
    /// their scenarios name by themselves. The file's name and metadata say that it is composed.
    Compose(Compose),
    /// Play scenarios one after the other and add up their scores by incident type
    ///
    /// The config of `street.toml` is the folder `street` beside it. An alert is a hit if a truth
    /// of the same camera, zone and incident type asks for it and the alert's opening, by the
    /// camera's clock, lies within the truth's tolerance of the moment at which the truth had stood
    /// for its dwell. Every truth is hit by one alert at most: a second one is false, as is one
    /// without a truth or outside of the tolerance. A truth without its alert is missed, unless the
    /// play or the truth ended so near to the moment that silence is right too.
    ///
    /// Precision is hits of all alerts, recall hits of all truths; the means are over incident
    /// types. `late` is from that moment to the picture that met the rule.
    ///
    /// A play in which the gateway said that it could not look at a camera as its rules ask, or lost
    /// it, is not `sound`: it proves nothing, whatever came.
    ///
    /// Exit codes as of `play`; 1 also if a play is not sound.
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
    /// Write the score as JSON to this file too
    #[arg(long)]
    pub(crate) json: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) house: House,
}

/// What every play takes place in.
#[derive(Debug, Clone, Args)]
pub(crate) struct House {
    /// Folder of the clips
    #[arg(long)]
    pub(crate) media: PathBuf,
    /// The gateway's program
    #[arg(long)]
    pub(crate) gateway: PathBuf,
    /// Folder for certificates, the broker's store and logs; what an earlier play left in its
    /// `broker`, `state` and `gateway.log` is removed
    #[arg(long)]
    pub(crate) work: PathBuf,
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
pub(crate) struct Centre {
    /// The city: a file of hw-sim/centre
    #[arg(long)]
    pub(crate) profile: PathBuf,
    /// mqtts://HOST:PORT
    #[arg(long, default_value = "mqtts://localhost:18883")]
    pub(crate) broker: url::Url,
    /// PEM file of the authority that signed the broker's certificate
    #[arg(long)]
    pub(crate) ca: PathBuf,
    /// PEM file of our certificate, where the broker asks for one
    #[arg(long, requires = "key")]
    pub(crate) cert: Option<PathBuf>,
    /// PEM file of its key
    #[arg(long, requires = "cert")]
    pub(crate) key: Option<PathBuf>,
    /// Topic prefix of the gateways; a level may be `+`
    #[arg(long, default_value = "cg/v1/+/+/+/+")]
    pub(crate) prefix: String,
    /// How many times faster its people work than the profile says
    #[arg(long, default_value_t = 1.0)]
    pub(crate) speed: f64,
    /// Another chance than the profile's
    #[arg(long)]
    pub(crate) seed: Option<u64>,
    /// Address of its page and of its HTTP door (eGova's shape); without it, neither
    #[arg(long, requires_all = ["client_id", "client_secret_file", "sender_code"])]
    pub(crate) http: Option<SocketAddr>,
    /// Who may ask for tokens at the HTTP door
    #[arg(long, requires = "http")]
    pub(crate) client_id: Option<String>,
    /// File with his secret in its first line
    #[arg(long, requires = "http")]
    pub(crate) client_secret_file: Option<PathBuf>,
    /// What the centre calls him
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
    pub(crate) house: House,
}
