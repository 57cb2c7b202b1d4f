//! What follows the death of an eye, and what its cameras are said to suffer from.

use std::time::Duration;

use runtime::without_error_numbers;

use super::roster::CAMERAS_PER_EYE;

/// What to do after a death.
pub(super) struct Aftermath {
    /// The names of cameras that go to an eye of their own.
    pub(super) quarantined: Vec<String>,
    /// The names of the cameras that were with the eye.
    pub(super) cameras: Vec<String>,
    /// How long they wait for the next.
    pub(super) pause: Duration,
}

/// What a camera without an eye is said to suffer from.
pub(super) fn reason(cause: &str, is_alone: bool, pause: Duration) -> String {
    let (secs, cause) = (pause.as_secs(), without_error_numbers(cause));
    if is_alone {
        format!(
            "what this camera sends ends the process that reads it: {cause}; the next try is in \
             {secs} s. Update the camera's firmware, or try client = \"compatible\""
        )
    } else {
        format!(
            "the process that looks at this camera, and at {} others at most, ended: {cause}; the \
             next one starts in {secs} s",
            CAMERAS_PER_EYE - 1
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_camera_is_told_no_error_numbers() {
        for is_alone in [true, false] {
            let told = reason("the socket: Broken pipe (os error 32)", is_alone, Duration::ZERO);
            assert!(told.contains("Broken pipe;") && !told.contains("os error"), "{told}");
        }
    }
}
