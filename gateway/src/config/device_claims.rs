//! What only one device can have: an address, a topic, a transmitter's number. Two files with the same are refused.

use std::collections::BTreeMap;

use super::document::Document;
use super::findings::Findings;
use super::listeners::Listeners;
use crate::analysis::DeviceLink;

/// What the devices read so far have, each with its device and place, and where they listen.
pub(super) struct DeviceClaims(BTreeMap<String, (String, String)>, Listeners);

impl DeviceClaims {
    /// Nothing yet; the gateway itself listens at these addresses.
    pub(super) fn beside(listeners: Listeners) -> Self {
        Self(BTreeMap::new(), listeners)
    }

    /// Takes what device `id` has. `None` if another one has it already; both files are named then.
    pub(super) fn take(
        &mut self,
        (id, document): (&str, &Document),
        link: &DeviceLink,
        findings: &mut Findings,
    ) -> Option<()> {
        let mut is_free = Some(());
        if let DeviceLink::Gb26875 { listen, .. } = link {
            // Those that call the same address are heard by one listener.
            let who = format!("device {id}");
            is_free = self.1.take((&who, true), *listen, (document, "/url"), findings);
        }
        for claim in link.claims() {
            let here = document.fault(claim.at, String::new());
            let name = here.file.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let place = format!("{name}:{}:{}", here.line, here.column);
            if let Some((other, at)) = self.0.get(&claim.what) {
                let message = format!(
                    "device {other} ({at}) has {} already, and only one of them would be heard \
                     rightly: give all points to one file, or correct one of the two",
                    claim.what
                );
                is_free = findings.refuse(document, claim.at, message);
            } else {
                self.0.insert(claim.what, (id.to_owned(), place));
            }
        }
        is_free
    }
}
