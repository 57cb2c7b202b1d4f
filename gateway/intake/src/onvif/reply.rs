//! What a device answers, read by an allow-list: one reader for all answers.

use jiff::civil::DateTime;
use quick_xml::Reader;
use quick_xml::escape::unescape;
use quick_xml::events::{BytesStart, Event};
use scene::CaptureTime;

use super::message::{Message, Topic};
use crate::written_time::WrittenTime;

/// Elements inside each other.
const DEEPEST: usize = 64;
/// Messages of one answer; a few more than are asked for.
const MOST_MESSAGES: usize = 128;
/// What a device wants to hear again in each request of a subscription, in bytes.
const LONGEST_PARAMETERS: usize = 4 * 1024;
/// Attributes of one element; those that are read have three at most, and declarations of prefixes.
const MOST_ATTRIBUTES: usize = 32;
/// The longest words that are read, in bytes: an address.
const LONGEST_WORDS: usize = 1_024;
/// Faults by which a device refuses a login: that of ONVIF, and those of
/// the token (WS-Security 1.1 §12). To try again after one of them would lock the account.
const UNAUTHORIZED: [&str; 6] = [
    "NotAuthorized",
    "FailedAuthentication",
    "FailedCheck",
    "InvalidSecurity",
    "InvalidSecurityToken",
    "UnsupportedSecurityToken",
];

/// The listed parts of an answer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Reply {
    /// Of `GetSystemDateAndTime`.
    pub(crate) system_time: Option<CaptureTime>,
    /// Of `GetCapabilities`: the address of the event service.
    pub(crate) event_service: Option<String>,
    /// Of `CreatePullPointSubscription`: its address, ...
    pub(crate) subscription: Option<String>,
    /// ... and what belongs into the head of each request, as XML.
    pub(crate) parameters: String,
    /// The device's clock.
    pub(crate) current_time: Option<CaptureTime>,
    pub(crate) messages: Vec<Message>,
    /// It is a fault (SOAP 1.2 §5.4).
    pub(crate) is_fault: bool,
    /// The fault is that the login is refused.
    pub(crate) is_unauthorized: bool,
}

/// Reads an answer.
///
/// # Errors
/// If it is no whole XML, or longer than any answer.
pub(crate) fn read(text: &str) -> Result<Reply, &'static str> {
    const BROKEN: &str = "an answer's XML is broken";
    let mut reader = Reader::from_str(text);
    let mut reading = Reading { text, ..Reading::default() };
    loop {
        // What the library says of a fault may hold what the device said.
        let event = reader.read_event().map_err(|_| BROKEN)?;
        let at = usize::try_from(reader.buffer_position()).unwrap_or(usize::MAX);
        match event {
            Event::Start(start) => {
                reading.begin(&start)?;
                reading.path.push(start.local_name().as_ref().to_owned());
                if reading.path.len() > DEEPEST {
                    return Err("an answer's XML is deeper than any answer");
                }
                if reading.parent_is("ReferenceParameters") {
                    reading.parameters_at = at;
                }
                reading.leaf_at = Some(at);
            }
            Event::Empty(start) => reading.begin(&start)?,
            Event::End(end) => reading.end(at.saturating_sub(end.len() + 3)),
            Event::Eof if reading.path.is_empty() => return Ok(reading.whole()),
            Event::Eof => return Err(BROKEN),
            _ => {}
        }
    }
}

#[derive(Debug, Default)]
struct Reading<'a> {
    text: &'a str,
    reply: Reply,
    path: Vec<String>,
    /// Where what the device wants to hear again begins.
    parameters_at: usize,
    /// Where the words of the innermost element begin, if there is no other element in it.
    leaf_at: Option<usize>,
    /// Year, month, day, hour, minute, second.
    date: [Option<i16>; 6],
}

