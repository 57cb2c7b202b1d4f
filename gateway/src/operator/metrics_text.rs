//! The metrics as they are handed out: those of cameras and devices that are gone are left out.
//!
//! The library that keeps them forgets none, and what an eye has counted may come after its camera has gone. So
//! they are left out here, by who is there.

use std::collections::BTreeSet;

/// Labels that name a camera or a device.
const OWNERS: [&str; 2] = ["camera=\"", "device=\""];

/// `text` in Prometheus's format, without the lines of cameras and devices that are not `here`, and
/// without headings that nothing stands under.
pub(super) fn of_those_here(text: &str, here: &BTreeSet<String>) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut headings = String::new();
    for line in text.lines() {
        if line.starts_with('#') {
            if line.starts_with("# HELP") || !is_continued(&headings, line) {
                headings.clear();
            }
            headings.push_str(line);
            headings.push('\n');
        } else if line.trim().is_empty() {
            headings.clear();
            if !kept.is_empty() && !kept.ends_with("\n\n") {
                kept.push('\n');
            }
        } else if owner(line).is_none_or(|owner| here.contains(&owner)) {
            kept.push_str(&std::mem::take(&mut headings));
            kept.push_str(line);
            kept.push('\n');
        }
    }
    kept
}

/// Whether a type's line follows the help of the same metric.
fn is_continued(headings: &str, line: &str) -> bool {
    let metric = |line: &str| line.split(' ').nth(2).map(str::to_owned);
    headings.starts_with("# HELP") && metric(headings) == metric(line)
}

/// Whose a line is.
fn owner(line: &str) -> Option<String> {
    let (_, labels) = line.split_once('{')?;
    OWNERS.iter().find_map(|label| {
        let starts = labels.match_indices(label).map(|(at, _)| at);
        // A name may end in that of the label, such as `of_camera`.
        let mut own = starts.filter(|at| {
            labels.get(..*at).is_some_and(|before| before.is_empty() || before.ends_with(','))
        });
        let value = labels.get(own.next()? + label.len()..)?;
        Some(unescaped(value))
    })
}

/// A label's value up to its closing quote.
fn unescaped(value: &str) -> String {
    let (mut plain, mut letters) = (String::new(), value.chars());
    while let Some(letter) = letters.next() {
        match letter {
            '"' => break,
            '\\' => match letters.next() {
                Some('n') => plain.push('\n'),
                Some(other) => plain.push(other),
                None => break,
            },
            _ => plain.push(letter),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_gone_leaves_nothing_behind() {
        let text = "# TYPE a counter\na{camera=\"cam-01\"} 1\na{camera=\"cam-02\",fate=\"x\"} 2\n\n\
                    # HELP b of a device\n# TYPE b gauge\nb{device=\"door\"} 1\n\n\
                    # TYPE c counter\nc 3\nc{of_camera=\"cam-02\"} 4\n";
        let here = |ids: &[&str]| ids.iter().map(|id| (*id).to_owned()).collect::<BTreeSet<_>>();
        assert_eq!(of_those_here(text, &here(&["cam-01", "cam-02", "door"])), text);
        assert_eq!(
            of_those_here(text, &here(&["cam-01"])),
            "# TYPE a counter\na{camera=\"cam-01\"} 1\n\n# TYPE c counter\nc 3\nc{of_camera=\"cam-02\"} 4\n"
        );
    }
}
