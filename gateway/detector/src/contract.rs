//! What a model's tensors must look like to be run as its manifest says.

use std::fmt;

use ort::value::{Outlet, TensorElementType};

use crate::decode_output::OutputDecoder;
use crate::manifest::format::{InputFormat, Layout};
use crate::manifest::model::Manifest;

/// A model whose tensors are not those of its layout: what was found and what was expected.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("found {found}; expected {expected}{hint}")]
pub struct TensorError {
    found: String,
    expected: String,
    hint: &'static str,
}

/// Checks the tensors that the model itself declares.
pub(crate) fn check(
    inputs: &[Outlet],
    outputs: &[Outlet],
    manifest: &Manifest,
    decoder: &OutputDecoder,
) -> Result<(), TensorError> {
    let input = input_shape(&manifest.input);
    let output = output_shape(manifest.layout, decoder);
    let matches = is_one_tensor(inputs, &input) && is_one_tensor(outputs, &output);
    if matches {
        return Ok(());
    }
    let transposed: Vec<i64> = match output.as_slice() {
        [one, a, b] => vec![*one, *b, *a],
        _ => Vec::new(),
    };
    let is_swapped = is_one_tensor(outputs, &transposed);
    let may_be_nms = manifest.layout != Layout::Nms && is_one_tensor(outputs, &NMS_SHAPE);
    let hint = if is_swapped && may_be_nms {
        "; the output's last two dimensions are swapped: export the model without the transpose. Or \
         overlaps are removed in its graph: then write layout = \"nms\" in model.toml"
    } else if may_be_nms {
        "; overlaps are removed in this model's graph: write layout = \"nms\" in model.toml"
    } else if is_swapped {
        "; the output's last two dimensions are swapped: export the model without the transpose"
    } else if inputs.len() == 1 && outputs.len() == 1 {
        "; compare layout, classes and [input] in model.toml with how the model was exported"
    } else {
        "; export the model with one picture in and one output, without NMS or with one output \
         [1, boxes, 6] (layout = \"nms\")"
    };
    Err(TensorError {
        found: format!("inputs {}, outputs {}", Tensors(inputs), Tensors(outputs)),
        expected: format!(
            "one input f32 {} (such as \"images\"), one output f32 {} (such as \"output0\")",
            Shape(&input),
            Shape(&output)
        ),
        hint,
    })
}

/// The output of a model with NMS in its graph.
const NMS_SHAPE: [i64; 3] = [1, -1, 6];

/// Checks the shape of the output of a run.
pub(crate) fn check_output(
    name: &str,
    shape: &[i64],
    layout: Layout,
    decoder: &OutputDecoder,
) -> Result<(), TensorError> {
    let expected = output_shape(layout, decoder);
    if fits(shape, &expected) && shape.iter().all(|side| *side > 0) {
        return Ok(());
    }
    Err(TensorError {
        found: format!("output \"{name}\" f32 {} when run", Shape(shape)),
        expected: format!("f32 {}", Shape(&expected)),
        hint: "",
    })
}

fn input_shape(input: &InputFormat) -> Vec<i64> {
    vec![1, 3, i64::from(input.height_px), i64::from(input.width_px)]
}

/// The output's shape; -1 where any length will do.
fn output_shape(layout: Layout, decoder: &OutputDecoder) -> Vec<i64> {
    let length = |length: usize| i64::try_from(length).unwrap_or(i64::MAX);
    let values = length(decoder.values_per_anchor());
    let anchors = decoder.anchor_count().map_or(-1, length);
    match layout {
        Layout::YoloV8 => vec![1, values, anchors],
        Layout::Yolox | Layout::Nms => vec![1, anchors, values],
    }
}

fn is_one_tensor(outlets: &[Outlet], shape: &[i64]) -> bool {
    let [outlet] = outlets else { return false };
    outlet.dtype().tensor_type() == Some(TensorElementType::Float32)
        && outlet.dtype().tensor_shape().is_some_and(|found| fits(found, shape))
}

/// Whether two shapes agree where both are fixed.
fn fits(found: &[i64], expected: &[i64]) -> bool {
    found.len() == expected.len()
        && found.iter().zip(expected).all(|(a, b)| a == b || *a < 0 || *b < 0)
}

/// Tensors for people: `"images" f32 [1, 3, 416, 736]`.
struct Tensors<'a>(&'a [Outlet]);

impl fmt::Display for Tensors<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("none");
        }
        for (index, outlet) in self.0.iter().enumerate() {
            let separator = if index == 0 { "" } else { ", " };
            write!(f, "{separator}\"{}\" ", outlet.name())?;
            match (outlet.dtype().tensor_type(), outlet.dtype().tensor_shape()) {
                (Some(element), Some(shape)) => write!(f, "{element} {}", Shape(shape))?,
                _ => write!(f, "that is not a tensor")?,
            }
        }
        Ok(())
    }
}

/// A shape for people: `[1, 3, any, any]`.
struct Shape<'a>(&'a [i64]);

impl fmt::Display for Shape<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sides: Vec<String> = (self.0.iter())
            .map(|side| if *side < 0 { "any".to_owned() } else { side.to_string() })
            .collect();
        write!(f, "[{}]", sides.join(", "))
    }
}
