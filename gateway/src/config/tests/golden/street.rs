//! One calibrated camera and what stands before it for each incident type.

use std::time::Duration;

use scene::{
    Appearance, BoundingBox, Cable, Class, Detection, GeoPoint, GroundPoint, LocalFrame, Point,
};

/// What the model of these messages knows.
pub(super) const CLASSES: [&str; 17] = [
    "person",
    "bicycle",
    "motorcycle",
    "car",
    "truck",
    "bus",
    "umbrella",
    "dining table",
    "chair",
    "bench",
    "suitcase",
    "handbag",
    "backpack",
    "potted plant",
    "couch",
    "refrigerator",
    "charging_wire",
];

/// Below the camera.
const POLE: GeoPoint = GeoPoint { longitude: 117.1121, latitude: 40.1441 };

/// A rule of one incident type, and what its camera sees.
pub(super) struct Camera {
    pub(super) code: &'static str,
    /// What its golden files begin with.
    pub(super) file: &'static str,
    /// Terms of the rule beside zone and type.
    terms: &'static str,
    pub(super) act: fn(Duration) -> Act,
}

/// What one picture shows.
pub(super) struct Act {
    pub(super) detections: Vec<Detection>,
    pub(super) appearance: Option<Appearance>,
    /// What a look for new cables shows.
    pub(super) cables: Vec<Cable>,
}

const fn standard(code: &'static str, act: fn(Duration) -> Act) -> Camera {
    Camera { code, file: code, terms: "", act }
}

/// Every incident type that a camera can raise by the standard rules, and three of no type of
/// their own.
pub(super) const STREET: [Camera; 23] = [
    standard("vendor_unlicensed", |_| things(&[("umbrella", SMALL), ("person", BESIDE)])),
    standard("shop_overflow", |_| things(&[("chair", SMALL)])),
    standard("road_occupation_trading", |_| things(&[("truck", LARGE), ("person", BESIDE)])),
    standard("street_bbq", |_| things(&[("dining table", SMALL), ("person", BESIDE)])),
    standard("vehicle_illegal_parking", |_| things(&[("car", LARGE)])),
    standard("nonmotor_illegal_parking", |_| things(&[("bicycle", SMALL)])),
    standard("blind_way_blocked", |_| things(&[("bicycle", LARGE)])),
    standard("fire_lane_blocked", |_| things(&[("car", LARGE), ("person", BESIDE)])),
    // A suitcase that is taken away after a quarter of an hour.
    standard("fire_passage_blocked", |t| {
        things(if t < Duration::from_mins(17) { &[("suitcase", SMALL)] } else { &[] })
    }),
    standard("ebike_flying_wire", |_| things(&[("motorcycle", SMALL), ("charging_wire", BESIDE)])),
    standard("ebike_indoor_charging", |_| things(&[("motorcycle", SMALL)])),
    standard("ebike_upstairs", |_| things(&[("motorcycle", SMALL)])),
    standard("ebike_in_elevator", |_| things(&[("motorcycle", SMALL)])),
    standard("zombie_vehicle", |_| things(&[("car", LARGE)])),
    standard("material_pile", |_| things(&[("couch", LARGE)])),
    standard("checkpoint_gate_blocked", |_| things(&[("car", LARGE)])),
    standard("camera_tampered", |t| view(t, |x, y, _| 70 + x / 16 + y / 8)),
    standard("camera_moved", |t| view(t, |x, y, _| street(x + 43, y))),
    standard("camera_blurred", |t| {
        view(t, |x, y, _| (0..49).map(|i| street(x + i % 7, y + i / 7)).sum::<usize>() / 49)
    }),
    Camera {
        code: "other",
        file: "other-gathering",
        terms: "kind = \"gathering\"\ncount = 3",
        act: |_| things(&[("person", SMALL), ("person", BESIDE), ("person", BEHIND)]),
    },
    Camera {
        code: "other",
        file: "other-crossing",
        terms: "kind = \"crossing\"\nclasses = [\"person\"]\nline_px = [[400, 760], [1500, 760]]",
        act: |t| {
            let down = (0.02 * t.as_secs_f32()).min(0.3);
            things(&[("person", [0.45, 0.25 + down, 0.52, 0.58 + down])])
        },
    },
    Camera {
        code: "other",
        file: "other-absence",
        terms: "kind = \"absence\"\nclasses = [\"person\"]",
        act: |_| things(&[("car", LARGE)]),
    },
    Camera {
        code: "ebike_flying_wire",
        file: "wire",
        terms: "kind = \"wire\"\ndwell_secs = 60",
        act: |_| {
            let path =
                [(0.52, 0.53), (0.56, 0.3), (0.62, 0.1)].map(|(x, y)| Point { x, y }).to_vec();
            let cables = vec![Cable { score: 0.97, length_px: 502, path }];
            Act { cables, ..things(&[("motorcycle", SMALL)]) }
        },
    },
];

