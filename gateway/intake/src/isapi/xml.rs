//! An alert as XML: the text of the listed elements is read, all else is passed over.

use quick_xml::Reader;
use quick_xml::events::Event;

use super::alert::Alert;
use crate::loose::FromWord;

/// Elements inside each other: an alert has four.
const DEEPEST: usize = 32;

/// Reads the listed fields.
///
/// # Errors
/// If it is no whole XML.
pub(super) fn read(text: &[u8]) -> Result<Alert, &'static str> {
    const BROKEN: &str = "an event's XML is broken";
    // Names of people may be in any encoding. The listed fields are ASCII.
    let text = String::from_utf8_lossy(text);
    let mut reader = Reader::from_str(&text);
    let mut alert = Alert::default();
    let mut path: Vec<Element> = Vec::new();
    loop {
        // What the library says of a fault may hold what the device said.
        match reader.read_event().map_err(|_| BROKEN)? {
            Event::Start(start) => {
                let element = Element::of(start.local_name().as_ref(), path.last().copied());
                alert.has_access |= element == Element::Access;
                path.push(element);
                if path.len() > DEEPEST {
                    return Err(BROKEN);
                }
            }
            Event::End(_) => drop(path.pop()),
            Event::Text(words) => {
                if let Some(Element::Field(field)) = path.last() {
                    take(&mut alert, *field, &words);
                }
            }
            Event::Eof if path.is_empty() => return Ok(alert),
            Event::Eof => return Err(BROKEN),
            _ => {}
        }
    }
}

/// Where in the document the reader is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Element {
    Alert,
    Access,
    Field(Field),
    /// Nothing in it is read, however it is called.
    Other,
}

/// The listed fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Field {
    DateTime,
    ActivePostCount,
    EventType,
    EventState,
    Major,
    Minor,
    Door,
    Reader,
    Serial,
}

impl Element {
    fn of(name: &str, parent: Option<Self>) -> Self {
        match (parent, name) {
            (None, "EventNotificationAlert") => Self::Alert,
            (Some(Self::Alert), "AccessControllerEvent") => Self::Access,
            (Some(Self::Alert), "dateTime") => Self::Field(Field::DateTime),
            (Some(Self::Alert), "activePostCount") => Self::Field(Field::ActivePostCount),
            (Some(Self::Alert), "eventType") => Self::Field(Field::EventType),
            (Some(Self::Alert), "eventState") => Self::Field(Field::EventState),
            (Some(Self::Access), "majorEventType") => Self::Field(Field::Major),
            (Some(Self::Access), "subEventType" | "minorEventType") => Self::Field(Field::Minor),
            (Some(Self::Access), "doorNo") => Self::Field(Field::Door),
            (Some(Self::Access), "cardReaderNo") => Self::Field(Field::Reader),
            (Some(Self::Access), "serialNo") => Self::Field(Field::Serial),
            _ => Self::Other,
        }
    }
}

fn take(alert: &mut Alert, field: Field, words: &str) {
    let number = || u64::from_text(words);
    match field {
        Field::DateTime => alert.written_at = FromWord::from_text(words),
        Field::ActivePostCount => alert.active_post_count = number(),
        Field::EventType => alert.kind = FromWord::from_text(words),
        Field::EventState => alert.state = FromWord::from_text(words),
        Field::Major => alert.major = number(),
        Field::Minor => alert.minor = number(),
        Field::Door => alert.door = number(),
        Field::Reader => alert.reader = number(),
        Field::Serial => alert.serial = number(),
    }
}
