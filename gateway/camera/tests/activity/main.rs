//! Looks that are left out: the worst moments for something to come, in clips that real encoders make.
//!
//! Each clip goes through the gate at every phase of its turns. What counts is the first look after the thing has
//! come to rest. It may be no later than it would be without activity, but for the way to the next key frame; in two
//! clips sizes do not show what comes, and it may be as late as the bound.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on fails")]
#![expect(clippy::print_stdout, reason = "figures for the documents")]

mod clip;

use std::time::Duration;

use camera::{AccessUnit, Codec, LookPace, SharedGate};
use clip::{COMES_AT, FPS, GOP, POPS_UP, PUSHED_IN, Recipe, moment};

const INTERVAL: Duration = Duration::from_secs(10);
const LONGEST: Duration = Duration::from_secs(30);
const PACE: LookPace = LookPace { interval: INTERVAL, longest: Some(LONGEST) };

/// The looks at a clip of which the first `skipped` pictures are missing, in seconds of the clip; and how many were
/// left out, and brought forward.
fn looks(units: &[AccessUnit], skipped: usize) -> (Vec<f64>, u64, u64) {
    let gate = SharedGate::new(64 << 20);
    gate.restart(Codec::H264);
    gate.set_pace(PACE);
    let mut looks = Vec::new();
    for unit in &units[skipped..] {
        gate.offer(unit.clone());
        while let Some((_, run)) = gate.take() {
            if run.is_due {
                let at = run.units.last().unwrap().captured_at;
                looks.push(at.since(moment(0)).as_secs_f64());
            }
        }
    }
    (looks, gate.counts().left_out, gate.counts().hastened)
}

/// What is told of one clip: of the looks before anything came, how many were left out; and the longest time from
/// rest to the look that shows it.
struct Outcome {
    left_out: u64,
    turns: u64,
    hastened: u64,
    latest_secs: f64,
}

fn play(recipe: &Recipe, rests_at: f64) -> Outcome {
    let units = recipe.units();
    let mut outcome = Outcome { left_out: 0, turns: 0, hastened: 0, latest_secs: 0.0 };
    for phase in 0..5 {
        let skipped = phase * usize::try_from(2 * FPS).unwrap();
        let (looks, left_out, hastened) = looks(&units, skipped);
        outcome.left_out += left_out;
        outcome.turns += left_out + looks.len() as u64;
        outcome.hastened += hastened;
        let first = looks.iter().find(|at| **at >= rests_at).copied().unwrap_or(f64::INFINITY);
        outcome.latest_secs = outcome.latest_secs.max(first - rests_at);
    }
    let Outcome { left_out, turns, hastened, latest_secs } = &outcome;
    println!(
        "{}: {left_out} of {turns} turns left out, {hastened} looks brought forward, seen {latest_secs:.1} s after \
         it came to rest at the latest",
        recipe.name
    );
    outcome
}

/// What comes to rest at this second is seen as soon as without activity.
fn nothing_is_missed(recipe: Recipe, rests_at: f64) -> Outcome {
    let outcome = play(&recipe, rests_at);
    let limit = (INTERVAL + GOP).as_secs_f64();
    assert!(outcome.latest_secs <= limit, "{}: {} s", recipe.name, outcome.latest_secs);
    outcome
}

/// What comes to rest at this second is seen by the longest time from look to look, although sizes do not show it.
fn within_the_bound(recipe: &Recipe, rests_at: f64) {
    let outcome = play(recipe, rests_at);
    let limit = (LONGEST + GOP).as_secs_f64();
    assert!(outcome.latest_secs <= limit, "{}: {} s", recipe.name, outcome.latest_secs);
}

const CAME: f64 = COMES_AT as f64;

#[test]
fn a_still_street_is_looked_at_seldom_until_somebody_walks_in() {
    let day = nothing_is_missed(Recipe::DAY, CAME + 3.0);
    assert!(day.left_out >= 8 && day.hastened >= 3, "{} {}", day.left_out, day.hastened);
    let coder = "-c:v libx265 -preset ultrafast -crf 28 \
                 -x265-params keyint=20:min-keyint=20:scenecut=0:bframes=0:pools=none:log-level=none";
    let h265 = nothing_is_missed(Recipe { name: "day, H.265", coder, ..Recipe::DAY }, CAME + 3.0);
    assert!(h265.left_out >= 8, "{}", h265.left_out);
}

#[test]
fn what_is_put_down_from_one_picture_to_the_next_is_seen_and_never_later_than_the_bound() {
    let after = Recipe { name: "just after a key frame", x: POPS_UP, ..Recipe::DAY };
    assert!(nothing_is_missed(after, CAME + 2.0).hastened >= 1);
    // The key frame that follows at once hides it among its own bytes: it is seen within the bound.
    let x = "if(lt(t,111.85),-60,140)";
    let before = Recipe { name: "just before a key frame", x, ..Recipe::DAY };
    within_the_bound(&before, CAME + 2.0);
}

#[test]
fn a_cart_that_is_pushed_in_slowly_is_seen() {
    nothing_is_missed(Recipe { name: "a slow cart", x: PUSHED_IN, ..Recipe::DAY }, CAME + 20.0);
}

#[test]
#[ignore = "`make evaluate` plays it"]
fn in_the_dark_noise_hides_what_comes_and_every_turn_is_a_look() {
    let light = "eq=brightness=-0.35:contrast=0.4";
    let night = Recipe { name: "night", noise: 30, light, x: PUSHED_IN, ..Recipe::DAY };
    assert_eq!(nothing_is_missed(night, CAME + 20.0).left_out, 0);
}

#[test]
#[ignore = "`make evaluate` plays it"]
fn a_smart_codec_sends_almost_nothing_until_something_comes() {
    let coder = "-c:v libx264 -preset veryfast -g 600 -keyint_min 600 -sc_threshold 0 -crf 30";
    let smart = Recipe { name: "smart codec", noise: 0, coder, ..Recipe::DAY };
    assert!(nothing_is_missed(smart, CAME + 3.0).left_out >= 5);
}

#[test]
#[ignore = "`make evaluate` plays it"]
fn what_comes_while_the_light_changes_is_seen() {
    let light = "fade=t=out:st=105:d=30:color=gray";
    let dusk = Recipe { name: "dusk, a slow cart", light, x: PUSHED_IN, ..Recipe::DAY };
    nothing_is_missed(dusk, CAME + 20.0);
}

#[test]
#[ignore = "`make evaluate` plays it"]
fn at_a_constant_bit_rate_what_comes_slowly_is_seen_within_the_bound() {
    let coder = "-c:v libx264 -preset veryfast -g 20 -keyint_min 20 -sc_threshold 0 -b:v 400k -minrate 400k \
                 -maxrate 400k -bufsize 400k";
    let constant = Recipe { name: "constant bit rate", coder, x: PUSHED_IN, ..Recipe::DAY };
    within_the_bound(&constant, CAME + 20.0);
}
