//! What a camera's rules tell others, and what becomes of their own alerts then.

use super::script::{Stage, standing};
use crate::Witness;
use crate::alert::{Action, CloseReason};

#[test]
fn a_silent_rule_raises_no_alert_and_closes_what_it_has_raised() {
    let mut stage = Stage::new(vec![standing()]);
    let witness = |is_silent| [Witness { rule: standing().id, is_silent }];
    stage.play("A8");
    assert_eq!(stage.messages.len(), 1);
    let mut silent = crate::Assessor::new(super::script::profile(), vec![standing()])
        .unwrap()
        .telling(&witness(true));
    silent.inherit(&stage.assessor).unwrap();
    stage.assessor = silent;
    stage.play("A1");
    let closed = stage.messages.last().unwrap();
    assert_eq!(closed.action, Action::Close(CloseReason::Cancelled));
    let told = stage.messages.len();
    stage.play("A12");
    assert_eq!(stage.messages.len(), told);
    let mut loud = Stage::new(vec![standing()]);
    loud.assessor = loud.assessor.telling(&witness(false));
    loud.play("A8");
    assert_eq!(loud.messages.len(), 1, "a rule that also tells others goes on raising its own");
}
