//! What an alert says of itself outside its payload.

use super::wire::ScriptedBroker;
use super::{hasty, ledger, record};
use crate::{Protocol, Publisher, StatusBoard};

#[tokio::test]
async fn an_alert_carries_the_attributes_of_a_cloud_event_in_mqtt_5_only() {
    let alert = r#"{"spec":"cg.alert/1","msg_id":"m-1","alert_id":"a-1","action":"open",
        "times":{"sent":"2026-11-22T13:00:00Z"}}"#;
    for protocol in [Protocol::V5, Protocol::V311] {
        let broker = ScriptedBroker::listen().await;
        let (_folder, ledger) = ledger();
        record(&ledger, &[("evt/fire", alert), ("evt/fire", "{}")]);
        let mut settings = hasty(broker.address());
        settings.protocol = protocol;
        let _handle = Publisher::spawn(settings, ledger, StatusBoard::default(), None).unwrap();
        let mut link = broker.welcome().await;
        let published = link.published_many(2).await;
        assert_eq!(published[0].payload, alert);
        assert!(published[1].properties.is_empty());
        let mut expected = Vec::new();
        if protocol == Protocol::V5 {
            expected.extend(b"\x03\0\x10application/json");
            for (name, value) in [
                ("specversion", "1.0"),
                ("id", "m-1"),
                ("type", "cg.alert/1/open"),
                ("source", "cg/v1/a/b/c/gw-01"),
                ("subject", "a-1"),
                ("time", "2026-11-22T13:00:00Z"),
            ] {
                expected.push(0x26);
                for text in [name, value] {
                    expected.extend([0, u8::try_from(text.len()).unwrap()]);
                    expected.extend(text.as_bytes());
                }
            }
        }
        let mut found = published[0].properties.clone();
        // Properties have no order.
        found.sort_unstable();
        expected.sort_unstable();
        assert_eq!(found, expected);
    }
}
