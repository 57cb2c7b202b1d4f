//! For tests: a training set in the format of COCO, read as a stranger reads it and held to all that it
//! promises. It knows nothing of the code that wrote the set.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use crate::Contract;

const SCHEMA: &str = include_str!("coco.schema.json");
/// Boxes are rounded to hundredths of a pixel, both edges.
const ROUNDING_PX: f64 = 0.011;

/// A training set that keeps its promises.
#[derive(Debug)]
pub struct TrainingSet {
    /// Each with its `label`, `split` and `file_name`.
    pub images: Vec<Value>,
    /// Boxes of what was rightly reported.
    pub annotations: Vec<Value>,
    /// Names by id.
    pub categories: BTreeMap<u64, String>,
    /// Boxes of what was wrongly reported.
    pub hard_negatives: Vec<Value>,
}

impl TrainingSet {
    /// Reads the set in `folder`.
    ///
    /// # Errors
    /// The first promise that it does not keep.
    pub fn read(folder: &Path) -> Result<Self, String> {
        check_sums(folder)?;
        let coco = json_of(&folder.join("annotations.json"))?;
        Contract::new(SCHEMA).check(&coco)?;
        let negatives = json_of(&folder.join("hard_negatives.json"))?;
        if negatives["info"] != coco["info"] {
            return Err("the two files tell of different exports".to_owned());
        }
        let list = |value: &Value, name: &str| value[name].as_array().cloned().unwrap_or_default();
        let mut categories = BTreeMap::new();
        for category in list(&coco, "categories") {
            let (id, name) = (number(&category, "id"), text(&category, "name"));
            if categories.values().any(|known| *known == name) {
                return Err(format!("category {name} is there twice"));
            }
            insert(&mut categories, id, name, "category")?;
        }
        let set = Self {
            images: list(&coco, "images"),
            annotations: list(&coco, "annotations"),
            categories,
            hard_negatives: list(&negatives, "hard_negatives"),
        };
        set.check(folder)?;
        Ok(set)
    }

    fn check(&self, folder: &Path) -> Result<(), String> {
        let mut images = BTreeMap::new();
        let (mut splits, mut names) = (BTreeMap::new(), BTreeSet::new());
        for image in &self.images {
            let name = text(image, "file_name");
            let (width, height) = jpeg_size(&folder.join("images").join(&name))?;
            if (width, height) != (number(image, "width"), number(image, "height")) {
                return Err(format!("{name} is {width}x{height}, and the list says otherwise"));
            }
            let day: String = text(image, "date_captured").chars().take(10).collect();
            let split = text(image, "split");
            let known = splits.entry((text(image, "camera_id"), day)).or_insert(split.clone());
            if *known != split {
                return Err(format!("the day of {name} lies in two splits"));
            }
            insert(&mut images, number(image, "id"), image, "image")?;
            names.insert(name);
        }
        let on_disk = folder.join("images").read_dir().map_err(|error| error.to_string())?.count();
        if on_disk != names.len() || names.len() != self.images.len() {
            return Err(format!(
                "{on_disk} files, {} names, {} images",
                names.len(),
                self.images.len()
            ));
        }
        let mut annotations = BTreeMap::new();
        for annotation in &self.annotations {
            insert(&mut annotations, number(annotation, "id"), (), "annotation")?;
            let image = self.check_box(annotation, &images)?;
            let [.., width, height] = bbox(annotation);
            let area = annotation["area"].as_f64().unwrap_or_default();
            if (area - width * height).abs() > 0.01 || image["label"] != annotation["label"] {
                return Err(format!("area or label do not fit: {annotation}"));
            }
        }
        let of_negatives = schema_of("hard_negative");
        for negative in &self.hard_negatives {
            of_negatives.check(negative)?;
            let image = self.check_box(negative, &images)?;
            for same in ["file_name", "split", "label", "alert_id", "camera_id", "incident_type"] {
                if image[same] != negative[same] {
                    return Err(format!("{same} is another than the image's: {negative}"));
                }
            }
            let taken_for = self.categories.get(&number(negative, "category_id"));
            if taken_for != Some(&text(negative, "taken_for")) {
                return Err(format!("taken for two things: {negative}"));
            }
        }
        Ok(())
    }

