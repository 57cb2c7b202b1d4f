//! A page of what went wrong, worst first. All pictures are of public clips.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use crate::case::Truth;
use crate::condition::Condition;
use crate::fallible::Fallible;
use crate::incident::INCIDENTS;
use crate::incident::kind::{Incident, Trial};
use crate::run::Run;
use crate::verdict::{False, Shown};

/// Pictures of one incident. More would not be looked at.
const MOST_PICTURES: usize = 100;

const HEAD: &str = "<!doctype html><html lang=en><meta charset=utf-8>\
    <meta name=viewport content=\"width=device-width\"><title>What went wrong</title>\
    <style>body{font:15px/1.4 sans-serif;margin:2em auto;max-width:1300px;padding:0 1em}\
    figure{display:inline-block;vertical-align:top;width:400px;margin:6px 6px 18px}img{width:100%}\
    figcaption{margin-top:4px}b.missed{color:#a40}b.false{color:#c00}small{color:#666}</style>\
    <h1>What went wrong, worst first</h1>\
    <p>One recorded street, looped. Things are laid in, and light, weather and noise are computed \
    (<code>gateway/doc/evaluation.md</code>). Nobody here was filmed by a gateway. The yellow box is the zone that \
    the rule watches.</p><ul>\
    <li><b class=missed>Missed</b>: the red box is where the thing stands. No alert came while it stood there. The \
    picture is from the last fifth of that time. First what was missed by day, then what takes more of the passage's \
    width, and what is larger.</li>\
    <li><b class=false>False</b>: the red boxes are what the alert showed as it opened. First those of the street with \
    nothing laid in, then the surer ones. The number is how sure the gateway was, from 0 to 1.</li>\
    <li><i>Dice</i> is the number from which all that is random in the run was drawn.</li></ul>";

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
    let mut page = HEAD.to_owned();
    for (number, incident) in INCIDENTS.iter().enumerate() {
        let mut faults = faults_of(incident.code, runs);
        faults.sort_by(|a, b| b.weight.total_cmp(&a.weight));
        heading(&mut page, incident, runs, faults.len())?;
        for (place, fault) in faults.iter().take(MOST_PICTURES).enumerate() {
            let name = format!("{number}-{place:03}.jpg");
            fs::write(pictures.join(&name), &fault.shown.jpeg)?;
            let caption = &fault.caption;
            write!(
                page,
                "<figure><a href=\"pictures/{name}\"><img loading=lazy alt=\"\" src=\"pictures/{name}\"></a>\
                 <figcaption>{caption}</figcaption></figure>"
            )?;
        }
    }
    let path = folder.join("index.html");
    fs::write(&path, page)?;
    Ok(path)
}

/// What the incident is, and what came of it.
fn heading(page: &mut String, incident: &Incident, runs: &[Run], faults: usize) -> Fallible<()> {
    let Incident { name, code, due, .. } = incident;
    write!(page, "<h2>{name} <small>{code}</small></h2><p>{due}</p>")?;
    if let Trial::NotInTheGateway(_) = incident.trial {
        return Ok(());
    }
    let whole = || runs.iter().filter(|run| !run.case.is_ablation);
    let all = || whole().flat_map(|run| &run.verdict.due).filter(|it| it.truth.code == *code);
    let (told, all) = (all().filter(|it| it.told.is_some()).count(), all().count());
    let wrong = whole().flat_map(|run| &run.verdict.wrong).filter(|it| it.raised.code == *code);
    write!(page, "<p>{told} of {all} were told. {} alerts were false.", wrong.count())?;
    if faults > MOST_PICTURES {
        write!(page, " The worst {MOST_PICTURES} of {faults} are shown.")?;
    }
    page.push_str("</p>");
    Ok(())
}

/// What was missed and what was wrong, in runs with all cues.
fn faults_of<'a>(code: &str, runs: &'a [Run]) -> Vec<Fault<'a>> {
    let mut faults = Vec::new();
    for run in runs.iter().filter(|run| !run.case.is_ablation) {
        let due = run.verdict.due.iter().filter(|due| due.truth.code == code);
        for due in due.filter(|due| due.told.is_none()) {
            faults.extend(due.shown.as_ref().map(|shown| missed(run, &due.truth, shown)));
        }
        let wrong = run.verdict.wrong.iter().filter(|wrong| wrong.raised.code == code);
        faults.extend(wrong.map(|it| wrong_one(run, it)));
    }
    faults
}

fn missed<'a>(run: &Run, truth: &Truth, shown: &'a Shown) -> Fault<'a> {
    let condition = run.case.condition;
    let by_day = if condition == Condition::Day { 1.0 } else { 0.0 };
    let taken = truth.taken.map_or(String::new(), |taken| {
        format!(", takes {taken:.2} of the width of zone {}", truth.zone)
    });
    let caption = format!(
        "<b class=missed>Missed</b>, {}: {} ({}), {:.0} px high{taken} {}",
        condition.name(),
        truth.what,
        truth.evidence.name(),
        truth.size_px,
        when(run, shown),
    );
    let weight = truth.size_px / 100.0 + by_day + truth.taken.unwrap_or_default();
    Fault { weight, caption, shown }
}

fn wrong_one<'a>(run: &Run, wrong: &'a False) -> Fault<'a> {
    let raised = &wrong.raised;
    let is_empty = run.case.is_empty;
    let caption = format!(
        "<b class=false>False</b>, {}, {}: {} in zone {}, {:.2} {}",
        if is_empty { "where nothing is due" } else { "beside what was laid in" },
        run.case.condition.name(),
        raised.classes.join(", "),
        raised.zone,
        raised.confidence,
        when(run, &wrong.shown),
    );
    let weight = raised.confidence + if is_empty { 2.0 } else { 0.5 };
    Fault { weight, caption, shown: &wrong.shown }
}

fn when(run: &Run, shown: &Shown) -> String {
    format!("<small>dice {}, second {:.0}</small>", run.case.seed, shown.secs)
}
