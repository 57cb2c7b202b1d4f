//! What a technician sees first: is it alive, which cameras deliver, what was seen.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;

use delivery::{ConfinementNews, DeviceState};
use jiff::tz::Offset;
use ledger::Ledger;
use output::OutputStatus;
use scene::CaptureTime;
use tokio::sync::watch;

use super::alert_table::write_alerts;
use super::device_table::write_devices;
use super::html::escape;
use super::output_table::write_outputs;
use super::picture_table::write_pictures;
use super::zone_table::write_zones;
use crate::analysis::{CameraList, CameraView, DeviceList, EyeDesk};
use crate::evidence::EvidenceStore;
use camera::Health;
use runtime::utc_now;

/// Everything the page shows, by reference to its owners.
pub(crate) struct Overview {
    /// The gateway's id.
    pub(crate) gateway: String,
    /// The local time of its place.
    pub(crate) utc_offset: Offset,
    /// When it started.
    pub(crate) started_at: CaptureTime,
    /// The cameras.
    pub(crate) cameras: CameraList,
    /// The doors and sensors.
    pub(crate) devices: DeviceList,
    /// What alerts may move.
    pub(crate) outputs: Arc<dyn Fn() -> Vec<OutputStatus> + Send + Sync>,
    /// What holds the processes that look at them.
    pub(crate) confinement: ConfinementNews,
    /// Where eyes are told what belongs in a zone.
    pub(crate) desk: EyeDesk,
    /// Alerts and the outbox.
    pub(crate) ledger: Ledger,
    /// The connection to the broker.
    pub(crate) delivery: watch::Receiver<delivery::Health>,
}

impl Overview {
    /// The names of cameras and devices, by id.
    pub(super) fn names(&self) -> BTreeMap<String, String> {
        let (cameras, devices) = (self.cameras.all(), self.devices.all());
        let of_cameras = cameras.iter().map(|camera| (camera.id.clone(), camera.name.clone()));
        let of_devices = devices.iter().map(|device| (device.id.clone(), device.name.clone()));
        of_cameras.chain(of_devices).collect()
    }
}

const STYLE: &str = "body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:70rem;padding:0 1rem;color:#1d2430;background:#f6f7f9}\
h1{font-size:1.4rem}h2{font-size:1.1rem;margin-top:2rem}table{border-collapse:collapse;width:100%;background:#fff}\
th,td{text-align:left;padding:.4rem .8rem;border-bottom:1px solid #e3e6ea}th{color:#5a6575;font-weight:600}\
.quiet{color:#5a6575;font-size:.85em}.good{color:#0a7a3d}.bad{color:#b3261e}figure{display:inline-block;margin:0 1rem 1rem 0}img{width:20rem;border-radius:4px}\
td.number{text-align:right;font-variant-numeric:tabular-nums}";

/// Renders the page as HTML, with the latest pictures of `evidence`.
pub(crate) fn render(overview: &Overview, evidence: &EvidenceStore) -> String {
    let mut html = String::new();
    match write_page(&mut html, overview, evidence) {
        Ok(()) => html,
        // Only a faulty Display could cause this: a String takes all.
        Err(std::fmt::Error) => "the page could not be written".to_owned(),
    }
}

