//! Golden messages of a door and a sensor: part of the contract with consumers.

use std::path::Path;

use expect_test::expect_file;

use super::life::beats;
use super::script::{Gate, at, door, held, rule, valid};
use crate::alert::Alert;
use crate::{CameraProfile, Place, Protocol, Source, SourceKind};

fn compare(name: &str, alert: &Alert, secs: u64) {
    let mut message = valid(alert, at(secs));
    message.sort_all_objects();
    assert!(message.get("detection").is_none(), "nothing was detected");
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/golden/signal-alert-v1");
    expect_file![folder.join(format!("{name}.json"))].assert_eq(&format!("{message:#}\n"));
}

#[test]
fn a_door_from_opening_to_verdict() {
    let mut gate = Gate::new(vec![held()]);
    gate.play(&format!("0:open {} 140:=handled 145:shut {}", beats(5, 140), beats(146, 230)));
    let told: Vec<&str> = gate.alerts.iter().map(|alert| alert.state.as_str()).collect();
    assert_eq!(told, ["open", "verifying", "verified_clear"]);
    for (alert, name) in gate.alerts.iter().zip(["open", "verifying", "verify-passed"]) {
        compare(&format!("door_held_open.{name}"), alert, 230);
    }
}

#[test]
fn events_at_a_door() {
    let terms = r#"{"events": ["access_denied"], "count": 3, "within_secs": 60}"#;
    let mut gate = Gate::new(vec![rule("door_access_denied", "event", terms)]);
    gate.play("0:denied 10:denied 20:denied");
    compare("door_access_denied.open", &gate.alerts[0], 20);
}

#[test]
fn a_sensor() {
    let address = Some("金海小区配电间(示例)".to_owned());
    let sensor = CameraProfile {
        camera_id: super::super::script::slug("meter-b3"),
        source: Source { kind: SourceKind::Sensor, protocol: Protocol::ModbusTcp },
        place: Place::new(117.1131, 40.1447, 2.0, address).unwrap(),
        ..door()
    };
    let terms =
        r#"{"signal": "residual_current", "above": 300, "hysteresis": 30, "hold_secs": 30}"#;
    let mut gate = Gate::of(sensor, vec![rule("residual_current_high", "limit", terms)]);
    gate.play("0:mA80/circuit-4 10:mA520.5/circuit-4 30:mA518/circuit-4 41:mA519.25/circuit-4 60:mA40/circuit-4 90:mA40/circuit-4");
    compare("residual_current_high.open", &gate.alerts[0], 41);
    compare("residual_current_high.clear", &gate.alerts[1], 90);
}
