//! The figures as tables for a person.

use std::fmt::Write as _;

use super::figures::Figures;
use super::row::{AblationRow, CableLooksRow, DueRow, EmptyRow, GoalRow};
use crate::statistics::Estimate;

/// All tables.
pub(crate) fn written(figures: &Figures) -> String {
    let mut text = String::new();
    let Figures { goals, due, empty, ablation, absent, .. } = figures;
    text += "## Goals\n\n| incident | goal | bound | measured (95 %) | counts | |\n|---|---|--:|---|---|---|\n";
    text.extend(goals.iter().map(goal_line));
    text += "\n## What was due\n\nReal, composed and drawn are never added up. The wait begins when the thing comes; \
             a dwell of 30 s is in it. \
             `takes` is the share of a passage's width that a thing takes.\n\n\
             | incident | evidence | of | told | recall (95 %) | false beside | precision | AP | wait, median | 90 % |\n\
             |---|---|---|--:|---|--:|---|--:|--:|--:|\n";
    text.extend(due.iter().map(due_line));
    text += "\n## Where nothing was due\n\nThe recorded street, looped, each time with other light, noise and beginning. The last row of \
             each incident: runs in which things were laid in, but nothing of this incident.\n\n\
             | incident | of | hours | false | an hour | a day (95 %) |\n|---|---|--:|--:|--:|---|\n";
    text.extend(empty.iter().map(empty_line));
    if !ablation.is_empty() {
        text += "\n## Without a cue (passage, sensitive)\n\n\
                 | left out | told | recall (95 %) | false beside | false, empty |\n|---|--:|---|--:|--:|\n";
        text.extend(ablation.iter().map(ablation_line));
    }
    text += "\n## Not in the gateway yet\n\n";
    for row in absent {
        text += &format!("- **{}**: {}\n", row.incident, row.why);
    }
    let cpu = figures.cpu_ms_a_look.unwrap_or_default();
    // A String takes all.
    let _written = writeln!(
        text,
        "\n{} looks, {:.1} camera-hours; {cpu:.0} ms of a core for each look, the detector included.",
        figures.looks, figures.camera_hours,
    );
    for CableLooksRow { of, looks, could_tell, due, looked_round, told } in &figures.cable_looks {
        text += &format!(
            "\nLooks for cables round bicycles, {of}: {looks}; {could_tell} of them could tell."
        );
        if *due > 0 {
            text += &format!(
                " Of {due} cables {looked_round} were looked at three times or more, the others hang to bicycles that \
                 the detector did not find for long enough; {told} of these {looked_round} were told."
            );
        }
        text.push('\n');
    }
    text
}

fn shown(estimate: Option<Estimate>) -> String {
    estimate
        .map_or("–".to_owned(), |it| format!("{:.2} ({:.2}–{:.2})", it.value, it.low, it.high))
}

fn secs(value: Option<f64>) -> String {
    value.map_or("–".to_owned(), |value| format!("{value:.0} s"))
}

fn goal_line(row: &GoalRow) -> String {
    let met = match row.is_met {
        Some(true) => "met",
        Some(false) => "**missed**",
        None => "not measured",
    };
    let GoalRow { incident, goal, bound, counts, .. } = row;
    format!("| {incident} | {goal} | {bound} | {} | {counts} | {met} |\n", shown(row.measured))
}

fn due_line(row: &DueRow) -> String {
    let DueRow { incident, evidence, of, due, told, wrong, .. } = row;
    let (recall, precision) = (shown(row.recall), shown(row.precision));
    let area = row.average_precision.map_or("–".to_owned(), |it| format!("{it:.2}"));
    let (median, tenth) = (secs(row.wait_median_secs), secs(row.wait_ninth_tenth_secs));
    format!(
        "| {incident} | {evidence} | {of} | {told} of {due} | {recall} | {wrong} | {precision} | {area} | {median} | {tenth} |\n"
    )
}

fn empty_line(row: &EmptyRow) -> String {
    let EmptyRow { incident, of, hours, wrong, .. } = row;
    let an_hour = row.an_hour.map_or(0.0, |it| it.value);
    format!("| {incident} | {of} | {hours:.1} | {wrong} | {an_hour:.2} | {} |\n", shown(row.a_day))
}

fn ablation_line(row: &AblationRow) -> String {
    let AblationRow { without, due, told, wrong_beside, wrong_empty, empty_hours, .. } = row;
    let recall = shown(row.recall);
    format!(
        "| {without} | {told} of {due} | {recall} | {wrong_beside} | {wrong_empty} in {empty_hours:.1} h |\n"
    )
}
