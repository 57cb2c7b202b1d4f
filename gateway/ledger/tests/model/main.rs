//! Whatever is done to a ledger, it answers as a model in memory does.

#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod memory;
mod operation;

use ledger::{CaseEventRow, Entry, HistoryEntry, Ledger, Sequence};
use proptest::prelude::*;

use memory::Model;
use operation::{Operation, Step, assessor, operation};

/// Every alert that an operation may name, and one that none does.
const ALERTS: [&str; 5] = ["alert-0", "alert-1", "alert-2", "alert-3", "alert-9"];

fn play(ledger: &Ledger, model: &mut Model, operation: Operation) -> Result<(), TestCaseError> {
    match operation {
        Operation::Record { steps, state } => {
            let entries: Vec<Entry> = steps.iter().map(Step::entry).collect();
            let state = state.map(assessor);
            let sequences = ledger.record(&entries, state.as_ref()).unwrap();
            let expected: Vec<_> = entries.into_iter().map(|entry| model.record(entry)).collect();
            prop_assert_eq!(sequences, expected);
            model.state = state.map(|state| state.state).or(model.state.take());
        }
        Operation::SaveState(state) => {
            ledger.save_assessor_state(&assessor(state)).unwrap();
            model.state = Some(assessor(state).state);
        }
        Operation::Acknowledge(places) => {
            let waiting: Vec<_> = model.unsent().iter().map(|message| message.sequence).collect();
            let chosen: Vec<Sequence> =
                places.iter().filter_map(|place| waiting.get(*place).copied()).collect();
            ledger.acknowledge(&chosen).unwrap();
            model.acknowledge(&chosen);
        }
        Operation::ForgetClosed { before_micros, limit } => prop_assert_eq!(
            ledger.forget_closed(before_micros, ledger::Mark::ALL, limit).unwrap(),
            model.forget_closed(before_micros, limit)
        ),
        Operation::Note { at_micros, answers, lazily } => {
            let entry = operation::note(at_micros);
            let answers = operation::answers(answers);
            let number = if lazily {
                ledger.note_lazily(&entry).unwrap()
            } else {
                ledger.note(&entry, &answers).unwrap()
            };
            prop_assert_eq!(number, model.note(entry, if lazily { Vec::new() } else { answers }));
        }
        Operation::Feedback { alert, event } => {
            let alert_id = format!("alert-{alert}");
            let judgement = operation::judgement(&alert_id, event);
            let known =
                ledger.take_feedback(&alert_id, |known| judgement.outcome_is(known)).unwrap();
            prop_assert_eq!(known, model.take_feedback(&alert_id, judgement));
        }
        Operation::MoveCursor { reader, number } => {
            ledger.move_cursor(&format!("reader-{reader}"), number).unwrap();
            model.move_cursor(reader, number);
        }
        Operation::Prune { before_micros, limit } => prop_assert_eq!(
            ledger.prune_history(before_micros, ledger::Mark::ALL, limit).unwrap(),
            model.prune(before_micros, limit)
        ),
        Operation::StatesRemoved(alerts) => {
            let alert_ids: Vec<_> = alerts.iter().map(|alert| format!("alert-{alert}")).collect();
            ledger.forget_alert_states(&alert_ids).unwrap();
            model.states_removed(&alert_ids);
        }
        Operation::Reopen => {}
        Operation::Seal => ledger.seal().unwrap(),
    }
    Ok(())
}

fn compare(ledger: &Ledger, model: &Model) -> Result<(), TestCaseError> {
    prop_assert_eq!(ledger.unsent(Sequence::START, 1_000).unwrap(), model.unsent());
    prop_assert_eq!(ledger.depth().unwrap(), model.depth());
    prop_assert_eq!(ledger.open_alerts().unwrap(), model.open_alerts());
    prop_assert_eq!(&ledger.assessor_state("cam-0").unwrap(), &model.state);
    for alert_id in ALERTS {
        prop_assert_eq!(ledger.alert(alert_id).unwrap(), model.alert(alert_id));
        prop_assert_eq!(ledger.case_events(alert_id).unwrap(), model.case_events(alert_id));
    }
    for closed_before in [0, operation::LATEST_MICROS - 3, i64::MAX] {
        let states = ledger.alert_states("", closed_before, 99).unwrap();
        prop_assert_eq!(states, model.alert_states(closed_before));
    }
    let history = ledger.history(0, 1_000).unwrap();
    let entries: Vec<(u64, HistoryEntry)> =
        history.into_iter().map(|recorded| (recorded.number, recorded.entry)).collect();
    prop_assert_eq!(&entries, &model.history);
    for reader in 0..2 {
        let cursor = ledger.cursor(&format!("reader-{reader}")).unwrap();
        prop_assert_eq!(cursor, model.cursor(reader));
    }
    let chain = ledger.verify_chain().unwrap();
    prop_assert_eq!(chain.map(|chain| (chain.entries, chain.head)), Ok(model.chain()));
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..Default::default() })]

    #[test]
    fn the_ledger_answers_as_its_model(operations in prop::collection::vec(operation(), 1..40)) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ledger.sqlite3");
        let mut ledger = Ledger::open(&path).unwrap();
        let mut model = Model::default();
        for operation in operations {
            if matches!(operation, Operation::Reopen) {
                drop(ledger);
                ledger = Ledger::open(&path).unwrap();
            }
            play(&ledger, &mut model, operation)?;
            compare(&ledger, &model)?;
        }
    }

    #[test]
    fn feedback_in_any_order_and_repetition_leaves_the_same_events(
        arrivals in Just((1..7_u64).chain(1..7).chain(3..5).collect::<Vec<_>>()).prop_shuffle(),
    ) {
        let folder = tempfile::tempdir().unwrap();
        let ledger = Ledger::open(&folder.path().join("ledger.sqlite3")).unwrap();
        let opened = Step { alert: 1, seq: 1, closed: false, bytes: 9 };
        ledger.record(&[opened.entry()], None).unwrap();
        for seq in arrivals {
            let event = operation::event(seq, seq);
            let judgement = operation::judgement("alert-1", event);
            ledger.take_feedback("alert-1", |known| judgement.outcome_is(known)).unwrap();
        }
        let expected: Vec<CaseEventRow> = (1..7).map(|seq| operation::event(seq, seq)).collect();
        prop_assert_eq!(ledger.case_events("alert-1").unwrap(), expected);
        prop_assert_eq!(ledger.depth().unwrap().messages, 1 + 14, "each one is answered");
        prop_assert_eq!(ledger.verify_chain().unwrap().unwrap().entries, 1 + 14);
    }
}
