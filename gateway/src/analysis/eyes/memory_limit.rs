//! How much memory an eye may take.

use eye::Seat;

/// For itself: libraries, the weights, and what is being received of nobody yet.
const EYE_BYTES: u64 = 512 << 20;

/// For each lane: a model opened for all sizes of its input (48, 78 and 115 MB were measured of the
/// shipped one at 736x416, 960x544 and 1280x736), and the picture in hand.
const LANE_BYTES: u64 = 256 << 20;

/// For each lane, where there is a model that looks at crops: 49 MiB were measured of the shipped one.
const SECOND_LOOK_BYTES: u64 = 64 << 20;

/// For each camera beside the queue and the ring that the configuration allows: the decoder's pictures
/// and what is being received.
const CAMERA_BYTES: u64 = 96 << 20;

/// For each zone that is watched for whatever newly stands in it: nine looks and two references of
/// 480x480 pixels, a byte and a half each, are 4 MB. The rest is for its marks and the look under way.
const ZONE_BYTES: u64 = 16 << 20;

/// For each lane, where there is a net that finds new cables: its session, a pair of tiles and their map.
const CABLE_NET_BYTES: u64 = 64 << 20;

/// For each camera in whose pictures it is looked for new cables: what they look like without two-wheelers, a
/// picture that waits, and what aligns them, at 1920x1080.
const CABLE_BYTES: u64 = 48 << 20;

/// For an eye of so many lanes with the cameras in these seats.
pub(super) fn memory_limit<'a>(
    (lanes, looks_twice, finds_cables): (u16, bool, bool),
    seats: impl Iterator<Item = &'a Seat>,
) -> u64 {
    let cameras = seats.map(|seat| {
        let ring = seat.footage.map_or(0, |footage| footage.bytes);
        // Twice: while a clip is cut, the ring lies in memory again.
        let held = seat.stream.decoder_queue_bytes.saturating_add(ring) as u64;
        let zones = ZONE_BYTES.saturating_mul(seat.watch.standing.len() as u64);
        let cables = if seat.watch.cables.keeps_reference { CABLE_BYTES } else { 0 };
        let held = held.saturating_mul(2).saturating_add(cables);
        held.saturating_add(CAMERA_BYTES).saturating_add(zones)
    });
    let lane = LANE_BYTES
        + if looks_twice { SECOND_LOOK_BYTES } else { 0 }
        + if finds_cables { CABLE_NET_BYTES } else { 0 };
    let lanes = lane.saturating_mul(lanes.into());
    cameras.fold(EYE_BYTES.saturating_add(lanes), u64::saturating_add)
}
