//! A play: broker, cameras and the real gateway on this machine, and the judge before them.

mod broker;
mod cameras;
mod centre;
mod certificates;
mod gateway;
mod load_broker;
mod nats;
mod performance;
mod ports;
mod process;
mod stage;

pub use broker::Broker;
pub use cameras::Cameras;
pub use certificates::{Certificates, GATEWAY};
pub use gateway::Gateway;
pub use load_broker::LoadBroker;
pub use nats::NatsCluster;
pub use performance::{Performance, perform};
pub use ports::unused_port;
pub use stage::{Ports, Production, Stage, Watched};

use std::path::PathBuf;

/// Why a play cannot begin or go on.
#[derive(Debug, thiserror::Error)]
pub enum PlayError {
    /// A file or folder of the play.
    #[error("{}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// rcgen refuses.
    #[error("cannot make certificates in {}: {source}", path.display())]
    Certificate {
        /// The folder.
        path: PathBuf,
        /// Why.
        source: rcgen::Error,
    },
    /// Another program listens there.
    #[error(
        "port {port} is taken: end the program that listens on it (`ss -ltnp`), or choose another port"
    )]
    PortTaken {
        /// TCP port on 127.0.0.1.
        port: u16,
    },
    /// No Mosquitto on this machine.
    #[error("mosquitto is not installed: `apt-get install mosquitto`")]
    NoMosquitto,
    /// No NATS on this machine.
    #[error("nats-server is not installed: `apt-get install nats-server`")]
    NoNats,
    /// A program of the play cannot be started.
    #[error("cannot start {program}: {source}")]
    Start {
        /// What was tried.
        program: String,
        /// Why.
        source: std::io::Error,
    },
    /// A program of the play ended by itself.
    #[error("{program} ended by itself ({status}); the end of {} says:\n{tail}", log.display())]
    Ended {
        /// Which.
        program: String,
        /// Exit status in words.
        status: String,
        /// Its log.
        log: PathBuf,
        /// The last lines of it.
        tail: String,
    },
    /// A program of the play did not end on SIGTERM as it should.
    #[error("{program}, told to end by SIGTERM, {how}; see {}", log.display())]
    Unclean {
        /// Which.
        program: String,
        /// What it did instead, in words.
        how: String,
        /// Its log.
        log: PathBuf,
    },
    /// A program of the play cannot be told to end, or waited for.
    #[error("cannot end {program}: {source}")]
    End {
        /// Which.
        program: String,
        /// Why.
        source: std::io::Error,
    },
    /// The broker did not accept connections in time.
    #[error("the broker on port {port} does not accept connections; see {}", log.display())]
    BrokerSilent {
        /// TCP port on 127.0.0.1.
        port: u16,
        /// Its log.
        log: PathBuf,
    },
    /// A clip cannot be played.
    #[error("camera {camera}: {source}")]
    Clip {
        /// The camera whose clip it is.
        camera: String,
        /// Why.
        source: crate::camera::ClipError,
    },
    /// A composed clip cannot be made.
    #[error(transparent)]
    Compose(#[from] crate::compose::ComposeError),
    /// The cameras cannot be served.
    #[error(transparent)]
    Server(#[from] crate::camera::ServerError),
    /// What is to be seen cannot be shown.
    #[error("cannot write to the terminal: {0}")]
    Terminal(#[from] std::io::Error),
    /// The broker runs, but grants no subscription.
    #[error("the broker on port {port} grants no subscription; what it said is above")]
    Deaf {
        /// TCP port on 127.0.0.1.
        port: u16,
    },
    /// The case centre has no line.
    #[error("the case centre: {0}")]
    Centre(#[from] crate::centre::LineError),
    /// The judge cannot listen.
    #[error(transparent)]
    Subscriber(#[from] crate::judge::SubscriberError),
}
