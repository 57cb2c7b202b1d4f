//! retina, the library with which the gateway receives.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use futures::StreamExt as _;
use hw_sim::camera::{Credentials, Playback, SimulatedCamera};
use retina::client::{
    Credentials as Login, Demuxed, PlayOptions, Session, SessionOptions, SetupOptions, Transport,
};
use retina::codec::{CodecItem, FrameFormat, VideoFrame};

use crate::recording::{camera, h264, h265};
use crate::served::{Served, patiently};

/// A sender report: the same instant on the wall clock and in RTP time.
type Report = (SystemTime, u32);

async fn play(url: &str, transport: Transport, login: Option<Login>) -> Demuxed {
    let options = SessionOptions::default().creds(login);
    let url = url.parse().unwrap();
    let mut session = patiently(Session::describe(url, options)).await.unwrap();
    let setup = SetupOptions::default().transport(transport).frame_format(FrameFormat::SIMPLE);
    patiently(session.setup(0, setup)).await.unwrap();
    patiently(session.play(PlayOptions::default())).await.unwrap().demuxed().unwrap()
}

/// The next `wanted` pictures and the reports between them; fewer at the end of the stream.
async fn receive(stream: &mut Demuxed, wanted: usize) -> (Vec<VideoFrame>, Vec<Report>) {
    let (mut frames, mut reports) = (Vec::new(), Vec::new());
    while frames.len() < wanted {
        match patiently(stream.next()).await {
            Some(Ok(CodecItem::VideoFrame(frame))) => frames.push(frame),
            Some(Ok(CodecItem::Rtcp(compound))) => {
                let report = compound.pkts().next().unwrap().as_sender_report();
                let report = report.unwrap().unwrap();
                reports.push((utc(report.ntp_timestamp().0), report.rtp_timestamp()));
            }
            Some(Ok(_)) => {}
            Some(Err(error)) => panic!("{error}"),
            None => break,
        }
    }
    (frames, reports)
}

/// The time of an NTP time stamp (RFC 3550 §4).
fn utc(ntp: u64) -> SystemTime {
    let fraction = Duration::from_secs_f64((ntp & 0xFFFF_FFFF) as f64 / 4_294_967_296.0);
    UNIX_EPOCH + Duration::from_secs((ntp >> 32) - 2_208_988_800) + fraction
}

fn captured_at(frame: &VideoFrame, (utc, rtp_timestamp): Report) -> SystemTime {
    let rtp = (frame.timestamp().timestamp().cast_unsigned() & 0xFFFF_FFFF) as u32;
    let ticks = rtp.wrapping_sub(rtp_timestamp).cast_signed();
    let span = Duration::from_secs_f64(f64::from(ticks.unsigned_abs()) / 9e4);
    if ticks < 0 { utc - span } else { utc + span }
}

/// Receives seventy pictures of a clip of fifty: past the start of the second round, and past a second
/// report.
async fn assert_lossless(served: &Served, id: &str, transport: Transport) {
    let context = format!("{id} over {transport}");
    let mut stream = play(&served.url(id), transport, None).await;
    let (frames, reports) = receive(&mut stream, 70).await;
    assert_eq!(frames.len(), 70, "{context}");
    let lost: Vec<u16> = frames.iter().map(VideoFrame::loss).collect();
    assert_eq!(lost, [0; 70], "{context}");
    assert!(frames[0].is_random_access_point(), "{context}: {:?}", &frames[..3]);
    for pair in frames.windows(2) {
        assert_eq!(pair[1].timestamp().timestamp() - pair[0].timestamp().timestamp(), 3600);
    }

    assert!(reports.len() >= 2, "one at once, one after 2 s");
    let zero_at = served.handle.timeline(id).unwrap().clip_zero_at().unwrap();
    for frame in &frames {
        let since_zero = captured_at(frame, reports[0]).duration_since(zero_at).unwrap();
        let in_frames = since_zero.as_secs_f64() * 25.0;
        assert!((in_frames - in_frames.round()).abs() < 0.01, "{in_frames}");
    }
    let last = captured_at(&frames[69], reports[0]);
    let age = SystemTime::now().duration_since(last).unwrap();
    assert!(age < Duration::from_secs(30), "the wall clock is the true one: {age:?}");
}

#[tokio::test]
async fn nothing_is_lost_and_capture_time_is_the_ground_truth() {
    let (h264, h265) = (h264(), h265());
    let served = Served::start(vec![camera("a", &h264), camera("b", &h265)]).await;
    tokio::join!(
        assert_lossless(&served, "a", Transport::Tcp(Default::default())),
        assert_lossless(&served, "a", Transport::Udp(Default::default())),
        assert_lossless(&served, "b", Transport::Tcp(Default::default())),
        assert_lossless(&served, "b", Transport::Udp(Default::default())),
    );
}

#[tokio::test]
async fn the_description_tells_size_and_rate() {
    let served = Served::start(vec![camera("a", &h264()), camera("b", &h265())]).await;
    for (id, codec) in [("a", "avc1.42C00D"), ("b", "hvc1.1.6.L60.90")] {
        let url = served.url(id).parse().unwrap();
        let session = Session::describe(url, SessionOptions::default()).await.unwrap();
        let stream = &session.streams()[0];
        assert_eq!(stream.framerate(), Some(25.0));
        let Some(retina::codec::ParametersRef::Video(video)) = stream.parameters() else {
            panic!("{id} has no video parameters");
        };
        assert_eq!(video.pixel_dimensions(), (320, 240));
        assert_eq!(video.rfc6381_codec(), codec);
    }
}

#[tokio::test]
async fn a_password_is_asked_for() {
    let credentials = Some(Credentials::new("guard", "gate 7"));
    let locked = SimulatedCamera { credentials, ..camera("a", &h264()) };
    let served = Served::start(vec![locked]).await;
    let login = |password: &str| {
        Some(Login { username: "guard".to_owned(), password: password.to_owned() })
    };
    let transport = Transport::Tcp(Default::default());
    let mut stream = play(&served.url("a"), transport, login("gate 7")).await;
    assert_eq!(receive(&mut stream, 3).await.0.len(), 3);

    for wrong in [login("gate 8"), None] {
        let options = SessionOptions::default().creds(wrong);
        let refused = Session::describe(served.url("a").parse().unwrap(), options).await;
        assert_eq!(refused.err().and_then(|error| error.status_code()), Some(401));
    }
}

#[tokio::test]
async fn a_clip_played_once_starts_with_the_first_viewer_and_ends() {
    let once = SimulatedCamera { playback: Playback::Once, ..camera("a", &h264()) };
    let served = Served::start(vec![once]).await;
    let timeline = served.handle.timeline("a").unwrap();
    assert_eq!(timeline.clip_zero_at(), None);

    let transport = Transport::Tcp(Default::default());
    let mut stream = play(&served.url("a"), transport, None).await;
    let (frames, reports) = receive(&mut stream, usize::MAX).await;
    assert_eq!(frames.len(), 50);
    assert_eq!(frames.iter().map(|frame| u32::from(frame.loss())).sum::<u32>(), 0);
    let zero_at = timeline.clip_zero_at().unwrap();
    let first = captured_at(&frames[0], reports[0]);
    let error = first.duration_since(zero_at).unwrap_or_else(|early| early.duration());
    assert!(error < Duration::from_millis(1), "{error:?}");
    assert_eq!(timeline.wall_clock(0, Duration::ZERO), Some(zero_at));
}
