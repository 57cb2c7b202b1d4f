//! When the story of a play begins, and a gateway whose local time then is that of the story.
//!
//! A gateway cannot run on a clock that goes faster: its connections, answers and watchdogs have real times.
//! So a day is told in minutes instead, and the gateway's offset from UTC is chosen so that its local time
//! is the story's. All clocks stay right: those of the devices, that of the gateway and that of the judge.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::civil::Time;
use jiff::tz::Offset;
use jiff::{SignedDuration, Timestamp};
use tokio::time::Instant;

use super::devices::Begin;
use super::error::PlayError;

/// Until the gateway has started and hears all devices.
const LEAD: Duration = Duration::from_secs(15);
/// Where offsets go: no place on earth is further from UTC.
const MOST_OFFSET_MINUTES: i64 = 14 * 60;
const DAY_MINUTES: i64 = 24 * 60;

/// When the story begins: at a whole minute if its hour matters.
pub(super) fn begin(begins_at: Option<Time>) -> Begin {
    let (now, instant) = (Timestamp::now(), Instant::now());
    let earliest =
        now.saturating_add(SignedDuration::try_from(LEAD).unwrap_or_default()).unwrap_or(now);
    let Some(local) = begins_at else {
        return Begin { instant: instant + LEAD, at: earliest, offset: Offset::constant(8) };
    };
    let minute = earliest.as_second().div_euclid(60) + 1;
    let at = Timestamp::from_second(minute * 60).unwrap_or(earliest);
    let wait = Duration::try_from(at.duration_since(now)).unwrap_or(LEAD);
    let local_minute = i64::from(local.hour()) * 60 + i64::from(local.minute());
    let mut ahead = (local_minute - minute.rem_euclid(DAY_MINUTES)).rem_euclid(DAY_MINUTES);
    if ahead > MOST_OFFSET_MINUTES {
        ahead -= DAY_MINUTES;
    }
    let offset = i32::try_from(ahead * 60).ok().and_then(|secs| Offset::from_seconds(secs).ok());
    Begin { instant: instant + wait, at, offset: offset.unwrap_or(Offset::UTC) }
}

/// Writes a copy of the configuration in `config` into `work`, with this offset, and gives its folder. It
/// lies as deep below the repository as the shipped ones do, so that their relative paths hold.
pub(super) fn configure(config: &Path, work: &Path, offset: Offset) -> Result<PathBuf, PlayError> {
    let file = |path: &Path| {
        let path = path.to_owned();
        move |source| PlayError::File { path, source }
    };
    let folder = work.join("shifted").join(config.file_name().unwrap_or_default());
    if folder.exists() {
        fs::remove_dir_all(&folder).map_err(file(&folder))?;
    }
    copy(config, &folder).map_err(file(&folder))?;
    let path = folder.join("gateway.toml");
    let text = fs::read_to_string(&path).map_err(file(&path))?;
    let seconds = offset.seconds();
    let (sign, minutes) = (if seconds < 0 { '-' } else { '+' }, seconds.abs() / 60);
    let line = format!("[gateway]\nutc_offset = \"{sign}{:02}:{:02}\"", minutes / 60, minutes % 60);
    fs::write(&path, text.replacen("[gateway]", &line, 1)).map_err(file(&path))?;
    Ok(folder)
}

/// A folder with all that is in it. Rights are kept: passwords may be read by us alone.
fn copy(from: &Path, to: &Path) -> std::io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use jiff::civil::time;
    use jiff::tz::TimeZone;

    use super::{LEAD, begin};

    #[test]
    fn the_gateways_local_time_is_the_storys_when_it_begins() {
        for local in [time(0, 0, 0, 0), time(12, 0, 0, 0), time(23, 59, 0, 0)] {
            let begin = begin(Some(local));
            let there = begin.at.to_zoned(TimeZone::fixed(begin.offset));
            assert_eq!(there.time(), local);
            assert!(begin.instant >= tokio::time::Instant::now() + LEAD - LEAD / 10);
        }
    }
}
