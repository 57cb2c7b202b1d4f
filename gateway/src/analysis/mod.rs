//! Fair turns of cameras through decoding, detection, tracking and assessment.
