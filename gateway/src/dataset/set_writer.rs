//! A training set as it grows: pictures, and what COCO says of them.
//!
//! COCO data format: <https://cocodataset.org/#format-data>. Members that COCO does not know are ours;
//! readers pass over them.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;

use serde::Serialize;
use serde_json::json;

use super::alert_message::{Model, Object, Role};
use super::error::DatasetError;
use super::judgement::{Fault, Judgement};
use super::label::Label;
use super::out_folder::{OutFolder, Spool};
use super::picture_source::FoundPicture;
use super::sample::{JudgedAlert, Sample};
use super::split::Split;

/// The one licence of COCO's list.
const LICENCE: u32 = 1;

/// A training set as it grows.
pub(super) struct SetWriter {
    out: OutFolder,
    images: Spool,
    annotations: Spool,
    hard_negatives: Spool,
    /// By the detector's word; numbered from 1 as they come.
    categories: BTreeMap<String, usize>,
    models: BTreeSet<Model>,
    image_count: u64,
    annotation_count: u64,
}

#[derive(Serialize)]
struct Image<'a> {
    id: u64,
    file_name: &'a str,
    width: u32,
    height: u32,
    license: u32,
    date_captured: &'a str,
    split: Split,
    #[serde(flatten)]
    judgement: &'a Judgement,
    alert_id: String,
    seq: u32,
    role: Role,
    camera_id: &'a str,
    rule_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    zone_id: Option<&'a str>,
    incident_type: &'a str,
    confidence: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    threshold: Option<f64>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    class_thresholds: &'a BTreeMap<String, f64>,
    model: &'a Model,
    gateway_version: &'a str,
    drill: bool,
    /// Heads and plates that were found are unreadable.
    masked: bool,
    /// A red line is drawn just inside each box.
    outlined: bool,
    sha256: &'a str,
    /// Of the picture that the alert names.
    evidence_sha256: &'a str,
}

#[derive(Serialize)]
struct Annotation<'a> {
    id: u64,
    image_id: u64,
    category_id: usize,
    bbox: [f64; 4],
    area: f64,
    iscrowd: u8,
    segmentation: [u8; 0],
    score: f64,
    label: Label,
    alert_id: String,
    incident_type: &'a str,
}

#[derive(Serialize)]
struct HardNegative<'a> {
    image_id: u64,
    file_name: &'a str,
    split: Split,
    bbox: [f64; 4],
    taken_for: &'a str,
    category_id: usize,
    score: f64,
    fault: Fault,
    #[serde(flatten)]
    judgement: &'a Judgement,
    alert_id: String,
    camera_id: &'a str,
    incident_type: &'a str,
}

impl SetWriter {
    pub(super) fn begin(out: OutFolder) -> Result<Self, DatasetError> {
        Ok(Self {
            images: out.spool("images.spool")?,
            annotations: out.spool("annotations.spool")?,
            hard_negatives: out.spool("hard_negatives.spool")?,
            out,
            categories: BTreeMap::new(),
            models: BTreeSet::new(),
            image_count: 0,
            annotation_count: 0,
        })
    }

    /// Whether this picture is in the set already.
    pub(super) fn has(&self, alert: &JudgedAlert, sample: &Sample) -> bool {
        self.out.has_image(&file_name(alert, sample))
    }

    /// Puts a picture into the set.
    pub(super) fn add(
        &mut self,
        (alert, sample): (&JudgedAlert, &Sample),
        split: Split,
        picture: &FoundPicture,
    ) -> Result<(), DatasetError> {
        let file_name = file_name(alert, sample);
        let sha256 = self.out.put_image(&file_name, &picture.jpeg)?;
        self.image_count += 1;
        self.models.insert(sample.model.clone());
        let image = Image {
            id: self.image_count,
            file_name: &file_name,
            width: sample.width,
            height: sample.height,
            license: LICENCE,
            date_captured: &sample.captured_at,
            split,
            judgement: &sample.judgement,
            alert_id: alert.id.to_string(),
            seq: sample.seq,
            role: sample.role,
            camera_id: &alert.camera,
            rule_id: &alert.rule,
            zone_id: alert.zone.as_deref(),
            incident_type: &alert.incident_type,
            confidence: sample.confidence,
            threshold: sample.threshold,
            class_thresholds: &sample.class_thresholds,
            model: &sample.model,
            gateway_version: &sample.gateway_version,
            drill: alert.is_drill,
            masked: !picture.is_original,
            outlined: !picture.is_original && !sample.objects.is_empty(),
            sha256: &sha256,
            evidence_sha256: &sample.sha256,
        };
        self.images.push(&line(&image))?;
        for object in &sample.objects {
            self.add_box((alert, sample), object, split)?;
        }
        Ok(())
    }

