//! What a camera says of its stream, read for the little that matters and written anew.
//!
//! A client behind the line sees a description that we wrote: one video stream, sound in every line. So no
//! oddity in a camera's text reaches a strict parser, whatever it is.

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use url::Url;

use super::head::digits;
use super::rtp::ANNOUNCED_TYPE;
use crate::codec::Codec;
use crate::fault::SessionError;
use crate::wording::shown;

/// Base64 as cameras write it, with padding or without.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// RTP ticks a second of all video (RFC 6184 §8.2.1, RFC 7798 §7.1).
const VIDEO_RATE_HZ: u32 = 90_000;

/// Clock rates that a camera may claim; others are typing errors.
const CREDIBLE_RATES_HZ: std::ops::RangeInclusive<u64> = 1_000..=1_000_000;

/// The longest parameter set that a description may hold, in bytes.
const LONGEST_PARAMETER_SET: usize = 1024;

/// First of the dynamic payload types (RFC 3551 §3), taken where a camera names none.
const FIRST_DYNAMIC: u8 = 96;

/// The stream that will be played.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Presentation {
    /// Its codec.
    pub(crate) codec: Codec,
    /// RTP ticks a second, by the camera's words.
    pub(crate) clock_rate_hz: u32,
    /// Parameter sets with start codes; empty if the description holds none.
    pub(crate) parameter_sets: Vec<u8>,
    /// Pictures a second that it promises.
    pub(crate) framerate: Option<f32>,
    /// The server's name, made fit to be shown.
    pub(crate) tool: Option<String>,
    /// The payload type of the camera's RTP packets.
    pub(super) payload_type: u8,
    /// The description for the client.
    pub(super) rewritten: String,
}

/// One `m=` section.
#[derive(Debug, Default)]
struct Section<'a> {
    kind: String,
    formats: Vec<u8>,
    attributes: Vec<(String, &'a [u8])>,
}

impl<'a> Section<'a> {
    fn parse(value: &'a [u8]) -> Self {
        let mut words = value.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
        let kind = words.next().map(|word| shown(word).to_ascii_lowercase()).unwrap_or_default();
        // Port and protocol; what is written there does not matter.
        let mut formats: Vec<u8> = Vec::new();
        for word in words.skip(2) {
            let number = std::str::from_utf8(word).ok().and_then(|word| word.parse().ok());
            // Each once: they are searched for each encoding.
            formats.extend(number.filter(|it| *it < 128 && !formats.contains(it)));
        }
        Self { kind, formats, attributes: Vec::new() }
    }

    fn all<'s>(&'s self, name: &'s str) -> impl Iterator<Item = &'a [u8]> + 's {
        self.attributes.iter().filter(move |(it, _)| it == name).map(|(_, value)| *value)
    }

    /// The encodings: payload type, name in lower case, clock rate.
    fn encodings(&self) -> Vec<(u8, String, Option<u64>)> {
        let rows = self.all("rtpmap").filter_map(|value| {
            let mut words = value.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
            let payload_type = u8::try_from(digits(words.next()?)?).ok()?;
            let mut parts = words.next()?.split(|byte| *byte == b'/');
            let name = shown(parts.next()?).to_ascii_lowercase();
            Some((payload_type, name, parts.next().and_then(digits)))
        });
        rows.collect()
    }

    /// The format parameters of a payload type, or of whatever type they name: names in lower case.
    fn parameters(&self, payload_type: u8) -> Vec<(String, &'a [u8])> {
        let split = |value: &'a [u8]| {
            let space = value.iter().position(u8::is_ascii_whitespace)?;
            let (number, rest) = value.split_at(space);
            Some((digits(number), rest))
        };
        let rows: Vec<(Option<u64>, &[u8])> = self.all("fmtp").filter_map(split).collect();
        let own = rows.iter().find(|(number, _)| *number == Some(u64::from(payload_type)));
        let Some((_, text)) = own.or(rows.first()) else { return Vec::new() };
        let pairs = text.split(|byte| *byte == b';').filter_map(|pair| {
            let at = pair.iter().position(|byte| *byte == b'=')?;
            let (name, value) = pair.split_at(at);
            Some((shown(name).to_ascii_lowercase(), value.get(1..)?.trim_ascii()))
        });
        pairs.collect()
    }

    /// The codec with its payload type and clock rate, if we decode it.
    fn codec(&self) -> Option<(Codec, u8, u64)> {
        let encodings = self.encodings();
        let known = encodings.iter().filter_map(|(payload_type, name, rate)| {
            let rate = rate.filter(|rate| CREDIBLE_RATES_HZ.contains(rate));
            Some((codec_named(name)?, *payload_type, rate.unwrap_or(u64::from(VIDEO_RATE_HZ))))
        });
        let known: Vec<(Codec, u8, u64)> = known.collect();
        let listed = known.iter().find(|(_, payload_type, _)| self.formats.contains(payload_type));
        if let Some(found) = listed.or(known.first()) {
            return Some(*found);
        }
        if !encodings.is_empty() {
            return None;
        }
        // No name at all: the parameters tell.
        let payload_type = self.formats.first().copied().unwrap_or(FIRST_DYNAMIC);
        let parameters = self.parameters(payload_type);
        let has = |name: &str| parameters.iter().any(|(it, _)| it == name);
        let codec = if has("sprop-vps") || has("sprop-sps") {
            Codec::H265
        } else if has("sprop-parameter-sets")
            || has("profile-level-id")
            || has("packetization-mode")
        {
            Codec::H264
        } else {
            return None;
        };
        Some((codec, payload_type, u64::from(VIDEO_RATE_HZ)))
    }
}

