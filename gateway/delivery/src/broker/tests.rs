//! What the library is relied on for.

use bytes::BytesMut;
use proptest::prelude::*;
use rumqttc::v5::mqttbytes::QoS;
use rumqttc::v5::mqttbytes::v5::Publish;

use super::signal::Message;
use super::v5::{packet_bytes, properties};
use crate::cloud_event::CloudEvent;

#[test]
fn packet_size_is_the_client_librarys() {
    let alert = br#"{"spec":"cg.alert/1","msg_id":"m","alert_id":"a","action":"open",
        "times":{"sent":"2026-11-22T13:00:00Z"}}"#;
    let short = CloudEvent::of(alert, "cg/v1").unwrap();
    let long = CloudEvent::of(alert, &"x".repeat(20_000)).unwrap();
    for event in [None, Some(short), Some(long)] {
        for payload_bytes in [0, 1, 100, 110, 111, 112, 120, 16_360, 16_370, 16_384, 2_100_000] {
            let topic = "evt/fire_safety";
            let payload = vec![0; payload_bytes];
            let mut publish = Publish::new(topic, QoS::AtLeastOnce, payload.clone(), None);
            publish.pkid = 7;
            publish.properties = event.as_ref().map(properties);
            let message = Message { topic, payload, retain: false, event: event.clone() };
            assert_eq!(packet_bytes(&message), publish.size(), "{message:?}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4_000, failure_persistence: None, ..Default::default() })]

    /// The library reads what a broker sends, and release builds end at a panic.
    #[test]
    fn no_bytes_make_the_library_panic(
        kind in any::<u8>(),
        remaining in 0_u8..60,
        body in prop::collection::vec(
            prop_oneof![any::<u8>(), 0_u8..4, Just(0x1f), Just(0x26), Just(0x80), Just(0xff)],
            0..120,
        ),
    ) {
        let mut bytes = BytesMut::from(&[kind, remaining][..]);
        bytes.extend_from_slice(&body);
        let (mut v5, mut v311) = (bytes.clone(), bytes);
        while rumqttc::v5::mqttbytes::v5::Packet::read(&mut v5, Some(1_000)).is_ok() {}
        while rumqttc::Packet::read(&mut v311, 1_000).is_ok() {}
    }
}
