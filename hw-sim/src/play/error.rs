//! Why a play cannot begin or go on.

use std::path::PathBuf;

use crate::camera::clip::ClipError;
use crate::camera::error::ServerError;
use crate::camera::quirk::encoding::EncodingError;
use crate::centre::broker_link::BrokerLinkError;
use crate::compose::error::ComposeError;
use crate::mqtt::PemError;

/// Why a play cannot begin or go on.
#[derive(Debug, thiserror::Error)]
pub enum PlayError {
    /// A file or folder of the play cannot be read or written.
    #[error("{}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// Certificates cannot be made.
    #[error("cannot make certificates in {}: {source}", path.display())]
    Certificate {
        /// The folder.
        path: PathBuf,
        /// Why.
        source: rcgen::Error,
    },
    /// Another program listens on the port.
    #[error(
        "port {port} is taken: end the program that listens on it (`ss -ltnp`), or choose another port"
    )]
    PortTaken {
        /// TCP port on 127.0.0.1.
        port: u16,
    },
    /// A camera's clip cannot be encoded as its quirk asks.
    #[error(transparent)]
    Encoding(#[from] EncodingError),
    /// Mosquitto is not installed.
    #[error("mosquitto is not installed: `apt-get install mosquitto`")]
    NoMosquitto,
    /// nats-server is not installed.
    #[error("nats-server is not installed: `apt-get install nats-server`")]
    NoNats,
    /// A program of the play cannot be started.
    #[error("cannot start {program}: {source}")]
    Start {
        /// The program.
        program: String,
        /// Why.
        source: std::io::Error,
    },
    /// A program of the play ended by itself.
    #[error("{program} ended by itself ({status}); the end of {} says:\n{tail}", log.display())]
    Ended {
        /// The program.
        program: String,
        /// Exit status in words.
        status: String,
        /// Its log.
        log: PathBuf,
        /// The last lines of its log.
        tail: String,
    },
    /// A program of the play did not end as it should after SIGTERM.
    #[error("{program} {how} after SIGTERM; see {}", log.display())]
    Unclean {
        /// The program.
        program: String,
        /// What it did instead, in words.
        how: String,
        /// Its log.
        log: PathBuf,
    },
    /// A program of the play cannot be signalled, or waited for.
    #[error("cannot end {program}: {source}")]
    End {
        /// The program.
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
        source: ClipError,
    },
    /// A composed clip cannot be made.
    #[error(transparent)]
    Compose(#[from] ComposeError),
    /// The cameras cannot be served.
    #[error(transparent)]
    Server(#[from] ServerError),
    /// The terminal cannot be written.
    #[error("cannot write to the terminal: {0}")]
    Terminal(#[from] std::io::Error),
    /// The broker runs, but grants no subscription.
    #[error("the broker on port {port} grants no subscription; its answer is above")]
    NoSubscription {
        /// TCP port on 127.0.0.1.
        port: u16,
    },
    /// The case centre cannot connect to the broker.
    #[error("the case centre: {0}")]
    Centre(#[from] BrokerLinkError),
    /// A certificate of the judge cannot be read.
    #[error(transparent)]
    Pem(#[from] PemError),
}
