//! Whether Argo CD's sync waves keep a combination from happening: within one sync, it applies a wave only when all before it are
//! healthy (<https://argo-cd.readthedocs.io/en/stable/user-guide/sync-waves/>).

use serde_json::Value;

use crate::units::names::ANNOTATION_WAVE;

use super::pair::Pair;

/// An object of a combination, and whether it is applied and healthy there.
#[derive(Clone, Copy, Debug)]
pub(super) struct Placed<'a> {
    pub(super) pair: Pair<'a>,
    pub(super) is_done: bool,
}

/// Whether some order of waves leads to the combination: nothing is done whose wave comes after one that is not.
pub(super) fn allow(combination: &[Placed<'_>]) -> bool {
    let last_done = combination
        .iter()
        .filter(|placed| placed.is_done)
        .filter_map(|placed| wave(&placed.pair))
        .max();
    combination
        .iter()
        .filter(|placed| !placed.is_done)
        .filter_map(|placed| wave(&placed.pair))
        .all(|waits| last_done.is_none_or(|done| done <= waits))
}

/// The wave in which an object is applied; none for one that is removed, which happens whenever it is pruned.
fn wave(pair: &Pair<'_>) -> Option<i64> {
    let annotation = match &pair.after?.body["metadata"]["annotations"][ANNOTATION_WAVE] {
        Value::String(wave) => wave.parse().ok(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
            None
        }
    };
    Some(annotation.unwrap_or(0))
}
