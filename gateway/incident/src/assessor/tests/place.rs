//! Where alerts say that an incident is: on the ground if the camera can tell, and always there.

use std::fmt::Write as _;
use std::sync::Arc;

use expect_test::{Expect, expect};
use scene::{Calibration, GeoPoint, GroundPoint, LocalFrame, Pair, Point};
use serde_json::{Value, json};

use super::script::{START, Stage, profile, standing};
use crate::alert::Alert;
use crate::{Assessor, CameraProfile, GridMap, Place};

/// Below the camera.
const POLE: GeoPoint = GeoPoint { longitude: 117.112, latitude: 40.144 };

/// What a camera on a pole sees to the north: 4 m ahead at the lower edge, 20 m at the upper one.
fn ground(x: f32, y: f32) -> GroundPoint {
    let depth = 0.2 + 0.8 * f64::from(y);
    GroundPoint { east_m: 8.0 * (f64::from(x) - 0.5) / depth, north_m: 4.0 / depth }
}

fn place(ground: GroundPoint) -> GeoPoint {
    LocalFrame::at(POLE).place(ground)
}

fn calibrated() -> CameraProfile {
    let corners = [(0.1, 0.95), (0.9, 0.9), (0.85, 0.2), (0.1, 0.25), (0.5, 0.6)];
    let pair = |(x, y)| Pair { picture: Point { x, y }, place: place(ground(x, y)) };
    let fitted = Calibration::fit(&corners.map(pair)).unwrap();
    CameraProfile { ground: Some(fitted.plane), ..profile() }
}

/// One grid, from 50 m west of the camera to `east_m`.
fn map(east_m: f64) -> Option<Arc<GridMap>> {
    let corner = |east_m, north_m| {
        let GeoPoint { longitude, latitude } = place(GroundPoint { east_m, north_m });
        [longitude, latitude]
    };
    let corners = [(-50.0, -50.0), (east_m, -50.0), (east_m, 50.0), (-50.0, 50.0), (-50.0, -50.0)];
    let feature = json!({
        "type": "Feature",
        "properties": {
            "unit_code": "110117001003009",
            "path": [{ "level": "micro_grid", "code": "mapped" }],
            "map_version": "sim-2026.12",
        },
        "geometry": { "type": "Polygon", "coordinates": [corners.map(|(e, n)| corner(e, n))] },
    });
    let text = json!({ "type": "FeatureCollection", "features": [feature] }).to_string();
    Some(Arc::new(GridMap::parse(&text).unwrap()))
}

fn message(alert: &Alert) -> Value {
    serde_json::from_str(&alert.to_json(START).unwrap()).unwrap()
}

/// Each message's action, place in metres from the pole, and grid. The stage holds all of them
/// against the schema.
fn places(stage: &Stage) -> String {
    let mut lines = String::new();
    for alert in &stage.messages {
        let message = message(alert);
        let point = &message["geo"]["point"];
        let (longitude, latitude) = (point[0].as_f64().unwrap(), point[1].as_f64().unwrap());
        let metres = LocalFrame::at(POLE).metres(GeoPoint { longitude, latitude });
        writeln!(
            lines,
            "{} {} {:.1} {:.1} +-{} {} {}",
            message["action"].as_str().unwrap(),
            message["geo"]["method"].as_str().unwrap(),
            metres.east_m,
            metres.north_m,
            message["geo"]["accuracy_m"],
            message["grid"]["path"].as_array().unwrap().last().unwrap()["code"],
            message["grid"]["grid_map_version"],
        )
        .unwrap();
    }
    lines
}

fn check(camera: CameraProfile, script: &str, expected: &Expect) {
    let mut stage = Stage::of(camera, vec![standing()]);
    stage.play(script);
    expected.assert_eq(&places(&stage));
}

