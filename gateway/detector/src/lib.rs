//! Pictures to detections: the only crate that knows ONNX Runtime.
