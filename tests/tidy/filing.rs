//! Nobody but `filing` makes a file or a folder: what the gateway keeps is its own user's alone.

use crate::{expect_none, rust_files};

/// How the standard library makes files and folders, with the rights that a umask leaves.
const MAKERS: [&str; 9] = [
    "File::create",
    "File::options",
    "OpenOptions",
    "DirBuilder",
    "create_dir",
    "fs::write(",
    "fs::copy(",
    "fs::hard_link",
    "tokio::fs::write",
];

#[test]
fn only_filing_makes_files() {
    let mut faults = Vec::new();
    let mut seen = 0;
    for (path, text) in rust_files() {
        let is_code = path.starts_with("gateway")
            && path.iter().any(|part| part == "src")
            && !path.iter().any(|part| part == "tests" || part == "tests.rs" || part == "fuzz");
        if !is_code {
            continue;
        }
        // Tests inside a file come last.
        let code = text.split("#[cfg(test)]\nmod ").next().unwrap_or_default();
        for (number, line) in code.lines().enumerate() {
            let line = line.split("//").next().unwrap_or_default();
            if !MAKERS.iter().any(|maker| line.contains(maker)) {
                continue;
            }
            seen += 1;
            if !path.starts_with("gateway/filing") {
                faults.push(format!("{}:{}: {}", path.display(), number + 1, line.trim()));
            }
        }
    }
    assert!(seen > 3, "filing has moved; {seen} found");
    expect_none(&faults, "only the crate `filing` makes files and folders");
}
