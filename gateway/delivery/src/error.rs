//! What can keep messages from the broker, in words for the person who can act.

use std::io;
use std::path::PathBuf;

use ledger::LedgerError;

use crate::window::WindowError;

/// The settings or the files they name cannot work.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// A value out of range.
    #[error("{text}")]
    Range {
        /// Which, and what is allowed.
        text: String,
    },
    /// A named file cannot be read.
    #[error("cannot read {path}: {source}")]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// An `mqtts://` broker without authorities to trust.
    #[error(
        "the broker speaks TLS: ca_file must name the PEM file of the authority that signed its certificate"
    )]
    NoCaFile,
    /// A file that should hold certificates.
    #[error(
        "{path} holds no usable certificate ({reason}); expected PEM, -----BEGIN CERTIFICATE-----"
    )]
    Certificate {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// A file that should hold a private key.
    #[error(
        "{path} holds no usable private key ({reason}); expected PEM, PKCS #8, PKCS #1 or SEC 1, without passphrase"
    )]
    Key {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// Certificate and key are not a pair.
    #[error("{cert_file} and {key_file} do not belong together: {reason}")]
    Identity {
        /// The certificate.
        cert_file: PathBuf,
        /// The key.
        key_file: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// TLS itself could not be set up.
    #[error("TLS cannot be set up: {0}")]
    Tls(rustls::Error),
    /// The publisher's thread could not be started.
    #[error("cannot start the publisher: {0}")]
    Thread(io::Error),
}

/// The publisher ended without being asked to.
#[derive(Debug, thiserror::Error)]
pub enum DeliveryError {
    /// The ledger cannot be relied on any more.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The thread is gone without a word.
    #[error("the publisher's thread ended unexpectedly: a fault of the gateway; report it")]
    Vanished,
}

/// Why a connection ended, or never was made.
#[derive(Debug, thiserror::Error)]
pub(super) enum BrokerError {
    /// No TCP connection.
    #[error("cannot reach {address}: {reason}")]
    Unreachable { address: String, reason: String },
    /// TLS was refused by either side.
    #[error("{address}: {reason}")]
    Tls { address: String, reason: String },
    /// The broker answered CONNECT with a refusal.
    #[error("{address} refused this gateway: {reason}")]
    Refused { address: String, reason: String },
    /// The broker keeps no retained messages, and does not take a last will that is one.
    #[error("{address} refused this gateway: {reason}")]
    KeepsNothing { address: String, reason: String },
    /// The broker ended an open connection for a reason that only a person can take away.
    #[error("{address} sent this gateway away: {reason}")]
    Expelled { address: String, reason: String },
    /// The broker ended an open connection because another client came with the same client id.
    #[error("{address} sent this gateway away: {reason}")]
    TakenOver { address: String, reason: String },
    /// The broker closed an open connection and did not say why.
    #[error("{address} cut the connection without a word")]
    Cut { address: String },
    /// The broker closed an open connection, or broke the protocol.
    #[error("connection to {address} lost: {reason}")]
    Closed { address: String, reason: String },
    /// The broker refused a message, or ended the connection, for a reason that MQTT 5 does not know there.
    #[error("{address} refuses a message or ends the connection: {reason}")]
    StrangeReason { address: String, reason: String },
    /// A message went unanswered for too long.
    #[error("{address} left a message unanswered for {secs} s")]
    Unanswered { address: String, secs: u64 },
    /// Nothing was heard although it was asked.
    #[error("{address} has been silent for {secs} s; is the line cut?")]
    Silent { address: String, secs: u64 },
    /// More was sent than may be unacknowledged.
    #[error("{address} sends more than {limit} messages before their acknowledgement")]
    Flooded { address: String, limit: usize },
    /// Client and window disagree.
    #[error("connection given up: {0}")]
    WindowError(#[from] WindowError),
    /// A file that the connection needs is missing or wrong now.
    #[error(transparent)]
    Setup(#[from] SetupError),
}
