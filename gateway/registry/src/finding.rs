//! What is wrong or worth knowing about sheets, each with its place.

use std::fmt;
use std::sync::Arc;

/// Where in the sheets something stands.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Spot {
    /// The file, as it was named.
    pub file: Arc<str>,
    /// The sheet of a workbook; none in a CSV file.
    pub sheet: Option<Arc<str>>,
    /// The row as the spreadsheet numbers it, from 1; 0 if the sheet as a whole is meant.
    pub row: u32,
    /// The column from 0 and its header, if one column is meant.
    pub column: Option<(u32, Option<Arc<str>>)>,
}

/// One thing, where it stands and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// Its place.
    pub spot: Spot,
    /// What it is, for the person who can mend it.
    pub message: String,
}

/// Everything wrong with a set of sheets, sorted by place; never empty. Then nothing is planned.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct Faults(Vec<Finding>);

/// What came to light, in the order of discovery.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    /// What refuses the sheets.
    pub(crate) faults: Vec<Finding>,
    /// What does not.
    pub(crate) notes: Vec<Finding>,
}

impl Spot {
    /// A file as a whole.
    pub(crate) fn of_file(file: &Arc<str>) -> Self {
        Self { file: Arc::clone(file), sheet: None, row: 0, column: None }
    }
}

impl Findings {
    /// Notes a fault; returns `None` so that a check can end with it.
    pub(crate) fn refuse<T>(&mut self, spot: Spot, message: impl Into<String>) -> Option<T> {
        self.faults.push(Finding { spot, message: message.into() });
        None
    }

    /// Notes something that refuses nothing.
    pub(crate) fn note(&mut self, spot: Spot, message: impl Into<String>) {
        self.notes.push(Finding { spot, message: message.into() });
    }
}

impl Faults {
    /// Every fault, sorted.
    pub(crate) fn sorted(mut faults: Vec<Finding>) -> Self {
        faults.sort();
        faults.dedup();
        Self(faults)
    }

    /// Every fault, by place.
    #[must_use]
    pub fn all(&self) -> &[Finding] {
        &self.0
    }
}

/// The letters of a column as a spreadsheet shows them: A, B, … Z, AA.
fn letters(column: u32) -> String {
    let mut rest = column;
    let mut letters = Vec::new();
    loop {
        letters.push(char::from(b'A' + u8::try_from(rest % 26).unwrap_or_default()));
        match rest / 26 {
            0 => break,
            above => rest = above - 1,
        }
    }
    letters.iter().rev().collect()
}

impl fmt::Display for Spot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if let Some(sheet) = &self.sheet {
            write!(f, ", sheet {sheet}")?;
        }
        if self.row > 0 {
            write!(f, ", row {}", self.row)?;
        }
        match &self.column {
            Some((column, Some(header))) => write!(f, ", column {} ({header})", letters(*column)),
            Some((column, None)) => write!(f, ", column {}", letters(*column)),
            None => Ok(()),
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.spot, self.message)
    }
}

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for fault in &self.0 {
            writeln!(f, "{fault}")?;
        }
        match self.0.len() {
            1 => f.write_str("1 fault; nothing was changed"),
            count => write!(f, "{count} faults; nothing was changed"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::letters;

    #[test]
    fn columns_have_the_letters_of_a_spreadsheet() {
        for (column, expected) in
            [(0, "A"), (25, "Z"), (26, "AA"), (51, "AZ"), (52, "BA"), (701, "ZZ"), (702, "AAA")]
        {
            assert_eq!(letters(column), expected);
        }
    }
}
