//! One TOML file with the place of everything in it.

use std::collections::BTreeMap;
use std::io;
use std::ops::Range;
use std::path::{Component, Path, PathBuf};

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use toml::Spanned;
use toml::de::{DeInteger, DeTable, DeValue};

use super::faults::Fault;
use super::pointer::steps;
use super::wording::nearest;

/// A parsed file. Places in it are JSON pointers (RFC 6901) such as `/zone/0/polygon_px`.
pub(super) struct Document {
    file: PathBuf,
    text: String,
    root: Node,
    subject: Option<String>,
    confidential: bool,
}

/// One value and where it stands, in bytes.
struct Node {
    /// The key before it, if it has one.
    key: Option<Range<usize>>,
    span: Range<usize>,
    content: Content,
    /// Found faulty: taken out at the next [`Document::sweep`].
    faulty: bool,
}

enum Content {
    Scalar(Value),
    List(Vec<Node>),
    Table(BTreeMap<String, Node>),
}

impl Document {
    /// Reads and parses `file`.
    ///
    /// # Errors
    /// One fault if it can not be read, is not UTF-8 or not TOML.
    pub(super) fn read(file: &Path) -> Result<Self, Fault> {
        let whole = |message: String| Fault {
            file: file.to_owned(),
            line: 0,
            column: 0,
            subject: None,
            message,
        };
        let bytes = filing::read(file).map_err(|e| whole(unreadable(file, &e)))?;
        let text = text_of(bytes).map_err(|(at, message)| {
            let (line, column) = at;
            Fault { line, column, ..whole(message) }
        })?;
        match DeTable::parse(&text) {
            Ok(table) => {
                let span = table.span();
                let root = Node::of_table(None, span, table.into_inner());
                let subject = None;
                Ok(Self { file: file.to_owned(), root, text, subject, confidential: false })
            }
            Err(e) => {
                let (line, column) = line_and_column(&text, e.span().map_or(0, |s| s.start));
                Err(Fault { line, column, ..whole(format!("not TOML: {}", e.message())) })
            }
        }
    }

    /// Says what the faults of this file concern, such as `camera cam-01`.
    pub(super) fn concerning(mut self, subject: String) -> Self {
        self.subject = Some(subject);
        self
    }

    /// Keeps the content of this file out of all messages.
    pub(super) fn confidential(mut self) -> Self {
        self.confidential = true;
        self
    }

    /// `path` as written in this file: relative to the file's folder, `folder/..` taken out as it
    /// is written.
    pub(super) fn resolve(&self, path: &str) -> PathBuf {
        let mut resolved = PathBuf::new();
        for step in self.file.parent().unwrap_or(Path::new("")).join(path).components() {
            let leaves_a_folder =
                matches!(resolved.components().next_back(), Some(Component::Normal(_)));
            if step == Component::ParentDir && leaves_a_folder {
                resolved.pop();
            } else {
                resolved.push(step);
            }
        }
        resolved
    }

    /// A fault at `pointer`, or at the nearest place around it that is written down.
    pub(super) fn fault(&self, pointer: &str, message: String) -> Fault {
        let (line, column) = line_and_column(&self.text, self.offset(pointer));
        Fault { file: self.file.clone(), line, column, subject: self.subject.clone(), message }
    }

    /// What stands at `pointer`, in the words of a fault; `schema` is what was expected there. A text is
    /// only repeated if it is nearly one of the words that were expected, and a number only where one
    /// was: what somebody wrote into the wrong place may be a secret.
    pub(super) fn quote(&self, pointer: &str, schema: &Value) -> String {
        let Some(node) = self.root.find(pointer) else {
            return "nothing".to_owned();
        };
        let source = || self.text.get(node.span.clone()).unwrap_or_default().to_owned();
        match &node.content {
            Content::Table(_) => "a table".to_owned(),
            Content::List(items) if items.len() == 1 => "a list of 1 item".to_owned(),
            Content::List(items) => format!("a list of {} items", items.len()),
            Content::Scalar(_) if self.confidential => "something else".to_owned(),
            Content::Scalar(Value::Bool(truth)) => truth.to_string(),
            Content::Scalar(Value::String(text)) if is_nearly_known(text, schema) => source(),
            Content::Scalar(Value::String(_)) if wants_number(schema) => "a text".to_owned(),
            Content::Scalar(Value::String(_)) => "another text".to_owned(),
            Content::Scalar(_) if wants_number(schema) => source(),
            Content::Scalar(_) => "a number".to_owned(),
        }
    }

