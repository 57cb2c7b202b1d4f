//! The check of one file: it collects all mistakes, so that they can be corrected in one go.

use std::time::Duration;

use toml::Spanned;

use super::fault::Fault;
use crate::camera::clip_span::ClipSpan;

/// The text under check, and the mistakes found so far.
pub(crate) struct Check<'a> {
    pub(crate) text: &'a str,
    pub(crate) faults: Vec<Fault>,
}

impl<'a> Check<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        Self { text, faults: Vec::new() }
    }

    /// The text as TOML of the shape `T`; a fault if it is not.
    pub(crate) fn toml<T: serde::de::DeserializeOwned>(&mut self) -> Option<T> {
        match toml::from_str(self.text) {
            Ok(file) => Some(file),
            Err(error) => {
                let at = error.span().map_or(0, |span| span.start);
                self.fault(at, error.message().to_owned());
                None
            }
        }
    }

    /// All mistakes, by line.
    pub(crate) fn into_faults(mut self) -> Vec<Fault> {
        self.faults.sort_by_key(|fault| fault.line);
        self.faults
    }

    /// A length of time in seconds, 0 or more.
    pub(crate) fn seconds(&mut self, key: &str, value: &Spanned<f64>) -> Option<Duration> {
        let seconds = Duration::try_from_secs_f64(*value.get_ref()).ok();
        if seconds.is_none() {
            let message = format!("`{key}` must be 0 seconds or more, not {}", value.get_ref());
            self.fault_at(value, message);
        }
        seconds
    }

    /// A stretch between two times of a clip, each with its key.
    pub(crate) fn stretch(
        &mut self,
        (from_key, from): (&str, &Spanned<f64>),
        (to_key, to): (&str, &Spanned<f64>),
    ) -> Option<ClipSpan> {
        let span = ClipSpan { from: self.seconds(from_key, from)?, to: self.seconds(to_key, to)? };
        if span.to <= span.from {
            self.fault_at(to, format!("`{to_key}` must be later than `{from_key}`"));
        }
        Some(span)
    }

    pub(crate) fn fault_at<T>(&mut self, value: &Spanned<T>, message: String) {
        self.fault(value.span().start, message);
    }

    pub(crate) fn fault(&mut self, at_byte: usize, message: String) {
        let line = 1 + self.text.bytes().take(at_byte).filter(|byte| *byte == b'\n').count();
        self.faults.push(Fault { line, message });
    }
}
