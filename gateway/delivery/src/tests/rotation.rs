//! Certificates that change while messages flow: no restart, nothing lost, nobody told that the
//! gateway is gone.

use std::fs;
use std::time::Duration;

use super::authority::Authority;
use super::mosquitto::{Seen, Site, fill};
use super::{health_where, ledger, within};
use crate::{Health, Identity, Publisher, Settings, StatusBoard};

const GRACE: Duration = Duration::from_secs(60);
const STATUS: &str = "cg/v1/a/b/c/gw-01/status";

/// A gateway that proves itself by files of its own.
fn settings(site: &Site) -> Settings {
    let mut settings = site.settings(site.tls_port);
    settings.ca_file = Some(site.file("trusted.pem"));
    settings.identity =
        Some(Identity { cert_file: site.file("own.pem"), key_file: site.file("own.key") });
    settings.will_delay = Duration::ZERO;
    settings
}

/// The broker takes clients of these authorities.
fn admit(site: &Site, authorities: &[&Authority]) {
    fs::write(site.file("ca.pem"), bundle(authorities)).unwrap();
}

/// The gateway takes brokers of these authorities.
fn trust(site: &Site, authorities: &[&Authority]) {
    fs::write(site.file("trusted.pem"), bundle(authorities)).unwrap();
}

fn bundle(authorities: &[&Authority]) -> String {
    authorities.iter().map(|authority| authority.certificate()).collect()
}

#[tokio::test]
async fn an_authority_is_replaced_while_messages_flow() {
    let site = Site::new();
    let (old, new) = (Authority::new(), Authority::new());
    admit(&site, &[&old, &new]);
    trust(&site, &[&old]);
    old.sign(site.folder(), "localhost", "broker");
    old.sign(site.folder(), "gw-01", "own");
    let broker = site.start(true).await;
    let (_subscriber, mut lines) = site.subscribe(&[STATUS]).await;
    let (_folder, ledger) = ledger();
    fill(&ledger, 0..1_000);
    let handle =
        Publisher::spawn(settings(&site), ledger.clone(), StatusBoard::default(), None).unwrap();
    let mut seen = Seen::default();
    seen.read_until(&mut lines, 100).await;

    let connected_at = handle.health().borrow().connected_since;
    trust(&site, &[&old, &new]);
    new.sign(site.folder(), "gw-01", "own");
    fill(&ledger, 1_000..2_000);
    handle.waker().wake();
    let renewed = |now: &Health| now.connected_since > connected_at && now.trouble.is_none();
    health_where(handle.health(), "connected again", renewed).await;
    seen.read_until(&mut lines, 2_000).await;
    assert!(seen.times.values().all(|times| *times == 1), "the window was finished first");
    assert!(!seen.statuses.iter().any(|status| status.contains("false")), "{:?}", seen.statuses);

    // Only who uses the new certificate gets in now, and only who trusts the new authority dares.
    drop(broker);
    admit(&site, &[&new]);
    new.sign(site.folder(), "localhost", "broker");
    let _broker = site.start(true).await;
    let (_subscriber, mut lines) = site.subscribe(&[STATUS]).await;
    fill(&ledger, 2_000..2_100);
    handle.waker().wake();
    let mut seen = Seen::default();
    seen.read_until(&mut lines, 100).await;
    assert_eq!(within("shutdown", handle.shutdown(GRACE)).await.unwrap().left, 0);
}

#[tokio::test]
async fn files_that_cannot_be_used_are_told_and_the_connection_stays() {
    let site = Site::new();
    let authority = Authority::new();
    admit(&site, &[&authority]);
    trust(&site, &[&authority]);
    authority.sign(site.folder(), "localhost", "broker");
    authority.sign(site.folder(), "gw-01", "own");
    let _broker = site.start(true).await;
    let (_subscriber, mut lines) = site.subscribe(&[STATUS]).await;
    let (_folder, ledger) = ledger();
    let handle =
        Publisher::spawn(settings(&site), ledger.clone(), StatusBoard::default(), None).unwrap();
    let mut connected =
        health_where(handle.health(), "connected", |now| now.connected_since.is_some()).await;
    let faults: [(&str, &[u8], &str); 4] = [
        ("own.key", b"", "own.key holds no usable private key"),
        ("own.key", &fs::read(site.file("broker.key")).unwrap(), "do not belong together"),
        ("trusted.pem", b"-----BEGIN CERTIFICATE-----\n", "trusted.pem holds no usable"),
        ("own.pem", b"\xff\xfe", "own.pem holds no usable certificate"),
    ];
    for (number, (file, bytes, complaint)) in (0..).zip(faults) {
        let before = fs::read(site.file(file)).unwrap();
        fs::write(site.file(file), bytes).unwrap();
        let told = |now: &Health| now.trouble.as_ref().is_some_and(|text| text.contains(complaint));
        let now = health_where(handle.health(), complaint, told).await;
        assert_eq!(now.connected_since, connected.connected_since, "{complaint}");
        assert!(now.trouble.unwrap().ends_with("the earlier ones stay in use"));
        fill(&ledger, number..number + 1);
        handle.waker().wake();
        let mut seen = Seen::default();
        seen.read_until(&mut lines, 1).await;
        fs::write(site.file(file), before).unwrap();
        let is_well =
            |now: &Health| now.trouble.is_none() && now.connected_since > connected.connected_since;
        connected = health_where(handle.health(), "well again", is_well).await;
    }
    fs::remove_file(site.file("own.pem")).unwrap();
    health_where(handle.health(), "a missing file", |now| {
        now.trouble.as_ref().is_some_and(|text| text.contains("cannot read"))
    })
    .await;
}
