//! The two video codings that cameras send, and how to tell their NAL units apart.

/// Video coding of a clip.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Codec {
    /// ITU-T H.264, stored with `avcC`.
    H264,
    /// ITU-T H.265, stored with `hvcC`.
    H265,
}

impl Codec {
    /// `nal_unit_type` of a NAL unit (H.264 §7.3.1, H.265 §7.3.1.2); `None` of an empty one.
    pub(crate) fn nal_unit_type(self, nal_unit: &[u8]) -> Option<u8> {
        let header = nal_unit.first()?;
        Some(match self {
            Self::H264 => header & 0x1F,
            Self::H265 => (header >> 1) & 0x3F,
        })
    }

    /// Whether a NAL unit is a video, sequence or picture parameter set.
    pub(crate) fn is_parameter_set(self, nal_unit: &[u8]) -> bool {
        match (self, self.nal_unit_type(nal_unit)) {
            (Self::H264, Some(kind)) => matches!(kind, 7 | 8),
            (Self::H265, Some(kind)) => matches!(kind, 32..=34),
            (_, None) => false,
        }
    }
}
