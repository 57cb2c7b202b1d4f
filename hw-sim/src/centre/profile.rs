//! A city's way with cases: its steps, its loops, its people and their habits, from a TOML file.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::dice::{Delay, Share};
use super::event::{Flow, InvalidFlow, Step};

/// A dispatch loop: how far up a case goes.
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

/// How much a case asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Grade {
    /// 简单问题: whoever finds it solves it, and it is only recorded.
    Simple,
    /// 职责清晰: one department's duty.
    Clear,
    /// 职能交叉: several departments', so that the street whistles.
    CrossDepartment,
}

/// How loud the street whistles.
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
    /// Which.
    pub name: LoopName,
    /// What its people are.
    pub role: Role,
    /// Whose they are; a case sent back goes to the next of them.
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
    /// Event types; none: every type.
    #[serde(default)]
    pub types: Vec<String>,
    /// What a code of the alert's grid path begins with; none: every grid.
    #[serde(default)]
    pub grids: Vec<String>,
    /// Where it goes, whatever the gateway hinted.
    #[serde(rename = "loop")]
    pub lane: LoopName,
    /// What it asks for.
    pub grade: Grade,
    /// Share of false closes, instead of the city's.
    pub false_close: Option<Share>,
}

/// Shares of what befalls cases.
#[derive(Debug, Clone, Copy, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Fate {
    /// The alert was wrong.
    pub false_alarm: Share,
    /// It is none of the city's business.
    pub rejected: Share,
    /// It is part of another open case of the same type and grid, where there is one.
    pub merged: Share,
    /// Sent back by whom it was sent to, each time.
    pub returned: Share,
    /// Handling needs more time.
    pub postponed: Share,
    /// Taken back before it was handled.
    pub cancelled: Share,
    /// "Handled", though nothing was done.
    pub false_close: Share,
    /// The same once more, by somebody who was found out before.
    pub false_close_again: Share,
}

/// When the street whistles.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WhistleRule {
    /// So many earlier alerts of the same thing make it a key whistle.
    pub key_repeats: u32,
    /// So many make it a difficult one.
    pub difficult_repeats: u32,
    /// So many returns make it a difficult one.
    pub difficult_returns: u32,
    /// Who is called.
    pub departments: Vec<String>,
}

/// How long the centre's own people take.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Desk {
    /// To take an alert up.
    pub receive: Delay,
    /// To examine it.
    pub accept: Delay,
    /// To send it to a loop.
    pub dispatch: Delay,
    /// To look at a scene where the gateway could not tell, or did not.
    pub person: Delay,
    /// To close after a verdict.
    pub close: Delay,
    /// To assess what was done.
    pub evaluate: Delay,
}

/// What happens when the second look finds it still there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnFailed {
    /// 督办: whoever said it was handled is told to do it, and watched.
    Supervise,
    /// 回退: it is sent out anew.
    Return,
}

/// How the gateway is asked to look again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VerifyTerms {
    /// Seconds to wait first, 0 to 3600.
    pub settle_secs: u32,
    /// Seconds to look, 10 to 86400.
    pub window_secs: u32,
    /// Pictures to look at, 3 to 200.
    pub min_samples: u32,
    /// Seconds after the window until a person looks, if the gateway says nothing, 0 to 86400.
    pub patience_secs: u32,
    /// What follows a failed one.
    pub on_failed: OnFailed,
}

/// What goes wrong on the way to the gateway.
#[derive(Debug, Clone, Copy, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Mischief {
    /// Share of feedback that is sent twice.
    pub doubled: Share,
    /// Share of feedback that is held back, so that later ones overtake it.
    pub late: Share,
    /// For how long at most, seconds of real time.
    pub late_secs: f64,
}

