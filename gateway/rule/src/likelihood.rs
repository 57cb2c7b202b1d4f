//! How likely something is what a rule takes it for, as second looks at its crop tell.

/// How likely it is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Likelihood {
    /// The median of the latest second looks, 0..=1.
    Of(f32),
    /// It fills too few pixels to tell.
    TooSmall,
}

impl Likelihood {
    /// The larger of two; one that cannot be told is larger than none.
    pub(crate) fn larger(self, other: Self) -> Self {
        match (self, other) {
            (Self::Of(one), Self::Of(other)) => Self::Of(one.max(other)),
            (Self::Of(one), Self::TooSmall) | (Self::TooSmall, Self::Of(one)) => Self::Of(one),
            (Self::TooSmall, Self::TooSmall) => Self::TooSmall,
        }
    }
}
