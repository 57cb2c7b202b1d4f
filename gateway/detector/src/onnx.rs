//! What an ONNX file says of itself, read without ONNX Runtime: its format, where its weights lie, and
//! the notes of whoever exported it. ONNX Runtime says little of what it does not understand.

use std::collections::BTreeMap;

/// Field numbers of `onnx.proto`.
mod field {
    pub(super) const MODEL_IR_VERSION: u64 = 1;
    pub(super) const MODEL_PRODUCER: u64 = 2;
    pub(super) const MODEL_GRAPH: u64 = 7;
    pub(super) const MODEL_OPSET: u64 = 8;
    pub(super) const MODEL_NOTE: u64 = 14;
    pub(super) const OPSET_DOMAIN: u64 = 1;
    pub(super) const OPSET_VERSION: u64 = 2;
    pub(super) const NOTE_KEY: u64 = 1;
    pub(super) const NOTE_VALUE: u64 = 2;
    pub(super) const GRAPH_WEIGHTS: u64 = 5;
    pub(super) const WEIGHTS_EXTERNAL: u64 = 13;
}

/// What a file says of itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct OnnxFile {
    /// Version of the format.
    pub(crate) ir_version: u64,
    /// Version of the standard set of operators.
    pub(crate) opset: u64,
    /// What made it.
    pub(crate) producer: String,
    /// Notes of whoever exported it.
    pub(crate) notes: BTreeMap<String, String>,
    /// Files beside it in which its weights lie.
    pub(crate) weights_in: Vec<String>,
}

/// Why a file is no whole ONNX model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum OnnxFault {
    #[error("it is empty")]
    Empty,
    #[error(
        "it is cut off: it has {length} bytes and needs {needed} at least; fetch or export it again"
    )]
    CutOff { needed: usize, length: usize },
    #[error("it is not an ONNX model; fetch or export it again")]
    Foreign,
}

impl OnnxFile {
    /// Reads what a whole file has to say.
    ///
    /// # Errors
    /// It is no ONNX model, or only the beginning of one.
    pub(crate) fn read(bytes: &[u8]) -> Result<Self, OnnxFault> {
        if bytes.is_empty() {
            return Err(OnnxFault::Empty);
        }
        let mut file = Self::default();
        let mut has_graph = false;
        let mut fields = Fields::of(bytes);
        loop {
            match fields.next() {
                Ok(Some((field::MODEL_IR_VERSION, Value::Number(version)))) => {
                    file.ir_version = version;
                }
                Ok(Some((field::MODEL_PRODUCER, Value::Bytes(name)))) => file.producer = text(name),
                Ok(Some((field::MODEL_OPSET, Value::Bytes(opset)))) => file.take_opset(opset),
                Ok(Some((field::MODEL_NOTE, Value::Bytes(note)))) => file.take_note(note),
                Ok(Some((field::MODEL_GRAPH, Value::Bytes(graph)))) => {
                    has_graph = true;
                    file.take_graph(graph);
                }
                Ok(Some(_)) => {}
                Ok(None) => break,
                // Only the length of the graph reaches far: any other is damage.
                Err(Stop::Needs(needed)) if file.ir_version > 0 => {
                    return Err(OnnxFault::CutOff { needed, length: bytes.len() });
                }
                Err(_) => return Err(OnnxFault::Foreign),
            }
        }
        if has_graph && file.ir_version > 0 { Ok(file) } else { Err(OnnxFault::Foreign) }
    }

    fn take_opset(&mut self, bytes: &[u8]) {
        let is_standard = |domain: &[u8]| matches!(domain, b"" | b"ai.onnx");
        let mut fields = Fields::of(bytes);
        let (mut standard, mut version) = (true, 0);
        while let Ok(Some(next)) = fields.next() {
            match next {
                (field::OPSET_DOMAIN, Value::Bytes(domain)) => standard = is_standard(domain),
                (field::OPSET_VERSION, Value::Number(number)) => version = number,
                _ => {}
            }
        }
        if standard {
            self.opset = version;
        }
    }

    fn take_note(&mut self, bytes: &[u8]) {
        let (key, value) = pair(bytes);
        self.notes.insert(key, value);
    }

    fn take_graph(&mut self, bytes: &[u8]) {
        let mut fields = Fields::of(bytes);
        while let Ok(Some(next)) = fields.next() {
            let (field::GRAPH_WEIGHTS, Value::Bytes(weights)) = next else { continue };
            let mut fields = Fields::of(weights);
            while let Ok(Some(next)) = fields.next() {
                let (field::WEIGHTS_EXTERNAL, Value::Bytes(place)) = next else { continue };
                let (key, location) = pair(place);
                if key == "location" && !self.weights_in.contains(&location) {
                    self.weights_in.push(location);
                }
            }
        }
    }
}

fn pair(bytes: &[u8]) -> (String, String) {
    let mut fields = Fields::of(bytes);
    let (mut key, mut value) = (String::new(), String::new());
    while let Ok(Some(next)) = fields.next() {
        match next {
            (field::NOTE_KEY, Value::Bytes(bytes)) => key = text(bytes),
            (field::NOTE_VALUE, Value::Bytes(bytes)) => value = text(bytes),
            _ => {}
        }
    }
    (key, value)
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

enum Value<'a> {
    Number(u64),
    Bytes(&'a [u8]),
    /// 4 or 8 bytes, of no interest here.
    Fixed,
}

enum Stop {
    /// So many bytes are needed at least.
    Needs(usize),
    Damaged,
}

/// The fields of one protobuf message, in order (encoding: protobuf.dev/programming-guides/encoding).
struct Fields<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Fields<'a> {
    fn of(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    fn next(&mut self) -> Result<Option<(u64, Value<'a>)>, Stop> {
        if self.at == self.bytes.len() {
            return Ok(None);
        }
        let tag = self.number()?;
        let value = match tag & 7 {
            0 => Value::Number(self.number()?),
            1 => self.take(8).map(|_| Value::Fixed)?,
            2 => {
                let length = usize::try_from(self.number()?).map_err(|_| Stop::Damaged)?;
                Value::Bytes(self.take(length)?)
            }
            5 => self.take(4).map(|_| Value::Fixed)?,
            _ => return Err(Stop::Damaged),
        };
        if tag >> 3 == 0 { Err(Stop::Damaged) } else { Ok(Some((tag >> 3, value))) }
    }

    fn take(&mut self, length: usize) -> Result<&'a [u8], Stop> {
        let end = self.at.checked_add(length).ok_or(Stop::Damaged)?;
        let taken = self.bytes.get(self.at..end).ok_or(Stop::Needs(end))?;
        self.at = end;
        Ok(taken)
    }

    fn number(&mut self) -> Result<u64, Stop> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let byte = *self.take(1)?.first().ok_or(Stop::Damaged)?;
            number |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Ok(number);
            }
        }
        Err(Stop::Damaged)
    }
}
