//! Streams of every format, made by ffmpeg's encoders: what is decoded and what is refused.

use bytes::Bytes;
use proptest::prelude::*;
use scene::{CaptureTime, Clock, ClockSource};

use super::*;
use crate::access_unit::AccessUnit;
use crate::coded_sample::{coded, coded_with};
use crate::decoder::{DecodeError, Decoder, Picture, init_libav};
use crate::gop_gate::Run;
use crate::nal_units::nal_units;
use crate::scaler::Scaler;
use crate::settings::Settings;

/// The coded bytes as one run that a worker decodes.
fn run(coded: Bytes) -> Run {
    let unit = AccessUnit {
        data: coded,
        captured_at: CaptureTime::from_unix_micros(1_000_000),
        clock: Clock { source: ClockSource::SenderReport, error_ms: Some(0) },
        is_random_access_point: true,
        recovery: 0,
        is_disposable: false,
        loss: 0,
    };
    Run { units: vec![unit], continues: false, is_due: true }
}

fn decode(codec: Codec, coded: Bytes, max_picture_px: u64) -> Result<Option<Picture>, DecodeError> {
    init_libav().unwrap();
    let mut decoder = Decoder::open(codec, max_picture_px)?;
    decoder.decode(&run(coded), |_| {}).map(|decoded| decoded.picture)
}

#[test]
fn a_picture_is_judged_by_the_memory_that_its_format_takes() {
    let max_picture_px = 640 * 480;
    for codec in [Codec::H264, Codec::H265] {
        for (format, fits) in [
            ("yuv420p", true),
            ("yuvj420p", true),
            ("yuv422p", false),
            ("yuv444p", false),
            ("yuv420p10le", false),
            ("yuv444p10le", false),
        ] {
            let judged = decode(codec, coded(codec, "640x480", format), max_picture_px);
            let is_decoded = matches!(&judged, Ok(Some(picture)) if picture.width() == 640);
            assert_eq!(is_decoded, fits, "{codec} {format}: {:?}", judged.err());
            // Half the width in any format takes no more than the whole in 4:2:0.
            if format != "yuv444p10le" {
                let small = decode(codec, coded(codec, "320x480", format), max_picture_px);
                assert!(matches!(small, Ok(Some(_))), "{codec} {format}: {:?}", small.err());
            }
        }
    }
}

#[test]
fn what_is_refused_is_told_with_what_to_do() {
    let (codec, picture) = (Codec::H265, coded(Codec::H265, "640x480", "yuv444p10le"));
    let told = decode(codec, picture, 640 * 480).err().unwrap().to_string();
    assert_eq!(
        told,
        "pictures of 640x480, 4:4:4, 10 bit take 2 MB each, and 1 MB is the limit (max_picture_px). \
         Set the camera to 4:2:0 with 8 bit, or to smaller pictures"
    );
}

#[test]
fn a_stream_that_asks_for_sixteen_large_pictures_is_refused() {
    let large = PictureFormat {
        width_px: 4096,
        height_px: 2176,
        chroma_format: 1,
        bit_depth: 8,
        reference_pictures: 6,
    };
    let limits = DecoderLimits::new(Settings::MAX_PICTURE_PX);
    limits.check_format(large).unwrap();
    let hostile = PictureFormat { reference_pictures: 16, ..large };
    assert!(matches!(limits.check_format(hostile), Err(LimitError::Decoder { pictures: 16, .. })));
    let small = PictureFormat { width_px: 1920, height_px: 1088, ..hostile };
    limits.check_format(small).unwrap();
    let thin = PictureFormat { width_px: 1, height_px: 8_000_000, reference_pictures: 0, ..large };
    assert!(matches!(limits.check_format(thin), Err(LimitError::Picture { .. })));
    let endless = PictureFormat { width_px: u32::MAX, height_px: u32::MAX, ..hostile };
    assert!(limits.check_format(endless).is_err(), "and no overflow");
}

