//! What the library is relied on for.

use rumqttc::v5::mqttbytes::QoS;
use rumqttc::v5::mqttbytes::v5::Publish;

use super::packet_bytes;

#[test]
fn packet_size_is_the_client_librarys() {
    for payload_bytes in [0, 1, 100, 110, 111, 112, 120, 16_360, 16_370, 16_384, 2_100_000] {
        let payload = vec![0; payload_bytes];
        let mut publish = Publish::new("evt/fire_safety", QoS::AtLeastOnce, payload.clone(), None);
        publish.pkid = 7;
        assert_eq!(packet_bytes("evt/fire_safety", &payload), publish.size());
    }
}
