//! Cameras whose web server refuses a tunnel's GET or POST, or asks for a password before it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use camera::{Credentials, SessionError, Settings, Transport};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;

use super::play;
use super::tunnel::head_of;
use super::watched::Watched;

/// A web server that answers each request, by its head and its number, with what `says` gives; it counts those
/// that come with a password.
async fn web_server(says: fn(&str, usize) -> String) -> (Settings, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("rtsp://{}/live", listener.local_addr().unwrap()).parse().unwrap();
    let passwords = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&passwords);
    tokio::spawn(async move {
        let mut held = Vec::new();
        for number in 0.. {
            let (mut stream, _) = listener.accept().await.unwrap();
            let head = head_of(&mut stream).await;
            count.fetch_add(usize::from(head.contains("Authorization: ")), Ordering::Relaxed);
            stream.write_all(says(&head, number).as_bytes()).await.unwrap();
            held.push(stream);
        }
    });
    let credentials = Some(Credentials { user: "admin".into(), password: "secret".into() });
    let transport = Transport::Http;
    (Settings { transport, credentials, ..Settings::new("cam", url) }, passwords)
}

fn challenge(number: usize) -> String {
    format!("HTTP/1.0 401 U\r\nWWW-Authenticate: Digest realm=\"a\", nonce=\"{number}\"\r\n\r\n")
}

/// Otherwise it would be asked again soon, until the camera locks the account.
#[tokio::test]
async fn a_page_or_a_redirection_in_answer_to_a_password_is_treated_as_its_refusal() {
    let to_the_page: fn(&str, usize) -> String = |head, number| match head {
        _ if head.starts_with("GET /login") => "HTTP/1.0 200 OK\r\n\r\n".into(),
        _ if head.contains("Authorization") => {
            "HTTP/1.0 302 F\r\nLocation: /login.html\r\n\r\n".into()
        }
        _ => challenge(number),
    };
    let page: fn(&str, usize) -> String = |head, number| match head.contains("Authorization") {
        true => "HTTP/1.0 200 OK\r\nContent-Type: text/html\r\n\r\n<html>".into(),
        false => challenge(number),
    };
    for (says, what) in [(to_the_page, "another address (302)"), (page, "a page (text/html)")] {
        let (settings, passwords) = web_server(says).await;
        let told = play(&settings).await.err().unwrap().to_string();
        let expected = format!(
            "the camera answers the login with {what} and no stream; check the path in `url` first, then user \
             and password. It is asked again in some minutes, or at once when they change, so that it does \
             not lock us out"
        );
        assert_eq!(told, expected);
        assert_eq!(passwords.load(Ordering::Relaxed), 1);
        // It is left alone for ten minutes, give or take.
        let watched = Watched::start(settings);
        assert_eq!(watched.reason().await, expected);
        tokio::time::sleep(Duration::from_secs(3)).await;
        watched.shutdown.cancel();
        assert_eq!(passwords.load(Ordering::Relaxed), 2);
    }
}

#[tokio::test]
async fn redirections_draw_no_more_passwords_out_of_us() {
    let (settings, passwords) = web_server(|_, number| match number % 3 {
        2 => format!("HTTP/1.0 302 F\r\nLocation: /{number}\r\n\r\n"),
        _ => challenge(number),
    })
    .await;
    let error = play(&settings).await.err().unwrap();
    assert!(
        matches!(error, SessionError::LoginAside { .. } | SessionError::Credentials { .. }),
        "{error}"
    );
    assert!(passwords.load(Ordering::Relaxed) <= 2);
}

/// What a camera answers to GET if it grants it.
const GRANTED: &str = "HTTP/1.0 200 OK\r\nContent-Type: application/x-rtsp-tunnelled\r\n\r\n";

/// Grants GET, and answers POST by its password, if it brings one, and its number.
fn post_only(head: &str, says: impl Fn(bool) -> String) -> String {
    match head.starts_with("GET ") {
        true => GRANTED.to_owned(),
        false => says(head.contains("Authorization: ")),
    }
}

fn status(status: u16) -> String {
    format!("HTTP/1.0 {status} X\r\nLocation: /there\r\n\r\n")
}

/// A camera's answers, the words of an operator, and how many passwords were sent.
type Case = (fn(&str, usize) -> String, &'static str, usize);

#[tokio::test]
async fn a_refused_post_is_told_as_such_and_draws_no_more_passwords_out_of_us() {
    let cases: [Case; 9] = [
        (
            |head, _| post_only(head, |_| status(302)),
            "no RTSP over HTTP: 302: the camera points elsewhere in a way that is not known here (POST)",
            0,
        ),
        (
            |head, number| {
                post_only(head, |login| if login { status(302) } else { challenge(number) })
            },
            "the camera answers the login with another address (302) and no stream;",
            1,
        ),
        (|head, _| post_only(head, |_| challenge(7)), "401: the camera refuses the login;", 1),
        // It may be that the first answer came too late.
        (
            |head, number| post_only(head, |_| challenge(number)),
            "401: the camera refuses the login;",
            2,
        ),
        (
            |head, _| post_only(head, |_| status(403)),
            "no RTSP over HTTP: 403: the camera forbids it;",
            0,
        ),
        (
            |head, number| {
                post_only(head, |login| if login { status(403) } else { challenge(number) })
            },
            "403: the camera refuses the login;",
            1,
        ),
        (
            |head, number| {
                post_only(head, |login| if login { status(404) } else { challenge(number) })
            },
            "no RTSP over HTTP: 404: the camera has no tunnel at this path;",
            1,
        ),
        (
            |head, _| post_only(head, |_| status(500)),
            "no RTSP over HTTP: 500: the camera failed inside;",
            0,
        ),
        (
            |head, _| post_only(head, |_| status(503)),
            "no RTSP over HTTP: 503: the camera is busy or starting, or has no free session (POST)",
            0,
        ),
    ];
    for (at, (says, expected, most)) in cases.into_iter().enumerate() {
        let (settings, passwords) = web_server(says).await;
        let told = play(&settings).await.err().unwrap().to_string();
        assert!(told.starts_with(expected), "{at}: {told}");
        assert_eq!(passwords.load(Ordering::Relaxed), most, "{at}: {told}");
    }
}
