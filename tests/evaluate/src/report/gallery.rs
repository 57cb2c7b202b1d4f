//! A page of what went wrong, worst first. All pictures are of public clips.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use crate::condition::Condition;
use crate::fallible::Fallible;
use crate::incident::INCIDENTS;
use crate::run::Run;
use crate::verdict::Shown;

/// Pictures of one incident. More would not be looked at.
const MOST_PICTURES: usize = 100;

/// One fault.
struct Fault<'a> {
    /// The worse, the larger.
    weight: f32,
    caption: String,
    shown: &'a Shown,
}

/// Writes `index.html` and its pictures; returns the page.
pub(crate) fn written(runs: &[Run], folder: &Path) -> Fallible<PathBuf> {
    let pictures = folder.join("pictures");
    if pictures.is_dir() {
        fs::remove_dir_all(&pictures)?;
    }
    fs::create_dir_all(&pictures)?;
    let mut page = String::from(
        "<!doctype html><meta charset=utf-8><title>What went wrong</title>\
         <style>body{font:15px sans-serif;margin:2em}figure{display:inline-block;width:400px;margin:6px}\
         img{width:400px}</style><h1>What went wrong, worst first</h1>\
         <p>Missed: the red box is where the thing stands. False: the red boxes are what was told. \
         The recorded street, with things laid in and light computed; nobody here was filmed by a gateway.</p>",
    );
    for (number, incident) in INCIDENTS.iter().enumerate() {
        let mut faults = faults_of(incident.code, runs);
        faults.sort_by(|a, b| b.weight.total_cmp(&a.weight));
        write!(page, "<h2>{}: {}</h2>", incident.name, faults.len())?;
        if faults.len() > MOST_PICTURES {
            write!(page, "<p>The worst {MOST_PICTURES} of {}.</p>", faults.len())?;
        }
        for (place, fault) in faults.iter().take(MOST_PICTURES).enumerate() {
            let name = format!("{number}-{place:03}.jpg");
            fs::write(pictures.join(&name), &fault.shown.jpeg)?;
            let caption = &fault.caption;
            write!(
                page,
                "<figure><img loading=lazy src=\"pictures/{name}\"><figcaption>{caption}</figcaption></figure>"
            )?;
        }
    }
    let path = folder.join("index.html");
    fs::write(&path, page)?;
    Ok(path)
}

/// What was missed and what was wrong, in runs with all cues.
fn faults_of<'a>(code: &str, runs: &'a [Run]) -> Vec<Fault<'a>> {
    let mut faults = Vec::new();
    for run in runs.iter().filter(|run| !run.case.is_ablation) {
        let (condition, seed) = (run.case.condition, run.case.seed);
        for due in run.verdict.due.iter().filter(|due| due.truth.code == code) {
            let Some(shown) = due.shown.as_ref().filter(|_| due.told.is_none()) else { continue };
            let truth = &due.truth;
            let by_day = if condition == Condition::Day { 1.0 } else { 0.0 };
            faults.push(Fault {
                weight: truth.size_px / 100.0 + by_day,
                caption: format!(
                    "MISSED, {}, {}: {}, {:.0} px, zone {}; dice {seed}, second {:.0}",
                    truth.evidence.name(),
                    condition.name(),
                    truth.what,
                    truth.size_px,
                    truth.zone,
                    shown.secs,
                ),
                shown,
            });
        }
        for wrong in run.verdict.wrong.iter().filter(|wrong| wrong.raised.code == code) {
            let raised = &wrong.raised;
            let street = if run.case.is_empty { "empty street" } else { "beside things" };
            faults.push(Fault {
                weight: raised.confidence + if run.case.is_empty { 2.0 } else { 0.5 },
                caption: format!(
                    "FALSE, {street}, {}: {} in zone {}, confidence {:.2}; dice {seed}, second {:.0}",
                    condition.name(),
                    raised.classes.join(", "),
                    raised.zone,
                    raised.confidence,
                    wrong.shown.secs,
                ),
                shown: &wrong.shown,
            });
        }
    }
    faults
}