fn write_page(
    html: &mut String,
    overview: &Overview,
    evidence: &EvidenceStore,
) -> std::fmt::Result {
    let gateway = escape(&overview.gateway);
    write!(html, "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\">")?;
    write!(
        html,
        "<meta http-equiv=\"refresh\" content=\"5\"><title>{gateway} · Gridwhistle</title>"
    )?;
    write!(html, "<style>{STYLE}</style><h1>{gateway} <small>网格哨 Gridwhistle</small></h1>")?;
    let up_minutes = utc_now().since(overview.started_at).as_secs() / 60;
    write!(html, "<p>Running for {up_minutes} min. ")?;
    write_delivery(html, overview)?;
    write!(
        html,
        "</p><h2>Cameras</h2><table><tr><th>Camera<th>Name<th>State<th>Last picture<th>Analysed<th>Decoded of received<th>Looks left out, hastened</tr>"
    )?;
    for camera in overview.cameras.all() {
        write_camera(html, &camera)?;
    }
    write!(html, "</table>")?;
    write_confinement(html, &overview.confinement)?;
    write_devices(html, &overview.devices)?;
    write_outputs(html, &(overview.outputs)())?;
    write!(html, "<h2>Open alerts</h2>")?;
    let names = overview.names();
    write_alerts(html, &overview.ledger, &names)?;
    write_zones(html, &overview.desk)?;
    write_pictures(html, evidence, &overview.ledger, &names, overview.utc_offset)?;
    write!(
        html,
        "<p><a href=\"/metrics\">metrics</a> · health: <a href=\"/health/live\">live</a> <a href=\"/health/ready\">ready</a> <a href=\"/health/delivering\">delivering</a></p></html>"
    )
}

fn write_delivery(html: &mut String, overview: &Overview) -> std::fmt::Result {
    let health = overview.delivery.borrow().clone();
    match (health.connected_since, &health.trouble) {
        (Some(_), None) => write!(html, "<span class=good>Delivering.</span> ")?,
        (Some(_), Some(trouble)) => {
            write!(html, "<span class=bad>Connected, but: {}.</span> ", escape(trouble))?;
        }
        (None, trouble) => {
            let reason = trouble.as_deref().unwrap_or("not connected yet");
            write!(html, "<span class=bad>Not delivering: {}.</span> ", escape(reason))?;
        }
    }
    if health.in_clear {
        write!(html, "<span class=bad>Alerts go unencrypted (mqtt://).</span> ")?;
    }
    match overview.ledger.depth() {
        Ok(depth) => write!(html, "{} message(s) wait for the broker.", depth.messages),
        Err(error) => write!(html, "<span class=bad>{}</span>", escape(&error.to_string())),
    }
}

/// What a camera's pictures can reach if they take over the program that reads them.
fn write_confinement(html: &mut String, confinement: &ConfinementNews) -> std::fmt::Result {
    let ConfinementNews { files, ports, calls, memory, kernel } = confinement;
    let held = |held: &bool| {
        if *held { "<span class=good>no</span>" } else { "<span class=bad>yes</span>" }
    };
    write!(
        html,
        "<p>Cameras are read by processes of their own, which the kernel ({}) confines. Can these open \
         files? {}. Take ports? {}. Start programs? {}. Use all memory? {}.</p>",
        escape(kernel),
        held(files),
        held(ports),
        held(calls),
        held(memory)
    )
}

/// A camera's state in the words of the status topic.
fn state_of(camera: &CameraView) -> String {
    let bad = |state: &str, reason: Option<String>| {
        let reason = escape(&reason.unwrap_or_default());
        format!("<span class=bad>{state}</span>: {reason}")
    };
    match camera.status.get() {
        Some((DeviceState::Online, _)) => match camera.health.get() {
            Some(Health::Online { codec }) => format!("<span class=good>online</span>, {codec}"),
            _ => "<span class=good>online</span>".to_owned(),
        },
        Some((DeviceState::Degraded, reason)) => bad("degraded", reason),
        Some((DeviceState::Offline, reason)) => bad("offline", reason),
        None => "connecting".to_owned(),
    }
}

fn write_camera(html: &mut String, camera: &CameraView) -> std::fmt::Result {
    let state = state_of(camera);
    let last = camera.progress.latest_at().map_or_else(
        || "none yet".to_owned(),
        |at| format!("{:.1} s ago", utc_now().since(at).as_secs_f32()),
    );
    let counts = camera.progress.gate();
    write!(
        html,
        "<tr><td>{}<td>{}<td>{state}<td>{last}<td class=number>{}<td class=number>{} / {}<td class=number>{} / {}</tr>",
        escape(&camera.id),
        escape(&camera.name),
        camera.progress.analysed(),
        counts.decoded,
        counts.offered,
        counts.left_out,
        counts.hastened,
    )
}
