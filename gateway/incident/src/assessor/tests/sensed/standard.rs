//! The rules on signals that ship with the gateway.

use std::fmt::Write;

use expect_test::expect;
use serde_json::{Map, Value};

use super::super::script::slug;
use crate::IncidentTypes;
use rule::signal::find;

#[test]
fn every_standard_rule_is_sound_and_of_a_type_that_exists() {
    let types = IncidentTypes::parse(IncidentTypes::STANDARD).unwrap();
    let table: Value = toml::from_str(IncidentTypes::STANDARD_SIGNAL_RULES).unwrap();
    let mut told = String::new();
    for entry in table["type"].as_array().unwrap() {
        let incident = types.get(entry["code"].as_str().unwrap()).unwrap();
        let mut terms: Map<String, Value> = entry["rule"].as_object().unwrap().clone();
        let name = terms.remove("kind").unwrap();
        let kind = find(name.as_str().unwrap()).unwrap();
        let shared = ["clear_after_secs", "reopen_after_secs"];
        let strange: Vec<&String> = terms
            .keys()
            .filter(|term| kind.term(term).is_none() && !shared.contains(&term.as_str()))
            .collect();
        assert_eq!(strange, Vec::<&String>::new(), "{}", incident.code);
        let settings = kind.settings(terms).unwrap();
        assert_eq!(settings.fault(), None, "{}", incident.code);
        let checked = if settings.has_scene() { "by readings" } else { "by a person" };
        let (name, priority) = (&incident.name, incident.priority);
        let loops =
            incident.routing.as_ref().map_or("-".to_owned(), |it| format!("{:?}", it.r#loop));
        writeln!(told, "{} {name} {priority} {loops} {}: {checked}", incident.code, kind.name())
            .unwrap();
        assert_eq!(incident.code, slug(incident.code.as_str()));
    }
    expect![[r#"
        door_forced_open 门被强行打开 2 CommunityMicro event: by a person
        door_held_open 门长时间未关 3 CommunityMicro flag: by readings
        door_access_denied 门禁拒绝通行 4 CommunityMicro event: by a person
        door_tamper 门禁设备防拆报警 3 CommunityMicro flag: by readings
        door_duress 门禁胁迫报警 2 CommunityMicro event: by a person
        door_tailgating 门禁尾随 4 CommunityMicro event: by a person
        door_fire_release 门禁消防释放 1 DistrictBig event: by a person
        smoke_alarm 烟雾报警 1 DistrictBig flag: by readings
        residual_current_high 剩余电流超限 2 CommunityMicro limit: by readings
        cable_temperature_high 线缆温度超限 2 CommunityMicro limit: by readings
        water_level_high 积水水位超限 2 StreetSmall limit: by readings
        checkpoint_unattended 卡口无人值守 3 CommunityMicro absent: by readings
        sensor_offline 传感器离线 4 - silent: by readings
    "#]]
    .assert_eq(&told);
}
