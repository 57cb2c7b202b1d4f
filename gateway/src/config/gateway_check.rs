//! What a schema can not say about `gateway.toml`, and its way from text to settings.

use std::net::{IpAddr, SocketAddr};
use std::num::NonZeroUsize;
use std::time::Duration;

use incident::{Grid, GridLevel, GridStep, InvalidProfile};
use jiff::tz::Offset;
use url::Url;

use super::document::Document;
use super::evidence_file;
use super::findings::Findings;
use super::gateway_file::{AreaTable, GatewayFile, GridTable};
use super::settings::{
    Area, BrokerLogin, ClientCertificate, Evidence, Gateway, Http, Inference, Mqtt, Shutdown,
    Storage, Tls,
};

/// Everything of `gateway.toml` but what cameras inherit.
pub(super) struct GatewayPart {
    pub(super) gateway: Gateway,
    pub(super) mqtt: Mqtt,
    pub(super) http: Http,
    pub(super) storage: Storage,
    pub(super) evidence: Evidence,
    pub(super) inference: Inference,
    pub(super) shutdown: Shutdown,
}

/// The settings of a file that passed its schema; `None` if a fault was noted.
pub(super) fn check(
    file: &GatewayFile,
    document: &Document,
    findings: &mut Findings,
) -> Option<GatewayPart> {
    let gateway = gateway(file, document, findings);
    let mqtt = mqtt(file, document, findings);
    let http = http(file, document, findings);
    let evidence = evidence_file::check(&file.evidence, document, findings);
    let inference = inference(file, document, findings);
    Some(GatewayPart {
        gateway: gateway?,
        mqtt: mqtt?,
        http: http?,
        storage: Storage {
            state_dir: document.resolve(&file.storage.state_dir),
            observation_days: file.storage.observation_days,
            observation_max_bytes: file.storage.observation_max_bytes,
        },
        evidence: evidence?,
        inference: inference?,
        shutdown: Shutdown { grace: secs(file.shutdown.grace_secs) },
    })
}

/// Whole seconds as a span.
pub(super) fn secs(secs: u32) -> Duration {
    Duration::from_secs(u64::from(secs))
}

fn gateway(file: &GatewayFile, document: &Document, findings: &mut Findings) -> Option<Gateway> {
    let table = &file.gateway;
    if let Err(e) = grid(file.grid.as_ref(), &table.area) {
        findings.refuse::<()>(document, "/grid", e.to_string());
    }
    let id = findings.slug(document, "/gateway/id", &table.id);
    let Some(utc_offset) = utc_offset(&table.utc_offset) else {
        return findings.refuse(document, "/gateway/utc_offset", "no such offset from UTC");
    };
    Some(Gateway {
        id: id?,
        utc_offset,
        test: table.test,
        gcj02: table.gcj02,
        area: Area {
            county: table.area.county.clone(),
            street: table.area.street.clone(),
            community: table.area.community.clone(),
        },
    })
}

/// An offset such as `+08:00`, whose form the schema has checked.
fn utc_offset(text: &str) -> Option<Offset> {
    let (hours, minutes) = text.split_once(':')?;
    let sign = if hours.starts_with('-') { -1 } else { 1 };
    let minutes = sign * minutes.parse::<i32>().ok()?;
    Offset::from_seconds(hours.parse::<i32>().ok()? * 3600 + minutes * 60).ok()
}

/// The grid of a camera, or of all cameras: what is left out follows from the area.
pub(super) fn grid(table: Option<&GridTable>, area: &AreaTable) -> Result<Grid, InvalidProfile> {
    let AreaTable { county, street, community } = area;
    let step = |level, code: String| GridStep { level, code, name: None };
    let of_area = || {
        vec![
            step(GridLevel::District, county.clone()),
            step(GridLevel::Street, format!("{county}{street}")),
            step(GridLevel::Community, format!("{county}{street}{community}")),
        ]
    };
    let written = table.and_then(|table| table.path.as_ref()).map(|path| {
        let steps = path.iter().map(|entry| GridStep {
            level: entry.level,
            code: entry.code.clone(),
            name: entry.name.clone(),
        });
        steps.collect()
    });
    let division = table.and_then(|table| table.division_code.clone());
    Grid::new(
        table.and_then(|table| table.unit_code.clone()),
        Some(division.unwrap_or_else(|| format!("{county}{street}{community}"))),
        written.unwrap_or_else(of_area),
        table.and_then(|table| table.map_version.clone()),
    )
}

fn mqtt(file: &GatewayFile, document: &Document, findings: &mut Findings) -> Option<Mqtt> {
    let table = &file.mqtt;
    let broker = broker(&table.url, table.allow_plaintext, document, findings);
    let ca_file = match &table.ca_file {
        Some(_) => findings.pem_file(document, "/mqtt/ca_file", "CERTIFICATE").map(Some),
        None => Some(None),
    };
    let client = client_certificate(file, document, findings);
    let login = login(file, document, findings);
    let (host, port, encrypted) = broker?;
    let tls = match (encrypted, ca_file?) {
        (true, Some(ca_file)) => Some(Tls { ca_file, client: client? }),
        (true, None) => {
            let message = "mqtts:// needs `ca_file`: the certificate (PEM) of the authority that \
                           signed the broker's";
            return findings.refuse(document, "/mqtt/url", message);
        }
        (false, ca_file) => {
            if ca_file.is_some() || client?.is_some() {
                let message = "certificates have no effect on mqtt://; did you mean mqtts://?";
                findings.warn(document, "/mqtt/url", message);
            }
            None
        }
    };
    Some(Mqtt {
        host,
        port,
        tls,
        client_id: table.client_id.clone().unwrap_or_else(|| file.gateway.id.clone()),
        login: login?,
        keep_alive: Duration::from_secs(u64::from(table.keep_alive_secs)),
        window_messages: table.window_messages,
        ack_timeout: secs(table.ack_timeout_secs),
    })
}

