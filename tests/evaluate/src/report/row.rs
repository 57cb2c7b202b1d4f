//! The lines of the tables.

use serde::Serialize;

use crate::statistics::Estimate;

/// What was due of an incident, of one kind of evidence, under one condition or all of them.
#[derive(Debug, Serialize)]
pub(crate) struct DueRow {
    pub(crate) incident: &'static str,
    pub(crate) code: &'static str,
    pub(crate) evidence: &'static str,
    /// All conditions, all sizes, or held-out zones only: as `of` says.
    pub(crate) of: String,
    pub(crate) due: usize,
    pub(crate) told: usize,
    pub(crate) recall: Option<Estimate>,
    /// False alerts of this incident in the same runs.
    pub(crate) wrong: usize,
    pub(crate) precision: Option<Estimate>,
    pub(crate) average_precision: Option<f64>,
    /// Seconds from when it came to the alert; the dwell is in them.
    pub(crate) wait_median_secs: Option<f64>,
    pub(crate) wait_ninth_tenth_secs: Option<f64>,
}

/// False alerts where nothing was due.
#[derive(Debug, Serialize)]
pub(crate) struct EmptyRow {
    pub(crate) incident: &'static str,
    pub(crate) code: &'static str,
    pub(crate) of: String,
    pub(crate) hours: f64,
    pub(crate) wrong: usize,
    pub(crate) an_hour: Option<Estimate>,
    pub(crate) a_day: Option<Estimate>,
}

/// The same runs without one cue.
#[derive(Debug, Serialize)]
pub(crate) struct AblationRow {
    pub(crate) without: String,
    pub(crate) due: usize,
    pub(crate) told: usize,
    pub(crate) recall: Option<Estimate>,
    /// False alerts beside things, and in the empty street.
    pub(crate) wrong_beside: usize,
    pub(crate) wrong_empty: usize,
    pub(crate) empty_hours: f64,
}

/// A goal, and what was measured.
#[derive(Debug, Serialize)]
pub(crate) struct GoalRow {
    pub(crate) incident: &'static str,
    pub(crate) goal: String,
    pub(crate) bound: f64,
    pub(crate) measured: Option<Estimate>,
    pub(crate) counts: String,
    pub(crate) is_met: Option<bool>,
}

/// Something that was due and not told.
#[derive(Debug, Serialize)]
pub(crate) struct MissedRow {
    pub(crate) code: &'static str,
    pub(crate) evidence: &'static str,
    pub(crate) condition: &'static str,
    pub(crate) what: String,
    pub(crate) zone: String,
    pub(crate) size_px: f32,
    /// The share of the passage's width that it takes.
    pub(crate) taken: Option<f32>,
    /// The dice of its run.
    pub(crate) seed: u64,
}

/// Looks for new cables round two-wheelers.
#[derive(Debug, Serialize)]
pub(crate) struct CableLooksRow {
    /// Whether a cable was laid in.
    pub(crate) of: &'static str,
    pub(crate) looks: usize,
    /// Neither hidden, nor not aligned, nor without a picture from before.
    pub(crate) could_tell: usize,
    /// Cables that were due to be told, those with enough such looks, and of these, those that were told.
    pub(crate) due: usize,
    pub(crate) looked_round: usize,
    pub(crate) told: usize,
}

/// An incident that cannot be evaluated.
#[derive(Debug, Serialize)]
pub(crate) struct AbsentRow {
    pub(crate) incident: &'static str,
    pub(crate) why: &'static str,
}
