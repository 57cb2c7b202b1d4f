//! Elements of a request's XML by their local names, as far as a simulated device looks at them.

/// The text inside the first element of that name, whatever its prefix.
pub(super) fn inside<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let (begin, is_empty) = start(text, name)?;
    if is_empty {
        return Some("");
    }
    let rest = text.get(begin..)?;
    let ends = rest.match_indices("</").find(|(at, _)| {
        let end = rest.get(at + 2..).and_then(|it| it.split(['>', ' ']).next());
        end.is_some_and(|end| local(end) == name)
    });
    rest.get(..ends?.0)
}

/// Whether there is an element of that name.
pub(super) fn has(text: &str, name: &str) -> bool {
    start(text, name).is_some()
}

/// Where the first element of that name has its contents, and whether it has none.
fn start(text: &str, name: &str) -> Option<(usize, bool)> {
    text.match_indices('<').find_map(|(at, _)| {
        let inner = text.get(at + 1..)?;
        let end = inner.find('>')?;
        let tag = inner.get(..end)?;
        let word = tag.trim_end_matches('/').split_whitespace().next()?;
        (local(word) == name).then_some((at + 1 + end + 1, tag.ends_with('/')))
    })
}

fn local(name: &str) -> &str {
    name.rsplit(':').next().unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::{has, inside};

    #[test]
    fn an_element_is_found_whatever_its_prefix() {
        let text = "<e:A x=\"1\"><b:Renew><c>PT1M</c ></b:Renew><Empty/></e:A>";
        assert_eq!(inside(text, "c"), Some("PT1M"));
        assert_eq!(inside(text, "Renew"), Some("<c>PT1M</c >"));
        assert_eq!(inside(text, "Empty"), Some(""));
        assert!(has(text, "A") && !has(text, "Ren"));
    }
}
