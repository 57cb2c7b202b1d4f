//! Identifiers are derived from what they name: after a crash the same ones are derived again.

use scene::CaptureTime;
use sha2::{Digest, Sha256};
use uuid::{Builder, Uuid};

use rule::Slug;

/// The identity of the incident that `rule` opened in `zone` at `opened_at`.
pub(crate) fn alert_id(
    (gateway, camera): (&Slug, &Slug),
    (rule, zone): (&Slug, &Slug),
    opened_at: CaptureTime,
) -> Uuid {
    let micros = opened_at.unix_micros().to_string();
    let parts = [gateway.as_str(), camera.as_str(), rule.as_str(), zone.as_str(), &micros];
    uuid_v7(opened_at, parts.join("|").as_bytes())
}

/// The identity of message `seq` of an alert, sent for what was seen at `at`.
pub(crate) fn message_id(alert_id: Uuid, seq: u32, at: CaptureTime) -> Uuid {
    uuid_v7(at, format!("{alert_id}|{seq}").as_bytes())
}

/// The first 128 bits, in hex, of SHA-256 over `type.code|roi_id|-` (no subject hash).
pub(crate) fn dedupe_key(type_code: &Slug, zone: &Slug) -> String {
    let digest = Sha256::digest(format!("{type_code}|{zone}|-"));
    hex::encode(digest.get(..16).unwrap_or_default())
}

/// What stands for the zone at a point of a device. A name that fits no identifier is told apart by its
/// digest.
pub(crate) fn point(device: &Slug, point: &str) -> Slug {
    let plain = Slug::new(&format!("{device}.{point}"));
    let digest = hex::encode(Sha256::digest(format!("{device}|{point}")));
    // The digest alone is 40 of the characters that an identifier may have.
    plain
        .or_else(|_| Slug::new(digest.get(..40).unwrap_or(&digest)))
        .unwrap_or_else(|_| device.clone())
}

/// A `UUIDv7` (RFC 9562 §5.7) whose 74 random bits are the digest of `seed`.
fn uuid_v7(at: CaptureTime, seed: &[u8]) -> Uuid {
    let millis = u64::try_from(at.unix_micros().div_euclid(1_000)).unwrap_or(0);
    let mut random = [0; 10];
    for (target, byte) in random.iter_mut().zip(Sha256::digest(seed)) {
        *target = byte;
    }
    Builder::from_unix_timestamp_millis(millis, &random).into_uuid()
}

#[cfg(test)]
mod tests {
    use scene::CaptureTime;

    use super::{alert_id, dedupe_key, message_id};
    use rule::Slug;

    #[test]
    fn identities_depend_on_what_they_name_and_on_nothing_else() {
        let slug = |text: &str| Slug::new(text).unwrap();
        let (gateway, camera, rule) = (slug("gw-1"), slug("cam-1"), slug("r"));
        let at = CaptureTime::from_unix_micros(1_795_338_907_480_000);
        let id = |zone: &str, at| alert_id((&gateway, &camera), (&rule, &slug(zone)), at);
        assert_eq!(id("z", at), id("z", at));
        assert_ne!(id("z", at), id("y", at));
        let micro_later = CaptureTime::from_unix_micros(at.unix_micros() + 1);
        assert_ne!(id("z", at), id("z", micro_later));
        assert_eq!(id("z", at).get_version_num(), 7);
        assert_ne!(message_id(id("z", at), 1, at), message_id(id("z", at), 2, at));
        assert_eq!(dedupe_key(&slug("fire_passage_blocked"), &slug("z")).len(), 32);
    }
}
