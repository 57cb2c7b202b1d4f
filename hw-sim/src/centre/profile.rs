//! How a city handles cases: its steps, its loops, its people and their habits, from a TOML file.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::chance::{Delay, Share};
use super::event::{Flow, FlowError, Step};

/// A dispatch loop: the level of the city that handles a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LoopName {
    /// 社区微循环: the community solves it.
    CommunityMicro,
    /// 片区中循环: the area's joint team does.
    AreaMeso,
    /// 街道小循环: the street does.
    StreetSmall,
    /// 区大循环: the district does.
    DistrictBig,
}

/// How difficult a case is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Grade {
    /// 简单问题: whoever finds it solves it, and it is only recorded.
    Simple,
    /// 职责清晰: the duty of one department.
    Clear,
    /// 职能交叉: the duty of several departments, so that the street whistles.
    CrossDepartment,
}

/// The level of a whistle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WhistleLevel {
    /// 普通哨.
    Ordinary,
    /// 重点哨.
    Key,
    /// 疑难哨.
    Difficult,
}

/// Who acts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names are the schema's")]
pub enum Role {
    Acceptor,
    Dispatcher,
    GridOfficer,
    MicroGridOfficer,
    Supervisor,
    StreetChief,
    AlleyKeeper,
    CommunityWorker,
    JointTeam,
    Department,
    Verifier,
    DistrictPlatform,
    System,
}

/// One loop and its people.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Loop {
    /// Which loop it is.
    pub name: LoopName,
    /// The role of its people.
    pub role: Role,
    /// Their organisations. A case that is sent back goes to the next one.
    pub orgs: Vec<String>,
    /// From dispatch to signing.
    pub sign: Delay,
    /// From signing to handled.
    pub handle: Delay,
    /// Time allowed for handling, seconds.
    pub handle_limit_secs: f64,
}

/// Which loop a case goes to: the first route that fits.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Route {
    /// Event types. Empty: every type.
    #[serde(default)]
    pub types: Vec<String>,
    /// Beginnings of grid codes in the alert's grid path. Empty: every grid.
    #[serde(default)]
    pub grids: Vec<String>,
    /// Where it goes, whatever the gateway hinted.
    #[serde(rename = "loop")]
    pub loop_name: LoopName,
    /// How difficult it is.
    pub grade: Grade,
    /// Share of false closes for this route. It overrides that of `[fate]`.
    pub false_close: Option<Share>,
}

/// How often things happen to cases, as shares.
#[derive(Debug, Clone, Copy, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Fate {
    /// The alert was wrong.
    pub false_alarm: Share,
    /// The city is not responsible.
    pub rejected: Share,
    /// It is merged into another open case of the same type and grid, if there is one.
    pub merged: Share,
    /// Sent back by the organisation it was sent to, each time.
    pub returned: Share,
    /// Handling needs more time.
    pub postponed: Share,
    /// Withdrawn before it was handled.
    pub cancelled: Share,
    /// Reported as handled, though nothing was done.
    pub false_close: Share,
    /// The same again, by somebody who was caught before.
    pub false_close_again: Share,
}

/// When the street whistles.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WhistleRule {
    /// From this many earlier alerts of the same thing on, it is a key whistle.
    pub key_repeats: u32,
    /// From this many on, it is a difficult whistle.
    pub difficult_repeats: u32,
    /// From this many returns on, it is a difficult whistle.
    pub difficult_returns: u32,
    /// The departments that are called.
    pub departments: Vec<String>,
}

/// How long the centre's own people take.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeskDelays {
    /// To open a case for an alert.
    pub receive: Delay,
    /// To examine it.
    pub accept: Delay,
    /// To send it to a loop.
    pub dispatch: Delay,
    /// To look at a scene if the gateway could not tell, or did not answer.
    pub person: Delay,
    /// To close after a verdict.
    pub close: Delay,
    /// To assess what was done.
    pub evaluate: Delay,
}

/// What happens when the re-check finds the thing still there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnFailed {
    /// 督办: the person who reported it handled has to do it, under supervision.
    Supervise,
    /// 回退: it is dispatched again.
    Return,
}

/// How the gateway is asked to re-check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VerifyTerms {
    /// Seconds to wait first, 0 to 3600.
    pub settle_secs: u32,
    /// Seconds to watch, 10 to 86400.
    pub window_secs: u32,
    /// Least number of pictures, 3 to 200.
    pub min_samples: u32,
    /// Seconds after the window until a person looks if the gateway does not answer, 0 to 86400.
    pub patience_secs: u32,
    /// What follows a failed re-check.
    pub on_failed: OnFailed,
}

/// What goes wrong on the way to the gateway.
#[derive(Debug, Clone, Copy, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Mischief {
    /// Share of feedback that is sent twice.
    pub doubled: Share,
    /// Share of feedback that is held back, so that later feedback overtakes it.
    pub late: Share,
    /// How long it is held back at most, seconds of real time.
    pub late_secs: f64,
}

