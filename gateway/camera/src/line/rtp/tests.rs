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

/// The numbers that the client sees; none for a packet that is not handed on.
fn seen(identity: &mut Identity, packets: &[Vec<u8>]) -> Vec<Option<u16>> {
    let see = |packet: &Vec<u8>| {
        let mut packet = packet.clone();
        identity.take(&mut packet).then(|| {
            assert_eq!(packet[8..12], identity.source().to_be_bytes());
            u16::from_be_bytes([packet[2], packet[3]])
        })
    };
    packets.iter().map(see).collect()
}

#[test]
fn a_sound_stream_passes_untouched() {
    let mut identity = Identity::new(96, false);
    let packets: Vec<Vec<u8>> =
        (0..200_u16).map(|n| packet(7, n.wrapping_sub(100), 3600, false)).collect();
    for sound in packets {
        let mut taken = sound.clone();
        assert!(identity.take(&mut taken));
        assert_eq!(taken, sound);
    }
}

#[test]
fn a_new_source_after_a_whole_picture_is_no_loss() {
    let mut identity = Identity::new(96, false);
    let packets =
        [packet(7, 10, 0, true), packet(8, 40_000, 99, false), packet(8, 40_001, 99, true)];
    assert_eq!(seen(&mut identity, &packets), [Some(10), Some(11), Some(12)]);
    assert_eq!(identity.counts.restarts, 1);
}

#[test]
fn a_break_within_a_picture_is_a_loss() {
    let mut identity = Identity::new(96, false);
    let packets = [packet(7, 10, 0, false), packet(7, 2, 3600, false), packet(7, 4, 3600, true)];
    assert_eq!(seen(&mut identity, &packets), [Some(10), Some(12), Some(14)]);
}

#[test]
fn a_packet_sent_twice_passes_once() {
    let mut identity = Identity::new(96, false);
    let twice = [
        packet(7, 10, 0, false),
        packet(7, 10, 0, false),
        packet(7, 11, 0, true),
        packet(7, 10, 0, false),
    ];
    assert_eq!(seen(&mut identity, &twice), [Some(10), None, Some(11), None]);
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
    assert_eq!(seen(&mut identity, &late), [Some(10), Some(12), None, Some(13)]);
}

#[test]
fn a_wrong_description_of_the_payload_type_is_seen_through() {
    let mut identity = Identity::new(96, false);
    let mut other = packet(7, 1, 0, true);
    other[1] = 0x80 | 98;
    let passed = (0..40_u16).filter(|n| {
        other[2..4].copy_from_slice(&n.to_be_bytes());
        identity.take(&mut other.clone())
    });
    assert_eq!(passed.count(), 20);
    let mut geovision = packet(7, 41, 0, true);
    geovision[1] = 50;
    assert!(!identity.take(&mut geovision));
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
        for mut packet in packets {
            let _absent = Report::find(&packet);
            if identity.take(&mut packet) {
                prop_assert_eq!(&packet[8..12], &identity.source().to_be_bytes()[..]);
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
