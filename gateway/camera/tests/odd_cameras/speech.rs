//! Cameras that speak sloppily.

use super::server::{SDP, Script};
use super::{all_play, play, server};

/// A reply whose text has `from` replaced.
fn replaced(method: &'static str, from: &'static str, to: &'static str) -> Script {
    Script::reply(move |asked, usual| {
        if asked.method == method || method.is_empty() {
            assert!(usual.contains(from), "{from:?} in {usual:?}");
            usual.replace(from, to).into_bytes()
        } else {
            usual.into_bytes()
        }
    })
}

#[tokio::test]
async fn descriptions_in_any_shape_play() {
    let bytes = |from: &str, to: &[u8]| {
        let (before, after) = SDP.split_once(from).unwrap();
        Script::sdp([before.as_bytes(), to, after.as_bytes()].concat())
    };
    all_play(vec![
        ("short origin", bytes("o=- 1001 1 IN IP4 127.0.0.1", b"o=- 1001 1 IN ")),
        ("origin of nothing", bytes("o=- 1001 1 IN IP4 127.0.0.1", b"o=")),
        ("only m= and a=", bytes("v=0\r\no=- 1001 1 IN IP4 127.0.0.1\r\ns=live\r\nt=0 0\r\n", b"")),
        ("t=now-", bytes("t=0 0", b"t=now-")),
        ("no equals sign", bytes("t=0 0", b"nonsense\r\nt=0 0")),
        ("no format", bytes("RTP/AVP 96", b"RTP/AVP ")),
        ("GBK name", bytes("s=live", b"s=\xc9\xe3\xcf\xf1\xbb\xfa")),
        ("GBK information", bytes("t=0 0", b"i=\xc9\xe3\xcf\xf1\r\nt=0 0")),
        ("no track control", bytes("a=control:trackID=1\r\n", b"")),
        (
            "no control at all",
            Script::sdp(SDP.replace("a=control:*\r\n", "").replace("a=control:trackID=1\r\n", "")),
        ),
        ("broken audio", bytes("m=video", b"m=audio\r\na=rtpmap:x\r\nm=video")),
        ("lower case codec", bytes("H264/90000", b"h264/90000")),
        (
            "bad parameter sets",
            bytes("packetization-mode=1", b"packetization-mode=1;sprop-parameter-sets=AAAA,BBBB"),
        ),
        ("no codec name", bytes("a=rtpmap:96 H264/90000\r\n", b"")),
        ("line feeds only", Script::sdp(SDP.replace("\r\n", "\n"))),
        ("zero at the end", Script::sdp(format!("{SDP}\0"))),
    ])
    .await;
}

