//! Cities: the shipped ones, what reaches rules from them, and faults of their files.

use std::fs;
use std::path::Path;

use expect_test::{Expect, expect};
use incident::casefile::CaseEvent;
use jiff::civil::date;
use rule::kind::view_fault::{ViewFault, ViewFaultSettings};
use rule::schedule::Schedule;
use scene::Class;
use tempfile::TempDir;

use super::shipped::shipped;
use super::{CAMERA, GATEWAY, check_set, folder, load_here};

const CITY: &str = r#"
name = "示例市"

[[level]]
level = "street"
name = "街道"

[[level]]
level = "community"
name = "社区"

[[level]]
level = "yard"
name = "楼院"
"#;

/// A set whose gateway names a city of these files, beside the one camera.
fn set(files: &[(&str, &str)], camera: &str) -> TempDir {
    let gateway = format!("{GATEWAY}[city]\nfolder = \"city\"\n");
    let dir = folder(&gateway, &[("cam-01.toml", camera)]);
    fs::create_dir(dir.path().join("city")).unwrap();
    fs::write(dir.path().join("city/city.toml"), CITY).unwrap();
    for (name, text) in files {
        fs::write(dir.path().join("city").join(name), text).unwrap();
    }
    dir
}

fn check_city(name: &str, text: &str, expected: &Expect) {
    check_set(&set(&[(name, text)], CAMERA), expected);
}

