//! What is told of a drawn street, where the truth is known.
#![expect(clippy::expect_used, reason = "a test that cannot show its street must fail")]

mod goes;
mod gone;
mod grain;
mod sight;
mod street;
mod things;
