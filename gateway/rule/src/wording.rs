//! What an alert tells in Chinese: how many of what, how much ground, how long. No personal data.

use std::time::Duration;

use scene::{BoundingBox, GroundPlane, UNKNOWN_OBJECT};

use crate::coverage::{covered_share, covered_square_metres};
use crate::likelihood::Likelihood;
use crate::verdict::Subject;
use crate::zone::Zone;

/// What stands behind the number of objects of a class, in the order in which they are told.
const NAMES: [(&str, &str); 20] = [
    ("person", "人"),
    ("umbrella", "伞"),
    ("dining table", "桌"),
    ("chair", "椅"),
    ("bench", "条长凳"),
    ("couch", "张沙发"),
    ("suitcase", "箱"),
    ("handbag", "手提包"),
    ("backpack", "背包"),
    ("potted plant", "盆栽"),
    ("refrigerator", "台冰箱"),
    ("tricycle", "辆三轮车"),
    ("e_bike", "辆电动车"),
    ("motorcycle", "辆摩托车"),
    ("bicycle", "辆自行车"),
    ("pedal_bicycle", "辆自行车"),
    ("car", "辆汽车"),
    ("truck", "辆货车"),
    ("bus", "辆客车"),
    ("dog", "只狗"),
];

/// Of classes that only a city's own model knows: their names are not Chinese.
const OTHER: &str = "件其他物品";

/// How many of each class these are: `2人`, `1伞`. Things of no class are left out.
pub(crate) fn counted(subjects: &[Subject]) -> Vec<String> {
    let known = subjects.iter().filter(|it| it.class.as_str() != UNKNOWN_OBJECT);
    let known: Vec<&str> = known.map(|it| name(it.class.as_str())).collect();
    let mut names: Vec<&str> = NAMES.iter().map(|(_, name)| *name).chain([OTHER]).collect();
    names.dedup();
    let many = names.into_iter().map(|name| (known.iter().filter(|it| **it == name).count(), name));
    many.filter(|(count, _)| *count > 0).map(|(count, name)| format!("{count}{name}")).collect()
}

fn name(class: &str) -> &'static str {
    NAMES.iter().find(|(known, _)| *known == class).map_or(OTHER, |(_, name)| name)
}

/// How many of these are things of no class.
pub(crate) fn unknown(subjects: &[Subject]) -> usize {
    subjects.iter().filter(|it| it.class.as_str() == UNKNOWN_OBJECT).count()
}

/// How much ground something covers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Extent {
    SquareMetres(f64),
    /// Of the zone, 0..=1, as the picture shows it.
    Share(f32),
}

impl Extent {
    /// Of what meets the ground here: in metres where the ground is known.
    pub(crate) fn of(
        footprints: &[BoundingBox],
        zone: &Zone,
        ground: Option<&GroundPlane>,
    ) -> Self {
        let metres = ground.and_then(|ground| covered_square_metres(ground, footprints));
        metres.map_or_else(
            || Self::Share(covered_share(&zone.polygon, footprints)),
            Self::SquareMetres,
        )
    }

    /// `0.8㎡`, or `占区域5%`.
    pub(crate) fn words(self) -> String {
        match self {
            Self::SquareMetres(area) => format!("{area:.1}㎡"),
            Self::Share(share) => format!("占区域{}", percent(share.into())),
        }
    }
}

/// How likely it is a stall: `摊位可能性0.93`. It is never told as certain.
pub(crate) fn stall_likelihood(likelihood: Likelihood) -> String {
    match likelihood {
        Likelihood::Of(likely) => format!("摊位可能性{:.2}", likely.clamp(0.01, 0.99)),
        Likelihood::TooSmall => "目标过小无法判别摊位".to_owned(),
    }
}

/// A share of 0..=1 as `40%`. Something is never told as nothing.
pub(crate) fn percent(share: f64) -> String {
    if share > 0.0 && share < 0.005 {
        return "不足1%".to_owned();
    }
    format!("{:.0}%", share * 100.0)
}

