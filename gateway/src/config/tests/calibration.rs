//! Calibrated cameras, and points that make no plane, named where they are written.

use expect_test::{Expect, expect};
use scene::{FootUncertainty, GeoPoint, Point};
use tempfile::TempDir;

use super::super::calibrate;
use super::{CAMERA, GATEWAY, check_camera, check_set, folder, load_here};

/// A camera 6 m above the street that looks north-east and down.
const POINTS: &str = "
[calibration]
points = [
    { px = [210, 985], longitude = 117.1119912, latitude = 40.1440708 },
    { px = [1720, 930], longitude = 117.1120903, latitude = 40.1440321 },
    { px = [1430, 380], longitude = 117.1121722, latitude = 40.1441119 },
    { px = [390, 330], longitude = 117.1120311, latitude = 40.1441997 },
    { px = [960, 650], longitude = 117.1120620, latitude = 40.1440824 },
    { px = [1050, 230], longitude = 117.1121804, latitude = 40.1442072 },
]
";

fn camera(points: &str) -> String {
    format!("{}{points}", CAMERA.replace("[768, 576]", "[1920, 1080]"))
}

#[test]
fn a_calibrated_camera_knows_the_ground() {
    let dir = folder(GATEWAY, &[("cam-01.toml", &camera(POINTS))]);
    check_set(&dir, &expect!["sound"]);
    let config = load_here(dir.path()).unwrap();
    let plane = config.cameras[0].ground.unwrap();
    let foot = Point { x: 960.0 / 1920.0, y: 650.0 / 1080.0 };
    let located = plane.locate_wgs84(foot, FootUncertainty::default()).unwrap();
    let truth = GeoPoint { longitude: 117.112_062_0, latitude: 40.144_082_4 };
    assert!(located.point.distance_m(truth) < 0.05, "{located:?}");
    let plain = folder(GATEWAY, &[("cam-01.toml", CAMERA)]);
    assert_eq!(load_here(plain.path()).unwrap().cameras[0].ground, None);
}

