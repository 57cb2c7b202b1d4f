//! `gridwhistle probe`: what a camera really sends, and what is wrong with it.

mod report;
mod sample;

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, anyhow};
use camera::{Client, Credentials, SessionError, Transport, Trust};
use clap::Parser;
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use url::Url;

use super::entry::{Subcommand, say};
use crate::assembly;
use crate::exit::{self, Stopped};

/// Bytes of a SHA-256 fingerprint.
const FINGERPRINT_BYTES: usize = 32;

/// Play a camera for ten seconds and say what it sends and what is wrong.
#[derive(Debug, Parser)]
#[command(name = "probe")]
pub(super) struct Probe {
    /// rtsp:// or rtsps:// address, without user and password.
    url: Url,
    /// User name at the camera.
    #[arg(long, requires = "password_file")]
    user: Option<String>,
    /// File that holds the password.
    #[arg(long, requires = "user")]
    password_file: Option<PathBuf>,
    /// How RTP travels.
    #[arg(long, default_value = "tcp", value_parser = transport())]
    transport: Transport,
    /// Which client plays it.
    #[arg(long, default_value = "auto", value_parser = client())]
    client: Client,
    /// Send the password unencrypted (Basic) to a camera that knows nothing better.
    #[arg(long)]
    allow_basic_auth: bool,
    /// For rtsps://: the certificate (PEM) of the authority that signed the camera's.
    #[arg(long, conflicts_with = "certificate_sha256")]
    ca_file: Option<PathBuf>,
    /// For rtsps://: the SHA-256 fingerprint of the camera's own certificate.
    #[arg(long, value_parser = fingerprint)]
    certificate_sha256: Option<[u8; FINGERPRINT_BYTES]>,
    /// What its file says as `picture_px`, such as 1920x1080: tells if zones would lie elsewhere.
    #[arg(long, value_name = "WIDTHxHEIGHT", value_parser = picture_px)]
    picture_px: Option<(u32, u32)>,
    /// How long to watch.
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=3600))]
    secs: u64,
}

fn transport() -> impl TypedValueParser<Value = Transport> {
    PossibleValuesParser::new([
        PossibleValue::new("tcp").help("Interleaved in the RTSP connection"),
        PossibleValue::new("udp").help("Datagrams"),
        PossibleValue::new("http").help("Interleaved, and all that inside HTTP: port 80, or 443"),
    ])
    .map(|word| match word.as_str() {
        "udp" => Transport::Udp,
        "http" => Transport::Http,
        _ => Transport::Tcp,
    })
}

fn client() -> impl TypedValueParser<Value = Client> {
    PossibleValuesParser::new([
        PossibleValue::new("auto").help("The native one, then the compatible one"),
        PossibleValue::new("native").help("Cheap, and strict about the stream"),
        PossibleValue::new("compatible").help("Plays what other players play"),
    ])
    .map(|word| match word.as_str() {
        "native" => Client::Native,
        "compatible" => Client::Compatible,
        _ => Client::Auto,
    })
}

fn picture_px(written: &str) -> Result<(u32, u32), String> {
    let sides = written.split_once(['x', 'X', '×']).and_then(|(width, height)| {
        let side = |text: &str| text.trim().parse().ok().filter(|side| (1..=16_384).contains(side));
        Some((side(width)?, side(height)?))
    });
    sides.ok_or_else(|| "expected width and height in pixels, such as 1920x1080".to_owned())
}

fn fingerprint(written: &str) -> Result<[u8; FINGERPRINT_BYTES], String> {
    let digits: String = written.chars().filter(|it| *it != ':').collect();
    let mut fingerprint = [0; FINGERPRINT_BYTES];
    hex::decode_to_slice(digits, &mut fingerprint)
        .map_err(|_| "expected 64 hexadecimal digits, with colons or without".to_owned())?;
    Ok(fingerprint)
}

