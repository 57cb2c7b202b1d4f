//! Descriptions as cameras write them.

use proptest::prelude::*;

use super::*;

const SPS_PPS: &str = "Z0LAHtkDxWhAAAADAEAAAAwDxYuS,aMuMsg==";

fn base() -> Url {
    Url::parse("rtsp://10.0.0.5/live").unwrap()
}

fn read(text: &[u8]) -> Presentation {
    Presentation::read(text, &base()).unwrap()
}

fn said(text: &str) -> String {
    Presentation::read(text.as_bytes(), &base()).unwrap_err().to_string()
}

#[test]
fn every_odd_line_is_passed_over() {
    let sound = format!(
        "v=0\r\no=- 1001 1 IN IP4 10.0.0.5\r\ns=live\r\nt=0 0\r\na=control:*\r\nm=video 0 RTP/AVP 96\r\n\
         a=rtpmap:96 H264/90000\r\na=fmtp:96 packetization-mode=1;sprop-parameter-sets={SPS_PPS}\r\n\
         a=control:trackID=1\r\n"
    );
    let expected = read(sound.as_bytes()).rewritten;
    assert!(expected.contains("a=control:rtsp://10.0.0.5/live/trackID=1\r\n"), "{expected}");
    let gbk = String::from_utf8_lossy(&[0xc9, 0xe3, 0xcf, 0xf1]).into_owned();
    for (from, to) in [
        ("o=- 1001 1 IN IP4 10.0.0.5\r\n", "o=- 1001 1 IN \r\n".to_owned()),
        ("o=- 1001 1 IN IP4 10.0.0.5\r\n", "no equals sign\r\n".to_owned()),
        ("o=- 1001 1 IN IP4 10.0.0.5\r\ns=live\r\nt=0 0\r\n", String::new()),
        ("t=0 0", "t=now-".to_owned()),
        ("s=live", format!("s={gbk}")),
        ("\r\n", "\n".to_owned()),
        ("a=control:*", "A = x\r\na=control:".to_owned()),
        ("m=video 0 RTP/AVP 96", "m=video 0 RTP/AVP ".to_owned()),
        ("m=video 0 RTP/AVP 96", "m=VIDEO 0/2  RTP/AVP  96 97".to_owned()),
        ("m=video", "m=audio 0 RTP/AVP\r\na=rtpmap:8\r\nm=video".to_owned()),
        ("H264/90000", "h264".to_owned()),
        ("96 packetization-mode=1;", "96  packetization-mode = 1 ;; ".to_owned()),
        ("a=rtpmap:96 H264/90000\r\n", String::new()),
    ] {
        let odd = sound.replace(from, &to);
        let found = read(odd.as_bytes());
        let packetization = found.rewritten.replace("packetization-mode=1;", "");
        let expected = expected.replace("packetization-mode=1;", "");
        assert_eq!(packetization, expected, "{odd}");
    }
}

#[test]
fn parameter_sets_come_with_start_codes_or_not_at_all() {
    let video = |format: &str| {
        format!(
            "m=video 0 RTP/AVP 96\na=rtpmap:96 H264/90000\na=fmtp:96 sprop-parameter-sets={format}"
        )
    };
    let sets = read(video(SPS_PPS).as_bytes()).parameter_sets;
    assert_eq!(sets[..5], [0, 0, 0, 1, 0x67]);
    let [sps, pps] = SPS_PPS.split(',').collect::<Vec<_>>()[..] else { panic!("two") };
    assert_eq!(read(video(&format!("{pps},{sps}")).as_bytes()).parameter_sets, sets);
    for broken in ["", "AAAA", "!!!,???", sps] {
        let found = read(video(broken).as_bytes());
        assert!(found.parameter_sets.is_empty() && !found.rewritten.contains("sprop"), "{broken}");
    }
}

#[test]
fn what_cannot_be_played_is_named() {
    assert_eq!(said(""), "the stream holds no video; it offers: nothing");
    assert_eq!(
        said("m=audio 0 RTP/AVP 0\nm=application"),
        "the stream holds no video; it offers: audio, application"
    );
    assert_eq!(said("m=video 0 RTP/AVP 26"), "the video is jpeg; set the camera to H.264 or H.265");
    let mpeg4 = "m=video 0 RTP/AVP 96\na=rtpmap:96 MP4V-ES/90000";
    assert_eq!(said(mpeg4), "the video is mp4v-es; set the camera to H.264 or H.265");
}

#[test]
fn the_first_video_that_we_decode_is_taken() {
    let two = read(
        b"a=tool:LIVE555\x1b\na=framerate:x\nm=video 0 RTP/AVP 26\na=control:1\nm=video 0 RTP/AVP 97\n\
          a=rtpmap:97 HEVC/8000\na=framerate:12.5\na=control:rtsp://10.0.0.9/2",
    );
    assert_eq!((two.codec, two.payload_type, two.clock_rate_hz), (Codec::H265, 97, 8_000));
    assert_eq!((two.framerate, two.tool.as_deref()), (Some(12.5), Some("LIVE555\\u{1b}")));
    assert!(two.rewritten.contains("a=rtpmap:96 H265/90000"));
    assert!(two.rewritten.ends_with("a=control:rtsp://10.0.0.9/2\r\n"));
}

proptest! {
    #[test]
    fn hostile_descriptions_end_in_a_short_sound_one(
        lines in proptest::collection::vec(
            prop_oneof![
                Just(b"m=video 0 RTP/AVP 96".to_vec()), Just(b"a=rtpmap:96 H264/90000".to_vec()),
                Just(b"a=fmtp:96 ".to_vec()), Just(b"a=control:".to_vec()), Just(b"a=control:..//\xff".to_vec()),
                proptest::collection::vec(any::<u8>(), 0..60),
            ],
            0..20,
        ),
    ) {
        if let Ok(found) = Presentation::read(&lines.join(&b'\n'), &base()) {
            prop_assert!(found.rewritten.is_ascii());
            prop_assert!(found.rewritten.lines().all(|line| line.as_bytes()[1] == b'='));
        }
    }
}
