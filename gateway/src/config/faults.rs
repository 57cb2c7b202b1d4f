//! Everything wrong with a set of configuration files, each with its place.

use std::fmt;
use std::path::{Path, PathBuf};

use runtime::without_error_numbers;

/// One thing wrong, where it stands and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Fault {
    /// The file, as reached from the folder that was named.
    pub(crate) file: PathBuf,
    /// Line, from 1; 0 if the file as a whole is meant.
    pub(crate) line: usize,
    /// Column in characters, from 1; 0 if the file as a whole is meant.
    pub(crate) column: usize,
    /// What it concerns, such as `camera cam-01`, if that is known.
    pub(crate) subject: Option<String>,
    /// What is wrong, for the person who can mend it.
    pub(crate) message: String,
}

impl Fault {
    /// A fault of a whole file or folder.
    pub(super) fn of_whole(path: &Path, message: String) -> Self {
        Self { file: path.to_owned(), line: 0, column: 0, subject: None, message }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&on_one_line(&self.file.display().to_string()))?;
        if self.line > 0 {
            write!(f, ":{}:{}", self.line, self.column)?;
        }
        f.write_str(": ")?;
        if let Some(subject) = &self.subject {
            write!(f, "{}: ", on_one_line(subject))?;
        }
        f.write_str(&on_one_line(&without_error_numbers(&self.message)))
    }
}

/// Names of files and keys may hold line ends and what moves a terminal's cursor: they are written as escapes.
fn on_one_line(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for letter in text.chars() {
        if letter.is_control() {
            line.extend(letter.escape_default());
        } else {
            line.push(letter);
        }
    }
    line
}

/// Every fault of a set of files, sorted by file and place; never empty.
///
/// A set with a fault is refused whole: half a configuration would silently watch half a street.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) struct Faults(Vec<Fault>);

impl Faults {
    /// Every fault, sorted.
    pub(super) fn sorted(mut faults: Vec<Fault>) -> Self {
        faults.sort();
        faults.dedup();
        Self(faults)
    }
}

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for fault in &self.0 {
            writeln!(f, "{fault}")?;
        }
        match self.0.len() {
            1 => f.write_str("1 fault; nothing was applied"),
            count => write!(f, "{count} faults; nothing was applied"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_is_one_line_whatever_a_file_is_called() {
        let path = Path::new("cameras/a\nERROR forged\u{1b}[31m.toml");
        let fault = Fault::of_whole(path, "no key `a\r`".to_owned());
        assert_eq!(fault.to_string(), "cameras/a\\nERROR forged\\u{1b}[31m.toml: no key `a\\r`");
    }
}
