//! Session descriptions that RFC 4566 does not allow, or that few parsers foresee.

use super::act::{Act, Outcome, Quirk};
use crate::camera::description::Description;
use crate::camera::side_stream::SideStream;

use Act::Describe;
use Outcome::Plays;

/// "滨河街道东门" in GBK.
const NAME_IN_GBK: &[u8] = b"s=\xB1\xF5\xBA\xD3\xBD\xD6\xB5\xC0\xB6\xAB\xC3\xC5";

/// A stream that has a word where a payload type belongs.
const FORMAT_IN_WORDS: SideStream = SideStream {
    name: "track3",
    lines: &[
        "m=application/TP-LINK 0 RTP/AVP smart/1/90000",
        "a=rtpmap:95 TP-LINK/90000",
        "a=control:track3",
    ],
    is_first: false,
    has_sound: false,
};

pub(super) const QUIRKS: &[Quirk] = &[
    Quirk {
        name: "origin-short",
        does: "The line `o=` ends after `IN`, and so does `c=`.",
        thread: "AlexxIT/go2rtc#1663",
        outcome: Plays,
        acts: &[Describe(|sdp, _| {
            sdp.replace("o=", "o=- 1001 1 IN ");
            sdp.replace("c=", "c=IN ");
        })],
    },
    Quirk {
        name: "origin-absent",
        does: "There is no line `o=`.",
        thread: "scottlamb/retina#52",
        outcome: Plays,
        acts: &[Describe(|sdp, _| sdp.remove("o="))],
    },
    Quirk {
        name: "origin-long",
        does: "The line `o=` has a number too many.",
        thread: "pixelbender/go-sdp#5",
        outcome: Plays,
        acts: &[Describe(|sdp, _| {
            sdp.replace("o=", "o=- 14665860 31787219 1 IN IP4 192.168.35.39");
        })],
    },
    Quirk {
        name: "origin-negative",
        does: "The session's number is negative.",
        thread: "bluenviron/mediamtx#231",
        outcome: Plays,
        acts: &[Describe(|sdp, _| {
            sdp.replace("o=", "o=-2208991488 2208991488 IN IP4 10.255.1.119");
        })],
    },
    Quirk {
        name: "origin-fraction",
        does: "The session's number is a decimal fraction.",
        thread: "bluenviron/mediamtx#2555",
        outcome: Plays,
        acts: &[Describe(|sdp, _| sdp.replace("o=", "o=- 1698143668.118407 1 IN IP4 0.0.0.0"))],
    },
    Quirk {
        name: "media-lines-only",
        does: "The description begins with `m=` and consists of `m=` and `a=` only.",
        thread: "AlexxIT/go2rtc#679",
        outcome: Plays,
        acts: &[Describe(media_lines_only)],
    },
    Quirk {
        name: "time-now",
        does: "The line `t=` is `t=now-`.",
        thread: "bluenviron/gortsplib#82",
        outcome: Plays,
        acts: &[Describe(|sdp, _| sdp.replace("t=", "t=now-"))],
    },
    Quirk {
        name: "time-absent",
        does: "There is no line `t=`.",
        thread: "scottlamb/retina#33",
        outcome: Plays,
        acts: &[Describe(|sdp, _| sdp.remove("t="))],
    },
    Quirk {
        name: "attributes-before-time",
        does: "The session's attributes stand before `t=`.",
        thread: "scottlamb/retina#26",
        outcome: Plays,
        acts: &[Describe(|sdp, _| {
            sdp.insert_before("t=", "a=tool:LIVE555 Streaming Media v2011.05.25");
            sdp.insert_before("t=", "e=NONE");
        })],
    },
    Quirk {
        name: "repeat-zero",
        does: "The session repeats every 0 seconds.",
        thread: "bluenviron/gortsplib#879",
        outcome: Plays,
        acts: &[Describe(|sdp, _| sdp.insert_before("a=", "r=0 0"))],
    },
    Quirk {
        name: "information-empty",
        does: "The line `i=` has no value.",
        thread: "google/ExoPlayer#10840",
        outcome: Plays,
        acts: &[Describe(|sdp, _| sdp.insert_before("c=", "i="))],
    },
    Quirk {
        name: "line-without-equals",
        does: "A line before the first `m=` has no `=`.",
        thread: "RFC 4566 §5",
        outcome: Plays,
        acts: &[Describe(|sdp, _| sdp.insert_before("a=", "IPCamera"))],
    },
    Quirk {
        name: "blank-lines",
        does: "There are blank lines in the description and at its end.",
        thread: "sdroege/sdp-types#7",
        outcome: Plays,
        acts: &[Describe(|sdp, _| {
            sdp.insert_before("m=", "");
            sdp.tail = b"\r\n\r\n";
        })],
    },
    Quirk {
        name: "lines-end-twice",
        does: "A line ends in LF and then in CR LF.",
        thread: "ireader/media-server#263",
        outcome: Plays,
        acts: &[Describe(|sdp, _| sdp.edit("s=", |line| format!("{line}\n")))],
    },
    Quirk {
        name: "zeros-at-end",
        does: "The description ends in zero bytes, which Content-Length counts.",
        thread: "RFC 4566 §5",
        outcome: Plays,
        acts: &[Describe(|sdp, _| sdp.tail = b"\0\0\0\0")],
    },
    Quirk {
        name: "description-ends-in-lf",
        does: "The lines of the description end in LF.",
        thread: "ireader/media-server#376",
        outcome: Plays,
        acts: &[Describe(|sdp, _| sdp.line_end = "\n")],
    },
    Quirk {
        name: "name-in-gbk",
        does: "The camera's name is Chinese in GBK.",
        thread: "swwheihei/wvp-GB28181#10",
        outcome: Plays,
        acts: &[Describe(|sdp, _| sdp.replace("s=", NAME_IN_GBK))],
    },
    Quirk {
        name: "port-negative",
        does: "The video's port is a large negative number, and its `c=` is garbage.",
        thread: "AlexxIT/go2rtc#2316",
        outcome: Plays,
        acts: &[Describe(|sdp, _| {
            sdp.edit("m=video", |line| line.replacen(" 0 ", " -1353744643 ", 1));
            sdp.insert_before("a=rtpmap", &b"c=IN IP4 '&\xEF\xBF"[..]);
        })],
    },
    Quirk {
        name: "media-without-format",
        does: "The line `m=video` names no payload type.",
        thread: "RFC 4566 §5.14",
        outcome: Plays,
        acts: &[Describe(|sdp, _| sdp.replace("m=video", "m=video 0 RTP/AVP "))],
    },
    Quirk {
        name: "format-in-words",
        does: "A further stream has words instead of a payload type.",
        thread: "scottlamb/moonfire-nvr#238",
        outcome: Plays,
        acts: &[Act::SideStream(FORMAT_IN_WORDS)],
    },
    Quirk {
        name: "format-undeclared",
        does: "A payload type that no `m=` names is described as H.265, before the video's own.",
        thread: "DDVTECH/mistserver#295",
        outcome: Plays,
        acts: &[Describe(|sdp, _| sdp.insert_before("a=rtpmap", "a=rtpmap:102 H265/90000"))],
    },
    Quirk {
        name: "format-ends-in-semicolon",
        does: "A semicolon ends the line `a=fmtp`.",
        thread: "bluenviron/gortsplib#31",
        outcome: Plays,
        acts: &[Describe(|sdp, _| sdp.edit("a=fmtp", |line| format!("{line};")))],
    },
    Quirk {
        name: "clock-rate-with-space",
        does: "A space follows the clock rate in `a=rtpmap`, and the frame rate is `0S`.",
        thread: "scottlamb/moonfire-nvr#213",
        outcome: Plays,
        acts: &[Describe(|sdp, _| {
            sdp.edit("a=rtpmap", |line| format!("{line} "));
            sdp.replace("a=framerate", "a=framerate:0S");
        })],
    },
    Quirk {
        name: "range-by-the-clock",
        does: "The range is given in wall clock time, three stretches on a line.",
        thread: "bluenviron/mediamtx#95",
        outcome: Plays,
        acts: &[Describe(|sdp, _| {
            let stretches = "clock=20200908T132728Z-20200909T030844Z;clock=20200909T031019Z-\
                             20200909T103133Z;clock=20200909T103300Z-20200909T141237Z";
            sdp.replace("a=range", format!("a=range:{stretches}"));
        })],
    },
    Quirk {
        name: "control-absolute",
        does: "The stream's URL is absolute.",
        thread: "bluenviron/gortsplib#120",
        outcome: Plays,
        acts: &[Describe(|sdp, base| {
            sdp.replace("a=control:video", format!("a=control:{base}/video"));
        })],
    },
    Quirk {
        name: "control-absent",
        does: "Neither the session nor the stream has a URL of its own.",
        thread: "alexeyvasilyev/rtsp-client-android#48",
        outcome: Plays,
        acts: &[Describe(|sdp, _| sdp.remove("a=control"))],
    },
    Quirk {
        name: "control-of-session-absent",
        does: "Only the stream has a URL, not the session.",
        thread: "scottlamb/retina#9",
        outcome: Plays,
        acts: &[Describe(|sdp, _| sdp.remove("a=control:*"))],
    },
    Quirk {
        name: "control-with-equals",
        does: "The stream is called `trackID=1`.",
        thread: "OvenMediaLabs/OvenMediaEngine#1245",
        outcome: Plays,
        acts: &[Describe(|sdp, _| sdp.replace("a=control:video", "a=control:trackID=1"))],
    },
];

fn media_lines_only(sdp: &mut Description, _base: &str) {
    let is_media = |line: &Vec<u8>| line.starts_with(b"m=");
    let begin = sdp.lines.iter().position(is_media).unwrap_or(0);
    sdp.lines.drain(..begin);
    sdp.remove("a=fmtp");
    sdp.remove("a=framerate");
    sdp.remove("a=x-");
}
