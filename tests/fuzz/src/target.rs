//! What is fuzzed.

use std::pin::Pin;

use tokio::runtime::Runtime;

/// A session that runs: what it came to, in a few words.
pub type Session = Pin<Box<dyn Future<Output = String>>>;

/// What an input is given to.
pub type Run<T> = Box<dyn FnMut(&[u8]) -> T>;

/// Executes inputs. It answers in a few words what an input came to: what is equal for two inputs need
/// not be looked at twice. It panics if the input did harm.
pub enum Executor {
    /// One after another.
    Each(Run<String>),
    /// Many at once, because most of their time is waiting.
    Sessions(Sessions),
}

/// Sessions side by side on one thread.
pub struct Sessions {
    /// Where they run.
    pub runtime: Runtime,
    /// How many at once.
    pub at_once: usize,
    /// Begins one.
    pub begin: Run<Session>,
}

impl Executor {
    /// Executes each input by itself.
    pub fn each(execute: impl FnMut(&[u8]) -> String + 'static) -> Self {
        Self::Each(Box::new(execute))
    }

    /// Executes one input by itself.
    pub fn execute(&mut self, input: &[u8]) -> String {
        match self {
            Self::Each(execute) => execute(input),
            Self::Sessions(Sessions { runtime, begin, .. }) => {
                let session = begin(input);
                runtime.block_on(session)
            }
        }
    }
}

/// How inputs of a target are built, so that changed ones get past the first check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// Any bytes.
    Bytes,
    /// Lines of text.
    Text,
    /// A JSON object.
    Json,
    /// What a camera sends in an RTSP session: answers, and interleaved packets.
    Rtsp,
    /// The same, to be played by a [`Script`](crate::Script). What such a target answers begins with
    /// how far the session got.
    Session,
}

/// One thing that reads what comes from outside.
pub struct Target {
    /// Its name.
    pub name: &'static str,
    /// The folder of its inputs in the corpus.
    pub inputs: &'static str,
    /// Its part of the time, beside the parts of the others.
    pub share: u32,
    /// How its inputs are built.
    pub shape: Shape,
    /// Words that mean something to it.
    pub words: &'static [&'static str],
    /// Begins anew: at the start and after every panic.
    pub start: fn() -> Executor,
}
