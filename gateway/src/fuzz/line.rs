//! The line between a camera and its client, both of them in memory, in a time that passes at once when all
//! wait. The client is as strict as can be: whatever a camera says, what the line makes of it is sound.

use std::time::Duration;

use camera::{Credentials, Settings};
use fuzz::{Executor, Script};
use tokio::io::DuplexStream;
use tokio::runtime::Builder;
use tokio::sync::mpsc;
use tokio::time::Instant;
use url::Url;

use super::strict_client::StrictClient;

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
    let mut script = Script::read(input, "camera");
    let address = Url::parse("rtsp://127.0.0.1:1/line").unwrap();
    let (line_end, client_end) = tokio::io::duplex(WIRE_BYTES);
    let (calls, called) = mpsc::channel(MOST_CONNECTIONS);
    let dial = move |url: &Url| {
        let (here, there) = tokio::io::duplex(WIRE_BYTES);
        // Nobody answers at this port.
        (url.port() != Some(1) && calls.try_send(there).is_ok()).then_some(here)
    };
    let mut client = StrictClient::new(client_end, &address, script.manner().leave_after);
    let began = Instant::now();
    let (ended, ()) = {
        let line = camera::fuzz::run_line(settings(), line_end, &address, dial);
        let both = async { tokio::join!(line, client.play()) };
        tokio::select! {
            both = both => both,
            () = answer(called, &mut script) => unreachable!(),
            () = tokio::time::sleep(LIMIT) => panic!("a session goes on for {LIMIT:?}"),
        }
    };
    let days = began.elapsed().as_secs_f64() / 86_400.0;
    assert!(days < 1.0, "{days} days");
    // Numbers and names make no difference.
    let ended = ended.to_string();
    let words: String = ended.chars().filter(char::is_ascii_alphabetic).take(40).collect();
    format!("{} {words} {}", script.reached(), client.outcome())
}

/// Plays connection after connection, and waits for more.
async fn answer(mut called: mpsc::Receiver<DuplexStream>, script: &mut Script) {
    while let Some(wire) = called.recv().await {
        // The line may have heard enough before all is sent.
        let _heard_enough = script.play(wire).await;
    }
    std::future::pending().await
}

fn settings() -> Settings {
    let mut settings = Settings::new("cam-01", Url::parse("rtsp://camera/1/").unwrap());
    let (user, password) = ("admin".to_owned(), "secret".to_owned());
    settings.credentials = Some(Credentials { user, password });
    settings
}
