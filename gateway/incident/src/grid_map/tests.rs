//! Which grid a place belongs to, against a linear scan by another method; and a table of faults.

use std::f64::consts::{PI, TAU};

use expect_test::{Expect, expect};
use scene::{GeoPoint, GroundPoint, LocalFrame};
use serde_json::{Value, json};

use super::outline::Position;
use super::{Assignment, GridMap};
use crate::place::{Grid, GridLevel, GridStep};

fn feature(code: &str, kind: &str, coordinates: &Value) -> Value {
    json!({
        "type": "Feature",
        "properties": {
            "unit_code": "110117001003007",
            "division_code": "110117001003",
            "path": [{ "level": "grid", "code": code, "name": "网格(示例)" }],
            "map_version": "sim-1",
            "area_m2": 1234.5,
        },
        "geometry": { "type": kind, "coordinates": coordinates },
    })
}

fn collection(features: &[Value]) -> String {
    json!({ "type": "FeatureCollection", "features": features }).to_string()
}

/// A ring around a rectangle, degrees.
fn block(west: f64, south: f64, east: f64, north: f64) -> Value {
    json!([[west, south], [east, south], [east, north], [west, north], [west, south]])
}

fn at(longitude: f64, latitude: f64) -> GeoPoint {
    GeoPoint { longitude, latitude }
}

fn code(grid: &Grid) -> &str {
    &grid.path()[0].code
}

fn duty() -> Grid {
    let step = GridStep { level: GridLevel::Grid, code: "duty".to_owned(), name: None };
    Grid::new(None, None, vec![step], None).unwrap()
}

/// West and east share the border 117.01; east has a pond and an exclave; a street holds both.
fn town() -> GridMap {
    let mut street = feature("street", "Polygon", &json!([block(117.0, 40.0, 117.02, 40.01)]));
    street["properties"]["path"][0]["level"] = "street".into();
    let deep = |mut feature: Value| {
        let step = json!({ "level": "micro_grid", "code": "inner" });
        feature["properties"]["path"].as_array_mut().unwrap().push(step);
        feature
    };
    let pond = block(117.014, 40.004, 117.016, 40.006);
    let exclave = block(117.03, 40.0, 117.031, 40.001);
    let east = json!([[block(117.01, 40.0, 117.02, 40.01), pond], [exclave]]);
    GridMap::parse(&collection(&[
        street,
        deep(feature("west", "Polygon", &json!([block(117.0, 40.0, 117.01, 40.01)]))),
        deep(feature("east", "MultiPolygon", &east)),
    ]))
    .unwrap()
}

#[test]
fn a_place_belongs_to_the_deepest_grid_that_holds_it() {
    let town = town();
    assert_eq!(town.len(), 3);
    for (longitude, latitude, expected) in [
        (117.005, 40.005, Some("west")),
        (117.012, 40.005, Some("east")),
        (117.0305, 40.0005, Some("east")),
        (117.015, 40.005, Some("street")),
        (117.025, 40.005, None),
        (117.005, 39.999, None),
    ] {
        let grid = town.grid_at(at(longitude, latitude));
        assert_eq!(grid.map(code), expected, "{longitude} {latitude}");
    }
    let west = town.grid_at(at(117.005, 40.005)).unwrap();
    assert_eq!(west.unit_code(), Some("110117001003007"));
    assert_eq!(west.division_code(), Some("110117001003"));
    assert_eq!(west.map_version(), Some("sim-1"));
}

