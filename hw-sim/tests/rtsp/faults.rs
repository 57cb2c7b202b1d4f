//! Cameras that fail on purpose, clients that are too slow, and servers with wrong settings.

use hw_sim::camera::{Playback, RtspServer, SimulatedCamera};
use rtsp_types::Message;

use crate::protocol::Client;
use crate::recording::{camera, h264, heavy};
use crate::served::Served;

#[tokio::test]
async fn a_stalled_camera_answers_but_sends_nothing_until_it_resumes() {
    let clip = h264();
    let served = Served::start(vec![camera("gate", &clip), camera("yard", &clip)]).await;
    let mut client = Client::connect(&served, "gate").await;
    let mut other = Client::connect(&served, "yard").await;
    client.play().await;
    other.play().await;
    client.until_pictures(1).await;

    served.handle.stall("gate");
    client.ask("OPTIONS", &[]).await; // media on its way arrives before the answer
    other.ask("OPTIONS", &[]).await;
    tokio::select! {
        media = client.next() => panic!("{media:?} while the other camera shows 8 pictures"),
        () = other.until_pictures(8) => {}
    }

    served.handle.resume("gate");
    let Some(Message::Data(report)) = client.next().await else { panic!("no media") };
    assert_eq!((report.channel_id(), report.as_slice()[1]), (1, 200), "a sender report first");
    let Some(Message::Data(packet)) = client.next().await else { panic!("no media") };
    assert_eq!(packet.as_slice()[12] & 0x1F, 7, "then a key frame with its parameter sets");
}

#[tokio::test]
async fn a_cut_closes_the_connections_of_one_camera() {
    let clip = h264();
    let served = Served::start(vec![camera("gate", &clip), camera("yard", &clip)]).await;
    let mut gate = Client::connect(&served, "gate").await;
    let mut yard = Client::connect(&served, "yard").await;
    gate.play().await;
    yard.play().await;

    served.handle.cut("gate");
    while gate.next().await.is_some() {}
    served.until_sessions("gate", 0).await;
    yard.until_pictures(3).await;

    let mut again = Client::connect(&served, "gate").await;
    again.play().await;
    again.until_pictures(1).await;
}

#[tokio::test]
async fn a_client_that_does_not_read_is_dropped_and_delays_no_other() {
    let served = Served::start(vec![camera("gate", &heavy())]).await;
    let mut idle = Client::connect_small(&served, "gate").await;
    let mut eager = Client::connect(&served, "gate").await;
    idle.play().await;
    eager.play().await;
    tokio::select! {
        () = served.until_sessions("gate", 1) => {}
        () = eager.until_pictures(usize::MAX) => {}
    }
    eager.until_pictures(25).await;
}

#[tokio::test]
async fn the_end_of_a_clip_is_announced_and_the_camera_then_is_gone() {
    let once = SimulatedCamera { playback: Playback::Once, ..camera("gate", &h264()) };
    let served = Served::start(vec![once]).await;
    let mut client = Client::connect(&served, "gate").await;
    client.play().await;
    let mut last = Vec::new();
    while let Some(message) = client.next().await {
        let Message::Data(data) = message else { panic!("{message:?}") };
        last = data.into_body();
    }
    assert_eq!(last[last.len() - 8..][..4], [0x81, 203, 0, 1], "goodbye, RFC 3550 §6.6");

    let mut late = Client::connect(&served, "gate").await;
    let setup = ["Transport: RTP/AVP/TCP;unicast;interleaved=0-1"];
    let answer = late.ask("SETUP /video", &setup).await;
    let session = answer.header(&rtsp_types::headers::SESSION).unwrap().as_str().to_owned();
    let answer = late.ask("PLAY", &[&format!("Session: {session}")]).await;
    assert_eq!(u16::from(answer.status()), 404);
}

#[tokio::test]
async fn a_server_that_cannot_start_says_why() {
    let clip = h264();
    let served = Served::start(vec![camera("gate", &clip)]).await;
    let taken = RtspServer::bind(served.addr, Vec::new()).await.unwrap_err().to_string();
    assert!(taken.contains(&served.addr.to_string()) && taken.contains("another port"), "{taken}");

    let any = "127.0.0.1:0".parse().unwrap();
    let twice = RtspServer::bind(any, vec![camera("gate", &clip), camera("gate", &clip)]).await;
    assert!(twice.unwrap_err().to_string().contains("\"gate\""));
    for id in ["", "/gate", "gate/", "a//b", "gate 7", "gate?x", "門", "a/../b"] {
        let refused = RtspServer::bind(any, vec![camera(id, &clip)]).await;
        assert!(refused.unwrap_err().to_string().contains(&format!("{id:?}")));
    }
    let late = SimulatedCamera {
        playback: Playback::Once,
        start_offset: clip.duration(),
        ..camera("gate", &clip)
    };
    assert!(RtspServer::bind(any, vec![late]).await.is_err());
}