/// How a city handles cases.
#[derive(Debug, Clone, PartialEq)]
pub struct Profile {
    /// One line for the person who reads the report.
    pub title: String,
    /// The case system's name in feedback.
    pub system: String,
    /// Seed of all random choices.
    pub seed: u64,
    /// Honest handlers report only after the scene shows that the thing is gone. If false, they report
    /// after their delay; that is for plays without a scene.
    pub watches_scene: bool,
    /// After this time a case is closed by force (强制结案).
    pub patience: Duration,
    /// The city's steps.
    pub flow: Flow,
    /// Its loops.
    pub loops: Vec<Loop>,
    /// Which case goes to which loop.
    pub routes: Vec<Route>,
    /// The route of every other case.
    pub last_route: Route,
    /// How often things happen to cases.
    pub fate: Fate,
    /// When it whistles.
    pub whistle: WhistleRule,
    /// How long the centre's own people take.
    pub desk: DeskDelays,
    /// How it asks for re-checks.
    pub verify: VerifyTerms,
    /// What goes wrong on the way to the gateway.
    pub mischief: Mischief,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ProfileFile {
    title: String,
    system: String,
    seed: u64,
    watches_scene: bool,
    patience_secs: f64,
    step: Vec<Step>,
    #[serde(rename = "loop")]
    loops: Vec<Loop>,
    route: Vec<Route>,
    #[serde(default)]
    fate: Fate,
    whistle: WhistleRule,
    desk: DeskDelays,
    verify: VerifyTerms,
    #[serde(default)]
    mischief: Mischief,
}

/// Why a profile cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ProfileError {
    /// The file cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The file is not a profile.
    #[error("{}: {source}", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What is wrong, with line and column.
        source: Box<toml::de::Error>,
    },
    /// The steps do not make a flow.
    #[error("{}: [[step]]: {source}", path.display())]
    Flow {
        /// The file.
        path: PathBuf,
        /// Why.
        source: FlowError,
    },
    /// A value does not fit the rest.
    #[error("{}: {message}", path.display())]
    Unsound {
        /// The file.
        path: PathBuf,
        /// What is wrong, and what to write instead.
        message: String,
    },
}

const LAST_ROUTE: &str =
    "the last [[route]] must take every case: write neither `types` nor `grids`";

impl Profile {
    /// Reads a profile.
    ///
    /// # Errors
    /// What is wrong with it, and where.
    pub fn load(path: &Path) -> Result<Self, ProfileError> {
        let text = std::fs::read_to_string(path)
            .map_err(|source| ProfileError::Unreadable { path: path.to_owned(), source })?;
        Self::parse(&text, path)
    }

    /// Reads a profile from `text`, the content of the file `path`.
    ///
    /// # Errors
    /// As [`Profile::load`].
    pub fn parse(text: &str, path: &Path) -> Result<Self, ProfileError> {
        let path = || path.to_owned();
        let mut file: ProfileFile = toml::from_str(text)
            .map_err(|source| ProfileError::Malformed { path: path(), source: source.into() })?;
        let unsound = |message| ProfileError::Unsound { path: path(), message };
        if let Some(message) = file.fault() {
            return Err(unsound(message));
        }
        let last_route = file.route.pop().ok_or_else(|| unsound(LAST_ROUTE.to_owned()))?;
        let flow =
            Flow::new(file.step).map_err(|source| ProfileError::Flow { path: path(), source })?;
        Ok(Self {
            title: file.title,
            system: file.system,
            seed: file.seed,
            watches_scene: file.watches_scene,
            patience: Duration::from_secs_f64(file.patience_secs),
            flow,
            loops: file.loops,
            routes: file.route,
            last_route,
            fate: file.fate,
            whistle: file.whistle,
            desk: file.desk,
            verify: file.verify,
            mischief: file.mischief,
        })
    }

    /// The same city with all people `speed` times as fast. The times of `[verify]` and `[mischief]`
    /// stay as they are.
    #[must_use]
    pub fn at_speed(mut self, speed: f64) -> Self {
        self.patience = self.patience.div_f64(speed);
        for each in &mut self.loops {
            each.sign = each.sign.at_speed(speed);
            each.handle = each.handle.at_speed(speed);
            each.handle_limit_secs /= speed;
        }
        let DeskDelays { receive, accept, dispatch, person, close, evaluate } = &mut self.desk;
        for delay in [receive, accept, dispatch, person, close, evaluate] {
            *delay = delay.at_speed(speed);
        }
        self
    }
}

impl ProfileFile {
    fn fault(&self) -> Option<String> {
        let has = |name: LoopName| self.loops.iter().any(|each| each.name == name);
        let lost = self.route.iter().find(|route| !has(route.loop_name));
        let catches_all = |route: &Route| route.types.is_empty() && route.grids.is_empty();
        let secs = self.loops.iter().map(|each| each.handle_limit_secs);
        let mut secs = secs.chain([self.patience_secs, self.mischief.late_secs]);
        let VerifyTerms { settle_secs, window_secs, min_samples, patience_secs, .. } = self.verify;
        if let Some(route) = lost {
            Some(format!(
                "a [[route]] goes to {:?}, but there is no such [[loop]]",
                route.loop_name
            ))
        } else if !self.route.last().is_some_and(catches_all) {
            Some(LAST_ROUTE.to_owned())
        } else if self.loops.iter().any(|each| each.orgs.is_empty()) {
            Some("every [[loop]] needs at least one of `orgs`".to_owned())
        } else if let Some(secs) = secs.find(|secs| !(0.0..=3.2e7).contains(secs)) {
            Some(format!("a limit must be 0 s to a year, not {secs} s"))
        } else if settle_secs > 3600 || !(10..=86_400).contains(&window_secs) {
            Some("[verify]: `settle_secs` must be 0 to 3600, `window_secs` 10 to 86400".to_owned())
        } else if !(3..=200).contains(&min_samples) {
            Some("[verify]: `min_samples` must be 3 to 200".to_owned())
        } else if patience_secs > 86_400 {
            Some("[verify]: `patience_secs` must be 0 to 86400".to_owned())
        } else {
            None
        }
    }
}