impl Subcommand for Probe {
    fn run(self) -> Result<(), Stopped> {
        let length = Duration::from_secs(self.secs);
        let address = self.url.to_string();
        let drawn = self.picture_px;
        let settings = self.settings()?;
        camera::init_libav().map_err(|error| Stopped::new(exit::FAULT, error))?;
        runtime::tell_panics_briefly();
        // All files that it needs are read. What follows reads what a stranger sends.
        eye::confine();
        let tokio = assembly::main_runtime()?;
        let report = tokio.block_on(report::probe(&settings, drawn, length));
        tokio.shutdown_background();
        let report = report
            .map_err(|error| anyhow!("{address}: {}", told(&error, settings.client)))
            .map_err(|cause| Stopped::new(exit::UNAVAILABLE, cause))?;
        say(&report.text)?;
        match report.faults {
            0 => Ok(()),
            1 => Err(Stopped::new(exit::WRONG, anyhow!("{address}: one thing is wrong"))),
            faults => {
                Err(Stopped::new(exit::WRONG, anyhow!("{address}: {faults} things are wrong")))
            }
        }
    }
}

impl Probe {
    fn settings(self) -> Result<camera::Settings, Stopped> {
        let url = self.url;
        let is_stream = matches!(url.scheme(), "rtsp" | "rtsps") && url.has_host();
        if !is_stream || !url.username().is_empty() || url.password().is_some() {
            let expected = "expected rtsp://host[:port]/path, also for RTSP over HTTP, which is asked \
                            for by --transport http; user and password go into --user and \
                            --password-file";
            return Err(Stopped::new(exit::USAGE, anyhow!("{expected}")));
        }
        if url.scheme() == "rtsps" && self.transport == Transport::Udp {
            let objection = told(&SessionError::InClear, self.client);
            return Err(Stopped::new(exit::USAGE, anyhow!("{objection}")));
        }
        let credentials = match (self.user, self.password_file) {
            (Some(user), Some(file)) => Some(Credentials { user, password: password(&file)? }),
            _ => None,
        };
        let trust = match (self.ca_file, self.certificate_sha256) {
            (Some(file), _) => Some(authority(&file)?),
            (None, fingerprint) => fingerprint.map(Trust::Fingerprint),
        };
        Ok(camera::Settings {
            transport: self.transport,
            client: self.client,
            credentials,
            allow_basic_auth: self.allow_basic_auth,
            trust,
            max_picture_px: report::MAX_PICTURE_PX,
            ..camera::Settings::new("probe", url)
        })
    }
}

/// Why there is nothing to see, for who can change the command line and is not asked again.
fn told(error: &SessionError, client: Client) -> String {
    match error {
        SessionError::NoCredentials => {
            "401: the camera asks for a user and a password; name them by --user and --password-file"
                .to_owned()
        }
        SessionError::Credentials { status } => {
            format!("{status}: the camera refuses the login; check --user and the password")
        }
        SessionError::InClear => {
            "over UDP the pictures would travel unencrypted, although the address begins with rtsps://; \
             leave --transport udp out: rtsps:// carries them inside the encrypted connection"
                .to_owned()
        }
        error => error.advice(client),
    }
}

fn password(file: &Path) -> Result<String, Stopped> {
    // Not by `filing::first_line`: what is named on the command line may be a pipe.
    let line = std::fs::read(file).and_then(filing::text_of);
    line.and_then(|text| filing::first_line_of(&text))
        .with_context(|| format!("cannot read the password file {}", file.display()))
        .map_err(|cause| Stopped::new(exit::NO_INPUT, cause))
}

fn authority(file: &Path) -> Result<Trust, Stopped> {
    let refuse = |cause| Stopped::new(exit::NO_INPUT, cause);
    let pem = std::fs::read_to_string(file)
        .with_context(|| format!("cannot read the certificate {}", file.display()))
        .map_err(refuse)?;
    let trust = Trust::Authority { pem };
    camera::check_trust(&trust).map_err(|why| refuse(anyhow!("{}: {why}", file.display())))?;
    Ok(trust)
}
