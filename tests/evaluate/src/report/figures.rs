//! Counts of all runs, put into rows.

use serde::Serialize;
use standing::Cue;

use super::row::{AblationRow, AbsentRow, CableLooksRow, DueRow, EmptyRow, GoalRow, MissedRow};
use crate::case::{Case, Evidence, Object, Truth};
use crate::condition::{CONDITIONS, Condition};
use crate::incident::INCIDENTS;
use crate::incident::kind::{Goal, Incident, Measure, Trial};
use crate::incident::passage::{SENSITIVE, TAKEN};
use crate::run::Run;
use crate::statistics::{average_precision, quantile, rate, share};
use crate::verdict::Due;

/// All figures.
#[derive(Debug, Serialize)]
pub(crate) struct Figures {
    pub(crate) goals: Vec<GoalRow>,
    pub(crate) due: Vec<DueRow>,
    pub(crate) empty: Vec<EmptyRow>,
    pub(crate) ablation: Vec<AblationRow>,
    pub(crate) missed: Vec<MissedRow>,
    pub(crate) absent: Vec<AbsentRow>,
    pub(crate) looks: usize,
    pub(crate) camera_hours: f64,
    /// Processor time of a look, in milliseconds, the detector included: the median over the runs.
    pub(crate) cpu_ms_a_look: Option<f64>,
    pub(crate) cable_looks: Vec<CableLooksRow>,
}

/// Which runs and truths a row is of.
#[derive(Clone, Copy)]
enum Of {
    All,
    Under(Condition),
    HeldOut,
    Size(f32),
    /// Of what takes so much of a passage's width.
    Taken(usize),
}

impl Of {
    fn holds(self, case: &Case) -> bool {
        matches!(self, Self::Under(condition) if condition == case.condition)
            || !matches!(self, Self::Under(_))
    }

    fn counts(self, due: &Due) -> bool {
        match self {
            Self::HeldOut => due.truth.is_held_out,
            Self::Size(size) => (due.truth.size_px - size).abs() < 0.5,
            Self::Taken(index) => {
                let taken = due.truth.taken;
                TAKEN.get(index).zip(taken).is_some_and(|(range, taken)| range.contains(&taken))
            }
            Self::All | Self::Under(_) => true,
        }
    }

    fn words(self) -> String {
        match self {
            Self::All => "all".to_owned(),
            Self::Under(condition) => condition.name().to_owned(),
            Self::HeldOut => "held-out zones, or kinds of cables".to_owned(),
            Self::Size(size) => format!("{size:.0} px high"),
            Self::Taken(index) => match TAKEN.get(index) {
                Some(range) if range.start <= 0.0 => format!("takes less than {}", range.end),
                Some(range) if range.end.is_infinite() => format!("takes {} or more", range.start),
                Some(range) => format!("takes {} to {}", range.start, range.end),
                None => String::new(),
            },
        }
    }
}

impl Figures {
    pub(crate) fn of(runs: &[Run]) -> Self {
        let whole: Vec<&Run> = runs.iter().filter(|run| !run.case.is_ablation).collect();
        let present = |incident: &&Incident| !matches!(incident.trial, Trial::NotInTheGateway(_));
        let tried: Vec<&Incident> = INCIDENTS.iter().filter(present).collect();
        let due = tried.iter().flat_map(|incident| due_rows(incident, &whole)).collect();
        let empty = tried.iter().flat_map(|incident| empty_rows(incident, &whole)).collect();
        let absent = INCIDENTS.iter().filter_map(|incident| match incident.trial {
            Trial::NotInTheGateway(why) => Some(AbsentRow { incident: incident.name, why }),
            _ => None,
        });
        let costs: Vec<f64> =
            whole.iter().map(|run| run.cost.cpu_ms / run.cost.looks.max(1) as f64).collect();
        let goals = tried.iter().flat_map(|incident| {
            incident.goals.iter().map(|goal| goal_row(incident, goal, &whole)).collect::<Vec<_>>()
        });
        Self {
            goals: goals.collect(),
            due,
            empty,
            ablation: ablation_rows(runs),
            missed: whole.iter().flat_map(|run| missed_rows(run)).collect(),
            absent: absent.collect(),
            looks: runs.iter().map(|run| run.cost.looks).sum(),
            camera_hours: hours(&runs.iter().collect::<Vec<_>>()),
            cpu_ms_a_look: quantile(&costs, 0.5),
            cable_looks: cable_looks_rows(&whole),
        }
    }

