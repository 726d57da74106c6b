//! `threshold`.

use crate::plan::gates::{Limits, Range, Reduce, Threshold};
use crate::spec::gate::{self as written, ThresholdReduce};
use crate::units::{Duration, PromDuration};

use super::reader::Reader;

/// The default of `minPoints`.
const MIN_POINTS: u64 = 5;

pub(super) fn resolve(gate: &written::Threshold, reader: &mut Reader<'_>) -> Option<Threshold> {
    let limits = Limits {
        min: gate.min,
        max: gate.max,
    };
    reader.check_order(limits);
    let step = gate.range.then(|| reader.step(gate.step.as_deref()));
    let delay = gate.delay.as_deref();
    let delay = delay.map_or(Some(0), |text| {
        reader.span("delay", text).map(PromDuration::seconds)
    });
    Some(Threshold {
        query: gate.query.clone(),
        limits,
        reduce: gate.reduce.and_then(reduce),
        range: match step {
            None => None,
            Some(step) => Some(Range {
                step: step?,
                min_points: gate.min_points.unwrap_or(MIN_POINTS),
            }),
        },
        delay: Duration::from_seconds(delay?),
    })
}

/// How several values become one; `None` where every point must hold.
fn reduce(written: ThresholdReduce) -> Option<Reduce> {
    match written {
        ThresholdReduce::Max => Some(Reduce::Max),
        ThresholdReduce::Min => Some(Reduce::Min),
        ThresholdReduce::Sum => Some(Reduce::Sum),
        ThresholdReduce::Avg => Some(Reduce::Avg),
        ThresholdReduce::All => None,
    }
}