fn copy_files(from: &Path, to: &Path) {
    for entry in from.read_dir().unwrap().map(Result::unwrap) {
        fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
}

#[test]
fn the_shipped_cities_are_sound_and_their_codes_reach_the_rules() {
    for (city, grids, summary) in [
        (
            "four-levels",
            312,
            expect![
                "滨河街道(示例): 街道 › 社区 › 楼院 › 微网格; 312 grid(s) on the map; 收集上报 → 分析 → 调度 → 处理 → 反馈 → 考核"
            ],
        ),
        (
            "five-levels",
            364,
            expect![
                "示例区: 区 › 街道 › 片区 › 单元 › 网格; 364 grid(s) on the map; 发现上报 → 指挥派遣 → 处置反馈 → 任务核查 → 督促办理 → 结单归档"
            ],
        ),
    ] {
        let dir = set(&[], CAMERA);
        copy_files(&shipped("config/city").join(city), &dir.path().join("city"));
        check_set(&dir, &expect!["sound"]);
        let config = load_here(dir.path()).unwrap();
        summary.assert_eq(config.city.as_deref().unwrap());
        let camera = &config.cameras[0];
        assert_eq!(camera.grid_map.as_ref().unwrap().len(), grids);
        let incident = &camera.rules[0].incident;
        assert!(!incident.codes.is_empty(), "{city}: {incident:?}");
        assert!(incident.codes.iter().all(|code| code.scheme.starts_with("city:")));
    }
}

#[test]
fn cities_name_the_stages_of_a_case_as_they_like() {
    for (city, summary, handled) in [
        (
            "five-stages",
            expect![
                "五步街道(示例): 街道 › 社区 › 网格; 0 grid(s) on the map; 受理 → 派遣 → 结案 → 评估"
            ],
            Some("派遣"),
        ),
        (
            "four-levels",
            expect![
                "滨河街道(示例): 街道 › 社区 › 楼院 › 微网格; 312 grid(s) on the map; 收集上报 → 分析 → 调度 → 处理 → 反馈 → 考核"
            ],
            Some("反馈"),
        ),
        (
            "five-levels",
            expect![
                "示例区: 区 › 街道 › 片区 › 单元 › 网格; 364 grid(s) on the map; 发现上报 → 指挥派遣 → 处置反馈 → 任务核查 → 督促办理 → 结单归档"
            ],
            Some("处置反馈"),
        ),
        (
            "seven-stages",
            expect![
                "七流程市(示例): 市 › 县区 › 街道 › 社区 › 网格; 0 grid(s) on the map; 采集 → 立案 → 派遣 → 办理 → 反馈 → 核查 → 考核"
            ],
            Some("反馈"),
        ),
    ] {
        let dir = set(&[], CAMERA);
        copy_files(&shipped("config/city").join(city), &dir.path().join("city"));
        check_set(&dir, &expect!["sound"]);
        let config = load_here(dir.path()).unwrap();
        summary.assert_eq(config.city.as_deref().unwrap());
        let name = config.casework.stage_names.get(&CaseEvent::Handled).map(String::as_str);
        assert_eq!(name, handled, "{city}");
    }
    assert!(load_here(folder(GATEWAY, &[]).path()).unwrap().casework.stage_names.is_empty());
}

#[test]
fn an_event_brings_a_case_to_one_stage() {
    let twice = format!(
        "{CITY}[[stage]]\nname = \"派遣\"\nevents = [\"dispatched\", \"signed\"]\n\
         [[stage]]\nname = \"处置\"\nevents = [\"handled\", \"signed\"]\n"
    );
    check_city(
        "city.toml",
        &twice,
        &expect![[r#"
            city/city.toml:20:22: `events`: this event brings a case to stage `派遣` already
            1 fault; nothing was applied"#]],
    );
    let unknown = format!("{CITY}[[stage]]\nname = \"派遣\"\nevents = [\"despatched\"]\n");
    check_city(
        "city.toml",
        &unknown,
        &expect![[r#"
        city/city.toml:17:11: `events` must be one of "received", "accepted", "rejected", "false_alarm", "merged", "dispatched", "signed", "handling", "returned", "postponed", "whistle", "handled", "verify_request", "closed", "reopened", "cancelled", "press", "supervise", "evidence_request", "evaluated", found "despatched"
        1 fault; nothing was applied"#]],
    );
}

#[test]
fn a_night_market_is_legal_in_its_hours() {
    let types = r#"
        [[type]]
        code = "fire_passage_blocked"
        name = "占用通道"
        priority = 1
        [type.rule]
        dwell_secs = 120
        allowed = [{ classes = ["car", "umbrella", "unknown_object"], hours = ["daily 18:00-23:00"] }]
    "#;
    let config = load_here(set(&[("types.toml", types)], CAMERA).path()).unwrap();
    let rule = &config.cameras[0].rules[0];
    assert_eq!((rule.incident.name.as_str(), rule.incident.priority), ("占用通道", 1));
    let Schedule { allowed, .. } = &rule.schedule;
    // The model knows no umbrella, which is no fault of this camera's.
    assert_eq!(allowed.len(), 1);
    assert_eq!(allowed[0].classes, ["car", "unknown_object"].map(Class::new));
    let (car, evening) = (Class::new("car"), date(2026, 7, 15).at(20, 0, 0, 0));
    assert!(!rule.schedule.counts(&car, evening));
    assert!(rule.schedule.counts(&Class::new("truck"), evening));
    assert!(rule.schedule.counts(&car, date(2026, 7, 15).at(23, 0, 0, 0)));
}

#[test]
fn holidays_reach_the_rules() {
    let calendar = "holidays = [\"2026-10-01\", 2026-10-02]\nworkdays = [\"2026-10-10\"]";
    let camera = format!("{CAMERA}hours = [\"workday 08:00-18:00\"]\n");
    let config = load_here(set(&[("calendar.toml", calendar)], &camera).path()).unwrap();
    let applies =
        |day| config.cameras[0].rules[0].schedule.applies(date(2026, 10, day).at(9, 0, 0, 0));
    assert_eq!([1, 2, 5, 10, 11].map(applies), [false, false, true, true, false]);
}

#[test]
fn days_that_no_calendar_knows_are_named() {
    check_city(
        "calendar.toml",
        "holidays = [\n  \"2026-10-01\",\n  \"2026-02-30\",\n  \"1.5.2026\",\n]",
        &expect![[r#"
            city/calendar.toml:4:3: `holidays` must be days such as "2026-10-01", found another text
            1 fault; nothing was applied"#]],
    );
    check_city(
        "calendar.toml",
        "holidays = [\"2026-13-01\"]\nworkdays = [\"2026-10-00\"]",
        &expect![[r#"
            city/calendar.toml:1:13: `holidays`: there is no day 2026-13-01 in the calendar
            city/calendar.toml:2:13: `workdays`: there is no day 2026-10-00 in the calendar
            2 faults; nothing was applied"#]],
    );
    check_city(
        "calendar.toml",
        "holidays = [\"2026-10-01\", \"2026-10-10\"]\nworkdays = [\"2026-10-11\", \"2026-10-10\"]",
        &expect![[r#"
            city/calendar.toml:2:27: `workdays`: 2026-10-10 is both a holiday and a working day: write it once
            1 fault; nothing was applied"#]],
    );
}

#[test]
fn types_that_nobody_knows_or_that_contradict_themselves() {
    check_city(
        "types.toml",
        "[[type]]\ncode = \"fire_passage_bloked\"\npriority = 1",
        &expect![[r#"
            city/types.toml:2:1: `code`: no incident type `fire_passage_bloked`; did you mean `fire_passage_blocked`?
            1 fault; nothing was applied"#]],
    );
    check_city(
        "types.toml",
        "[[type]]\ncode = \"zombie_vehicle\"\npriority = 1\n\
         [[type]]\ncode = \"zombie_vehicle\"\npriority = 2",
        &expect![[r#"
            city/types.toml:5:1: `code`: this type is written twice
            1 fault; nothing was applied"#]],
    );
    check_city(
        "types.toml",
        "[[type]]\ncode = \"zombie_vehicle\"\n[type.rule]\nhours = [\"daly 08:00-10:00\"]\n\
         allowed = [{ classes = [\"car\"], hours = [\"daily 8-10\"] }]",
        &expect![[r#"
            city/types.toml:4:10: `rule`: `daly 08:00-10:00` is no window of hours: `daly` is no day; expected days and hours such as "Mon-Fri 07:00-09:30", "Sat,Sun 18:00-23:00", "workday 08:00-18:00" or "daily 22:00-06:00" (days: Mon to Sun, daily, workday, weekend, holiday)
            city/types.toml:5:42: `rule`: `daily 8-10` is no window of hours: `8` is no time of day from 00:00 to 24:00; expected days and hours such as "Mon-Fri 07:00-09:30", "Sat,Sun 18:00-23:00", "workday 08:00-18:00" or "daily 22:00-06:00" (days: Mon to Sun, daily, workday, weekend, holiday)
            2 faults; nothing was applied"#]],
    );
    check_city(
        "types.toml",
        "[[type]]\ncode = \"zombie_vehicle\"\n[type.rule]\nmax_share = 0.5\nclasses = [\"cars\"]",
        &expect![[r#"
            warning: city/types.toml:4:1: `rule`: `max_share` means nothing to kind `standing`
            warning: city/types.toml:5:12: `rule`: the model knows no class `cars`; did you mean `car`?
            sound"#]],
    );
    check_city(
        "types.toml",
        "[[type]]\ncode = \"zombie_vehicle\"\npriority = 5\n[type.rule]\ndwel_secs = 1",
        &expect![[r#"
            city/types.toml:3:1: `priority` must be a whole number from 1 to 4, found 5
            city/types.toml:5:1: [type.rule] of [[type]] number 1 has no key `dwel_secs`; did you mean `dwell_secs`?
            2 faults; nothing was applied"#]],
    );
}

#[test]
fn a_city_replaces_the_standard_terms_that_its_own_exclude() {
    let types = "[[type]]\ncode = \"fire_lane_blocked\"\n[type.rule]\nmin_clear_width_metres = 4";
    let camera = CAMERA.replace("fire_passage", "fire_lane").replace("classes", "except_classes");
    check_set(
        &set(&[("types.toml", types)], &camera),
        &expect![[r#"
        cameras/cam-01.toml:11:1: camera cam-01: `min_clear_width_metres` measures on the ground, and this camera has no [calibration]: add it, or use a term without metres
        1 fault; nothing was applied"#]],
    );
    // A rule may still go without metres.
    let camera = format!("{camera}max_share = 0.2\n");
    check_set(&set(&[("types.toml", types)], &camera), &expect!["sound"]);
}

#[test]
fn a_city_may_say_the_former_name_of_a_kind() {
    let types =
        "[[type]]\ncode = \"camera_tampered\"\n[type.rule]\nkind = \"scene\"\ndwell_secs = 7";
    let camera = CAMERA
        .replace("fire_passage_blocked", "camera_tampered")
        .replace("classes = [\"car\", \"truck\"]\n", "");
    let set = set(&[("types.toml", types)], &camera);
    check_set(
        &set,
        &expect![[r#"
            warning: city/types.toml:4:1: `rule`: kind `scene` is called `view_fault` now: write kind = "view_fault"
            sound"#]],
    );
    // It is no other kind: what is wrong with the camera is still said by the standard.
    let config = load_here(set.path()).unwrap();
    let rule = config.cameras[0].rules[0].kind.settings::<ViewFaultSettings>().unwrap();
    assert_eq!((rule.fault, rule.dwell.as_secs()), (ViewFault::Covered, 7));
}

#[test]
fn paths_keep_the_order_of_the_city() {
    let grid = |path: &str| {
        let grid = format!("[grid]\npath = [{path}]\n");
        CAMERA.replace("[[zone]]", &format!("{grid}[[zone]]"))
    };
    let step = |level: &str| format!("{{ level = \"{level}\", code = \"1\" }}");
    let path = [step("street"), step("yard")].join(", ");
    check_set(&set(&[], &grid(&path)), &expect!["sound"]);
    let path = [step("community"), step("street")].join(", ");
    check_set(
        &set(&[], &grid(&path)),
        &expect![[r#"
            cameras/cam-01.toml:8:1: camera cam-01: `path`: level `street` stands below one that it contains
            1 fault; nothing was applied"#]],
    );
    check_set(
        &set(&[], &grid(&step("micro_grid"))),
        &expect![[r#"
            cameras/cam-01.toml:8:1: camera cam-01: `path`: this city has no level `micro_grid`: see its city.toml
            1 fault; nothing was applied"#]],
    );
    let twice = format!("{CITY}[[level]]\nlevel = \"street\"\nname = \"镇\"\n");
    check_city(
        "city.toml",
        &twice,
        &expect![[r#"
            city/city.toml:16:1: `level`: level `street` is named twice
            1 fault; nothing was applied"#]],
    );
    check_city(
        "city.toml",
        &CITY.replace("\"yard\"", "\"yad\""),
        &expect![[r#"
        city/city.toml:13:1: `level` must be one of "city", "district", "street", "area", "community", "unit", "yard", "grid", "micro_grid", "building_unit", found "yad"
        1 fault; nothing was applied"#]],
    );
}

#[test]
fn a_map_that_is_none() {
    check_city(
        "grid.geojson",
        "{\"type\": \"FeatureCollection\",\n \"features\": [}",
        &expect![[r#"
            city/grid.geojson: `folder` of [city], gateway.toml:12: not JSON: expected value at line 2 column 15
            1 fault; nothing was applied"#]],
    );
    let feature = |path: &str| {
        format!(
            r#"{{"type": "FeatureCollection", "features": [{{"type": "Feature",
            "properties": {{"unit_code": "110117001003009", "path": [{path}]}},
            "geometry": {{"type": "Polygon", "coordinates":
              [[[117.1, 40.1], [117.2, 40.1], [117.2, 40.2], [117.1, 40.1]]]}}}}]}}"#
        )
    };
    let yard = r#"{"level": "yard", "code": "1"}"#;
    check_city("grid.geojson", &feature(yard), &expect!["sound"]);
    check_city(
        "grid.geojson",
        &feature(&yard.replace("yard", "garden")),
        &expect![[r#"
            city/grid.geojson: `folder` of [city], gateway.toml:12: features[0].properties.path: unknown variant `garden`, expected one of `city`, `district`, `street`, `area`, `community`, `unit`, `yard`, `grid`, `micro_grid`, `building_unit`
            1 fault; nothing was applied"#]],
    );
    check_city(
        "grid.geojson",
        &feature(&yard.replace("yard", "micro_grid")),
        &expect![[r#"
            city/grid.geojson: `folder` of [city], gateway.toml:12: features[0].properties.path: this city has no level `micro_grid`: see its city.toml
            1 fault; nothing was applied"#]],
    );
    check_city(
        "grid.geojson",
        &feature(yard).replace("117.1, 40.1]]]", "117.1, 40.0]]]"),
        &expect![[r#"
            city/grid.geojson: `folder` of [city], gateway.toml:12: features[0].geometry.coordinates[0]: the ring is not closed: its last position must be its first one
            1 fault; nothing was applied"#]],
    );
}

#[test]
fn a_folder_without_a_city() {
    let dir = set(&[], CAMERA);
    fs::remove_file(dir.path().join("city/city.toml")).unwrap();
    check_set(
        &dir,
        &expect![[r#"
            city/city.toml: `folder` of [city], gateway.toml:12: cannot be read: No such file or directory
            1 fault; nothing was applied"#]],
    );
    fs::remove_dir(dir.path().join("city")).unwrap();
    check_set(
        &dir,
        &expect![[r#"
            gateway.toml:12:1: `folder`: there is no such folder; names count from the folder of gateway.toml
            1 fault; nothing was applied"#]],
    );
}