#[tokio::test]
async fn answers_in_any_shape_play() {
    all_play(vec![
        ("charset", replaced("DESCRIBE", "application/sdp", "application/sdp;charset=utf-8")),
        ("other case", replaced("DESCRIBE", "application/sdp", "Application/SDP")),
        ("no type", replaced("DESCRIBE", "Content-Type: application/sdp\r\n", "")),
        ("session end", replaced("SETUP", "4711;timeout=60", "4711;timeout=60;")),
        ("session spaces", replaced("SETUP", "4711;timeout=60", "4711 ; timeout = 60 ; x=y")),
        ("session timeout 0", replaced("SETUP", "timeout=60", "timeout=0")),
        ("empty session", replaced("SETUP", "4711;timeout=60", ";timeout=60")),
        ("no session", replaced("SETUP", "Session: 4711;timeout=60\r\n", "")),
        ("empty header", replaced("", "CSeq", "X-Empty:\r\n: nothing\r\nno colon\r\nCSeq")),
        (
            "no CSeq",
            Script::reply(|asked, usual| {
                usual.replace(&format!("CSeq: {}\r\n", asked.cseq), "").into_bytes()
            }),
        ),
        (
            "wrong CSeq",
            Script::reply(|asked, usual| {
                usual.replace(&format!("CSeq: {}", asked.cseq), "CSeq: 1").into_bytes()
            }),
        ),
        ("empty lines first", Script::reply(|_, usual| format!("\r\n\r\n{usual}").into_bytes())),
        ("no reason", replaced("", "200 OK", "200 ")),
        ("line feeds", Script::reply(|_, usual| usual.replace("\r\n", "\n").into_bytes())),
        (
            "GBK header",
            Script::reply(|_, usual| {
                let mut bytes = b"RTSP/1.0 200 OK\r\nServer: \xc9\xe3\xcf\xf1".to_vec();
                bytes.extend(usual.strip_prefix("RTSP/1.0 200 OK").unwrap().bytes());
                bytes
            }),
        ),
        (
            "wrong RTP-Info",
            replaced("PLAY", "Session", "RTP-Info: url=x;seq=9;rtptime=77\r\nSession"),
        ),
        ("wrong SSRC", replaced("SETUP", "interleaved", "ssrc=DEADBEEF;interleaved")),
        ("other channels refused to say", replaced("SETUP", ";interleaved=0-1", "")),
        (
            "base without scheme",
            replaced("DESCRIBE", "Content-Type", "Content-Base: 127.0.0.1/live/\r\nContent-Type"),
        ),
        ("broken base", replaced("DESCRIBE", "Content-Type", "Content-Base: ://\r\nContent-Type")),
        (
            "continue first",
            Script::reply(|_, usual| format!("RTSP/1.0 100 Continue\r\n\r\n{usual}").into_bytes()),
        ),
        (
            "a request of its own",
            Script::reply(|asked, usual| match asked.method.as_str() {
                "SETUP" => format!("OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n{usual}").into_bytes(),
                _ => usual.into_bytes(),
            }),
        ),
    ])
    .await;
}

#[tokio::test]
async fn redirections_are_followed_but_not_in_circles() {
    let to = |location: String| {
        Script::reply(move |asked, usual| {
            if asked.method == "DESCRIBE" && !asked.uri.ends_with("/there") {
                format!(
                    "RTSP/1.0 302 Moved\r\nCSeq: {}\r\nLocation: {location}\r\n\r\n",
                    asked.cseq
                )
                .into_bytes()
            } else {
                usual.into_bytes()
            }
        })
    };
    let target = server::Camera::start(Script::default()).await;
    let there = format!("rtsp://user:secret@{}/there", target.address);
    let camera = server::Camera::start(to(there)).await;
    assert!(play(&camera.settings()).await.is_ok());

    let circle = server::Camera::start(to("/live".to_owned())).await;
    let error = play(&circle.settings()).await.err().unwrap().to_string();
    assert!(error.contains("in a circle"), "{error}");

    let endless = server::Camera::start(Script::reply(|asked, _| {
        format!("RTSP/1.0 301 Moved\r\nCSeq: {}\r\nLocation: /{}\r\n\r\n", asked.cseq, asked.number)
            .into_bytes()
    }))
    .await;
    let error = play(&endless.settings()).await.err().unwrap().to_string();
    assert!(error.contains("more than 5 times"), "{error}");
    let nowhere = server::Camera::start(to("http://127.0.0.1/".to_owned())).await;
    let error = play(&nowhere.settings()).await.err().unwrap().to_string();
    assert!(error.contains("no address of a stream"), "{error}");
}

#[tokio::test]
async fn refusals_are_told_in_an_operators_words() {
    for (method, status, words) in [
        ("SETUP", 453, "453: no free session on the camera"),
        ("DESCRIBE", 404, "404: the camera knows no stream at this path"),
        ("PLAY", 454, "454: the camera has forgotten the session"),
        ("SETUP", 461, "461: the camera does not send over this transport"),
        ("DESCRIBE", 999, "999: the camera answers with a number that is no status of RTSP"),
    ] {
        let camera = server::Camera::start(Script::reply(move |asked, usual| {
            if asked.method == method {
                format!("RTSP/1.0 {status} \x1b[31mforged\r\nCSeq: {}\r\n\r\n", asked.cseq)
                    .into_bytes()
            } else {
                usual.into_bytes()
            }
        }))
        .await;
        let error = play(&camera.settings()).await.err().unwrap().to_string();
        assert!(error.starts_with(words) && !error.contains("forged"), "{error}");
    }
}
