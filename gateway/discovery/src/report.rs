//! What was found, as configuration that can be copied.

use toml_edit::Value;
use url::Url;

use crate::answer::Answer;
use crate::device::{Found, Source, Stream};

/// The camera files of one device, with what is to be filled in as comments.
#[must_use]
pub fn report(answer: &Answer, found: &Found) -> String {
    let mut text = String::new();
    let told = [&found.maker, &found.model]
        .into_iter()
        .flatten()
        .map(String::as_str)
        .collect::<Vec<_>>()
        .join(" ");
    let told = if told.is_empty() { "an ONVIF device".to_owned() } else { told };
    line(&mut text, &format!("# ==== {}: {told}", answer.from));
    for (what, value) in [("firmware", &found.firmware), ("serial number", &found.serial)] {
        if let Some(value) = value {
            line(&mut text, &format!("# {what}: {value}"));
        }
    }
    line(&mut text, &format!("# endpoint: {}", runtime::plain_text(&answer.endpoint, 200)));
    if let Some(ahead) = found.ahead_secs.filter(|ahead| ahead.unsigned_abs() > 5) {
        line(
            &mut text,
            &format!(
                "# its clock is {} s {}: set its time server",
                ahead.unsigned_abs(),
                if ahead > 0 { "ahead" } else { "behind" }
            ),
        );
    }
    for gap in &found.gaps {
        line(&mut text, &format!("# not known: {gap}"));
    }
    for (number, source) in (1..).zip(&found.sources) {
        let id = match found.sources.len() {
            1 => format!("cam-{}", slug(&answer.from.to_string())),
            _ => format!("cam-{}-{number}", slug(&answer.from.to_string())),
        };
        camera(&mut text, &id, (answer, found), source);
    }
    if !found.topics.is_empty() {
        line(&mut text, &format!("# events: {}", found.topics.join(", ")));
    }
    text.push('\n');
    text
}

fn camera(text: &mut String, id: &str, (answer, found): (&Answer, &Found), source: &Source) {
    let playable = |stream: &&Stream| matches!(stream.encoding.as_str(), "H264" | "H265");
    let Some(main) = source.streams.iter().find(playable) else {
        line(
            text,
            &format!(
                "# video source {}: no stream in H.264 or H.265; set one on the device",
                source.token
            ),
        );
        return;
    };
    line(text, &format!("# ---- cameras/{id}.toml"));
    line(text, &format!("id = {}", quoted(id)));
    if let Some(name) = found.name.as_deref().or(found.model.as_deref()) {
        let name: String = name.chars().take(64).collect();
        line(text, &format!("name = {}", quoted(&name)));
    }
    let address = |stream: &Stream| {
        let [width, height] = stream.picture_px;
        format!("{}x{height} {}, profile {}", width, stream.encoding, stream.name)
    };
    line(text, &format!("# main: {}", address(main)));
    match without_login(&main.url) {
        Some(url) => {
            let host = Url::parse(&url)
                .ok()
                .and_then(|url| url.host_str().map(str::to_owned))
                .unwrap_or_default();
            if host != answer.from.to_string() {
                line(
                    text,
                    &format!(
                        "# note: the device names another host than {}, from which it answered",
                        answer.from
                    ),
                );
            }
            line(text, &format!("url = {}", quoted(&url)));
        }
        None => line(text, "# the device gives no RTSP address for it: url = \"rtsp://...\""),
    }
    for stream in source.streams.iter().filter(|stream| *stream != main) {
        let url = without_login(&stream.url).unwrap_or_else(|| "no RTSP address".to_owned());
        line(text, &format!("# sub: {}: url = {}", address(stream), quoted(&url)));
    }
    line(text, &format!("# credentials_file = \"../credentials/{id}.toml\""));
    let [width, height] = main.picture_px.map(|px| px.clamp(16, 16_384));
    line(text, &format!("picture_px = [{width}, {height}]"));
    if !source.presets.is_empty() {
        let presets = source.presets.iter().map(|(token, name)| format!("{token} ({name})"));
        line(text, &format!("# PTZ presets: {}", presets.collect::<Vec<_>>().join(", ")));
    }
    line(
        text,
        "\n# Where it stands, in WGS-84. Fill it in: `gridwhistle check` asks for it.\n[place]\n# longitude = 117.112\n# latitude = 40.144",
    );
}

fn line(text: &mut String, line: &str) {
    text.push_str(line);
    text.push('\n');
}

/// A stream's address without user and password; `None` if it is none of RTSP.
fn without_login(text: &str) -> Option<String> {
    let mut url = Url::parse(text).ok()?;
    if !matches!(url.scheme(), "rtsp" | "rtsps") || url.host_str().is_none_or(str::is_empty) {
        return None;
    }
    url.set_username("").ok()?;
    url.set_password(None).ok()?;
    Some(url.into())
}

fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

fn slug(text: &str) -> String {
    text.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect()
}