    /// How much of this was due, and how much told, of all evidence.
    pub(crate) fn told_of(&self, code: &str) -> (usize, usize) {
        let rows = self.due.iter().filter(|row| row.code == code && row.of == Of::All.words());
        rows.fold((0, 0), |sum, row| (sum.0 + row.due, sum.1 + row.told))
    }

    /// False alerts of this in the empty street, and its hours.
    pub(crate) fn false_alerts(&self, code: &str) -> (usize, f64) {
        let of_it = |row: &&EmptyRow| row.code == code && row.of == Of::All.words();
        self.empty.iter().find(of_it).map_or((0, 0.0), |row| (row.wrong, row.hours))
    }
}

/// So many looks are needed to tell of a cable.
const ENOUGH_LOOKS: usize = 3;

/// Looks for cables, where one hangs and where none does.
fn cable_looks_rows(whole: &[&Run]) -> Vec<CableLooksRow> {
    let rows = [("with a cable", false), ("without", true)].map(|(of, is_empty)| {
        let runs = || whole.iter().filter(move |run| run.case.is_empty == is_empty);
        let looks = runs().map(|run| run.cost.cable_looks).sum();
        let could_tell = runs().map(|run| run.cost.told_cables).sum();
        let of_wires =
            |run: &Run| run.case.laid.iter().any(|it| matches!(it.object, Object::Cable(_)));
        let due = || runs().filter(|run| of_wires(run)).flat_map(|run| &run.verdict.due);
        let looked_round = || due().filter(|due| due.cable_looks >= ENOUGH_LOOKS);
        let told = looked_round().filter(|due| due.told.is_some()).count();
        let (due, looked_round) = (due().count(), looked_round().count());
        CableLooksRow { of, looks, could_tell, due, looked_round, told }
    });
    rows.into_iter().filter(|row| row.looks > 0).collect()
}

fn hours(runs: &[&Run]) -> f64 {
    // The sum of nothing is -0.
    runs.iter().fold(0.0, |secs, run| secs + run.case.secs) / 3600.0
}

/// False alerts of an incident in these runs.
fn wrong(code: &str, runs: &[&Run]) -> usize {
    let all = runs.iter().flat_map(|run| &run.verdict.wrong);
    all.filter(|wrong| wrong.raised.code == code).count()
}

fn due_rows(incident: &Incident, whole: &[&Run]) -> Vec<DueRow> {
    let mut rows = Vec::new();
    for evidence in Evidence::ALL {
        let mut of = vec![Of::All, Of::HeldOut];
        of.extend(CONDITIONS.map(Of::Under));
        of.extend([48.0, 64.0, 96.0].map(Of::Size));
        of.extend((0..TAKEN.len()).map(Of::Taken));
        let of = of.into_iter().map(|of| due_row(incident, evidence, of, whole));
        let mut of: Vec<DueRow> = of.filter(|row| row.due > 0).collect();
        if of.get(1).is_some_and(|held| of.first().is_some_and(|all| all.due == held.due)) {
            of.remove(1); // nothing else was tried
        }
        rows.extend(of);
    }
    rows
}

fn due_row(incident: &Incident, evidence: Evidence, of: Of, whole: &[&Run]) -> DueRow {
    let is_of = |due: &&Due| {
        due.truth.code == incident.code && due.truth.evidence == evidence && of.counts(due)
    };
    let holds = |run: &&&Run| of.holds(&run.case) && run.verdict.due.iter().any(|due| is_of(&due));
    let runs: Vec<&Run> = whole.iter().filter(holds).copied().collect();
    let all: Vec<&Due> = runs.iter().flat_map(|run| &run.verdict.due).filter(is_of).collect();
    let told: Vec<(f64, f32)> = all.iter().filter_map(|due| due.told).collect();
    let waits: Vec<f64> = told.iter().map(|(wait, _)| *wait).collect();
    let wrong = wrong(incident.code, &runs);
    let mut alerts: Vec<(f32, bool)> = told.iter().map(|(_, sure)| (*sure, true)).collect();
    let strange = runs.iter().flat_map(|run| &run.verdict.wrong);
    let strange = strange.filter(|wrong| wrong.raised.code == incident.code);
    alerts.extend(strange.map(|wrong| (wrong.raised.confidence, false)));
    DueRow {
        incident: incident.name,
        code: incident.code,
        evidence: evidence.name(),
        of: of.words(),
        due: all.len(),
        told: told.len(),
        recall: share(told.len(), all.len()),
        wrong,
        precision: share(told.len(), told.len() + wrong),
        average_precision: average_precision(alerts, all.len()),
        wait_median_secs: quantile(&waits, 0.5),
        wait_ninth_tenth_secs: quantile(&waits, 0.9),
    }
}

