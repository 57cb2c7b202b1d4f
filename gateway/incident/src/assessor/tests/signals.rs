//! Signals among pictures: they change nothing in what the rules conclude from the pictures.

use std::time::Duration;

use expect_test::expect;
use proptest::prelude::*;
use scene::{CaptureTime, Reading, Signal, SignalKind, SignalSource, SignalValue};

use super::script::{CLOCK, Stage, standing};

const CAMERA: &str = "cam-01";
const OTHER: &str = "door-7";

fn signal(device: &str, at: CaptureTime) -> Signal {
    let source = SignalSource { device: device.into(), point: "input-1".into() };
    let reading = Reading::Good(SignalValue::Flag(true));
    Signal::new(source, SignalKind::Tamper, reading, at, CLOCK).unwrap()
}

/// One step of a script, and the milliseconds after its latest picture at which signals come.
/// None comes a minute late: a cleared alert would be closed by time then.
fn steps() -> impl Strategy<Value = Vec<(&'static str, Vec<u64>)>> {
    let step = prop_oneof![
        4 => Just("A4"), 1 => Just("B2"), 1 => Just("AD"), 2 => Just("."), 2 => Just(".5"),
        1 => Just("|7"), 1 => Just("|50"), 1 => Just("!0"), 1 => Just("!40"), 1 => Just("<3"),
    ];
    prop::collection::vec((step, prop::collection::vec(0_u64..55_000, 0..3)), 1..60)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_signal_in_the_middle_changes_no_conclusion(steps in steps(), device in 0_usize..2) {
        let device = [CAMERA, OTHER][device];
        let (mut alone, mut among) = (Stage::new(vec![standing()]), Stage::new(vec![standing()]));
        for (step, late) in steps {
            alone.play(step);
            among.play(step);
            for millis in late {
                among.hear(&signal(device, among.shown_at.after(Duration::from_millis(millis))));
            }
            prop_assert_eq!(&alone.messages, &among.messages);
            prop_assert_eq!(alone.assessor.sampling(), among.assessor.sampling());
            prop_assert_eq!(alone.assessor.memory().unwrap(), among.assessor.memory().unwrap());
        }
    }
}

#[test]
fn time_passes_with_a_signal_of_the_device_itself() {
    let mut stage = Stage::new(vec![standing()]);
    stage.play("A8 .6");
    let later = stage.now.after(Duration::from_secs(300));
    stage.hear(&signal(OTHER, later));
    stage.hear(&signal(CAMERA, later));
    expect![[r#"
        30s open alert 1 seq 1: 1 for 30s, 7/7 pictures
        55s clear alert 1 seq 2: 1 for 35s, 8/8 pictures
        370s close alert 1 seq 3: 1 for 35s, 8/8 pictures
    "#]]
    .assert_eq(&stage.log);
}
