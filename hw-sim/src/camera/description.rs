//! A session description as lines of bytes, so that it can be as wrong as a camera's.

/// The lines of a session description (RFC 4566).
#[derive(Debug, Clone)]
pub(crate) struct Description {
    pub(crate) lines: Vec<Vec<u8>>,
    /// The end of every line.
    pub(crate) line_end: &'static str,
    /// What follows the last line.
    pub(crate) tail: &'static [u8],
}

impl Description {
    pub(crate) fn new(lines: impl IntoIterator<Item = String>) -> Self {
        let lines = lines.into_iter().map(String::into_bytes).collect();
        Self { lines, line_end: "\r\n", tail: b"" }
    }

    fn place(&self, prefix: &str) -> Option<usize> {
        self.lines.iter().position(|line| line.starts_with(prefix.as_bytes()))
    }

    /// Removes every line that begins with `prefix`.
    pub(crate) fn remove(&mut self, prefix: &str) {
        self.lines.retain(|line| !line.starts_with(prefix.as_bytes()));
    }

    /// Writes `line` instead of the first line that begins with `prefix`.
    pub(crate) fn replace(&mut self, prefix: &str, line: impl Into<Vec<u8>>) {
        if let Some(place) = self.place(prefix) {
            self.lines.splice(place..=place, [line.into()]);
        }
    }

    /// Changes the text of the first line that begins with `prefix`.
    pub(crate) fn edit(&mut self, prefix: &str, change: impl FnOnce(&str) -> String) {
        if let Some(line) = self.place(prefix).and_then(|place| self.lines.get_mut(place)) {
            *line = change(&String::from_utf8_lossy(line)).into_bytes();
        }
    }

    /// Adds `line` before the first one that begins with `prefix`, or at the end.
    pub(crate) fn insert_before(&mut self, prefix: &str, line: impl Into<Vec<u8>>) {
        let place = self.place(prefix).unwrap_or(self.lines.len());
        self.lines.insert(place, line.into());
    }

    pub(crate) fn push(&mut self, line: impl Into<Vec<u8>>) {
        self.lines.push(line.into());
    }

    /// What is sent.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        for line in &self.lines {
            bytes.extend_from_slice(line);
            bytes.extend_from_slice(self.line_end.as_bytes());
        }
        bytes.extend_from_slice(self.tail);
        bytes
    }
}
