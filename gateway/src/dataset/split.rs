//! Which pictures a model learns from, and which it is judged by.

use jiff::civil::Date;
use serde::Serialize;
use sha2::{Digest, Sha256};

/// Stands before what is hashed: another way to split gets another number.
const WAY: &str = "gridwhistle split 1";
/// Of a hundred days of a camera, so many are for training,
const TRAIN: u64 = 70;
/// and so many more to choose among models; the rest is held out.
const VAL: u64 = 15;

/// A part of the set. A day of a camera lies in one of them as a whole: its pictures are too alike
/// for one to be learnt and another to judge by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Split {
    /// To learn from.
    Train,
    /// To choose among models.
    Val,
    /// To judge the chosen one by.
    HeldOut,
}

impl Split {
    /// The part of a camera's day: the same in every export, of every gateway.
    pub(super) fn of(camera: &str, day: Date) -> Self {
        let digest = Sha256::digest(format!("{WAY}\n{camera}\n{day}"));
        let number =
            digest.iter().take(8).fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
        match number % 100 {
            below if below < TRAIN => Self::Train,
            below if below < TRAIN + VAL => Self::Val,
            _ => Self::HeldOut,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_camera_s_day_has_one_part_and_the_parts_have_their_shares() {
        let first = Date::constant(2026, 1, 1);
        let days = || first.series(jiff::Span::new().days(1)).take(1_000);
        let of = |camera: &str| days().map(|day| Split::of(camera, day)).collect::<Vec<_>>();
        let parts = of("cam-01");
        assert_eq!(parts, of("cam-01"), "the same each time");
        assert_ne!(parts, of("cam-02"), "each camera has its own days");
        // A change of the way would move pictures that were held out into training.
        let (seven, eighth) = (&parts[..7], parts[7]);
        assert!(seven.iter().all(|part| *part == Split::Train) && eighth == Split::Val);
        let share = |part| parts.iter().filter(|it| **it == part).count();
        assert!((650..750).contains(&share(Split::Train)), "{}", share(Split::Train));
        assert!((110..190).contains(&share(Split::Val)), "{}", share(Split::Val));
        assert!((110..190).contains(&share(Split::HeldOut)), "{}", share(Split::HeldOut));
    }
}
