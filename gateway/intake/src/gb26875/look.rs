//! What frames of both forms share: how far a look into the bytes comes, and their sum.

/// How far a look into the bytes came.
pub(crate) enum Look<T> {
    /// This, and how many bytes it takes.
    Is(T, usize),
    /// It may become one.
    Short,
    /// It will never be one.
    No,
}

/// The low byte of the sum of all bytes.
pub(crate) fn sum(bytes: &[u8]) -> u8 {
    bytes.iter().fold(0, |sum, byte| sum.wrapping_add(*byte))
}
