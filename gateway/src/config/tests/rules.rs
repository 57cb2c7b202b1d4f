//! Rules from their smallest tables: what they resolve to, and what is refused where.

use std::time::Duration;

use expect_test::expect;
use rule::kind::absence::AbsenceSettings;
use rule::kind::beside::BesideSettings;
use rule::kind::crossing::CrossingSettings;
use rule::kind::gathering::GatheringSettings;
use rule::kind::obstruction::{ObstructionLimit, ObstructionSettings};
use rule::kind::prohibited::ProhibitedSettings;
use rule::kind::stall::StallSettings;
use rule::kind::standing::StandingSettings;
use rule::kind::view_fault::ViewFaultSettings;
use rule::{Presence, Reach, RuleKind};

use super::super::{FileKind, schema_json};
use super::{CAMERA, GATEWAY, check_camera, folder, load_here};

/// [`CAMERA`] with this rule in place of its own.
fn camera(rule: &str) -> String {
    let (before, _) = CAMERA.split_once("[[rule]]").unwrap();
    format!("{before}[[rule]]\nzone = \"shutter\"\n{rule}\n")
}

const CALIBRATION: &str = "
[calibration]
points = [
    { px = [100, 500], longitude = 117.1119912, latitude = 40.1440708 },
    { px = [690, 480], longitude = 117.1120903, latitude = 40.1440321 },
    { px = [570, 190], longitude = 117.1121722, latitude = 40.1441119 },
    { px = [150, 170], longitude = 117.1120311, latitude = 40.1441997 },
]
";

/// The one rule of a camera that holds `rule`.
fn kind(rule: &str) -> RuleKind {
    kind_of(&camera(rule))
}

fn kind_of(camera: &str) -> RuleKind {
    let dir = folder(GATEWAY, &[("cam-01.toml", camera)]);
    let config = load_here(dir.path()).unwrap_or_else(|faults| panic!("{camera}\n{faults}"));
    config.cameras[0].rules[0].kind.clone()
}

/// What a kind is called and how long it waits.
fn summary(kind: &RuleKind) -> String {
    let waits = [
        kind.settings().map(|it: &StandingSettings| ("standing", it.dwell)),
        kind.settings().map(|it: &GatheringSettings| ("gathering", it.dwell)),
        kind.settings().map(|it: &ProhibitedSettings| ("prohibited", it.confirm)),
        kind.settings().map(|it: &CrossingSettings| ("crossing", it.within)),
        kind.settings().map(|it: &ObstructionSettings| ("obstruction", it.dwell)),
        kind.settings().map(|it: &BesideSettings| ("beside", it.dwell)),
        kind.settings().map(|it: &StallSettings| ("stall", it.dwell)),
        kind.settings().map(|it: &ViewFaultSettings| ("view_fault", it.dwell)),
        kind.settings().map(|it: &AbsenceSettings| ("absence", it.dwell)),
    ];
    let (name, dwell) = waits.into_iter().flatten().next().unwrap();
    format!("{name} {}", dwell.as_secs())
}

#[test]
fn type_and_zone_are_enough() {
    for (code, expected) in [
        ("vendor_unlicensed", "stall 180"),
        ("road_occupation_trading", "stall 300"),
        ("vehicle_illegal_parking", "standing 300"),
        ("blind_way_blocked", "obstruction 600"),
        ("fire_lane_blocked", "obstruction 180"),
        ("fire_passage_blocked", "obstruction 300"),
        ("zombie_vehicle", "standing 259200"),
        ("material_pile", "obstruction 1800"),
        ("checkpoint_gate_blocked", "obstruction 120"),
        ("camera_tampered", "view_fault 30"),
        ("camera_moved", "view_fault 60"),
        ("camera_blurred", "view_fault 300"),
    ] {
        assert_eq!(summary(&kind(&format!("type = \"{code}\""))), expected, "{code}");
    }
}

