//! `statistical` with `test: mannWhitney`.

use crate::plan::gates::Ranks;
use crate::spec::gate::{self as written, Amount};

use super::measurement;
use super::reader::Reader;

/// The level where neither the gate nor `gateDefaults` names one.
const CONFIDENCE: f64 = 0.99;
/// The default of `margin`, in percent of stable's value.
const MARGIN: u32 = 5;
/// The default of `minPoints`.
const MIN_POINTS: u64 = 20;

/// `shared` is the level that `gateDefaults` names.
pub(super) fn resolve(
    gate: &written::MannWhitney,
    shared: Option<f64>,
    reader: &mut Reader<'_>,
) -> Option<Ranks> {
    let measurement = measurement::resolve(&gate.measurement, gate.reporter, reader);
    let margin = gate.margin.clone();
    let margin = reader.margin(
        &margin.unwrap_or_else(|| Amount::percent(MARGIN)),
        measurement::quantity(&gate.measurement),
    );
    let confidence = reader.level("confidence", gate.confidence.as_deref());
    let step = reader.step(gate.step.as_deref());
    Some(Ranks {
        measurement: measurement?,
        margin: margin?,
        confidence: confidence.or(shared).unwrap_or(CONFIDENCE),
        step: step?,
        direction: gate.direction,
        paired: gate.paired.unwrap_or(true),
        min_points: gate.min_points.unwrap_or(MIN_POINTS),
    })
}