/// Host, port and whether to use TLS.
fn broker(
    url: &str,
    allow_plaintext: bool,
    document: &Document,
    findings: &mut Findings,
) -> Option<(String, u16, bool)> {
    let at = "/mqtt/url";
    let Ok(parsed) = Url::parse(url) else {
        return findings.refuse(document, at, "not an address; expected mqtts://host:8883");
    };
    let encrypted = match parsed.scheme() {
        "mqtts" => true,
        "mqtt" => false,
        other => {
            let message = format!("{other}:// is not MQTT; expected mqtts:// (TLS) or mqtt://");
            return findings.refuse(document, at, message);
        }
    };
    if !parsed.username().is_empty() || parsed.password().is_some() {
        let message = "user and password do not belong in the address: use `username` and \
                       `password_file`";
        return findings.refuse(document, at, message);
    }
    if !matches!(parsed.path(), "" | "/") || parsed.query().is_some() {
        return findings.refuse(document, at, "an MQTT address ends after the port");
    }
    let Some(host) = parsed.host_str().filter(|host| !host.is_empty()) else {
        return findings.refuse(document, at, "the address names no host");
    };
    let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
    if !encrypted && !allow_plaintext && !is_loopback(&host) {
        let message = format!(
            "mqtt:// would send alerts to {host} unprotected: use mqtts://, or set \
             `allow_plaintext = true` if the line is protected otherwise"
        );
        return findings.refuse(document, at, message);
    }
    let port = parsed.port().unwrap_or(if encrypted { 8883 } else { 1883 });
    Some((host, port, encrypted))
}

fn is_loopback(host: &str) -> bool {
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

fn client_certificate(
    file: &GatewayFile,
    document: &Document,
    findings: &mut Findings,
) -> Option<Option<ClientCertificate>> {
    let (cert_at, key_at) = ("/mqtt/client_cert_file", "/mqtt/client_key_file");
    match (&file.mqtt.client_cert_file, &file.mqtt.client_key_file) {
        (None, None) => Some(None),
        (Some(_), None) => {
            findings.refuse(document, cert_at, "a certificate needs its key: add `client_key_file`")
        }
        (None, Some(_)) => {
            findings.refuse(document, key_at, "a key needs its certificate: add `client_cert_file`")
        }
        (Some(_), Some(_)) => {
            let cert_file = findings.pem_file(document, cert_at, "CERTIFICATE");
            let key_file = findings.pem_file(document, key_at, "PRIVATE KEY");
            if key_file.is_some() {
                findings.secret_file(document, key_at);
            }
            Some(Some(ClientCertificate { cert_file: cert_file?, key_file: key_file? }))
        }
    }
}

fn login(
    file: &GatewayFile,
    document: &Document,
    findings: &mut Findings,
) -> Option<Option<BrokerLogin>> {
    let at = "/mqtt/password_file";
    match (&file.mqtt.username, &file.mqtt.password_file) {
        (None, None) => Some(None),
        (None, Some(_)) => findings.refuse(document, at, "a password needs `username`"),
        (Some(_), None) => {
            findings.refuse(document, "/mqtt/username", "a username needs `password_file`")
        }
        (Some(user), Some(_)) => {
            let password_file = findings.secret_file(document, at)?;
            let text = std::fs::read_to_string(&password_file).unwrap_or_default();
            match text.lines().next().filter(|password| !password.is_empty()) {
                Some(_) => Some(Some(BrokerLogin { user: user.clone(), password_file })),
                None => {
                    let shown = password_file.display();
                    let message =
                        format!("{shown} holds no password: write it into the first line");
                    findings.refuse(document, at, message)
                }
            }
        }
    }
}

fn http(file: &GatewayFile, document: &Document, findings: &mut Findings) -> Option<Http> {
    let (listen_at, url_at) = ("/http/listen", "/http/public_url");
    let Ok(listen) = file.http.listen.parse::<SocketAddr>() else {
        let message = "expected an address and a port such as \"127.0.0.1:18080\"";
        return findings.refuse(document, listen_at, message);
    };
    if !listen.ip().is_loopback() {
        let message = format!(
            "everyone who reaches {listen} can see pictures of the street: keep to 127.0.0.1 \
             unless a proxy with TLS and login stands before it"
        );
        findings.warn(document, listen_at, message);
    }
    let public_url = file.http.public_url.clone().unwrap_or_else(|| format!("http://{listen}/"));
    let public_url = if public_url.ends_with('/') { public_url } else { format!("{public_url}/") };
    match Url::parse(&public_url) {
        Ok(url) if matches!(url.scheme(), "http" | "https") && url.username().is_empty() => {
            Some(Http { listen, public_url: url })
        }
        _ => findings.refuse(document, url_at, "expected an address such as https://host/gw-1/"),
    }
}

fn inference(
    file: &GatewayFile,
    document: &Document,
    findings: &mut Findings,
) -> Option<Inference> {
    let table = &file.inference;
    let model_dir = findings.folder(document, "/inference/model_dir", &table.model_dir);
    let onnxruntime_file = match &table.onnxruntime_file {
        Some(_) => findings.readable_file(document, "/inference/onnxruntime_file").map(Some),
        None => Some(None),
    };
    let cores = std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
    Some(Inference {
        model_dir: model_dir?,
        precision: table.precision,
        threads: NonZeroUsize::new(usize::from(table.threads)).unwrap_or(cores),
        onnxruntime_file: onnxruntime_file?,
    })
}