fn codec_named(name: &str) -> Option<Codec> {
    match name {
        "h264" | "h.264" | "avc" => Some(Codec::H264),
        "h265" | "h.265" | "hevc" => Some(Codec::H265),
        _ => None,
    }
}

impl Presentation {
    /// Reads the description `body` of the stream whose relative addresses stand under `base`.
    ///
    /// # Errors
    /// If it holds no video, or none that we decode.
    pub(super) fn read(body: &[u8], base: &Url) -> Result<Self, SessionError> {
        let mut session = Section::default();
        let mut media: Vec<Section<'_>> = Vec::new();
        for line in body.split(|byte| matches!(byte, b'\n' | b'\r')) {
            match line.trim_ascii() {
                [b'm' | b'M', b'=', value @ ..] => media.push(Section::parse(value)),
                [b'a' | b'A', b'=', value @ ..] => {
                    let at = value.iter().position(|byte| *byte == b':').unwrap_or(value.len());
                    let (name, value) = value.split_at(at);
                    let name = shown(name).to_ascii_lowercase();
                    let section = media.last_mut().unwrap_or(&mut session);
                    section
                        .attributes
                        .push((name, value.get(1..).unwrap_or_default().trim_ascii()));
                }
                _ => {}
            }
        }
        let videos = || media.iter().filter(|it| it.kind == "video");
        let found = videos().find_map(|it| Some((it, it.codec()?)));
        let Some((video, (codec, payload_type, rate))) = found else {
            return Err(match videos().next() {
                None => SessionError::NoVideo { offered: offered(&media) },
                Some(video) => SessionError::UnsupportedCodec { encoding: encoding(video) },
            });
        };
        let parameters = video.parameters(payload_type);
        let sets = parameter_sets(codec, &parameters);
        let aggregate = session
            .all("control")
            .next()
            .map_or_else(|| base.clone(), |control| joined(base, control));
        let track = video
            .all("control")
            .next()
            .map_or_else(|| aggregate.clone(), |control| joined(base, control));
        let framerate = video.all("framerate").chain(video.all("x-framerate")).find_map(|value| {
            let rate: f32 = std::str::from_utf8(value).ok()?.trim().parse().ok()?;
            (rate.is_finite() && rate > 0.0).then_some(rate)
        });
        let tool = session.all("tool").next().map(shown).filter(|tool| !tool.is_empty());
        let addresses = (&aggregate, &track);
        let rewritten = write(codec, &parameters, &sets, addresses);
        let start_codes = sets.iter().flat_map(|set| [&[0, 0, 0, 1], set.as_slice()].concat());
        Ok(Self {
            codec,
            clock_rate_hz: u32::try_from(rate).unwrap_or(VIDEO_RATE_HZ),
            parameter_sets: start_codes.collect(),
            framerate,
            tool,
            payload_type,
            rewritten,
        })
    }
}

