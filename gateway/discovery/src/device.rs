//! What a device says when it is asked: who it is, its streams, presets and events.

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use quick_xml::escape::escape;
use runtime::{plain_text, utc_now};

use crate::answer::Answer;
use crate::login::Login;
use crate::services::{DEVICE, EVENTS, MEDIA, PTZ, Services};
use crate::soap::{CallError, Caller};
use crate::xml::Element;

/// The profiles, presets and topics of one device that are taken.
const MOST_PROFILES: usize = 256;
const MOST_PRESETS: usize = 300;
const MOST_TOPICS: usize = 500;

/// A device as it describes itself. Texts are one line each and of bounded length.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Found {
    /// Maker, model, firmware and serial number, as far as it tells.
    pub maker: Option<String>,
    /// Its model.
    pub model: Option<String>,
    /// Its firmware.
    pub firmware: Option<String>,
    /// Its serial number.
    pub serial: Option<String>,
    /// Its own name, of its scopes.
    pub name: Option<String>,
    /// Its video sources. A recorder has several.
    pub sources: Vec<Source>,
    /// The topics of its events, such as `tns1:RuleEngine/CellMotionDetector/Motion`.
    pub topics: Vec<String>,
    /// How far its clock is ahead of ours, in seconds, if it told.
    pub ahead_secs: Option<i64>,
    /// What could not be asked, and why.
    pub gaps: Vec<String>,
}

/// One video source with its streams, the largest picture first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// Its token.
    pub token: String,
    /// Its streams.
    pub streams: Vec<Stream>,
    /// Its presets: token and name.
    pub presets: Vec<(String, String)>,
}

/// One stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stream {
    /// The profile's name.
    pub name: String,
    /// H264, H265, JPEG.
    pub encoding: String,
    /// Width and height of its pictures.
    pub picture_px: [u32; 2],
    /// Its address, as the device gives it.
    pub url: String,
}

struct Profile {
    token: String,
    source: String,
    has_ptz: bool,
    stream: Stream,
}

/// Asks a device all that is worth writing down.
#[must_use]
pub fn ask(answer: &Answer, login: Option<&Login>) -> Found {
    let mut found =
        Found { name: answer.scope("name").map(|name| line(&name)), ..Found::default() };
    if answer.service.starts_with("https:") {
        found.gaps.push(
            "it answers HTTPS only, which is not asked here: look at its own page".to_owned(),
        );
        return found;
    }
    let mut caller = Caller::new(login);
    if let Ok(body) = caller.call_openly(&answer.service, (DEVICE, "GetSystemDateAndTime")) {
        found.ahead_secs = ahead(&body);
        caller.ahead = found.ahead_secs.unwrap_or_default();
    }
    match caller.call(&answer.service, (DEVICE, "GetDeviceInformation"), "") {
        Ok(body) => {
            let text = |name: &str| body.text_of(name).map(line);
            found.maker = text("Manufacturer");
            found.model = text("Model");
            found.firmware = text("FirmwareVersion");
            found.serial = text("SerialNumber");
        }
        Err(CallError::Login) => {
            found.gaps.push(refused(login).to_owned());
            // A further try could lock the account.
            return found;
        }
        Err(error) => found.gaps.push(error.to_string()),
    }
    match Services::ask(&caller, &answer.service, answer.from) {
        Ok(services) => ask_services(&caller, &services, &mut found),
        Err(CallError::Login) => found.gaps.push(refused(login).to_owned()),
        Err(error) => found.gaps.push(error.to_string()),
    }
    found
}

const fn refused(login: Option<&Login>) -> &'static str {
    match login {
        Some(_) => {
            "it refuses the login: check user and password, and whether it has an ONVIF user of its own; it was not asked again"
        }
        None => "it tells no more without a login: use --username and --password-file",
    }
}

fn ask_services(caller: &Caller<'_>, services: &Services, found: &mut Found) {
    match &services.media {
        Some(media) => match profiles(caller, media) {
            Ok(profiles) => {
                found.sources = sources(caller, services.ptz.as_deref(), profiles, &mut found.gaps)
            }
            Err(error) => found.gaps.push(error.to_string()),
        },
        None => found.gaps.push("it has no media service (ver10): no streams".to_owned()),
    }
    let Some(events) = &services.events else { return };
    match caller.call(events, (EVENTS, "GetEventProperties"), "") {
        Ok(body) => {
            if let Some(set) = body.find("TopicSet") {
                topics(set, "", &mut found.topics);
            }
        }
        Err(error) => found.gaps.push(error.to_string()),
    }
}