#[test]
fn the_smallest_and_odd_sizes_are_decoded_and_scaled() {
    let mut scaler = Scaler::default();
    // H.265 has no smaller picture than a coding block of 8; H.264 crops to a pixel or two.
    for (codec, size, format) in [
        (Codec::H264, "1x1", "yuv444p"),
        (Codec::H264, "2x2", "yuv420p"),
        (Codec::H264, "2x1000", "yuv420p"),
        (Codec::H264, "1000x2", "yuv420p"),
        (Codec::H264, "641x359", "yuv444p"),
        (Codec::H264, "642x358", "yuv420p"),
        (Codec::H265, "64x64", "yuv420p"),
        (Codec::H265, "642x358", "yuv420p10le"),
    ] {
        let picture = decode(codec, coded(codec, size, format), Settings::MAX_PICTURE_PX);
        let picture = picture.unwrap_or_else(|error| panic!("{size}: {error}")).expect("a picture");
        assert_eq!(format!("{}x{}", picture.width(), picture.height()), size);
        for to in [(2, 2), (416, 234), (picture.width(), picture.height())] {
            let rgb = scaler.scale(&picture, to).unwrap_or_else(|error| panic!("{size}: {error}"));
            assert!(rgb.stride >= 3 * to.0 as usize && rgb.pixels.len() >= rgb.stride);
        }
        let _none_or_some = picture.appearance();
    }
}

#[test]
fn a_stream_may_change_its_size_and_is_judged_again() {
    init_libav().unwrap();
    let mut decoder = Decoder::open(Codec::H264, 640 * 480).unwrap();
    let mut decode = |size: &str| {
        let decoded = decoder.decode(&run(coded(Codec::H264, size, "yuv420p")), |_| {});
        decoded.map(|decoded| decoded.picture.map(|picture| (picture.width(), picture.height())))
    };
    assert_eq!(decode("320x240").unwrap(), Some((320, 240)));
    assert_eq!(decode("640x480").unwrap(), Some((640, 480)));
    let refused = decode("800x600");
    assert!(matches!(refused, Err(DecodeError::Limit(LimitError::Picture { .. }))), "{refused:?}");
    assert_eq!(decode("322x242").unwrap(), Some((322, 242)), "and goes on afterwards");
}

#[test]
fn a_picture_in_thousands_of_pieces_is_refused() {
    let limits = DecoderLimits::new(Settings::MAX_PICTURE_PX);
    let slices = |count: usize| [0, 0, 1, 0x41, 0xe0].repeat(count);
    limits.check(Codec::H264, &slices(MOST_NAL_UNITS)).unwrap();
    let refused = limits.check(Codec::H264, &slices(MOST_NAL_UNITS + 1));
    assert_eq!(refused, Err(LimitError::Pieces));
}

#[test]
fn a_parameter_set_that_breaks_off_is_refused() {
    let limits = DecoderLimits::new(Settings::MAX_PICTURE_PX);
    for (codec, unit) in
        [(Codec::H264, &[0, 0, 1, 0x67, 100][..]), (Codec::H265, &[0, 0, 1, 66, 1])]
    {
        assert_eq!(limits.check(codec, unit), Err(LimitError::Unreadable));
    }
}

#[test]
fn reference_sets_of_any_encoder_are_read_and_those_that_break_off_refused() {
    let limits = DecoderLimits::new(Settings::MAX_PICTURE_PX);
    for options in
        ["ref=5:bframes=4:b-pyramid=1", "ref=1:bframes=0", "scaling-list=default", "ctu=16"]
    {
        let coded = coded_with(Codec::H265, "128x128", "yuv420p", options);
        let judged = limits.check(Codec::H265, &coded);
        assert_eq!(judged, Ok(()), "{options}");
        let sps =
            nal_units(&coded).find(|unit| unit.is_sequence_parameter_set(Codec::H265)).unwrap();
        let is_read = |length: usize| {
            let cut = [&[0, 0, 1], &sps.bytes[..length]].concat();
            limits.check(Codec::H265, &cut).is_ok()
        };
        // What comes after the sets is not looked at.
        let mut lengths = 2..sps.bytes.len();
        let least = lengths.find(|length| is_read(*length));
        assert!(least.is_some_and(|least| least > 20), "{options}: {least:?}");
        assert!(lengths.all(is_read), "{options}");
    }
}

proptest! {
    /// Nothing that a camera writes into a parameter set makes the judgement panic or go on for long.
    #[test]
    fn any_parameter_set_is_judged(
        h265: bool,
        layers in 0_u8..64,
        payload in prop::collection::vec(prop_oneof![Just(0_u8), Just(0xff), any::<u8>()], 0..400),
    ) {
        let (codec, header) = match h265 {
            true => (Codec::H265, vec![0, 0, 1, 33 << 1, layers & 7]),
            false => (Codec::H264, vec![0, 0, 1, 0x60 | 7]),
        };
        let unit = [header, payload].concat();
        let _judged = DecoderLimits::new(Settings::MAX_PICTURE_PX).check(codec, &unit);
    }
}
