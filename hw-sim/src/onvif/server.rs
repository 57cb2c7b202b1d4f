//! The services of a camera over HTTP.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use jiff::Timestamp;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use super::account::Account;
use super::discovery;
use super::profile::OnvifProfile;
use super::reply;
use super::request::Request;

/// Why a camera cannot be played.
#[derive(Debug, thiserror::Error)]
#[error("cannot play an ONVIF camera at {at}: {source}")]
pub struct OnvifError {
    /// Where.
    pub at: Ipv4Addr,
    /// What the system says.
    pub source: io::Error,
}

/// A camera that answers, until it is dropped.
#[derive(Debug)]
pub struct OnvifCamera {
    /// The address of its services.
    pub address: SocketAddr,
    asked: Arc<Mutex<Vec<String>>>,
    tasks: [JoinHandle<()>; 2],
}

struct Shared {
    camera: OnvifProfile,
    account: Mutex<Account>,
    at: String,
    asked: Arc<Mutex<Vec<String>>>,
}

impl OnvifCamera {
    /// Plays `camera` at `interface`, hearing probes to `group`.
    ///
    /// # Errors
    /// [`OnvifError`] if a port is taken or the group cannot be joined.
    pub async fn start(
        camera: OnvifProfile,
        interface: Ipv4Addr,
        group: SocketAddrV4,
    ) -> Result<Self, OnvifError> {
        Self::begin(camera, interface, group)
            .await
            .map_err(|source| OnvifError { at: interface, source })
    }

    async fn begin(
        camera: OnvifProfile,
        interface: Ipv4Addr,
        group: SocketAddrV4,
    ) -> io::Result<Self> {
        let listener = TcpListener::bind((interface, 0)).await?;
        let address = listener.local_addr()?;
        let ear = discovery::listen(group, interface)?;
        let mouth = discovery::speaker(interface).await?;
        let host = camera.says_it_is_at.unwrap_or(interface);
        let at = format!("http://{host}:{}", address.port());
        let asked = Arc::default();
        let account = Mutex::new(Account::new(camera.account.clone()));
        let shared = Arc::new(Shared { camera, account, at, asked: Arc::clone(&asked) });
        let router =
            Router::new().route("/onvif/{service}", post(serve)).with_state(Arc::clone(&shared));
        let services = tokio::spawn(async move { drop(axum::serve(listener, router).await) });
        let probes = tokio::spawn(async move {
            drop(discovery::answer(ear, mouth, &shared.camera, &shared.at).await)
        });
        Ok(Self { address, asked, tasks: [services, probes] })
    }

    /// What it was asked so far; `!` stands before what it refused.
    #[must_use]
    pub fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for OnvifCamera {
    fn drop(&mut self) {
        self.tasks.iter().for_each(JoinHandle::abort);
    }
}

async fn serve(State(shared): State<Arc<Shared>>, text: String) -> Response {
    let Some(request) = Request::parse(&text) else { return refused("WellFormed") };
    let operation = request.operation().unwrap_or_default().to_owned();
    let camera = &shared.camera;
    let now = Timestamp::now().checked_add(camera.ahead).unwrap_or(Timestamp::UNIX_EPOCH);
    // ONVIF Core, access classes: these need no login.
    let is_open =
        matches!(operation.as_str(), "GetSystemDateAndTime" | "GetServices" | "GetCapabilities");
    let is_in = is_open
        || shared.account.lock().unwrap_or_else(PoisonError::into_inner).lets_in(&request, now);
    let mark = if is_in { "" } else { "!" };
    shared.asked.lock().unwrap_or_else(PoisonError::into_inner).push(format!("{mark}{operation}"));
    if !is_in {
        return refused("NotAuthorized");
    }
    let body = match operation.as_str() {
        "GetSystemDateAndTime" => Some(reply::date_and_time(now)),
        "GetServices" if camera.knows_services => Some(reply::services(camera, &shared.at)),
        "GetCapabilities" => Some(reply::capabilities(camera, &shared.at)),
        "GetDeviceInformation" => Some(reply::information(camera)),
        "GetProfiles" => Some(reply::profiles(camera)),
        "GetStreamUri" => request
            .text("GetStreamUri/ProfileToken")
            .and_then(|token| reply::stream_uri(camera, token)),
        "GetPresets" if !camera.presets.is_empty() => Some(reply::presets(camera)),
        "GetEventProperties" => Some(reply::event_properties()),
        _ => None,
    };
    body.map_or_else(
        || refused("ActionNotSupported"),
        |body| answered(StatusCode::OK, reply::envelope(&body)),
    )
}

fn refused(code: &str) -> Response {
    answered(StatusCode::BAD_REQUEST, reply::fault(code))
}

fn answered(status: StatusCode, text: String) -> Response {
    (status, [(header::CONTENT_TYPE, "application/soap+xml; charset=utf-8")], text).into_response()
}