fn profiles(caller: &Caller<'_>, media: &str) -> Result<Vec<Profile>, CallError> {
    let body = caller.call(media, (MEDIA, "GetProfiles"), "")?;
    let mut profiles = Vec::new();
    for profile in body.all("Profiles").take(MOST_PROFILES) {
        let Some(token) = profile.attribute("token") else { continue };
        let Some(encoder) = profile.find("VideoEncoderConfiguration") else { continue };
        let side =
            |name: &str| encoder.text_of(name).and_then(|text| text.parse().ok()).unwrap_or(0);
        let inside = format!(
            "<t:StreamSetup><o:Stream xmlns:o=\"http://www.onvif.org/ver10/schema\">RTP-Unicast</o:Stream>\
             <o:Transport xmlns:o=\"http://www.onvif.org/ver10/schema\"><o:Protocol>RTSP</o:Protocol></o:Transport>\
             </t:StreamSetup><t:ProfileToken>{}</t:ProfileToken>",
            escape(token)
        );
        let body = caller.call(media, (MEDIA, "GetStreamUri"), &inside)?;
        let Some(url) = body.text_of("Uri").filter(|url| url.len() <= 1024) else { continue };
        let source =
            profile.find("VideoSourceConfiguration").and_then(|part| part.text_of("SourceToken"));
        let name = profile
            .children
            .iter()
            .find(|child| child.name == "Name")
            .map(|child| line(&child.text));
        profiles.push(Profile {
            token: token.to_owned(),
            source: source.unwrap_or("1").to_owned(),
            has_ptz: profile.find("PTZConfiguration").is_some(),
            stream: Stream {
                name: name.unwrap_or_else(|| line(token)),
                encoding: encoder.text_of("Encoding").map(line).unwrap_or_default(),
                picture_px: [side("Width"), side("Height")],
                url: line(url),
            },
        });
    }
    Ok(profiles)
}

/// The profiles by their video source.
fn sources(
    caller: &Caller<'_>,
    ptz: Option<&str>,
    profiles: Vec<Profile>,
    gaps: &mut Vec<String>,
) -> Vec<Source> {
    let mut sources: Vec<Source> = Vec::new();
    for Profile { token, source, has_ptz, stream } in profiles {
        let at = sources.iter().position(|known| known.token == source).unwrap_or_else(|| {
            sources.push(Source { token: source, streams: Vec::new(), presets: Vec::new() });
            sources.len() - 1
        });
        let Some(known) = sources.get_mut(at) else { continue };
        if let Some(ptz) = ptz.filter(|_| has_ptz && known.presets.is_empty()) {
            let inside = format!("<t:ProfileToken>{}</t:ProfileToken>", escape(&token));
            match caller.call(ptz, (PTZ, "GetPresets"), &inside) {
                Ok(body) => {
                    let presets = body.all("Preset").take(MOST_PRESETS).filter_map(|preset| {
                        let token = line(preset.attribute("token")?);
                        Some((token, preset.text_of("Name").map(line).unwrap_or_default()))
                    });
                    known.presets = presets.collect();
                }
                Err(error) => gaps.push(error.to_string()),
            }
        }
        known.streams.push(stream);
    }
    for source in &mut sources {
        source.streams.sort_by_key(|stream| {
            std::cmp::Reverse(u64::from(stream.picture_px[0]) * u64::from(stream.picture_px[1]))
        });
        source.token = line(&source.token);
    }
    sources
}

/// The paths of the elements that are topics (WS-Topics 1.3, `wstop:topic`).
fn topics(element: &Element, above: &str, found: &mut Vec<String>) {
    for child in &element.children {
        let path = if above.is_empty() {
            child.written.clone()
        } else {
            format!("{above}/{}", child.name)
        };
        if child.attribute("topic") == Some("true") && found.len() < MOST_TOPICS {
            found.push(line(&path));
        }
        topics(child, &path, found);
    }
}

/// How far the device's clock is ahead of ours, in seconds.
fn ahead(body: &Element) -> Option<i64> {
    let utc = body.find("UTCDateTime")?;
    let part = |name: &str| utc.text_of(name)?.parse::<i16>().ok();
    let small = |name: &str| i8::try_from(part(name)?).ok();
    let time = DateTime::new(
        part("Year")?,
        small("Month")?,
        small("Day")?,
        small("Hour")?,
        small("Minute")?,
        small("Second")?,
        0,
    );
    let theirs = time.ok()?.to_zoned(TimeZone::UTC).ok()?.timestamp().as_second();
    Some(theirs - utc_now().unix_micros() / 1_000_000)
}

/// A text of a stranger as one line of bounded length.
fn line(text: &str) -> String {
    plain_text(text.trim(), 1024)
}
