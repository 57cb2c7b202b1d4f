//! Who crossed together, and for how many of them a credential was accepted.

use std::time::Duration;

use scene::CaptureTime;
use serde::{Deserialize, Serialize};

use crate::signal::hearing::Micros;

/// People who cross no farther apart than this are one group.
pub(super) const GROUP_GAP: Duration = Duration::from_secs(3);

/// A credential that was accepted: it lets one person in.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Grant {
    pub(super) granted_at_us: Micros,
    /// The point of the door.
    pub(super) door: String,
}

/// People who crossed in one picture.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(super) struct Crossing {
    /// By the camera's clock.
    pub(super) crossed_at_us: Micros,
    pub(super) people: u32,
    /// The camera is not sure that they are others than those before.
    pub(super) is_unsure: bool,
}

/// From when to when somebody who crosses may owe it to a credential.
#[derive(Debug, Clone, Copy)]
pub(super) struct Window {
    /// Before the credential.
    pub(super) ahead: Duration,
    /// After it.
    pub(super) follow: Duration,
}

/// A group that has passed.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub(super) struct Passed {
    /// When the first and the last of them crossed.
    pub(super) first_at_us: Option<Micros>,
    pub(super) last_at_us: Option<Micros>,
    /// People for whom a credential was accepted.
    pub(super) granted: u32,
    /// People who surely crossed.
    pub(super) entered: u32,
    /// People of whom the camera is not sure.
    pub(super) unsure: u32,
    /// The doors of those credentials.
    pub(super) doors: Vec<String>,
}

/// The first of these crossings, in order of time, that are one group.
pub(super) fn first_group(crossings: &[Crossing]) -> &[Crossing] {
    let is_apart = |pair: &[Crossing]| match pair {
        [one, next] => {
            let (one, next) = (one.crossed_at_us.into(), next.crossed_at_us.into());
            CaptureTime::since(next, one) > GROUP_GAP
        }
        _ => false,
    };
    let ends = crossings.windows(2).position(is_apart).map(|index| index.saturating_add(1));
    crossings.get(..ends.unwrap_or(crossings.len())).unwrap_or_default()
}

/// Matches a group with credentials, which are used up by that. `skew_us`: by so much the camera's clock
/// is ahead of the door's.
///
/// Each person takes the earliest credential whose window holds him. As all windows are equally long, no
/// other choice lets more people in. Somebody of whom the camera is not sure takes none.
pub(super) fn pass(
    group: &[Crossing],
    grants: &mut Vec<Grant>,
    window: Window,
    skew_us: i64,
) -> Passed {
    let at = |crossing: &Crossing| {
        CaptureTime::from(crossing.crossed_at_us).moved(skew_us.saturating_neg())
    };
    let mut passed = Passed {
        first_at_us: group.first().map(|it| at(it).into()),
        last_at_us: group.last().map(|it| at(it).into()),
        ..Passed::default()
    };
    for crossing in group {
        let crossed_at = at(crossing);
        if crossing.is_unsure {
            passed.unsure = passed.unsure.saturating_add(crossing.people);
            continue;
        }
        passed.entered = passed.entered.saturating_add(crossing.people);
        for _ in 0..crossing.people {
            let holds = |grant: &Grant| {
                let granted_at = CaptureTime::from(grant.granted_at_us);
                granted_at.before(window.ahead) <= crossed_at
                    && crossed_at <= granted_at.after(window.follow)
            };
            let Some(index) = grants.iter().position(holds) else { break };
            let Grant { door, .. } = grants.remove(index);
            passed.granted = passed.granted.saturating_add(1);
            if !passed.doors.contains(&door) {
                passed.doors.push(door);
            }
        }
    }
    passed
}
