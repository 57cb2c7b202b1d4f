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
    check_unusable(&text, "it is not a shared library (ELF)");
    check_unusable(folder.path(), "it is a folder, not a file");
    // The C library is a library, but of other functions.
    let maps = fs::read_to_string("/proc/self/maps").unwrap();
    let libc = maps.lines().filter_map(|line| line.split_whitespace().last());
    let libc = libc.into_iter().find(|path| path.contains("/libc.so")).expect("libc is mapped");
    check_unusable(Path::new(libc), "OrtGetApiBase");

    let right = std::env::var_os("ORT_DYLIB_PATH").expect("set in .cargo/config.toml");
    // Cut off anywhere, it is refused. The loader would map what is not there, and the process would
    // end by SIGBUS.
    let whole = fs::read(&right).expect("readable");
    for length in [0, 4, 63, 64, 500, 4_096, whole.len() / 3, whole.len() / 2, whole.len() - 1] {
        let cut = folder.path().join(format!("cut-{length}.so"));
        fs::write(&cut, &whole[..length]).expect("written");
        check_unusable(&cut, "cut-");
    }
    let mut foreign = whole[..4_096].to_vec();
    foreign[18] = 8; // MIPS
    let path = folder.path().join("foreign.so");
    fs::write(&path, &foreign).expect("written");
    check_unusable(&path, "it is built for another machine than this one");
    let program = std::env::current_exe().expect("this test");
    assert!(Runtime::load(&program).is_err(), "a program is no library");
    Runtime::load(Path::new(&right)).unwrap();
}
