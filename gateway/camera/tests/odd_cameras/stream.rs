//! Cameras whose packets are odd: identity, times, coding.

use std::time::Duration;

use camera::{Client, Transport};

use super::clip;
use super::server::{Camera, Script};
use super::watched::Watched;
use super::{all_play, play};

fn put(mut packet: Vec<u8>, at: usize, bytes: &[u8]) -> Vec<u8> {
    packet[at..at + bytes.len()].copy_from_slice(bytes);
    packet
}

fn sequence(packet: &[u8]) -> u16 {
    u16::from_be_bytes([packet[2], packet[3]])
}

fn timestamp(packet: &[u8]) -> u32 {
    u32::from_be_bytes([packet[4], packet[5], packet[6], packet[7]])
}

#[tokio::test]
async fn streams_of_an_odd_identity_play() {
    let group = |picture: usize| u16::try_from(picture / 12).unwrap();
    let source = move |picture: usize| (u32::from(group(picture)) * 977).to_be_bytes();
    all_play(vec![
        (
            "new SSRC at each key frame",
            Script::packets(move |picture, packet| vec![put(packet, 8, &source(picture))]),
        ),
        (
            "new SSRC, numbers and times",
            Script::packets(move |picture, packet| {
                let number = sequence(&packet).wrapping_add(group(picture).wrapping_mul(20_011));
                let time = timestamp(&packet)
                    .wrapping_add(u32::from(group(picture)).wrapping_mul(0x4000_0001));
                let packet = put(packet, 8, &source(picture));
                vec![put(put(packet, 2, &number.to_be_bytes()), 4, &time.to_be_bytes())]
            }),
        ),
        (
            "numbers begin anew",
            Script::packets(move |picture, packet| {
                let number = sequence(&packet).wrapping_sub(group(picture).wrapping_mul(20_000));
                vec![put(packet, 2, &number.to_be_bytes())]
            }),
        ),
        (
            "packets of another session between",
            Script::packets(|_, packet| {
                let other = put(packet.clone(), 8, &[9, 9, 9, 9]);
                vec![packet, other]
            }),
        ),
        ("packets twice", Script::packets(|_, packet| vec![packet.clone(), packet])),
        (
            "another payload type",
            Script::packets(|_, packet| {
                let kind = packet[1] & 0x80 | 98;
                vec![put(packet, 1, &[kind])]
            }),
        ),
        (
            "packets of another type between",
            Script::packets(|_, packet| {
                let other = put(packet.clone(), 1, &[50]);
                vec![packet, other]
            }),
        ),
        (
            "broken packets between",
            Script::packets(|_, packet| vec![vec![], vec![0; 5], packet, vec![0xff; 20]]),
        ),
    ])
    .await;
}

#[tokio::test]
async fn streams_of_odd_times_play_and_are_dated_by_arrival() {
    let timed = |f: fn(u32) -> u32| {
        Script::packets(move |_, packet| {
            let time = f(timestamp(&packet));
            vec![put(packet, 4, &time.to_be_bytes())]
        })
    };
    for (name, script) in [
        ("frozen", timed(|_| 4711)),
        ("milliseconds", timed(|time| time / 90)),
        (
            "jumping",
            timed(|time| if time / 18_000 % 2 == 0 { time } else { time.wrapping_add(900_000) }),
        ),
    ] {
        let camera = Camera::start(script).await;
        let played =
            play(&camera.settings()).await.unwrap_or_else(|error| panic!("{name}: {error}"));
        let span = played.captured.last().unwrap() - played.captured.first().unwrap();
        println!("{name}: {} {:?}, {span} us", played.client, played.instead);
        // 25 pictures of 20 ms and what a loaded machine adds; a jump of 10 s would show.
        assert!((0..5_000_000).contains(&span), "{name}: {span} us");
        assert!(played.captured.windows(2).all(|pair| pair[0] < pair[1]), "{name}");
    }
}

