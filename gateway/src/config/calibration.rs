//! A camera's ground plane, from the points that its file gives.

use std::path::Path;

use scene::{Calibration, Gcj02Point, GeoPoint, GroundPlane, Pair, Point};

use super::camera_file::CameraFile;
use super::document::Document;
use super::faults::{Fault, Faults};
use super::findings::Findings;
use super::pixels::normalised;
use super::schema::FileSchema;

/// Fewer pairs than this fit exactly, even if one of them is wrong.
const FEWEST_CHECKED: usize = 5;
/// No camera looks further down a street.
const FARTHEST_VIEW_M: f64 = 300.0;

/// One camera's calibration, for a technician.
pub(crate) struct CalibratedCamera {
    pub(crate) id: String,
    /// Width and height of the picture that the points refer to.
    pub(crate) picture_px: [u32; 2],
    pub(crate) pairs: Vec<Pair>,
    pub(crate) calibration: Calibration,
    /// What is allowed and still unwise.
    pub(crate) warnings: Vec<Fault>,
}

/// Reads one camera's file and fits its ground plane.
///
/// # Errors
/// Every fault of the file's form, or why its points make no plane.
pub(crate) fn calibrate(path: &Path) -> Result<CalibratedCamera, Faults> {
    let refuse = |fault: Fault| Faults::sorted(vec![fault]);
    let mut document = Document::read(path).map_err(refuse)?;
    let (faults, _) = FileSchema::of::<CameraFile>().check(&mut document);
    if !faults.is_empty() {
        return Err(Faults::sorted(faults));
    }
    let file: CameraFile = document.decode().map_err(refuse)?;
    if file.calibration.is_none() {
        let message = "nothing to calibrate with: add a table [calibration] with \
                       `points`, at least 4 of { px = [x, y], longitude = .., latitude = .. }";
        return Err(refuse(document.fault("", message.to_owned())));
    }
    let mut findings = Findings::default();
    match fit(&file, &document, &mut findings) {
        Some(calibration) => Ok(CalibratedCamera {
            pairs: pairs(&file),
            id: file.id,
            picture_px: file.picture_px,
            calibration,
            warnings: findings.warnings,
        }),
        None => Err(Faults::sorted(findings.faults)),
    }
}

/// The plane of a camera that has one; `None` if a fault was noted.
pub(super) fn ground(
    file: &CameraFile,
    document: &Document,
    findings: &mut Findings,
) -> Option<Option<GroundPlane>> {
    match &file.calibration {
        Some(_) => fit(file, document, findings).map(|calibration| Some(calibration.plane)),
        None => Some(None),
    }
}

fn pairs(file: &CameraFile) -> Vec<Pair> {
    let [width, height] = file.picture_px.map(f64::from);
    let points = file.calibration.iter().flat_map(|table| &table.points);
    points
        .map(|point| {
            let [x, y] = point.px;
            let picture = Point { x: normalised(x, width), y: normalised(y, height) };
            let (longitude, latitude) = (point.longitude, point.latitude);
            Pair { picture, place: GeoPoint { longitude, latitude } }
        })
        .collect()
}

fn fit(file: &CameraFile, document: &Document, findings: &mut Findings) -> Option<Calibration> {
    let at = "/calibration/points";
    let pairs = pairs(file);
    let calibration = match Calibration::fit(&pairs) {
        Ok(calibration) => calibration,
        Err(refusal) => {
            let pair_at = refusal.pair().map(|pair| format!("{at}/{pair}"));
            return findings.refuse(
                document,
                pair_at.as_deref().unwrap_or(at),
                refusal.to_string(),
            );
        }
    };
    if pairs.len() < FEWEST_CHECKED {
        let message = "4 points fit exactly, right or wrong: add 2 more, and they check each other";
        findings.warn(document, at, message);
    }
    if let Some(message) = calibration.plane.origin().and_then(|seen| far_view(file, seen)) {
        findings.warn(document, at, message);
    }
    Some(calibration)
}

/// A camera does not see what it is far from; two maps may have been mixed.
fn far_view(file: &CameraFile, seen: GeoPoint) -> Option<String> {
    let camera = GeoPoint { longitude: file.place.longitude, latitude: file.place.latitude };
    let distance_m = camera.distance_m(seen);
    if distance_m <= FARTHEST_VIEW_M {
        return None;
    }
    let unshifted = |place: GeoPoint| {
        let GeoPoint { longitude, latitude } = place;
        GeoPoint::from(Gcj02Point { longitude, latitude })
    };
    let shifted = if unshifted(seen).distance_m(camera) < distance_m / 2.0 {
        "; the points look like GCJ-02 (火星坐标): give WGS-84 degrees"
    } else if unshifted(camera).distance_m(seen) < distance_m / 2.0 {
        "; `place` looks like GCJ-02 (火星坐标): give WGS-84 degrees"
    } else {
        ""
    };
    Some(format!("the points lie {distance_m:.0} m from the camera's own `place`{shifted}"))
}
