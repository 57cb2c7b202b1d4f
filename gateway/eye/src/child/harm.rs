//! Harm on demand, for tests: what a camera that is hostile enough could do. No release build has it.

use std::sync::{LazyLock, OnceLock};
use std::thread;

use rustix::process::{Signal, getpid, kill_process};

use crate::process::TEST_HARM;

/// The number of this eye.
pub(crate) static EYE: OnceLock<u32> = OnceLock::new();

/// The camera that does harm, the thread that it befalls, and what happens there.
static HARM: LazyLock<Option<[String; 3]>> = LazyLock::new(|| {
    let told = std::env::var(TEST_HARM).ok()?;
    let mut words = told.split(':').map(str::to_owned);
    Some([words.next()?, words.next()?, words.next()?])
});

/// This thread works on what `camera` sent, and is one of those that are called `thread`.
pub(crate) fn befall(thread: &str, camera: &str) {
    let Some([harmful, victim, what]) = &*HARM else { return };
    if harmful != camera || victim != thread {
        return;
    }
    match what.as_str() {
        "spin" => {
            while std::hint::black_box(true) {
                std::hint::spin_loop();
            }
        }
        "wait" => {
            while std::hint::black_box(true) {
                thread::park();
            }
        }
        "crash-the-first" if EYE.get() != Some(&0) => {}
        "crash" | "crash-the-first" => {
            // The first is taken for a stack overflow, looked into and passed on.
            while kill_process(getpid(), Signal::SEGV).is_ok() {}
        }
        "grow" => {
            let mut all = Vec::new();
            while std::hint::black_box(true) {
                all.push(vec![1_u8; 1 << 20]);
            }
        }
        _ => {}
    }
}