#[tokio::test]
async fn open_groups_of_pictures_play_in_both_clients() {
    // The first key frame is an instantaneous refresh; a session that joins later sees none.
    let clips = [clip::open_groups(), clip::refreshed_gradually()];
    for (pictures, client) in
        clips.into_iter().flat_map(|it| [(it, Client::Native), (it, Client::Compatible)])
    {
        println!("{client}");
        let script = Script { pictures: &pictures[12..], ..Script::default() };
        let camera = Camera::start(script).await;
        let settings = camera::Settings { client, ..camera.settings() };
        let played = play(&settings).await.unwrap_or_else(|error| panic!("{client}: {error}"));
        assert_eq!(played.size, Some((320, 192)), "{client}");
    }
}

#[tokio::test]
async fn markers_and_borders_of_pictures_do_not_matter_to_the_compatible_client() {
    all_play(vec![
        (
            "no marker",
            Script::packets(|_, packet| {
                let kind = packet[1] & 0x7f;
                vec![put(packet, 1, &[kind])]
            }),
        ),
        (
            "a marker on each packet",
            Script::packets(|_, packet| {
                let kind = packet[1] | 0x80;
                vec![put(packet, 1, &[kind])]
            }),
        ),
    ])
    .await;
}

#[tokio::test]
async fn both_clients_date_pictures_by_the_cameras_clock() {
    for client in [Client::Native, Client::Compatible] {
        // Two seconds behind: reports are believed, and arrival is not what is seen.
        let camera = Camera::start(Script { report_off_ms: |_| -2000, ..Script::default() }).await;
        let settings = camera::Settings { client, ..camera.settings() };
        let mut playing = camera::play(&settings).await.unwrap();
        let wait = async {
            while playing.video.camera_offset_ms().is_none() {
                playing.video.next().await.unwrap();
            }
        };
        tokio::time::timeout(crate::PATIENCE, wait).await.unwrap();
        let offset = playing.video.camera_offset_ms().unwrap();
        assert!((-3000..-1900).contains(&offset), "{client}: {offset} ms");
        playing.video.close().await;
    }
}

#[tokio::test]
async fn pictures_fall_due_in_streams_without_instantaneous_refreshes() {
    for pictures in [clip::open_groups(), clip::refreshed_gradually()] {
        for interval_ms in [30, 400] {
            let camera =
                Camera::start(Script { pictures: &pictures[12..], ..Script::default() }).await;
            let watched = Watched::start(camera.settings());
            let interval = Duration::from_millis(interval_ms);
            watched.gate.set_pace(camera::LookPace { interval, longest: None });
            watched.decoded(8).await;
            watched.shutdown.cancel();
        }
    }
}

#[tokio::test]
async fn datagrams_play_in_both_clients() {
    for client in [Client::Native, Client::Compatible] {
        let camera = Camera::start(Script::default()).await;
        let settings = camera::Settings { client, transport: Transport::Udp, ..camera.settings() };
        let played = play(&settings).await.unwrap_or_else(|error| panic!("{client}: {error}"));
        assert_eq!(played.client, client);
    }
}

#[tokio::test]
async fn datagrams_play_wherever_the_camera_says_that_they_come_from() {
    let says = |told: &'static str| {
        Script::reply(move |asked, usual| {
            let Some((before, ports)) = usual.split_once("server_port=") else {
                return usual.into_bytes();
            };
            assert_eq!(asked.method, "SETUP");
            let (_true, after) = ports.split_once("\r\n").unwrap();
            format!("{before}{told}\r\n{after}").into_bytes()
        })
    };
    let told = [
        "server_port=9-10",
        "server_port=0-1",
        "server_port=65535",
        "source=192.0.2.64;server_port=40000-40001",
        "source=::1;server_port=40000-40001",
        "source=255.255.255.255;server_port=9-10",
        "source=camera.local",
    ];
    let plays = told.map(async |told| {
        let camera = Camera::start(says(told)).await;
        let settings = camera::Settings { transport: Transport::Udp, ..camera.settings() };
        play(&settings).await.unwrap_or_else(|error| panic!("{told}: {error}"));
    });
    futures::future::join_all(plays).await;
}