#[test]
fn near_a_border_the_duty_grid_answers() {
    let (town, duty) = (town(), duty());
    // Metres from the border between west and east, and from the pond's western shore.
    let border = LocalFrame::at(at(117.01, 40.005));
    let shore = LocalFrame::at(at(117.014, 40.005));
    for (frame, east_m, accuracy_m, expected) in [
        (border, 12.0, 10.0, "mapped east"),
        (border, 12.0, 13.0, "near border: duty, not east"),
        (border, -12.0, 11.9, "mapped west"),
        (border, -12.0, 12.1, "near border: duty, not west"),
        (border, -1.0, 0.5, "mapped west"),
        (shore, -5.0, 4.9, "mapped east"),
        (shore, -5.0, 5.1, "near border: duty, not east"),
        (border, 3000.0, 1.0, "off map: duty"),
    ] {
        let place = frame.place(GroundPoint { east_m, north_m: 0.0 });
        let assignment = town.assign(place, accuracy_m, &duty);
        let answers = code(assignment.grid());
        let found = match assignment {
            Assignment::Mapped { border_m, .. } => {
                assert!((border_m - east_m.abs()).abs() < 0.02, "{border_m}");
                format!("mapped {answers}")
            }
            Assignment::NearBorder { nearest, border_m, .. } => {
                assert!((border_m - east_m.abs()).abs() < 0.02, "{border_m}");
                format!("near border: {answers}, not {}", code(nearest))
            }
            Assignment::OffMap { .. } => format!("off map: {answers}"),
        };
        assert_eq!(found, expected, "{east_m} {accuracy_m}");
    }
}

#[test]
fn a_place_on_a_shared_border_belongs_to_exactly_one_grid() {
    let corners = [(117.0, 40.0), (117.01, 40.0), (117.0, 40.01), (117.01, 40.01)];
    let features = corners.map(|(west, south)| {
        feature("g", "Polygon", &json!([block(west, south, west + 0.01, south + 0.01)]))
    });
    let map = GridMap::parse(&collection(&features)).unwrap();
    for step in 1..200 {
        let along = 1e-4 * f64::from(step);
        for place in [[117.01, 40.0 + along], [117.0 + along, 40.01], [117.01, 40.01]] {
            let holding = map.cells.iter().filter(|cell| cell.outline.contains(place)).count();
            assert_eq!(holding, 1, "{place:?}");
        }
    }
}

