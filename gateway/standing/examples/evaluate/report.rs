//! Counts, and pictures of what went wrong.

use std::fs;
use std::path::PathBuf;

use standing::{Standing, Workbench};

use crate::clip::{Clip, Fallible};
use crate::condition::Condition;
use crate::run::{Outcome, Plan, pictures, run};
use crate::scene::Scene;

/// Counts of one condition.
#[derive(Default, Clone)]
struct Tally {
    small: (usize, usize),
    large: (usize, usize),
    waits: Vec<usize>,
    false_with_thing: usize,
    looks_with_thing: usize,
    false_empty: usize,
    looks_empty: usize,
    ready_empty: usize,
}

/// All counts.
pub(crate) struct Report {
    tallies: Vec<(Condition, Tally)>,
    real: Vec<String>,
    kinds: Vec<(String, usize, usize)>,
    faults: Option<PathBuf>,
    secs: f64,
    looks: usize,
}

/// Pixels from which a thing counts as large.
const LARGE: f32 = 48.0;

impl Report {
    pub(crate) fn new(faults: Option<PathBuf>) -> Self {
        println!(
            "{:11} {:>12} {:>12} {:>7}  {:>14} {:>22}",
            "condition", ">=48 px", "28 px", "wait s", "false beside", "false, empty (looks)"
        );
        Self {
            tallies: Vec::new(),
            real: Vec::new(),
            kinds: Vec::new(),
            faults,
            secs: 0.0,
            looks: 0,
        }
    }

    pub(crate) fn add(&mut self, plan: &Plan<'_>, clip: &Clip, outcome: Outcome) -> Fallible<()> {
        self.secs += outcome.secs;
        self.looks += clip.looks.len();
        if self.tallies.last().is_none_or(|(last, _)| *last != plan.condition) {
            self.tallies.push((plan.condition, Tally::default()));
        }
        let Some((_, tally)) = self.tallies.last_mut() else { return Ok(()) };
        if let Some((thing, _)) = &plan.thing {
            let found = usize::from(outcome.told_after.is_some());
            let counts = if thing.size < LARGE { &mut tally.small } else { &mut tally.large };
            *counts = (counts.0 + found, counts.1 + 1);
            tally.waits.extend(outcome.told_after);
            tally.false_with_thing += outcome.false_alarms.len();
            tally.looks_with_thing += clip.looks.len();
            let name = format!("{:?} {}", thing.kind, thing.size);
            match self.kinds.iter_mut().find(|(known, _, _)| *known == name) {
                Some((_, hits, all)) => (*hits, *all) = (*hits + found, *all + 1),
                None => self.kinds.push((name, found, 1)),
            }
            if found == 0 {
                self.keep(plan, clip, (40, "missed"), None)?;
            }
        } else {
            tally.false_empty += outcome.false_alarms.len();
            tally.looks_empty += clip.looks.len();
            tally.ready_empty += outcome.ready;
        }
        for (look, found) in &outcome.false_alarms {
            self.keep(plan, clip, (*look, "false"), Some(found))?;
        }
        Ok(())
    }

    /// Persons that stand in the recorded scene while the detector is held silent: things that
    /// really came and stood.
    pub(crate) fn real(&mut self, scene: &Scene) -> Fallible<()> {
        let looks = scene.clip.looks.len();
        let condition = Condition::Day;
        for boxes in [true, false] {
            let plan = Plan { scene, condition, seed: 3, looks, thing: None, boxes };
            let clip = pictures(&plan)?;
            let outcome = run(&plan, &clip, &mut Workbench::default())?;
            let told = outcome.false_alarms.len();
            let how = if boxes { "boxes known" } else { "no boxes" };
            let at: Vec<usize> = outcome.false_alarms.iter().map(|(look, _)| *look).collect();
            self.real
                .push(format!("{:8} {how:12} {looks} looks, {told} told at {at:?}", scene.name));
        }
        Ok(())
    }

    pub(crate) fn print_condition(&self, condition: Condition) {
        if let Some((_, tally)) = self.tallies.iter().find(|(other, _)| *other == condition) {
            println!("{:11} {}", format!("{condition:?}"), line(tally));
        }
    }

