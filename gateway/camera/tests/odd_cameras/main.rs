//! Odd cameras, each a real server on loopback, played through the real clients.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may fail")]
#![expect(clippy::print_stdout, reason = "which client played which camera")]

mod clip;
mod in_memory;
mod login;
mod robust;
mod server;
mod speech;
mod stream;
mod told;
mod tunnel;
mod unheard;
mod watched;
mod web_login;

use std::time::Duration;

use camera::{Client, Decoder, Playing, Run, SessionError, Settings};

/// Pictures that a camera must show to count as playing: two groups of pictures.
const ENOUGH: usize = 26;

/// How long something awaited may take on a machine that does much else.
const PATIENCE: Duration = Duration::from_secs(60);

/// What came of playing a camera.
struct Played {
    client: Client,
    instead: Option<String>,
    /// Capture times in microseconds, and how large the first decoded picture is.
    captured: Vec<i64>,
    size: Option<(u32, u32)>,
    lost: u64,
}

/// Plays enough pictures.
async fn play(settings: &Settings) -> Result<Played, SessionError> {
    camera::init_libav().unwrap();
    let Playing { mut video, first, instead } = camera::play(settings).await?;
    let mut decoder = Decoder::open(video.codec(), settings.max_picture_px).unwrap();
    let mut played = Played {
        client: video.client,
        instead: instead.map(|error| error.to_string()),
        captured: Vec::new(),
        size: None,
        lost: 0,
    };
    let mut waiting = first.into_iter();
    let mut unit = waiting.next().unwrap();
    let mut has_begun = false;
    loop {
        played.captured.push(unit.captured_at.unix_micros());
        played.lost += u64::from(unit.loss);
        has_begun |= unit.is_random_access_point;
        if has_begun {
            let is_start = unit.is_random_access_point && unit.recovery == 0;
            let run = Run { units: vec![unit], continues: !is_start, is_due: false };
            if let Ok(decoded) = decoder.decode(&run, |_| {}) {
                let size = decoded.picture.map(|picture| (picture.width(), picture.height()));
                played.size = played.size.or(size);
            }
        }
        if played.captured.len() >= ENOUGH && played.size.is_some() {
            video.close().await;
            return Ok(played);
        }
        if let Some(next) = waiting.next() {
            unit = next;
            continue;
        }
        assert!(played.captured.len() < 500, "none of 500 pictures can be decoded");
        let next = tokio::time::timeout(PATIENCE, video.next()).await;
        unit = next.map_err(|_| SessionError::Silent { limit: PATIENCE })??;
    }
}

/// Plays each camera, all at once, and names those that do not play.
async fn all_play(cameras: Vec<(&str, server::Script)>) {
    let plays = cameras.into_iter().map(|(name, script)| async move {
        let camera = server::Camera::start(script).await;
        (name, play(&camera.settings()).await)
    });
    let mut silent = Vec::new();
    for (name, played) in futures::future::join_all(plays).await {
        match played {
            Ok(played) => {
                let because = played.instead.map_or(String::new(), |why| format!(" ({why})"));
                println!("{name}: {}{because}, {} lost", played.client, played.lost);
            }
            Err(error) => silent.push(format!("{name}: {error}")),
        }
    }
    assert!(silent.is_empty(), "{silent:#?}");
}
