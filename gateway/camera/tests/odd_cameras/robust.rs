//! Cameras that do harm: the session ends, and nobody else notices.

use std::sync::Arc;
use std::time::{Duration, Instant};

use camera::{Client, Health, Settings};

use super::play;
use super::server::{Camera, SDP, Script};
use super::watched::Watched;

/// H.265: a fragment that begins, then an aggregate with the marker. A depacketiser panics on it.
fn fragment_then_aggregate() -> Script {
    let sdp = SDP.replace("H264", "H265").replace("packetization-mode=1", "x=1");
    let packets = |_: usize, packet: Vec<u8>| {
        let with = |kind: u8, step: u16, payload: &[u8]| {
            let number =
                u16::from_be_bytes([packet[2], packet[3]]).wrapping_mul(2).wrapping_add(step);
            let mut bytes = vec![0x80, kind];
            bytes.extend(number.to_be_bytes());
            bytes.extend(&packet[4..12]);
            bytes.extend(payload);
            bytes
        };
        let fragment = with(96, 0, &[49 << 1, 1, 0x80 | 19, 0xaa, 0xbb]);
        let aggregate =
            with(0x80 | 96, 1, &[48 << 1, 1, 0, 3, 35 << 1, 1, 0x50, 0, 3, 35 << 1, 1, 0x50]);
        vec![fragment, aggregate]
    };
    Script { packets: Arc::new(packets), ..Script::sdp(sdp) }
}

#[tokio::test]
async fn a_panic_in_a_client_costs_its_camera_a_session_and_no_other_anything() {
    let bad = Camera::start(fragment_then_aggregate()).await;
    let good = Camera::start(Script::default()).await;
    let healthy = Watched::start(good.settings());
    let native = Watched::start(Settings { client: Client::Native, ..bad.settings() });
    let auto = Watched::start(bad.settings());
    let reason = native.reason().await;
    assert!(reason.contains("the native client"), "{reason}");
    // The compatible client makes something of it, which the decoder will refuse.
    let judged = auto.until(Duration::from_secs(30), |_| true).await;
    assert!(judged.is_some(), "the session of the camera lives");
    let before = healthy.gate.counts().offered;
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert!(healthy.gate.counts().offered > before + 10);
    for watched in [healthy, native, auto] {
        watched.shutdown.cancel();
    }
}

#[tokio::test]
async fn what_a_camera_says_without_end_is_cut_off() {
    for (name, flood) in
        [("header", "X-Filler: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n"), ("noise", "\u{1}\u{2}")]
    {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("rtsp://{}/live", listener.local_addr().unwrap()).parse().unwrap();
        tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let piece = flood.repeat(4096);
            let begin = if name == "header" { "RTSP/1.0 200 OK\r\n" } else { "" };
            let mut text = begin.to_owned() + &piece;
            while tokio::io::AsyncWriteExt::write_all(&mut stream, text.as_bytes()).await.is_ok() {
                text.clone_from(&piece);
            }
        });
        let started = Instant::now();
        let error = play(&Settings::new("cam", url)).await.err().unwrap().to_string();
        assert!(error.contains("more than 16 KiB") || error.contains("no RTSP"), "{error}");
        assert!(started.elapsed() < Duration::from_secs(30), "{name}");
    }
}

#[tokio::test]
async fn a_description_of_forty_megabytes_is_not_waited_for() {
    let camera = Camera::start(Script::reply(|asked, usual| match asked.method.as_str() {
        "DESCRIBE" => usual.replace("Content-Length: ", "Content-Length: 4000000").into_bytes(),
        _ => usual.into_bytes(),
    }))
    .await;
    let error = play(&camera.settings()).await.err().unwrap().to_string();
    assert!(error.contains("more than 128 KiB"), "{error}");
}

#[tokio::test]
async fn something_that_never_answers_or_drips_is_given_up_in_time() {
    let drip = Camera::start(Script::reply(|_, _| b"RTSP/1.0 200".to_vec())).await;
    let settings = Settings { step_timeout: Duration::from_secs(1), ..drip.settings() };
    let started = Instant::now();
    let error = play(&settings).await.err().unwrap().to_string();
    assert!(error.contains("DESCRIBE"), "{error}");
    assert!(started.elapsed() < Duration::from_secs(30));
}

#[tokio::test]
async fn an_answer_that_stops_in_the_middle_is_called_unfinished() {
    for (came, told) in [
        ("RTSP/1.0 200 OK\r\nServer: x\r\n", "its head has no end (RTSP/1.0 200 OK Server: x)"),
        ("RTSP/1.0 200 OK\r\nContent-Length: 400\r\n\r\nv=0\r\n", " of 400 bytes of its body came"),
    ] {
        let camera = Camera::start(Script::reply(move |_, _| came.as_bytes().to_vec())).await;
        let settings = Settings { step_timeout: Duration::from_secs(1), ..camera.settings() };
        let error = play(&settings).await.err().unwrap().to_string();
        let begin = "the answer to DESCRIBE did not come whole within 1 s: ";
        assert!(error.starts_with(begin) && error.contains(told), "{error}");
    }
}

#[tokio::test]
async fn who_is_sent_to_a_dead_port_says_where_and_by_whom() {
    let dead = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let camera = Camera::start(Script::reply(move |asked, _| {
        let location = format!("rtsp://{dead}/live");
        format!("RTSP/1.0 302 Moved\r\nCSeq: {}\r\nLocation: {location}\r\n\r\n", asked.cseq).into()
    }))
    .await;
    let error = play(&camera.settings()).await.err().unwrap().to_string();
    let begin = format!("the camera sends us to {dead}, and there: nothing listens");
    assert!(error.starts_with(&begin), "{error}");
}

#[tokio::test]
async fn a_process_that_was_held_up_blames_no_camera() {
    let camera = Camera::start(Script::default()).await;
    for client in [Client::Native, Client::Compatible] {
        let silence_timeout = Duration::from_secs(1);
        let settings = Settings { client, silence_timeout, ..camera.settings() };
        let watched = Watched::start(settings);
        let online = |health: &Health| matches!(health, Health::Online { .. });
        assert!(watched.until(Duration::from_secs(10), online).await.is_some());
        for _ in 0..3 {
            let offered = watched.gate.counts().offered;
            // All sessions stand still.
            std::thread::sleep(2 * silence_timeout);
            let offline = |health: &Health| matches!(health, Health::Offline { .. });
            let lost = watched.until(Duration::from_millis(600), offline).await;
            assert!(lost.is_none(), "{client}: {lost:?}");
            assert!(watched.gate.counts().offered > offered, "{client}: it goes on");
        }
        watched.shutdown.cancel();
    }
}

#[tokio::test]
async fn the_compatible_client_takes_over_without_a_pause_and_is_remembered() {
    // A marker on each packet: the native client gives up.
    let camera = Camera::start(Script::packets(|picture, mut packet| {
        packet[1] |= 0x80;
        // The camera ends each session after a while.
        if picture > 100 { vec![] } else { vec![packet] }
    }))
    .await;
    let settings = Settings { silence_timeout: Duration::from_secs(1), ..camera.settings() };
    let watched = Watched::start(settings);
    let online = |health: &Health| matches!(health, Health::Online { .. });
    assert!(watched.until(Duration::from_secs(10), online).await.is_some());
    let offered = watched.gate.counts().offered;
    assert!(watched.reason().await.contains("no picture"));
    assert!(watched.until(Duration::from_secs(10), online).await.is_some());
    assert!(watched.gate.counts().offered > offered);
    watched.shutdown.cancel();
}
