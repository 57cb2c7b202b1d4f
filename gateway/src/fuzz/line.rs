//! The line between a camera and its client, both of them in memory, in a time that passes at once when all
//! wait, with a tunnel of HTTP or without. The client is as strict as can be: whatever a camera says, what the line makes of it is sound.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use camera::fuzz::{CAMERA_IP, Datagram};
use camera::{Credentials, Settings, Transport};
use fuzz::{Executor, Manner, Script};
use tokio::runtime::Builder;
use tokio::sync::mpsc;
use url::Url;

use super::strict_client::StrictClient;
use super::tunnel::{Call, Latest, Tunnels};

/// Where the camera is, and the password that it wants.
const HOST: &str = "camera";
const PASSWORD: &str = "qe7Wm2Zr9c";

/// Room in a wire, in bytes: less than what some cameras send at once.
const WIRE_BYTES: usize = 4096;

/// So many connections wait at most: the first, and one for each redirection that is followed; in a tunnel some
/// POSTs beside them.
const MOST_CONNECTIONS: usize = 16;

/// Datagrams that wait to be read. More are lost, as they are in a network.
const WAITING_DATAGRAMS: usize = 64;

/// From where cameras send RTP if they say so; RTCP comes from the next port.
const SERVER_PORT: u16 = 5000;

/// Who sends what no camera sent.
const STRANGER: IpAddr = IpAddr::V4(Ipv4Addr::new(10, 0, 0, 9));

/// No session may go on for longer, in its own time: cameras answer late here, but not for ever.
const LIMIT: Duration = Duration::from_hours(24);

/// What a camera sends, through the line to a strict client.
pub(super) fn session() -> Executor {
    let runtime = Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    Executor::each(move |input| runtime.block_on(play(input)))
}

async fn play(input: &[u8]) -> String {
    let ([rtp, rtcp], posts): ([_; 2], [_; 2]) = {
        let [(rtp, from_rtp), (rtcp, from_rtcp)] =
            [(); 2].map(|()| mpsc::channel(WAITING_DATAGRAMS));
        ([rtp, rtcp], [from_rtp, from_rtcp])
    };
    let script = Script::read(input, HOST);
    let manner = script.manner();
    let is_tunnel = manner.is_tunnel;
    let (aside, said_aside) = mpsc::channel(WAITING_DATAGRAMS);
    let mut script = script.posting(move |channel, payload| match is_tunnel {
        // What is said when nobody listens is lost.
        true => drop(aside.try_send(payload)),
        false => send_datagram([&rtp, &rtcp], channel, payload),
    });
    let address = Url::parse("rtsp://127.0.0.1:1/line").unwrap();
    let (line_end, client_end) = tokio::io::duplex(WIRE_BYTES);
    let (calls, called) = mpsc::channel::<Call>(MOST_CONNECTIONS);
    let dial = move |url: &Url| {
        let (here, there) = tokio::io::duplex(WIRE_BYTES);
        let call = (url.host_str().unwrap_or_default().to_owned(), there);
        // Nobody answers at this port.
        (url.port() != Some(1) && calls.try_send(call).is_ok()).then_some(here)
    };
    let mut client = StrictClient::new(client_end, &address, manner.leave_after);
    let mut latest = Latest::default();
    let (ended, ()) = {
        let camera = async {
            match is_tunnel {
                true => {
                    let tunnels = Tunnels::new(called, said_aside, &mut latest);
                    answer_in_tunnels(tunnels, &mut script).await;
                }
                false => answer(called, &mut script, &mut latest.host).await,
            }
        };
        let settings = settings(manner);
        let line = camera::fuzz::run_line(settings, line_end, &address, dial, posts);
        let both = async { tokio::join!(line, client.play()) };
        tokio::select! {
            both = both => both,
            () = camera => unreachable!(),
            () = tokio::time::sleep(LIMIT) => panic!("a session goes on for {LIMIT:?}"),
        }
    };
    check_requests(&latest.host, &latest.heads);
    check_requests(&latest.host, script.requests());
    // Numbers and names make no difference.
    let ended = ended.to_string();
    let words: String = ended.chars().filter(char::is_ascii_alphabetic).take(40).collect();
    format!("{} {words} {}", script.reached(), client.outcome())
}

/// Plays tunnel after tunnel, and waits for more.
async fn answer_in_tunnels(mut tunnels: Tunnels<'_>, script: &mut Script) {
    while tunnels.play_next(script).await {
        check_requests(&tunnels.latest.host, &tunnels.latest.heads);
        check_requests(&tunnels.latest.host, script.requests());
    }
    std::future::pending().await
}

/// Plays connection after connection, and waits for more; `host` is that of the latest.
async fn answer(mut called: mpsc::Receiver<Call>, script: &mut Script, host: &mut String) {
    while let Some((called_host, wire)) = called.recv().await {
        *host = called_host;
        // The line may have heard enough before all is sent.
        let _heard_enough = script.play(wire).await;
        check_requests(host, script.requests());
    }
    std::future::pending().await
}

/// Nobody hears the password, and no other host than the camera's hears what proves that somebody knows it.
fn check_requests(host: &str, requests: &[u8]) {
    let requests = String::from_utf8_lossy(requests);
    assert!(!requests.contains(PASSWORD), "the password is sent: {requests}");
    assert!(!requests.contains("Authorization: Basic"), "Basic without TLS: {requests}");
    let proves = requests.contains("\r\nAuthorization:");
    assert!(host == HOST || !proves, "{host} is told of the password: {requests}");
}

/// Channels 0 and 1 are the camera's, 2 and 3 a stranger's, and all others another program's on the camera.
fn send_datagram(to: [&mpsc::Sender<Datagram>; 2], channel: u8, payload: Vec<u8>) {
    let (ip, port) = match channel {
        0 | 1 => (CAMERA_IP, SERVER_PORT),
        2 | 3 => (STRANGER, SERVER_PORT),
        _ => (CAMERA_IP, SERVER_PORT + 2),
    };
    let kind = channel % 2;
    let from = SocketAddr::new(ip, port + u16::from(kind));
    let _lost = to[usize::from(kind)].try_send((from, payload));
}

fn settings(manner: Manner) -> Settings {
    let url = format!("rtsp://{HOST}/1/");
    let mut settings = Settings::new("cam-01", Url::parse(&url).unwrap());
    let (user, password) = ("admin".to_owned(), PASSWORD.to_owned());
    settings.credentials = Some(Credentials { user, password });
    settings.transport = match manner {
        Manner { is_tunnel: true, .. } => Transport::Http,
        Manner { is_udp: true, .. } => Transport::Udp,
        _ => Transport::Tcp,
    };
    settings
}
