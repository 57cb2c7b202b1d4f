//! House rules that no compiler knows, held over every tracked file: sizes, names, floors.

#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot get at its subject must fail"
)]

mod circles;
mod dependencies;
mod filing;
mod links;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A file that is longer holds more than one concept.
const MAX_LINES: usize = 400;

/// Names that say nothing about what a file holds.
const BANNED_NAMES: [&str; 9] =
    ["util", "utils", "common", "helper", "helpers", "misc", "manager", "handler", "base"];

/// The modules of `gateway/src` by floor; a module imports only from floors below its own.
const FLOORS: [&[&str]; 10] = [
    &["main"],
    &["lib"],
    &["fuzz"],
    &["commands"],
    &["assembly"],
    &["config"],
    &["operator", "handout", "northbound", "dataset"],
    &["analysis", "casework", "audit"],
    &["camera_order"],
    &["evidence", "exit", "reception", "server_thread"],
];

/// Files that must exist for a newcomer to find the way.
const LANDMARKS: [&str; 7] = [
    "README.md",
    "CONTRIBUTING.md",
    "CHANGELOG.md",
    "Makefile",
    ".ci/run",
    "gateway/ARCHITECTURE.md",
    "gateway/GLOSSARY.md",
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn tracked_files() -> Vec<PathBuf> {
    let listed = Command::new("git")
        .args(["ls-files", "--cached", "--others", "--exclude-standard"])
        .current_dir(root())
        .output()
        .expect("git lists the files");
    assert!(listed.status.success(), "git ls-files: {}", String::from_utf8_lossy(&listed.stderr));
    let text = String::from_utf8(listed.stdout).expect("paths are UTF-8");
    text.lines().map(PathBuf::from).filter(|path| root().join(path).is_file()).collect()
}

fn rust_files() -> Vec<(PathBuf, String)> {
    let rust =
        tracked_files().into_iter().filter(|path| path.extension().is_some_and(|e| e == "rs"));
    rust.map(|path| {
        let text = fs::read_to_string(root().join(&path)).expect("readable");
        (path, text)
    })
    .collect()
}

/// Shows a result although the test passes.
fn show(text: &str) {
    // Standard error may be closed; the assertions count all the same.
    drop(std::io::stderr().write_all(format!("{text}\n").as_bytes()));
}

fn expect_none(faults: &[String], rule: &str) {
    let mut list = String::new();
    for fault in faults {
        writeln!(list, "  {fault}").expect("a String takes all");
    }
    assert!(faults.is_empty(), "{rule}\n{list}");
}

#[test]
fn files_are_short_and_say_what_they_are() {
    let mut faults = Vec::new();
    for (path, text) in rust_files() {
        let lines = text.lines().count();
        if lines > MAX_LINES {
            faults.push(format!("{}: {lines} lines", path.display()));
        }
        if !text.starts_with("//!") {
            faults.push(format!("{}: does not begin with //!", path.display()));
        }
    }
    expect_none(&faults, "Rust files have at most 400 lines and begin with //! and what they are");
}

#[test]
fn names_are_nouns_of_the_field() {
    let mut faults = Vec::new();
    for path in tracked_files() {
        for part in path.iter().filter_map(|part| part.to_str()) {
            let stem = part.split('.').find(|piece| !piece.is_empty()).unwrap_or(part);
            if BANNED_NAMES.contains(&stem) {
                faults.push(format!("{}", path.display()));
            }
        }
    }
    expect_none(&faults, "a name that fits everything describes nothing");
}

#[test]
fn the_visible_top_level_stays_as_agreed() {
    let agreed = [
        "CHANGELOG.md",
        "CONTRIBUTING.md",
        "Cargo.lock",
        "Cargo.toml",
        "LICENSE-APACHE",
        "LICENSE-MIT",
        "Makefile",
        "README.md",
        "README.zh.md",
        "config",
        "deny.toml",
        "gateway",
        "hw-sim",
        "models",
        "tests",
    ];
    let top: BTreeSet<String> = tracked_files()
        .iter()
        .filter_map(|path| path.iter().next()?.to_str().map(str::to_owned))
        .filter(|name| !name.starts_with('.'))
        .collect();
    let expected: BTreeSet<String> = agreed.map(str::to_owned).into();
    assert_eq!(top, expected);
    for landmark in LANDMARKS {
        assert!(root().join(landmark).is_file(), "{landmark} is missing");
    }
}

#[test]
fn modules_import_downwards_only() {
    let floor_of = |module: &str| FLOORS.iter().position(|floor| floor.contains(&module));
    let mut faults = Vec::new();
    for (path, text) in rust_files() {
        let Ok(inside) = path.strip_prefix("gateway/src") else { continue };
        let module = inside.iter().next().and_then(|part| part.to_str()).unwrap_or_default();
        let module = module.trim_end_matches(".rs");
        let Some(own) = floor_of(module) else {
            faults.push(format!("{}: module {module} has no floor", path.display()));
            continue;
        };
        for (number, line) in text.lines().enumerate() {
            if line.split("//").next().is_some_and(|code| code.contains("crate::{")) {
                let place = format!("{}:{}", path.display(), number + 1);
                faults.push(format!("{place}: write one `use crate::…` for each module"));
            }
            for other in imports(line).filter(|other| *other != module) {
                if floor_of(other).is_some_and(|floor| floor <= own) {
                    let place = format!("{}:{}", path.display(), number + 1);
                    faults.push(format!("{place}: {module} imports {other}"));
                }
            }
        }
    }
    expect_none(&faults, "a module of gateway/src imports only from the floors below it");
}

/// The modules that a line of code reaches by `crate::`.
fn imports(line: &str) -> impl Iterator<Item = &str> {
    let code = line.split("//").next().unwrap_or_default();
    code.split("crate::").skip(1).map(|rest| {
        let end = rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(rest.len());
        rest.split_at(end).0
    })
}

#[test]
fn the_simulator_knows_nothing_of_the_gateway() {
    let manifest = fs::read_to_string(root().join("hw-sim/Cargo.toml")).expect("readable");
    for ours in [
        "scene",
        "standing",
        "cable",
        "rule",
        "incident",
        "detector",
        "filing",
        "ledger",
        "archive",
        "runtime",
        "trust",
        "camera",
        "delivery",
        "intake",
        "discovery",
        "registry",
        "retune",
        "signature",
        "gridwhistle",
    ] {
        let names = |line: &str| line.split(['.', ' ', '=']).next() == Some(ours);
        assert!(!manifest.lines().any(names), "hw-sim depends on {ours}: no independent judge");
    }
}

#[test]
fn pure_crates_stay_pure() {
    for (krate, banned) in [
        ("scene", &["tokio", "rusqlite", "ort", "ffmpeg-next", "serde"][..]),
        ("standing", &["tokio", "rusqlite", "ort", "ffmpeg-next", "serde", "rule"]),
        ("cable", &["tokio", "rusqlite", "ort", "ffmpeg-next", "serde", "rule"]),
        ("rule", &["tokio", "rusqlite", "ort", "ffmpeg-next"]),
        ("incident", &["tokio", "rusqlite", "ort", "ffmpeg-next"]),
        ("registry", &["tokio", "rusqlite", "ort", "ffmpeg-next", "ureq", "filing"]),
        ("detector", &["tokio", "rusqlite", "ffmpeg-next"]),
        ("ledger", &["tokio", "ort", "ffmpeg-next", "scene"]),
        ("archive", &["tokio", "ort", "ffmpeg-next", "serde", "serde_json", "incident"]),
    ] {
        let path = root().join("gateway").join(krate).join("Cargo.toml");
        let manifest = fs::read_to_string(path).expect("readable");
        let dependencies = manifest.split("[dependencies]").nth(1).unwrap_or_default();
        let dependencies = dependencies.split("\n[").next().unwrap_or_default();
        for name in banned {
            let names = |line: &str| line.split(['.', ' ', '=']).next() == Some(*name);
            assert!(!dependencies.lines().any(names), "{krate} must not depend on {name}");
        }
    }
}

#[test]
fn every_metric_is_named_after_the_house_rule() {
    let mut seen = 0;
    for (path, text) in rust_files() {
        if !path.starts_with("gateway") {
            continue;
        }
        for name in text.split('"').filter(|piece| piece.starts_with("gridwhistle_")) {
            let well_formed = name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
            assert!(well_formed, "{}: metric {name}", path.display());
            seen += 1;
        }
    }
    assert!(seen > 10, "the metrics have moved; {seen} found");
}
