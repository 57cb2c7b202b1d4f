//! What `rust-version` promises: no dependency needs a later Rust than the workspace says it does.

use std::env::consts::ARCH;
use std::process::Command;

use serde_json::Value;

/// A version of Rust as numbers, for comparing: 1.92 and 1.92.0 are both `[1, 92, 0]`.
fn version(text: &str) -> [u32; 3] {
    let mut numbers = text.split('.').map(|number| number.parse().expect("a version is numbers"));
    [(); 3].map(|()| numbers.next().unwrap_or(0))
}

#[test]
fn no_dependency_needs_a_later_rust_than_we_say() {
    // Offline and for this platform only: these are the dependencies that this test was built with.
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version=1", "--locked", "--offline"])
        .arg(format!("--filter-platform={ARCH}-unknown-linux-gnu"))
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).expect("cargo speaks JSON");
    let packages = metadata["packages"].as_array().expect("packages");

    let ours = env!("CARGO_PKG_RUST_VERSION");
    let mut judged = 0;
    let mut faults = Vec::new();
    for package in packages {
        let Some(needed) = package["rust_version"].as_str() else { continue };
        judged += 1;
        if version(needed) > version(ours) {
            faults.push(format!("{} {} needs {needed}", package["name"], package["version"]));
        }
    }
    assert!(judged > packages.len() / 2, "{judged} of {} say what they need", packages.len());
    assert!(faults.is_empty(), "`rust-version` promises {ours}: {}", faults.join(", "));
}