#[test]
fn a_rule_may_choose_its_kind() {
    for (terms, expected) in [
        ("kind = \"standing\"\nclasses = [\"car\"]", "standing 300"),
        ("kind = \"obstruction\"", "obstruction 300"),
        ("kind = \"gathering\"", "gathering 60"),
        ("kind = \"stall\"\nclasses = [\"car\"]", "stall 180"),
        ("kind = \"beside\"\nclasses = [\"car\"]\nnear_classes = [\"person\"]", "beside 60"),
        ("kind = \"prohibited\"\nclasses = [\"car\"]", "prohibited 2"),
        ("kind = \"view_fault\"\nview_fault = \"dark\"", "view_fault 60"),
        ("kind = \"absence\"\nclasses = [\"person\"]\ncount = 2", "absence 300"),
        (
            "kind = \"crossing\"\nclasses = [\"person\"]\nline_px = [[10, 10], [700, 10]]",
            "crossing 60",
        ),
    ] {
        assert_eq!(summary(&kind(&format!("type = \"other\"\n{terms}"))), expected, "{terms}");
    }
}

#[test]
fn another_kind_drops_the_terms_that_mean_nothing_to_it() {
    let lift = kind("type = \"ebike_in_elevator\"\nkind = \"gathering\"\nclasses = [\"person\"]");
    let lift = lift.settings::<GatheringSettings>().unwrap();
    // What both kinds take stays; `confirm_secs` is gone.
    assert_eq!((lift.presence, lift.dwell.as_secs()), (Presence::Overlap(0.5), 60));
    let van = kind("type = \"fire_lane_blocked\"\nkind = \"standing\"\nclasses = [\"truck\"]");
    assert_eq!(summary(&van), "standing 180");
}

#[test]
fn a_written_term_outdoes_the_inherited_one_that_excludes_it() {
    let calibrated = |rule: &str| kind_of(&format!("{}{CALIBRATION}", camera(rule)));
    let lane = |terms: &str| {
        let lane = calibrated(&format!("type = \"fire_lane_blocked\"{terms}"));
        lane.settings::<ObstructionSettings>().unwrap().limit
    };
    assert_eq!(lane(""), ObstructionLimit::WidthShare(0.2));
    assert_eq!(lane("\nmax_share = 0.5"), ObstructionLimit::Share(0.5));
    let width = lane("\nmin_clear_width_metres = 3.5");
    assert_eq!(width, ObstructionLimit::ClearWidth { metres: 3.5 });
    let goods = "type = \"vendor_unlicensed\"\nclasses = [\"car\"]\nreach_metres = 2";
    let stall = calibrated(goods);
    assert_eq!(stall.settings::<StallSettings>().unwrap().reach, Reach::Metres(2.0));
}

#[test]
fn what_blocks_a_way_may_be_anything_and_goods_are_of_a_class() {
    for (code, limit) in [
        ("fire_passage_blocked", ObstructionLimit::WidthShare(0.2)),
        ("fire_lane_blocked", ObstructionLimit::WidthShare(0.2)),
        ("blind_way_blocked", ObstructionLimit::WidthShare(0.3)),
        ("checkpoint_gate_blocked", ObstructionLimit::WidthShare(0.3)),
        ("material_pile", ObstructionLimit::Share(0.02)),
    ] {
        let kind = kind(&format!("type = \"{code}\""));
        let way = kind.settings::<ObstructionSettings>().unwrap();
        assert_eq!((way.limit, way.unknown_things), (limit, true), "{code}");
    }
    let stall = kind("type = \"vendor_unlicensed\"");
    assert!(!stall.settings::<StallSettings>().unwrap().unknown_goods);
}

#[test]
fn a_tolerance_follows_the_dwell() {
    let tolerance = |rule: &str| {
        let kind = kind(rule);
        let standing = kind.settings().map(|it: &StandingSettings| it.gap_tolerance);
        let stall = kind.settings().map(|it: &StallSettings| it.gap_tolerance);
        let gathering = kind.settings().map(|it: &GatheringSettings| it.gap_tolerance);
        standing.or(stall).or(gathering).unwrap()
    };
    let secs = Duration::from_secs;
    let zombie = "type = \"zombie_vehicle\"";
    assert_eq!(tolerance(zombie), secs(21_600));
    // An hour's dwell cannot outlast six unseen hours.
    assert_eq!(tolerance(&format!("{zombie}\ndwell_secs = 3600")), secs(10));
    let stall = "type = \"vendor_unlicensed\"\nclasses = [\"car\"]";
    assert_eq!(tolerance(stall), secs(30));
    assert_eq!(tolerance(&format!("{stall}\ndwell_secs = 20")), secs(4));
    assert_eq!(tolerance("type = \"other\"\nkind = \"gathering\"\ndwell_secs = 5.0"), secs(1));
}

