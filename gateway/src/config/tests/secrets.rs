//! What somebody wrote into the wrong place is never repeated: it may be a password.

use std::fs;

use proptest::prelude::*;
use serde_json::Value;

use super::super::{FileKind, schema_json};
use super::devices::{CABINET, DOOR, with_devices};
use super::{CAMERA, GATEWAY, folder, load_here};

/// Passwords as people choose them and as programs make them; none is a word that is expected anywhere.
const SECRETS: [&str; 6] =
    ["Hunter2!", "hunter2", "admin:Zq83xx", "20081234", "Zq83/xx+Ab==", "rtsp-Zq83.pem"];

/// All keys of a file with the table that they stand in.
fn keys(kind: FileKind) -> Vec<(String, String)> {
    fn collect(schema: &Value, table: &str, found: &mut Vec<(String, String)>) {
        for (key, schema) in schema["properties"].as_object().into_iter().flatten() {
            found.push((table.to_owned(), key.clone()));
            if table.is_empty() && schema["type"] == "object" {
                collect(schema, &format!("[{key}]"), found);
            }
            if table.is_empty() && schema["items"]["type"] == "object" {
                collect(&schema["items"], &format!("[[{key}]]"), found);
            }
        }
    }
    let mut found = Vec::new();
    collect(&serde_json::from_str(&schema_json(kind)).unwrap(), "", &mut found);
    found
}

/// The text with `key = value` in its table: in place of what stands there, or added.
fn with(text: &str, (table, key): &(String, String), value: &str) -> String {
    let line = format!("{key} = {value}");
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let begins = match table.as_str() {
        "" => Some(0),
        table => lines.iter().position(|line| line == table),
    };
    let Some(begins) = begins else { return format!("{text}\n{table}\n{line}\n") };
    let ends = lines.iter().skip(begins + 1).position(|line| line.starts_with('['));
    let ends = ends.map_or(lines.len(), |ends| begins + 1 + ends);
    let held = (begins..ends).find(|at| lines[*at].starts_with(&format!("{key} =")));
    match held {
        Some(at) => lines[at] = line,
        None => lines.insert(begins + usize::from(!table.is_empty()), line),
    }
    lines.join("\n") + "\n"
}

fn said(gateway: &str, camera: &str) -> String {
    let dir = folder(gateway, &[("cam-01.toml", camera)]);
    let said = match load_here(dir.path()) {
        Ok(config) => config.warnings.iter().map(ToString::to_string).collect(),
        Err(faults) => faults.to_string(),
    };
    said.replace(&dir.path().display().to_string(), "")
}

fn said_of_device(device: &str) -> String {
    let dir = with_devices(&[("cabinet-1.toml", device)]);
    let said = match load_here(dir.path()) {
        Ok(config) => config.warnings.iter().map(ToString::to_string).collect(),
        Err(faults) => faults.to_string(),
    };
    said.replace(&dir.path().display().to_string(), "")
}

/// In quotes, bare, in a list, in a table, and as an address that holds it.
fn forms(secret: &str) -> [String; 8] {
    [
        format!("\"{secret}\""),
        format!("'{secret}'"),
        secret.to_owned(),
        format!("[\"{secret}\"]"),
        format!("{{ a = \"{secret}\" }}"),
        format!("\"rtsp://admin:{secret}@10.0.0.5/1\""),
        format!("\"mqtts://:{secret}@broker\""),
        format!("\"{secret}://host/\""),
    ]
}

/// Every key but ids and names, which are told in every alert: nobody can keep them secret.
fn places(kind: FileKind) -> Vec<(String, String)> {
    keys(kind).into_iter().filter(|(_, key)| !matches!(key.as_str(), "id" | "name")).collect()
}

fn expect_silence(said: &str, secret: &str, written: &str) {
    // A number out of its range is repeated: it says by how much.
    let said =
        if secret == "20081234" { said.replace("found 20081234", "") } else { said.to_owned() };
    assert!(!said.contains(secret), "{written}: {said}");
}

#[test]
fn no_key_repeats_what_was_written_into_it() {
    let mut tried = 0;
    let files = [
        (FileKind::Gateway, GATEWAY),
        (FileKind::Camera, CAMERA),
        (FileKind::Device, DOOR),
        (FileKind::Device, CABINET),
    ];
    for (kind, text) in files {
        let places = places(kind);
        let said = |text: &str| match kind {
            FileKind::Gateway => said(text, CAMERA),
            FileKind::Device => said_of_device(text),
            _ => said(GATEWAY, text),
        };
        for (secret, form) in SECRETS.iter().flat_map(|it| forms(it).map(|form| (it, form))) {
            let everywhere = places.iter().fold(text.to_owned(), |text, at| with(&text, at, &form));
            expect_silence(&said(&everywhere), secret, &form);
        }
        // One at a time: what comes after the form is checked only where the rest is sound.
        for place in &places {
            for form in ["\"Zq83/xx+Ab==\"", "\"rtsp://:Zq83/xx+Ab==@10.0.0.5/\""] {
                let written = with(text, place, form);
                expect_silence(&said(&written), "Zq83/xx+Ab==", &written);
                tried += 1;
            }
        }
    }
    assert!(tried > 300, "{tried}");
}

#[test]
fn a_credentials_file_of_any_form_is_not_repeated() {
    let camera = CAMERA.replace("place =", "credentials_file = \"../login.toml\"\nplace =");
    for secret in SECRETS {
        for text in [
            secret.to_owned(),
            format!("admin {secret}"),
            format!("user = admin\npassword = {secret}"),
            format!("user = \"admin\"\npassword: {secret}"),
            format!("user = \"admin\"\npassword = \"{secret}"),
            format!("user = \"admin\"\npassword = \"\\{secret}\""),
            format!("user = \"admin\"\npassword = \"x\"\n\"{secret}!\" = 1"),
            format!("[{secret}!]\nuser = \"admin\""),
            format!("password = \"x\"\npassword = \"{secret}\""),
        ] {
            let dir = folder(GATEWAY, &[("cam-01.toml", &camera)]);
            fs::write(dir.path().join("login.toml"), &text).unwrap();
            // A backslash may make it another password, and a sound one.
            let Err(faults) = load_here(dir.path()) else {
                assert!(text.contains('\\'), "{text}");
                continue;
            };
            let said = faults.to_string();
            assert!(!said.contains(secret), "{text}: {said}");
            assert!(said.contains("login.toml:"), "{text}: {said}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..Default::default() })]

    /// A line torn, doubled or pasted anywhere in the file.
    #[test]
    fn a_secret_pasted_anywhere_is_not_repeated(
        at in any::<prop::sample::Index>(),
        is_gateway in any::<bool>(),
        before in "[ =\\[\\]\"'#.,{}]{0,3}",
        behind in "[ =\\[\\]\"'#.,{}\n]{0,3}",
    ) {
        let secret = "Zq83/xx+Ab==";
        let text = if is_gateway { GATEWAY } else { CAMERA };
        let (head, tail) = text.split_at(at.index(text.len()));
        let pasted = format!("{head}{before}{secret}{behind}{tail}");
        let said = if is_gateway { said(&pasted, CAMERA) } else { said(GATEWAY, &pasted) };
        prop_assert!(!said.contains(secret), "{}: {}", pasted, said);
    }
}
