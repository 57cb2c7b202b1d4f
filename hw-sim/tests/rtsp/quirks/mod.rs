//! Every quirk as it lies on the wire: what it changes, and that ffmpeg, which knows nothing of us,
//! plays what is said to play.

mod challenge;
mod ffmpeg;
mod media;
mod tunnel_ends;
mod wire;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

use expect_test::expect_file;
use hw_sim::camera::quirk::{self, Outcome, Quirk};
use hw_sim::play::Cameras;
use tempfile::TempDir;
use tokio::sync::{Mutex, Semaphore};

use crate::recording::record;
use wire::{Wire, Words};

/// Each of these tests has the machine to itself: some of what is told depends on time.
static TURN: Mutex<()> = Mutex::const_new(());

/// A folder with the clips that cameras with quirks show.
fn street() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let scene = "-f lavfi -i testsrc2=size=384x288:rate=5:duration=4 -pix_fmt yuv420p";
    for (name, codec) in [
        ("street-h264.mp4", "-c:v libx264 -preset ultrafast -g 5"),
        (
            "street-h265.mp4",
            "-c:v libx265 -preset ultrafast -tag:v hvc1 -x265-params log-level=none",
        ),
    ] {
        let (_folder, file) = record(name, &format!("{scene} {codec}"));
        std::fs::copy(file, folder.path().join(name)).unwrap();
    }
    folder
}

async fn serve(quirks: impl IntoIterator<Item = &'static Quirk>, media: &Path) -> Cameras {
    let free = "127.0.0.1:0".parse().unwrap();
    Cameras::with_quirks(quirks, media, free).await.unwrap_or_else(|error| panic!("{error}"))
}

/// The URL of a camera, without user and password.
fn url(cameras: &Cameras, id: &str) -> String {
    let named = cameras.urls().iter().find(|url| url.ends_with(&format!("/{id}")));
    named.expect("it is served").replace("USER:PASSWORD@", "")
}

/// What is said and shown in a few seconds.
async fn watch(cameras: &Cameras, id: &str, h265: bool, transport: &str) -> Words {
    let url = url(cameras, id);
    let (mut wire, mut words) = match transport {
        "http" => Wire::tunnel(&url).await,
        transport => (Wire::connect(&url, transport == "udp").await, Words::new()),
    };
    words.extend(wire.talk().await);
    words.extend(media::describe(&wire, h265));
    words
}