fn missed_rows(run: &Run) -> Vec<MissedRow> {
    let missed = run.verdict.due.iter().filter(|due| due.told.is_none());
    let row = |due: &Due| MissedRow {
        code: due.truth.code,
        evidence: due.truth.evidence.name(),
        condition: run.case.condition.name(),
        what: due.truth.what.clone(),
        zone: due.truth.zone.clone(),
        size_px: due.truth.size_px,
        taken: due.truth.taken,
        seed: run.case.seed,
    };
    missed.map(row).collect()
}

/// Where nothing of this incident was due: in the empty street, and beside what was laid in for others.
fn empty_rows(incident: &Incident, whole: &[&Run]) -> Vec<EmptyRow> {
    let row = |of: String, runs: &[&Run]| {
        let (hours, wrong) = (hours(runs), wrong(incident.code, runs));
        EmptyRow {
            incident: incident.name,
            code: incident.code,
            of,
            hours,
            wrong,
            an_hour: rate(wrong, hours),
            a_day: rate(wrong, hours / 24.0),
        }
    };
    let chosen = |is_chosen: &dyn Fn(&Run) -> bool| -> Vec<&Run> {
        let of_it = |run: &&Run| run.case.camera == incident.camera && is_chosen(run);
        whole.iter().copied().filter(of_it).collect()
    };
    let of = std::iter::once(Of::All).chain(CONDITIONS.map(Of::Under));
    let empty =
        of.map(|of| row(of.words(), &chosen(&|run| run.case.is_empty && of.holds(&run.case))));
    let is_due =
        |truth: &Truth| truth.code == incident.code || truth.implies.contains(&incident.code);
    let is_beside = |run: &Run| !run.case.is_empty && !run.case.truths.iter().any(is_due);
    let beside = row("beside what others are due for".to_owned(), &chosen(&is_beside));
    empty.chain([beside]).filter(|row| row.hours > 0.0).collect()
}

fn ablation_rows(runs: &[Run]) -> Vec<AblationRow> {
    let left_out = std::iter::once(None).chain(Cue::ALL.map(Some));
    let rows = left_out.map(|cue| {
        let of_it = |run: &&Run| run.case.is_ablation && run.case.without == cue;
        let (empty, with): (Vec<&Run>, Vec<&Run>) =
            runs.iter().filter(of_it).partition(|run| run.case.is_empty);
        let due = with.iter().flat_map(|run| &run.verdict.due);
        let due: Vec<&Due> = due.filter(|due| due.truth.code == SENSITIVE).collect();
        let told = due.iter().filter(|due| due.told.is_some()).count();
        AblationRow {
            without: cue.map_or("nothing left out".to_owned(), |cue| format!("{cue:?}")),
            due: due.len(),
            told,
            recall: share(told, due.len()),
            wrong_beside: wrong(SENSITIVE, &with),
            wrong_empty: wrong(SENSITIVE, &empty),
            empty_hours: hours(&empty),
        }
    });
    rows.filter(|row| row.due > 0).collect()
}

fn goal_row(incident: &Incident, goal: &Goal, whole: &[&Run]) -> GoalRow {
    let (measured, counts) = match goal.what {
        Measure::RecallUnder(condition, evidence) => {
            let row = due_row(incident, evidence, Of::Under(condition), whole);
            (row.recall, format!("{} of {}", row.told, row.due))
        }
        Measure::Recall(evidence) => {
            let row = due_row(incident, evidence, Of::All, whole);
            (row.recall, format!("{} of {}", row.told, row.due))
        }
        Measure::FalseAlertsADay => {
            let row = empty_rows(incident, whole).into_iter().next();
            let counts = |row: &EmptyRow| format!("{} in {:.1} h", row.wrong, row.hours);
            (row.as_ref().and_then(|row| row.a_day), row.as_ref().map(counts).unwrap_or_default())
        }
    };
    let is_met = measured.map(|it| match goal.what {
        Measure::FalseAlertsADay => it.value <= goal.bound,
        _ => it.value >= goal.bound,
    });
    let goal_words = goal.what.words();
    GoalRow {
        incident: incident.name,
        goal: goal_words,
        bound: goal.bound,
        measured,
        counts,
        is_met,
    }
}
