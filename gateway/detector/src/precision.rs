//! Which weights of a model to run.

use serde::{Deserialize, Serialize};

/// Which weights to run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Precision {
    /// 8-bit where the model has them and the CPU has VNNI, else 32-bit floats.
    #[default]
    Auto,
    /// 32-bit floats.
    Fp32,
    /// 8-bit integers. On CPUs without VNNI slower and, where sums saturate, less exact.
    Int8,
}

/// Whether the CPU multiplies bytes without intermediate 16-bit sums, which may overflow.
pub(crate) fn cpu_has_vnni() -> bool {
    #[cfg(target_arch = "x86_64")]
    {
        std::is_x86_feature_detected!("avx512vnni") || std::is_x86_feature_detected!("avxvnni")
    }
    #[cfg(not(target_arch = "x86_64"))]
    {
        false
    }
}
