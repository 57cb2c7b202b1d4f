//! What was packetised, put together again.

use proptest::prelude::*;

use super::*;

/// The receiver's side, written from the RFCs rather than from the code above.
fn depacketise(codec: Codec, payloads: &Payloads) -> Vec<Vec<u8>> {
    let mut nal_units: Vec<Vec<u8>> = Vec::new();
    let mut is_open = false;
    for index in 0..payloads.len() {
        let payload = payloads.get(index).unwrap();
        assert!(payload.len() <= MAX_PAYLOAD_BYTES);
        let (header, fu, body) = match codec {
            Codec::H264 if payload[0] & 0x1F == 28 => {
                (vec![(payload[0] & 0xE0) | (payload[1] & 0x1F)], payload[1], &payload[2..])
            }
            Codec::H265 if payload[0] >> 1 == 49 => {
                let high = (payload[0] & 0x81) | ((payload[2] & 0x3F) << 1);
                (vec![high, payload[1]], payload[2], &payload[3..])
            }
            _ => {
                assert!(!is_open, "a NAL unit inside another");
                nal_units.push(payload.to_vec());
                continue;
            }
        };
        let (is_start, is_end) = (fu & 0x80 != 0, fu & 0x40 != 0);
        assert!(!(is_start && is_end), "one fragment is no fragmentation");
        assert_eq!(is_start, !is_open);
        if is_start {
            nal_units.push(header);
        }
        nal_units.last_mut().unwrap().extend_from_slice(body);
        is_open = !is_end;
    }
    assert!(!is_open, "the last fragment has no end bit");
    nal_units
}

/// Header bytes that are neither an aggregation nor a fragmentation unit.
fn nal_unit() -> impl Strategy<Value = (Codec, Vec<u8>)> {
    let size = prop_oneof![0_usize..8, 1390_usize..1410, 2780_usize..2810, 0_usize..9000];
    let h264 = (0_u8..4, 1_u8..24).prop_map(|(idc, kind)| vec![(idc << 5) | kind]);
    let h265 = (0_u8..41, 0_u8..2, 1_u8..=255)
        .prop_map(|(kind, layer, low)| vec![(kind << 1) | layer, low]);
    let header = prop_oneof![
        h264.prop_map(|header| (Codec::H264, header)),
        h265.prop_map(|header| (Codec::H265, header)),
    ];
    (header, size, any::<u8>()).prop_map(|((codec, mut unit), size, seed)| {
        unit.extend((0..=250).cycle().take(size).map(|byte: u8| byte ^ seed));
        (codec, unit)
    })
}

proptest! {
    #[test]
    fn what_is_packetised_comes_out_again(units in prop::collection::vec(nal_unit(), 1..5)) {
        for codec in [Codec::H264, Codec::H265] {
            let units = units.iter().filter(|(of, _)| *of == codec);
            let units: Vec<Vec<u8>> = units.map(|(_, unit)| unit.clone()).collect();
            let mut payloads = Payloads::default();
            for unit in &units {
                payloads.push_nal_unit(codec, unit, MAX_PAYLOAD_BYTES);
            }
            prop_assert_eq!(depacketise(codec, &payloads), units);
        }
    }
}

#[test]
fn sizes_around_the_limit() {
    for (codec, size, packets) in [
        (Codec::H264, 1, 1),
        (Codec::H264, 1400, 1),
        (Codec::H264, 1401, 2),
        (Codec::H264, 1 + 2 * 1398, 2),
        (Codec::H264, 2 + 2 * 1398, 3),
        (Codec::H265, 1400, 1),
        (Codec::H265, 1401, 2),
        (Codec::H265, 2 + 2 * 1397, 2),
        (Codec::H265, 3 + 2 * 1397, 3),
    ] {
        let mut payloads = Payloads::default();
        payloads.push_nal_unit(codec, &vec![0x02; size], MAX_PAYLOAD_BYTES);
        assert_eq!(payloads.len(), packets, "{codec:?} of {size} bytes");
        assert_eq!(payloads.get(packets), None);
    }
}

#[test]
fn fragment_headers_of_an_h264_key_frame() {
    let mut payloads = Payloads::default();
    payloads.push_nal_unit(Codec::H264, &vec![0x65; 4000], MAX_PAYLOAD_BYTES);
    let headers: Vec<&[u8]> = (0..3).map(|index| &payloads.get(index).unwrap()[..2]).collect();
    assert_eq!(headers, [[0x7C, 0x85], [0x7C, 0x05], [0x7C, 0x45]]);
}

#[test]
fn fragment_headers_of_an_h265_key_frame() {
    let mut payloads = Payloads::default();
    payloads.push_nal_unit(
        Codec::H265,
        &[&[0x26, 0x01][..], &[7; 4000]].concat(),
        MAX_PAYLOAD_BYTES,
    );
    let headers: Vec<&[u8]> = (0..3).map(|index| &payloads.get(index).unwrap()[..3]).collect();
    assert_eq!(headers, [[0x62, 0x01, 0x93], [0x62, 0x01, 0x13], [0x62, 0x01, 0x53]]);
}