    /// The image of a box that lies in it.
    fn check_box<'a>(
        &self,
        boxed: &Value,
        images: &BTreeMap<u64, &'a Value>,
    ) -> Result<&'a Value, String> {
        let image = images.get(&number(boxed, "image_id"));
        let image = *image.ok_or_else(|| format!("there is no such image: {boxed}"))?;
        if !self.categories.contains_key(&number(boxed, "category_id")) {
            return Err(format!("there is no such category: {boxed}"));
        }
        let [left, top, width, height] = bbox(boxed);
        let size = |name: &str| image[name].as_f64().unwrap_or_default() + ROUNDING_PX;
        let is_inside = left + width <= size("width") && top + height <= size("height");
        match is_inside && width > 0.0 && height > 0.0 {
            true => Ok(image),
            false => Err(format!("a box outside its picture: {boxed}")),
        }
    }
}

/// As sha256sum(1) sees it; no file may be missing in the list.
fn check_sums(folder: &Path) -> Result<(), String> {
    let mut listing = Command::new("find");
    let listing = listing.args([".", "-type", "f", "!", "-name", "SHA256SUMS", "-printf", "%P\n"]);
    let found = listing.current_dir(folder).output().map_err(|error| error.to_string())?;
    let found = String::from_utf8_lossy(&found.stdout).into_owned();
    let sums = fs::read_to_string(folder.join("SHA256SUMS")).map_err(|error| error.to_string())?;
    let listed: BTreeSet<&str> =
        sums.lines().filter_map(|line| Some(line.split_once("  ")?.1)).collect();
    if listed != found.lines().collect() {
        return Err(format!("listed are {listed:?}, found are {found}"));
    }
    let mut sum = Command::new("sha256sum");
    let checked =
        sum.args(["--check", "--strict", "--quiet", "SHA256SUMS"]).current_dir(folder).output();
    let checked = checked.map_err(|error| error.to_string())?;
    match checked.status.success() {
        true => Ok(()),
        false => Err(String::from_utf8_lossy(&checked.stderr).into_owned()),
    }
}

/// The schema of one of the things that are defined.
fn schema_of(name: &str) -> Contract {
    let mut schema: Value = serde_json::from_str(SCHEMA).expect("JSON");
    let definitions = schema["$defs"].take();
    Contract::new(&json!({ "$ref": format!("#/$defs/{name}"), "$defs": definitions }).to_string())
}

fn json_of(path: &Path) -> Result<Value, String> {
    let text = fs::read(path).map_err(|error| format!("{}: {error}", path.display()))?;
    serde_json::from_slice(&text).map_err(|error| format!("{}: {error}", path.display()))
}

/// Width and height as the first frame header says (ITU-T T.81, B.2.2).
fn jpeg_size(path: &Path) -> Result<(u64, u64), String> {
    let jpeg = fs::read(path).map_err(|error| format!("{}: {error}", path.display()))?;
    let mut rest = jpeg.strip_prefix(&[0xff, 0xd8]).ok_or("no JPEG")?;
    loop {
        let [0xff, marker, high, low, segment @ ..] = rest else {
            return Err(format!("{}: no frame header", path.display()));
        };
        if let (0xc0..=0xc2, [_, h1, h0, w1, w0, ..]) = (marker, segment) {
            return Ok((number_of([*w1, *w0]), number_of([*h1, *h0])));
        }
        let length = usize::from(u16::from_be_bytes([*high, *low])).saturating_sub(2);
        rest = segment.get(length..).ok_or("a JPEG that is cut off")?;
    }
}

fn number_of(bytes: [u8; 2]) -> u64 {
    u64::from(u16::from_be_bytes(bytes))
}

fn bbox(boxed: &Value) -> [f64; 4] {
    [0, 1, 2, 3].map(|place| boxed["bbox"][place].as_f64().unwrap_or(f64::NAN))
}

fn number(value: &Value, name: &str) -> u64 {
    value[name].as_u64().unwrap_or_default()
}

fn text(value: &Value, name: &str) -> String {
    value[name].as_str().unwrap_or_default().to_owned()
}

fn insert<T>(map: &mut BTreeMap<u64, T>, id: u64, value: T, what: &str) -> Result<(), String> {
    match map.insert(id, value) {
        None => Ok(()),
        Some(_) => Err(format!("{what} {id} is there twice")),
    }
}