#[test]
fn faulty_points_are_named_where_they_are_written() {
    let check_points = |from: &str, to: &str, expected: Expect| {
        assert!(POINTS.contains(from), "{from}");
        check_camera(&camera(&POINTS.replace(from, to)), &expected);
    };
    check_points(
        "117.1121722",
        "118.1121722",
        expect![[r#"
            cameras/cam-01.toml:20:5: camera cam-01: `points`: point 3 lies 85.2 km from the others: look for a wrong digit in its degrees
            1 fault; nothing was applied"#]],
    );
    check_points(
        "117.1121722",
        "117.1123722",
        expect![[r#"
            cameras/cam-01.toml:20:5: camera cam-01: `points`: point 3 contradicts all others, which put it 17.1 m away: check its pixel and its degrees
            1 fault; nothing was applied"#]],
    );
    check_points(
        "40.1441119",
        "401.441119",
        expect![[r#"
        cameras/cam-01.toml:20:50: camera cam-01: `latitude` must be a number from -90 to 90, found 401.441119
        1 fault; nothing was applied"#]],
    );
    check_points(
        "[1720, 930]",
        "[2720, 930]",
        expect![[r#"
            cameras/cam-01.toml:19:5: camera cam-01: `points`: the pixel of point 2 lies outside the picture
            1 fault; nothing was applied"#]],
    );
    check_points(
        "[1720, 930]",
        "[210, 986]",
        expect![[r#"
            cameras/cam-01.toml:19:5: camera cam-01: `points`: points 2 and 1 are nearly the same point: spread the points over the picture
            1 fault; nothing was applied"#]],
    );
    check_points(
        "[1720, 930]",
        "[1720]",
        expect![[r#"
        cameras/cam-01.toml:19:7: camera cam-01: `px` must be [x, y] in pixels of picture_px, found a list of 1 item
        1 fault; nothing was applied"#]],
    );
    check_points(
        "longitude = 117.1121722, latitude",
        "lat",
        expect![[r#"
        cameras/cam-01.toml:20:5: camera cam-01: item 3 of `calibration.points` lacks `latitude`; expected a number from -90 to 90
        cameras/cam-01.toml:20:5: camera cam-01: item 3 of `calibration.points` lacks `longitude`; expected a number from -180 to 180
        cameras/cam-01.toml:20:25: camera cam-01: item 3 of `calibration.points` has no key `lat`; known here: latitude, longitude, px
        3 faults; nothing was applied"#]],
    );
}

/// The first `count` points.
fn first(count: usize) -> String {
    let lines: Vec<&str> = POINTS.lines().take(3 + count).collect();
    format!("{}\n]\n", lines.join("\n"))
}

#[test]
fn too_few_points_are_refused_and_just_enough_are_warned_of() {
    check_camera(
        &camera(&first(3)),
        &expect![[r#"
        cameras/cam-01.toml:17:1: camera cam-01: `points` must be a list of 4 to 32 items, found a list of 3 items
        1 fault; nothing was applied"#]],
    );
    check_camera(
        &camera(&first(4)),
        &expect![[r#"
            warning: cameras/cam-01.toml:17:1: camera cam-01: `points`: 4 points fit exactly, right or wrong: add 2 more, and they check each other
            sound"#]],
    );
    check_camera(&camera(&first(5)), &expect!["sound"]);
}

#[test]
fn points_from_another_map_than_the_camera_are_warned_of() {
    let shifted = POINTS.replace("117.112", "117.1185").replace("117.1119", "117.1184");
    let shifted = shifted.replace("40.144", "40.1454");
    check_camera(
        &camera(&shifted),
        &expect![[r#"
            warning: cameras/cam-01.toml:17:1: camera cam-01: `points`: the points lie 576 m from the camera's own `place`; the points look like GCJ-02 (火星坐标): give WGS-84 degrees
            sound"#]],
    );
    let camera = camera(POINTS).replace(
        "longitude = 117.112, latitude = 40.144 }",
        "longitude = 117.1185647, latitude = 40.1454294 }",
    );
    check_camera(
        &camera,
        &expect![[r#"
            warning: cameras/cam-01.toml:17:1: camera cam-01: `points`: the points lie 571 m from the camera's own `place`; `place` looks like GCJ-02 (火星坐标): give WGS-84 degrees
            sound"#]],
    );
}

/// What `gridwhistle calibrate` says of a file, the path of its tree left out.
fn said(text: &str) -> String {
    let dir = TempDir::new().unwrap();
    let file = dir.path().join("cam-01.toml");
    std::fs::write(&file, text).unwrap();
    let said = match calibrate(&file) {
        Ok(camera) => {
            let [width, height] = camera.picture_px;
            let (pairs, warnings) = (camera.pairs.len(), camera.warnings.len());
            format!("{}: {pairs} of {width} x {height}, {warnings} warnings", camera.id)
        }
        Err(faults) => faults.to_string(),
    };
    said.replace(&format!("{}/", dir.path().display()), "")
}

#[test]
fn one_file_is_enough_to_calibrate() {
    expect!["cam-01: 6 of 1920 x 1080, 0 warnings"].assert_eq(&said(&camera(POINTS)));
    expect!["cam-01: 4 of 1920 x 1080, 1 warnings"].assert_eq(&said(&camera(&first(4))));
    expect![[r#"
        cam-01.toml:1:1: nothing to calibrate with: add a table [calibration] with `points`, at least 4 of { px = [x, y], longitude = .., latitude = .. }
        1 fault; nothing was applied"#]].assert_eq(&said(CAMERA));
    let wrong = POINTS.replace("117.1121722", "118.1121722");
    expect![[r#"
        cam-01.toml:20:5: `points`: point 3 lies 85.2 km from the others: look for a wrong digit in its degrees
        1 fault; nothing was applied"#]].assert_eq(&said(&camera(&wrong)));
    expect![[r#"
        cam-01.toml:1:1: `id` must be an id of 1 to 64 letters, digits and `_.:-` that starts with a letter or digit, found a number
        cam-01.toml:1:1: the file lacks `picture_px`; expected [width, height] of the picture in pixels, such as [1920, 1080]
        cam-01.toml:1:1: the file lacks `url`; expected the stream's address such as "rtsp://host:554/path"
        cam-01.toml:1:1: the file lacks the table [place]
        4 faults; nothing was applied"#]].assert_eq(&said("id = 5"));
}
