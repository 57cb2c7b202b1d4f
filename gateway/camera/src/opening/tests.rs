//! Access units by their first bytes.

use proptest::prelude::*;

use super::*;

fn annex_b(units: &[&[u8]]) -> Vec<u8> {
    units.iter().flat_map(|unit| [&[0, 0, 0, 1], *unit].concat()).collect()
}

#[test]
fn h265_starts_at_every_intra_random_access_picture() {
    for (nal_type, expected) in
        [(0, None), (1, None), (9, None), (16, Some(0)), (19, Some(0)), (21, Some(0))]
    {
        // An access unit delimiter (35) before it, as many cameras send.
        let unit = annex_b(&[&[35 << 1, 1, 0x50], &[nal_type << 1, 1, 0xaa]]);
        assert_eq!(Opening::read(Codec::H265, &unit).random_access, expected, "{nal_type}");
    }
}

#[test]
fn h264_starts_at_refreshes_and_recovery_points() {
    let slice: &[u8] = &[0x41, 0x9a];
    let cases: [(&[u8], &[u8], Option<u32>); 6] = [
        (&[0x09, 0x10], &[0x65, 0x88], Some(0)),
        (&[0x09, 0x10], slice, None),
        // recovery_frame_cnt 0, then 24, then behind another message.
        (&[0x06, 6, 1, 0x84, 0x80], slice, Some(0)),
        (&[0x06, 6, 2, 0x0c, 0x80, 0x80], slice, Some(24)),
        (&[0x06, 5, 3, 1, 2, 3, 6, 1, 0x84, 0x80], slice, Some(0)),
        (&[0x06, 5, 200, 1], slice, None),
    ];
    for (before, slice, expected) in cases {
        let unit = annex_b(&[before, slice]);
        assert_eq!(Opening::read(Codec::H264, &unit).random_access, expected, "{before:?}");
    }
}

#[test]
fn parameter_sets_are_those_before_the_first_slice() {
    let unit = annex_b(&[&[0x67, 1, 2], &[0x68, 3], &[0x65, 9], &[0x68, 4]]);
    assert_eq!(Opening::read(Codec::H264, &unit).sets, [&[0x67, 1, 2][..], &[0x68, 3]]);
    assert!(Opening::read(Codec::H264, &annex_b(&[&[0x01, 9]])).is_disposable);
    assert!(!Opening::read(Codec::H264, &annex_b(&[&[0x41, 9]])).is_disposable);
}

#[test]
fn a_picture_full_of_messages_is_not_read_to_the_end() {
    let slice: &[u8] = &[0x41, 0x9a];
    let recovery: &[u8] = &[0x06, 6, 1, 0x84, 0x80];
    let other: &[u8] = &[0x06, 5, 1, 9, 0x80];
    let behind = |units: usize| annex_b(&[&vec![other; units][..], &[recovery, slice]].concat());
    let found = |unit: &[u8]| Opening::read(Codec::H264, unit).random_access;
    assert_eq!(found(&behind(MOST_SEI_UNITS - 1)), Some(0));
    assert_eq!(found(&behind(MOST_SEI_UNITS)), None);
    let within = |messages: usize| {
        let unit = [&[0x06][..], &[1, 0].repeat(messages), &recovery[1..]].concat();
        annex_b(&[&unit, slice])
    };
    assert_eq!(found(&within(MOST_MESSAGES - 1)), Some(0));
    assert_eq!(found(&within(MOST_MESSAGES)), None);
    // A kind of message, and a size, that no message has.
    for head in [vec![0xff; 3000], [&[1][..], &[0xff; 3000]].concat()] {
        let unit = [&[0x06][..], &head, &[0], &recovery[1..]].concat();
        assert_eq!(found(&annex_b(&[&unit, slice])), None);
    }
}

proptest! {
    #[test]
    fn hostile_units_end(bytes in proptest::collection::vec(prop_oneof![Just(0_u8), Just(1), Just(6), Just(0xff), any::<u8>()], 0..300)) {
        for codec in [Codec::H264, Codec::H265] {
            let opening = Opening::read(codec, &bytes);
            prop_assert!(opening.sets.iter().map(|set| set.len()).sum::<usize>() <= bytes.len());
        }
    }
}
