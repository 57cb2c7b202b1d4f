//! What is known of fire: which points tell of it, also over a restart.

use std::collections::BTreeSet;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// After the last word of fire nothing is held for so long.
pub(crate) const BLOCKS: Duration = Duration::from_mins(30);

/// The fire alarms that are known, in a file.
#[derive(Debug)]
pub(crate) struct Fire {
    file: PathBuf,
    /// Points that say so now, `device.point`.
    points: BTreeSet<String>,
    /// When one last said so.
    latest_at: Option<Instant>,
    /// The file says something else.
    is_unsaved: bool,
    /// The file of an earlier run cannot be read.
    is_unreadable: bool,
}

impl Fire {
    /// What an earlier run knew. If it cannot be read, nobody knows: then there is fire.
    pub(crate) fn load(file: &Path, now: Instant) -> Self {
        let (points, is_unreadable) = match filing::text(file) {
            Ok(text) => match serde_json::from_str::<BTreeSet<String>>(&text) {
                Ok(points) => (Some(points), false),
                Err(_) => (None, true),
            },
            Err(error) => (None, error.kind() != io::ErrorKind::NotFound),
        };
        let latest_at = (points.is_some() || is_unreadable).then_some(now);
        let points = points.unwrap_or_default();
        Self { file: file.to_owned(), points, latest_at, is_unsaved: false, is_unreadable }
    }

    /// A point says that there is fire, or that there is none any more. Whether that is news.
    pub(crate) fn tell(&mut self, point: &str, is_on: bool, now: Instant) -> bool {
        let was_known = self.points.contains(point);
        if is_on {
            self.points.insert(point.to_owned());
            self.latest_at = Some(now);
        } else if self.points.remove(point) {
            self.latest_at = Some(now);
        }
        self.is_unsaved |= was_known != is_on;
        was_known != is_on
    }

    /// Something was released by the fire alarm: a moment without an end.
    pub(crate) fn tell_of_release(&mut self, now: Instant) {
        self.is_unsaved |= self.latest_at.is_none();
        self.latest_at = Some(now);
    }

    /// Why nothing may be held, in words.
    pub(crate) fn words(&self, now: Instant) -> Option<String> {
        if let Some(point) = self.points.first() {
            return Some(format!("fire alarm at {point}"));
        }
        let since = now.saturating_duration_since(self.latest_at?);
        let left = BLOCKS.checked_sub(since).filter(|left| !left.is_zero())?;
        Some(match self.is_unreadable {
            true => "what was known of fire before the start cannot be read".to_owned(),
            false => format!(
                "the last fire alarm was {} s ago; held again in {} s",
                since.as_secs(),
                left.as_secs()
            ),
        })
    }

    /// What must be in the file now, if that is something else; none: no file.
    pub(crate) fn unsaved(&mut self, now: Instant) -> Option<FireFile> {
        let is_over = self.latest_at.is_some() && self.words(now).is_none();
        if is_over {
            self.latest_at = None;
            self.is_unreadable = false;
        }
        if !std::mem::take(&mut self.is_unsaved) && !is_over {
            return None;
        }
        let content = (!is_over).then(|| self.points.clone());
        Some(FireFile { file: self.file.clone(), content })
    }
}

/// What is to be written.
#[derive(Debug)]
pub(crate) struct FireFile {
    file: PathBuf,
    content: Option<BTreeSet<String>>,
}

impl FireFile {
    /// Writes it.
    ///
    /// # Errors
    /// What the system says.
    pub(crate) fn write(&self) -> io::Result<()> {
        let Some(points) = &self.content else {
            return match std::fs::remove_file(&self.file) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
                _ => Ok(()),
            };
        };
        let text = serde_json::to_string(points)?;
        filing::replace(&self.file, |file| file.write_all(text.as_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fire_blocks_over_a_restart_and_for_a_while_after_its_end() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("fire.json");
        let start = Instant::now();
        let mut fire = Fire::load(&file, start);
        assert_eq!(fire.words(start), None);
        assert!(fire.unsaved(start).is_none());
        assert!(fire.tell("panel-1.smoke", true, start));
        assert!(!fire.tell("panel-1.smoke", true, start), "that is no news");
        fire.unsaved(start).unwrap().write().unwrap();
        let much_later = start + BLOCKS * 10;
        let mut again = Fire::load(&file, much_later);
        assert_eq!(again.words(much_later).unwrap(), "fire alarm at panel-1.smoke");
        assert!(again.tell("panel-1.smoke", false, much_later));
        let still = again.words(much_later + Duration::from_secs(60)).unwrap();
        assert_eq!(still, "the last fire alarm was 60 s ago; held again in 1740 s");
        again.unsaved(much_later).unwrap().write().unwrap();
        assert!(Fire::load(&file, start).words(start).is_some(), "a restart ends no wait");
        let over = much_later + BLOCKS;
        assert_eq!(again.words(over), None);
        again.unsaved(over).unwrap().write().unwrap();
        assert!(!file.exists());
    }

    #[test]
    fn what_cannot_be_read_is_taken_for_fire() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("fire.json");
        std::fs::write(&file, "[\"panel").unwrap();
        let start = Instant::now();
        let fire = Fire::load(&file, start);
        assert!(fire.words(start).unwrap().contains("cannot be read"));
        assert_eq!(fire.words(start + BLOCKS), None);
    }

    #[test]
    fn a_release_by_the_alarm_blocks_too() {
        let folder = tempfile::tempdir().unwrap();
        let start = Instant::now();
        let mut fire = Fire::load(&folder.path().join("fire.json"), start);
        fire.tell_of_release(start);
        assert!(fire.words(start + BLOCKS - Duration::from_secs(1)).is_some());
        assert!(fire.unsaved(start).is_some());
        assert_eq!(fire.words(start + BLOCKS), None);
    }
}
