//! What a model reads and gives: sizes, order of the planes, layout of the output.

/// How a model's output is to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Layout {
    /// `[1, 4 + classes, anchors]`: centre, size in pixels, class scores (YOLOv8, YOLO11).
    YoloV8,
    /// `[1, anchors, 5 + classes]`: undecoded boxes on grids of 8, 16 and 32 px, objectness,
    /// class scores (YOLOX as its own `export_onnx.py` writes it).
    Yolox,
    /// `[1, boxes, 6]`: left, top, right, bottom in pixels, score, class. Overlaps are removed in the
    /// graph already (YOLOv10, YOLO26, Ultralytics with `nms=True`).
    Nms,
}

/// The order of the colour planes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Channels {
    /// Red, green, blue.
    Rgb,
    /// Blue, green, red (OpenCV's order).
    Bgr,
}

/// The picture a model expects: `[1, 3, height_px, width_px]`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct InputFormat {
    /// Width, a multiple of 32.
    pub width_px: u32,
    /// Height, a multiple of 32.
    pub height_px: u32,
    /// Order of the planes.
    pub channels: Channels,
    /// The value of full brightness: 1 or 255.
    pub range: f32,
    /// Brightness of the padding, 0..=255.
    pub pad: u8,
}

impl InputFormat {
    /// Width in pixels, as a length in memory.
    #[must_use]
    pub fn width(&self) -> usize {
        self.width_px as usize
    }

    /// Height in pixels, as a length in memory.
    #[must_use]
    pub fn height(&self) -> usize {
        self.height_px as usize
    }
}
