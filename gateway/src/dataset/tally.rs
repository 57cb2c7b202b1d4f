//! What an export came to, in figures.

use std::collections::BTreeMap;
use std::fmt;

use super::label::Label;
use super::split::Split;

/// Why a picture of a judged alert is not in the set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum LeftOut {
    /// Its message is no alert that this version can read.
    Unreadable,
    /// Nothing in it has a box: a camera's fault, or something that is missing.
    NoBox,
    /// A re-check found the place clear, and this picture of it still shows something.
    NotClear,
    /// Nobody has masked it.
    NotMasked,
    /// It is not kept any more.
    Gone,
    /// The file is not what it was.
    Damaged,
}

impl LeftOut {
    const fn told(self) -> &'static str {
        match self {
            Self::Unreadable => "alert messages that this version cannot read",
            Self::NoBox => "pictures without a box (camera faults, missing things)",
            Self::NotClear => "pictures of a place found clear that still show something",
            Self::NotMasked => "pictures that were never masked",
            Self::Gone => "pictures that are not kept any more",
            Self::Damaged => "pictures whose files are damaged",
        }
    }
}

/// What is counted by label.
#[derive(Debug, Default)]
struct OfLabel {
    images: BTreeMap<Split, u64>,
    /// Boxes, by what the detector called them.
    boxes: BTreeMap<String, u64>,
}

/// What an export came to.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    labels: BTreeMap<Label, OfLabel>,
    left_out: BTreeMap<LeftOut, u64>,
    /// Judged alerts by incident type, those that nobody selected too.
    judged: BTreeMap<String, u64>,
    pub(super) originals: u64,
    /// Originals were wanted, and these have none that can be opened.
    pub(super) masked_instead: u64,
    pub(super) alerts: u64,
}

impl Tally {
    pub(super) fn judge(&mut self, incident_type: &str) {
        count(&mut self.judged, incident_type);
    }

    pub(super) fn leave_out(&mut self, why: LeftOut) {
        *self.left_out.entry(why).or_default() += 1;
    }

    pub(super) fn add<'a>(
        &mut self,
        (label, split): (Label, Split),
        classes: impl Iterator<Item = &'a str>,
    ) {
        let of_label = self.labels.entry(label).or_default();
        *of_label.images.entry(split).or_default() += 1;
        classes.for_each(|class| count(&mut of_label.boxes, class));
    }

    /// How many pictures are in the set.
    pub(super) fn images(&self) -> u64 {
        self.labels.values().flat_map(|of_label| of_label.images.values()).sum()
    }

    /// Why there is nothing to export, for the person who asked.
    pub(super) fn nothing(&self) -> String {
        let judged: Vec<String> =
            self.judged.iter().map(|(code, count)| format!("{code} ({count})")).collect();
        let known = match judged.is_empty() {
            true => "no alert has been judged yet".to_owned(),
            false => format!("judged alerts by type: {}", judged.join(", ")),
        };
        format!("{known}\n{}", self.omissions()).trim_end().to_owned()
    }

    /// What is not in the set, a line for each reason.
    fn omissions(&self) -> String {
        let lines = self.left_out.iter().map(|(why, count)| format!("  {count} {}\n", why.told()));
        let lines: String = lines.collect();
        if lines.is_empty() { lines } else { format!("left out:\n{lines}") }
    }
}

fn count(counts: &mut BTreeMap<String, u64>, key: &str) {
    match counts.get_mut(key) {
        Some(count) => *count += 1,
        None => drop(counts.insert(key.to_owned(), 1)),
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} picture(s) of {} judged alert(s)", self.images(), self.alerts)?;
        writeln!(f, "label        train  val  held_out  boxes by class")?;
        for (label, of_label) in &self.labels {
            let images = |split| of_label.images.get(&split).copied().unwrap_or_default();
            let [train, val, held_out] = [Split::Train, Split::Val, Split::HeldOut].map(images);
            let boxes = of_label.boxes.iter().map(|(class, count)| format!("{class} {count}"));
            let boxes = boxes.collect::<Vec<_>>().join(", ");
            let line = format!("{:<11} {train:>6} {val:>4} {held_out:>9}  {boxes}", label.as_str());
            writeln!(f, "{}", line.trim_end())?;
        }
        f.write_str(&self.omissions())?;
        match (self.originals, self.masked_instead) {
            (0, 0) => Ok(()),
            (originals, masked) => writeln!(
                f,
                "{originals} picture(s) are NOT MASKED: they show faces and plates. {masked} are \
                 masked, because no original of them can be opened"
            ),
        }
    }
}