    pub(crate) fn print_total(&self) {
        let mut sum = Tally::default();
        for (_, tally) in &self.tallies {
            sum.small = (sum.small.0 + tally.small.0, sum.small.1 + tally.small.1);
            sum.large = (sum.large.0 + tally.large.0, sum.large.1 + tally.large.1);
            sum.waits.extend(&tally.waits);
            sum.false_with_thing += tally.false_with_thing;
            sum.looks_with_thing += tally.looks_with_thing;
            sum.false_empty += tally.false_empty;
            sum.looks_empty += tally.looks_empty;
            sum.ready_empty += tally.ready_empty;
        }
        println!("{:11} {}", "all", line(&sum));
        let hours = |looks: usize| looks as f64 / 3600.0;
        println!(
            "false alarms: {} in {:.2} h empty = {:.1} a day; {} in {:.2} h beside a thing; ready in {} of {} looks",
            sum.false_empty,
            hours(sum.looks_empty),
            24.0 * sum.false_empty as f64 / hours(sum.looks_empty),
            sum.false_with_thing,
            hours(sum.looks_with_thing),
            sum.ready_empty,
            sum.looks_empty,
        );
        let mut kinds = self.kinds.clone();
        kinds.sort();
        for (name, hits, all) in kinds {
            print!("{name}: {hits}/{all}  ");
        }
        println!("\n{:.2} ms a look", 1e3 * self.secs / self.looks.max(1) as f64);
        for line in &self.real {
            println!("real: {line}");
        }
    }

    /// Writes the look as a picture, with the box of what was told.
    fn keep(
        &self,
        plan: &Plan<'_>,
        clip: &Clip,
        (look, what): (usize, &str),
        found: Option<&Standing>,
    ) -> Fallible<()> {
        let Some(folder) = &self.faults else { return Ok(()) };
        fs::create_dir_all(folder)?;
        let mut pixels = clip.looks[look.min(clip.looks.len() - 1)].clone();
        if let Some(found) = found {
            let why = &found.why;
            println!(
                "  {what} {:?} {} seed {} look {look} area {:.4} new {:.2} lost {:.2} in {:.2} struct {:.2} col {:.2} bright {:.2} sure {:.2}",
                plan.condition,
                plan.scene.name,
                plan.seed,
                found.area,
                why.new_edges,
                why.lost_edges,
                why.inner_edges,
                why.structure,
                why.colour,
                why.brightness,
                found.sure,
            );
            for corner in found.outline.windows(2) {
                stroke(&mut pixels, clip, corner);
            }
        } else if let Some((thing, _)) = &plan.thing {
            println!(
                "  {what} {:?} {} seed {} {:?} {} at {:?}",
                plan.condition,
                plan.scene.name,
                plan.seed,
                thing.kind,
                thing.size,
                thing.bounds(),
            );
        }
        let name =
            format!("{what}-{:?}-{}-{}-{look}.ppm", plan.condition, plan.scene.name, plan.seed);
        let mut bytes = format!("P6\n{} {}\n255\n", clip.width, clip.height).into_bytes();
        bytes.extend(pixels);
        Ok(fs::write(folder.join(name), bytes)?)
    }
}

/// A red line along a part of the outline.
fn stroke(pixels: &mut [u8], clip: &Clip, corner: &[scene::Point]) {
    let steps = 200;
    for step in 0..=steps {
        let part = step as f32 / steps as f32;
        let x = corner[0].x + (corner[1].x - corner[0].x) * part;
        let y = corner[0].y + (corner[1].y - corner[0].y) * part;
        let x = ((x * clip.width as f32) as usize).min(clip.width - 1);
        let y = ((y * clip.height as f32) as usize).min(clip.height - 1);
        pixels[3 * (y * clip.width + x)..][..3].copy_from_slice(&[255, 0, 0]);
    }
}

fn line(tally: &Tally) -> String {
    let mut waits = tally.waits.clone();
    waits.sort_unstable();
    let wait = waits.get(waits.len() / 2).map_or("-".to_owned(), ToString::to_string);
    let share = |(hits, all): (usize, usize)| {
        format!("{hits}/{all} {:.2}", hits as f64 / all.max(1) as f64)
    };
    format!(
        "{:>12} {:>12} {wait:>7}  {:>14} {:>13} ({})",
        share(tally.large),
        share(tally.small),
        tally.false_with_thing,
        tally.false_empty,
        tally.looks_empty,
    )
}