    /// The folder of this file, in the words of a fault.
    pub(super) fn folder(&self) -> String {
        let name = self.file.file_name().unwrap_or_default().to_string_lossy();
        format!("the folder of {name}")
    }

    /// The string at `pointer`, if there is one.
    pub(super) fn text_at(&self, pointer: &str) -> Option<&str> {
        match &self.root.find(pointer)?.content {
            Content::Scalar(Value::String(text)) => Some(text),
            _ => None,
        }
    }

    /// Whether something is written at `pointer`.
    pub(super) fn holds(&self, pointer: &str) -> bool {
        self.root.find(pointer).is_some()
    }

    /// All strings under `key` in the tables of the list `list`.
    pub(super) fn texts(&self, list: &str, key: &str) -> Vec<String> {
        let content = self.to_json();
        let tables = content.get(list).and_then(Value::as_array).into_iter().flatten();
        tables.filter_map(|table| table.get(key)?.as_str().map(str::to_owned)).collect()
    }

    /// Marks what stands at `pointer` as faulty.
    pub(super) fn mark_faulty(&mut self, pointer: &str) {
        if let Some(node) = self.root.find_mut(pointer) {
            node.faulty = true;
        }
    }

    /// Takes out everything marked as faulty, so that what remains can still be checked.
    /// Returns whether anything remains.
    pub(super) fn sweep(&mut self) -> bool {
        self.root.sweep();
        !self.root.faulty
    }

    /// The content as JSON, for validation.
    pub(super) fn to_json(&self) -> Value {
        self.root.to_json()
    }

    /// The content as `T`.
    ///
    /// # Errors
    /// One fault for the file if it does not fit; content that passed the schema fits.
    pub(super) fn decode<T: DeserializeOwned>(&self) -> Result<T, Fault> {
        serde_json::from_value(self.to_json()).map_err(|_| {
            // Its reason would repeat what is written.
            self.fault(
                "",
                "this file fits its schema and still cannot be read: report it".to_owned(),
            )
        })
    }

    /// The byte at which the key (or the item) at `pointer` starts.
    fn offset(&self, pointer: &str) -> usize {
        let mut pointer = pointer;
        loop {
            if let Some(node) = self.root.find(pointer) {
                return node.key.as_ref().unwrap_or(&node.span).start;
            }
            match pointer.rsplit_once('/') {
                Some((around, _)) => pointer = around,
                None => return 0,
            }
        }
    }
}

impl Node {
    fn of_table(key: Option<Range<usize>>, span: Range<usize>, table: DeTable<'_>) -> Self {
        let entries = table.into_iter().map(|(name, value)| {
            let node = Self::of_value(Some(name.span()), value);
            (name.into_inner().into_owned(), node)
        });
        Self { key, span, content: Content::Table(entries.collect()), faulty: false }
    }

    fn of_value(key: Option<Range<usize>>, value: Spanned<DeValue<'_>>) -> Self {
        let span = value.span();
        let scalar = match value.into_inner() {
            DeValue::Table(table) => return Self::of_table(key, span, table),
            DeValue::Array(items) => {
                let items = items.into_iter().map(|item| Self::of_value(None, item)).collect();
                return Self { key, span, content: Content::List(items), faulty: false };
            }
            DeValue::String(text) => Value::String(text.into_owned()),
            DeValue::Integer(number) => integer(&number),
            // Infinities and NaN have no JSON form; null fits no key, so the schema refuses them.
            DeValue::Float(number) => number.as_str().parse::<f64>().map_or(Value::Null, float),
            DeValue::Boolean(truth) => Value::Bool(truth),
            DeValue::Datetime(time) => Value::String(time.to_string()),
        };
        Self { key, span, content: Content::Scalar(scalar), faulty: false }
    }