#[test]
fn terms_that_contradict_each_other_are_refused_before_they_are_applied() {
    check_camera(
        &camera("type = \"fire_passage_blocked\"\ndwell_secs = 20\ngap_tolerance_secs = 60"),
        &expect![[r#"
            cameras/cam-01.toml:15:1: camera cam-01: `gap_tolerance_secs` must be no longer than the dwell
            1 fault; nothing was applied"#]],
    );
    check_camera(
        &camera("type = \"other\"\nkind = \"gathering\"\ncount = 1"),
        &expect![[r#"
        cameras/cam-01.toml:15:1: camera cam-01: `count` must be 2 or more
        1 fault; nothing was applied"#]],
    );
    check_camera(
        &camera(
            "type = \"other\"\nkind = \"crossing\"\nclasses = [\"car\"]\nline_px = [[9, 9], [9, 9]]",
        ),
        &expect![[r#"
            cameras/cam-01.toml:16:1: camera cam-01: `line_px` must be two points at least a hundredth of the picture apart
            1 fault; nothing was applied"#]],
    );
}

#[test]
fn a_term_that_means_nothing_to_the_kind_is_refused() {
    check_camera(
        &camera("type = \"vehicle_illegal_parking\"\nmax_share = 0.2\ncount = 3"),
        &expect![[r#"
            cameras/cam-01.toml:14:1: camera cam-01: `max_share` means nothing to a rule of kind `standing`
            cameras/cam-01.toml:15:1: camera cam-01: `count` means nothing to a rule of kind `standing`
            2 faults; nothing was applied"#]],
    );
    check_camera(
        &camera("type = \"camera_moved\"\nclasses = [\"car\"]"),
        &expect![[r#"
        cameras/cam-01.toml:14:1: camera cam-01: `classes` means nothing to a rule of kind `view_fault`
        1 fault; nothing was applied"#]],
    );
}

#[test]
fn what_a_kind_needs_is_asked_for() {
    check_camera(
        &camera("type = \"other\"\nkind = \"crossing\"\nclasses = [\"person\"]"),
        &expect![[r#"
            cameras/cam-01.toml:11:1: camera cam-01: `rule`: a rule of kind `crossing` lacks `line_px`; expected two points [[x, y], [x, y]] in pixels
            1 fault; nothing was applied"#]],
    );
    check_camera(
        &camera("type = \"other\"\nkind = \"view_fault\""),
        &expect![[r#"
            cameras/cam-01.toml:11:1: camera cam-01: `rule`: a rule of kind `view_fault` lacks `view_fault`; expected one of "covered", "turned", "blurred", "dark", "frozen"
            1 fault; nothing was applied"#]],
    );
    check_camera(
        &camera("type = \"other\""),
        &expect![[r#"
            cameras/cam-01.toml:11:1: camera cam-01: [[rule]] lacks `classes`, and type `other` names none by default; expected object classes as the model spells them
            1 fault; nothing was applied"#]],
    );
    check_camera(
        &camera("type = \"other\"").replace("zone = \"shutter\"\n", ""),
        &expect![[r#"
            cameras/cam-01.toml:11:1: camera cam-01: [[rule]] lacks `classes`, and type `other` names none by default; expected object classes as the model spells them
            cameras/cam-01.toml:11:1: camera cam-01: [[rule]] lacks `zone`; expected the id of a [[zone]] of this camera
            2 faults; nothing was applied"#]],
    );
    // The model of these tests knows no charging wire, and nobody named another class.
    let bikes = "type = \"ebike_flying_wire\"\nclasses = [\"car\"]";
    check_camera(
        &camera(bikes),
        &expect![[r#"
            cameras/cam-01.toml:11:1: camera cam-01: `rule`: the model knows none of the classes that type `ebike_flying_wire` looks for by default (charging_wire): name `near_classes` that it knows, or use a model that knows them
            1 fault; nothing was applied"#]],
    );
    check_camera(
        &camera("type = \"ebike_upstairs\""),
        &expect![[r#"
            cameras/cam-01.toml:11:1: camera cam-01: `rule`: the model knows none of the classes that type `ebike_upstairs` looks for by default (e_bike, motorcycle, bicycle): name `classes` that it knows, or use a model that knows them
            1 fault; nothing was applied"#]],
    );
}

#[test]
fn metres_need_a_calibration() {
    check_camera(
        &camera("type = \"fire_lane_blocked\"\nmin_clear_width_metres = 3.5"),
        &expect![[r#"
            cameras/cam-01.toml:14:1: camera cam-01: `min_clear_width_metres` measures on the ground, and this camera has no [calibration]: add it, or use a term without metres
            1 fault; nothing was applied"#]],
    );
    check_camera(
        &camera("type = \"vendor_unlicensed\"\nclasses = [\"car\"]\nreach_metres = 1.5"),
        &expect![[r#"
            cameras/cam-01.toml:15:1: camera cam-01: `reach_metres` measures on the ground, and this camera has no [calibration]: add it, or use a term without metres
            1 fault; nothing was applied"#]],
    );
}

#[test]
fn one_alert_for_each_zone_and_type_also_in_the_whole_view() {
    let whole = "[[rule]]\ntype = \"camera_moved\"\n";
    let named = camera("type = \"camera_moved\"").replace("shutter", "view");
    check_camera(
        &format!("{named}{whole}"),
        &expect![[r#"
            cameras/cam-01.toml:15:1: camera cam-01: `type`: another rule reports this type in this zone already: there is one alert for each zone and type
            1 fault; nothing was applied"#]],
    );
}

#[test]
fn classes_are_known_wherever_they_are_named() {
    check_camera(
        &camera(
            "type = \"fire_lane_blocked\"\nexcept_classes = [\"persn\"]\n\
             allowed = [{ classes = [\"car\", \"truk\"], hours = [\"daily 08:00-10:00\"] }]",
        ),
        &expect![[r#"
            cameras/cam-01.toml:14:19: camera cam-01: `except_classes`: the model knows no class `persn`; did you mean `person`?
            cameras/cam-01.toml:15:32: camera cam-01: `allowed`: the model knows no class `truk`; did you mean `truck`?
            2 faults; nothing was applied"#]],
    );
}

#[test]
fn hours_that_are_none_are_quoted() {
    check_camera(
        &camera(
            "type = \"fire_passage_blocked\"\nclasses = [\"car\"]\n\
             hours = [\"Mon-Fri 07:00-09:30\", \"Son 10:00-12:00\"]",
        ),
        &expect![[r#"
            cameras/cam-01.toml:15:33: camera cam-01: `hours`: `Son 10:00-12:00` is no window of hours: `Son` is no day; expected days and hours such as "Mon-Fri 07:00-09:30", "Sat,Sun 18:00-23:00", "workday 08:00-18:00" or "daily 22:00-06:00" (days: Mon to Sun, daily, workday, weekend, holiday)
            1 fault; nothing was applied"#]],
    );
    check_camera(
        &camera(
            "type = \"fire_passage_blocked\"\nclasses = [\"car\"]\n\
             allowed = [{ classes = [\"car\"], hours = [\"daily 25:00-26:00\"] }]",
        ),
        &expect![[r#"
            cameras/cam-01.toml:15:42: camera cam-01: `allowed`: `daily 25:00-26:00` is no window of hours: `25:00` is no time of day from 00:00 to 24:00; expected days and hours such as "Mon-Fri 07:00-09:30", "Sat,Sun 18:00-23:00", "workday 08:00-18:00" or "daily 22:00-06:00" (days: Mon to Sun, daily, workday, weekend, holiday)
            1 fault; nothing was applied"#]],
    );
}

#[test]
fn the_former_name_of_a_kind_still_works_and_says_the_new_one() {
    let tampered = camera("type = \"camera_tampered\"\nkind = \"scene\"");
    check_camera(
        &tampered,
        &expect![[r#"
            warning: cameras/cam-01.toml:14:1: camera cam-01: `kind`: kind `scene` is called `view_fault` now: write kind = "view_fault"
            sound"#]],
    );
    // It is no other kind: the type's own terms stay.
    assert_eq!(summary(&kind_of(&tampered)), "view_fault 30");
}

#[test]
fn hours_in_which_something_is_legal_mean_nothing_where_it_must_be() {
    check_camera(
        &camera(
            "type = \"other\"\nkind = \"absence\"\nclasses = [\"person\"]\n\
             allowed = [{ classes = [\"person\"], hours = [\"daily 08:00-10:00\"] }]",
        ),
        &expect![[r#"
            cameras/cam-01.toml:16:1: camera cam-01: `allowed` means nothing to a rule of kind `absence`
            1 fault; nothing was applied"#]],
    );
}

#[test]
fn an_editor_is_told_the_terms_of_all_kinds() {
    let schema: serde_json::Value = serde_json::from_str(&schema_json(FileKind::Camera)).unwrap();
    let terms = &schema["properties"]["rule"]["items"]["properties"];
    let said = |term: &str| terms[term]["description"].as_str().unwrap().to_owned();
    expect![[r#"
        The object classes that count, as the model's manifest spells them. `stall`: The goods, as the model's manifest spells their classes.
        `stall`: Who attends the goods. `beside`: What must be near.
        `prohibited`: How soon it must be certain."#]]
    .assert_eq(&["classes", "near_classes", "confirm_secs"].map(said).join("\n"));
    assert_eq!(schema["properties"]["rule"]["items"]["additionalProperties"], false);
}

#[test]
fn a_rule_has_thresholds_for_all_classes_and_for_some() {
    let thresholds = |terms: &str| {
        let kind = kind(&format!(
            "type = \"other\"\nkind = \"standing\"\nclasses = [\"car\", \"bus\"]\n{terms}"
        ));
        let thresholds = kind.thresholds().unwrap();
        ["car", "bus"].map(|class| thresholds.begins(&scene::Class::new(class)).to_string())
    };
    // The model's own threshold.
    assert_eq!(thresholds(""), ["0.4", "0.4"]);
    assert_eq!(thresholds("min_score = 0"), ["0.4", "0.4"]);
    assert_eq!(thresholds("min_score = 0.15"), ["0.15", "0.15"]);
    assert_eq!(thresholds("min_scores = { bus = 0.2 }"), ["0.4", "0.2"]);
    assert_eq!(thresholds("min_score = 0.6\nmin_scores = { bus = 0.05 }"), ["0.6", "0.05"]);
}

#[test]
fn a_threshold_below_what_the_model_gives_is_refused() {
    let rule = "type = \"other\"\nkind = \"standing\"\nclasses = [\"car\", \"bus\"]";
    check_camera(
        &camera(&format!("{rule}\nmin_score = 0.04")),
        &expect![[r#"
        cameras/cam-01.toml:16:1: camera cam-01: `min_score` is 0.04; expected 0.05 to 1: the model gives no box that scores less
        1 fault; nothing was applied"#]],
    );
    check_camera(
        &camera(&format!("{rule}\n\n[rule.min_scores]\nbus = 0.2\ncar = 0.01\nlorry = 0.2")),
        &expect![[r#"
            cameras/cam-01.toml:19:1: camera cam-01: `min_scores` of `car` is 0.01; expected 0.05 to 1: the model gives no box that scores less
            cameras/cam-01.toml:20:1: camera cam-01: `min_scores`: the model knows no class of this name; known here: person, car, truck, bus
            2 faults; nothing was applied"#]],
    );
    check_camera(
        &camera(&format!("{rule}\nmin_scores = {{ truck = 0.2 }}")),
        &expect![[r#"
            cameras/cam-01.toml:16:16: camera cam-01: `min_scores` names `truck`, which this rule does not count: leave it out, or let the rule count it
            1 fault; nothing was applied"#]],
    );
    check_camera(
        &camera(&format!("{rule}\nmin_scores = {{ bus = 1.5, car = \"low\" }}")),
        &expect![[r#"
            cameras/cam-01.toml:16:16: camera cam-01: `min_scores` of `bus` is 1.5; expected 0.05 to 1: the model gives no box that scores less
            cameras/cam-01.toml:16:27: camera cam-01: `car` must be a number, found a text
            2 faults; nothing was applied"#]],
    );
}
