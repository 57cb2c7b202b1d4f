//! A short evaluation: loose floors that a broken watcher, rule or detector would miss.

use std::path::Path;

use evaluate::{Evaluation, Extent};

#[test]
fn things_are_told_by_day_and_by_infrared_and_little_else_is() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let threads = std::thread::available_parallelism().unwrap().get();
    let evaluation = Evaluation::new(&root, Extent::Short, (0, threads)).unwrap();
    assert!(evaluation.repeats_itself().unwrap(), "the same dice came to something else");
    let results = evaluation.results(None, &|_, _| ()).unwrap();
    let text = results.text();
    let enough = |code: &str, least: f64| {
        let (due, told) = results.told_of(code);
        assert!(due >= 4 && told as f64 >= least * due as f64, "{code}: {told} of {due}\n{text}");
    };
    enough("other", 0.7);
    enough("fire_passage_blocked", 0.4);
    enough("vendor_unlicensed", 0.4);
    enough("vehicle_illegal_parking", 0.9);
    // By day most, by infrared none: the detector does not find the bicycle there.
    enough("ebike_flying_wire", 0.2);
    for code in [
        "other",
        "fire_passage_blocked",
        "checkpoint_gate_blocked",
        "vendor_unlicensed",
        "ebike_flying_wire",
    ] {
        let (wrong, hours) = results.false_alerts(code);
        assert!(hours > 0.05 && wrong <= 1, "{code}: {wrong} false alerts in {hours} h\n{text}");
    }
}
