//! Answers that RFC 2326 does not allow, or that few parsers foresee.

use super::act::{Act, Outcome, Quirk};
use crate::camera::reply::{Asked, Reply};

use Act::Reply as Answers;
use Outcome::Plays;

pub(super) const QUIRKS: &[Quirk] = &[
    Quirk {
        name: "content-type-with-charset",
        does: "The content type is `application/sdp;charset=utf-8`.",
        thread: "bluenviron/gortsplib#52",
        outcome: Plays,
        acts: &[Answers(|_, reply| {
            reply.change("content-type", |kind| format!("{kind};charset=utf-8"));
        })],
    },
    Quirk {
        name: "content-type-in-capitals",
        does: "The content type is `Application/SDP`.",
        thread: "RFC 2045 §5.1",
        outcome: Plays,
        acts: &[Answers(|_, reply| reply.change("content-type", |_| "Application/SDP".to_owned()))],
    },
    Quirk {
        name: "content-type-absent",
        does: "The description has no content type.",
        thread: "RFC 2326 §12.16",
        outcome: Plays,
        acts: &[Answers(|_, reply| reply.remove("content-type"))],
    },
    Quirk {
        name: "content-length-zero",
        does: "Answers without a body have the length 0.",
        thread: "Streamedian/html5_rtsp_player#82",
        outcome: Plays,
        acts: &[Answers(|_, reply| {
            if reply.body.is_empty() {
                reply.lines.push("Content-Length: 0".to_owned());
            }
        })],
    },
    Quirk {
        name: "public-absent",
        does: "The answer to OPTIONS does not say which requests are known.",
        thread: "AxisCommunications/locomote-video-player#158",
        outcome: Plays,
        acts: &[Answers(|_, reply| reply.remove("public"))],
    },
    Quirk {
        name: "content-base-absent",
        does: "The answer to DESCRIBE has no Content-Base.",
        thread: "sdroege/sdp-types#7",
        outcome: Plays,
        acts: &[Answers(|_, reply| reply.remove("content-base"))],
    },
    Quirk {
        name: "content-base-without-scheme",
        does: "Content-Base lacks `rtsp://`.",
        thread: "scottlamb/moonfire-nvr#356",
        outcome: Plays,
        acts: &[Answers(|_, reply| {
            reply.change("content-base", |base| base.trim_start_matches("rtsp://").to_owned());
        })],
    },
    Quirk {
        name: "content-base-doubled",
        does: "Content-Base begins with `rtsp://rtsp://`.",
        thread: "AlexxIT/go2rtc#208",
        outcome: Plays,
        acts: &[Answers(|_, reply| reply.change("content-base", |base| format!("rtsp://{base}")))],
    },
    Quirk {
        name: "content-base-without-slash",
        does: "Content-Base does not end in a slash.",
        thread: "OvenMediaLabs/OvenMediaEngine#1245",
        outcome: Plays,
        acts: &[Answers(|_, reply| {
            reply.change("content-base", |base| base.trim_end_matches('/').to_owned());
        })],
    },
    Quirk {
        name: "content-base-with-query",
        does: "Content-Base has a query, and the stream's name belongs behind it.",
        thread: "AxisCommunications/media-stream-library-js#646",
        outcome: Plays,
        acts: &[Answers(|_, reply| {
            let query = "?mode=Live&seek=0&fps=100&metainfo=&follow=0/";
            reply.change("content-base", |base| base.trim_end_matches('/').to_owned() + query);
        })],
    },
    Quirk {
        name: "session-with-parameters",
        does: "Unknown parameters and a semicolon follow the session's timeout.",
        thread: "sdroege/rtsp-types#14",
        outcome: Plays,
        acts: &[Answers(|asked, reply| {
            if asked.method == "SETUP" {
                reply.change("session", |session| {
                    session.replace(";timeout", " ; x-keep=1 ; timeout") + " ;"
                });
            }
        })],
    },
    Quirk {
        name: "session-without-id",
        does: "The Session header begins with its timeout: the session has no id.",
        thread: "RFC 2326 §12.37",
        outcome: Plays,
        acts: &[
            Answers(|_, reply| {
                reply.change("session", |session| match session.split_once(';') {
                    Some((_, timeout)) => format!(";{timeout}"),
                    None => String::new(),
                });
            }),
            Act::AnySession,
        ],
    },
    Quirk {
        name: "session-changes",
        does: "The answer to PLAY names another session.",
        thread: "scottlamb/retina#85",
        outcome: Plays,
        acts: &[
            Answers(|asked, reply| {
                if asked.method == "PLAY" {
                    reply.change("session", |session| format!("{session}7"));
                }
            }),
            Act::AnySession,
        ],
    },
    Quirk {
        name: "header-without-value",
        does: "A header has no value.",
        thread: "bluenviron/mediamtx#368",
        outcome: Plays,
        acts: &[Answers(|_, reply| reply.lines.push("X-Accept-Retransmit:".to_owned()))],
    },
    Quirk {
        name: "header-without-name",
        does: "A header has no name.",
        thread: "tphakala/go-audio-stream#144",
        outcome: Plays,
        acts: &[Answers(|_, reply| reply.lines.push(": value".to_owned()))],
    },
    Quirk {
        name: "header-without-colon",
        does: "A line of the head has no colon.",
        thread: "RFC 2326 §4.2",
        outcome: Plays,
        acts: &[Answers(|_, reply| reply.lines.push("IP Camera".to_owned()))],
    },
    Quirk {
        name: "header-of-a-space",
        does: "A line of the head is a single space.",
        thread: "koush/scrypted#2137",
        outcome: Plays,
        acts: &[Answers(|_, reply| {
            let place = reply.lines.len().min(1);
            reply.lines.insert(place, " ".to_owned());
        })],
    },
    Quirk {
        name: "header-folded",
        does: "A header goes on in the next line, which begins with a space.",
        thread: "gpac/gpac#3533",
        outcome: Plays,
        acts: &[Answers(|_, reply| {
            reply.lines.push("Server: IP Camera".to_owned());
            reply.lines.push("\tof the second kind".to_owned());
        })],
    },
    Quirk {
        name: "header-names-in-lower-case",
        does: "All header names are in lower case.",
        thread: "RFC 2326 §4.2",
        outcome: Plays,
        acts: &[Answers(lower_case_names)],
    },
    Quirk {
        name: "headers-without-space",
        does: "No space follows the colons of the head, and one follows the number of CSeq.",
        thread: "bluenviron/gortsplib#437",
        outcome: Plays,
        acts: &[Answers(|_, reply| {
            reply.change("cseq", |cseq| format!("{cseq} "));
            for line in &mut reply.lines {
                *line = line.replacen(": ", ":", 1);
            }
        })],
    },
    Quirk {
        name: "cseq-absent",
        does: "No answer has a CSeq.",
        thread: "postlund/pyatv#1576",
        outcome: Plays,
        acts: &[Answers(|_, reply| reply.remove("cseq"))],
    },
    Quirk {
        name: "cseq-zero",
        does: "CSeq is 0 in every answer.",
        thread: "luisiam/homebridge-foscamcamera#6",
        outcome: Plays,
        acts: &[Answers(|_, reply| reply.change("cseq", |_| "0".to_owned()))],
    },
    Quirk {
        name: "cseq-of-the-request-before",
        does: "CSeq is one too low in every answer.",
        thread: "scottlamb/retina#133",
        outcome: Plays,
        acts: &[Answers(|_, reply| {
            reply.change("cseq", |cseq| {
                let before = cseq.parse::<u32>().unwrap_or(1).saturating_sub(1);
                before.to_string()
            });
        })],
    },
    Quirk {
        name: "lines-end-in-lf",
        does: "The lines of the head end in LF.",
        thread: "meetecho/janus-gateway#1922",
        outcome: Plays,
        acts: &[Answers(|_, reply| reply.line_end = "\n")],
    },
    Quirk {
        name: "two-empty-lines",
        does: "Two empty lines stand between the head and the description, and Content-Length counts one.",
        thread: "catalinii/minisatip#1164",
        outcome: Plays,
        acts: &[Answers(|_, reply| {
            if !reply.body.is_empty() {
                reply.body.splice(0..0, *b"\r\n");
            }
        })],
    },
    Quirk {
        name: "reason-absent",
        does: "The status line ends with the code.",
        thread: "bluenviron/gortsplib#807",
        outcome: Plays,
        acts: &[Answers(|_, reply| {
            let words: Vec<&str> = reply.status_line.splitn(3, ' ').take(2).collect();
            reply.status_line = words.join(" ");
        })],
    },
    Quirk {
        name: "transport-with-ssrc-first",
        does: "The Transport header names the SSRC, in decimal, before the channels.",
        thread: "scottlamb/retina#120",
        outcome: Plays,
        acts: &[Answers(|_, reply| reply.change("transport", ssrc_first))],
    },
    Quirk {
        name: "transport-with-bad-ssrc",
        does: "The SSRC of the Transport header is no number.",
        thread: "bluenviron/mediamtx#1118",
        outcome: Plays,
        acts: &[Answers(|_, reply| {
            reply.change("transport", |text| with_parameter(text, "ssrc", "D4 1A 0"));
        })],
    },
];

fn lower_case_names(_asked: &Asked<'_>, reply: &mut Reply) {
    for line in &mut reply.lines {
        if let Some((name, value)) = line.split_once(':') {
            *line = format!("{}:{value}", name.to_ascii_lowercase());
        }
    }
}

/// The parameter of a Transport header with another value.
fn with_parameter(transport: &str, name: &str, value: &str) -> String {
    let changed = transport.split(';').map(|part| match part.split_once('=') {
        Some((found, _)) if found == name => format!("{name}={value}"),
        _ => part.to_owned(),
    });
    changed.collect::<Vec<_>>().join(";")
}

fn ssrc_first(transport: &str) -> String {
    let mut parts: Vec<&str> = transport.split(';').collect();
    let place = parts.iter().position(|part| part.starts_with("ssrc="));
    let Some(hex) = place.map(|place| parts.remove(place)) else { return transport.to_owned() };
    let ssrc = u32::from_str_radix(hex.trim_start_matches("ssrc="), 16).unwrap_or(0);
    let decimal = format!("ssrc={ssrc}");
    parts.insert(1, &decimal);
    parts.join(";")
}
