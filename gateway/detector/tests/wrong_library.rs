//! A wrong ONNX Runtime library is an error, and the right one can still be loaded afterwards.
//!
//! A program of its own: the library is the process's, and other tests load it first.

#![expect(clippy::expect_used, reason = "a test that cannot go on fails")]

use std::fs;
use std::path::Path;

use detector::{Runtime, RuntimeError};

fn check_unusable(path: &Path, reason: &str) {
    let error = Runtime::load(path).expect_err("it is no ONNX Runtime");
    assert!(matches!(error, RuntimeError::Unusable { .. }), "{error}");
    assert!(error.to_string().contains(reason), "{error}");
}

#[test]
fn wrong_libraries_are_refused_until_the_right_one_comes() {
    let folder = tempfile::tempdir().unwrap();
    let text = folder.path().join("libonnxruntime.so");
    fs::write(&text, "no library").unwrap();
    check_unusable(&text, "libonnxruntime.so");
    check_unusable(folder.path(), "failed to load");
    // The C library is a library, but of other functions.
    let maps = fs::read_to_string("/proc/self/maps").unwrap();
    let libc = maps.lines().filter_map(|line| line.split_whitespace().last());
    let libc = libc.into_iter().find(|path| path.contains("/libc.so")).expect("libc is mapped");
    check_unusable(Path::new(libc), "OrtGetApiBase");

    let right = std::env::var_os("ORT_DYLIB_PATH").expect("set in .cargo/config.toml");
    Runtime::load(Path::new(&right)).unwrap();
}
