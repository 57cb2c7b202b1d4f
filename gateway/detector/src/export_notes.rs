//! What whoever exported a model noted in it, held against `model.toml`. Ultralytics writes `task`,
//! `names` and `imgsz`.

use std::collections::BTreeMap;

use crate::manifest::format::Layout;
use crate::manifest::model::Manifest;
use crate::onnx::OnnxFile;

/// A contradiction between a model and its `model.toml`, in words.
///
/// # Errors
/// What contradicts, and what to do.
pub(crate) fn compare(file: &OnnxFile, manifest: &Manifest) -> Result<(), String> {
    if let Some(task) = file.notes.get("task")
        && task != "detect"
    {
        return Err(format!(
            "the model was made for the task \"{task}\"; expected \"detect\": export a detector"
        ));
    }
    if let Some(names) = file.notes.get("names").and_then(|names| parse_names(names)) {
        compare_classes(&names, manifest)?;
    }
    let size = file.notes.get("imgsz").and_then(|size| parse_size(size));
    let input = (manifest.input.height_px, manifest.input.width_px);
    if let Some(size) = size.filter(|size| *size != input) {
        let (height, width) = size;
        return Err(format!(
            "the model was exported for pictures of {width} x {height} px, [input] in model.toml \
             says {} x {}: write width_px = {width} and height_px = {height}",
            input.1, input.0
        ));
    }
    let nms_inside = file.notes.get("args").is_some_and(|args| args.contains("'nms': True"));
    if nms_inside && manifest.layout != Layout::Nms {
        return Err(
            "the model was exported with NMS inside: write layout = \"nms\" in model.toml".into()
        );
    }
    Ok(())
}

/// A class may have another name here, in Chinese say. The same name must have the same place.
fn compare_classes(names: &BTreeMap<usize, String>, manifest: &Manifest) -> Result<(), String> {
    let classes = &manifest.classes;
    if names.len() != classes.len() {
        return Err(format!(
            "the model knows {} classes, model.toml lists {}: list all of them, in the model's \
             order: {}",
            names.len(),
            classes.len(),
            listed(names)
        ));
    }
    for (place, class) in classes.iter().enumerate() {
        let elsewhere = names.iter().find(|(at, name)| **at != place && *name == class.as_str());
        let here = names.get(&place).is_some_and(|name| name == class.as_str());
        if let Some((at, _)) = elsewhere.filter(|_| !here) {
            return Err(format!(
                "classes in model.toml are in another order than in the model: \"{class}\" is \
                 number {} there, and number {} in the model. The model's order is {}",
                place + 1,
                at + 1,
                listed(names)
            ));
        }
    }
    Ok(())
}

/// The first ones are enough to find the mistake.
fn listed(names: &BTreeMap<usize, String>) -> String {
    const SHOWN: usize = 10;
    let mut shown: Vec<String> =
        names.values().take(SHOWN).map(|name| format!("\"{name}\"")).collect();
    if names.len() > SHOWN {
        shown.push("…".to_owned());
    }
    shown.join(", ")
}

/// `{0: 'person', 1: "dog's bowl"}`, as Python prints a dictionary; `None` if it is anything else.
fn parse_names(text: &str) -> Option<BTreeMap<usize, String>> {
    let mut rest = text.trim().strip_prefix('{')?.trim_start();
    let mut names = BTreeMap::new();
    while !rest.starts_with('}') {
        let (number, after) = rest.split_once(':')?;
        let after = after.trim_start();
        let quote = after.chars().next().filter(|quote| matches!(quote, '\'' | '"'))?;
        let (name, after) = quoted(after.get(1..)?, quote)?;
        names.insert(number.trim().parse().ok()?, name);
        rest = after.trim_start();
        rest = rest.strip_prefix(',').unwrap_or(rest).trim_start();
    }
    (!names.is_empty()).then_some(names)
}

fn quoted(text: &str, quote: char) -> Option<(String, &str)> {
    let mut name = String::new();
    let mut characters = text.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '\\' => name.push(characters.next()?.1),
            end if end == quote => return Some((name, text.get(at + 1..)?)),
            other => name.push(other),
        }
    }
    None
}

/// `[height, width]`.
fn parse_size(text: &str) -> Option<(u32, u32)> {
    let inner = text.trim().strip_prefix('[')?.strip_suffix(']')?;
    let (height, width) = inner.split_once(',')?;
    Some((height.trim().parse().ok()?, width.trim().parse().ok()?))
}
