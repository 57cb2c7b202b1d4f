//! XML as a small tree, within limits.

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

/// The elements of one answer.
const MOST_ELEMENTS: usize = 20_000;
/// How deep they may lie.
const MOST_DEPTH: usize = 40;
/// The attributes of one element, with declarations of prefixes.
const MOST_ATTRIBUTES: usize = 256;

/// One element.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Element {
    /// Its name without the prefix.
    pub(crate) name: String,
    /// Its prefix and name, as written.
    pub(crate) written: String,
    /// Attributes, by name without the prefix.
    attributes: Vec<(String, String)>,
    /// The text directly in it, without the spaces around it.
    pub(crate) text: String,
    /// The elements in it.
    pub(crate) children: Vec<Self>,
}

impl Element {
    /// The root of a document; `None` if this is no XML, or more of it than is read.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let mut reader = Reader::from_str(text);
        let mut open = vec![Self::default()];
        let mut count = 0;
        loop {
            let event = reader.read_event().ok()?;
            match event {
                Event::Start(start) => {
                    count += 1;
                    if count > MOST_ELEMENTS || open.len() > MOST_DEPTH {
                        return None;
                    }
                    open.push(Self::of(&start)?);
                }
                Event::Empty(start) => {
                    count += 1;
                    let element = Self::of(&start).filter(|_| count <= MOST_ELEMENTS)?;
                    open.last_mut()?.children.push(element);
                }
                Event::End(_) => {
                    let mut element = open.pop()?;
                    element.text = element.text.trim().to_owned();
                    open.last_mut()?.children.push(element);
                }
                Event::Text(text) => open.last_mut()?.text.push_str(&text),
                Event::CData(text) => open.last_mut()?.text.push_str(&text),
                Event::GeneralRef(entity) => open.last_mut()?.text.push(character(&entity)?),
                // Entities of its own could grow without end.
                Event::DocType(_) => return None,
                Event::Eof => break,
                _ => {}
            }
        }
        let root = open.pop().filter(|_| open.is_empty())?;
        root.children.into_iter().next()
    }

    /// The first element of this name, at any depth.
    pub(crate) fn find(&self, name: &str) -> Option<&Self> {
        let own = self.children.iter().find(|child| child.name == name);
        own.or_else(|| self.children.iter().find_map(|child| child.find(name)))
    }

    /// The text of the first element of this name, at any depth, if there is any.
    pub(crate) fn text_of(&self, name: &str) -> Option<&str> {
        self.find(name).map(|element| element.text.as_str()).filter(|text| !text.is_empty())
    }

    /// All elements of this name, at any depth, in order.
    pub(crate) fn all<'a>(&'a self, name: &'a str) -> Box<dyn Iterator<Item = &'a Self> + 'a> {
        let own = self.children.iter().filter(move |child| child.name == name);
        Box::new(own.chain(self.children.iter().flat_map(move |child| child.all(name))))
    }

    /// An attribute.
    pub(crate) fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    fn of(start: &BytesStart<'_>) -> Option<Self> {
        let written = start.name().as_ref().to_owned();
        let mut attributes = Vec::new();
        // The library's own check compares each with all before it.
        for (at, attribute) in start.attributes().with_checks(false).enumerate() {
            if at >= MOST_ATTRIBUTES {
                return None;
            }
            let attribute = attribute.ok()?;
            let value = quick_xml::escape::unescape(&attribute.value).ok()?.into_owned();
            attributes.push((local(attribute.key.as_ref()).to_owned(), value));
        }
        let name = local(&written).to_owned();
        Some(Self { name, written, attributes, ..Self::default() })
    }
}

fn local(name: &str) -> &str {
    name.rsplit(':').next().unwrap_or(name)
}

/// What `&amp;` or `&#65;` stands for.
fn character(entity: &str) -> Option<char> {
    let code = match entity.strip_prefix('#') {
        Some(number) => match number.strip_prefix('x') {
            Some(hex) => u32::from_str_radix(hex, 16).ok()?,
            None => number.parse().ok()?,
        },
        None => return quick_xml::escape::resolve_predefined_entity(entity)?.chars().next(),
    };
    char::from_u32(code)
}

#[cfg(test)]
mod tests {
    use super::Element;

    #[test]
    fn an_element_of_very_many_attributes_is_refused_at_the_first_too_many() {
        let with = |count: usize| {
            let many: String = (0..count).map(|at| format!(" a{at}=\"{at}\"")).collect();
            Element::parse(&format!("<a{many}/>"))
        };
        assert_eq!(with(200).as_ref().and_then(|it| it.attribute("a7")), Some("7"));
        // Comparing each of these with all others would take minutes.
        assert_eq!(with(200_000), None);
    }
}
