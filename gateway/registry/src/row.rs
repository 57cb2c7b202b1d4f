//! One row of a sheet, read field by field; what is wrong is noted at its cell.

use std::collections::BTreeSet;

use rule::Slug;

use crate::cell::{AddressFault, Schemes, address, has_lost_digits, number};
use crate::choice::{Choice, listed, word};
use crate::finding::{Findings, Spot};
use crate::header::{Field, Header};
use crate::sheet::{Row, Sheet};

/// What an id looks like, in words.
const ID_WORDS: &str =
    "expected an id of 1 to 64 letters, digits and `_.:-` that starts with a letter or digit";
/// What to do with a password.
const PASSWORD_WORDS: &str = "A password must not stand in a sheet. Write it into a file of its own that only the gateway's \
     user can read, and name that file here: column 密码文件 (password_file), for cameras 账号文件 (credentials_file)";

/// A value and where it was written.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Told<T> {
    /// What was written.
    pub(crate) value: T,
    /// Where.
    pub(crate) spot: Spot,
}

/// A row under its header.
pub(crate) struct RowReader<'a> {
    sheet: &'a Sheet,
    header: &'a Header,
    row: &'a Row,
    /// What is wrong with it.
    pub(crate) findings: &'a mut Findings,
}

impl<'a> RowReader<'a> {
    /// A row under its header.
    pub(crate) const fn new(
        sheet: &'a Sheet,
        header: &'a Header,
        row: &'a Row,
        findings: &'a mut Findings,
    ) -> Self {
        Self { sheet, header, row, findings }
    }

    /// The place of a field in this row; of the row itself if the sheet has no such column.
    pub(crate) fn spot(&self, field: Field) -> Spot {
        let column = self.header.column(field).map(|(column, header)| (column, Some(header)));
        self.sheet.spot(self.row.number, column)
    }

    /// The place of the row, and the fields of it in which something is written, right or wrong.
    pub(crate) fn whole_row(&self) -> Told<BTreeSet<Field>> {
        let filled = self.header.fields().filter(|field| self.raw(*field).is_some()).collect();
        Told { value: filled, spot: self.sheet.spot(self.row.number, None) }
    }

    /// Notes a fault at a field.
    pub(crate) fn refuse<T>(&mut self, field: Field, message: impl Into<String>) -> Option<T> {
        let spot = self.spot(field);
        self.findings.refuse(spot, message)
    }

    /// What is written; `None` if nothing is.
    pub(crate) fn raw(&self, field: Field) -> Option<&'a str> {
        let (column, _) = self.header.column(field)?;
        let cell = self.row.cells.get(usize::try_from(column).ok()?)?;
        (!cell.is_empty()).then_some(cell.as_str())
    }

    /// A text of at most `most` characters, without line breaks.
    pub(crate) fn text(&mut self, field: Field, most: usize) -> Option<String> {
        let text = self.raw(field)?;
        let line: String = text
            .split(char::is_control)
            .filter(|part| !part.is_empty())
            .collect::<Vec<_>>()
            .join(" ");
        if line.chars().count() > most {
            return self.refuse(field, format!("expected at most {most} characters"));
        }
        (!line.is_empty()).then_some(line)
    }

    /// An id.
    pub(crate) fn id(&mut self, field: Field) -> Option<Told<String>> {
        let text = self.raw(field)?;
        if has_lost_digits(text) {
            return self.refuse(field, lost());
        }
        match Slug::new(text) {
            Ok(_) => Some(Told { value: text.to_owned(), spot: self.spot(field) }),
            Err(_) => self.refuse(field, ID_WORDS),
        }
    }

    /// An id that must be there.
    pub(crate) fn needed_id(&mut self, field: Field) -> Option<Told<String>> {
        match self.raw(field) {
            Some(_) => self.id(field),
            None => self.refuse(field, format!("this cell is empty: {ID_WORDS}")),
        }
    }

    /// A code of so many digits, each length allowed.
    pub(crate) fn digits(
        &mut self,
        field: Field,
        lengths: &[usize],
        words: &str,
    ) -> Option<String> {
        let text = self.raw(field)?;
        if has_lost_digits(text) {
            return self.refuse(field, lost());
        }
        if text.bytes().all(|b| b.is_ascii_digit()) && lengths.contains(&text.len()) {
            return Some(text.to_owned());
        }
        self.refuse(field, format!("expected {words}"))
    }

    /// A number in a range.
    pub(crate) fn number(
        &mut self,
        field: Field,
        (least, most): (f64, f64),
        words: &str,
    ) -> Option<f64> {
        let found = number(self.raw(field)?).filter(|number| (least..=most).contains(number));
        found.or_else(|| self.refuse(field, format!("expected {words}")))
    }

    /// A whole number in a range.
    pub(crate) fn whole(&mut self, field: Field, (least, most): (i64, i64)) -> Option<i64> {
        let text = self.raw(field)?;
        let text = text.strip_suffix(".0").unwrap_or(text);
        let found = text.parse::<i64>().ok().filter(|number| (least..=most).contains(number));
        found.or_else(|| {
            self.refuse(field, format!("expected a whole number from {least} to {most}"))
        })
    }

    /// One of a closed list.
    pub(crate) fn choice(&mut self, field: Field, choices: &[Choice]) -> Option<&'static str> {
        let found = word(choices, self.raw(field)?);
        found.or_else(|| self.refuse(field, format!("expected one of {}", listed(choices))))
    }

    /// An address without user and password.
    pub(crate) fn address(
        &mut self,
        field: Field,
        schemes: Schemes,
        example: &str,
    ) -> Option<String> {
        match address(self.raw(field)?, schemes) {
            Ok(address) => Some(address),
            Err(AddressFault::Login) => self.refuse(
                field,
                format!("this address holds a user or a password. {}", PASSWORD_WORDS),
            ),
            Err(AddressFault::Form) => {
                self.refuse(field, format!("expected an address such as {example}"))
            }
        }
    }

    /// A file, as the configuration names it. `is_file` knows whether it is there.
    pub(crate) fn file(
        &mut self,
        field: Field,
        is_file: impl FnOnce(&str) -> bool,
    ) -> Option<String> {
        let text = self.raw(field)?;
        if is_file(text) {
            return Some(text.to_owned());
        }
        // What stands here may be the password itself: it is not repeated.
        self.refuse(field, "there is no such file. Expected the path of a file from the folder that holds the device's own \
             file, such as ../secrets/door-01.password; make the file first")
    }

    /// Refuses a password.
    pub(crate) fn no_password(&mut self) {
        if self.raw(Field::Password).is_some() {
            self.refuse::<()>(Field::Password, PASSWORD_WORDS);
        }
    }

    /// Whether the sheet has a column of a field.
    pub(crate) fn has_column(&self, field: Field) -> bool {
        self.header.column(field).is_some()
    }
}

fn lost() -> String {
    "the spreadsheet took this code for a number and has lost its last digits: give the column the format Text and write \
     the code again"
        .to_owned()
}
