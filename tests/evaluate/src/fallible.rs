//! What may fail here.

/// Any failure ends the evaluation; it says what was tried.
pub(crate) type Fallible<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;
