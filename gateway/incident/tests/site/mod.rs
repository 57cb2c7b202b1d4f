//! A camera, and where it stands, for the tests that play recordings.

use incident::{CameraProfile, Grid, GridLevel, GridStep, Model, Place};
use jiff::tz::Offset;
use rule::Slug;

/// An identifier.
pub(crate) fn slug(text: &str) -> Slug {
    Slug::new(text).unwrap()
}

/// A test camera without a ground plane.
pub(crate) fn camera() -> CameraProfile {
    let path = vec![GridStep { level: GridLevel::Unit, code: "1".to_owned(), name: None }];
    CameraProfile {
        gateway_id: slug("gw"),
        gateway_version: "0".to_owned(),
        camera_id: slug("cam"),
        source: incident::Source::default(),
        gb_id: None,
        utc_offset: Offset::constant(8),
        grid: Grid::new(None, None, path, None).unwrap(),
        place: Place::new(117.1, 40.1, 5.0, None).unwrap(),
        ground: None,
        grid_map: None,
        gcj02: false,
        model: Model {
            name: "m".to_owned(),
            version: "1".to_owned(),
            sha256: None,
            second_look: Vec::new(),
            cable: None,
        },
        test: true,
    }
}
