//! How well standing things are found, and how often something is told that is none.
//!
//! ```text
//! cargo run --release -p standing --example evaluate -- FOLDER... [part=tuned|held|all]
//!     [each=4] [empty=300] [only=CONDITION] [faults=FOLDER]
//! ```
//! The folders hold the clips and, as `NAME.boxes`, the persons and vehicles of each look. Things
//! are composed into real clips; `empty` looks a scene and condition show the clips without.
#![expect(
    clippy::print_stdout,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a program that prints figures, on pictures of known size"
)]

mod clip;
mod condition;
mod report;
mod run;
mod scene;
mod thing;

use std::path::PathBuf;

use fastrand::Rng;
use standing::Workbench;

use crate::clip::Fallible;
use crate::condition::{CONDITIONS, Condition};
use crate::report::Report;
use crate::run::{Plan, pictures, place, run};
use crate::scene::{Part, Scene, scenes};
use crate::thing::{KINDS, Kind, Thing};

/// Pixels of a thing's height in the clip.
const SIZES: [f32; 4] = [28.0, 48.0, 64.0, 96.0];
/// Looks of a run with a thing; it stands there in those of `STANDS`.
const LOOKS: usize = 64;
const STANDS: std::ops::Range<usize> = 18..46;

struct Arguments {
    folders: Vec<PathBuf>,
    part: String,
    each: usize,
    empty: usize,
    only: Option<String>,
    faults: Option<PathBuf>,
}

impl Arguments {
    fn read() -> Fallible<Self> {
        let mut read = Self {
            folders: Vec::new(),
            part: "tuned".to_owned(),
            each: 4,
            empty: 300,
            only: None,
            faults: None,
        };
        for word in std::env::args().skip(1) {
            match word.split_once('=') {
                Some(("part", value)) => value.clone_into(&mut read.part),
                Some(("each", value)) => read.each = value.parse()?,
                Some(("empty", value)) => read.empty = value.parse()?,
                Some(("only", value)) => read.only = Some(value.to_owned()),
                Some(("faults", value)) => read.faults = Some(PathBuf::from(value)),
                Some(_) => return Err(format!("unknown: {word}").into()),
                None => read.folders.push(PathBuf::from(word)),
            }
        }
        Ok(read)
    }

    fn takes(&self, scene: &Scene) -> bool {
        match self.part.as_str() {
            "tuned" => scene.part == Part::Tuned,
            "held" => scene.part == Part::Held,
            _ => true,
        }
    }
}

fn main() -> Fallible<()> {
    let arguments = Arguments::read()?;
    let scenes = scenes(&arguments.folders)?;
    let mut report = Report::new(arguments.faults.clone());
    for condition in CONDITIONS {
        let name = format!("{condition:?}");
        if arguments.only.as_ref().is_some_and(|only| !only.split(',').any(|o| o == name)) {
            continue;
        }
        for (number, scene) in scenes.iter().enumerate() {
            if arguments.takes(scene) {
                composed(scene, condition, (number, arguments.each), &mut report)?;
                empty(scene, condition, (number, arguments.empty), &mut report)?;
            }
        }
        report.print_condition(condition);
    }
    if arguments.only.is_none() {
        for scene in scenes.iter().filter(|scene| arguments.takes(scene)) {
            report.real(scene)?;
        }
    }
    report.print_total();
    Ok(())
}

/// `each` things of each size in a scene under a condition.
fn composed(
    scene: &Scene,
    condition: Condition,
    (number, each): (usize, usize),
    report: &mut Report,
) -> Fallible<()> {
    let mut bench = Workbench::default();
    for (index, size) in SIZES.iter().enumerate() {
        for turn in 0..each {
            let seed = ((number * 4 + index) * 64 + turn) as u64;
            let mut rng = Rng::with_seed(seed + 7_000);
            let kind = KINDS[(turn + index + number) % KINDS.len()];
            let Some(thing) = seen_thing(scene, (kind, *size), seed, &mut rng) else { continue };
            let thing = Some((thing, STANDS));
            let plan = Plan { scene, condition, seed, looks: LOOKS, thing, boxes: true };
            let clip = pictures(&plan)?;
            let outcome = run(&plan, &clip, &mut bench)?;
            report.add(&plan, &clip, outcome)?;
        }
    }
    Ok(())
}

/// A thing at a place that nobody hides for long: what cannot be seen is no miss.
fn seen_thing(scene: &Scene, (kind, size): (Kind, f32), seed: u64, rng: &mut Rng) -> Option<Thing> {
    let [_, _, width, height] = scene.zone;
    let (start, _, _) = Plan::begin(scene, seed);
    (0..40).map(|_| Thing::placed(kind, size, (width as f32, height as f32), rng)).find(|thing| {
        let looks = start + STANDS.start..start + STANDS.end;
        scene.hidden_share(looks, &place(thing, (width, height))) < 0.3
    })
}

/// The scene as it is, under a condition.
fn empty(
    scene: &Scene,
    condition: Condition,
    (number, looks): (usize, usize),
    report: &mut Report,
) -> Fallible<()> {
    let mut bench = Workbench::default();
    let mut left = looks;
    let mut turn = 0;
    while left > 0 {
        // Short runs: light, noise and place in the clip are drawn anew for each.
        let looks = left.min(100);
        let seed = (1_000_000 + number * 1000 + turn) as u64;
        let plan = Plan { scene, condition, seed, looks, thing: None, boxes: true };
        let clip = pictures(&plan)?;
        let outcome = run(&plan, &clip, &mut bench)?;
        report.add(&plan, &clip, outcome)?;
        left -= looks;
        turn += 1;
    }
    Ok(())
}
