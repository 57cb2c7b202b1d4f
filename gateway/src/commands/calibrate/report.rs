//! How well a camera's ground plane fits, as a technician reads it.

use scene::{Calibration, FootUncertainty, GroundPlane, Pair, Point};

/// The lower, middle and upper third of a picture, by the height of their middles.
const THIRDS: [(&str, f32); 3] =
    [("bottom third", 5.0 / 6.0), ("middle third", 0.5), ("top third", 1.0 / 6.0)];
/// A plane that misses a point it was not fitted to by more than this is no use for grids.
const TOLERABLE_LEFT_OUT_M: f64 = 5.0;
/// Points that cover less of the picture than this leave the rest to extrapolation.
const LEAST_COVER: f32 = 0.4;

/// The report about one camera. `warnings` are those of its file.
pub(super) fn report(
    camera: &str,
    picture_px: [u32; 2],
    pairs: &[Pair],
    calibration: &Calibration,
    warnings: &[String],
) -> String {
    let mut lines = Lines::default();
    let [width, height] = picture_px;
    lines.add(format!("camera {camera}, {} points, picture {width} x {height} px", pairs.len()));
    lines.add(String::new());
    lines.add(row("point", ["pixel", "residual", "left out"]));
    for (number, (pair, residual)) in pairs.iter().zip(&calibration.residuals).enumerate() {
        let [x, y] = pixel(pair.picture, picture_px);
        let left_out = residual.left_out_m.map_or("-".to_owned(), metres);
        let name = (number + 1).to_string();
        let pixel = format!("[{x:.0}, {y:.0}]");
        lines.add(row(&name, [&pixel, &metres(residual.distance_m), &left_out]));
    }
    lines.add(row("RMS", ["", &metres(calibration.rms_m), ""]));
    lines.add(String::new());
    lines.add(row("picture", ["m/px across", "m/px along", "95 % radius"]));
    for (name, y) in THIRDS {
        lines.add(third(name, &calibration.plane, Point { x: 0.5, y }, picture_px));
    }
    lines.add(String::new());
    lines.add(
        "residual: metres from the point's place to where the plane puts its pixel; left out: the \
         same for a plane of the other points; 95 % radius: how surely the place of an object is \
         known, its box one hundredth of the picture's height off",
    );
    let mut wrong = warnings.to_vec();
    wrong.extend(doubts(pairs, calibration));
    for warning in &wrong {
        lines.add(format!("warning: {warning}"));
    }
    if wrong.is_empty() {
        lines.add("verdict: nothing wrong");
    }
    lines.0
}

#[derive(Default)]
struct Lines(String);

impl Lines {
    fn add(&mut self, line: impl AsRef<str>) {
        self.0.push_str(line.as_ref().trim_end());
        self.0.push('\n');
    }
}

fn row(name: &str, [first, second, third]: [&str; 3]) -> String {
    format!("{name:<14}{first:>14}{second:>14}{third:>14}")
}

fn metres(metres: f64) -> String {
    format!("{metres:.2} m")
}

fn pixel(at: Point, picture_px: [u32; 2]) -> [f64; 2] {
    let [width, height] = picture_px.map(f64::from);
    [f64::from(at.x) * width, f64::from(at.y) * height]
}

fn third(name: &str, plane: &GroundPlane, at: Point, picture_px: [u32; 2]) -> String {
    let located = plane.locate_wgs84(at, FootUncertainty::default());
    let (Some(located), Some([across, along])) = (located, metres_per_px(plane, at, picture_px))
    else {
        return format!("{name:<14}{:>14}", "too near the horizon");
    };
    let (across, along) = (format!("{across:.3}"), format!("{along:.3}"));
    row(name, [&across, &along, &metres(located.accuracy_m)])
}

/// Metres that one pixel to the right, and one further down, makes on the ground.
fn metres_per_px(plane: &GroundPlane, at: Point, picture_px: [u32; 2]) -> Option<[f64; 2]> {
    // Over a hundredth of the picture: neighbouring pixels differ in the last digits only.
    let step = 0.01;
    let here = plane.locate(at)?;
    let right = plane.locate(Point { x: at.x + step, ..at })?;
    let below = plane.locate(Point { y: at.y + step, ..at })?;
    let [width, height] = picture_px.map(|size| f64::from(size) * f64::from(step));
    Some([here.distance_m(right) / width, here.distance_m(below) / height])
}

fn doubts(pairs: &[Pair], calibration: &Calibration) -> Vec<String> {
    let mut doubts = Vec::new();
    for (number, residual) in calibration.residuals.iter().enumerate() {
        if let Some(left_out_m) = residual.left_out_m.filter(|m| *m > TOLERABLE_LEFT_OUT_M) {
            doubts.push(format!(
                "the other points put point {} {left_out_m:.1} m from its place: check it, or add \
                 points near it",
                number + 1
            ));
        }
    }
    let cover = |share: fn(&Pair) -> f32| {
        let shares = || pairs.iter().map(share);
        shares().fold(0.0, f32::max) - shares().fold(1.0, f32::min)
    };
    if cover(|pair| pair.picture.x) < LEAST_COVER || cover(|pair| pair.picture.y) < LEAST_COVER {
        doubts.push(
            "the points lie close together in the picture: places elsewhere are guesses; spread \
             them"
                .to_owned(),
        );
    }
    doubts
}

#[cfg(test)]
mod tests;