    fn add_box(
        &mut self,
        (alert, sample): (&JudgedAlert, &Sample),
        object: &Object,
        split: Split,
    ) -> Result<(), DatasetError> {
        let Some((bbox, area)) = pixels(object.r#box, sample.width, sample.height) else {
            return Ok(());
        };
        let next = self.categories.len() + 1;
        let category_id = *self.categories.entry(object.label.clone()).or_insert(next);
        let (image_id, score) = (self.image_count, object.score);
        let (alert_id, incident_type) = (alert.id.to_string(), alert.incident_type.as_str());
        let (label, judgement) = (sample.judgement.label, &sample.judgement);
        if label.is_positive() {
            self.annotation_count += 1;
            let id = self.annotation_count;
            let (iscrowd, segmentation) = (0, []);
            return self.annotations.push(&line(&Annotation {
                id,
                image_id,
                category_id,
                bbox,
                area,
                iscrowd,
                segmentation,
                score,
                label,
                alert_id,
                incident_type,
            }));
        }
        self.hard_negatives.push(&line(&HardNegative {
            image_id,
            file_name: &file_name(alert, sample),
            split,
            bbox,
            taken_for: &object.label,
            category_id,
            score,
            fault: judgement.fault(),
            judgement,
            alert_id,
            camera_id: &alert.camera,
            incident_type,
        }))
    }

    /// Writes the lists. `info` is what both files begin with.
    pub(super) fn finish(
        mut self,
        info: &serde_json::Value,
        readme: &str,
    ) -> Result<(), DatasetError> {
        let mut info = info.clone();
        if let Some(info) = info.as_object_mut() {
            info.insert("models".to_owned(), json!(self.models));
        }
        let licences =
            json!([{ "id": LICENCE, "name": "not for publication, see README.md", "url": "" }]);
        let mut categories: Vec<_> = self.categories.iter().collect();
        categories.sort_by_key(|(_, id)| **id);
        let categories: Vec<_> = categories
            .into_iter()
            .map(|(name, id)| json!({ "id": id, "name": name, "supercategory": "object" }))
            .collect();
        let (images, annotations) = (&self.images, &self.annotations);
        self.out.put("annotations.json", |file| {
            write!(file, "{{\"info\":{info},\n\"licenses\":{licences},\n\"categories\":")?;
            write!(file, "{},\n\"images\":", json!(categories))?;
            images.write_array(file)?;
            write!(file, ",\n\"annotations\":")?;
            annotations.write_array(file)?;
            writeln!(file, "}}")
        })?;
        let hard_negatives = &self.hard_negatives;
        self.out.put("hard_negatives.json", |file| {
            write!(file, "{{\"info\":{info},\n\"hard_negatives\":")?;
            hard_negatives.write_array(file)?;
            writeln!(file, "}}")
        })?;
        self.out.put("README.md", |file| file.write_all(readme.as_bytes()))?;
        for spool in [self.images, self.annotations, self.hard_negatives] {
            spool.remove()?;
        }
        self.out.finish()
    }

    /// There was nothing to write.
    pub(super) fn abandon(self) -> Result<(), DatasetError> {
        for spool in [self.images, self.annotations, self.hard_negatives] {
            spool.remove()?;
        }
        self.out.clear()
    }
}

/// In `images/`: an alert has one picture for each message.
fn file_name(alert: &JudgedAlert, sample: &Sample) -> String {
    format!("{}-{}.jpg", alert.id, sample.seq)
}

/// Left, top, width and height in pixels, and the area; none if nothing of the box is in the picture.
fn pixels(normalised: [f64; 4], width: u32, height: u32) -> Option<([f64; 4], f64)> {
    let [left, top, across, down] = normalised.map(|part| part.clamp(0.0, 1.0));
    let (width, height) = (f64::from(width), f64::from(height));
    let round = |value: f64| (value * 100.0).round() / 100.0;
    let (x, y) = (round(left * width), round(top * height));
    let (w, h) = (round(across.min(1.0 - left) * width), round(down.min(1.0 - top) * height));
    (w > 0.0 && h > 0.0).then(|| ([x, y, w, h], round(w * h)))
}

/// One line of JSON. What is written has strings for keys, so this cannot fail.
fn line(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_else(|_| "null".to_owned())
}
