//! The line between a camera and its client, both of them in memory, in a time that passes at once when all
//! wait. The client is as strict as can be: whatever a camera says, what the line makes of it is sound.

use std::time::Duration;

use camera::{Credentials, Settings};
use fuzz::{Executor, Script};
use tokio::io::DuplexStream;
use tokio::runtime::Builder;
use tokio::sync::mpsc;
use url::Url;

use super::strict_client::StrictClient;

/// Where the camera is, and the password that it wants.
const HOST: &str = "camera";
const PASSWORD: &str = "qe7Wm2Zr9c";

/// Room in a wire, in bytes: less than what some cameras send at once.
const WIRE_BYTES: usize = 4096;

/// A camera has so many connections at most: the first, and one for each redirection that is followed.
const MOST_CONNECTIONS: usize = 7;

/// No session may go on for longer, in its own time: cameras answer late here, but not for ever.
const LIMIT: Duration = Duration::from_hours(24);

/// What a camera sends, through the line to a strict client.
pub(super) fn session() -> Executor {
    let runtime = Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    Executor::each(move |input| runtime.block_on(play(input)))
}

async fn play(input: &[u8]) -> String {
    let mut script = Script::read(input, HOST);
    let address = Url::parse("rtsp://127.0.0.1:1/line").unwrap();
    let (line_end, client_end) = tokio::io::duplex(WIRE_BYTES);
    let (calls, called) = mpsc::channel::<(String, DuplexStream)>(MOST_CONNECTIONS);
    let dial = move |url: &Url| {
        let (here, there) = tokio::io::duplex(WIRE_BYTES);
        let call = (url.host_str().unwrap_or_default().to_owned(), there);
        // Nobody answers at this port.
        (url.port() != Some(1) && calls.try_send(call).is_ok()).then_some(here)
    };
    let mut client = StrictClient::new(client_end, &address, script.manner().leave_after);
    let mut host = String::new();
    let (ended, ()) = {
        let line = camera::fuzz::run_line(settings(), line_end, &address, dial);
        let both = async { tokio::join!(line, client.play()) };
        tokio::select! {
            both = both => both,
            () = answer(called, &mut script, &mut host) => unreachable!(),
            () = tokio::time::sleep(LIMIT) => panic!("a session goes on for {LIMIT:?}"),
        }
    };
    check_requests(&host, script.requests());
    // Numbers and names make no difference.
    let ended = ended.to_string();
    let words: String = ended.chars().filter(char::is_ascii_alphabetic).take(40).collect();
    format!("{} {words} {}", script.reached(), client.outcome())
}

/// Plays connection after connection, and waits for more; `host` is that of the latest.
async fn answer(
    mut called: mpsc::Receiver<(String, DuplexStream)>,
    script: &mut Script,
    host: &mut String,
) {
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

fn settings() -> Settings {
    let url = format!("rtsp://{HOST}/1/");
    let mut settings = Settings::new("cam-01", Url::parse(&url).unwrap());
    let (user, password) = ("admin".to_owned(), PASSWORD.to_owned());
    settings.credentials = Some(Credentials { user, password });
    settings
}