/// A city's way with cases.
#[derive(Debug, Clone, PartialEq)]
pub struct Profile {
    /// One line for the person who reads the report.
    pub title: String,
    /// What the case system is called in feedback.
    pub system: String,
    /// Of chance.
    pub seed: u64,
    /// Honest handlers report only once the scene shows that it is gone. Otherwise they report when
    /// their time has come, which is for plays without a scene.
    pub watches_scene: bool,
    /// Forced close (强制结案) after so long.
    pub patience: Duration,
    /// The city's steps.
    pub flow: Flow,
    /// Its loops.
    pub loops: Vec<Loop>,
    /// What goes where.
    pub routes: Vec<Route>,
    /// Where everything else goes.
    pub last_route: Route,
    /// What befalls cases.
    pub fate: Fate,
    /// Its whistles.
    pub whistle: WhistleRule,
    /// Its desk.
    pub desk: Desk,
    /// Its second look.
    pub verify: VerifyTerms,
    /// What goes wrong.
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
    lane: Vec<Loop>,
    route: Vec<Route>,
    #[serde(default)]
    fate: Fate,
    whistle: WhistleRule,
    desk: Desk,
    verify: VerifyTerms,
    #[serde(default)]
    mischief: Mischief,
}

/// Why a profile cannot be played.
#[derive(Debug, thiserror::Error)]
pub enum ProfileError {
    /// No file.
    #[error("cannot read {}: {source}", path.display())]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// Not what a profile looks like.
    #[error("{}: {source}", path.display())]
    Malformed {
        /// Which.
        path: PathBuf,
        /// What, with line and column.
        source: Box<toml::de::Error>,
    },
    /// The steps make no flow.
    #[error("{}: [[step]]: {source}", path.display())]
    Flow {
        /// Which.
        path: PathBuf,
        /// Why.
        source: InvalidFlow,
    },
    /// Something else.
    #[error("{}: {message}", path.display())]
    Unsound {
        /// Which.
        path: PathBuf,
        /// What, and what to write instead.
        message: String,
    },
}

const LAST_ROUTE: &str = "the last [[route]] must take all: neither `types` nor `grids`";

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

    /// Reads a profile from `text`, which lies at `path`.
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
            loops: file.lane,
            routes: file.route,
            last_route,
            fate: file.fate,
            whistle: file.whistle,
            desk: file.desk,
            verify: file.verify,
            mischief: file.mischief,
        })
    }

    /// The same city with everybody `speed` times as fast; the gateway's second look and what goes
    /// wrong on the way keep their time.
    #[must_use]
    pub fn hastened(mut self, speed: f64) -> Self {
        self.patience = self.patience.div_f64(speed);
        for lane in &mut self.loops {
            lane.sign = lane.sign.hastened(speed);
            lane.handle = lane.handle.hastened(speed);
            lane.handle_limit_secs /= speed;
        }
        let Desk { receive, accept, dispatch, person, close, evaluate } = &mut self.desk;
        for delay in [receive, accept, dispatch, person, close, evaluate] {
            *delay = delay.hastened(speed);
        }
        self
    }
}

impl ProfileFile {
    fn fault(&self) -> Option<String> {
        let has = |name: LoopName| self.lane.iter().any(|lane| lane.name == name);
        let lost = self.route.iter().find(|route| !has(route.lane));
        let catches_all = |route: &Route| route.types.is_empty() && route.grids.is_empty();
        let secs = self.lane.iter().map(|lane| lane.handle_limit_secs);
        let mut secs = secs.chain([self.patience_secs, self.mischief.late_secs]);
        let VerifyTerms { settle_secs, window_secs, min_samples, patience_secs, .. } = self.verify;
        if let Some(route) = lost {
            Some(format!("a [[route]] goes to {:?}, but no [[loop]] is that", route.lane))
        } else if !self.route.last().is_some_and(catches_all) {
            Some(LAST_ROUTE.to_owned())
        } else if self.lane.iter().any(|lane| lane.orgs.is_empty()) {
            Some("every [[loop]] needs one of `orgs` at least".to_owned())
        } else if let Some(secs) = secs.find(|secs| !(0.0..=3.2e7).contains(secs)) {
            Some(format!("limits are 0 s to a year, not {secs} s"))
        } else if settle_secs > 3600 || !(10..=86_400).contains(&window_secs) {
            Some("[verify]: `settle_secs` 0 to 3600, `window_secs` 10 to 86400".to_owned())
        } else if !(3..=200).contains(&min_samples) {
            Some("[verify]: `min_samples` 3 to 200".to_owned())
        } else if patience_secs > 86_400 {
            Some("[verify]: `patience_secs` 0 to 86400".to_owned())
        } else {
            None
        }
    }
}