/// Evenly distributed numbers, the same in each run: `SplitMix64`.
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((bits ^ (bits >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// A star of 5 to 12 points, which may overlap others.
    fn star(&mut self) -> Vec<Position> {
        let (x, y) = (117.0 + 0.3 * self.roll(), 40.0 + 0.3 * self.roll());
        let points = 5 + i32::try_from(self.0 % 8).unwrap();
        let mut ring: Vec<Position> = (0..points)
            .map(|point| {
                let angle = TAU * (f64::from(point) + 0.8 * self.roll()) / f64::from(points);
                let reach = 0.001 + 0.004 * self.roll();
                [x + reach * angle.cos(), y + reach * angle.sin()]
            })
            .collect();
        ring.push(ring[0]);
        ring
    }
}

/// Whether a walk along the ring turns once around the place: an oracle of another kind.
fn winds_around(ring: &[Position], [x, y]: Position) -> bool {
    let angle = |p: &Position| (p[1] - y).atan2(p[0] - x);
    let turns = ring.windows(2).map(|edge| {
        let turn = angle(&edge[1]) - angle(&edge[0]);
        if turn > PI {
            turn - TAU
        } else if turn < -PI {
            turn + TAU
        } else {
            turn
        }
    });
    turns.sum::<f64>().abs() > PI
}

fn shoelace(ring: &[Position]) -> f64 {
    let origin = ring[0];
    let x = |p: &Position| p[0] - origin[0];
    let y = |p: &Position| p[1] - origin[1];
    ring.windows(2).map(|e| x(&e[0]) * y(&e[1]) - y(&e[0]) * x(&e[1])).sum::<f64>().abs()
}

#[test]
fn ten_thousand_polygons_answer_like_a_linear_scan() {
    let mut dice = Dice(11);
    let rings: Vec<Vec<Position>> = (0..10_000).map(|_| dice.star()).collect();
    let features: Vec<Value> = rings
        .iter()
        .enumerate()
        .map(|(number, ring)| feature(&number.to_string(), "Polygon", &json!([ring])))
        .collect();
    let map = GridMap::parse(&collection(&features)).unwrap();
    let (mut held, mut shared) = (0, 0);
    for _ in 0..150 {
        let place = [117.0 + 0.3 * dice.roll(), 40.0 + 0.3 * dice.roll()];
        let mut holding: Vec<usize> =
            (0..rings.len()).filter(|number| winds_around(&rings[*number], place)).collect();
        holding.sort_by(|a, b| shoelace(&rings[*a]).total_cmp(&shoelace(&rings[*b])));
        held += usize::from(!holding.is_empty());
        shared += usize::from(holding.len() > 1);
        let expected = holding.first().map(ToString::to_string);
        let found = map.grid_at(at(place[0], place[1])).map(|grid| code(grid).to_owned());
        assert_eq!(found, expected, "{place:?}");
    }
    assert!(held > 50 && shared > 20, "{held} {shared}: too few to prove anything");
}

fn check(text: &str, expected: &Expect) {
    let fault = GridMap::parse(text).unwrap_err();
    assert!(!fault.faults().is_empty());
    expected.assert_eq(&fault.to_string());
}

fn check_ring(ring: &Value, expected: &Expect) {
    check(&collection(&[feature("g", "Polygon", &json!([ring]))]), expected);
}

#[test]
fn files_that_are_no_grid_map() {
    check("{", &expect!["not JSON: EOF while parsing an object at line 1 column 1"]);
    check("{\"type\": \"Feature\"}", &expect![[r#"type: expected "FeatureCollection""#]]);
    check("{\"type\": \"FeatureCollection\"}", &expect!["features: expected a list"]);
    let projected = json!({
        "type": "FeatureCollection",
        "crs": { "type": "name", "properties": { "name": "urn:ogc:def:crs:EPSG::4547" } },
        "features": [],
    });
    check(
        &projected.to_string(),
        &expect![
            "crs: urn:ogc:def:crs:EPSG::4547: expected degrees in WGS-84 (leave `crs` out, RFC 7946 §4)"
        ],
    );
    assert!(GridMap::parse(&collection(&[])).unwrap().is_empty());
}

#[test]
fn every_fault_names_feature_and_property() {
    let sound = feature("g", "Polygon", &json!([block(117.0, 40.0, 117.01, 40.01)]));
    let changed = |pointer: &str, value: Value| {
        let mut feature = sound.clone();
        *feature.pointer_mut(pointer).unwrap() = value;
        feature
    };
    let features = [
        sound.clone(),
        changed("/properties/unit_code", "1101".into()),
        changed("/properties/unit_code", 110_117_001_003_007_i64.into()),
        changed("/properties/division_code", "abc".into()),
        changed("/properties/path", Value::Null),
        changed("/properties/path", json!([])),
        changed("/properties/path/0/level", "quarter".into()),
        changed("/properties/map_version", "v".repeat(33).into()),
        changed("/properties", Value::Null),
        changed("/geometry/type", "Point".into()),
        changed("/geometry", Value::Null),
        changed("/geometry/coordinates", json!([])),
        changed("/geometry/coordinates", json!([block(20.0, 40.0, 20.01, 40.01)])),
        changed(
            "/geometry/coordinates",
            json!([block(117.0, 40.0, 117.01, 40.01), block(117.02, 40.0, 117.03, 40.01)]),
        ),
    ];
    check(
        &collection(&features),
        &expect![[r#"
        features[1].properties.unit_code: `1101`: expected 14, 15 or 20 digits
        features[2].properties.unit_code: invalid type: integer `110117001003007`, expected a string
        features[3].properties.division_code: `abc`: expected 6, 9 or 12 digits
        features[4].properties.path: missing: [{level, code, name}, …]
        features[5].properties.path: `0 steps`: expected 1 to 8 steps
        features[6].properties.path: unknown variant `quarter`, expected one of `city`, `district`, `street`, `area`, `community`, `unit`, `yard`, `grid`, `micro_grid`, `building_unit`
        features[7].properties.map_version: `vvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvv`: expected at most 32 characters
        features[8].properties: expected a table with `path`
        features[9].geometry.type: found Point; expected Polygon or MultiPolygon
        features[10].geometry.type: found none; expected Polygon or MultiPolygon
        features[11].geometry.coordinates: expected a list of rings, the outer one first
        features[12].geometry: 6003 km from the first feature: of another city, or longitude and latitude swapped
        features[13].geometry.coordinates[1]: this hole does not lie within the outer ring"#]],
    );
    let wrong = vec![changed("/geometry", Value::Null); 25];
    let said = GridMap::parse(&collection(&wrong)).unwrap_err();
    assert_eq!(said.faults().len(), 25);
    assert!(said.to_string().ends_with("\nand 5 more"), "{said}");
}

#[test]
fn rings_that_enclose_nothing_sound() {
    check_ring(
        &json!([[117.0, 40.0], [117.01, 40.0], [117.0, 40.0]]),
        &expect![
            "features[0].geometry.coordinates[0]: a ring needs at least 4 positions, the last like the first; found 3"
        ],
    );
    check_ring(
        &json!([[117.0, 40.0], [117.01, 40.0], [117.01, 40.01], [117.0, 40.01]]),
        &expect![
            "features[0].geometry.coordinates[0]: the ring is not closed: its last position must be its first one"
        ],
    );
    check_ring(
        &json!([[117.0, 40.0], [117.01, 40.0], [117.02, 40.0], [117.0, 40.0]]),
        &expect!["features[0].geometry.coordinates[0]: the ring encloses no area"],
    );
}

#[test]
fn rings_that_meet_themselves() {
    // A bow tie of unequal halves, a spike, and a corner on a far edge.
    check_ring(
        &json!([[117.0, 40.0], [117.02, 40.02], [117.02, 40.0], [117.0, 40.01], [117.0, 40.0]]),
        &expect![
            "features[0].geometry.coordinates[0]: the ring crosses or touches itself near [117.02, 40]"
        ],
    );
    check_ring(
        &json!([[117.0, 40.0], [117.02, 40.0], [117.01, 40.0], [117.01, 40.01], [117.0, 40.0]]),
        &expect![
            "features[0].geometry.coordinates[0]: the ring crosses or touches itself near [117.02, 40]"
        ],
    );
    check_ring(
        &json!([
            [117.0, 40.0],
            [117.02, 40.0],
            [117.02, 40.01],
            [117.01, 40.0],
            [117.0, 40.01],
            [117.0, 40.0]
        ]),
        &expect![
            "features[0].geometry.coordinates[0]: the ring crosses or touches itself near [117.01, 40]"
        ],
    );
}

#[test]
fn positions_that_are_none() {
    check_ring(
        &json!([[40.0, 117.0], [40.0, 117.1], [40.1, 117.0], [40.0, 117.0]]),
        &expect![
            "features[0].geometry.coordinates[0][0]: [40, 117] is nowhere on Earth: expected [longitude, latitude] in WGS-84 degrees; swapped, or metres of a city's own system?"
        ],
    );
    check_ring(
        &json!([[117.0], [117.01, 40.0], [117.01, 40.01], [117.0]]),
        &expect![
            "features[0].geometry.coordinates[0][0]: expected [longitude, latitude] in degrees"
        ],
    );
    check_ring(
        &json!("round"),
        &expect!["features[0].geometry.coordinates[0]: expected a list of positions"],
    );
    // Positions with a height, and one that repeats the one before it, are sound.
    let ring = json!([
        [117.0, 40.0, 43.5],
        [117.01, 40.0, 43.5],
        [117.01, 40.0, 43.5],
        [117.01, 40.01, 43.5],
        [117.0, 40.0, 43.5]
    ]);
    assert!(GridMap::parse(&collection(&[feature("g", "Polygon", &json!([ring]))])).is_ok());
}
