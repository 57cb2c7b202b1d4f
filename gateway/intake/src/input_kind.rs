//! What may be wired to an alarm input: something that is or is not.

use scene::SignalKind;

/// What is wrong with the kinds of inputs, if anything is.
pub(crate) fn fault<'a>(kinds: impl IntoIterator<Item = &'a SignalKind>) -> Option<String> {
    let is_wired = |kind: &SignalKind| {
        matches!(kind, SignalKind::Smoke | SignalKind::Tamper | SignalKind::DoorContact)
    };
    let is_odd = kinds.into_iter().any(|kind| !is_wired(kind));
    is_odd.then(|| "inputs: what is wired to an input is smoke, tamper or door_contact".to_owned())
}
