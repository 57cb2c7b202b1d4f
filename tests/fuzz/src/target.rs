//! What is fuzzed.

/// Executes inputs, one after another. It answers in a few words what an input came to: what is
/// equal for two inputs need not be looked at twice. It panics if the input did harm.
pub type Executor = Box<dyn FnMut(&[u8]) -> String>;

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
}

/// One thing that reads what comes from outside.
pub struct Target {
    /// The name of its folder in the corpus.
    pub name: &'static str,
    /// How its inputs are built.
    pub shape: Shape,
    /// Words that mean something to it.
    pub words: &'static [&'static str],
    /// Begins anew: at the start and after every panic.
    pub start: fn() -> Executor,
}