fn offered(media: &[Section<'_>]) -> String {
    let kinds: Vec<&str> = media.iter().map(|it| it.kind.as_str()).collect();
    if kinds.is_empty() { "nothing".to_owned() } else { shown(kinds.join(", ").as_bytes()) }
}

fn encoding(video: &Section<'_>) -> String {
    let named = video.encodings().into_iter().next().map(|(_, name, _)| name);
    let known = match video.formats.first() {
        Some(26) => "jpeg",
        Some(32) => "mpeg video",
        Some(33) => "an mpeg transport stream",
        _ => "in a codec that the camera does not name",
    };
    named.unwrap_or_else(|| known.to_owned())
}

/// An address of the description, absolute or under the base.
fn joined(base: &Url, control: &[u8]) -> Url {
    let control = String::from_utf8_lossy(control);
    if control.is_empty() || control == "*" {
        return base.clone();
    }
    if control.contains("://") {
        return Url::parse(&control).unwrap_or_else(|_| base.clone());
    }
    let base_text = base.as_str();
    let slash = if base_text.ends_with('/') || control.starts_with('/') { "" } else { "/" };
    Url::parse(&format!("{base_text}{slash}{control}")).unwrap_or_else(|_| base.clone())
}

/// The parameter sets in the order in which a decoder wants them; none if one is missing or broken.
fn parameter_sets(codec: Codec, parameters: &[(String, &[u8])]) -> Vec<Vec<u8>> {
    let values = |name: &str| {
        let value =
            parameters.iter().find(|(it, _)| it == name).map_or(&[][..], |(_, value)| *value);
        value.split(|byte| *byte == b',').filter_map(decoded).collect::<Vec<_>>()
    };
    let (sets, wanted): (Vec<Vec<u8>>, &[u8]) = match codec {
        Codec::H264 => (values("sprop-parameter-sets"), &[7, 8]),
        Codec::H265 => (
            ["sprop-vps", "sprop-sps", "sprop-pps"].into_iter().flat_map(values).collect(),
            &[32, 33, 34],
        ),
    };
    let found: Vec<Vec<u8>> = wanted
        .iter()
        .filter_map(|wanted| {
            sets.iter().find(|set| set.first().map(|first| codec.nal_type(*first)) == Some(*wanted))
        })
        .cloned()
        .collect();
    if found.len() == wanted.len() { found } else { Vec::new() }
}

fn decoded(text: &[u8]) -> Option<Vec<u8>> {
    let bytes = BASE64.decode(text.trim_ascii()).ok()?;
    // Some cameras write the start code, too.
    let bare = bytes.strip_prefix(&[0, 0, 0, 1]).or_else(|| bytes.strip_prefix(&[0, 0, 1]));
    let bytes = bare.map(<[u8]>::to_vec).unwrap_or(bytes);
    (4..=LONGEST_PARAMETER_SET).contains(&bytes.len()).then_some(bytes)
}

fn write(
    codec: Codec,
    parameters: &[(String, &[u8])],
    sets: &[Vec<u8>],
    (aggregate, track): (&Url, &Url),
) -> String {
    let mut pairs = Vec::new();
    for name in ["packetization-mode", "sprop-max-don-diff"] {
        let value = parameters.iter().find(|(it, _)| it == name);
        if let Some(number) = value.and_then(|(_, value)| digits(value)) {
            pairs.push(format!("{name}={number}"));
        }
    }
    let encoded: Vec<String> = sets.iter().map(|set| BASE64.encode(set)).collect();
    let name = match (codec, sets, encoded.as_slice()) {
        (Codec::H264, [sps, _], [_, _]) => {
            if let Some([profile, constraints, level]) = sps.get(1..4) {
                pairs.push(format!("profile-level-id={profile:02X}{constraints:02X}{level:02X}"));
            }
            pairs.push(format!("sprop-parameter-sets={}", encoded.join(",")));
            "H264"
        }
        (Codec::H265, _, [vps, sps, pps]) => {
            pairs.push(format!("sprop-vps={vps};sprop-sps={sps};sprop-pps={pps}"));
            "H265"
        }
        (Codec::H264, ..) => "H264",
        (Codec::H265, ..) => "H265",
    };
    let format = if pairs.is_empty() {
        String::new()
    } else {
        format!("a=fmtp:{ANNOUNCED_TYPE} {}\r\n", pairs.join(";"))
    };
    format!(
        "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 0.0.0.0\r\nt=0 0\r\n\
         a=control:{aggregate}\r\n\
         m=video 0 RTP/AVP {ANNOUNCED_TYPE}\r\n\
         a=rtpmap:{ANNOUNCED_TYPE} {name}/{VIDEO_RATE_HZ}\r\n\
         {format}a=control:{track}\r\n"
    )
}

#[cfg(test)]
mod tests;
