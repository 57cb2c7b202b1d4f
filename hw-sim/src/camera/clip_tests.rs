//! Clips by their access units, and files that are not a clip.

use super::*;
use crate::camera::payload::MAX_PAYLOAD_BYTES;

/// A clip of pictures of one packet each, the key frames of two.
pub(crate) fn synthetic(pictures: u64, ticks_each: u64, key_frame_every: u64) -> Clip {
    let access_unit = |index: u64| {
        let is_key_frame = index.is_multiple_of(key_frame_every);
        let mut payloads = Payloads::default();
        if is_key_frame {
            payloads.push_nal_unit(Codec::H264, &[0x67], MAX_PAYLOAD_BYTES);
        }
        payloads.push_nal_unit(Codec::H264, &[0x41, (index & 0xFF) as u8], MAX_PAYLOAD_BYTES);
        let ticks = index * ticks_each;
        AccessUnit { capture_ticks: ticks, send_ticks: ticks, payloads, is_key_frame }
    };
    Clip {
        codec: Codec::H264,
        width_px: 64,
        height_px: 48,
        duration_ticks: pictures * ticks_each,
        parameter_sets: Vec::new(),
        access_units: (0..pictures).map(access_unit).collect(),
    }
}

#[test]
fn nal_units_are_split_by_their_length() {
    let sample: &[u8] = &[0, 2, 7, 8, 0, 1, 9];
    let (first, rest) = split_nal_unit(sample, 2).unwrap();
    assert_eq!((first, rest), (&[7, 8][..], &[0, 1, 9][..]));
    let (second, rest) = split_nal_unit(rest, 2).unwrap();
    assert_eq!((second, rest), (&[9][..], &[][..]));
    assert_eq!(split_nal_unit(&[0, 3, 7, 8], 2), None);
    assert_eq!(split_nal_unit(&[0], 2), None);
}

#[test]
fn a_file_that_is_not_an_mp4_and_a_damaged_one_have_different_errors() {
    let path = Path::new("street.mp4");
    let message =
        |file: &[u8]| Clip::parse(path, file, &Quirks::default()).unwrap_err().to_string();
    for file in [&b""[..], b"hello", b"a text that is no video at all", &[0xFF, 0xD8, 0xFF, 0xE0]] {
        assert!(message(file).contains("street.mp4 is not an MP4 video"), "{}", message(file));
    }
    let header_only = b"\0\0\0\x10ftypisom\0\0\0\0";
    assert!(message(header_only).contains("damaged or was cut off"), "{}", message(header_only));
}

#[test]
fn an_unknown_time_scale_is_an_error_and_not_a_division_by_zero() {
    assert_eq!(rescale(3, 25), Ok(10_800));
    assert!(rescale(3, 0).is_err());
    assert!(rescale(-3, 25).is_err());
    assert!(rescale(i64::MAX, 25).is_err());
}