impl Reading<'_> {
    fn is_in(&self, name: &str) -> bool {
        self.path.iter().any(|it| it == name)
    }

    fn parent_is(&self, name: &str) -> bool {
        self.path.last().is_some_and(|it| it == name)
    }

    fn begin(&mut self, start: &BytesStart<'_>) -> Result<(), &'static str> {
        let name = start.local_name();
        match name.as_ref() {
            "NotificationMessage" => {
                if self.reply.messages.len() >= MOST_MESSAGES {
                    return Err("an answer holds more messages than were asked for");
                }
                self.reply.messages.push(Message::default());
            }
            // The outer element has the same name and no attributes.
            "Message" if self.parent_is("Message") => {
                let [at, operation] = attributes(start, ["UtcTime", "PropertyOperation"])?;
                let at = at.and_then(|at| WrittenTime::parse(&at)).and_then(|it| it.at(0));
                let is_initial = operation.is_some_and(|it| it == "Initialized");
                if let Some(message) = self.reply.messages.last_mut() {
                    (message.at, message.is_initial) = (at, is_initial);
                }
            }
            "SimpleItem" => {
                let (is_source, is_data) = (self.parent_is("Source"), self.parent_is("Data"));
                let found = attributes(start, ["Name", "Value"])?;
                let [name, value] = found.map(Option::unwrap_or_default);
                match self.reply.messages.last_mut() {
                    Some(message) if is_source => message.take_source(&name, &value),
                    Some(message) if is_data => message.take_data(&name, &value),
                    _ => {}
                }
            }
            "Fault" if self.parent_is("Body") => self.reply.is_fault = true,
            _ => {}
        }
        Ok(())
    }

    fn end(&mut self, before: usize) {
        let words = self.leaf_at.take().and_then(|at| self.text.get(at..before));
        let words = words.filter(|words| words.len() <= LONGEST_WORDS);
        if let Some(words) = words.and_then(|words| unescape(words.trim()).ok()) {
            self.take_words(&words);
        }
        let name = self.path.pop().unwrap_or_default();
        if name == "ReferenceParameters" && self.parent_is("SubscriptionReference") {
            let inner = self.text.get(self.parameters_at..before).unwrap_or_default();
            if inner.len() <= LONGEST_PARAMETERS {
                inner.clone_into(&mut self.reply.parameters);
            }
        }
    }

    fn take_words(&mut self, words: &str) {
        let Some(name) = self.path.last().cloned() else { return };
        let time = || WrittenTime::parse(words).and_then(|it| it.at(0));
        match name.as_str() {
            "Year" => self.take_date(0, words),
            "Month" => self.take_date(1, words),
            "Day" => self.take_date(2, words),
            "Hour" => self.take_date(3, words),
            "Minute" => self.take_date(4, words),
            "Second" => self.take_date(5, words),
            "XAddr" if self.is_in("Events") => {
                self.reply.event_service = Some(words.to_owned());
            }
            "Address" if self.is_in("SubscriptionReference") => {
                self.reply.subscription = Some(words.to_owned());
            }
            "CurrentTime" => self.reply.current_time = time(),
            "Topic" => {
                if let Some(message) = self.reply.messages.last_mut() {
                    message.topic = Topic::of(words);
                }
            }
            // The second is that of SOAP 1.1, which some devices speak in faults.
            "Value" | "faultcode" if self.is_in("Fault") => {
                let local = words.trim().rsplit(':').next().unwrap_or_default();
                self.reply.is_unauthorized |= UNAUTHORIZED.contains(&local);
            }
            _ => {}
        }
    }

    fn take_date(&mut self, at: usize, words: &str) {
        // `LocalDateTime` has the same elements.
        if self.is_in("UTCDateTime")
            && let Some(part) = self.date.get_mut(at)
        {
            *part = words.trim().parse().ok();
        }
    }

    fn whole(mut self) -> Reply {
        if let [Some(year), month, day, hour, minute, second] = self.date {
            let small = |part: Option<i16>| i8::try_from(part.unwrap_or(-1)).unwrap_or(-1);
            let (month, day) = (small(month), small(day));
            let (hour, minute, second) = (small(hour), small(minute), small(second));
            let time = DateTime::new(year, month, day, hour, minute, second, 0).ok();
            self.reply.system_time = time.and_then(|time| WrittenTime::Local(time).at(0));
        }
        self.reply
    }
}

/// The attributes of these names, in one walk. The library's own check compares each with all before
/// it, which takes a device's worst answer the square of its length.
///
/// # Errors
/// If there are more than any element has.
fn attributes<const N: usize>(
    start: &BytesStart<'_>,
    names: [&str; N],
) -> Result<[Option<String>; N], &'static str> {
    let mut found = [const { None }; N];
    for (at, attribute) in start.attributes().with_checks(false).enumerate() {
        if at >= MOST_ATTRIBUTES {
            return Err("an element of an answer has more attributes than any answer's");
        }
        // One that is broken is none, as one that is not listed.
        let Ok(attribute) = attribute else { continue };
        let place = names.iter().position(|name| attribute.key.local_name().as_ref() == *name);
        if let Some(slot @ None) = place.and_then(|place| found.get_mut(place)) {
            *slot = unescape(&attribute.value).ok().map(|value| value.into_owned());
        }
    }
    Ok(found)
}
