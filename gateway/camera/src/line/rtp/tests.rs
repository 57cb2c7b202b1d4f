//! Streams with an odd identity, packet by packet.

use proptest::prelude::*;

use super::*;

fn packet(ssrc: u32, sequence: u16, timestamp: u32, is_last: bool) -> Vec<u8> {
    let mut bytes = vec![0x80, if is_last { 0x80 | 96 } else { 96 }];
    bytes.extend(sequence.to_be_bytes());
    bytes.extend(timestamp.to_be_bytes());
    bytes.extend(ssrc.to_be_bytes());
    bytes.push(0x41);
    bytes
}

/// What the client gets for one packet.
fn taken(identity: &mut Identity, packet: &[u8]) -> Vec<Vec<u8>> {
    let mut handed_on = Vec::new();
    identity.take(packet, |packet| handed_on.push(packet.to_vec()));
    assert!(handed_on.iter().all(|packet| packet[8..12] == identity.source().to_be_bytes()));
    handed_on
}

/// The numbers that the client sees.
fn seen(identity: &mut Identity, packets: &[Vec<u8>]) -> Vec<u16> {
    let all = packets.iter().flat_map(|packet| taken(identity, packet)).collect::<Vec<_>>();
    all.iter().map(|packet| u16::from_be_bytes([packet[2], packet[3]])).collect()
}

#[test]
fn a_sound_stream_passes_untouched() {
    let mut identity = Identity::new(96, false);
    for number in 0..200_u16 {
        let sound = packet(7, number.wrapping_sub(100), 3600, false);
        assert_eq!(taken(&mut identity, &sound), [sound]);
    }
    assert_eq!(identity.picture_bytes, 200 * 13);
}

#[test]
fn what_stands_around_the_payload_is_left_out_and_what_is_broken_off_does_not_pass() {
    let around = |first: u8, number: u16, rest: &[u8]| {
        let mut bytes = packet(7, number, 3600, true);
        (bytes[0], bytes[12]) = (first, rest.first().copied().unwrap_or(0));
        bytes.truncate(12);
        [bytes, rest.to_vec()].concat()
    };
    let mut identity = Identity::new(96, false);
    let sound = packet(7, 1, 3600, true);
    let extended = [&[0xbe, 0xde, 0, 1, 9, 9, 9, 9, 0x41][..], &[0x41, 0, 0, 3], &[0x41, 0x90]];
    for (first, rest) in [
        (0x90, extended[0]),
        (0xa0, extended[1]),
        (0xa0, extended[2]), // more padding than packet: none
        (0x82, &[1, 1, 1, 1, 2, 2, 2, 2, 0x41][..]),
    ] {
        let mut identity = Identity::new(96, false);
        let [passed] = &taken(&mut identity, &around(first, 1, rest))[..] else {
            panic!("{rest:?}")
        };
        assert_eq!(passed[..13], sound, "{rest:?}");
        assert!(passed.len() == 13 || rest == extended[2]);
    }
    // Broken off: an extension, sources.
    for (first, rest) in [(0x90, &[0xbe, 0xde, 0, 9, 9][..]), (0x90, &[0xbe]), (0x8f, &[1, 2, 3])] {
        assert!(taken(&mut identity, &around(first, 1, rest)).is_empty(), "{rest:?}");
    }
    // Empty ones leave no gap.
    let packets = [&[0x41, 0, 2][..], &[], &[3], &[0, 0, 0, 4], &[5]];
    let packets = packets.iter().zip(20..).map(|(rest, number)| around(0xa0, number, rest));
    let packets: Vec<Vec<u8>> = packets.collect();
    assert_eq!(seen(&mut identity, &packets), [20, 21, 22]);
}

#[test]
fn numbers_that_packets_of_another_type_have_are_no_loss() {
    let other = |number| {
        let mut bytes = packet(7, number, 3600, false);
        bytes[1] = 50;
        bytes
    };
    let mut identity = Identity::new(96, false);
    let sound = |number| packet(7, number, 3600, false);
    // Two of them between, one that has the number of the packet before it, and one of another source.
    let stranger = |number| [&other(number)[..8], &[9, 9, 9, 9, 0x41]].concat();
    let packets = [
        sound(65_534),
        other(65_535),
        other(0),
        other(0),
        sound(1),
        other(1),
        sound(2),
        stranger(3),
        sound(4),
        other(6),
        sound(8),
    ];
    assert_eq!(seen(&mut identity, &packets), [65_534, 65_535, 0, 2, 5]);
    assert_eq!(identity.counts.lost, 1 + 2, "what a stranger numbered, and 5 and 7");
}

