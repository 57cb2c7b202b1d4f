//! Whatever a camera sent into its ring: a clip or an error, and no file beyond measure.

use std::sync::LazyLock;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;

use super::*;
use crate::mutation::{Mutations, mutations};

/// What a clip has beside its coded pictures: an index of a few dozen bytes a picture.
const MAX_INDEX_BYTES: usize = 64 * 1024;

/// The first two dozen access units of a recording, as a camera would send them.
fn access_units(codec: Codec, clip: &str) -> Vec<Vec<u8>> {
    let (format, filter) = match codec {
        Codec::H264 => ("h264", "h264_mp4toannexb"),
        Codec::H265 => ("hevc", "hevc_mp4toannexb"),
    };
    let folder = tempfile::tempdir().unwrap();
    let coded = folder.path().join("coded");
    let status = Command::new("ffmpeg")
        .args(["-v", "error", "-i"])
        .arg(media().join(clip))
        .args(["-frames:v", "24", "-c", "copy", "-bsf:v", filter, "-f", format])
        .arg(&coded)
        .status()
        .expect("ffmpeg runs; run `make setup`");
    assert!(status.success());
    ffmpeg::init().unwrap();
    let mut input = ffmpeg::format::input(&coded).unwrap();
    input.packets().map(|(_, packet)| packet.data().unwrap().to_vec()).collect()
}

fn units_of(codec: Codec) -> &'static [Vec<u8>] {
    static H264: LazyLock<Vec<Vec<u8>>> =
        LazyLock::new(|| access_units(Codec::H264, "street-h264.mp4"));
    static H265: LazyLock<Vec<Vec<u8>>> =
        LazyLock::new(|| access_units(Codec::H265, "street-h265.mp4"));
    match codec {
        Codec::H264 => &H264,
        Codec::H265 => &H265,
    }
}

/// Pictures of these bytes, each of `steps` being how far the camera's clock went on since the one
/// before, in microseconds. The ring keeps no two pictures with more than 30 s between them.
fn footage_of(codec: Codec, units: &[Vec<u8>], steps: &[i64]) -> Footage {
    let mut at = CaptureTime::from_unix_micros(1_795_000_000_000_000);
    let mut steps = steps.iter().cycle();
    let pictures = units.iter().enumerate().map(|(number, data)| {
        at = CaptureTime::from_unix_micros(at.unix_micros() + steps.next().unwrap_or(&40_000));
        let is_random_access_point = number % 12 == 0;
        CodedPicture { data: data.clone().into(), captured_at: at, is_random_access_point }
    });
    Footage { codec, pictures: pictures.collect() }
}

fn codec() -> impl Strategy<Value = Codec> {
    prop::sample::select(vec![Codec::H264, Codec::H265])
}

fn check_written(footage: &Footage) -> Result<(), TestCaseError> {
    // libavformat has a complaint about each.
    ffmpeg::util::log::set_level(ffmpeg::util::log::Level::Quiet);
    let coded: usize = footage.pictures.iter().map(|picture| picture.data.len()).sum();
    if let Ok(clip) = write_mp4(footage) {
        prop_assert_eq!(clip.mp4.get(4..8), Some(b"ftyp".as_slice()));
        let most = 2 * coded + MAX_INDEX_BYTES;
        prop_assert!(clip.mp4.len() <= most, "{} of {coded}", clip.mp4.len());
    }
    Ok(())
}

proptest! {
    // Each case opens and closes a parser of libavformat.
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..Default::default() })]

    #[test]
    fn changed_pictures_make_a_clip_or_an_error(
        codec in codec(),
        changed in vec((any::<Index>(), mutations()), 0..6),
        parameter_sets in prop::option::of(mutations()),
        steps in vec(-30_000_000_i64..30_000_000, 0..8),
    ) {
        let mut units = units_of(codec).to_vec();
        for (which, mutations) in changed {
            let unit = &mut units[which.index(24)];
            *unit = Mutations::apply(&mutations, unit);
        }
        if let Some(mutations) = parameter_sets {
            // They are at the beginning of the first picture.
            let head = units[0].len().min(64);
            let changed = mutations.apply(&units[0][..head]);
            units[0].splice(..head, changed);
        }
        check_written(&footage_of(codec, &units, &steps))?;
    }

    #[test]
    fn any_bytes_make_a_clip_or_an_error(
        codec in codec(),
        units in vec(vec(any::<u8>(), 0..600), 0..8),
    ) {
        check_written(&footage_of(codec, &units, &[]))?;
    }
}

#[test]
fn what_is_changed_makes_a_clip_before() {
    for codec in [Codec::H264, Codec::H265] {
        let units = units_of(codec);
        assert_eq!(units.len(), 24);
        let clip = write_mp4(&footage_of(codec, units, &[])).unwrap();
        assert_eq!(clip.size_px, (768, 576));
    }
}
