//! What looks for new cables showed, as it travels.

use scene::{
    Cable, CableLook, CableSight, MOST_CABLE_LOOKS, MOST_CABLE_POINTS, MOST_CABLES, Point,
};
use serde::{Deserialize, Serialize};

use super::wire::{ImpossibleError, WireBox};

/// Pixels: no way through any picture is longer.
const LONGEST_PX: u32 = 1_000_000;

/// One look.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct WireCableLook {
    place: WireBox,
    sight: WireSight,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
enum WireSight {
    NoReference,
    Unaligned,
    Hidden,
    Seen(Vec<WireCable>),
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct WireCable {
    score: f32,
    length_px: u32,
    path: Vec<(f32, f32)>,
}

impl From<&CableLook> for WireCableLook {
    fn from(it: &CableLook) -> Self {
        let cable = |cable: &Cable| WireCable {
            score: cable.score,
            length_px: cable.length_px,
            path: cable.path.iter().map(|point| (point.x, point.y)).collect(),
        };
        let sight = match &it.sight {
            CableSight::NoReference => WireSight::NoReference,
            CableSight::Unaligned => WireSight::Unaligned,
            CableSight::Hidden => WireSight::Hidden,
            CableSight::Seen(cables) => WireSight::Seen(cables.iter().map(cable).collect()),
        };
        Self { place: (&it.place).into(), sight }
    }
}

/// The looks, if they can be true.
pub(crate) fn checked(looks: Vec<WireCableLook>) -> Result<Vec<CableLook>, ImpossibleError> {
    if looks.len() > MOST_CABLE_LOOKS {
        return Err(ImpossibleError("number of looks for cables"));
    }
    looks.into_iter().map(WireCableLook::checked).collect()
}

impl WireCableLook {
    fn checked(self) -> Result<CableLook, ImpossibleError> {
        let sight = match self.sight {
            WireSight::NoReference => CableSight::NoReference,
            WireSight::Unaligned => CableSight::Unaligned,
            WireSight::Hidden => CableSight::Hidden,
            WireSight::Seen(cables) if cables.len() > MOST_CABLES => {
                return Err(ImpossibleError("number of cables"));
            }
            WireSight::Seen(cables) => {
                let cables = cables.into_iter().map(WireCable::checked);
                CableSight::Seen(cables.collect::<Result<_, _>>()?)
            }
        };
        Ok(CableLook { place: self.place.try_into()?, sight })
    }
}

impl WireCable {
    fn checked(self) -> Result<Cable, ImpossibleError> {
        let Self { score, length_px, path } = self;
        if !(0.0..=1.0).contains(&score) {
            return Err(ImpossibleError("score of a cable"));
        }
        let is_within = |(x, y): &(f32, f32)| (0.0..=1.0).contains(x) && (0.0..=1.0).contains(y);
        let is_way = (2..=MOST_CABLE_POINTS).contains(&path.len()) && path.iter().all(is_within);
        if !is_way || length_px > LONGEST_PX {
            return Err(ImpossibleError("way of a cable"));
        }
        let path = path.into_iter().map(|(x, y)| Point { x, y }).collect();
        Ok(Cable { score, length_px, path })
    }
}

#[cfg(test)]
mod tests {
    use scene::BoundingBox;

    use super::*;

    fn look() -> CableLook {
        let path = vec![Point { x: 0.5, y: 0.75 }, Point { x: 0.625, y: 0.0 }];
        let cable = Cable { score: 0.97, length_px: 412, path };
        let place = BoundingBox { left: 0.25, top: 0.5, right: 0.5, bottom: 1.0 };
        CableLook { place, sight: CableSight::Seen(vec![cable]) }
    }

    #[test]
    fn looks_come_back_to_the_last_bit() {
        for sight in [
            CableSight::NoReference,
            CableSight::Unaligned,
            CableSight::Hidden,
            CableSight::Seen(Vec::new()),
            look().sight,
        ] {
            let sent = CableLook { sight, ..look() };
            assert_eq!(checked(vec![(&sent).into()]).unwrap(), [sent]);
        }
    }

    #[test]
    fn what_no_look_tells_is_refused() {
        fn spoil(change: fn(&mut WireCable)) -> String {
            let mut wire = WireCableLook::from(&look());
            if let WireSight::Seen(cables) = &mut wire.sight {
                change(&mut cables[0]);
            }
            checked(vec![wire]).unwrap_err().to_string()
        }
        let wire = || WireCableLook::from(&look());
        let WireSight::Seen(cables) = wire().sight else { panic!("seen") };
        let many = WireCableLook { sight: WireSight::Seen(vec![cables[0].clone(); 5]), ..wire() };
        let outside = WireCableLook { place: WireBox([0.0, 0.0, 1.5, 1.0]), ..wire() };
        let told = [
            checked(vec![wire(); 3]).unwrap_err().to_string(),
            checked(vec![many]).unwrap_err().to_string(),
            checked(vec![outside]).unwrap_err().to_string(),
            spoil(|it| it.score = f32::NAN),
            spoil(|it| it.path.truncate(1)),
            spoil(|it| it.path[0].0 = 1.01),
            spoil(|it| it.path = vec![(0.5, 0.5); 17]),
            spoil(|it| it.length_px = u32::MAX),
        ];
        let way = "way of a cable";
        let words = [
            "number of looks for cables",
            "number of cables",
            "box",
            "score of a cable",
            way,
            way,
            way,
            way,
        ];
        assert_eq!(told, words.map(|word| format!("the eye reports an impossible {word}")));
    }
}
