//! `statistical` with `test: proportions`.

use crate::plan::gates::Proportions;
use crate::spec::gate as written;

use super::reader::{Quantity, Reader};
use super::requests;

/// The level where neither the gate nor `gateDefaults` names one.
const CONFIDENCE: f64 = 0.95;

/// `shared` is the level that `gateDefaults` names.
pub(super) fn resolve(
    gate: &written::Proportions,
    shared: Option<f64>,
    reader: &mut Reader<'_>,
) -> Option<Proportions> {
    let margin = reader.margin(&gate.margin, Quantity::Share);
    let confidence = reader.level("confidence", gate.confidence.as_deref());
    Some(Proportions {
        margin: margin?,
        confidence: confidence.or(shared).unwrap_or(CONFIDENCE),
        requests: requests::resolve(
            gate.sli,
            gate.reporter,
            gate.counts,
            gate.bad.as_ref(),
            gate.client_aborts,
        ),
    })
}