/// How long, in its two largest units: `45秒`, `9分钟`, `2小时5分钟`, `3天4小时`.
pub(crate) fn lasting(time: Duration) -> String {
    const MINUTE: u64 = 60;
    const HOUR: u64 = 60 * MINUTE;
    const DAY: u64 = 24 * HOUR;
    let secs = time.as_secs();
    let two = |large: u64, large_word: &str, small: u64, small_word: &str| {
        let small = secs % large / small;
        let rest = if small > 0 { format!("{small}{small_word}") } else { String::new() };
        format!("{}{large_word}{rest}", secs / large)
    };
    match secs {
        ..MINUTE => format!("{secs}秒"),
        MINUTE..HOUR => format!("{}分钟", secs / MINUTE),
        HOUR..DAY => two(HOUR, "小时", MINUTE, "分钟"),
        DAY.. => two(DAY, "天", HOUR, "小时"),
    }
}

#[cfg(test)]
mod tests {
    use scene::Class;
    use scene::track::TrackId;

    use super::*;
    use crate::slug::Slug;
    use crate::stage::whole_picture;

    const BBOX: BoundingBox = BoundingBox { left: 0.25, top: 0.5, right: 0.5, bottom: 0.75 };

    fn subjects(classes: &[&str]) -> Vec<Subject> {
        let of = |class: &&str| Subject {
            class: Class::new(class),
            score: 0.5,
            bbox: BBOX,
            track_id: TrackId(1),
        };
        classes.iter().map(of).collect()
    }

    #[test]
    fn objects_are_counted_by_what_people_call_them() {
        let told = |classes: &[&str]| counted(&subjects(classes)).join("、");
        assert_eq!(told(&["umbrella", "person", "person"]), "2人、1伞");
        assert_eq!(told(&["bicycle", "pedal_bicycle", "e_bike"]), "1辆电动车、2辆自行车");
        assert_eq!(told(&["stall", "person", "grill"]), "1人、2件其他物品");
        assert_eq!(told(&["unknown_object"]), "");
        assert_eq!(unknown(&subjects(&["unknown_object", "person", "unknown_object"])), 2);
    }

    #[test]
    fn every_class_is_told_under_one_name_once() {
        let classes: Vec<&str> = NAMES.iter().map(|(class, _)| *class).collect();
        let told = counted(&subjects(&classes));
        assert_eq!(told.len(), NAMES.len() - 1, "two kinds of bicycles are one: {told:?}");
    }

    #[test]
    fn an_extent_is_told_in_metres_where_the_ground_is_known() {
        let zone = Zone { id: Slug::new("cam-01.zone").unwrap(), polygon: whole_picture() };
        let told = |ground: Option<&GroundPlane>| Extent::of(&[BBOX], &zone, ground).words();
        let above = GroundPlane::from_homography([4.0, 0.0, 0.0, 0.0, -4.0, 4.0, 0.0, 0.0, 1.0]);
        assert_eq!([told(None), told(Some(&above))], ["占区域6%", "1.0㎡"]);
        let horizon = [2.0, 0.0, -1.0, 0.0, 0.0, 2.0, 0.0, 1.0, -0.6];
        assert_eq!(told(Some(&GroundPlane::from_homography(horizon))), "占区域6%");
        assert_eq!([percent(0.001), percent(0.0), percent(1.0)], ["不足1%", "0%", "100%"]);
    }

    #[test]
    fn a_time_is_told_in_its_two_largest_units() {
        let told = |secs| lasting(Duration::from_secs(secs));
        assert_eq!([told(0), told(59), told(60)], ["0秒", "59秒", "1分钟"]);
        assert_eq!([told(599), told(3_600)], ["9分钟", "1小时"]);
        assert_eq!([told(7_500), told(86_399)], ["2小时5分钟", "23小时59分钟"]);
        assert_eq!([told(86_400), told(273_900)], ["1天", "3天4小时"]);
    }
}
