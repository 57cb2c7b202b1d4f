//! The model, tried in a process of its own: what is damaged in ONNX Runtime may end whoever loads it.

use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use ::eye::onnxruntime_library;
use anyhow::anyhow;

use crate::config::Config;
use crate::exit::{self, Stopped};

/// What came of trying the model that the configuration in `folder` names.
///
/// # Errors
/// What is wrong with the model or with ONNX Runtime.
pub(super) fn of_model(folder: &Path, config: &Config) -> Result<String, Stopped> {
    let fault = |error| Stopped::new(exit::FAULT, error);
    let program = std::env::current_exe().map_err(fault)?;
    let tried = Command::new(program)
        .args(["check", "--only-model", "--config"])
        .arg(folder)
        .stdin(Stdio::null())
        // It has told what it warns of already.
        .stderr(Stdio::null())
        .output()
        .map_err(fault)?;
    let library = onnxruntime_library(config.inference.onnxruntime_file.as_deref());
    let library =
        library.map_or_else(|_| "libonnxruntime.so".to_owned(), |it| it.display().to_string());
    judge(&tried, &library).map_err(|(code, told)| Stopped::new(code, anyhow!("{told}")))
}

/// What the trial said, or its fault and exit code.
fn judge(tried: &Output, library: &str) -> Result<String, (u8, String)> {
    let said = String::from_utf8_lossy(&tried.stdout).trim().to_owned();
    match (tried.status.code(), tried.status.signal()) {
        (Some(0), _) => Ok(said),
        // Whoever ends a check that takes long wants no fault of it.
        (_, Some(signal)) if ENDS_BY_A_PERSON.contains(&signal) => {
            Err((exit::FAULT, "the test of the model was ended from outside".to_owned()))
        }
        (Some(code), _) if !said.is_empty() => {
            Err((u8::try_from(code).unwrap_or(exit::FAULT), said))
        }
        _ => Err((
            exit::CONFIG,
            format!(
                "{library}: the test of the model crashed in it, so the file is damaged or does not fit \
                 this machine's processor; fetch ONNX Runtime again. If that does not help, fetch the model \
                 again, too"
            ),
        )),
    }
}

/// SIGHUP, SIGINT, SIGKILL and SIGTERM.
const ENDS_BY_A_PERSON: [i32; 4] = [1, 2, 9, 15];

#[cfg(test)]
mod tests {
    use std::process::ExitStatus;

    use super::*;

    fn judged(status: i32, said: &str) -> Result<String, (u8, String)> {
        let (status, stdout) = (ExitStatus::from_raw(status), said.as_bytes().to_vec());
        judge(&Output { status, stdout, stderr: Vec::new() }, "/lib/ort.so")
    }

    #[test]
    fn a_crash_is_told_as_a_damaged_library_and_a_fault_as_it_is() {
        assert_eq!(judged(0, "model a: it runs\n"), Ok("model a: it runs".to_owned()));
        let fault = (exit::CONFIG, "model.onnx: cut off".to_owned());
        assert_eq!(judged(i32::from(exit::CONFIG) << 8, "model.onnx: cut off"), Err(fault));
        // SIGILL, SIGABRT, SIGBUS, SIGSEGV.
        for signal in [4, 6, 7, 11] {
            let (code, told) = judged(signal, "").unwrap_err();
            assert_eq!(code, exit::CONFIG);
            assert!(told.starts_with("/lib/ort.so: the test of the model crashed"), "{told}");
        }
        assert_eq!(judged(15, "").unwrap_err().0, exit::FAULT);
    }
}