#[test]
fn a_new_source_after_a_whole_picture_is_no_loss() {
    let mut identity = Identity::new(96, false);
    let mut packets = vec![packet(7, 10, 0, true)];
    packets.extend((0..6).map(|n| packet(8, 40_000 + n, 99, false)));
    assert_eq!(seen(&mut identity, &packets), [10, 11, 12, 13, 14, 15, 16]);
    assert_eq!((identity.counts.restarts, identity.counts.lost), (1, 0));
}

#[test]
fn somebody_elses_packets_between_are_dropped() {
    let mut identity = Identity::new(96, false);
    let packets: Vec<Vec<u8>> = (0..100_u16)
        .flat_map(|n| {
            [packet(7, n, 0, false), packet(9, 500 + n, 5, true), packet(9, 700 + n, 5, true)]
        })
        .collect();
    // Strangers may be a majority; then they are it. Here the known source must win by its continuity.
    let few: Vec<Vec<u8>> =
        packets.into_iter().filter(|it| it[11] == 7 || it[3] % 4 == 0).collect();
    assert_eq!(seen(&mut identity, &few), (0..100).collect::<Vec<u16>>());
}

#[test]
fn a_break_within_a_picture_is_a_loss() {
    let mut identity = Identity::new(96, false);
    let packets = [packet(7, 10, 0, false), packet(7, 2, 3600, false), packet(7, 4, 3600, true)];
    assert_eq!(seen(&mut identity, &packets), [10, 12, 14]);
    assert_eq!(identity.counts.lost, 2);
}

#[test]
fn a_packet_sent_twice_passes_once() {
    let mut identity = Identity::new(96, false);
    let (first, second) = (packet(7, 10, 0, false), packet(7, 11, 0, true));
    let twice = [first.clone(), first.clone(), second, first];
    assert_eq!(seen(&mut identity, &twice), [10, 11]);
    assert_eq!(identity.counts.repeated, 2);
}

#[test]
fn late_datagrams_are_dropped_but_numbers_that_begin_anew_are_not() {
    let mut identity = Identity::new(96, true);
    let late = [
        packet(7, 10, 0, false),
        packet(7, 12, 0, true),
        packet(7, 11, 0, false),
        packet(7, 5000, 1, true),
    ];
    assert_eq!(seen(&mut identity, &late), [10, 12, 13]);
}

#[test]
fn a_wrong_description_of_the_payload_type_is_seen_through() {
    let mut identity = Identity::new(96, false);
    let mut other = packet(7, 1, 0, true);
    other[1] = 0x80 | 98;
    let passed = (0..40_u16).filter(|n| {
        other[2..4].copy_from_slice(&n.to_be_bytes());
        taken(&mut identity, &other).first().is_some_and(|packet| packet[1] == 0x80 | 96)
    });
    assert_eq!(passed.count(), 20);
    let mut geovision = packet(7, 41, 0, true);
    geovision[1] = 50;
    assert!(taken(&mut identity, &geovision).is_empty());
    // A described type is taken at once, dynamic or not.
    geovision[1] = 35;
    assert_eq!(taken(&mut Identity::new(35, false), &geovision)[0][1], 96);
}

#[test]
fn a_report_is_found_behind_other_packets() {
    let report = Report { rtp: 90_000, ntp: 0x1234_5678_9abc_def0 };
    let compound = [&[0x80, 201, 0, 1, 0, 0, 0, 9][..], &report.packet(7)].concat();
    assert_eq!(Report::find(&compound), Some(report));
    assert_eq!(Report::find(&compound[..20]), None);
    assert_eq!(Report::find(&[0x80, 201, 0xff, 0xff]), None);
}

proptest! {
    #[test]
    fn hostile_packets_leave_one_source_and_rising_numbers(
        packets in proptest::collection::vec(
            prop_oneof![
                proptest::collection::vec(any::<u8>(), 0..40),
                (0..3_u32, any::<u16>(), 0..9_u32, any::<bool>())
                    .prop_map(|(ssrc, number, time, last)| packet(ssrc, number, time, last)),
            ],
            0..200,
        ),
        is_unordered: bool,
    ) {
        let mut identity = Identity::new(96, is_unordered);
        let mut number = None;
        for packet in packets {
            let _absent = Report::find(&packet);
            for packet in taken(&mut identity, &packet) {
                let now = u16::from_be_bytes([packet[2], packet[3]]);
                if let Some(before) = number {
                    let step = now.wrapping_sub(before);
                    prop_assert!((1..=LARGEST_LOSS).contains(&step));
                }
                number = Some(now);
            }
        }
    }
}
