//! Whatever stands in the files, they are taken whole or refused with the place of a fault.

use proptest::prelude::*;

use super::{CAMERA, GATEWAY, folder, load_here};
use crate::mutation::mutations;

/// Holds the answer to what every operator relies on: a fault names its file.
fn check(gateway: &[u8], camera: &[u8]) {
    let dir = folder("", &[]);
    std::fs::write(dir.path().join("gateway.toml"), gateway).unwrap();
    std::fs::write(dir.path().join("cameras/cam-01.toml"), camera).unwrap();
    if let Err(faults) = load_here(dir.path()) {
        let said = faults.to_string();
        assert!(said.ends_with("nothing was applied"), "{said}");
        assert!(said.contains("gateway.toml") || said.contains("cam-01.toml"), "{said}");
    }
}

/// A value that a person may have typed, or a program may have written.
fn value() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<i64>().prop_map(|it| it.to_string()),
        any::<f64>().prop_map(|it| format!("{it:?}")),
        Just("nan".to_owned()),
        Just("-inf".to_owned()),
        any::<bool>().prop_map(|it| it.to_string()),
        "[ -~&&[^\"\\\\]]{0,80}".prop_map(|it| format!("\"{it}\"")),
        Just("[]".to_owned()),
        Just("{}".to_owned()),
        "\\[\\[-?[0-9]{1,12}, -?[0-9]{1,12}\\](, \\[-?[0-9]{1,12}, [0-9]{1,3}\\]){0,4}\\]",
        Just("2026-11-29".to_owned()),
        Just("[".repeat(300)),
    ]
}

/// The text with the values of some of its lines replaced, the lines chosen by number.
fn replace_values(text: &str, others: &[(prop::sample::Index, String)]) -> String {
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let written: Vec<usize> =
        lines.iter().enumerate().filter(|(_, line)| line.contains(" = ")).map(|it| it.0).collect();
    for (at, value) in others {
        let line = &mut lines[*at.get(&written)];
        let (key, _) = line.split_once(" = ").unwrap();
        *line = format!("{key} = {value}");
    }
    lines.join("\n")
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..Default::default() })]

    #[test]
    fn changed_bytes_are_taken_or_refused(
        gateway in mutations(),
        camera in mutations(),
    ) {
        check(&gateway.apply(GATEWAY.as_bytes()), &camera.apply(CAMERA.as_bytes()));
    }

    #[test]
    fn changed_values_are_taken_or_refused(
        gateway in prop::collection::vec((any::<prop::sample::Index>(), value()), 0..3),
        camera in prop::collection::vec((any::<prop::sample::Index>(), value()), 1..4),
    ) {
        let gateway = replace_values(GATEWAY, &gateway);
        check(gateway.as_bytes(), replace_values(CAMERA, &camera).as_bytes());
    }
}
