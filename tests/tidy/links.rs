//! Links in the documents lead somewhere: to a file that exists, and to a heading that it has.

use std::fs;
use std::path::{Path, PathBuf};

use super::{expect_none, root, tracked_files};

#[test]
fn links_in_documents_lead_somewhere() {
    let documents =
        tracked_files().into_iter().filter(|it| it.extension().is_some_and(|e| e == "md"));
    let (mut judged, mut faults) = (0, Vec::new());
    for document in documents {
        let text = fs::read_to_string(root().join(&document)).expect("readable");
        for link in links(&text) {
            judged += 1;
            if let Some(fault) = fault(&document, link) {
                faults.push(format!("{}: {link}: {fault}", document.display()));
            }
        }
    }
    assert!(judged > 50, "only {judged} links found: the documents have moved");
    expect_none(
        &faults,
        "every link in a document leads to a file of the project, or to a heading",
    );
}

/// The targets of `[text](target)` outside code blocks, without those on the web.
fn links(text: &str) -> Vec<&str> {
    let prose = text.split("\n```").step_by(2);
    let targets = prose.flat_map(|prose| prose.split("](").skip(1));
    let targets = targets.filter_map(|rest| rest.split([')', ' ']).next());
    targets.filter(|target| !target.contains("://") && !target.starts_with("mailto:")).collect()
}

fn fault(document: &Path, link: &str) -> Option<&'static str> {
    let (file, heading) = link.split_once('#').unwrap_or((link, ""));
    let target = match file {
        "" => root().join(document),
        file => root().join(document).parent().map(PathBuf::from).unwrap_or_default().join(file),
    };
    if !target.exists() {
        return Some("no such file");
    }
    if heading.is_empty() || target.extension().is_none_or(|it| it != "md") {
        return None;
    }
    let text = fs::read_to_string(&target).expect("readable");
    let mut headings = text.lines().filter(|line| line.starts_with('#')).map(anchor);
    (!headings.any(|it| it == heading)).then_some("no such heading")
}

/// A heading as a link names it: lower case, hyphens for spaces, no punctuation.
fn anchor(heading: &str) -> String {
    let words = heading.trim_start_matches('#').trim().to_lowercase();
    let kept = words.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    kept.map(|c| if c == ' ' { '-' } else { c }).collect()
}

#[test]
fn a_dead_link_is_found() {
    let text = "[a](no-such-file.md) and [b](../README.md#no-such-heading), [c](https://x/y.md)";
    let document = Path::new("tests/none.md");
    let faults: Vec<_> = links(text).into_iter().map(|link| fault(document, link)).collect();
    assert_eq!(faults, [Some("no such file"), Some("no such heading")]);
    assert_eq!(fault(document, "../README.md#start"), None);
}
