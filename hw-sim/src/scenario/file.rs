//! The scenario as it is written: TOML with the position of every value, so that a mistake is named
//! with its line.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::Deserialize;
use toml::Spanned;

use super::device_file::{DeviceEntry, HappeningEntry, IncidentEntry, StoryEntry};
use super::model::{Camera, ClipSource, Scenario, Truth, Zone};
use crate::camera::clip_span::ClipSpan;
use crate::camera::digest::Credentials;
use crate::camera::quirk::quirks::{Quirks, QuirksError};
use crate::camera::simulated::Playback;
use crate::centre::profile::Profile;
use crate::compose::recipe::Composition;
use crate::toml_file::check::Check;
use crate::toml_file::fault::TomlFileError;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ScenarioFile {
    title: String,
    duration_secs: Spanned<f64>,
    #[serde(default)]
    camera: Vec<CameraEntry>,
    #[serde(default)]
    zone: Vec<ZoneEntry>,
    #[serde(default)]
    truth: Vec<TruthEntry>,
    centre: Option<CentreEntry>,
    begins_at: Option<Spanned<String>>,
    in_step_with: Option<Spanned<String>>,
    #[serde(default)]
    device: Vec<DeviceEntry>,
    #[serde(default)]
    happening: Vec<HappeningEntry>,
    #[serde(default)]
    incident: Vec<IncidentEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CentreEntry {
    profile: Spanned<PathBuf>,
    speed: Option<Spanned<f64>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CameraEntry {
    id: Spanned<String>,
    clip: Spanned<PathBuf>,
    playback: PlaybackWord,
    start_offset_secs: Spanned<f64>,
    user: Option<Spanned<String>>,
    password_file: Option<Spanned<PathBuf>>,
    #[serde(default)]
    quirks: Vec<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum PlaybackWord {
    Loop,
    Once,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ZoneEntry {
    name: Spanned<String>,
    cameras: Vec<Spanned<String>>,
    polygon_px: Spanned<Vec<[f64; 2]>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TruthEntry {
    what: String,
    event: String,
    zone: Spanned<String>,
    cameras: Vec<Spanned<String>>,
    from_secs: Option<Spanned<f64>>,
    to_secs: Option<Spanned<f64>>,
    dwell_secs: Spanned<f64>,
    tolerance_secs: Spanned<f64>,
}

impl Scenario {
    /// Reads a scenario and the password files it names. Their paths are relative to the scenario.
    ///
    /// # Errors
    /// [`TomlFileError::Faults`] names every mistake with file and line.
    pub fn load(path: &Path) -> Result<Self, TomlFileError> {
        let text = std::fs::read_to_string(path)
            .map_err(|source| TomlFileError::Unreadable { path: path.to_owned(), source })?;
        Self::parse(&text, path)
    }

    /// Reads a scenario from `text`, the content of the file `path`.
    ///
    /// # Errors
    /// As [`Scenario::load`].
    pub fn parse(text: &str, path: &Path) -> Result<Self, TomlFileError> {
        let mut check = Check::new(text);
        let scenario = check.toml().and_then(|file| check.scenario(file, path));
        match scenario {
            Some(scenario) if check.faults.is_empty() => Ok(scenario),
            _ => Err(TomlFileError::Faults { path: path.to_owned(), faults: check.into_faults() }),
        }
    }
}

impl Check<'_> {
    fn scenario(&mut self, file: ScenarioFile, path: &Path) -> Option<Scenario> {
        let folder = path.parent().unwrap_or(Path::new("."));
        let mut cameras: Vec<Camera> = Vec::new();
        for entry in file.camera {
            if cameras.iter().any(|camera| camera.id == *entry.id.get_ref()) {
                self.fault_at(
                    &entry.id,
                    format!("two cameras are called `{}`", entry.id.get_ref()),
                );
            }
            cameras.extend(self.camera(entry, folder));
        }
        let zones: Vec<Zone> =
            file.zone.into_iter().flat_map(|entry| self.zone(entry, &cameras)).collect();
        let mut truths: Vec<Truth> =
            file.truth.into_iter().flat_map(|entry| self.truth(entry, &cameras, &zones)).collect();
        let (begins_at, in_step_with) = (file.begins_at, file.in_step_with);
        let (device, happening, incident) = (file.device, file.happening, file.incident);
        let told = StoryEntry { begins_at, in_step_with, device, happening, incident };
        let (story, incidents) = self.story(told, &cameras);
        truths.extend(incidents);
        let centre = file.centre.and_then(|entry| self.centre(&entry, folder));
        let duration = self.seconds("duration_secs", &file.duration_secs)?;
        Some(Scenario { title: file.title, duration, cameras, zones, truths, story, centre })
    }

    fn centre(&mut self, entry: &CentreEntry, folder: &Path) -> Option<Profile> {
        let speed = entry.speed.as_ref().map_or(1.0, |speed| *speed.get_ref());
        if let Some(written) = &entry.speed
            && !(0.01..=1e6).contains(&speed)
        {
            self.fault_at(written, format!("`speed` must be 0.01 to 1000000, not {speed}"));
            return None;
        }
        match Profile::load(&folder.join(entry.profile.get_ref())) {
            Ok(profile) => Some(profile.at_speed(speed)),
            Err(error) => {
                self.fault_at(&entry.profile, format!("the profile cannot be used:\n{error}"));
                None
            }
        }
    }

    fn camera(&mut self, entry: CameraEntry, folder: &Path) -> Option<Camera> {
        let start_offset = self.seconds("start_offset_secs", &entry.start_offset_secs)?;
        let clip = self.clip(&entry.clip, folder)?;
        let password_file = entry.password_file.as_ref().map(|file| folder.join(file.get_ref()));
        let credentials = match (entry.user, entry.password_file) {
            (None, None) => None,
            (Some(user), Some(file)) => {
                let password = self.password(&folder.join(file.get_ref()), &file)?;
                Some(Credentials::new(user.into_inner(), password))
            }
            (Some(user), None) => {
                self.fault_at(&user, "`user` needs `password_file` beside it".to_owned());
                None
            }
            (None, Some(file)) => {
                self.fault_at(&file, "`password_file` needs `user` beside it".to_owned());
                None
            }
        };
        Some(Camera {
            id: entry.id.into_inner(),
            clip,
            playback: match entry.playback {
                PlaybackWord::Loop => Playback::Loop,
                PlaybackWord::Once => Playback::Once,
            },
            start_offset,
            credentials,
            password_file,
            quirks: self.quirks(&entry.quirks),
        })
    }

    /// The quirks of a camera, each mistake with its line.
    fn quirks(&mut self, named: &[Spanned<String>]) -> Quirks {
        for name in named {
            if let Err(error) = Quirks::named([name.get_ref().as_str()]) {
                self.fault_at(name, error.to_string());
            }
        }
        match Quirks::named(named.iter().map(|name| name.get_ref().as_str())) {
            Ok(quirks) => quirks,
            Err(error @ QuirksError::TooMany) => {
                if let Some(last) = named.last() {
                    self.fault_at(last, error.to_string());
                }
                Quirks::default()
            }
            Err(QuirksError::Unknown { .. }) => Quirks::default(), // named above
        }
    }

    /// A composition is read at once, so that its mistakes are reported with the others.
    fn clip(&mut self, named: &Spanned<PathBuf>, folder: &Path) -> Option<ClipSource> {
        let clip = named.get_ref();
        if clip.extension().is_none_or(|extension| extension != "toml") {
            return Some(ClipSource::Recorded(clip.clone()));
        }
        match Composition::load(&folder.join(clip)) {
            Ok(composition) => Some(ClipSource::Composed(Arc::new(composition))),
            Err(error) => {
                self.fault_at(named, format!("the composed clip cannot be made:\n{error}"));
                None
            }
        }
    }

    fn zone(&mut self, entry: ZoneEntry, cameras: &[Camera]) -> Vec<Zone> {
        if entry.polygon_px.get_ref().len() < 3 {
            let message = format!("zone `{}` needs at least three corners", entry.name.get_ref());
            self.fault_at(&entry.polygon_px, message);
        }
        let on_cameras = self.known_cameras(&entry.cameras, cameras);
        on_cameras
            .into_iter()
            .map(|camera| Zone {
                id: format!("{camera}.{}", entry.name.get_ref()),
                camera,
                polygon_px: entry.polygon_px.get_ref().clone(),
            })
            .collect()
    }

    fn truth(&mut self, entry: TruthEntry, cameras: &[Camera], zones: &[Zone]) -> Vec<Truth> {
        let stands = self.span(entry.from_secs.as_ref(), entry.to_secs.as_ref());
        let dwell = self.seconds("dwell_secs", &entry.dwell_secs);
        let tolerance = self.seconds("tolerance_secs", &entry.tolerance_secs);
        let (Some(dwell), Some(tolerance)) = (dwell, tolerance) else {
            return Vec::new();
        };
        let mut truths = Vec::new();
        for camera in self.known_cameras(&entry.cameras, cameras) {
            let zone = format!("{camera}.{}", entry.zone.get_ref());
            if !zones.iter().any(|known| known.id == zone) {
                let message = format!("{camera} has no [[zone]] `{}`", entry.zone.get_ref());
                self.fault_at(&entry.zone, message);
            }
            truths.push(Truth {
                what: entry.what.clone(),
                event: entry.event.clone(),
                camera,
                zone,
                stands,
                dwell,
                tolerance,
            });
        }
        truths
    }

    fn span(&mut self, from: Option<&Spanned<f64>>, to: Option<&Spanned<f64>>) -> Option<ClipSpan> {
        match (from, to) {
            (Some(from), Some(to)) => self.stretch(("from_secs", from), ("to_secs", to)),
            (Some(alone), None) | (None, Some(alone)) => {
                let message = "write both `from_secs` and `to_secs`, or neither if it stands \
                               the whole time";
                self.fault_at(alone, message.to_owned());
                None
            }
            (None, None) => None,
        }
    }

    fn known_cameras(&mut self, named: &[Spanned<String>], cameras: &[Camera]) -> Vec<String> {
        for name in named {
            if !cameras.iter().any(|camera| camera.id == *name.get_ref()) {
                self.fault_at(name, format!("no [[camera]] is called `{}`", name.get_ref()));
            }
        }
        named.iter().map(|name| name.get_ref().clone()).collect()
    }

    fn password(&mut self, path: &Path, named: &Spanned<PathBuf>) -> Option<String> {
        match std::fs::read_to_string(path) {
            Ok(text) => Some(text.trim_end_matches(['\r', '\n']).to_owned()),
            Err(error) => {
                self.fault_at(named, format!("cannot read {}: {error}", path.display()));
                None
            }
        }
    }
}