    fn find(&self, pointer: &str) -> Option<&Self> {
        steps(pointer).try_fold(self, |node, step| match &node.content {
            Content::Scalar(_) => None,
            Content::List(items) => items.get(step.parse::<usize>().ok()?),
            Content::Table(entries) => entries.get(&step),
        })
    }

    fn find_mut(&mut self, pointer: &str) -> Option<&mut Self> {
        steps(pointer).try_fold(self, |node, step| match &mut node.content {
            Content::Scalar(_) => None,
            Content::List(items) => items.get_mut(step.parse::<usize>().ok()?),
            Content::Table(entries) => entries.get_mut(&step),
        })
    }

    fn sweep(&mut self) {
        match &mut self.content {
            Content::Scalar(_) => {}
            Content::List(items) => {
                items.retain(|item| !item.faulty);
                items.iter_mut().for_each(Self::sweep);
            }
            Content::Table(entries) => {
                entries.retain(|_, entry| !entry.faulty);
                entries.values_mut().for_each(Self::sweep);
            }
        }
    }

    fn to_json(&self) -> Value {
        match &self.content {
            Content::Scalar(value) => value.clone(),
            Content::List(items) => Value::Array(items.iter().map(Self::to_json).collect()),
            Content::Table(entries) => {
                let members = entries.iter().map(|(key, node)| (key.clone(), node.to_json()));
                Value::Object(members.collect::<Map<_, _>>())
            }
        }
    }
}

/// Why a file cannot be read.
pub(super) fn unreadable(file: &Path, error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound if file.is_symlink() => {
            "cannot be read: this link leads to nothing".to_owned()
        }
        _ => format!("cannot be read: {error}"),
    }
}

/// A file's bytes as text without a BOM, or where it is none and why.
fn text_of(mut bytes: Vec<u8>) -> Result<String, ((usize, usize), String)> {
    if let Err(error) = str::from_utf8(&bytes) {
        let good = error.valid_up_to();
        bytes.truncate(if good > 0 { good } else { 2 });
        let reason = filing::text_of(bytes.clone()).err();
        let before = String::from_utf8(bytes).unwrap_or_default();
        let at = line_and_column(&before, before.len());
        let reason = reason.map_or_else(|| "this is not UTF-8 text".to_owned(), |e| e.to_string());
        return Err((at, reason));
    }
    filing::text_of(bytes).map_err(|error| ((1, 1), error.to_string()))
}

fn is_nearly_known(text: &str, schema: &Value) -> bool {
    let choices = schema.get("enum").and_then(Value::as_array).into_iter().flatten();
    let choices: Vec<&str> = choices.filter_map(Value::as_str).collect();
    nearest(text, &choices).is_some()
}

fn wants_number(schema: &Value) -> bool {
    matches!(schema.get("type").and_then(Value::as_str), Some("integer" | "number"))
}

/// A number beyond 64 bits is beyond every range of ours, so it may lose digits.
fn integer(number: &DeInteger<'_>) -> Value {
    i64::from_str_radix(number.as_str(), number.radix()).map_or(Value::from(f64::MAX), Value::from)
}

/// A schema takes 300.0 for a whole number; so must what decodes it.
fn float(number: f64) -> Value {
    #[expect(clippy::cast_possible_truncation, reason = "whole and far within 64 bits")]
    let whole = (number.fract() == 0.0 && number.abs() < 1e15).then_some(number as i64);
    whole.map_or_else(|| Value::from(number), Value::from)
}

/// Line and column of a byte, both from 1, the column in characters.
fn line_and_column(text: &str, offset: usize) -> (usize, usize) {
    let before = text.get(..offset).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    let column = before.get(line_start..).map_or(0, |line| line.chars().count()) + 1;
    (before.matches('\n').count() + 1, column)
}