const SMALL: [f32; 4] = [0.42, 0.55, 0.58, 0.84];
const BESIDE: [f32; 4] = [0.59, 0.48, 0.66, 0.83];
const BEHIND: [f32; 4] = [0.33, 0.45, 0.4, 0.8];
const LARGE: [f32; 4] = [0.32, 0.2, 0.68, 0.88];

fn things(shown: &[(&str, [f32; 4])]) -> Act {
    let detection = |(class, [left, top, right, bottom]): &(&str, [f32; 4])| Detection {
        class: Class::new(class),
        score: 0.87,
        bbox: BoundingBox { left: *left, top: *top, right: *right, bottom: *bottom },
    };
    Act { detections: shown.iter().map(detection).collect(), appearance: None, cables: Vec::new() }
}

/// Five minutes of the street as it is, then something `else`.
/// How the street looks when nothing is wrong with the camera.
pub(super) fn sound_view(elapsed: Duration) -> Option<Appearance> {
    view(elapsed, |x, y, _| street(x, y)).appearance
}

fn view(elapsed: Duration, other: fn(usize, usize, usize) -> usize) -> Act {
    const WIDTH: usize = 160;
    const HEIGHT: usize = 90;
    let n = usize::try_from(elapsed.as_secs()).unwrap();
    let luma = |x, y| match n < 300 {
        true => street(x, y),
        false => other(x, y, n),
    };
    let noise = |x, y| hash(x, y, 1000 + n) % 3;
    let places = (0..HEIGHT).flat_map(|y| (0..WIDTH).map(move |x| (x, y)));
    let plane: Vec<u8> =
        places.map(|(x, y)| u8::try_from(luma(x, y) + noise(x, y)).unwrap()).collect();
    let appearance = Appearance::of_luma(&plane, WIDTH, HEIGHT, WIDTH);
    Act { detections: Vec::new(), appearance, cables: Vec::new() }
}

/// Patches of light and shade with letters and leaves on them.
fn street(x: usize, y: usize) -> usize {
    20 + hash(x / 20, y / 20, 1) % 120 + hash(x, y, 2) % 61
}

fn hash(x: usize, y: usize, salt: usize) -> usize {
    let mixed = (x * 0x9E37_79B1) ^ (y * 0x85EB_CA77) ^ (salt * 0xC2B2_AE3D);
    let mixed = (mixed ^ (mixed >> 15)).wrapping_mul(0x2C1B_3C6D);
    ((mixed ^ (mixed >> 12)).wrapping_mul(0x297A_2D39) >> 16) & 0xFFFF
}

/// The camera's file: on a pole, looking north, 4 m ahead at the lower edge of its picture and 20 m
/// at the upper one.
pub(super) fn camera_file(camera: &Camera) -> String {
    let corners = [(0.1, 0.95), (0.9, 0.9), (0.85, 0.2), (0.1, 0.25), (0.5, 0.6), (0.3, 0.4)];
    let points = corners.map(|(x, y)| {
        let depth = 0.2 + 0.8 * y;
        let ground = GroundPoint { east_m: 8.0 * (x - 0.5) / depth, north_m: 4.0 / depth };
        let GeoPoint { longitude, latitude } = LocalFrame::at(POLE).place(ground);
        let (x, y) = (x * 1920.0, y * 1080.0);
        format!("  {{ px = [{x}, {y}], longitude = {longitude:.7}, latitude = {latitude:.7} }},\n")
    });
    format!(
        r#"
id = "cam-0412"
url = "rtsp://10.0.0.5/stream"
gb_id = "11011700001320000412"
place = {{ longitude = {}, latitude = {}, address = "乐园社区东侧消防通道(示例)" }}
picture_px = [1920, 1080]
[grid]
unit_code = "110117001008001"
path = [
  {{ level = "street", code = "110117001", name = "滨河街道(示例)" }},
  {{ level = "community", code = "110117001008", name = "乐园社区(示例)" }},
  {{ level = "yard", code = "110117001008-01", name = "1号楼院" }},
]
map_version = "example-2026.11"
[calibration]
points = [
{}]
[[zone]]
id = "lane"
polygon_px = [[576, 500], [1344, 500], [1344, 972], [576, 972]]
[[rule]]
type = "{}"
zone = "lane"
{}
"#,
        POLE.longitude,
        POLE.latitude,
        points.concat(),
        camera.code,
        camera.terms
    )
}
