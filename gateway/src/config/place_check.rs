//! Places that one thing of the gateway has for itself: its state folder, and the addresses it serves at.

use std::net::SocketAddr;
use std::path::PathBuf;

use super::document::Document;
use super::findings::Findings;
use super::settings::{Evidence, Http};

/// The folder of what must not be lost. It need not be there yet.
pub(super) fn state_dir(
    written: &str,
    document: &Document,
    findings: &mut Findings,
) -> Option<PathBuf> {
    let at = "/storage/state_dir";
    let state_dir = document.resolve(written);
    let mut ancestors = state_dir.ancestors();
    let no_folder = ancestors.find(|it| it.metadata().is_ok_and(|there| !there.is_dir()));
    if let Some(place) = no_folder {
        let (folder, place) = (state_dir.display(), place.display());
        let message = format!("{folder}: {place} is no folder, expected one of the gateway's own");
        return findings.refuse(document, at, message);
    }
    Some(state_dir)
}

/// The page and the evidence are given out at addresses of their own.
pub(super) fn listeners(
    http: &Http,
    evidence: &Evidence,
    document: &Document,
    findings: &mut Findings,
) {
    let Some(handout) = &evidence.handout else { return };
    if is_one_place(http.listen, handout.settings.listen) {
        let message = format!("port {} is that of `http.listen` already", http.listen.port());
        findings.refuse::<()>(document, "/evidence/listen", message);
    }
}

fn is_one_place(one: SocketAddr, other: SocketAddr) -> bool {
    let is_one_host =
        one.ip() == other.ip() || one.ip().is_unspecified() || other.ip().is_unspecified();
    one.port() == other.port() && one.port() != 0 && is_one_host
}
