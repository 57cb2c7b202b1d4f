//! What finding a place's grid costs on ten thousand polygons, beside a linear scan of the same
//! polygons in the same run.
//!
//! `cargo bench -p incident --bench grid_lookup`. The two take turns, so that a noisy machine
//! disturbs both alike; medians of the rounds are shown.

#![expect(clippy::print_stdout, reason = "a bench reports to the terminal")]
#![expect(clippy::disallowed_methods, reason = "a bench measures time")]
#![expect(clippy::unwrap_used, reason = "a bench that can not run stops")]

use std::fmt::Write as _;
use std::hint::black_box;
use std::time::Instant;

use incident::{Grid, GridLevel, GridMap, GridStep};
use scene::GeoPoint;

/// Blocks along one side of the town: 100 x 100 polygons.
const SIDE: u32 = 100;
/// Corners between two crossings, so that borders are as winding as real ones.
const BENDS: u32 = 6;
const PITCH: f64 = 0.003;
const ROUNDS: usize = 15;
const LOOKUPS: usize = 20_000;
const SCANS: usize = 20;

type Ring = Vec<[f64; 2]>;

/// Borders that neighbours share wind with their place, so that the polygons tile the town.
fn winding([x, y]: [f64; 2]) -> [f64; 2] {
    [x + 0.0003 * (y * 2_000.0).sin(), y + 0.0003 * (x * 2_000.0).cos()]
}

fn block(column: u32, row: u32) -> Ring {
    let corners = [(0, 0), (1, 0), (1, 1), (0, 1)];
    let corner = |(x, y): (u32, u32)| {
        [117.0 + PITCH * f64::from(column + x), 40.0 + PITCH * f64::from(row + y)]
    };
    let mut ring = Ring::new();
    for (from, to) in corners.into_iter().zip(corners.into_iter().cycle().skip(1)) {
        let (from, to) = (corner(from), corner(to));
        for bend in 0..BENDS {
            let share = f64::from(bend) / f64::from(BENDS);
            let along = |i: usize| from[i] + share * (to[i] - from[i]);
            ring.push(winding([along(0), along(1)]));
        }
    }
    ring.extend(ring.first().copied());
    ring
}

fn geojson(rings: &[Ring]) -> String {
    let mut text = String::from(r#"{"type":"FeatureCollection","features":["#);
    for (number, ring) in rings.iter().enumerate() {
        let comma = if number > 0 { "," } else { "" };
        write!(
            text,
            r#"{comma}{{"type":"Feature","properties":{{"path":[{{"level":"grid","code":"{number}"}}]}},"geometry":{{"type":"Polygon","coordinates":[{ring:?}]}}}}"#
        )
        .unwrap();
    }
    text.push_str("]}");
    text
}

fn contains(ring: &Ring, [x, y]: [f64; 2]) -> bool {
    let crossings = ring.windows(2).filter(|edge| {
        let [[ax, ay], [bx, by]] = [edge[0], edge[1]];
        (ay > y) != (by > y) && x < ax + (y - ay) / (by - ay) * (bx - ax)
    });
    crossings.count() % 2 == 1
}

/// Places spread over the town, the same in each run.
fn places() -> Vec<[f64; 2]> {
    let spread = |number: usize, by: f64| (number as f64 * by).fract() * PITCH * f64::from(SIDE);
    (1..=LOOKUPS).map(|n| [117.0 + spread(n, 0.754_877), 40.0 + spread(n, 0.569_840)]).collect()
}

fn ns_each<T>(count: usize, mut work: impl FnMut(usize) -> T) -> f64 {
    let begun_at = Instant::now();
    for number in 0..count {
        black_box(work(number));
    }
    begun_at.elapsed().as_secs_f64() * 1e9 / count as f64
}

fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_unstable_by(f64::total_cmp);
    figures[figures.len() / 2]
}

fn main() {
    let rings: Vec<Ring> =
        (0..SIDE).flat_map(|row| (0..SIDE).map(move |column| block(column, row))).collect();
    let text = geojson(&rings);
    let begun_at = Instant::now();
    let map = GridMap::parse(&text).unwrap();
    let parsed_ms = begun_at.elapsed().as_secs_f64() * 1e3;
    let places = places();
    let point = |[longitude, latitude]: [f64; 2]| GeoPoint { longitude, latitude };
    let step = GridStep { level: GridLevel::Grid, code: "duty".to_owned(), name: None };
    let duty = Grid::new(None, None, vec![step], None).unwrap();
    let scan = |place: [f64; 2]| rings.iter().position(|ring| contains(ring, place));
    let mut agreeing = 0;
    for place in places.iter().take(SCANS * ROUNDS) {
        let found = map.grid_at(point(*place)).map(|grid| grid.path()[0].code.clone());
        agreeing += usize::from(found == scan(*place).map(|number| number.to_string()));
    }
    let (mut lookup, mut assign, mut linear) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        lookup.push(ns_each(LOOKUPS, |n| map.grid_at(point(places[n])).is_some()));
        assign.push(ns_each(LOOKUPS, |n| *map.assign(point(places[n]), 3.0, &duty).grid() == duty));
        linear.push(ns_each(SCANS, |n| scan(places[round * SCANS + n])));
    }
    let (lookup, assign, linear) = (median(lookup), median(assign), median(linear));
    println!("{} polygons of {} corners, read in {parsed_ms:.0} ms", map.len(), 4 * BENDS);
    println!("grid of a place     {lookup:>10.0} ns");
    println!("with border rule    {assign:>10.0} ns");
    println!("linear scan         {linear:>10.0} ns   {:.0} times as long", linear / lookup);
    println!("both name the same grid for {agreeing} of {} places", SCANS * ROUNDS);
}
