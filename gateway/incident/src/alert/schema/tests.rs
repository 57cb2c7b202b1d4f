//! The examples that the schemas come with.

use contract::Contract;

use super::{ALERT_V1, CASE_FEEDBACK_V1};

#[test]
fn the_schemas_own_examples_are_valid() {
    let check = |schema: &str, example: &str| {
        let example = serde_json::from_str(example).unwrap();
        Contract::new(schema).check(&example).unwrap();
    };
    check(ALERT_V1, include_str!("example-1-fire-lane-opened.json"));
    check(ALERT_V1, include_str!("example-2-door-verified.json"));
    check(CASE_FEEDBACK_V1, include_str!("example-3-case-feedback-handled.json"));
}
