//! A SOAP request, as far as a camera reads it.

use quick_xml::Reader;
use quick_xml::events::Event;

/// The texts of a request by the path of names, such as `Envelope/Body/GetStreamUri/ProfileToken`.
#[derive(Debug, Default)]
pub(super) struct Request {
    texts: Vec<(String, String)>,
}

impl Request {
    /// Reads a request; `None` if it is no XML.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut reader = Reader::from_str(text);
        let (mut path, mut request) = (Vec::new(), Self::default());
        loop {
            let event = reader.read_event().ok()?;
            let closes = matches!(event, Event::Empty(_) | Event::End(_));
            match event {
                Event::Start(start) | Event::Empty(start) => {
                    path.push(start.local_name().as_ref().to_owned());
                    request.texts.push((path.join("/"), String::new()));
                }
                Event::Text(text) => request.append(&path.join("/"), &text),
                Event::GeneralRef(name) => {
                    let meant = quick_xml::escape::resolve_predefined_entity(&name)?.to_owned();
                    request.append(&path.join("/"), &meant);
                }
                Event::Eof => break,
                _ => {}
            }
            if closes {
                path.pop();
            }
        }
        path.is_empty().then_some(request)
    }

    /// The name of the first element in the body.
    pub(super) fn operation(&self) -> Option<&str> {
        self.texts.iter().find_map(|(path, _)| {
            path.strip_prefix("Envelope/Body/").filter(|name| !name.contains('/'))
        })
    }

    /// The text of the first element whose path ends so.
    pub(super) fn text(&self, end: &str) -> Option<&str> {
        self.texts.iter().find(|(path, _)| path.ends_with(end)).map(|(_, text)| text.trim())
    }

    fn append(&mut self, path: &str, text: &str) {
        if let Some((_, known)) = self.texts.iter_mut().rev().find(|(known, _)| known == path) {
            known.push_str(text);
        }
    }
}