/// What differs from the words of a camera without quirks. Of an answer that never came, or was not
/// asked for, nothing is missed.
fn difference(plain: &Words, words: &Words) -> String {
    let subject = |word: &String| word.split(':').next().unwrap_or_default().to_owned();
    let subjects: BTreeSet<String> = words.iter().map(subject).collect();
    let is_silent = |word: &str| words.iter().any(|it| *it == format!("{word}: no answer"));
    let is_refused = |word: &str| {
        subjects.contains(word) && word != "media" && !words.contains(&format!("{word}: 200"))
    };
    let (plain, words): (BTreeSet<_>, BTreeSet<_>) =
        (plain.iter().collect(), words.iter().collect());
    let mut text = String::new();
    for gone in plain.difference(&words) {
        let subject = subject(gone);
        let is_missed =
            subjects.contains(&subject) && !is_silent(&subject) && !is_refused(&subject);
        if is_missed && !words.contains(&"media: none".to_owned()) {
            writeln!(text, "  - {gone}").unwrap();
        }
    }
    for new in words.difference(&plain) {
        writeln!(text, "  + {new}").unwrap();
    }
    text
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_wire_carries_every_quirk() {
    let _turn = TURN.lock().await;
    let media = street();
    let cameras = serve(quirk::all(), media.path()).await;
    let (plain, plain_udp, plain_h265, plain_login, plain_http, plain_http_login) = &tokio::join!(
        watch(&cameras, "plain", false, "tcp"),
        watch(&cameras, "plain", false, "udp"),
        watch(&cameras, "plain-h265", true, "tcp"),
        watch(&cameras, "plain-login", false, "tcp"),
        watch(&cameras, "plain", false, "http"),
        watch(&cameras, "plain-login", false, "http"),
    );
    assert!(plain.iter().all(|word| plain_http.contains(word)), "{plain_http:#?}");
    let mut told = Vec::new();
    // The floods come last, so that they delay no other.
    for is_hostile in [false, true] {
        let quirks = quirk::all().filter(|quirk| (quirk.outcome == Outcome::Hostile) == is_hostile);
        let words = quirks.map(async |quirk| {
            // A camera that takes no datagrams, or nothing outside of HTTP, shows its quirk to a client that
            // asks for that; so does one that says something odd of its datagrams.
            let transport = match quirk.name {
                "tcp-only" => "udp",
                name if name.starts_with("udp-from-") => "udp",
                "tunnel-only" => "tcp",
                _ if quirk.transport() == "http" => "http",
                _ => "tcp",
            };
            let like = match quirk {
                quirk if quirk.needs_h265() => plain_h265,
                quirk if transport == "http" && quirk.needs_login() => plain_http_login,
                _ if transport == "http" => plain_http,
                quirk if quirk.needs_login() => plain_login,
                _ if transport == "udp" => plain_udp,
                _ => plain,
            };
            let words = watch(&cameras, quirk.name, quirk.needs_h265(), transport).await;
            format!("{}\n{}", quirk.name, difference(like, &words))
        });
        told.extend(futures::future::join_all(words).await);
    }
    let unseen = told.iter().filter(|told| told.lines().count() < 2);
    let unseen: Vec<&str> = unseen.map(|told| told.trim_end()).collect();
    // These show with time, or with a wrong password: the tests below.
    assert_eq!(unseen, ["lockout", "session-forgotten", "closes-after-a-while"]);
    expect_file!["quirks.txt"].assert_eq(&told.concat());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn too_many_wrong_passwords_lock_the_camera() {
    let _turn = TURN.lock().await;
    let media = street();
    let lockout = quirk::all().filter(|quirk| quirk.name == "lockout");
    let cameras = serve(lockout, media.path()).await;
    let url = url(&cameras, "lockout");
    for tries in 0..5 {
        assert_eq!(cameras.handle().wrong_logins("lockout"), tries);
        let mut wire = Wire::connect(&url, false).await;
        wire.password = "gate 8";
        let words = wire.begin().await;
        assert!(!words.contains(&"DESCRIBE: 200".to_owned()), "{words:#?}");
    }
    let words = Wire::connect(&url, false).await.begin().await;
    assert!(!words.contains(&"DESCRIBE: 200".to_owned()), "the right one comes too late");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sessions_end_when_their_quirk_says() {
    let _turn = TURN.lock().await;
    let media = street();
    let named = ["closes-after-a-while", "session-forgotten", "timeout-short", "nonce-expires"];
    let quirks = quirk::all().filter(|quirk| named.contains(&quirk.name));
    let cameras = serve(quirks, media.path()).await;
    let ends = named.map(async |id| {
        let mut wire = Wire::connect(&url(&cameras, id), false).await;
        wire.begin().await;
        let ended = wire.until_silent(Duration::from_secs(3)).await;
        (id, ended.as_secs(), wire.is_closed)
    });
    let ends = futures::future::join_all(ends).await;
    let expected = [
        ("closes-after-a-while", 10, true),
        ("session-forgotten", 20, false),
        ("timeout-short", 6, true),
        ("nonce-expires", 15, true),
    ];
    for (end, (id, secs, is_closed)) in ends.into_iter().zip(expected) {
        let is_right = end.0 == id && end.1.abs_diff(secs) <= 1 && end.2 == is_closed;
        assert!(is_right, "{end:?}, not {secs} s");
    }
}

/// Longer than a camera takes to begin, on a busy machine, and as long as it mostly takes.
const PATIENCE: Duration = Duration::from_secs(40);
const SOON: Duration = Duration::from_secs(10);

/// Cameras that ffmpeg plays at the same time: most of the time it waits for pictures.
const AT_ONCE: usize = 12;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ffmpeg_plays_what_is_said_to_play() {
    let _turn = TURN.lock().await;
    let media = street();
    let cameras = serve(quirk::all(), media.path()).await;
    let plays = quirk::all().filter(|quirk| quirk.outcome == Outcome::Plays);
    // ffmpeg 5.1 needs a payload type and takes each that is described for the video's, knows no SHA-256, does not
    // try again, and insists on OPTIONS. Of a tunnel it believes the length, keeps to one POST, pads each request,
    // and cannot log in to a POST.
    let known = [
        "media-without-format",
        "format-undeclared",
        "digest-sha-256",
        "sessions-taken-for-a-while",
        "busy-for-a-while",
        "session-not-found-for-a-while",
        "options-refused",
        "tunnel-of-no-length",
        "tunnel-post-for-each-request",
        "tunnel-post-unread-in-play",
        "tunnel-post-by-its-length",
        "tunnel-ends-at-padding",
        "tunnel-login-once",
        "tunnel-login-of-post",
        "tunnel-login-for-each-request",
    ];
    let turns = Semaphore::new(AT_ONCE);
    let played = plays.map(async |quirk| {
        let _turn = turns.acquire().await;
        let patience = if known.contains(&quirk.name) { SOON } else { PATIENCE };
        let pictures = ffmpeg::pictures(&url(&cameras, quirk.name), quirk, patience).await;
        (quirk.name, pictures)
    });
    let played: Vec<(&str, usize)> = futures::future::join_all(played).await;
    let refused = played.iter().filter(|(_, pictures)| *pictures < ffmpeg::PICTURES);
    let refused: Vec<&str> = refused.map(|(name, _)| *name).collect();
    assert_eq!(refused, known, "of {} cameras", played.len());
}
