//! The whole: what is tried, what came of it, and what is written of that.

use std::path::{Path, PathBuf};
use std::time::Instant;

use gridwhistle::Rehearsal;

use crate::ablation;
use crate::case::Case;
use crate::cutout::CutOuts;
use crate::empty;
use crate::incident::INCIDENTS;
use crate::incident::kind::{Incident, Trial};
use crate::material::{Effort, Material};
use crate::player::Player;
use crate::report::{Figures, gallery, markdown};
use crate::run::{Pace, Run, played};
use crate::scene::Scene;

type AnyError = Box<dyn std::error::Error + Send + Sync>;

/// How much is tried.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Extent {
    /// Two conditions, for a minute.
    Short,
    /// All, so many times the usual number of runs.
    Whole(f64),
    /// The same, but for what each cue is worth.
    WithoutAblation(f64),
}

/// An evaluation of this repository.
pub struct Evaluation {
    rehearsal: Rehearsal,
    material: Material,
    effort: Effort,
    threads: usize,
    /// Only runs of this incident are played.
    only: Option<String>,
}

/// What came of it.
pub struct Results {
    figures: Figures,
    runs: Vec<Run>,
    planned: usize,
}

impl Evaluation {
    /// In the repository at `root`, with these dice.
    ///
    /// # Errors
    /// What is missing there.
    pub fn new(
        root: &Path,
        extent: Extent,
        (seed, threads): (u64, usize),
    ) -> Result<Self, AnyError> {
        camera::init_libav()?;
        let own = root.join("tests/evaluate");
        let (config, media) = (own.join("config"), root.join(".media"));
        let rehearsal = Rehearsal::of(&config)?;
        let mut scene = Scene::read(&config, &media)?;
        scene.moving = Player::new(&rehearsal, &scene)?.moving()?;
        let cut_outs = CutOuts::read(&own.join("things.toml"), &media)?;
        let effort = match extent {
            Extent::Short => Effort::short(seed),
            Extent::Whole(scale) => Effort::usual(scale, seed),
            Extent::WithoutAblation(scale) => {
                Effort { ablates: false, ..Effort::usual(scale, seed) }
            }
        };
        let material = Material { scene, cut_outs };
        Ok(Self { rehearsal, material, effort, threads, only: None })
    }

    /// The same, of which only the runs of the incident with this code are played.
    ///
    /// # Errors
    /// There is no such incident with runs of its own.
    pub fn only(mut self, code: &str) -> Result<Self, AnyError> {
        let has_runs = |it: &&Incident| matches!(it.trial, Trial::Runs(_));
        let codes: Vec<&str> = INCIDENTS.iter().filter(has_runs).map(|it| it.code).collect();
        if !codes.contains(&code) {
            return Err(format!("no runs of {code}; expected one of {}", codes.join(", ")).into());
        }
        self.only = Some(code.to_owned());
        Ok(self)
    }

    /// Plays everything, or what can be begun `until` then. `progress` is told how many runs of how many are
    /// done.
    ///
    /// # Errors
    /// A picture cannot be made or looked at.
    pub fn results(
        &self,
        until: Option<Instant>,
        progress: &(dyn Fn(usize, usize) + Sync),
    ) -> Result<Results, AnyError> {
        let parts = (&self.rehearsal, &self.material.scene);
        let cases = self.cases();
        let planned = cases.len();
        let runs = played(cases, parts, Pace { threads: self.threads, until, progress })?;
        Ok(Results { figures: Figures::of(&runs), runs, planned })
    }

    /// Whether a run that is played twice, side by side, comes to the same.
    ///
    /// # Errors
    /// As [`Evaluation::results`].
    pub fn repeats_itself(&self) -> Result<bool, AnyError> {
        let Some(case) = self.cases().into_iter().find(|case| !case.is_empty) else {
            return Ok(false);
        };
        let parts = (&self.rehearsal, &self.material.scene);
        let pace = Pace { threads: 2, until: None, progress: &|_, _| () };
        let runs = played(vec![case.clone(), case], parts, pace)?;
        Ok(runs.windows(2).all(|pair| pair[0].verdict == pair[1].verdict))
    }

    fn cases(&self) -> Vec<Case> {
        let (material, effort) = (&self.material, &self.effort);
        let is_wanted = |code: &str| self.only.as_ref().is_none_or(|only| only == code);
        let mut cases = Vec::new();
        for incident in INCIDENTS.iter().filter(|it| is_wanted(it.code)) {
            if let Trial::Runs(runs) = incident.trial {
                cases.extend(runs(material, effort));
            }
        }
        if self.only.is_none() {
            cases.extend(empty::runs(effort));
            cases.extend(ablation::runs(material, effort));
        }
        for incident in &INCIDENTS {
            if let Trial::Everywhere(add) = incident.trial {
                cases.iter_mut().for_each(add);
            }
        }
        cases
    }
}

impl Results {
    /// How many runs were played, of how many.
    #[must_use]
    pub const fn played(&self) -> (usize, usize) {
        (self.runs.len(), self.planned)
    }

    /// For a person: tables in Markdown.
    #[must_use]
    pub fn text(&self) -> String {
        markdown::written(&self.figures)
    }

    /// Of all that was due for this incident under all conditions, how much there was and how much was told.
    #[must_use]
    pub fn told_of(&self, code: &str) -> (usize, usize) {
        self.figures.told_of(code)
    }

    /// False alerts of this incident where nothing was due, and in how many camera-hours.
    #[must_use]
    pub fn false_alerts(&self, code: &str) -> (usize, f64) {
        self.figures.false_alerts(code)
    }

    /// Writes `figures.json`, `figures.md` and `index.html` with its pictures into `folder`.
    ///
    /// # Errors
    /// Something cannot be written.
    pub fn write(&self, folder: &Path) -> Result<Vec<PathBuf>, AnyError> {
        std::fs::create_dir_all(folder)?;
        let [json, text] = ["figures.json", "figures.md"].map(|name| folder.join(name));
        std::fs::write(&json, serde_json::to_string_pretty(&self.figures)? + "\n")?;
        std::fs::write(&text, self.text())?;
        let page = gallery::written(&self.runs, folder)?;
        Ok(vec![json, text, page])
    }
}
