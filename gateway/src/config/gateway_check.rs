//! What a schema cannot check in `gateway.toml`, and the way from text to settings.

use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::sync::Arc;

use archive::Retention;
use detector::Manifest;
use incident::alert::topic::{Area, DEFAULT_ROOT, Topics};
use incident::casefile::StageNames;
use incident::{CaseSettings, Grid, GridLevel, GridStep, ProfileError, RecheckSettings};
use jiff::tz::Offset;
use url::Url;

use super::address;
use super::casework_file::CaseworkTable;
use super::charging_wire_check::charging_wire_dir;
use super::document::Document;
use super::egova_check;
use super::evidence_check;
use super::findings::Findings;
use super::gateway_file::{AreaTable, GatewayFile, GridTable};
use super::listeners::Listeners;
use super::mqtt_check::mqtt;
use super::place_check;
use super::second_look_check::{second_look_dir, second_look_heads};
use super::settings::{Casework, Evidence, Gateway, Http, Shutdown, Storage};
use super::span::secs;
use crate::northbound::egova::EgovaSettings;
use eye::InferenceSettings;

/// Everything of `gateway.toml` but what cameras inherit.
pub(super) struct GatewayPart {
    pub(super) gateway: Gateway,
    pub(super) mqtt: delivery::Settings,
    pub(super) http: Http,
    pub(super) storage: Storage,
    pub(super) evidence: Evidence,
    /// `None`: none is configured.
    pub(super) egova: Option<EgovaSettings>,
    pub(super) inference: InferenceSettings,
    /// The city's stage names are not in it yet.
    pub(super) casework: Casework,
    pub(super) shutdown: Shutdown,
    /// Where it listens itself; devices may listen elsewhere.
    pub(super) listeners: Listeners,
}

/// The settings of a file that passed its schema; `None` if a fault was noted.
pub(super) fn check(
    file: &GatewayFile,
    document: &Document,
    findings: &mut Findings,
) -> Option<GatewayPart> {
    let gateway = gateway(file, document, findings);
    // Without a gateway the set is refused anyway.
    let prefix = gateway.as_ref().map_or("", |gateway| gateway.topics.prefix());
    let utc_offset = gateway.as_ref().map_or(Offset::UTC, |gateway| gateway.utc_offset);
    let mqtt = mqtt(file, prefix, document, findings);
    let http = http(file, document, findings);
    let evidence = evidence_check::check(&file.evidence, document, findings);
    let egova = match &file.egova {
        Some(table) => egova_check::check(table, utc_offset, document, findings).map(Some),
        None => Some(None),
    };
    let served = (http.as_ref(), evidence.as_ref());
    let listeners = listeners(served, document, findings);
    let state_dir = place_check::state_dir(&file.storage.state_dir, document, findings);
    let inference = inference(file, document, findings);
    Some(GatewayPart {
        gateway: gateway?,
        mqtt: mqtt?,
        http: http?,
        storage: Storage {
            state_dir: state_dir?,
            retention: Retention {
                days: file.storage.observation_days,
                max_bytes: file.storage.observation_max_bytes,
            },
        },
        evidence: evidence?,
        egova: egova?,
        inference: inference?,
        casework: casework(&file.casework),
        shutdown: Shutdown { grace: secs(file.shutdown.grace_secs) },
        listeners,
    })
}

/// The page and the evidence are given out at addresses of their own.
fn listeners(
    (http, evidence): (Option<&Http>, Option<&Evidence>),
    document: &Document,
    findings: &mut Findings,
) -> Listeners {
    let mut listeners = Listeners::default();
    let handout = evidence.and_then(|evidence| evidence.handout.as_ref());
    let page = http.map(|http| ("`http.listen`", "/http/listen", http.listen));
    let files = handout.map(|it| ("`evidence.listen`", "/evidence/listen", it.settings.listen));
    for (who, at, address) in page.into_iter().chain(files) {
        listeners.take((who, false), address, (document, at), findings);
    }
    listeners
}

fn casework(table: &CaseworkTable) -> Casework {
    let recheck = RecheckSettings {
        settle: secs(table.settle_secs),
        window: secs(table.window_secs),
        min_samples: table.min_samples,
        repeat_after: table.repeat_after_secs.iter().copied().map(secs).collect(),
    };
    let cases = CaseSettings {
        case_patience: secs(table.case_patience_secs),
        false_alarm_mute: secs(table.false_alarm_mute_secs),
        recheck,
    };
    Casework {
        cases: Arc::new(cases),
        stage_names: StageNames::new(),
        label_max_bytes: table.label_max_bytes,
        desk_max_bytes: table.desk_max_bytes,
    }
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
    let id = id?;
    let AreaTable { county, street, community } = &table.area;
    let topics = Area::new(&format!("{county}{street}{community}"))
        .and_then(|area| Topics::new(DEFAULT_ROOT, &area, &id));
    let topics = match topics {
        Ok(topics) => topics,
        Err(e) => return findings.refuse(document, "/gateway/area", e.to_string()),
    };
    Some(Gateway { id, utc_offset, test: table.test, gcj02: table.gcj02, topics })
}

/// An offset such as `+08:00`, whose form the schema has checked.
fn utc_offset(text: &str) -> Option<Offset> {
    let (hours, minutes) = text.split_once(':')?;
    let sign = if hours.starts_with('-') { -1 } else { 1 };
    let minutes = sign * minutes.parse::<i32>().ok()?;
    Offset::from_seconds(hours.parse::<i32>().ok()? * 3600 + minutes * 60).ok()
}

/// The grid of a camera, or of all cameras: what is left out follows from the area.
pub(super) fn grid(table: Option<&GridTable>, area: &AreaTable) -> Result<Grid, ProfileError> {
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
        Ok(url) if matches!(url.scheme(), "http" | "https") && !address::holds_login(&url) => {
            Some(Http { listen, public_url: url })
        }
        _ => findings.refuse(document, url_at, "expected an address such as https://host/gw-1/"),
    }
}

fn inference(
    file: &GatewayFile,
    document: &Document,
    findings: &mut Findings,
) -> Option<InferenceSettings> {
    let table = &file.inference;
    let model_at = ("/inference/model_dir", table.model_dir.as_str());
    let model_dir = findings.folder(document, model_at, &["model.toml"]);
    let weights = model_dir.iter().flat_map(|folder| Manifest::weights_named_in(folder));
    // Before they are read, and also if they are not those that it means.
    weights.for_each(|file| findings.referred.note_file(&file));
    let onnxruntime_file = match &table.onnxruntime_file {
        Some(_) => findings.readable_file(document, "/inference/onnxruntime_file").map(Some),
        None => Some(None),
    };
    let second_look_dir = second_look_dir(table, document, findings)?;
    let named = (table, second_look_dir.as_deref());
    let cores = std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
    Some(InferenceSettings {
        model_dir: model_dir?,
        second_look_heads: second_look_heads(named, document, findings)?,
        second_look_dir,
        charging_wire_dir: charging_wire_dir(table, document, findings)?,
        precision: table.precision,
        threads: NonZeroUsize::new(usize::from(table.threads)).unwrap_or(cores),
        eyes: NonZeroUsize::new(usize::from(table.eyes)),
        onnxruntime_file: onnxruntime_file?,
    })
}