#[test]
fn an_uncalibrated_camera_says_where_it_stands() {
    check(
        profile(),
        "A10 .5",
        &expect![[r#"
        open device_fixed -0.0 0.0 +-4.5 "110117001003" "sim-2026.11"
        clear device_fixed -0.0 0.0 +-4.5 "110117001003" "sim-2026.11"
    "#]],
    );
    check(
        CameraProfile { grid_map: map(50.0), ..profile() },
        "A10 .5",
        &expect![[r#"
        open device_fixed -0.0 0.0 +-4.5 "110117001003" "sim-2026.11"
        clear device_fixed -0.0 0.0 +-4.5 "110117001003" "sim-2026.11"
    "#]],
    );
}

#[test]
fn a_calibrated_camera_says_where_the_object_stands() {
    let truth = ground(0.2, 0.6);
    assert!((truth.east_m + 3.53).abs() < 0.01 && (truth.north_m - 5.88).abs() < 0.01);
    check(
        calibrated(),
        "A10 .5",
        &expect![[r#"
        open ground_plane -3.5 5.9 +-1.1 "110117001003" "sim-2026.11"
        clear ground_plane -3.5 5.9 +-1.1 "110117001003" "sim-2026.11"
    "#]],
    );
    check(
        CameraProfile { grid_map: map(50.0), ..calibrated() },
        "A10 .5",
        &expect![[r#"
        open ground_plane -3.5 5.9 +-1.1 "mapped" "sim-2026.12"
        clear ground_plane -3.5 5.9 +-1.1 "mapped" "sim-2026.12"
    "#]],
    );
}

#[test]
fn near_a_border_the_cameras_own_grid_stays() {
    // The object stands 3.5 m west of the pole: 0.5 m from this border, and beyond the next one.
    check(
        CameraProfile { grid_map: map(-3.0), ..calibrated() },
        "A10",
        &expect![[r#"
        open ground_plane -3.5 5.9 +-1.1 "110117001003" "sim-2026.11"
    "#]],
    );
    check(
        CameraProfile { grid_map: map(-20.0), ..calibrated() },
        "A10",
        &expect![[r#"
        open ground_plane -3.5 5.9 +-1.1 "110117001003" "sim-2026.11"
    "#]],
    );
}

#[test]
fn a_place_does_not_wander() {
    // A second object 2 m away joins, the first one goes, the gateway restarts, then all is gone.
    let camera = CameraProfile { grid_map: map(50.0), ..calibrated() };
    check(
        camera,
        "A10 AD20 D140 !30 D130 .6 D3 .20",
        &expect![[r#"
        open ground_plane -3.5 5.9 +-1.1 "mapped" "sim-2026.12"
        update ground_plane -3.5 5.9 +-1.1 "mapped" "sim-2026.12"
        update ground_plane -3.5 5.9 +-1.1 "mapped" "sim-2026.12"
        update ground_plane -3.5 5.9 +-1.1 "mapped" "sim-2026.12"
        update ground_plane -3.5 5.9 +-1.1 "mapped" "sim-2026.12"
        clear ground_plane -3.5 5.9 +-1.1 "mapped" "sim-2026.12"
        close ground_plane -3.5 5.9 +-1.1 "mapped" "sim-2026.12"
    "#]],
    );
}

#[test]
fn a_worse_place_than_the_cameras_own_is_not_told() {
    let place = Place::new(117.112, 40.144, 0.3, None).unwrap();
    check(
        CameraProfile { place, ..calibrated() },
        "A10",
        &expect![[r#"
        open device_fixed -0.0 0.0 +-0.3 "110117001003" "sim-2026.11"
    "#]],
    );
}

#[test]
fn the_memory_of_a_version_that_knew_no_site_is_read() {
    let mut stage = Stage::of(calibrated(), vec![standing()]);
    stage.play("A10");
    let mut memory: Value = serde_json::from_slice(&stage.assessor.memory().unwrap()).unwrap();
    let incident = memory["rules"][0]["current"].as_object_mut().unwrap();
    assert!(incident.remove("site").is_some_and(|site| site["accuracy_m"].is_number()));
    stage.assessor = Assessor::new(calibrated(), vec![standing()]).unwrap();
    stage.assessor.restore(memory.to_string().as_bytes()).unwrap();
    stage.play(".10");
    expect![[r#"
        open ground_plane -3.5 5.9 +-1.1 "110117001003" "sim-2026.11"
        clear device_fixed -0.0 0.0 +-4.5 "110117001003" "sim-2026.11"
    "#]]
    .assert_eq(&places(&stage));
}

#[test]
fn the_shifted_place_is_told_on_request() {
    for camera in [profile(), calibrated()] {
        let mut stage = Stage::of(CameraProfile { gcj02: true, ..camera }, vec![standing()]);
        stage.play("A10");
        let message = message(&stage.messages[0]);
        let drawn = |axis: usize| message["geo"]["gcj02"][axis].as_f64().unwrap();
        // Within the 7 m from the pole, whose golden vector this is, to the object.
        assert!((drawn(0) - 117.118_564_7).abs() < 6e-5, "{message:#}");
        assert!((drawn(1) - 40.145_429_4).abs() < 6e-5, "{message:#}");
        assert!(message["geo"]["point"][0].as_f64().unwrap() < 117.113);
    }
    let mut plain = Stage::of(profile(), vec![standing()]);
    plain.play("A10");
    assert!(message(&plain.messages[0])["geo"].get("gcj02").is_none());
}
